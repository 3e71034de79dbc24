//! `verax client …` and `verax token …`.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::answer::keys;
use crate::binary::{Folder, Served};
use crate::signed_tokens::header;

const ROW: &str = r#"{"_id":"v1","client":"acme","status":"new","createdAt":"2025-01-01"}"#;

fn payload(token: &str) -> Value {
    let payload = token.trim().split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("claims")
}

fn wait_for(served: &Served, token: &str, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while served.get(token, "/v2/clients/me").0 != status {
        assert!(Instant::now() < deadline, "it took more than 5 seconds");
    }
}

#[test]
fn a_client_is_created_listed_and_deleted() {
    let folder = Folder::new();
    let create = ["client", "create", "--name", "Acme Ltd", "--email", "office@acme.example"];
    let client = folder.run(&create).json();
    assert_eq!(keys(&client), ["_id", "name", "email", "createdAt"]);
    assert_eq!(
        (&client["name"], &client["email"]),
        (&"Acme Ltd".into(), &"office@acme.example".into())
    );
    let id = client["_id"].as_str().expect("an id");
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(
        folder.run(&["client", "list", "--json"]).json(),
        Value::from_iter([client.clone()])
    );
    let line = format!("{id}\tAcme Ltd\toffice@acme.example\n");
    assert_eq!(folder.run(&["client", "list"]).ok(), line);
    let again = folder.run(&[&create[..], &["--id", id]].concat());
    assert!(again.failed().contains("already"));
    assert_eq!(folder.run(&["client", "delete", id]).ok(), format!("deleted {id}\n"));
    assert_eq!(folder.run(&["client", "list", "--json"]).ok(), "[]\n");
    assert!(folder.run(&["client", "delete", id]).failed().contains("there is no client"));
}

#[test]
fn arguments_that_make_no_sense_are_rejected() {
    let folder = Folder::new();
    for arguments in [
        &["client", "create", "--name", "A"][..],
        &["client", "create", "--name", "A", "--email", "a@b", "--scope", "everything"],
        &["token", "create"],
        &["token", "create", "--client", "acme", "--expires", "1month"],
        &["token", "create", "--client", "acme", "--expires", "0d"],
        &["token", "revoke"],
        &["token", "revoke", "some", "--client", "acme"],
        &["token", "create", "--client", "acme", "--sandbox", "--staff"],
        &["import", "nothing", "-"],
        &["serve", "--tls-cert", "a.pem"],
        &["brew"],
    ] {
        assert_eq!(folder.run(arguments).code, Some(2), "{arguments:?}");
    }
    for arguments in [
        &["client", "create", "--name", "A", "--email", "nobody"][..],
        &["client", "create", "--name", " ", "--email", "a@b"],
        &["client", "create", "--name", "A", "--email", "a@b", "--id", "a b"],
        &["token", "create", "--client", "nobody"],
        &["token", "revoke", "nobody"],
        &["export", "projects", "--where", "where_nothing=1"],
        &["import", "projects", "no-such-file"],
    ] {
        let text = folder.run(arguments).failed();
        assert!(text.starts_with("verax: "), "{arguments:?}: {text}");
    }
    let commands =
        ["serve", "client", "token", "import", "export", "doctor", "backup", "restore", "move"];
    for command in commands {
        assert!(folder.run(&[command, "--help"]).ok().contains("Usage: verax"), "{command}");
    }
}

#[test]
fn a_token_has_its_clients_scopes_but_never_staff() {
    let folder = Folder::new();
    folder.run(&["migrate"]).ok();
    let token = folder.run(&["token", "create", "--client", "acme"]);
    assert!(token.failed().contains("there is no client acme"));
    let token = folder.token("acme");
    assert_eq!((token.split('.').count(), token.lines().count()), (3, 1));
    let claims = payload(&token);
    assert_eq!(keys(&claims), ["clientId", "jti", "iat", "exp", "scopes", "mode"]);
    let all = serde_json::json!([
        "validations:read",
        "documents:read",
        "media:read",
        "events:read",
        "write",
        "webhooks:write"
    ]);
    assert_eq!((&claims["scopes"], &claims["mode"]), (&all, &"live".into()));
    let valid = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    assert_eq!(valid, Some(30 * 24 * 60 * 60));
    let create = |more: &[&str]| {
        let base = ["token", "create", "--client", "acme"];
        payload(&folder.run(&[&base[..], more].concat()).ok())
    };
    let claims = create(&["--scope", "documents:read,write", "--sandbox", "--expires", "2h"]);
    assert_eq!(claims["scopes"], serde_json::json!(["documents:read", "write"]));
    assert_eq!(claims["mode"], "sandbox");
    let valid = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    assert_eq!(valid, Some(2 * 60 * 60));
    let claims = create(&["--staff"]);
    assert!(claims["scopes"].as_array().is_some_and(|scopes| scopes.contains(&"staff".into())));
    let json = folder.run(&["token", "create", "--client", "acme", "--json"]).json();
    assert_eq!(keys(&json), ["token", "tokenType"]);
    let record_token = [
        "client",
        "create",
        "--id",
        "record_token",
        "--name",
        "N",
        "--email",
        "n@n",
        "--scope",
        "documents:read",
    ];
    folder.run(&record_token).ok();
    let wide = ["token", "create", "--client", "record_token", "--scope", "validations:read"];
    assert!(folder.run(&wide).failed().contains("validations:read"));
    let record_token = payload(&folder.run(&["token", "create", "--client", "record_token"]).ok());
    assert_eq!(record_token["scopes"], serde_json::json!(["documents:read"]));
}

