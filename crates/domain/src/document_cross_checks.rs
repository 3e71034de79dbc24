//! What the values of a document say of each other, of the day, of the flow's rules and of what the person
//! stated. Pure: the same reading on the same day always judges the same.

mod comparing;
mod look_alikes;
mod names;
mod numbers;
mod sides;
mod table;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use self::comparing::Comparison;
pub use self::comparing::age_on;
pub use self::names::name_similarity;
pub use self::table::{CrossCheck, CrossCheckEntry, TABLE, Weight};
use crate::document_check::{DocumentCheck, PerCheck};
use crate::document_reading::{DocumentField, ReadValue, SideReading, TextState, ValueSource};
pub use crate::face_verdict::CheckOutcome;

/// What kinds of documents there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    Passport,
    IdentityCard,
    DrivingLicence,
    ResidencePermit,
    Visa,
    Other,
}

impl DocumentKind {
    pub const ALL: [DocumentKind; 6] = [
        DocumentKind::Passport,
        DocumentKind::IdentityCard,
        DocumentKind::DrivingLicence,
        DocumentKind::ResidencePermit,
        DocumentKind::Visa,
        DocumentKind::Other,
    ];

    /// Its word in the protocol's `documentCategory`.
    pub fn as_str(self) -> &'static str {
        match self {
            DocumentKind::Passport => "passport",
            DocumentKind::IdentityCard => "national_id",
            DocumentKind::DrivingLicence => "driver_license",
            DocumentKind::ResidencePermit => "residence_permit",
            DocumentKind::Visa => "visa",
            DocumentKind::Other => "other",
        }
    }
}

/// What a flow demands of a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadingPolicy {
    /// Empty: all are allowed.
    pub kinds: Vec<DocumentKind>,
    /// ISO 3166 alpha-3; empty: all are allowed.
    pub countries: Vec<String>,
    /// In whole years.
    pub minimum_age: Option<u8>,
}

impl ReadingPolicy {
    /// The checks that must pass.
    fn demanded(&self) -> Vec<CrossCheck> {
        let demands = [
            (CrossCheck::DocumentType, !self.kinds.is_empty()),
            (CrossCheck::AllowedCountry, !self.countries.is_empty()),
            (CrossCheck::MinimumAge, self.minimum_age.is_some()),
        ];
        demands
            .into_iter()
            .filter_map(|(check, is_demanded)| is_demanded.then_some(check))
            .collect()
    }
}

/// What the person stated about themselves before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatedData {
    pub full_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    pub document_number: Option<String>,
}

/// What is known of the document besides what was read on it. `None`: it was not looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentFacts {
    pub kind: Option<DocumentKind>,
    /// ISO 3166 alpha-3.
    pub country: Option<String>,
    /// Whether the national number's check digit is right.
    pub national_number: Option<bool>,
    pub portrait_matches_face: Option<bool>,
    pub ghost_portrait_matches: Option<bool>,
    pub number_of_another: Option<bool>,
}

/// The checks of the images, as far as they were made.
pub type ImageChecks = PerCheck<Option<bool>>;

/// One check, and what it compared.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossCheckResult {
    pub check: CrossCheck,
    pub outcome: CheckOutcome,
    /// Personal data.
    pub values: Vec<ComparedValue>,
}

/// A value and whose it is: a place of the document, or `stated`.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedValue {
    pub field: DocumentField,
    /// None: the person stated it.
    pub source: Option<ValueSource>,
    pub value: String,
}

/// Where a document stands after reading: its status in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingOutcome {
    /// Everything that was checked has passed, what the flow demands among it, more than one thing proves its
    /// values, and the sides of a card agree in one.
    Active,
    /// Its values were read, and nothing on it proves them, or something that the flow demands.
    ActiveButUnverified,
    Expired,
    NeedsManualVerification,
    Failed,
    /// Text was looked for, and no value was read.
    NotFound,
}

impl ReadingOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            ReadingOutcome::Active => "ACTIVE",
            ReadingOutcome::ActiveButUnverified => "ACTIVE_BUT_UNVERIFIED",
            ReadingOutcome::Expired => "EXPIRED",
            ReadingOutcome::NeedsManualVerification => "NEEDS_MANUAL_VERIFICATION",
            ReadingOutcome::Failed => "FAILED",
            ReadingOutcome::NotFound => "NOT_FOUND",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadingVerdict {
    pub outcome: ReadingOutcome,
    /// In the order of the table.
    pub checks: Vec<CrossCheckResult>,
    /// One value a field, from the place that proves it best.
    pub values: Vec<ReadValue>,
    /// How alike the stated and the read names are, 0..=1.
    pub stated_name_similarity: Option<f64>,
}

