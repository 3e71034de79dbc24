//! Records that move: export and import, backup and restore.

use serde_json::{Value, json};
use verax_query::Sql;
use verax_server::app::demo::{BIOMETRIC_EXAMPLE, DOCUMENT_EXAMPLE};
use verax_store::{Batch, Database, Location, Rows};

use crate::binary::Folder;
use crate::world::options;

const CLIENT: &str = "client_123456789";

/// Every kind of record, some of them pointing nowhere.
fn fill(folder: &Folder) {
    folder.run_with(&["import", "biometric-validations", "-"], BIOMETRIC_EXAMPLE).ok();
    folder.run_with(&["import", "document-liveness", "-"], DOCUMENT_EXAMPLE).ok();
    let base = |id: &str, more: Value| {
        let mut row = json!({ "_id": id, "client": CLIENT });
        for (name, value) in more.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        row.to_string()
    };
    for (resource, rows) in [
        (
            "projects",
            vec![base(
                "p2",
                json!({ "name": "Ünïcode \"bank\"", "status": "odd-word",
            "branding": { "b": 1, "a": [true, null] }, "createdAt": "2025-01-01T00:00:00.007Z" }),
            )],
        ),
        (
            "project-flows",
            vec![base("f", json!({ "project": "p2", "name": "In", "type": "login" }))],
        ),
        ("liveness-sessions", vec![base("s", json!({ "projectFlow": "f", "status": "active" }))]),
        (
            "app-registrations",
            vec![base("r", json!({ "project": "p2", "biometricValidation": "v1" }))],
        ),
        (
            "biometric-validations",
            vec![
                base(
                    "v1",
                    json!({ "status": "new", "project": "p2", "projectFlow": "f",
                "livenessSession": "s", "appRegistration": "r", "redirectUrl": "https://a.example",
                "riskScore": 1e-7, "biometricData": { "quality": "poor", "box": [1.5, 2] },
                "createdAt": "2025-01-01T00:00:00Z" }),
                ),
                base(
                    "v2",
                    json!({ "status": "failed", "project": "nowhere",
                "createdAt": "2025-01-01T00:00:00Z" }),
                ),
            ],
        ),
    ] {
        folder.run_with(&["import", resource, "-"], &rows.join("\n")).ok();
    }
}

const TARGETS: [&str; 12] = [
    "/v2/biometric-validations?sort=_id",
    "/v2/biometric-validations?populates[]=client&populates[]=project&populates[]=projectFlow",
    "/v2/biometric-validations?populates[]=livenessSession&populates[]=appRegistration",
    "/v2/biometric-validations/v1",
    "/v2/biometric-validations/v2?populates=project",
    "/v2/biometric-validations?like_identifier=user&count=true",
    "/v2/projects?with[]=projectFlows",
    "/v2/projects/p2",
    "/v2/app-registrations?populates=biometricValidation,projectFlow.project",
    "/v2/app-registrations?like_fullName=JOHN",
    "/v2/liveness-sessions?populates=client",
    "/v2/clients/me",
];

fn answers(folder: &Folder) -> Vec<(u16, String)> {
    answers_at(folder, &[])
}

fn answers_at(folder: &Folder, place: &[&str]) -> Vec<(u16, String)> {
    let token = folder.run(&[&["token", "create", "--client", CLIENT], place].concat()).ok();
    let served = folder.serve(place);
    let mut all: Vec<_> = TARGETS.iter().map(|target| served.get(token.trim(), target)).collect();
    // Signed answers carry the minute in which they were given.
    for target in ["/v2/document-liveness?populates=client,appRegistration", "/v2/project-flows"] {
        let (status, body) = served.get(token.trim(), target);
        let mut json: Value = serde_json::from_str(&body).expect("JSON");
        json["signature"] = json!(null);
        all.push((status, json.to_string()));
    }
    served.stop();
    assert!(all.iter().all(|(status, _)| *status == 200), "{all:?}");
    all
}

#[test]
fn what_was_exported_gives_the_same_answers_elsewhere() {
    let (here, there) = (Folder::new(), Folder::new());
    fill(&here);
    // The order of the exports is the caller's: the least helpful one.
    let resources = [
        "biometric-validations",
        "document-liveness",
        "app-registrations",
        "liveness-sessions",
        "project-flows",
        "projects",
        "clients",
    ];
    for resource in resources {
        let lines = here.run(&["export", resource]).ok();
        assert!(!lines.is_empty(), "{resource}");
        let path = there.write(&format!("{resource}.ndjson"), &lines);
        for _ in 0..2 {
            there.run(&["import", resource, &path]).ok();
        }
    }
    assert_eq!(answers(&there), answers(&here));
    for resource in resources {
        let again = there.run(&["export", resource]).ok();
        assert_eq!(again, here.run(&["export", resource]).ok(), "{resource}");
    }
}

#[test]
fn an_export_takes_the_filters_of_lists() {
    let folder = Folder::new();
    fill(&folder);
    let count = |filters: &[&str]| {
        let mut arguments = vec!["export", "biometric-validations"];
        for filter in filters {
            arguments.extend(["--where", filter]);
        }
        folder.run(&arguments).ok().lines().count()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["where_status=validated"]), 1);
    assert_eq!(count(&["where>=_createdAt=2025-01-01", "where_status=new"]), 1);
    assert_eq!(count(&["where>_createdAt=2024-01-16"]), 2);
    assert_eq!(count(&["in_status[]=new,failed"]), 2);
    assert_eq!(count(&["where_client=nobody"]), 0);
    let wrong = ["export", "projects", "--where", "where_status[$ne]=x"];
    assert!(folder.run(&wrong).failed().contains("where_status[$ne]"));
}

