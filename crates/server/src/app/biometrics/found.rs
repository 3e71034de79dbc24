//! What a record will say of a face that was measured.

use serde_json::{Map, Value, json};
use verax_domain::Record;
use verax_domain::face_verdict::{FaceVerdict, Reason};
use verax_domain::resources::BIOMETRIC_VALIDATIONS;
use verax_store::StoreError;

use crate::app::records::said;

/// What the record will say of a face.
#[derive(Default)]
pub struct Found {
    members: Map<String, Value>,
    reasons: Vec<Value>,
    /// As what the image is kept when it is accepted.
    digests: Vec<String>,
    /// The person whom the face was compared with.
    pub person: Option<String>,
    /// The person who was enrolled.
    pub enrolled: Option<String>,
}

impl Found {
    pub fn new(verdict: &FaceVerdict, person: Option<String>, score: Option<f64>) -> Found {
        let mut results = json!({
            "livenessDetection": verdict.liveness_detection.as_str(),
            "identityMatch": verdict.identity_match.as_str(),
        });
        if let Some(score) = verdict.quality_score {
            results["qualityScore"] = json!(score);
        }
        results["antiSpoofing"] = verdict.anti_spoofing.as_str().into();
        let mut data = json!({});
        if let Some(quality) = verdict.quality {
            data["quality"] = quality.as_str().into();
        }
        if let Some(score) = verdict.liveness_score {
            data["livenessScore"] = json!(score);
        }
        let mut members = Map::new();
        members.insert("verificationResults".to_owned(), results);
        members.insert("biometricData".to_owned(), data);
        members.insert("livenessScore".to_owned(), json!(verdict.liveness_score));
        members.insert("riskScore".to_owned(), json!(verdict.risk_score));
        let status = verdict.anti_spoofing.as_str();
        let liveness = json!({ "score": verdict.liveness_score, "status": status });
        let persons: Vec<Value> =
            person.iter().map(|person| json!({ "id": person, "score": score })).collect();
        members.insert("response".to_owned(), json!({ "liveness": liveness, "persons": persons }));
        let reasons = verdict.reasons.iter().map(reason).collect();
        Found { members, reasons, digests: Vec::new(), person, enrolled: None }
    }

    /// A reason that is no measurement.
    pub fn reason(&mut self, what: &str, why: &str) {
        self.reasons.push(json!({ "measurement": what, "advice": why }));
    }

    /// As what the image is kept when it is accepted.
    pub fn accepts(&mut self, digests: Vec<String>) {
        self.digests = digests;
    }

    pub fn digests(&self) -> &[String] {
        &self.digests
    }

    /// The picture is in the vault.
    pub fn image_saved(&mut self) {
        self.members.insert("imageSaved".to_owned(), true.into());
    }

    pub fn record(&self, validation: &Value) -> Result<Record, StoreError> {
        let mut members = self.members.clone();
        if !self.reasons.is_empty() {
            members.insert("reasons".to_owned(), self.reasons.clone().into());
        }
        // The record's own column says where it stands; this only has the resource's shape.
        members.insert("status".to_owned(), validation["status"].clone());
        let text = |name: &str| validation[name].as_str().unwrap_or_default();
        said(&BIOMETRIC_VALIDATIONS, text("_id"), text("client"), members)
    }
}

/// A reason as the record says it.
fn reason(reason: &Reason) -> Value {
    json!({
        "measurement": reason.measurement,
        "unit": reason.unit,
        "value": reason.value,
        "limit": reason.limit,
        "advice": reason.advice,
    })
}
