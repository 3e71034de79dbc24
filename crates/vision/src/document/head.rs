//! A linear head on the backbone's features: its weights, calibration and thresholds as JSON.

use serde::{Deserialize, Serialize};

use super::calibration::{Platt, Thresholds};
use super::weights::{Manifest, WeightsError};
use crate::backbone::BACKBONE_FEATURES;

/// What a check needs to turn the backbone's features into a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The check's short name, as `screen`.
    pub check: String,
    /// SHA-256 of the weights that the backbone was made from.
    pub backbone: String,
    pub platt: Platt,
    pub thresholds: Thresholds,
    pub manifest: Manifest,
    /// Added to the logit; positive means attack.
    pub bias: f64,
    /// One for each feature.
    pub weights: Vec<f32>,
}

impl Head {
    /// # Errors
    /// It cannot be read, belongs to another check or to another backbone, or holds what is no number.
    pub fn read(check: &'static str, backbone: &str, json: &str) -> Result<Self, WeightsError> {
        let head: Self = serde_json::from_str(json)
            .map_err(|e| WeightsError::Unreadable { check, reason: e.to_string() })?;
        let Thresholds { soft, regular, hard } = head.thresholds;
        let numbers = [head.platt.a, head.platt.b, head.bias, soft, regular, hard];
        let reason = if head.check != check {
            "they belong to another check"
        } else if head.backbone != backbone {
            "they were trained on another backbone"
        } else if head.weights.len() != BACKBONE_FEATURES
            || !head.weights.iter().all(|w| w.is_finite())
        {
            "there must be a finite weight for each of the backbone's features"
        } else if !numbers.iter().all(|v| v.is_finite()) || head.platt.a <= 0.0 {
            "their calibration is not usable"
        } else {
            return Ok(head);
        };
        Err(WeightsError::Unfit { check, reason: reason.to_owned() })
    }

    /// # Errors
    /// A number cannot be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        let weights = serde_json::to_string(&value["weights"].take())?;
        value["weights"] = serde_json::Value::String("@weights@".to_owned());
        Ok(serde_json::to_string_pretty(&value)?.replace("\"@weights@\"", &weights) + "\n")
    }

    /// Positive means attack.
    pub fn logit(&self, features: &[f32]) -> f64 {
        let products =
            self.weights.iter().zip(features).map(|(w, v)| f64::from(*w) * f64::from(*v));
        self.bias + products.sum::<f64>()
    }

    /// Probability that the image is genuine, 0..=1.
    pub fn score(&self, features: &[f32]) -> f64 {
        self.platt.score(self.logit(features))
    }
}
