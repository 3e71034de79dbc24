//! Which checks a record failed: as it is stored, and as an update finds it out of older rows.

use serde_json::{Value as Json, json};
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Query, Resource, Sql, Tenant};
use verax_store::{Batch, Database, Location, Rows};

use crate::databases;

const MIGRATIONS: [&str; 2] = [
    include_str!("../../migrations/sqlite/V30__case_data.sql"),
    include_str!("../../migrations/postgres/V30__case_data.sql"),
];

/// Records of every outcome, those of other systems among them, with the checks that each failed.
fn records() -> Vec<(&'static Resource, Json, Json)> {
    let face =
        |found: Json, data: Json| json!({ "verificationResults": found, "biometricData": data });
    let document = |found: Json, flags: Json| json!({ "imageSaved": false, "validationResults": found, "validationFlags": flags });
    let read = |found: Json| json!({ "imageSaved": false, "validationResults": found });
    let (faces, documents, read_documents) = (
        &resources::BIOMETRIC_VALIDATIONS,
        &resources::DOCUMENT_LIVENESS,
        &resources::DOCUMENT_VALIDATIONS,
    );
    vec![
        (faces, json!({}), Json::Null),
        (faces, face(json!({ "identityMatch": "not_checked" }), Json::Null), Json::Null),
        (faces, face(json!({ "livenessDetection": "passed" }), json!({})), json!([])),
        (faces, face(Json::Null, json!({ "quality": "poor" })), json!(["quality"])),
        (
            faces,
            face(
                json!({ "livenessDetection": "failed", "identityMatch": "failed", "antiSpoofing": "failed" }),
                json!({ "quality": "good" }),
            ),
            json!(["livenessDetection", "identityMatch", "antiSpoofing"]),
        ),
        (
            documents,
            document(Json::Null, json!({ "ignoreColourLessValidation": true })),
            Json::Null,
        ),
        (documents, document(Json::Null, json!(["of another system"])), Json::Null),
        (
            documents,
            document(json!({ "printedCopy": { "passed": true, "score": 0.9 } }), Json::Null),
            json!([]),
        ),
        (
            documents,
            document(
                json!({ "screenReplay": { "passed": false }, "digitalManipulation": { "passed": false } }),
                json!({ "documentCroppedValidation": "failed", "colourLessValidation": "passed" }),
            ),
            json!(["documentCropped", "screenReplay", "digitalManipulation"]),
        ),
        (read_documents, read(Json::Null), Json::Null),
        (
            read_documents,
            read(json!({
                "checkDigits": { "result": "passed" }, "namesAgree": { "result": "failed" },
                "numberOfOnePerson": { "result": "failed" }, "screenReplay": { "result": "failed" },
            })),
            json!(["screenReplay", "namesAgree", "numberOfOnePerson"]),
        ),
    ]
}

async fn failed(database: &Database, resource: &'static Resource, id: &str) -> Json {
    let query =
        Query::parse(resource, &format!("_id={id}&columns=failedChecks")).expect("a request");
    let page = database.page(&query, &Tenant::All).await.expect("a page");
    let row: Json = serde_json::from_slice(&page.rows).expect("one row");
    row["failedChecks"].clone()
}

async fn execute(database: &Database, statement: &'static str) {
    let mut sql = Sql::default();
    sql.push(statement);
    let mut batch = Batch::default();
    batch.push(sql, Rows::Any);
    database.commit(batch).await.expect("a statement");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_finds_in_older_rows_what_newer_ones_say() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        for (number, (resource, mut json, wanted)) in records().into_iter().enumerate() {
            json["_id"] = format!("r{number}").into();
            json["client"] = "c".into();
            json["status"] = resource
                .field("status")
                .map_or("", |_| match resource.name {
                    "document-validations" => "FAILED",
                    _ => "completed",
                })
                .into();
            json["createdAt"] = "2026-01-01T00:00:00Z".into();
            let record = Record::from_json(resource, &json, None).expect("a record");
            assert_eq!(record.to_json().get("failedChecks").cloned().unwrap_or_default(), wanted);
            database.import(&[record], Timestamp(0), databases::QUIET).await.expect("an import");
            assert_eq!(failed(&database, resource, &format!("r{number}")).await, wanted, "{json}");
        }
        for table in [
            "UPDATE biometric_validations SET failed_checks = NULL",
            "UPDATE document_liveness SET failed_checks = NULL",
            "UPDATE document_validations SET failed_checks = NULL",
        ] {
            execute(&database, table).await;
        }
        let migration = MIGRATIONS[usize::from(matches!(fixture.location, Location::Postgres(_)))];
        let updates = migration.split(";\n").filter(|it| it.trim_start().starts_with("UPDATE"));
        assert_eq!(updates.clone().count(), 3);
        for statement in updates {
            execute(&database, statement).await;
        }
        for (number, (resource, json, wanted)) in records().into_iter().enumerate() {
            assert_eq!(failed(&database, resource, &format!("r{number}")).await, wanted, "{json}");
        }
    }
}
