//! A client's key is replaced while servers go on: nothing becomes unreadable, nothing that was
//! destroyed comes back, and a kill at any moment costs nothing.

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use verax_server::clock::Random;
use verax_server::keys::MasterKeys;
use verax_server::vault::{Rotated, Vault, VaultError};

const CLIENT: &str = "acme";
const PLAIN: &[u8] = b"the bytes of a face";
const SUBJECTS: u64 = 5;
/// More steps than a rotation of so few has: each test makes sure of that.
const STEPS_MAX: usize = 400;

fn vault(folder: &Path) -> Vault {
    let master = MasterKeys::open(&folder.join("master-keys.json"), &Random::System);
    let place = |name: &str| folder.join(name).display().to_string();
    let vault = Vault::open(
        master.expect("master keys"),
        &place("keys"),
        &place("objects"),
        Random::System,
    );
    vault.expect("a vault")
}

async fn fill(vault: &Vault) {
    for number in 0..SUBJECTS {
        vault.keep(CLIENT, &format!("p{number}"), "face", PLAIN).await.expect("kept");
    }
}

async fn opens(vault: &Vault, subject: &str) {
    let found = vault.fetch(CLIENT, subject, "face").await;
    let found = found.unwrap_or_else(|error| panic!("{subject}: {error}"));
    assert_eq!(found.as_deref().map(Vec::as_slice), Some(PLAIN), "{subject}");
}