#[test]
fn a_backup_taken_while_the_server_runs_brings_everything_back() {
    let folder = Folder::new();
    fill(&folder);
    let before = answers(&folder);
    let token = folder.run(&["token", "create", "--client", CLIENT]).ok();
    let served = folder.serve(&[]);
    let backup = folder.file("backup.db");
    let backup = backup.to_str().expect("a path");
    let text = folder.run(&["backup", backup, "--database-only", "--json"]).json();
    assert_eq!(text, json!({ "records": 11 }));
    let again = folder.run(&["backup", backup, "--database-only"]).failed();
    assert!(again.contains("exists already"));
    folder.run(&["client", "delete", CLIENT, "--with-records"]).ok();
    assert_eq!(folder.run(&["export", "projects"]).ok(), "");
    let restored = folder.run(&["restore", backup]).ok();
    assert_eq!(restored, "restored: 11 records\n");
    let (status, body) = served.get(token.trim(), "/v2/biometric-validations?sort=_id");
    assert!(status == 401 || (status, &body) == (before[0].0, &before[0].1), "{status} {body}");
    served.stop();
    assert_eq!(answers(&folder), before);
    let empty = Folder::new();
    empty.run(&["restore", backup]).ok();
    // It has neither the keys nor the vault of these records, until somebody says that this is meant.
    assert!(empty.run(&["export", "projects"]).failed().contains("the signing keys"));
    empty.run(&["vault", "bind", "--lost"]).ok();
    assert_eq!(answers(&empty), before);
    // No key travels with the records.
    let keys = std::fs::read_to_string(folder.data().join("signing-keys.json")).expect("keys");
    let keys: Value = serde_json::from_str(&keys).expect("JSON");
    let secret = keys["keys"][0]["secret"].as_str().expect("a secret").as_bytes();
    let bytes = std::fs::read(backup).expect("the backup");
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
}

#[test]
fn a_file_that_is_no_backup_is_rejected_and_changes_nothing() {
    let folder = Folder::new();
    fill(&folder);
    let before = folder.run(&["export", "biometric-validations"]).ok();
    let text = folder.write("text", "no database at all, only some words to be read");
    let empty = folder.write("empty", "");
    let missing = folder.file("missing");
    for file in [text.as_str(), empty.as_str(), missing.to_str().expect("a path")] {
        folder.run(&["restore", file]).failed();
        assert_eq!(folder.run(&["export", "biometric-validations"]).ok(), before, "{file}");
    }
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    let url = ["--database-url", nowhere, "backup", "x", "--database-only"];
    assert!(folder.run(&url).failed().contains("pg_dump"));
    let nothing = Folder::new();
    nothing.run(&["backup", "x.db", "--database-only"]).failed();
    assert!(!nothing.file("x.db").exists());
}

async fn mark_newer(location: &Location) {
    let database = Database::open(location, &options()).await.expect("a database");
    let mut sql = Sql::default();
    sql.push("INSERT INTO refinery_schema_history (version, name, applied_on, checksum) ");
    sql.push("VALUES (9999, 'later', '2030-01-01T00:00:00Z', '0')");
    let mut batch = Batch::default();
    batch.push(sql, Rows::Exactly(1));
    database.commit(batch).await.expect("a row");
}

fn rejects_newer(folder: &Folder, more: &[&str]) {
    for arguments in
        [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["client", "list"], &["doctor"]]
    {
        let outcome = folder.run(&[arguments, more].concat());
        let text = format!("{}{}", outcome.stdout, outcome.stderr);
        assert_eq!(outcome.code, Some(1), "{text}");
        assert!(text.contains("schema version 9999"), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_binary_is_rejected() {
    let folder = Folder::new();
    folder.run(&["migrate"]).ok();
    let backup = folder.file("backup.db");
    mark_newer(&Location::File(folder.data().join("verax.db"))).await;
    rejects_newer(&folder, &[]);
    std::fs::copy(folder.data().join("verax.db"), &backup).expect("a copy");
    let empty = Folder::new();
    let text = empty.run(&["restore", backup.to_str().expect("a path")]).failed();
    assert!(text.contains("schema version 9999"), "{text}");
}

#[tokio::test]
async fn a_postgres_database_that_is_newer_than_the_binary_is_rejected() {
    let folder = Folder::new();
    let url = crate::world::new_database().await;
    folder.run(&["migrate", "--database-url", &url]).ok();
    mark_newer(&Location::Postgres(url.clone())).await;
    rejects_newer(&folder, &["--database-url", &url]);
}

#[tokio::test]
async fn what_was_exported_gives_the_same_answers_in_postgres() {
    let (here, there) = (Folder::new(), Folder::new());
    fill(&here);
    let url = crate::world::new_database().await;
    let place = ["--database-url", url.as_str()];
    let resources = [
        "document-liveness",
        "biometric-validations",
        "app-registrations",
        "liveness-sessions",
        "project-flows",
        "projects",
        "clients",
    ];
    let mut lines = Vec::new();
    for resource in resources {
        lines.push(here.run(&["export", resource]).ok());
        there
            .run_with(&[&["import", resource, "-"], &place[..]].concat(), &lines[lines.len() - 1])
            .ok();
    }
    assert_eq!(answers_at(&there, &place), answers(&here));
    for (resource, lines) in resources.iter().zip(lines) {
        assert_eq!(there.run(&[&["export", resource], &place[..]].concat()).ok(), lines);
    }
    assert!(!there.data().join("verax.db").exists());
    there.run(&[&["doctor"], &place[..]].concat()).ok();
    let delete = ["client", "delete", CLIENT, "--with-records"];
    there.run(&[&delete[..], &place[..]].concat()).ok();
    assert_eq!(there.run(&[&["export", "projects"], &place[..]].concat()).ok(), "");
}
