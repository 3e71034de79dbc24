//! What was read of a document and is known besides, as it is stored with its record: judged when it was read,
//! and again when more is known of its holder. Pure.

mod recognition;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::recognition::national_number_is_right;
pub use self::recognition::{country_of, kind_of, lacks_other_side};
use crate::document_check::{DocumentCheck, PerCheck};
use crate::document_cross_checks::{
    CheckOutcome, CrossCheck, DocumentFacts, ReadingOutcome, ReadingPolicy, ReadingVerdict,
    StatedData, judge, name_similarity,
};
use crate::document_reading::{DocumentField, ReadValue, SideReading};
use crate::label_reading::Label;

/// All that a document is judged by, but for the flow's rules and what the person stated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StoredReading {
    /// The front, the back, or both.
    pub sides: Vec<SideReading>,
    /// What the document was called by who asked, or by its client afterwards.
    pub requested_type: Option<String>,
    /// What a client looks for besides.
    pub labels: Vec<Label>,
    /// The checks of the images that were made, by their names: whether each was passed on every image.
    pub image_checks: BTreeMap<String, bool>,
    pub portrait_matches_face: Option<bool>,
    pub ghost_portrait_matches: Option<bool>,
    pub number_of_another: Option<bool>,
    /// Whether the names are the stated ones, as a reviewer has said.
    pub names_reviewed: Option<bool>,
}

/// The names that a person stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedNames {
    pub full: Option<String>,
    pub first: Option<String>,
    pub last: Option<String>,
}

/// How alike stated and read names are, 0..=100 with two decimals; `None`: one of both is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NameMatch {
    pub full: Option<f64>,
    pub first: Option<f64>,
    pub last: Option<f64>,
}

impl StatedNames {
    /// The whole name, made of its parts where it was not stated as one.
    pub fn whole(&self) -> Option<String> {
        let parts = || {
            let parts: Vec<&str> =
                [&self.first, &self.last].into_iter().flatten().map(String::as_str).collect();
            parts.join(" ")
        };
        Some(self.full.clone().unwrap_or_else(parts)).filter(|it| !it.trim().is_empty())
    }
}

impl StoredReading {
    /// What all of it makes of the document. `today`: `YYYY-MM-DD`.
    pub fn judge(
        &self,
        policy: &ReadingPolicy,
        names: &StatedNames,
        today: &str,
    ) -> ReadingVerdict {
        // What a reviewer has said of the names counts in the place of comparing them.
        let stated = StatedData {
            full_name: names.whole().filter(|_| self.names_reviewed.is_none()),
            ..StatedData::default()
        };
        let facts = DocumentFacts {
            kind: kind_of(&self.sides),
            country: country_of(&self.sides),
            national_number: national_number_is_right(&self.sides),
            portrait_matches_face: self.portrait_matches_face,
            ghost_portrait_matches: self.ghost_portrait_matches,
            number_of_another: self.number_of_another,
        };
        let made = PerCheck::from_fn(|check: DocumentCheck| {
            self.image_checks.get(check.entry().wire_name).copied()
        });
        let made = (!self.image_checks.is_empty()).then_some(&made);
        let mut verdict = judge(&self.sides, policy, &stated, &facts, made, today);
        if let Some(are_same) = self.names_reviewed {
            let names = verdict.checks.iter_mut().find(|it| it.check == CrossCheck::StatedNames);
            if let Some(names) = names {
                names.outcome = if are_same { CheckOutcome::Passed } else { CheckOutcome::Failed };
            }
            if !are_same && verdict.outcome != ReadingOutcome::NotFound {
                verdict.outcome = ReadingOutcome::Failed;
            }
        }
        verdict
    }
}

impl NameMatch {
    /// Compares what was stated with the values that count.
    pub fn of(stated: &StatedNames, values: &[ReadValue]) -> NameMatch {
        let percentage = |stated: Option<&str>, read: Option<&str>| {
            Some((name_similarity(stated?, read?)? * 1e4).round() / 100.0)
        };
        let whole = full_name(values);
        NameMatch {
            full: percentage(stated.whole().as_deref(), whole.as_deref()),
            first: percentage(stated.first.as_deref(), value_of(values, DocumentField::GivenNames)),
            last: percentage(stated.last.as_deref(), value_of(values, DocumentField::Surname)),
        }
    }
}