/// Runs so many steps of it and then drops it, as a kill does. Its outcome, if that was enough.
async fn run_steps<T>(steps: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut done = 0;
    std::future::poll_fn(|context| {
        if done == steps {
            return Poll::Ready(None);
        }
        done += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// The names of the files that lie beside the keys of subjects.
fn names(folder: &Path) -> Vec<String> {
    let Ok(listed) = fs::read_dir(folder.join("keys").join(CLIENT)) else { return Vec::new() };
    let name = |it: std::io::Result<fs::DirEntry>| it.expect("a file").file_name();
    let mut names: Vec<String> = listed.map(|it| name(it).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn after_a_rotation_everything_opens_on_every_node_and_nothing_with_the_old_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, elsewhere) = (vault(folder.path()), vault(folder.path()));
    fill(&here).await;
    // It remembers the client's key for seconds.
    opens(&elsewhere, "p0").await;
    let keys = folder.path().join("keys").join(CLIENT);
    let before = ["client.key", "p0"].map(|name| fs::read(keys.join(name)).expect("a key"));

    let rotated = here.rotate_client_key(CLIENT).await.expect("rotated");
    assert_eq!(rotated, Rotated { rewrapped: SUBJECTS, unreadable: 0 });
    assert_eq!(names(folder.path()), ["client.key", "p0", "p1", "p2", "p3", "p4"]);
    elsewhere.keep(CLIENT, "p5", "face", PLAIN).await.expect("kept");
    for vault in [&here, &elsewhere, &self::vault(folder.path())] {
        for number in 0..=SUBJECTS {
            opens(vault, &format!("p{number}")).await;
        }
    }
    // What somebody copied before: the key of a record is no use beside the new one.
    let [client_key, p0] = before;
    fs::write(keys.join("p0"), p0).expect("written");
    let opened = vault(folder.path()).fetch(CLIENT, "p0", "face").await;
    assert!(matches!(opened, Err(VaultError::DoesNotOpen(_))));
    assert_ne!(fs::read(keys.join("client.key")).expect("a key"), client_key);
    // And the old key of the client opens nothing that is there now.
    fs::write(keys.join("client.key"), client_key).expect("written");
    let opened = vault(folder.path()).fetch(CLIENT, "p1", "face").await;
    assert!(matches!(opened, Err(VaultError::DoesNotOpen(_))));
}

#[tokio::test]
async fn a_rotation_that_is_killed_at_any_step_loses_nothing_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, elsewhere) = (vault(folder.path()), vault(folder.path()));
    fill(&here).await;
    let mut ended = 0;
    for steps in 0..STEPS_MAX {
        let rotated = run_steps(steps, vault(folder.path()).rotate_client_key(CLIENT)).await;
        for number in 0..SUBJECTS {
            let subject = format!("p{number}");
            opens(&elsewhere, &subject).await;
            opens(&vault(folder.path()), &subject).await;
        }
        if let Some(rotated) = rotated {
            assert_eq!(rotated.expect("rotated").unreadable, 0);
            ended += 1;
            if ended == 3 {
                break;
            }
        }
    }
    assert_eq!(ended, 3, "{STEPS_MAX} steps are too few");
    assert_eq!(names(folder.path()).len() as u64, SUBJECTS + 1);
}

#[tokio::test]
async fn what_is_encrypted_and_what_is_destroyed_while_a_key_is_rotated_stays_so() {
    for steps in 0..STEPS_MAX {
        let folder = tempfile::tempdir().expect("a folder");
        let (here, elsewhere) = (vault(folder.path()), vault(folder.path()));
        fill(&here).await;
        opens(&elsewhere, "p0").await;
        let between = async {
            elsewhere.keep(CLIENT, "new", "face", PLAIN).await.expect("kept");
            elsewhere.destroy(CLIENT, "p1").await.expect("destroyed");
        };
        // So many steps of the rotation come before the others, the rest after.
        let mut rotation = pin!(here.rotate_client_key(CLIENT));
        let early = run_steps(steps, rotation.as_mut()).await;
        between.await;
        let was_over = early.is_some();
        let rotated = match early {
            Some(rotated) => rotated,
            None => rotation.await,
        };
        assert_eq!(rotated.expect("rotated").unreadable, 0, "after {steps} steps");
        let fresh = vault(folder.path());
        for subject in ["p0", "p2", "p3", "p4", "new"] {
            opens(&fresh, subject).await;
            opens(&elsewhere, subject).await;
        }
        let names = names(folder.path());
        assert!(!names.contains(&"p1".to_owned()), "after {steps} steps: {names:?}");
        if was_over {
            return;
        }
    }
    panic!("{STEPS_MAX} steps are too few");
}

#[tokio::test]
async fn a_client_that_is_destroyed_while_its_key_is_rotated_leaves_nothing() {
    for steps in 0..STEPS_MAX {
        let folder = tempfile::tempdir().expect("a folder");
        let (here, elsewhere) = (vault(folder.path()), vault(folder.path()));
        fill(&here).await;
        let mut rotation = pin!(here.rotate_client_key(CLIENT));
        if run_steps(steps, rotation.as_mut()).await.is_some() {
            return;
        }
        elsewhere.destroy_client(CLIENT).await.expect("destroyed");
        // Near its end it does not notice, and has nothing left to put.
        let _ = rotation.await;
        // An empty name may stay, and no key.
        let mut left = vec![folder.path().join("keys"), folder.path().join("objects")];
        while let Some(path) = left.pop() {
            if path.is_dir() {
                left.extend(
                    fs::read_dir(&path).expect("a folder").map(|it| it.expect("it").path()),
                );
            } else {
                let length = fs::metadata(&path).expect("a file").len();
                assert_eq!(length, 0, "after {steps} steps: {}", path.display());
            }
        }
    }
    panic!("{STEPS_MAX} steps are too few");
}

#[tokio::test]
async fn a_master_key_can_be_rotated_in_the_middle_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = vault(folder.path());
    fill(&here).await;
    assert!(run_steps(12, here.rotate_client_key(CLIENT)).await.is_none());
    here.rotate_master_key().expect("a new master key");
    here.rewrap().await.expect("wrapped");
    let file = folder.path().join("master-keys.json");
    let mut keys: serde_json::Value =
        serde_json::from_slice(&fs::read(&file).expect("the keys")).expect("JSON");
    keys["keys"].as_array_mut().expect("a list").truncate(1);
    fs::write(&file, keys.to_string()).expect("written");

    let fresh = vault(folder.path());
    fresh.rotate_client_key(CLIENT).await.expect("rotated");
    for number in 0..SUBJECTS {
        opens(&fresh, &format!("p{number}")).await;
    }
}

#[tokio::test]
async fn a_client_for_whom_nothing_was_encrypted_has_no_key_to_rotate() {
    let folder = tempfile::tempdir().expect("a folder");
    let rotated = vault(folder.path()).rotate_client_key(CLIENT).await;
    assert!(matches!(rotated, Err(VaultError::NoKey)));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}
