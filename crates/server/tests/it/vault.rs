//! What is kept is encrypted, opens where it belongs, and cannot be read once its key is destroyed.

use std::fs;
use std::path::{Path, PathBuf};

use verax_server::clock::Random;
use verax_server::keys::MasterKeys;
use verax_server::vault::{Vault, VaultError};

const CANARY: &[u8] = b"canary: the bytes of a face";

fn vault(folder: &Path) -> (Vault, MasterKeys) {
    let master = MasterKeys::open(&folder.join("master-keys.json"), &Random::System);
    let master = master.expect("master keys");
    let place = |name: &str| folder.join(name).display().to_string();
    let vault = Vault::open(master.clone(), &place("keys"), &place("objects"), Random::System);
    (vault.expect("a vault"), master)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn what_was_kept_is_read_back_after_a_restart_and_lies_on_no_disk_in_the_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    vault(folder.path()).0.keep("acme", "p1", "face", CANARY).await.expect("kept");
    let (vault, _) = vault(folder.path());
    let found = vault.fetch("acme", "p1", "face").await.expect("read");
    assert_eq!(found.as_deref().map(Vec::as_slice), Some(CANARY));
    assert!(vault.fetch("acme", "p1", "other").await.expect("read").is_none());
    for file in files(folder.path()) {
        let bytes = fs::read(&file).expect("a file");
        assert!(!bytes.windows(CANARY.len()).any(|it| it == CANARY), "{}", file.display());
    }
}

#[tokio::test]
async fn encrypted_bytes_open_for_the_place_that_they_were_encrypted_for_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (vault, _) = vault(folder.path());
    let mut encrypted = vault.encrypt("acme", "p1", "face", CANARY).await.expect("encrypted");
    vault.encrypt("acme", "p2", "face", CANARY).await.expect("encrypted");
    vault.encrypt("other", "p1", "face", CANARY).await.expect("encrypted");
    let opened = vault.decrypt("acme", "p1", "face", &encrypted).await.expect("opened");
    assert_eq!(*opened, CANARY);
    for (client, subject, place) in
        [("acme", "p1", "image"), ("acme", "p2", "face"), ("other", "p1", "face")]
    {
        let opened = vault.decrypt(client, subject, place, &encrypted).await;
        assert!(matches!(opened, Err(VaultError::DoesNotOpen(_))), "{client} {subject} {place}");
    }
    *encrypted.last_mut().expect("a byte") ^= 1;
    let opened = vault.decrypt("acme", "p1", "face", &encrypted).await;
    assert!(matches!(opened, Err(VaultError::DoesNotOpen(_))));
}

#[tokio::test]
async fn a_destroyed_subject_is_unreadable_even_from_a_copy_of_its_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (vault, _) = vault(folder.path());
    let copy = vault.encrypt("acme", "p1", "template", CANARY).await.expect("encrypted");
    vault.keep("acme", "p1", "face", CANARY).await.expect("kept");
    vault.keep("acme", "p2", "face", CANARY).await.expect("kept");

    vault.destroy("acme", "p1").await.expect("destroyed");
    let opened = vault.decrypt("acme", "p1", "template", &copy).await;
    assert!(matches!(opened, Err(VaultError::NoKey)));
    assert!(vault.fetch("acme", "p1", "face").await.expect("read").is_none());
    // A key that is rebuilt is another.
    vault.keep("acme", "p1", "face", CANARY).await.expect("kept");
    assert!(vault.decrypt("acme", "p1", "template", &copy).await.is_err());
    assert!(vault.fetch("acme", "p2", "face").await.expect("read").is_some());
    vault.destroy("acme", "nobody").await.expect("nothing to destroy is no error");
}

#[tokio::test]
async fn nothing_of_a_destroyed_client_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (vault, _) = vault(folder.path());
    for subject in ["p1", "p2"] {
        vault.keep("acme", subject, "face", CANARY).await.expect("kept");
    }
    vault.keep("other", "p1", "face", CANARY).await.expect("kept");
    vault.destroy_client("acme").await.expect("destroyed");
    let left = files(folder.path());
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("acme")), "{left:?}");
    assert!(vault.fetch("other", "p1", "face").await.expect("read").is_some());
}

#[tokio::test]
async fn old_master_keys_can_go_once_all_is_wrapped_with_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (vault, master) = vault(folder.path());
    vault.keep("acme", "p1", "face", CANARY).await.expect("kept");
    master.rotate(&Random::System).expect("a new key");
    assert_eq!(vault.rewrap().await.expect("wrapped"), 1);
    assert_eq!(vault.rewrap().await.expect("wrapped"), 0);

    let file = folder.path().join("master-keys.json");
    let text = fs::read_to_string(&file).expect("the keys");
    let mut keys: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    keys["keys"].as_array_mut().expect("a list").truncate(1);
    fs::write(&file, keys.to_string()).expect("written");
    let (vault, _) = self::vault(folder.path());
    assert!(vault.fetch("acme", "p1", "face").await.expect("read").is_some());
}

#[tokio::test]
async fn without_its_master_key_nothing_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    vault(folder.path()).0.keep("acme", "p1", "face", CANARY).await.expect("kept");
    fs::remove_file(folder.path().join("master-keys.json")).expect("removed");
    let (vault, _) = vault(folder.path());
    let found = vault.fetch("acme", "p1", "face").await;
    assert!(matches!(found, Err(VaultError::NoMasterKey)));
}

#[tokio::test]
async fn two_that_keep_at_once_use_one_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, _) = vault(folder.path());
    let (two, _) = vault(folder.path());
    let (first, second) = tokio::join!(
        one.encrypt("acme", "p1", "face", CANARY),
        two.encrypt("acme", "p1", "face", CANARY)
    );
    for encrypted in [first.expect("encrypted"), second.expect("encrypted")] {
        for vault in [&one, &two] {
            assert!(vault.decrypt("acme", "p1", "face", &encrypted).await.is_ok());
        }
    }
}