/// The value of a field among those that count.
pub fn value_of(values: &[ReadValue], field: DocumentField) -> Option<&str> {
    let value = values.iter().find(|it| it.field == field)?;
    Some(value.value.as_str()).filter(|it| !it.is_empty())
}

/// The whole name, made of its parts where it does not stand as one.
pub fn full_name(values: &[ReadValue]) -> Option<String> {
    if let Some(whole) = value_of(values, DocumentField::FullName) {
        return Some(whole.to_owned());
    }
    let fields = [DocumentField::GivenNames, DocumentField::Surname];
    let parts: Vec<&str> = fields.into_iter().filter_map(|it| value_of(values, it)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document_reading::{CheckDigit, DocumentSide, TextState, ValueSource};

    fn read(field: DocumentField, source: ValueSource, value: &str) -> ReadValue {
        ReadValue {
            field,
            source,
            side: DocumentSide::Front,
            text: value.to_owned(),
            value: value.to_owned(),
            corners: None,
            confidence: 0.99,
            check_digit: (source == ValueSource::Mrz).then_some(CheckDigit::Right),
        }
    }

    fn reading() -> StoredReading {
        let both = |field, value| {
            [read(field, ValueSource::Print, value), read(field, ValueSource::Barcode, value)]
        };
        let values = [
            both(DocumentField::DocumentNumber, "AB123456"),
            both(DocumentField::BirthDate, "1990-05-01"),
            both(DocumentField::GivenNames, "JO ANN"),
            both(DocumentField::Surname, "DOE"),
        ];
        let side = SideReading {
            side: DocumentSide::Front,
            text_state: TextState::Read,
            document: None,
            mrz: None,
            barcodes: Vec::new(),
            lines: Vec::new(),
            values: values.into_iter().flatten().collect(),
        };
        StoredReading { sides: vec![side], ..StoredReading::default() }
    }

    fn named(full: &str) -> StatedNames {
        StatedNames { full: Some(full.to_owned()), ..StatedNames::default() }
    }

    fn outcome(reading: &StoredReading, names: &StatedNames) -> ReadingOutcome {
        reading.judge(&ReadingPolicy::default(), names, "2026-01-02").outcome
    }

    #[test]
    fn it_is_judged_again_when_more_is_known() {
        let reading = reading();
        assert_eq!(outcome(&reading, &named("Jo Ann Doe")), ReadingOutcome::Active);
        assert_eq!(outcome(&reading, &named("Al Smith")), ReadingOutcome::NeedsManualVerification);
        let reviewed = StoredReading { names_reviewed: Some(true), ..reading.clone() };
        assert_eq!(outcome(&reviewed, &named("Al Smith")), ReadingOutcome::Active);
        let denied = StoredReading { names_reviewed: Some(false), ..reading.clone() };
        assert_eq!(outcome(&denied, &named("Jo Ann Doe")), ReadingOutcome::Failed);
        let other_face = StoredReading { portrait_matches_face: Some(false), ..reviewed.clone() };
        assert_eq!(outcome(&other_face, &named("Jo Ann Doe")), ReadingOutcome::Failed);
        let checks = [("screenReplay".to_owned(), false)].into();
        let screen = StoredReading { image_checks: checks, ..reviewed };
        assert_eq!(outcome(&screen, &named("Jo Ann Doe")), ReadingOutcome::Failed);
    }

    #[test]
    fn what_is_stored_is_read_again_also_without_what_a_later_version_adds() {
        let reading = reading();
        let text = serde_json::to_string(&reading).expect("JSON");
        assert_eq!(serde_json::from_str::<StoredReading>(&text).expect("ours"), reading);
        let older: StoredReading = serde_json::from_str(r#"{"sides":[]}"#).expect("ours");
        assert_eq!(older, StoredReading::default());
    }

    #[test]
    fn names_are_compared_part_by_part() {
        let values = reading().judge(&ReadingPolicy::default(), &named("x"), "2026-01-02").values;
        let stated = StatedNames {
            full: None,
            first: Some("Jo Ann".to_owned()),
            last: Some("Roe".to_owned()),
        };
        let found = NameMatch::of(&stated, &values);
        assert_eq!(found.first, Some(100.0));
        assert!(found.last.is_some_and(|it| it < 100.0), "{found:?}");
        assert_eq!(NameMatch::of(&StatedNames::default(), &values), NameMatch::default());
    }
}
