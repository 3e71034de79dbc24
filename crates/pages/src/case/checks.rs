//! What checks found, as sentences: with the measurement, its limit, and how often the check is wrong.

use serde_json::Value;
use verax_domain::face_verdict::CheckOutcome;
use verax_domain::known_error_rates::{self, MeasuredRate};

use crate::cell::{Cell, Reader};
use crate::names;
use crate::texts::{Language, Texts};

/// The checks of one record.
pub struct CheckGroup {
    pub title: String,
    pub href: String,
    /// Those that were made; those that failed first.
    pub lines: Vec<CheckLine>,
    pub not_made: Vec<CheckLine>,
}

pub struct CheckLine {
    pub title: String,
    pub outcome: Cell,
    result: CheckOutcome,
    /// What was found, in the language of the page.
    pub sentence: String,
    /// The same in the API's words, which are English, where they say more.
    pub details: String,
    /// What was measured, and the limit.
    pub measured: String,
    /// Where a value stands, and what stands there.
    pub values: Vec<(String, String)>,
    /// How often such a check is wrong.
    pub known: String,
}

impl CheckLine {
    pub fn has_failed(&self) -> bool {
        self.result == CheckOutcome::Failed
    }
}

impl CheckGroup {
    /// The checks of a record of any resource.
    pub fn of(title: String, href: String, reader: &Reader<'_>, record: &Value) -> CheckGroup {
        let lines = of_record(reader, record);
        let (not_made, mut lines): (Vec<CheckLine>, Vec<CheckLine>) =
            lines.into_iter().partition(|line| line.result == CheckOutcome::NotChecked);
        lines.sort_by_key(|line| !line.has_failed());
        CheckGroup { title, href, lines, not_made }
    }
}

/// A check by its name in records.
pub fn title(texts: Texts, check: &str) -> String {
    names::field(texts, check)
}

fn of_record(reader: &Reader<'_>, record: &Value) -> Vec<CheckLine> {
    let results = record.get("validationResults").and_then(Value::as_object).into_iter().flatten();
    let results = results.filter_map(|(name, check)| of_object(reader, name, check));
    results.chain(of_face(reader, record)).collect()
}

/// One entry of `validationResults`, of a document that was read or of a document check.
fn of_object(reader: &Reader<'_>, name: &str, check: &Value) -> Option<CheckLine> {
    let result = match (check.get("result"), check.get("passed")) {
        (Some(Value::String(word)), _) => outcome(word)?,
        (None, Some(Value::Bool(true))) => CheckOutcome::Passed,
        (None, Some(Value::Bool(false))) => CheckOutcome::Failed,
        (None, Some(Value::Null)) => CheckOutcome::NotChecked,
        _ => return None,
    };
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let values = check.get("values").and_then(Value::as_array).into_iter().flatten();
    let score = check.get("score").and_then(Value::as_f64);
    let is_of_words_alone = check.get("result").is_some();
    let (sentence, details) =
        sentences(reader.texts, name, result, (text(check, "details"), is_of_words_alone));
    Some(CheckLine {
        sentence,
        details,
        measured: score
            .map_or(String::new(), |score| number(reader.texts, "measured-score", score)),
        values: values
            .map(|it| {
                let source = names::field(reader.texts, &text(it, "source"));
                (source, text(it, "value"))
            })
            .collect(),
        ..line(reader, name, result)
    })
}

