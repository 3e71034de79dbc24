//! The weights of one check as JSON: features, trees, calibration, thresholds, manifest.

use serde::{Deserialize, Serialize};

use super::calibration::{Platt, Thresholds};
use super::trees::Forest;

/// Everything a check needs to turn its measurements into a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckWeights {
    /// The check's short name, as `screen`.
    pub check: String,
    pub features_version: u32,
    pub features: Vec<String>,
    /// Median of each feature over the training images.
    pub medians: Vec<f32>,
    pub platt: Platt,
    pub thresholds: Thresholds,
    pub manifest: Manifest,
    pub forest: Forest,
}

/// Where the weights come from and what was measured with them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub seed: u64,
    /// Images per source and label; simulated ones are sources of their own.
    pub sources: Vec<SourceCount>,
    /// Shares measured on sources that the measured model had not seen.
    pub measured: Vec<MeasuredRate>,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceCount {
    pub source: String,
    pub label: String,
    #[serde(alias = "pictures")]
    pub images: usize,
}

/// A rate with its 95 % interval, by bootstrap over sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRate {
    pub name: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    #[error("the weights of the {check} check cannot be read: {reason}")]
    Unreadable { check: &'static str, reason: String },
    #[error("the weights of the {check} check do not fit this version: {reason}")]
    Unfit { check: &'static str, reason: String },
}

impl CheckWeights {
    /// Reads weights and rejects those that were made for other features, or are broken.
    pub fn read(
        check: &'static str,
        features_version: u32,
        features: &[String],
        json: &str,
    ) -> Result<Self, WeightsError> {
        let weights: Self = serde_json::from_str(json)
            .map_err(|e| WeightsError::Unreadable { check, reason: e.to_string() })?;
        let unfit = |reason: &str| WeightsError::Unfit { check, reason: reason.to_owned() };
        if weights.check != check {
            return Err(unfit("they belong to another check"));
        }
        if weights.features_version != features_version || weights.features != features {
            return Err(unfit("they were trained on other features"));
        }
        if let Some(problem) =
            weights.forest.trees.iter().find_map(|tree| tree.problem(features.len()))
        {
            return Err(unfit(problem));
        }
        if weights.medians.len() != features.len() {
            return Err(unfit("their medians are incomplete"));
        }
        let numbers = [
            weights.platt.a,
            weights.platt.b,
            weights.thresholds.soft,
            weights.thresholds.regular,
            weights.thresholds.hard,
        ];
        if numbers.iter().any(|v| !v.is_finite()) || weights.platt.a <= 0.0 {
            return Err(unfit("their calibration is not usable"));
        }
        Ok(weights)
    }

    /// One line per tree keeps the file readable by a diff.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        let trees = value["forest"]["trees"].take();
        value["forest"]["trees"] = serde_json::Value::String("@trees@".to_owned());
        let lines = match &trees {
            serde_json::Value::Array(trees) => {
                trees.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?
            }
            _ => Vec::new(),
        };
        let listed = format!("[\n{}\n    ]", lines.join(",\n"));
        Ok(serde_json::to_string_pretty(&value)?.replace("\"@trees@\"", &listed) + "\n")
    }

    /// The features of an image without colour: what depends on colour says nothing, so it is
    /// set to what is usual.
    pub fn without_colour(&self, features: &[f32]) -> Vec<f32> {
        let replaced = |(index, name): (usize, &String)| {
            if depends_on_colour(name) { self.medians[index] } else { features[index] }
        };
        self.features.iter().enumerate().map(replaced).collect()
    }

    /// Probability that the image is genuine, 0..=1.
    pub fn score(&self, features: &[f32]) -> f64 {
        self.platt.score(self.forest.logit(features))
    }
}

fn depends_on_colour(name: &str) -> bool {
    ["c1", "c2", "rho", "chroma", "saturation", "hue", "colour", "_red", "_blue", "red_", "blue_"]
        .iter()
        .any(|part| name.contains(part))
}
