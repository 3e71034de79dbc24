//! What a face check found, as its record says it.

use serde::Serialize;
use serde_json::{Value as Json, json};
use verax_query::{Key, Resource};

use crate::Record;
use crate::face_verdict::{FaceVerdict, QualityLevel, Reason};
use crate::records::Values;
use crate::resources::BIOMETRIC_VALIDATIONS;

const TABLE: &Resource = &BIOMETRIC_VALIDATIONS;
const LIVENESS_SCORE: Key<f64> = Key::number(TABLE, "livenessScore");
const RISK_SCORE: Key<f64> = Key::number(TABLE, "riskScore");
const RESPONSE: Key<Json> = Key::json(TABLE, "response");
const IMAGE_SAVED: Key<bool> = Key::flag(TABLE, "imageSaved");
const REASONS: Key<Json> = Key::json(TABLE, "reasons");
const BIOMETRIC_DATA: Key<Json> = Key::json(TABLE, "biometricData");
const VERIFICATION_RESULTS: Key<Json> = Key::json(TABLE, "verificationResults");

/// What was found. Nothing is there of what was not measured. The nested objects are kept as they were
/// written: an imported record has those of another system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckResult {
    /// 0..=1.
    pub liveness_score: Option<f64>,
    /// 0 (none) ..= 1.
    pub risk_score: Option<f64>,
    /// Whether the image is in the vault.
    pub image_saved: bool,
    response: Option<Json>,
    biometric_data: Option<Json>,
    verification_results: Option<Json>,
    /// Which measurement missed which limit, or why there is none.
    reasons: Vec<Json>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationResults {
    liveness_detection: &'static str,
    identity_match: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality_score: Option<f64>,
    anti_spoofing: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BiometricData {
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness_score: Option<f64>,
}

#[derive(Serialize)]
struct Response {
    liveness: Liveness,
    persons: Vec<PersonFound>,
}

#[derive(Serialize)]
struct Liveness {
    score: Option<f64>,
    status: &'static str,
}

#[derive(Serialize)]
struct PersonFound {
    id: String,
    score: Option<f64>,
}

impl CheckResult {
    /// What a verdict says; `person` is whom the face was compared with, and `score` how alike it was.
    pub fn of(verdict: &FaceVerdict, person: Option<&str>, score: Option<f64>) -> CheckResult {
        let anti_spoofing = verdict.anti_spoofing.as_str();
        let results = VerificationResults {
            liveness_detection: verdict.liveness_detection.as_str(),
            identity_match: verdict.identity_match.as_str(),
            quality_score: verdict.quality_score,
            anti_spoofing,
        };
        let data = BiometricData {
            quality: verdict.quality.map(QualityLevel::as_str),
            liveness_score: verdict.liveness_score,
        };
        let response = Response {
            liveness: Liveness { score: verdict.liveness_score, status: anti_spoofing },
            persons: person
                .map(|id| PersonFound { id: id.to_owned(), score })
                .into_iter()
                .collect(),
        };
        CheckResult {
            liveness_score: verdict.liveness_score,
            risk_score: verdict.risk_score,
            image_saved: false,
            response: Some(json!(response)),
            biometric_data: Some(json!(data)),
            verification_results: Some(json!(results)),
            reasons: verdict.reasons.iter().map(measured).collect(),
        }
    }

    /// Nothing was measured, for this reason.
    pub fn unmeasured(what: &str, why: &str) -> CheckResult {
        let mut result = CheckResult::default();
        result.add_reason(what, why);
        result
    }

    /// A reason that is no measurement.
    pub fn add_reason(&mut self, what: &str, why: &str) {
        self.reasons.push(json!({ "measurement": what, "advice": why }));
    }

    /// The measurements that missed their limit, by name.
    pub fn failed_checks(&self) -> Vec<String> {
        let measured = self.reasons.iter().filter(|reason| reason.get("limit").is_some());
        let names = measured.filter_map(|reason| reason["measurement"].as_str());
        names.map(str::to_owned).collect()
    }

    /// How well the photograph let anybody tell, 0..=1; `None`: nothing was measured.
    pub fn confidence(&self) -> Option<f64> {
        self.verification_results.as_ref()?["qualityScore"].as_f64()
    }

    /// The reasons as JSON text.
    pub fn reasons_text(&self) -> String {
        Json::from(self.reasons.clone()).to_string()
    }

    pub(super) fn read(values: &Values) -> CheckResult {
        let reasons = match values.json(REASONS) {
            Some(Json::Array(reasons)) => reasons,
            Some(other) => vec![other],
            None => Vec::new(),
        };
        CheckResult {
            liveness_score: values.number(LIVENESS_SCORE),
            risk_score: values.number(RISK_SCORE),
            image_saved: values.flag(IMAGE_SAVED).unwrap_or(false),
            response: values.json(RESPONSE),
            biometric_data: values.json(BIOMETRIC_DATA),
            verification_results: values.json(VERIFICATION_RESULTS),
            reasons,
        }
    }

    pub(super) fn write(&self, record: &mut Record) {
        let reasons = (!self.reasons.is_empty()).then(|| Json::from(self.reasons.clone()));
        record
            .set(LIVENESS_SCORE, self.liveness_score.as_ref())
            .set(RISK_SCORE, self.risk_score.as_ref())
            .set(RESPONSE, self.response.as_ref())
            .set(REASONS, reasons.as_ref())
            .set(BIOMETRIC_DATA, self.biometric_data.as_ref())
            .set(VERIFICATION_RESULTS, self.verification_results.as_ref())
            .set(IMAGE_SAVED, self.image_saved.then_some(&true));
    }
}

/// A stored response without this person. Where it does not say which entry that is, without all persons;
/// `None`: it cannot be read.
pub fn response_without(response: &str, person: &str) -> Option<String> {
    let mut response: Json = serde_json::from_str(response).ok()?;
    let persons = response.get_mut("persons")?.as_array_mut()?;
    let count = persons.len();
    let names = |entry: &Json, member: &str| {
        let id = &entry[member];
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        id == person
    };
    persons.retain(|entry| !names(entry, "id") && !names(entry, "_id"));
    if persons.len() == count {
        persons.clear();
    }
    Some(response.to_string())
}

/// A measurement that missed its limit.
fn measured(reason: &Reason) -> Json {
    json!({
        "measurement": reason.measurement,
        "unit": reason.unit,
        "value": reason.value,
        "limit": reason.limit,
        "advice": reason.advice,
    })
}
