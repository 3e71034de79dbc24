//! When a flow wants a person to decide, and by how many. Verifik's flows do not say it: it has one form.

use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::face_verdict::{ADVISED, MATCH_SCORE};
use crate::failed_checks::{OF_DOCUMENTS, OF_READ_DOCUMENTS};
use crate::lifecycle::Decision;

/// What a flow's `review` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewSettings {
    /// A review opens where a document or a registration needs manual verification.
    pub on_manual_verification: bool,
    /// A review opens where one of these checks was not passed.
    on_failed_checks: Vec<String>,
    /// A review opens where the confidence is below it, 0..=1.
    confidence_min: Option<f64>,
    /// So many in a hundred of those that passed are reviewed.
    sample: f64,
    pub four_eyes: FourEyes,
}

/// What `onFailedChecks` may name: measurements of a face, checks of documents; each once.
pub fn known_checks() -> &'static [&'static str] {
    static KNOWN: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let mut known = ADVISED.to_vec();
        known.push(MATCH_SCORE);
        for name in [&OF_DOCUMENTS, &OF_READ_DOCUMENTS].into_iter().flat_map(|set| set.words) {
            if !known.contains(name) {
                known.push(name);
            }
        }
        known
    });
    &KNOWN
}

/// Which decisions a second reviewer has to confirm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FourEyes {
    #[default]
    None,
    Approve,
    Decline,
    All,
}

/// What came of a check, as far as it matters for whether somebody looks at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckedSubject {
    pub has_passed: bool,
    pub needs_manual_verification: bool,
    /// By the names that records have of them.
    pub failed_checks: Vec<String>,
    /// 0..=1; `None`: the check has no such measure.
    pub confidence: Option<f64>,
}

/// Why a review was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenedBecause {
    ManualVerification,
    FailedCheck(String),
    LowConfidence,
    Sample,
}

const FAILED_CHECK: &str = "failedCheck:";

impl FourEyes {
    pub const ALL: [FourEyes; 4] =
        [FourEyes::None, FourEyes::Approve, FourEyes::Decline, FourEyes::All];
    pub const WORDS: &[&str] = &["none", "approve", "decline", "all"];

    pub fn word(self) -> &'static str {
        match self {
            FourEyes::None => "none",
            FourEyes::Approve => "approve",
            FourEyes::Decline => "decline",
            FourEyes::All => "all",
        }
    }

    /// Whether this decision is a proposal until somebody else has confirmed it.
    pub fn are_needed_for(self, decision: Decision) -> bool {
        match self {
            FourEyes::None => false,
            FourEyes::Approve => decision == Decision::Approve,
            FourEyes::Decline => decision == Decision::Decline,
            FourEyes::All => true,
        }
    }
}

impl ReviewSettings {
    /// What has another type than it should says nothing: an imported flow may have anything.
    pub fn of(review: Option<&Json>) -> ReviewSettings {
        let Some(review) = review else { return ReviewSettings::default() };
        let checks = review["onFailedChecks"].as_array().into_iter().flatten();
        let word = review["fourEyes"].as_str().unwrap_or_default();
        let four_eyes = FourEyes::ALL.into_iter().find(|it| it.word() == word);
        ReviewSettings {
            on_manual_verification: review["onManualVerification"] == true,
            on_failed_checks: checks.filter_map(Json::as_str).map(str::to_owned).collect(),
            confidence_min: review["confidenceMin"].as_f64(),
            sample: review["sample"].as_f64().unwrap_or(0.0),
            four_eyes: four_eyes.unwrap_or_default(),
        }
    }

    /// Why this is reviewed; nothing: it is not. `draw` gives a random number in 0..1, by which those are
    /// chosen that are reviewed although they passed; it is asked only where some are.
    pub fn reasons_to_open(
        &self,
        subject: &CheckedSubject,
        draw: impl FnOnce() -> f64,
    ) -> Vec<OpenedBecause> {
        let mut because = Vec::new();
        if self.on_manual_verification && subject.needs_manual_verification {
            because.push(OpenedBecause::ManualVerification);
        }
        let failed = subject.failed_checks.iter();
        let named = failed.filter(|check| self.on_failed_checks.contains(check));
        because.extend(named.cloned().map(OpenedBecause::FailedCheck));
        let is_low = self.confidence_min.zip(subject.confidence).is_some_and(|(min, it)| it < min);
        if is_low {
            because.push(OpenedBecause::LowConfidence);
        }
        let may_be_sampled = because.is_empty() && subject.has_passed && self.sample > 0.0;
        if may_be_sampled && draw() * 100.0 < self.sample {
            because.push(OpenedBecause::Sample);
        }
        because
    }
}

