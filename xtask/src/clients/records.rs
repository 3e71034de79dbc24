//! The records that the wire matrix asks about, and which of them an answer must hold.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

use crate::running::Site;

pub const CLIENT: &str = "client_wire";
pub const OTHER_CLIENT: &str = "client_other";

const VALIDATIONS: usize = 60;
const STATUSES: [&str; 5] = ["new", "pending", "completed", "failed", "expired"];
const TYPES: [&str; 4] = ["validation", "login", "onboarding", "oneTimeLink"];
const DOCUMENT_STATUSES: [&str; 4] = ["new", "processing", "completed", "failed"];

/// One biometric validation or document check, as far as questions look at it.
#[derive(Clone)]
pub struct Record {
    pub id: String,
    pub status: &'static str,
    pub kind: &'static str,
    pub identifier: String,
    pub requires_2fa: bool,
    pub created_at: String,
    whole: Value,
}

/// The client's biometric validations, newest first.
pub fn validations() -> Vec<Record> {
    validations_of(CLIENT, VALIDATIONS)
}

/// The client's document checks, newest first.
pub fn documents() -> Vec<Record> {
    let mut records: Vec<Record> = (0..24).map(document).collect();
    records.reverse();
    records
}

/// Both lists, and another client's records that no answer may hold.
pub fn import(site: &Site) -> Result<()> {
    let mut lines = String::new();
    for record in validations().iter().chain(&validations_of(OTHER_CLIENT, 10)) {
        writeln!(lines, "{}", record.whole)?;
    }
    import_lines(site, "biometric-validations", &lines)?;
    let lines: Vec<String> = documents().iter().map(|it| it.whole.to_string()).collect();
    import_lines(site, "document-liveness", &lines.join("\n"))
}

fn import_lines(site: &Site, resource: &str, lines: &str) -> Result<()> {
    let file = site.data().join("import.ndjson");
    std::fs::write(&file, lines)?;
    site.import(resource, &file)?;
    std::fs::remove_file(&file)?;
    Ok(())
}

fn validations_of(client: &str, count: usize) -> Vec<Record> {
    let mut records: Vec<Record> = (0..count).map(|index| validation(client, index)).collect();
    records.reverse();
    records
}

/// The days go up with the index, five a month, the first of each month among them.
fn day(index: usize) -> String {
    format!("2024-{:02}-{:02}T00:00:00Z", index / 5 + 1, index % 5 * 6 + 1)
}

fn person(id: &str) -> Value {
    json!({"_id": id, "name": format!("Name of {id}"), "email": format!("{id}@example.com")})
}

fn validation(client: &str, index: usize) -> Record {
    let id = format!("validation_{client}_{index:03}");
    let status = STATUSES[(index * index + index / 3) % STATUSES.len()];
    let kind = TYPES[index / 2 % TYPES.len()];
    let identifier = format!("user+{index}@example.com");
    let requires_2fa = index.is_multiple_of(3);
    let created_at = day(index);
    let whole = json!({
        "_id": id,
        "client": person(client),
        "project": {
            "_id": format!("project_{client}_{}", index % 3),
            "name": format!("Project {}", index % 3),
            "description": "Made for the wire matrix",
        },
        "status": status,
        "identifier": identifier,
        "type": kind,
        "expiresAt": "2030-01-01T00:00:00Z",
        "requires2FA": requires_2fa,
        "ipAddress": "192.0.2.1",
        "biometricData": {"quality": "good", "livenessScore": 0.95},
        "riskScore": 0.05,
        "createdAt": created_at,
        "updatedAt": created_at,
    });
    Record { id, status, kind, identifier, requires_2fa, created_at, whole }
}

fn document(index: usize) -> Record {
    let id = format!("document_{index:03}");
    let status = DOCUMENT_STATUSES[(index * index + index / 3) % DOCUMENT_STATUSES.len()];
    let created_at = day(index);
    let registration = index % 4;
    let whole = json!({
        "_id": id,
        "client": person(CLIENT),
        "appRegistration": {
            "_id": format!("registration_{registration}"),
            "fullName": format!("Person {registration}"),
            "email": format!("person{registration}@example.com"),
            "status": "COMPLETED",
        },
        "imageSaved": false,
        "status": status,
        "riskScore": 0.25,
        "confidence": 0.5,
        "createdAt": created_at,
        "updatedAt": created_at,
    });
    let identifier = format!("registration_{registration}");
    Record { id, status, kind: "", identifier, requires_2fa: false, created_at, whole }
}
