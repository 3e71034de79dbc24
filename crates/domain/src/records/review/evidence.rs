//! What of a subject's record is evidence: what it says of the subject, and not what is decided of it.

use serde_json::Value as Json;
use verax_query::Resource;

use crate::resources::APP_REGISTRATIONS;

/// When a record changed is no evidence.
const NEVER: &[&str] = &["updatedAt"];
/// Where a registration stands follows from decisions, or from its person's way.
const OF_REGISTRATIONS: &[&str] = &["status", "currentStep", "manualReviewLog"];

/// The record as text, the same for as long as it says the same of its subject.
pub fn evidence_text(resource: &Resource, mut record: Json) -> String {
    if let Json::Object(members) = &mut record {
        let is_registration = resource.name == APP_REGISTRATIONS.name;
        let more = if is_registration { OF_REGISTRATIONS } else { &[] };
        for name in NEVER.iter().chain(more) {
            members.remove(*name);
        }
    }
    record.to_string()
}