impl OpenedBecause {
    pub fn text(&self) -> String {
        match self {
            OpenedBecause::ManualVerification => "manualVerification".to_owned(),
            OpenedBecause::FailedCheck(check) => format!("{FAILED_CHECK}{check}"),
            OpenedBecause::LowConfidence => "lowConfidence".to_owned(),
            OpenedBecause::Sample => "sample".to_owned(),
        }
    }

    pub fn from_text(text: &str) -> Option<OpenedBecause> {
        Some(match text {
            "manualVerification" => OpenedBecause::ManualVerification,
            "lowConfidence" => OpenedBecause::LowConfidence,
            "sample" => OpenedBecause::Sample,
            _ => OpenedBecause::FailedCheck(text.strip_prefix(FAILED_CHECK)?.to_owned()),
        })
    }

    /// What it adds to the priority of a review: somebody waits, something was found, something may be.
    pub fn priority(&self) -> i64 {
        match self {
            OpenedBecause::ManualVerification => 100,
            OpenedBecause::FailedCheck(_) => 50,
            OpenedBecause::LowConfidence => 20,
            OpenedBecause::Sample => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(review: Json) -> ReviewSettings {
        ReviewSettings::of(Some(&review))
    }

    #[test]
    fn a_flow_that_says_nothing_has_nothing_reviewed() {
        let subject = CheckedSubject {
            needs_manual_verification: true,
            failed_checks: vec!["screenReplay".to_owned()],
            confidence: Some(0.0),
            has_passed: false,
        };
        for review in [json!(null), json!({}), json!({ "sample": "x", "onFailedChecks": {} })] {
            let settings = settings(review);
            assert_eq!(settings.reasons_to_open(&subject, || 0.0), []);
            let passed = CheckedSubject { has_passed: true, ..CheckedSubject::default() };
            assert_eq!(settings.reasons_to_open(&passed, || 0.0), []);
            assert_eq!(settings.four_eyes, FourEyes::None);
        }
    }

    #[test]
    fn each_of_its_rules_opens_a_review_with_its_reason() {
        let review = json!({
            "onManualVerification": true, "onFailedChecks": ["screenReplay"],
            "confidenceMin": 0.5, "sample": 2, "fourEyes": "decline",
        });
        let settings = settings(review);
        let flagged = CheckedSubject {
            needs_manual_verification: true,
            failed_checks: vec!["printedCopy".to_owned(), "screenReplay".to_owned()],
            confidence: Some(0.49),
            has_passed: false,
        };
        let because = settings.reasons_to_open(&flagged, || 0.0);
        let texts: Vec<String> = because.iter().map(OpenedBecause::text).collect();
        assert_eq!(texts, ["manualVerification", "failedCheck:screenReplay", "lowConfidence"]);
        for because in &because {
            assert_eq!(OpenedBecause::from_text(&because.text()).as_ref(), Some(because));
        }
        let passed =
            CheckedSubject { has_passed: true, confidence: Some(0.5), ..CheckedSubject::default() };
        assert_eq!(settings.reasons_to_open(&passed, || 0.019), [OpenedBecause::Sample]);
        assert_eq!(settings.reasons_to_open(&passed, || 0.02), []);
        let failed = CheckedSubject::default();
        assert_eq!(settings.reasons_to_open(&failed, || 0.0), [], "only what passed is sampled");
    }

    #[test]
    fn four_eyes_are_needed_for_what_the_flow_says() {
        let needed = |word: &str| {
            let settings = settings(json!({ "fourEyes": word }));
            Decision::ALL.map(|decision| settings.four_eyes.are_needed_for(decision))
        };
        assert_eq!(needed("none"), [false, false, false]);
        assert_eq!(needed("approve"), [true, false, false]);
        assert_eq!(needed("decline"), [false, true, false]);
        assert_eq!(needed("all"), [true, true, true]);
        assert!(FourEyes::ALL.map(FourEyes::word).iter().eq(FourEyes::WORDS));
    }
}
