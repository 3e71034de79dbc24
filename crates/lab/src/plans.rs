//! Which labels are attacks for which check, and how its trees are trained.

use verax_domain::document_check::DocumentCheck;

use crate::boosting::{BoostSettings, Origin, Row};

/// What a check's trees are made by.
#[derive(Debug, Clone, Copy)]
pub struct TrainingPlan {
    pub check: DocumentCheck,
    pub settings: fn(seed: u64) -> BoostSettings,
    /// Rows of these teach.
    pub teaches: fn(&Row) -> bool,
    /// Rows of these count for calibration and thresholds (the rest only teach).
    pub calibrates: fn(&Row) -> bool,
    /// For the manifest of the weights.
    pub note: &'static str,
}

const PLANS: &[TrainingPlan] = &[
    TrainingPlan {
        check: DocumentCheck::ScreenReplay,
        settings: |seed| BoostSettings { leaf_rows_min: 30, bags: 2, ..BoostSettings::lean(seed) },
        teaches: |row| row.origin != Origin::Simulated,
        calibrates: |row| row.origin == Origin::Photograph,
        note: "Photographs and the same saved again; calibrated on photographs of held-out sources.",
    },
    TrainingPlan {
        check: DocumentCheck::PortraitSubstitution,
        settings: |seed| BoostSettings { trees: 150, leaves: 5, ..BoostSettings::lean(seed) },
        teaches: |_| true,
        calibrates: |_| true,
        note: "Simulated swaps only; saved at q95, q85 and as a messenger does.",
    },
];

/// The plan of a check; none for one without trees.
pub fn training_plan(check: DocumentCheck) -> Option<&'static TrainingPlan> {
    PLANS.iter().find(|plan| plan.check == check)
}

/// Whether an image of this label is an attack for the head of a check; none where it teaches nothing. A print is bona
/// fide for the screen check: a document is judged by each check alone.
pub fn is_attack(check: DocumentCheck, label: &str) -> Option<bool> {
    match (check, label) {
        (DocumentCheck::ScreenReplay, "screen") | (DocumentCheck::PrintedCopy, "print") => {
            Some(true)
        }
        (DocumentCheck::ScreenReplay, "genuine" | "print")
        | (DocumentCheck::PrintedCopy, "genuine") => Some(false),
        _ => None,
    }
}

/// Labels of images that a check should reject.
pub fn attack_labels(check: DocumentCheck) -> &'static [&'static str] {
    match check {
        DocumentCheck::ScreenReplay => &["screen"],
        DocumentCheck::PrintedCopy => &["print"],
        DocumentCheck::PortraitSubstitution => &["forged"],
        DocumentCheck::DigitalManipulation => &["tampered", "forged"],
    }
}
