//! What the protocol says of a finished document check besides its results: made of them, and of nothing else.

use serde_json::{Map, Value};

use crate::document_check::DocumentCheck;
use crate::records::document_check::COMPLETED;

/// What lowers the confidence, and the protocol's word for it.
const WARNINGS: [(&str, &str); 3] = [
    ("glare", "GLARE_ON_IMAGE"),
    ("compressed", "IMAGE_IS_TOO_COMPRESSED"),
    ("blurred", "IMAGE_TOO_BLURRY"),
];
const FAILED: &str = "failed";
const WHOLE_IMAGE: [&str; 2] = ["documentCroppedValidation", "colourLessValidation"];

/// `isLive`, `aggregatedScore`, a `…Probability` for each check and `aggregateWarnings` of a record as a
/// retrieve shows it; what was not measured is absent. Empty unless the check is completed.
pub fn document_summary(record: &Value) -> Map<String, Value> {
    let mut all = Map::new();
    let Some(results) = record["validationResults"].as_object() else { return all };
    if record["status"] != COMPLETED || results.is_empty() {
        return all;
    }
    let flags = &record["validationFlags"];
    let passed = results.values().all(|result| result["passed"] == true);
    let whole = WHOLE_IMAGE.iter().all(|name| flags[name] != FAILED);
    all.insert("isLive".to_owned(), (passed && whole).into());
    // A risk of one half is the threshold of the riskiest check.
    if let Some(risk) = record["riskScore"].as_f64() {
        let score = ((1.0 - risk) * 1e4).round() / 1e4;
        all.insert("aggregatedScore".to_owned(), score.into());
    }
    for check in DocumentCheck::ALL {
        let name = check.entry().wire_name;
        if let Some(score) = results.get(name).and_then(|result| result["score"].as_f64()) {
            all.insert(format!("{name}Probability"), score.into());
        }
    }
    if let Some(limits) = flags["confidenceLimits"].as_array() {
        let has = |word: &str| limits.iter().any(|limit| limit == word);
        let told = WARNINGS.iter().filter(|(limit, _)| has(limit));
        let warnings = told.map(|(_, warning)| Value::from(*warning)).collect();
        all.insert("aggregateWarnings".to_owned(), Value::Array(warnings));
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(record: Value) -> Value {
        Value::Object(document_summary(&record))
    }

    #[test]
    fn it_says_what_was_measured() {
        let record = json!({
            "status": "completed", "riskScore": 0.25,
            "validationResults": {
                "screenReplay": { "passed": true, "score": 0.75 },
                "printedCopy": { "passed": true, "score": 0.5 },
            },
            "validationFlags": { "confidenceLimits": ["low_resolution", "blurred", "glare"] },
        });
        let expected = json!({
            "isLive": true, "aggregatedScore": 0.75, "screenReplayProbability": 0.75,
            "printedCopyProbability": 0.5,
            "aggregateWarnings": ["GLARE_ON_IMAGE", "IMAGE_TOO_BLURRY"],
        });
        assert_eq!(summary(record), expected);
    }

    #[test]
    fn a_check_that_was_not_made_is_no_pass() {
        let of = |result: Value, flags: Value| {
            summary(json!({
                "status": "completed", "validationResults": { "screenReplay": result },
                "validationFlags": flags,
            }))
        };
        let passed = json!({ "passed": true, "score": 0.9 });
        assert_eq!(of(passed.clone(), json!({}))["isLive"], true);
        let not_made = of(json!({ "passed": null, "score": null }), json!({}));
        assert_eq!(not_made, json!({ "isLive": false }));
        let cropped = json!({ "documentCroppedValidation": "failed" });
        assert_eq!(of(passed, cropped)["isLive"], false);
        for record in [
            json!({ "status": "processing", "validationResults": { "screenReplay": {} } }),
            json!({ "status": "failed" }),
            json!({ "status": "completed", "validationResults": {} }),
            json!({ "_id": "d" }),
        ] {
            assert_eq!(summary(record), json!({}));
        }
    }
}
