//! What a flow demands of the documents that are read in it.

use serde_json::{Map, Value as Json};

use crate::document_cross_checks::{DocumentKind, ReadingPolicy};

/// Attempts and rules of a flow's documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadingSettings {
    /// `None`: as many as the settings say.
    pub attempts_max: Option<u64>,
    pub policy: ReadingPolicy,
    /// Whether the names of the document must be the stated ones.
    verifies_names: bool,
}

/// Types of documents as flows write them, beside the words of `documentCategory`.
const TYPES: &[(&str, DocumentKind)] = &[
    ("PA", DocumentKind::Passport),
    ("PASSPORT", DocumentKind::Passport),
    ("CC", DocumentKind::IdentityCard),
    ("DNI", DocumentKind::IdentityCard),
    ("RUT", DocumentKind::IdentityCard),
    ("CURP", DocumentKind::IdentityCard),
    ("INE", DocumentKind::IdentityCard),
    ("ID", DocumentKind::IdentityCard),
    ("NATIONAL_ID", DocumentKind::IdentityCard),
    ("TI", DocumentKind::IdentityCard),
    ("CE", DocumentKind::ResidencePermit),
    ("RESIDENCE_PERMIT", DocumentKind::ResidencePermit),
    ("DL", DocumentKind::DrivingLicence),
    ("DRIVER_LICENSE", DocumentKind::DrivingLicence),
    ("DRIVING_LICENSE", DocumentKind::DrivingLicence),
    ("LICENSE", DocumentKind::DrivingLicence),
    ("VISA", DocumentKind::Visa),
];

impl ReadingSettings {
    /// What has another type than it should says nothing: an imported flow may have anything.
    pub fn of(documents: &Map<String, Json>) -> ReadingSettings {
        let texts = |name: &str| {
            let list = documents.get(name).and_then(Json::as_array).into_iter().flatten();
            list.filter_map(|it| it.as_str().or_else(|| it["code"].as_str()))
        };
        let kinds: Vec<Option<DocumentKind>> = texts("documentTypes").map(kind_of_type).collect();
        let age = documents.get("minimumAge").and_then(Json::as_u64);
        ReadingSettings {
            attempts_max: documents.get("attemptLimit").and_then(Json::as_u64),
            policy: ReadingPolicy {
                // A type that is not known here cannot be told from others: none is rejected for it.
                kinds: kinds.into_iter().collect::<Option<_>>().unwrap_or_default(),
                countries: texts("countries").map(str::to_ascii_uppercase).collect(),
                minimum_age: age.and_then(|age| u8::try_from(age).ok()),
            },
            verifies_names: documents.get("informationVerification") == Some(&Json::Bool(true)),
        }
    }

    /// Whether the flow demands something that only a document which was read can show.
    pub fn is_demanded(&self) -> bool {
        self.verifies_names || self.policy != ReadingPolicy::default()
    }
}

fn kind_of_type(word: &str) -> Option<DocumentKind> {
    let word = word.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    TYPES.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(documents: Json) -> ReadingSettings {
        ReadingSettings::of(documents.as_object().expect("an object"))
    }

    #[test]
    fn a_flow_says_which_documents_it_takes() {
        let read = settings(json!({
            "attemptLimit": 3, "documentTypes": ["PA", { "code": "CC" }], "countries": ["col"],
            "minimumAge": 18,
        }));
        assert_eq!(read.attempts_max, Some(3));
        assert_eq!(read.policy.kinds, [DocumentKind::Passport, DocumentKind::IdentityCard]);
        assert_eq!(read.policy.countries, ["COL"]);
        assert_eq!(read.policy.minimum_age, Some(18));
        assert!(read.is_demanded());
        assert!(settings(json!({ "informationVerification": true })).is_demanded());
    }

    #[test]
    fn what_it_does_not_say_or_nobody_knows_rejects_nothing() {
        for silent in
            [json!({}), json!({ "documentTypes": "PA", "minimumAge": 999, "countries": 1 })]
        {
            let read = settings(silent);
            assert_eq!(read, ReadingSettings::default());
            assert!(!read.is_demanded());
        }
        assert!(settings(json!({ "documentTypes": ["PA", "ENSAPA"] })).policy.kinds.is_empty());
    }
}