#[test]
fn listing_tokens_shows_no_token() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let listed = folder.run(&["token", "list", "--json"]).json();
    let names =
        ["jti", "client", "scopes", "mode", "state", "createdAt", "expiresAt", "renewableUntil"];
    assert_eq!(keys(&listed[0]), names);
    assert_eq!(listed[0]["jti"], payload(&token)["jti"]);
    let plain = folder.run(&["token", "list", "--client", "acme"]).ok();
    assert_eq!((plain.lines().count(), plain.contains(&token)), (1, false));
    assert_eq!(folder.run(&["token", "list", "--client", "nobody"]).ok(), "");
    // What makes a token valid is in no file but its owner's.
    let signature = token.rsplit('.').next().expect("a signature");
    for (path, bytes) in folder.files() {
        let found = bytes.windows(signature.len()).any(|window| window == signature.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn revoking_takes_effect_within_five_seconds_while_the_server_runs() {
    let folder = Folder::new();
    let first = folder.token("acme");
    let second = folder.run(&["token", "create", "--client", "acme"]).ok().trim().to_owned();
    let served = folder.serve(&[]);
    assert_eq!(served.get(&first, "/v2/clients/me").0, 200);
    assert_eq!(served.get(&second, "/v2/clients/me").0, 200);
    let claims = payload(&first);
    let id = claims["jti"].as_str().expect("an id");
    folder.run(&["token", "revoke", id]).ok();
    wait_for(&served, &first, 401);
    assert_eq!(served.get(&second, "/v2/clients/me").0, 200);
    assert!(folder.run(&["token", "revoke", id]).failed().contains("no such token"));
    assert!(folder.run(&["token", "list"]).ok().contains("revoked"));
    folder.run(&["token", "revoke", "--client", "acme"]).ok();
    wait_for(&served, &second, 401);
    let third = folder.run(&["token", "create", "--client", "acme"]).ok().trim().to_owned();
    assert_eq!(served.get(&third, "/v2/clients/me").0, 200);
    served.stop();
}

#[test]
fn a_running_server_takes_tokens_of_a_key_that_came_later() {
    let folder = Folder::new();
    let old = folder.token("acme");
    let served = folder.serve(&[]);
    let kid = folder.run(&["token", "rotate-key", "--json"]).json()["kid"].clone();
    let new = folder.run(&["token", "create", "--client", "acme"]).ok().trim().to_owned();
    assert_eq!(header(&new)["kid"], kid);
    wait_for(&served, &new, 200);
    assert_eq!(served.get(&old, "/v2/clients/me").0, 200);
    served.stop();
}

#[test]
fn deleting_a_client_with_its_records_leaves_nothing_of_it() {
    let folder = Folder::new();
    let token = folder.token("acme");
    folder.run_with(&["import", "biometric-validations", "-"], ROW).ok();
    let served = folder.serve(&[]);
    assert_eq!(served.get(&token, "/v2/biometric-validations/v1").0, 200);
    let rejected = folder.run(&["client", "delete", "acme"]).failed();
    assert!(rejected.contains("1 records") && rejected.contains("--with-records"), "{rejected}");
    let deleted = folder.run(&["client", "delete", "acme", "--with-records", "--json"]).json();
    assert_eq!(deleted, serde_json::json!({ "_id": "acme", "deleted": true }));
    wait_for(&served, &token, 401);
    assert_eq!(folder.run(&["export", "biometric-validations"]).ok(), "");
    assert_eq!(folder.run(&["token", "list", "--json"]).ok(), "[]\n");
    // The command ends when the log is empty: what was in it has no other place.
    for (file, bytes) in folder.files() {
        let found = bytes.windows(12).any(|it| it == b"acme.example");
        assert!(!found, "{}", file.display());
    }
    served.stop();
}

#[test]
fn a_client_that_an_import_brought_gets_a_token_and_a_name() {
    let folder = Folder::new();
    folder.run_with(&["import", "biometric-validations", "-"], ROW).ok();
    let listed = folder.run(&["client", "list"]).ok();
    assert_eq!(listed, "acme\t(known by its records alone)\t-\n");
    let token = folder.run(&["token", "create", "--client", "acme"]).ok();
    let served = folder.serve(&[]);
    assert_eq!(served.get(token.trim(), "/v2/biometric-validations/v1").0, 200);
    let named = ["client", "create", "--id", "acme", "--name", "Acme", "--email", "a@acme.example"];
    assert_eq!(folder.run(&named).json()["name"], "Acme");
    assert_eq!(served.get(token.trim(), "/v2/biometric-validations/v1").0, 200);
    served.stop();
}

#[test]
fn no_client_gets_staff_tokens_by_what_its_record_says() {
    let folder = Folder::new();
    let both = "validations:read,staff";
    let create = ["client", "create", "--id", "acme", "--name", "A", "--email", "a@acme.example"];
    folder.run(&[&create[..], &["--scope", both]].concat()).ok();
    let row = r#"{"_id":"v","status":"new","client":{"_id":"globex","name":"G",
        "scopes":"validations:read staff"}}"#;
    let row = row.replace('\n', "");
    folder.run_with(&["import", "biometric-validations", "-"], &row).ok();
    for client in ["acme", "globex"] {
        let claims = payload(&folder.run(&["token", "create", "--client", client]).ok());
        let scopes = claims["scopes"].as_array().expect("scopes");
        assert!(!scopes.contains(&"staff".into()), "{client}: {claims}");
        let claims = payload(&folder.run(&["token", "create", "--client", client, "--staff"]).ok());
        let scopes = claims["scopes"].as_array().expect("scopes");
        assert!(scopes.contains(&"staff".into()), "{client}: {claims}");
    }
}

