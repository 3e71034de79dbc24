//! A vault that is not the database's: no node starts with it, and nothing is acknowledged that stays in
//! another.

use std::fs;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::upkeep::fingerprints::{Difference, Lost};
use verax_server::clock::Random;
use verax_server::http::{self, State};
use verax_server::keys::MasterKeys;
use verax_server::vault::Vault;
use verax_vision::document::seeded::Seeded;

use crate::binary::{Folder, Served};
use crate::world::{get, new_database, request, send};

const DOCUMENTS: &str = "/v2/document-liveness";

fn order() -> String {
    json!({
        "image": STANDARD.encode(jpeg(&card(&mut Seeded::new(5), None).image, 90)),
        "saveImage": true, "validateScreenReplay": false, "validatePrintedCopy": false,
        "validatePortraitSubstitution": false,
    })
    .to_string()
}

on_both_databases! {
    async fn a_record_whose_key_is_in_another_vault_is_not_deleted(world) {
        let token = world.token("acme").await;
        let order = request(Method::POST, &token, DOCUMENTS).map(|_| Body::from(order()));
        let checked = world.send(order).await;
        assert_eq!(checked.status, 200, "{}", checked.text());
        let id = checked.json()["data"]["_id"].as_str().expect("an id").to_owned();
        let path = format!("{DOCUMENTS}/{id}");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let master = MasterKeys::open(&world.folder.path().join("master-keys.json"), &Random::System);
        let place = |name: &str| elsewhere.path().join(name).display().to_string();
        let vault = Vault::open(master.expect("keys"), &place("keys"), &place("objects"), Random::System);
        let other = world.app.clone().with_vault(vault.expect("a vault"));
        let router = http::router(State::new(other.clone()));

        let rejected = send(&router, request(Method::DELETE, &token, &path)).await;
        assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE");
        assert_eq!(rejected.header("retry-after"), "60");
        assert_eq!(world.get(&token, &format!("{path}/image")).await.status, 200, "nothing is lost");
        // Not by the look for interrupted deletions either.
        world.turn_clock(120_000);
        assert_eq!(other.resume_deletions().await.expect("a look"), 0);
        let gone = world.send(request(Method::DELETE, &token, &path)).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        let gone = send(&router, request(Method::DELETE, &token, &path)).await;
        assert_eq!(gone.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
    }

    async fn a_node_is_compared_with_what_its_database_knows(world) {
        world.app.require_binding().await.expect("the first says so");
        world.app.require_binding().await.expect("again");
        assert_eq!(world.app.differences().await.expect("a look"), []);
        world.node(|_| {}).await.require_binding().await.expect("another node with the same");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let place = |name: &str| elsewhere.path().join(name).display().to_string();
        let master = MasterKeys::open(&elsewhere.path().join("m.json"), &Random::System);
        let vault = Vault::open(master.expect("keys"), &place("keys"), &place("objects"), Random::System);
        let other = world.node(|_| {}).await.with_vault(vault.expect("a vault"));
        let found = other.differences().await.expect("a look");
        assert!(
            matches!(
                found.as_slice(),
                [Difference::MasterKey { .. }, Difference::Location { .. }, Difference::Location { .. }]
            ),
            "{found:?}"
        );
        other.require_binding().await.expect_err("it is another's");
        // A load balancer sends it nothing.
        let router = http::router(State::new(other.clone()));
        let ready = get(&router, "", "/readyz").await;
        let body = r#"{"status":"not_ready","checks":{"database":"ok","vault":"failed"}}"#;
        assert_eq!((ready.status, ready.text()), (503, body));
        assert_eq!(get(&router, "", "/healthz").await.status, 200);

        // Keys are rotated while the others run.
        let running = world.node(|_| {}).await;
        let (new, _) = world.app.rotate_master_key().await.expect("a new key");
        assert_eq!(running.differences().await.expect("a look"), []);
        assert_eq!(running.vault.master_keys().first().0, new);
        for keep in [3, 0] {
            world.app.rotate_signing_key(keep).await.expect("a new key");
            assert_eq!(running.differences().await.expect("a look"), []);
            assert_eq!(running.keys.fingerprints().len(), if keep == 0 { 1 } else { 2 });
            world.node(|_| {}).await.require_binding().await.expect("a restart");
        }
        // The operator says that it was meant.
        other.rebind(Lost::Rejected).await.expect("nothing is stored");
        other.require_binding().await.expect("it is the database's now");
        world.app.require_binding().await.expect_err("and this one is not any more");
    }

    async fn a_disk_without_space_is_not_ready(world) {
        let full = world.node(|config| config.disk.free_bytes_min = u64::MAX).await;
        let full = full.with_folders(vec![world.folder.path().to_owned()]);
        let ready = get(&http::router(State::new(full)), "", "/readyz").await;
        let body = r#"{"status":"not_ready","checks":{"database":"ok","space":"failed"}}"#;
        assert_eq!((ready.status, ready.text()), (503, body));
    }
}

/// Serves with more words on this database.
fn serve(folder: &Folder, url: &str, more: &[&str]) -> Result<Served, String> {
    let words = [&["serve", "--listen", "127.0.0.1:0", "--database-url", url], more].concat();
    let check = folder.run(&[&["client", "list", "--database-url", url], more].concat());
    match check.code {
        Some(0) => {}
        _ => return Err(folder.run(&words).failed()),
    }
    let log = folder.file("serve.log");
    let mut command = folder.command(&words);
    command.stdout(std::process::Stdio::piped()).stdin(std::process::Stdio::null());
    command.stderr(fs::File::create(&log).expect("a log"));
    Ok(Served::start(command, log))
}

#[tokio::test]
async fn a_second_node_with_keys_or_folders_of_its_own_does_not_start() {
    let url = new_database().await;
    let (first, second) = (Folder::new(), Folder::new());
    first.run(&["migrate", "--database-url", &url]).ok();
    let running = serve(&first, &url, &[]).unwrap_or_else(|text| panic!("{text}"));
    let text = serve(&second, &url, &[]).err().expect("it has nothing of the first");
    assert!(text.contains("the signing keys of this database are not here"), "{text}");
    for name in ["signing-keys.json", "master-keys.json"] {
        fs::copy(first.data().join(name), second.data().join(name)).expect("a copy");
    }
    let text = serve(&second, &url, &[]).err().expect("its folders are its own");
    assert!(text.contains("the vault of this database is not here"), "{text}");
    for name in ["keys", "objects"] {
        fs::create_dir_all(second.data().join(name)).expect("a folder");
    }
    let text = serve(&second, &url, &[]).err().expect("its folders are its own");
    assert!(text.contains("no vault.id lies in it") && text.contains("vault.keys"), "{text}");
    assert!(text.contains("vault bind"), "{text}");
    let shared = first.data().display().to_string();
    let settings = format!("[vault]\nkeys = \"{shared}/keys\"\nobjects = \"{shared}/objects\"\n");
    let config = second.write("shared.toml", &settings);
    let both = serve(&second, &url, &["--config", &config]).unwrap_or_else(|text| panic!("{text}"));
    assert_eq!(both.get("", "/readyz").0, 200);
    both.stop();
    running.stop();
}

#[test]
fn keys_that_are_rotated_are_known_to_servers_that_run_and_to_those_that_start() {
    let folder = Folder::new();
    let token = folder.token("acme");
    let served = folder.serve(&[]);
    for words in [
        &["vault", "rotate-key"][..],
        &["token", "rotate-key"],
        &["vault", "rotate-key"],
        &["token", "rotate-key", "--keep", "5"],
    ] {
        folder.run(words).ok();
        assert_eq!(served.get("", "/readyz").0, 200, "{words:?}");
        folder.run(&["client", "list"]).ok();
    }
    // What no key is wrapped with any more can go.
    let file = folder.data().join("master-keys.json");
    let mut keys: serde_json::Value =
        serde_json::from_slice(&fs::read(&file).expect("the keys")).expect("JSON");
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(3));
    keys["keys"].as_array_mut().expect("a list").truncate(1);
    fs::write(&file, keys.to_string()).expect("written");
    folder.run(&["client", "list"]).ok();
    let begun = Instant::now();
    while served.get(&token, "/v2/projects").0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the old key still verifies");
    }
    served.stop();
    folder.serve(&[]).stop();
}

#[test]
fn a_folder_that_was_moved_on_purpose_is_bound_by_a_command_and_lost_keys_with_a_word() {
    let folder = Folder::new();
    folder.token("acme");
    let elsewhere = folder.file("elsewhere");
    let config =
        folder.write("moved.toml", &format!("[vault]\nkeys = \"{}\"\n", elsewhere.display()));
    folder.run(&["client", "list", "--config", &config]).failed();
    let text = folder.run(&["vault", "bind", "--config", &config]).ok();
    assert!(text.contains("belongs with the keys and the vault"), "{text}");
    folder.run(&["client", "list", "--config", &config]).ok();
    let text = folder.run(&["client", "list"]).failed();
    assert!(text.contains("another vault"), "{text}");

    let master = folder.data().join("master-keys.json");
    fs::remove_file(&master).expect("the keys");
    folder.run(&["vault", "bind", "--config", &config]).failed();
    assert!(!master.exists());
    folder.run(&["vault", "bind", "--lost", "--config", &config]).ok();
    folder.run(&["client", "list", "--config", &config]).ok();
}