/// The words of `verificationResults`, with the measurements that missed their limit.
fn of_face(reader: &Reader<'_>, record: &Value) -> Vec<CheckLine> {
    let Some(results) = record.get("verificationResults").and_then(Value::as_object) else {
        return Vec::new();
    };
    let texts = reader.texts;
    let mut lines = Vec::new();
    for (name, value) in results {
        let Some(result) = value.as_str().and_then(outcome) else { continue };
        let score = match name.as_str() {
            "antiSpoofing" | "livenessDetection" => &record["biometricData"]["livenessScore"],
            "identityMatch" => &record["response"]["persons"][0]["score"],
            _ => &Value::Null,
        };
        let measured = score.as_f64().map(|score| number(texts, "measured-score", score));
        lines.push(CheckLine {
            measured: measured.unwrap_or_default(),
            ..line(reader, name, result)
        });
    }
    let reasons = record.get("reasons").and_then(Value::as_array).into_iter().flatten();
    for reason in reasons.filter(|it| it.get("limit").is_some()) {
        let name = reason["measurement"].as_str().unwrap_or_default();
        let unit = reason["unit"].as_str().unwrap_or_default();
        let figure = |member: &str| {
            let figure = reason[member].as_f64().map(short).unwrap_or_default();
            format!("{figure} {unit}").trim_end().to_owned()
        };
        let (value, limit) = (figure("value"), figure("limit"));
        lines.push(CheckLine {
            sentence: advice(texts, name, reason),
            measured: texts.with("measured-limit", &[("value", &value), ("limit", &limit)]),
            ..line(reader, name, CheckOutcome::Failed)
        });
    }
    lines
}

/// What a check found in the language of the page, and what the API says of it besides. In English the API's
/// words are the sentence; elsewhere they stand below it where they have measurements in them.
fn sentences(
    texts: Texts,
    name: &str,
    result: CheckOutcome,
    (details, is_of_words_alone): (String, bool),
) -> (String, String) {
    if texts.0 == Language::English {
        return (details, String::new());
    }
    let outcome = result.as_str().replace('_', "-");
    match texts.find(&format!("found-{}-{outcome}", names::key(name))) {
        Some(sentence) if is_of_words_alone || result == CheckOutcome::NotChecked => {
            (sentence, String::new())
        }
        Some(sentence) => (sentence, details),
        None => (String::new(), details),
    }
}

/// What the person in front of the camera can do about a measurement that missed its limit.
fn advice(texts: Texts, measurement: &str, reason: &Value) -> String {
    let key = names::key(measurement);
    let is_high = reason["value"].as_f64() > reason["limit"].as_f64();
    let side = if is_high { "high" } else { "low" };
    let found = texts.find(&format!("advice-{key}-{side}"));
    found
        .or_else(|| texts.find(&format!("advice-{key}")))
        .unwrap_or_else(|| reason["advice"].as_str().unwrap_or_default().to_owned())
}

fn outcome(word: &str) -> Option<CheckOutcome> {
    use CheckOutcome::{Failed, NotChecked, Passed};
    [Passed, Failed, NotChecked].into_iter().find(|outcome| outcome.as_str() == word)
}

fn line(reader: &Reader<'_>, name: &str, result: CheckOutcome) -> CheckLine {
    CheckLine {
        title: title(reader.texts, name),
        outcome: reader.word(result.as_str()),
        result,
        sentence: String::new(),
        details: String::new(),
        measured: String::new(),
        values: Vec::new(),
        known: known(reader.texts, name, result),
    }
}

/// How often the check is wrong, as far as that matters for what it says here.
fn known(texts: Texts, check: &str, result: CheckOutcome) -> String {
    let Some(rates) = known_error_rates::of(check) else { return String::new() };
    let (id, rate) = match result {
        CheckOutcome::Failed => ("known-false-alarms", rates.false_alarms),
        CheckOutcome::Passed => ("known-misses", rates.misses),
        CheckOutcome::NotChecked => return String::new(),
    };
    match rate {
        Some(rate) => with_rate(texts, id, rate),
        None => texts.get(&format!("{id}-none")),
    }
}

fn with_rate(texts: Texts, id: &str, rate: MeasuredRate) -> String {
    let MeasuredRate { percent, low, high, .. } = rate;
    let (rate, low, high) = (short(percent), short(low), short(high));
    texts.with(id, &[("rate", &rate), ("low", &low), ("high", &high)])
}

