//! `verax webhook` and `verax trigger`.

use serde_json::{Value, json};
use verax_domain::events::{Effect, EventKind};

use crate::answer::keys;
use crate::binary::Folder;
use crate::hooks::{BROKEN, Hook};

const LOCAL: &str = "[webhooks]\nallow_http = true\nallowed_networks = [\"127.0.0.1/32\"]\n";

/// A folder with a client, and what every command of it begins with.
fn folder() -> (Folder, String) {
    let folder = Folder::new();
    let config = folder.write("verax.toml", LOCAL);
    folder.token("acme");
    (folder, config)
}

fn deliveries(folder: &Folder) -> Vec<Value> {
    let text = folder.run(&["export", "webhook-events"]).ok();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_made_and_tried_by_commands() {
    let hook = Hook::start().await;
    let (folder, config) = folder();
    let run = |arguments: &[&str]| folder.run(&[arguments, &["--config", &config][..]].concat());
    let url = hook.url();
    let made = run(&[
        "webhook",
        "create",
        "--client",
        "acme",
        "--url",
        &url,
        "--name",
        "Ours",
        "--event",
        "app_login.*",
        "--event",
        "project.created",
    ])
    .json();
    let id = made["_id"].as_str().expect("an id");
    let secret = made["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("whsec_"));
    assert_eq!(
        keys(&made),
        [
            "_id",
            "client",
            "name",
            "url",
            "isActive",
            "eventTypes",
            "format",
            "payload",
            "ordering",
            "source",
            "failures",
            "createdAt",
            "updatedAt",
            "secret",
            "publicKey",
        ]
    );
    assert_eq!(made["eventTypes"], json!(["app_login.*", "project.created"]));
    let listed = run(&["webhook", "list", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert!(!listed.to_string().contains(secret));
    assert_eq!(listed[0]["_id"], id);
    let lines = run(&["webhook", "list", "--client", "acme"]).ok();
    assert_eq!(lines, format!("{id}\tacme\tapi\tactive\t{url}\n"));
    assert_eq!(run(&["webhook", "list", "--client", "other"]).ok(), "");

    assert_eq!(run(&["webhook", "test", id]).ok(), "It answered 200.\nseen\n");
    hook.answers(BROKEN);
    let failed = run(&["webhook", "test", id, "--json"]);
    assert_eq!(failed.code, Some(1));
    assert_eq!(
        serde_json::from_str::<Value>(&failed.stdout).expect("JSON"),
        json!({
            "success": false, "statusCode": 500, "body": "seen",
            "message": "It answered 500, which counts as a failure.",
        })
    );
    let rotated = run(&["webhook", "rotate", id]).ok();
    assert!(rotated.starts_with("whsec_") && rotated.trim() != secret);
    run(&["webhook", "disable", id]).ok();
    assert!(run(&["webhook", "list"]).ok().contains("\tinactive\t"));
    run(&["webhook", "disable", id]).ok();
    let enabled = run(&["webhook", "enable", id, "--json"]).json();
    assert_eq!(enabled, json!({ "_id": id, "isActive": true }));
    assert!(run(&["webhook", "list"]).ok().contains("\tactive\t"));

    run(&["trigger", "project.created", "--client", "acme", "--live"]).ok();
    let first = deliveries(&folder);
    assert_eq!(first.len(), 1);
    let again = run(&["webhook", "resend", first[0]["_id"].as_str().expect("an id")]).ok();
    let both = deliveries(&folder);
    assert_eq!(both.len(), 2);
    assert!(both.iter().any(|it| it["_id"] == again.trim()));
    assert_eq!(both[0]["event"], both[1]["event"]);

    for (arguments, expected) in [
        (&["webhook", "test", "nobody"][..], "there is no webhook nobody"),
        (&["webhook", "rotate", "nobody"], "there is no webhook nobody"),
        (&["webhook", "enable", "nobody"], "there is no webhook nobody"),
        (&["webhook", "resend", "nobody"], "there is no webhook event nobody"),
        (&["webhook", "create", "--client", "nobody", "--url", &url], "there is no client nobody"),
        (
            &["webhook", "create", "--client", "acme", "--url", "http://10.0.0.1/"],
            "--url must name",
        ),
        (
            &["webhook", "create", "--client", "acme", "--url", &url, "--flow", "f"],
            "--flow f is no project flow",
        ),
    ] {
        let failed = run(arguments).failed();
        assert!(failed.contains(expected), "{arguments:?}: {failed}");
    }
    let wrong = run(&["webhook", "create", "--client", "acme", "--url", &url, "--event", "all"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("must be a type of event"), "{}", wrong.stderr);
}

#[test]
fn every_type_of_event_can_be_triggered_in_the_sandbox() {
    let (folder, config) = folder();
    let trigger = |name: &str, more: &[&str]| {
        let base = ["trigger", name, "--client", "acme", "--config", &config];
        folder.run(&[&base[..], more].concat())
    };
    let without = trigger("project.created", &[]).failed();
    assert!(without.contains("the client acme has no sandbox"), "{without}");
    assert!(without.contains("--sandbox") && without.contains("--live"), "{without}");
    folder.run(&["token", "create", "--client", "acme", "--sandbox"]).ok();
    let events = || -> Vec<Value> {
        let text = folder.run(&["export", "events"]).ok();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let before = events().len();
    let mut made = Vec::new();
    let tried =
        EventKind::all().filter(|row| row.is_delivered() && row.resource.name != "webhooks");
    for row in tried {
        let record = trigger(row.name, &["--json"]).json();
        assert_ne!(record["client"], "acme", "{}", row.name);
        made.push((row, record));
    }
    let written = events();
    assert_eq!(written.len(), before + made.len());
    for (row, record) in &made {
        let of = written.iter().find(|it| it["record"] == record["record"]).expect("an event");
        assert_eq!((&of["type"], &of["client"]["_id"]), (&row.name.into(), &record["client"]));
        let stored = folder.run(&["export", row.resource.name]).ok();
        let id = record["record"].as_str().expect("an id");
        assert_eq!(stored.contains(id), row.effect != Effect::Deleted, "{}", row.name);
    }
    let live = trigger("app_login.completed", &["--live"]).ok();
    let of = events().into_iter().find(|it| it["record"] == live.trim()).expect("an event");
    assert_eq!((&of["client"]["_id"], &of["status"]), (&"acme".into(), &"completed".into()));
    let wrong = trigger("project.lost", &[]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("must be one of biometric_validation.created"));
    // Its record would be called.
    assert_eq!(trigger("webhook.created", &["--live"]).code, Some(2));
}
