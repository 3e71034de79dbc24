//! How each check is trained and judged.

use verax_domain::document_check::DocumentCheck;

use crate::boosting::{BoostSettings, Origin, Row};

/// What a check's weights are made by.
#[derive(Debug, Clone, Copy)]
pub struct TrainingPlan {
    pub check: DocumentCheck,
    pub settings: fn(seed: u64) -> BoostSettings,
    /// Rows of these count for calibration and thresholds (the rest only teach).
    pub calibrates: fn(&Row) -> bool,
    /// Labels of images that it should reject.
    pub attack_labels: &'static [&'static str],
    /// For the manifest of the weights.
    pub note: &'static str,
}

const PLANS: &[TrainingPlan] = &[
    TrainingPlan {
        check: DocumentCheck::ScreenReplay,
        settings: |seed| BoostSettings { leaf_rows_min: 30, bags: 2, ..BoostSettings::lean(seed) },
        calibrates: |row| row.origin == Origin::Photograph,
        attack_labels: &["screen"],
        note: "Photographs with variants, and simulation; calibrated on photographs of held-out \
               sources.",
    },
    TrainingPlan {
        check: DocumentCheck::PrintedCopy,
        settings: BoostSettings::lean,
        calibrates: |row| row.origin == Origin::Photograph || row.attack,
        attack_labels: &["print"],
        note: "Simulated prints against genuine photographs and simulated genuine captures.",
    },
    TrainingPlan {
        check: DocumentCheck::PortraitSubstitution,
        settings: small,
        calibrates: |_| true,
        attack_labels: &["forged"],
        note: "Simulated swaps only; saved at q95, q85 and as a messenger does.",
    },
    TrainingPlan {
        check: DocumentCheck::DigitalManipulation,
        settings: small,
        calibrates: |_| true,
        attack_labels: &["tampered", "forged"],
        note: "Simulated edits, edited collections where given, and genuine photographs.",
    },
];

fn small(seed: u64) -> BoostSettings {
    BoostSettings { trees: 150, leaves: 5, ..BoostSettings::lean(seed) }
}

/// The plan of a check; none for one whose weights are not made here.
pub fn training_plan(check: DocumentCheck) -> Option<&'static TrainingPlan> {
    PLANS.iter().find(|plan| plan.check == check)
}
