//! From logits to probabilities and to operating points.

use serde::{Deserialize, Serialize};

/// Platt's sigmoid: `score = 1 / (1 + exp(a * logit + b))` is the probability of a genuine
/// image when both classes are equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    pub a: f64,
    pub b: f64,
}

impl Platt {
    pub fn score(&self, logit: f64) -> f64 {
        1.0 / (1.0 + (self.a * logit + self.b).exp())
    }

    /// The genuine logit of a score: larger is more genuine.
    pub fn genuine_logit(&self, logit: f64) -> f64 {
        -(self.a * logit + self.b)
    }
}

/// Scores below which an image fails, per calibration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    #[serde(rename = "SOFT")]
    pub soft: f64,
    #[serde(rename = "REGULAR")]
    pub regular: f64,
    #[serde(rename = "HARD")]
    pub hard: f64,
}