/// Names this alike are the same: one wrong letter in seven is the reader's.
pub const NAME_SIMILARITY_MIN: f64 = 0.85;
/// Below this a value of the print is not clear enough to contradict another.
pub const CONTRADICTION_CONFIDENCE_MIN: f32 = 0.75;

/// `today`: `YYYY-MM-DD`. `image_checks`: those of document liveness, where they were asked for.
pub fn judge(
    sides: &[SideReading],
    policy: &ReadingPolicy,
    stated: &StatedData,
    facts: &DocumentFacts,
    image_checks: Option<&ImageChecks>,
    today: &str,
) -> ReadingVerdict {
    let values = comparing::best_values(sides.iter().flat_map(|side| &side.values));
    let comparison = Comparison { sides, policy, stated, facts, today };
    let checks = comparison.results(&values);
    let stated_name_similarity = comparing::stated_name_similarity(&values, stated);
    let outcome = match values.is_empty() {
        true => outcome_of_nothing(sides),
        false => match outcome(&checks, policy, image_checks) {
            // The portrait is on one side and what proves the values on the other: they may be of two cards.
            ReadingOutcome::Active if !comparison.sides_are_of_one_card() => {
                ReadingOutcome::ActiveButUnverified
            }
            outcome => outcome,
        },
    };
    ReadingVerdict { outcome, checks, values, stated_name_similarity }
}

/// Where text was not looked for, that no value was read says nothing of the document.
fn outcome_of_nothing(sides: &[SideReading]) -> ReadingOutcome {
    match sides.iter().all(|side| side.text_state == TextState::Read) {
        true => ReadingOutcome::NotFound,
        false => ReadingOutcome::NeedsManualVerification,
    }
}

fn outcome(
    checks: &[CrossCheckResult],
    policy: &ReadingPolicy,
    image_checks: Option<&ImageChecks>,
) -> ReadingOutcome {
    let failed = |weight| {
        let mut failed = checks.iter().filter(|it| it.outcome == CheckOutcome::Failed);
        failed.any(|it| it.check.entry().weight == weight)
    };
    let passed = |check: CrossCheck| {
        checks.iter().any(|it| it.check == check && it.outcome == CheckOutcome::Passed)
    };
    let is_image_rejected = image_checks
        .is_some_and(|made| DocumentCheck::ALL.iter().any(|it| made[*it] == Some(false)));
    if failed(Weight::Fails) || is_image_rejected {
        return ReadingOutcome::Failed;
    }
    if failed(Weight::Expires) {
        return ReadingOutcome::Expired;
    }
    if failed(Weight::AsksForReview) {
        return ReadingOutcome::NeedsManualVerification;
    }
    // A number and a day that stand in two places, or that check digits prove.
    let is_proven = passed(CrossCheck::CheckDigits)
        || (passed(CrossCheck::DocumentNumber) && passed(CrossCheck::BirthDate));
    // What the flow demands and nothing shows is not met: an issuing state and a kind have no check digit, and a
    // date of birth may be unknown.
    let is_as_demanded = policy.demanded().into_iter().all(passed);
    match is_proven && is_as_demanded {
        true => ReadingOutcome::Active,
        false => ReadingOutcome::ActiveButUnverified,
    }
}

/// `validationResults`: each check's result and why, by its name; `is_detail` adds what it compared, which is
/// personal data.
pub fn validation_results(checks: &[CrossCheckResult], is_detail: bool) -> Map<String, Value> {
    let entries = checks.iter().map(|it| {
        let entry = it.check.entry();
        let details = match it.outcome {
            CheckOutcome::Passed => entry.passed,
            CheckOutcome::Failed => entry.failed,
            CheckOutcome::NotChecked => entry.not_checked,
        };
        let mut result = json!({ "result": it.outcome.as_str(), "details": details });
        if is_detail && !it.values.is_empty() {
            let values = it.values.iter().map(|it| {
                let source = it.source.map_or(json!("stated"), |source| json!(source));
                json!({ "field": it.field, "source": source, "value": it.value })
            });
            result["values"] = values.collect();
        }
        (entry.wire_name.to_owned(), result)
    });
    entries.collect()
}