fn number(texts: Texts, id: &str, score: f64) -> String {
    texts.with(id, &[("value", &short(score))])
}

/// At most two digits behind the point.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use verax_domain::document_check::DocumentCheck;
    use verax_domain::document_cross_checks::TABLE;
    use verax_domain::face_verdict::{ADVISED, MATCH_SCORE};

    use super::*;

    #[test]
    fn what_failed_comes_first_with_both_values_and_what_was_measured() {
        let reader = Reader { texts: Texts(Language::English), may_open: &|_| true };
        let record = json!({ "validationResults": {
            "nationalNumber": { "result": "not_checked", "details": "Not checked: no number." },
            "screenReplay": { "passed": true, "score": 0.894 },
            "namesAgree": {
                "result": "failed", "details": "The names differ.",
                "values": [{ "source": "mrz", "value": "ANA" }, { "source": "print", "value": "EVA" }],
            },
            "unknown": 7,
        } });
        let group = CheckGroup::of(String::new(), String::new(), &reader, &record);
        let (lines, not_made) = (group.lines, group.not_made);
        let titles: Vec<&str> = lines.iter().map(|line| line.title.as_str()).collect();
        assert_eq!(titles, ["The names agree", "Photographed from a screen"]);
        assert_eq!((not_made.len(), not_made[0].known.as_str()), (1, ""));
        let values: Vec<&str> = lines[0].values.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["ANA", "EVA"]);
        assert_eq!(lines[1].measured, "Score 0.89 of 1.");
        assert!(lines[1].known.contains("68 %"), "{}", lines[1].known);
    }

    #[test]
    fn a_face_has_its_words_and_the_limits_that_were_missed() {
        let reader = Reader { texts: Texts(Language::English), may_open: &|_| true };
        let record = json!({
            "verificationResults": { "antiSpoofing": "failed", "qualityScore": 0.5 },
            "biometricData": { "livenessScore": 0.41 },
            "reasons": [
                { "measurement": "yaw", "unit": "degrees", "value": 45.25, "limit": 40, "advice": "Look ahead." },
                { "measurement": "interrupted", "advice": "The server stopped." },
            ],
        });
        let lines = of_record(&reader, &record);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].measured, "Score 0.41 of 1.");
        assert_eq!(lines[1].measured, "Measured 45.25 degrees, the limit is 40 degrees.");
    }

    #[test]
    fn every_check_and_every_piece_of_advice_is_in_every_language() {
        use CheckOutcome::{Failed, NotChecked, Passed};
        let [english, others @ ..] = Language::ALL;
        for check in TABLE {
            let words =
                [(Passed, check.passed), (Failed, check.failed), (NotChecked, check.not_checked)];
            for (result, words) in words {
                let id = format!(
                    "found-{}-{}",
                    names::key(check.wire_name),
                    result.as_str().replace('_', "-")
                );
                assert_eq!(Texts(english).find(&id).as_deref(), Some(words), "{id}");
                for language in others {
                    let api = (words.to_owned(), true);
                    let found = sentences(Texts(language), check.wire_name, result, api);
                    assert!(!found.0.is_empty() && found.0 != words && found.1.is_empty(), "{id}");
                }
            }
        }
        for language in others {
            for check in DocumentCheck::ALL {
                for result in [Passed, Failed, NotChecked] {
                    let api = ("Measured: 7.".to_owned(), false);
                    let (sentence, details) =
                        sentences(Texts(language), check.entry().wire_name, result, api);
                    assert!(!sentence.is_empty(), "{}", check.entry().wire_name);
                    assert_eq!(details.is_empty(), result == NotChecked);
                }
            }
            for measurement in ADVISED.into_iter().chain([MATCH_SCORE]) {
                for value in [0.1, 0.9] {
                    let reason = json!({ "value": value, "limit": 0.5, "advice": "-" });
                    assert_ne!(advice(Texts(language), measurement, &reason), "-", "{measurement}");
                }
            }
        }
    }
}
