//! Signing keys: who can read them, and what becomes of tokens when they change.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use verax_server::clock::Random;
use verax_server::keys::SigningKeys;

use crate::signed_tokens::header;
use crate::world::World;

fn file(world: &World) -> std::path::PathBuf {
    world.folder.path().join("signing-keys.json")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the file's owner");
}

async fn opens(world: &World, token: &str) -> bool {
    world.get(token, "/v2/clients/me").await.status == 200
}

#[tokio::test]
async fn tokens_of_older_keys_stay_valid_until_enough_newer_ones_came() {
    let world = World::sqlite().await;
    let first = world.token("acme").await;
    let keys = &world.app.keys;
    let id = keys.rotate(1, &world.app.random).expect("a new key");
    let second = world.token("acme").await;
    let kid = header(&second)["kid"].clone();
    assert_eq!(kid, id);
    assert_ne!(header(&first)["kid"], kid);
    assert!(opens(&world, &first).await && opens(&world, &second).await);
    keys.rotate(1, &world.app.random).expect("a new key");
    assert!(!opens(&world, &first).await);
    assert!(opens(&world, &second).await);
    assert_eq!(mode(&file(&world)), 0o600);
}

#[tokio::test]
async fn a_key_that_another_process_made_is_used_after_a_refresh() {
    let world = World::sqlite().await;
    let random = Random::System;
    let elsewhere = SigningKeys::open(&file(&world), &random).expect("the same keys");
    let id = elsewhere.rotate(3, &random).expect("a new key");
    assert_ne!(world.app.keys.signing_id(), id);
    world.app.keys.refresh().expect("the file");
    assert_eq!(world.app.keys.signing_id(), id);
}

#[tokio::test]
async fn the_keys_are_readable_by_their_owner_alone() {
    let world = World::sqlite().await;
    let path = file(&world);
    assert_eq!(mode(&path), 0o600);
    for wrong in [0o640, 0o604, 0o660, 0o644, 0o610, 0o601] {
        set_mode(&path, wrong);
        let rejected = SigningKeys::open(&path, &Random::System).map(drop).expect_err("rejected");
        let text = format!("{rejected:#}");
        assert!(text.contains("chmod 600"), "{text}");
    }
    set_mode(&path, 0o400);
    SigningKeys::open(&path, &Random::System).expect("its owner may read it");
}

#[tokio::test]
async fn keys_that_make_no_sense_are_rejected_without_quoting_them() {
    let world = World::sqlite().await;
    let path = file(&world);
    let secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U";
    for text in [
        String::new(),
        secret.to_owned(),
        format!(r#"{{"keys":[{{"kid":"a","secret":"{secret}","x":1}}]}}"#),
        format!(r#"{{"keys":[{{"kid":"a","secret":"{}"}}]}}"#, &secret[..20]),
        format!(r#"{{"keys":[{{"kid":"a","secret":"{secret}=="}}]}}"#),
        r#"{"keys":[]}"#.to_owned(),
    ] {
        fs::write(&path, &text).expect("the file");
        let rejected = SigningKeys::open(&path, &Random::System).map(drop).expect_err("rejected");
        let text = format!("{rejected:#}");
        assert!(!text.contains(&secret[..20]), "{text}");
    }
}

#[tokio::test]
async fn no_key_enters_the_database() {
    let world = World::sqlite().await;
    world.token("acme").await;
    let text = fs::read_to_string(file(&world)).expect("the file");
    let keys: Value = serde_json::from_str(&text).expect("JSON");
    let secret = keys["keys"][0]["secret"].as_str().expect("a secret");
    let mut files = 0;
    for entry in fs::read_dir(world.folder.path()).expect("the folder") {
        let path = entry.expect("a file").path();
        if path.is_file() && path != file(&world) {
            files += 1;
            let bytes = fs::read(&path).expect("a file");
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    assert!(files > 0);
}
