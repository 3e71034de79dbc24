//! Which checks a record failed, as a set: the tables of their names. A name's position is its bit in the
//! database. Whoever adds a check adds its name at the end, and never takes one away.

use serde_json::Value as Json;
use verax_query::WordSet;

use crate::face_verdict::{CheckOutcome, QualityLevel};

/// Those of a face.
pub(crate) static OF_FACES: WordSet = WordSet {
    words: &["livenessDetection", "identityMatch", "antiSpoofing", "quality"],
    from: &["verificationResults", "biometricData"],
    derive: |objects| {
        let [results, data] = objects else { return None };
        let quality = data.as_ref().and_then(|it| it["quality"].as_str());
        let quality = quality.map(|it| it != QualityLevel::Poor.as_str());
        failed(&OF_FACES, |name| match name {
            "quality" => quality,
            name => results.as_ref().and_then(|it| outcome(&it[name])),
        })
    },
};

/// Those of a photographed document: of the whole image, and of `DocumentCheck`.
pub(crate) static OF_DOCUMENTS: WordSet = WordSet {
    words: &[
        "documentCropped",
        "colourLess",
        "screenReplay",
        "printedCopy",
        "portraitSubstitution",
        "digitalManipulation",
    ],
    from: &["validationResults", "validationFlags"],
    derive: |objects| {
        let [results, flags] = objects else { return None };
        let flag = |name: &str| flags.as_ref().and_then(|it| outcome(&it[name]));
        failed(&OF_DOCUMENTS, |name| match name {
            "documentCropped" => flag("documentCroppedValidation"),
            "colourLess" => flag("colourLessValidation"),
            name => results.as_ref()?[name]["passed"].as_bool(),
        })
    },
};

/// Those of a document that was read: `CrossCheck`, and those of its image.
pub(crate) static OF_READ_DOCUMENTS: WordSet = WordSet {
    words: &[
        "screenReplay",
        "printedCopy",
        "portraitSubstitution",
        "digitalManipulation",
        "checkDigits",
        "nationalNumber",
        "documentNumberAgrees",
        "namesAgree",
        "birthDateAgrees",
        "expirationDateAgrees",
        "sexAgrees",
        "countryAgrees",
        "datesArePossible",
        "notExpired",
        "minimumAge",
        "documentTypeAllowed",
        "countryAllowed",
        "namesMatch",
        "birthDateMatches",
        "documentNumberMatches",
        "portraitMatchesFace",
        "ghostPortraitMatches",
        "numberOfOnePerson",
    ],
    from: &["validationResults"],
    derive: |objects| {
        let [results] = objects else { return None };
        failed(&OF_READ_DOCUMENTS, |name| outcome(&results.as_ref()?[name]["result"]))
    },
};

/// The mask of what did not pass; `None`: none of the checks was made.
fn failed(set: &WordSet, passed: impl Fn(&str) -> Option<bool>) -> Option<i64> {
    let made: Vec<(&str, bool)> =
        set.words.iter().filter_map(|name| Some((*name, passed(name)?))).collect();
    let failed = made.iter().filter(|(_, passed)| !passed).map(|(name, _)| *name);
    (!made.is_empty()).then(|| set.mask(failed))
}

/// Whether a check passed; `None`: it was not made.
fn outcome(word: &Json) -> Option<bool> {
    let word = word.as_str()?;
    let is = |outcome: CheckOutcome| word == outcome.as_str();
    (is(CheckOutcome::Passed) || is(CheckOutcome::Failed)).then(|| is(CheckOutcome::Passed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document_check::DocumentCheck;
    use crate::document_cross_checks::TABLE;

    fn failed_of(set: &WordSet, objects: &[Json]) -> Option<Vec<&'static str>> {
        let objects: Vec<Option<Json>> =
            objects.iter().map(|it| (!it.is_null()).then(|| it.clone())).collect();
        Some(set.words_of((set.derive)(&objects)?).collect())
    }

    #[test]
    fn every_check_has_its_name_here() {
        for check in DocumentCheck::ALL {
            for set in [&OF_DOCUMENTS, &OF_READ_DOCUMENTS] {
                assert!(set.words.contains(&check.entry().wire_name), "{check:?}");
            }
        }
        for row in TABLE {
            assert!(OF_READ_DOCUMENTS.words.contains(&row.wire_name), "{}", row.wire_name);
        }
        for set in [&OF_FACES, &OF_DOCUMENTS, &OF_READ_DOCUMENTS] {
            assert!(set.words.len() < 64);
            for (bit, name) in set.words.iter().enumerate() {
                assert_eq!(set.words_of(1 << bit).collect::<Vec<_>>(), [*name], "named once");
            }
        }
    }

    #[test]
    fn what_was_not_checked_is_neither_failed_nor_an_empty_set() {
        let not_checked = json!({
            "livenessDetection": "not_checked", "identityMatch": "not_checked",
            "antiSpoofing": "not_checked",
        });
        assert_eq!(failed_of(&OF_FACES, &[Json::Null, Json::Null]), None);
        assert_eq!(failed_of(&OF_FACES, &[not_checked, json!({})]), None);
        let passed = json!({ "livenessDetection": "passed", "identityMatch": "not_checked" });
        assert_eq!(failed_of(&OF_FACES, &[passed, Json::Null]), Some(vec![]));
        let blurred = json!({ "livenessDetection": "failed", "antiSpoofing": "passed" });
        let found = failed_of(&OF_FACES, &[blurred, json!({ "quality": "poor" })]);
        assert_eq!(found, Some(vec!["livenessDetection", "quality"]));
    }

    #[test]
    fn a_document_fails_by_its_checks_and_by_its_whole_image() {
        let results = json!({
            "screenReplay": { "passed": false, "score": 0.1 },
            "printedCopy": { "passed": null, "score": null },
        });
        let flags =
            json!({ "documentCroppedValidation": "failed", "colourLessValidation": "passed" });
        let found = failed_of(&OF_DOCUMENTS, &[results.clone(), flags.clone()]);
        assert_eq!(found, Some(vec!["documentCropped", "screenReplay"]));
        // Another system's flags may be a list.
        let found = failed_of(&OF_DOCUMENTS, &[results, json!(["ignored"])]);
        assert_eq!(found, Some(vec!["screenReplay"]));
        let read =
            json!({ "namesAgree": { "result": "failed" }, "sexAgrees": { "result": "passed" } });
        assert_eq!(failed_of(&OF_READ_DOCUMENTS, &[read]), Some(vec!["namesAgree"]));
    }
}
