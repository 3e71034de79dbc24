//! `verax import`.

use serde_json::{Value, json};
use verax_server::app::demo::{BIOMETRIC_EXAMPLE, DOCUMENT_EXAMPLE};

use crate::binary::Folder;

const CANARY: &str = "Y2FuYXJ5LWJpcmQ";

fn row(id: &str, more: Value) -> String {
    let mut row = json!({ "_id": id, "client": "acme", "status": "new", "createdAt": "2025-01-01T00:00:00Z" });
    for (name, value) in more.as_object().into_iter().flatten() {
        row[name] = value.clone();
    }
    row.to_string()
}

fn exported(folder: &Folder, resource: &str) -> Vec<Value> {
    let text = folder.run(&["export", resource]).ok();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn import(folder: &Folder, input: &str) -> Value {
    folder.run_with(&["import", "biometric-validations", "-", "--json"], input).json()
}

#[test]
fn a_bad_line_is_named_and_nothing_is_stored() {
    let folder = Folder::new();
    let lines = [
        row("a", json!({})),
        String::new(),
        row("b", json!({ "status": "done", "riskScore": "low" })),
        "{not json".to_owned(),
        row("c", json!({})),
        row("no id", json!({})),
        r#"{"status":"new"}"#.to_owned(),
        "[]".to_owned(),
        "7".to_owned(),
    ];
    let input = lines.join("\n");
    let outcome = folder.run_with(&["import", "biometric-validations", "-"], &input);
    assert_eq!(outcome.stdout, "");
    let text = outcome.failed();
    let bad = |number: u32, reason: &str| {
        let begin = format!("verax: record {number}: ");
        let line = text.lines().find(|line| line.starts_with(&begin)).expect("the line is named");
        assert!(line.contains(reason), "{line}");
    };
    bad(3, "status: must be one of new, pending, completed, failed, expired");
    bad(3, "riskScore: must be a number");
    bad(4, "is not JSON");
    bad(6, "_id: must be 1 to 64 letters");
    bad(7, "_id: is missing");
    bad(9, "must be a JSON object");
    assert!(text.contains("nothing was stored"), "{text}");
    assert_eq!(exported(&folder, "biometric-validations"), Vec::<Value>::new());
    let skip = ["import", "biometric-validations", "-", "--skip-bad", "--json"];
    let report = folder.run_with(&skip, &input).json();
    assert_eq!((&report["records"], &report["badCount"]), (&json!(2), &json!(5)));
    assert_eq!(report["bad"][0]["number"], 3);
    let ids: Vec<Value> = exported(&folder, "biometric-validations")
        .into_iter()
        .map(|row| row["_id"].clone())
        .collect();
    assert_eq!(ids, ["a", "c"]);
}

#[test]
fn a_page_as_an_api_answers_it_is_taken_apart() {
    let folder = Folder::new();
    let page = folder.write("page.json", BIOMETRIC_EXAMPLE);
    let text = folder.run(&["import", "biometric-validations", &page]).ok();
    assert_eq!(text, "stored 1 biometric-validations, 2 related records\n");
    let text = folder.run_with(&["import", "document-liveness", "-"], DOCUMENT_EXAMPLE).ok();
    assert_eq!(text, "stored 1 document-liveness, 2 related records\n");
    let project = &exported(&folder, "projects")[0];
    assert_eq!(project["name"], "Example Project");
    assert_eq!(project["client"]["_id"], "client_123456789");
    let registration = &exported(&folder, "app-registrations")[0];
    assert_eq!(registration["status"], "completed");
    let clients = folder.run(&["client", "list"]).ok();
    assert_eq!(clients, "client_123456789\tExample Client\tclient@example.com\n");
    // A single record in its envelope, and several pages after each other.
    let one = format!(r#"{{"success":true,"data":{}}}"#, row("single", json!({})));
    assert_eq!(import(&folder, &one)["records"], 1);
    let pages = format!("{BIOMETRIC_EXAMPLE}\n{BIOMETRIC_EXAMPLE}");
    assert_eq!(import(&folder, &pages)["records"], 2);
    assert_eq!(
        import(&folder, &format!("[{},{}]", row("x", json!({})), row("y", json!({}))))["records"],
        2
    );
    assert_eq!(exported(&folder, "biometric-validations").len(), 4);
}

#[test]
fn a_broken_document_is_rejected_whole() {
    let folder = Folder::new();
    let cut = &BIOMETRIC_EXAMPLE[..BIOMETRIC_EXAMPLE.len() / 2];
    let text = folder.run_with(&["import", "biometric-validations", "-"], cut).failed();
    assert!(text.contains("is not JSON"), "{text}");
    assert_eq!(import(&folder, "")["records"], 0);
    assert_eq!(import(&folder, "\n\n \n")["records"], 0);
    assert_eq!(exported(&folder, "biometric-validations"), Vec::<Value>::new());
}

#[test]
fn importing_again_changes_nothing_and_adds_what_is_new() {
    let folder = Folder::new();
    let full = row(
        "a",
        json!({
            "project": { "_id": "p", "name": "Bank", "description": "Accounts" },
            "identifier": "jo@example.com", "riskScore": 0.5, "updatedAt": "2025-01-02T00:00:00Z",
            "biometricData": { "quality": "good", "box": [1] },
        }),
    );
    import(&folder, &full);
    let before = exported(&folder, "biometric-validations");
    import(&folder, &full);
    assert_eq!(exported(&folder, "biometric-validations"), before);
    // Less is said: what was known stays.
    import(&folder, &row("a", json!({ "project": "p", "biometricData": { "quality": "good" } })));
    assert_eq!(exported(&folder, "biometric-validations"), before);
    let more = json!({ "status": "sent", "project": { "_id": "p", "description": "Loans" } });
    import(&folder, &row("a", more));
    let after = &exported(&folder, "biometric-validations")[0];
    assert_eq!(
        (&after["status"], &after["identifier"]),
        (&json!("pending"), &json!("jo@example.com"))
    );
    let project = &exported(&folder, "projects")[0];
    assert_eq!((&project["name"], &project["description"]), (&json!("Bank"), &json!("Loans")));
}

#[test]
fn an_import_invents_no_times() {
    let folder = Folder::new();
    import(&folder, &row("a", json!({ "status": "pending" })));
    let stored = &exported(&folder, "biometric-validations")[0];
    let expected = r#"{"_id":"a","client":{"_id":"acme"},"status":"pending","createdAt":"2025-01-01T00:00:00Z"}"#;
    assert_eq!(stored.to_string(), expected);
}

#[test]
fn another_clients_record_is_not_overwritten() {
    let folder = Folder::new();
    import(&folder, &row("a", json!({ "identifier": "mine" })));
    let foreign = row("a", json!({ "client": "globex", "identifier": "theirs" }));
    let text = folder.run_with(&["import", "biometric-validations", "-"], &foreign).failed();
    assert!(text.contains("record 1: _id: a is another client's record"), "{text}");
    // Nor through a relation that names it.
    let project = r#"{"_id":"p","client":"acme","name":"Bank"}"#;
    folder.run_with(&["import", "projects", "-"], project).ok();
    let sly = json!({ "client": "globex", "project": { "_id": "p", "name": "Taken over" } });
    import(&folder, &row("b", sly));
    assert_eq!(exported(&folder, "projects")[0]["name"], "Bank");
    assert_eq!(exported(&folder, "projects")[0]["client"]["_id"], "acme");
    // Two owners in one input.
    let two = [row("n", json!({})), row("n", json!({ "client": "globex" }))].join("\n");
    let text = folder.run_with(&["import", "biometric-validations", "-"], &two).failed();
    assert!(text.contains("record 2: _id: n is another client's record"), "{text}");
    assert_eq!(exported(&folder, "biometric-validations").len(), 2);
    let skip = ["import", "biometric-validations", "-", "--skip-bad", "--json"];
    let report = folder.run_with(&skip, &two).json();
    assert_eq!((&report["records"], &report["badCount"]), (&json!(1), &json!(1)));
}

#[test]
fn records_without_a_client_get_the_one_that_is_named() {
    let folder = Folder::new();
    let input = r#"{"_id":"a","status":"new","project":{"_id":"p","name":"Bank"}}"#;
    let text = folder.run_with(&["import", "biometric-validations", "-"], input).failed();
    assert!(text.contains("client: is missing"), "{text}");
    let named = ["import", "biometric-validations", "-", "--client", "acme"];
    folder.run_with(&named, input).ok();
    assert_eq!(exported(&folder, "biometric-validations")[0]["client"]["_id"], "acme");
    assert_eq!(exported(&folder, "projects")[0]["client"]["_id"], "acme");
}

#[test]
fn templates_and_faces_enter_no_file() {
    let folder = Folder::new();
    let secret = json!({
        "template": CANARY, "faceImage": CANARY, "faceEncodings": [CANARY], "otp": CANARY,
        "unheardOf": { "deep": CANARY },
        "biometricData": {
            "quality": "good", "template": CANARY, "faceImage": CANARY,
            "more": { "templates": [{ "x": CANARY }] },
        },
        "response": { "persons": [{ "id": "p", "faceEncodings": [CANARY], "image": CANARY }] },
        "client": { "_id": "acme", "name": "Acme", "secretKey": CANARY, "JWTPhrase": CANARY },
        "project": { "_id": "p", "name": "Bank", "demoOTP": CANARY, "branding": { "image": CANARY } },
        "verificationResults": { "livenessDetection": "passed", "token": CANARY },
    });
    let input = row("a", secret);
    let outcome = folder.run_with(&["import", "biometric-validations", "-"], &input);
    assert!(!outcome.stdout.contains(CANARY) && !outcome.stderr.contains(CANARY));
    for name in ["template", "faceImage", "faceEncodings", "otp", "unheardOf"] {
        assert!(outcome.stderr.contains(name), "{}", outcome.stderr);
    }
    outcome.ok();
    let document = json!({
        "validationFlags": { "image": CANARY }, "backImage": CANARY, "image": CANARY,
        "validationResults": { "screenReplay": { "passed": true, "template": CANARY } },
        "appRegistration": { "_id": "r", "verificationCode": CANARY, "fullName": "Jo" },
    });
    folder.run_with(&["import", "document-liveness", "-"], &row("d", document)).ok();
    // A bad record is not quoted either.
    let bad = row("b", json!({ "status": CANARY, "riskScore": CANARY, "template": CANARY }));
    let text = folder.run_with(&["import", "biometric-validations", "-"], &bad).failed();
    assert!(!text.contains(CANARY), "{text}");
    let bad = format!("{{\"_id\":\"{CANARY}");
    let text = folder.run_with(&["import", "biometric-validations", "-"], &bad).failed();
    assert!(!text.contains(CANARY), "{text}");
    let files = folder.files();
    assert!(files.iter().any(|(path, _)| path.ends_with("verax.db")));
    for (path, bytes) in files {
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "{}", path.display());
    }
    for resource in ["biometric-validations", "document-liveness", "projects", "clients"] {
        assert!(!folder.run(&["export", resource]).ok().contains(CANARY), "{resource}");
    }
}

#[test]
fn more_records_than_a_batch_holds_are_all_stored() {
    let folder = Folder::new();
    let lines: Vec<String> = (0..2500).map(|n| row(&format!("r{n:04}"), json!({}))).collect();
    assert_eq!(import(&folder, &lines.join("\n"))["records"], 2500);
    let found = exported(&folder, "biometric-validations");
    assert_eq!((found.len(), &found[2499]["_id"]), (2500, &json!("r2499")));
    let some = ["export", "biometric-validations", "--where", "where>_createdAt=2025-01-01"];
    assert_eq!(folder.run(&some).ok(), "");
    let some = ["export", "biometric-validations", "--where", "in__id[]=r0001,r0003"];
    assert_eq!(folder.run(&some).ok().lines().count(), 2);
}