#[test]
fn a_token_that_has_expired_is_listed_as_expired() {
    let folder = Folder::new();
    folder.token("acme");
    folder.run(&["token", "create", "--client", "acme", "--expires", "1s"]).ok();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !folder.run(&["token", "list"]).ok().contains("\texpired\t") {
        assert!(Instant::now() < deadline, "it never expired");
    }
    assert_eq!(folder.run(&["token", "list"]).ok().matches("\tvalid\t").count(), 1);
}

#[test]
fn a_sandbox_is_listed_revoked_and_deleted_with_its_client() {
    let folder = Folder::new();
    folder.token("acme");
    let sandbox = || folder.run(&["token", "create", "--client", "acme", "--sandbox"]).ok();
    let (first, second) = (payload(&sandbox()), payload(&sandbox()));
    assert_eq!((&first["mode"], &first["clientId"]), (&"sandbox".into(), &second["clientId"]));
    let id = first["clientId"].as_str().expect("an id");
    assert_ne!(id, "acme");
    let clients = folder.run(&["client", "list", "--json"]).json();
    let found = clients.as_array().expect("clients").iter().find(|client| client["_id"] == id);
    assert_eq!(found.expect("the sandbox")["sandboxOf"], "acme");
    let listed = folder.run(&["client", "list"]).ok();
    assert!(listed.lines().any(|line| line.ends_with("\tsandbox of acme")), "{listed}");
    // A token of the sandbox by its own id is a sandbox token, too.
    let own = folder.run(&["token", "create", "--client", id]).ok();
    assert_eq!(payload(&own)["mode"], "sandbox");
    let staff = folder.run(&["token", "create", "--client", id, "--staff"]).failed();
    assert!(staff.contains("cannot have the scope staff"), "{staff}");

    folder.run(&["token", "revoke", "--client", "acme"]).ok();
    let tokens = folder.run(&["token", "list", "--client", "acme"]).ok();
    assert_eq!((tokens.lines().count(), tokens.matches("\trevoked\t").count()), (4, 4), "{tokens}");
    let row = format!(r#"{{"_id":"s1","client":"{id}","status":"new","createdAt":"2025-01-01"}}"#);
    folder.run_with(&["import", "biometric-validations", "-"], &row).ok();
    let rejected = folder.run(&["client", "delete", "acme"]).failed();
    assert!(rejected.contains("1 records"), "{rejected}");
    folder.run(&["client", "delete", "acme", "--with-records"]).ok();
    assert_eq!(folder.run(&["client", "list", "--json"]).ok(), "[]\n");
    assert_eq!(folder.run(&["export", "biometric-validations"]).ok(), "");
}

#[test]
fn revoking_a_token_ends_what_was_renewed_from_it() {
    let folder = Folder::new();
    let first = folder.token("acme");
    let other = folder.run(&["token", "create", "--client", "acme"]).ok().trim().to_owned();
    let served = folder.serve(&[]);
    let (status, session) = served.get(&first, "/v2/auth/session");
    assert_eq!(status, 200);
    let session: Value = serde_json::from_str(&session).expect("JSON");
    let renewed = session["accessToken"].as_str().expect("a token");
    assert_eq!(served.get(renewed, "/v2/clients/me").0, 200);
    let id = payload(&first)["jti"].as_str().expect("an id").to_owned();
    let listed = folder.run(&["token", "list", "--json"]).json();
    let renewals = listed.as_array().expect("tokens").iter().filter(|it| it["renewalOf"] == *id);
    assert_eq!(renewals.count(), 1);
    folder.run(&["token", "revoke", &id]).ok();
    wait_for(&served, renewed, 401);
    wait_for(&served, &first, 401);
    assert_eq!(served.get(&other, "/v2/clients/me").0, 200);
    served.stop();
}
