//! One backup that holds everything: made while others write, damaged in every way, and restored into
//! other places, whole or not at all.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::Timestamp;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::App;
use verax_server::app::settings::Settings;
use verax_server::backup::{BackupFile, Progress, Secret, Source, make, verify};
use verax_server::clock::Random;
use verax_server::config;
use verax_server::http::{self, State};
use verax_server::keys::{MasterKeys, SigningKeys};
use verax_server::vault::Vault;
use verax_store::{Database, Location};
use verax_vision::document::seeded::Seeded;
use zeroize::Zeroizing;

use crate::bank::{Bank, shot};
use crate::binary::Folder;
use crate::given_faces::{face, image, with_given_faces};
use crate::world::{Engine, World, new_database, options, request, send, settings};

const DOCUMENTS: &str = "/v2/document-liveness";
const KEY: &[u8] = b"a key file of thirty-two bytes, or of a few more";
const LISTED: [&str; 10] = [
    "/v2/clients/me",
    "/v2/projects?with[]=projectFlows",
    "/v2/project-flows",
    "/v2/face-recognition/collections",
    "/v2/face-recognition/persons",
    "/v2/liveness-sessions",
    "/v2/app-registrations?populates=biometricValidation,projectFlow.project",
    "/v2/biometric-validations?populates[]=client&populates[]=appRegistration&sort=_id",
    "/v2/app-logins",
    "/v2/document-liveness?populates=client,appRegistration",
];

/// Somebody who registered, is known by face, has images stored, and has logged in once and failed once.
pub async fn inhabited(world: &World) -> Bank {
    let mut config = settings();
    config.validations.keep_images = true;
    config.persons.keep_thumbnails = true;
    let mut app = with_given_faces(world.app.clone(), "given");
    app.config = Settings::new(config);
    let bank = Bank::with(world, app).await;
    let (registration, own) = bank.register("jo@example.com").await;
    let first = json!({ "image": image(&[face(1)]), "os": "IOS" });
    let enrolled = bank.enrol(&own, first).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.text());
    let order = json!({
        "image": STANDARD.encode(jpeg(&card(&mut Seeded::new(5), None).image, 90)),
        "saveImage": true, "validatePortraitSubstitution": false,
        "validateScreenReplay": false, "validatePrintedCopy": false,
    });
    let order = Body::from(order.to_string());
    let mut order = request(Method::POST, &own, DOCUMENTS).map(|_| order);
    order.headers_mut().insert("idempotency-key", "once".parse().expect("a header"));
    let checked = send(&bank.router, order).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
    for (of, status) in [(1, 200), (9, 400)] {
        let opened = bank.open_validation("login", "jo@example.com").await;
        let session = opened["token"].as_str().expect("a token").to_owned();
        let ended = bank.validate(&session, shot(of, 2)).await;
        assert_eq!(ended.status, status, "{}", ended.text());
    }
    bank.app.fold_tallies().await.expect("tallies");
    bank
}

/// Whole bodies of every list, the image of the document, and who is found by the face.
pub async fn answers(app: &App, token: &str) -> Vec<(u16, Vec<u8>)> {
    let router = http::router(State::new(with_given_faces(app.clone(), "given")));
    let mut all = Vec::new();
    for path in LISTED {
        let answer = crate::world::get(&router, token, path).await;
        all.push((answer.status, answer.bytes.clone()));
    }
    let documents = crate::world::get(&router, token, DOCUMENTS).await.json();
    let url = documents["data"][0]["imageUrl"].as_str().expect("an image").to_owned();
    let image = crate::world::get(&router, "", &url).await;
    assert!(image.bytes.len() > 1000, "{}", image.status);
    all.push((image.status, image.bytes.clone()));
    let search = json!({ "images": [shot(1, 3)], "min_score": 0.85, "search_mode": "FAST" });
    let search = Body::from(search.to_string());
    let search = request(Method::POST, token, "/v2/face-recognition/search").map(|_| search);
    let found = send(&router, search).await.json();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
    let person = found["data"][0]["id"].as_str().expect("a person").to_owned();
    all.push((200, person.into_bytes()));
    assert!(all.iter().all(|(status, _)| *status == 200), "{all:?}");
    all
}

/// A server on what lies in this folder.
pub async fn open(data: &Path, location: &Location, world: &World) -> App {
    let keys = SigningKeys::open_existing(&data.join("signing-keys.json")).expect("signing keys");
    let master = MasterKeys::open_existing(&data.join("master-keys.json")).expect("master keys");
    let place = |name: &str| data.join(name).display().to_string();
    let vault = Vault::open(master, &place("keys"), &place("objects"), Random::System);
    let database = Database::open(location, &options()).await.expect("a database");
    App::new(settings(), database, keys, world.app.clock.clone(), Random::System)
        .with_vault(vault.expect("a vault"))
}

pub fn place_of(world: &World) -> Vec<String> {
    let mut place = vec!["--data".to_owned(), world.folder.path().display().to_string()];
    if let Location::Postgres(url) = &world.location {
        place.extend(["--database-url".to_owned(), url.clone()]);
    }
    place
}

pub fn with<'a>(arguments: &[&'a str], place: &'a [String]) -> Vec<&'a str> {
    arguments.iter().copied().chain(place.iter().map(String::as_str)).collect()
}

fn key_file(folder: &Folder) -> String {
    let path = folder.write("backup.key", std::str::from_utf8(KEY).expect("text"));
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its owner");
    path
}

fn secret() -> Secret {
    Secret::key(Zeroizing::new(KEY.to_vec())).expect("long enough")
}

fn source(world: &World) -> Source {
    let [keys, objects] = world.app.vault.stores();
    Source {
        location: world.location.clone(),
        database: world.app.database.clone(),
        keys,
        objects,
        scratch: world.folder.path().to_owned(),
        settings: None,
        master_keys: world.folder.path().join("master-keys.json"),
        signing_keys: world.folder.path().join("signing-keys.json"),
    }
}

fn scratches(data: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(data).expect("a folder").map(|entry| entry.expect("an entry").path());
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    let is_scratch = |path: &PathBuf| name(path).contains('-') && path.is_dir();
    entries.filter(is_scratch).collect()
}

on_both_databases! {
    async fn everything_comes_back_from_a_backup_in_either_database(world) {
        let bank = inhabited(world).await;
        let before = answers(&bank.app, &bank.token).await;
        let folder = Folder::new();
        let key = key_file(&folder);
        let config = folder.write("verax.toml", "[signature]\nissuer = \"Verax\"\n");
        let file = folder.file("all.backup").display().to_string();
        let place = place_of(world);
        let arguments =
            ["backup", &file, "--key-file", &key, "--with-keys", "--json", "--config", &config];
        let made = folder.run(&with(&arguments, &place)).json();
        assert_eq!(made["restored"], json!(true));
        assert!(made["opened"]["objects"].as_u64() >= Some(3), "{made}");
        assert_eq!(made["files"], json!(["settings", "master_keys", "signing_keys"]));
        assert_eq!((&made["missingImages"], &made["missingKeys"]), (&json!(0), &json!(0)));
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(scratches(world.folder.path()), Vec::<PathBuf>::new());
        // Nothing of it is in the clear.
        let bytes = fs::read(&file).expect("the backup");
        for canary in [&b"jo@example.com"[..], b"acme", b"secret", b"CREATE", b"client.key"] {
            assert!(memchr::memmem::find(&bytes, canary).is_none(), "{canary:?}");
        }
        let again = folder.run(&with(&["backup", &file, "--key-file", &key], &place)).failed();
        assert!(again.contains("exists already"), "{again}");

        let url = new_database().await;
        for target in [None, Some(url)] {
            let there = Folder::new();
            let data = there.data();
            let mut restore = vec!["restore", &file, "--key-file", &key, "--json"];
            restore.extend(target.iter().flat_map(|url| ["--database-url", url.as_str()]));
            let restored = there.run(&restore).json();
            assert_eq!((&restored["rows"], &restored["lost"]), (&made["rows"], &json!([])));
            let location = match target {
                None => Location::File(data.join("verax.db")),
                Some(ref url) => Location::Postgres(url.clone()),
            };
            let app = open(&data, &location, world).await;
            assert_eq!(answers(&app, &bank.token).await, before);
            for (name, wrong) in app.check_tallies().await.expect("tallies") {
                assert_eq!(wrong, 0, "{name}");
            }
            // A request that was answered is not done again.
            let rows = app.database.expired_answers(Timestamp(i64::MAX), 10).await;
            assert_eq!(rows.expect("answers").len(), 1);
            let settings = fs::read_to_string(data.join("settings-of-backup.toml"));
            assert_eq!(settings.expect("settings"), "[signature]\nissuer = \"Verax\"\n");
            assert_eq!(scratches(&data), Vec::<PathBuf>::new());
            // Nothing is put over it.
            let second = there.run(&restore).failed();
            assert!(second.contains("is not empty"), "{second}");
        }
    }

    async fn what_is_deleted_while_a_backup_is_made_is_no_failure(world) {
        let vault = world.app.vault.clone();
        for subject in 0..200 {
            let (client, subject) = (format!("c{}", subject % 5), format!("s{subject}"));
            vault.keep(&client, &subject, "picture", &[7; 5000]).await.expect("kept");
        }
        let file = world.folder.path().join("all.backup");
        let (source, target) = (source(world), BackupFile::Local(file.clone()));
        let (secret, progress) = (secret(), Progress::default());
        let making = make(&source, &target, &secret, true, &progress);
        let deleting = async {
            for subject in (0..200).rev().step_by(2) {
                let (client, subject) = (format!("c{}", subject % 5), format!("s{subject}"));
                vault.destroy(&client, &subject).await.expect("destroyed");
            }
            vault.destroy_client("c3").await.expect("destroyed");
            vault.rotate_client_key("c2").await.expect("rotated");
            for subject in 0..50 {
                let subject = format!("new{subject}");
                vault.keep("c1", &subject, "picture", &[8; 5000]).await.expect("kept");
            }
        };
        let (made, ()) = tokio::join!(making, deleting);
        let made = made.expect("a backup");
        let scratch = tempfile::tempdir().expect("a folder");
        let verified = verify(&target, &secret, None, scratch.path(), &progress).await;
        let (_, manifest, opened) = verified.expect("it can be restored");
        assert_eq!(manifest, made);
        assert!(opened.expect("master keys are inside").clients >= 3);
    }
}

/// A backup of several chunks, and where it lies.
async fn some_backup(world: &World) -> (PathBuf, Vec<u8>) {
    let mut noise = vec![0; 400_000];
    Random::System.fill(&mut noise);
    world.app.vault.keep("acme", "s", "picture", &noise).await.expect("kept");
    let file = world.folder.path().join("all.backup");
    let target = BackupFile::Local(file.clone());
    let made = make(&source(world), &target, &secret(), true, &Progress::default()).await;
    made.expect("a backup");
    let bytes = fs::read(&file).expect("the backup");
    (file, bytes)
}

#[tokio::test]
async fn a_backup_that_was_changed_anywhere_is_rejected() {
    const HEADER: usize = 65;
    const CHUNK: usize = 64 * 1024 + 16;
    let world = World::sqlite().await;
    let (file, whole) = some_backup(&world).await;
    assert!(whole.len() > HEADER + 5 * CHUNK, "{}", whole.len());
    let inspect = async |bytes: &[u8]| {
        fs::write(&file, bytes).expect("a file");
        let scratch = tempfile::tempdir().expect("a folder");
        let target = BackupFile::Local(file.clone());
        let found =
            verify(&target, &secret(), None, scratch.path(), &Progress::default()).await.map(drop);
        assert_eq!(fs::read_dir(scratch.path()).expect("a folder").count(), 0);
        found.map_err(|error| format!("{error:#}"))
    };
    assert_eq!(inspect(&whole).await, Ok(()));
    for at in [
        0,
        16,
        20,
        48,
        49,
        64,
        65,
        70,
        CHUNK,
        HEADER + CHUNK,
        HEADER + 2 * CHUNK + 5,
        whole.len() - 1,
    ] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        let text = inspect(&flipped).await.expect_err("a flipped bit");
        assert!(text.contains("backup"), "{at}: {text}");
    }
    for length in [
        0,
        10,
        64,
        65,
        66,
        HEADER + 15,
        HEADER + CHUNK,
        HEADER + CHUNK + 1,
        HEADER + 3 * CHUNK,
        whole.len() - CHUNK,
        whole.len() - 1,
    ] {
        let text = inspect(&whole[..length]).await.expect_err("a cut");
        assert!(text.contains("backup"), "{length}: {text}");
    }
    let chunk = |number: usize| {
        let begin = HEADER + number * CHUNK;
        &whole[begin..whole.len().min(begin + CHUNK)]
    };
    let last = (whole.len() - HEADER) / CHUNK;
    let put_together = |order: &[usize]| {
        let chunks = order.iter().flat_map(|number| chunk(*number).to_vec());
        whole[..HEADER].iter().copied().chain(chunks).collect::<Vec<u8>>()
    };
    let in_order: Vec<usize> = (0..=last).collect();
    assert_eq!(put_together(&in_order), whole);
    let mut swapped = in_order.clone();
    swapped.swap(1, 2);
    let mut twice = in_order.clone();
    twice.insert(1, 1);
    let mut without = in_order.clone();
    without.remove(2);
    let mut ended_twice = in_order.clone();
    ended_twice.push(last);
    for order in [swapped, twice, without, ended_twice] {
        let text = inspect(&put_together(&order)).await.expect_err("another order");
        assert!(text.contains("damaged, cut off or put together wrongly"), "{order:?}: {text}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    inspect(&longer).await.expect_err("something behind it");
    // A chunk of another backup under the same key.
    fs::remove_file(&file).expect("removed");
    let (_, other) = some_backup(&world).await;
    let mixed = [&whole[..HEADER + CHUNK], &other[HEADER + CHUNK..]].concat();
    inspect(&mixed).await.expect_err("of two backups");
}

#[tokio::test]
async fn a_backup_opens_with_its_own_passphrase_alone() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let folder = Folder::new();
    let file = folder.file("all.backup").display().to_string();
    let place = place_of(&world);
    let private = |name: &str, text: &str| {
        let path = folder.write(name, text);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its owner");
        path
    };
    let right = private("right", "correct horse battery\n");
    let wrong = private("wrong", "correct horse batterz\n");
    let key = key_file(&folder);
    let decrypted = folder.run(&with(&["backup", &file], &place)).failed();
    assert!(decrypted.contains("--passphrase-file") && decrypted.contains("--database-only"));
    let short = private("short", "too short\n");
    let rejected = folder.run(&with(&["backup", &file, "--passphrase-file", &short], &place));
    assert!(rejected.failed().contains("at least 12 characters"));
    fs::set_permissions(&right, Permissions::from_mode(0o644)).expect("its owner");
    let rejected = folder.run(&with(&["backup", &file, "--passphrase-file", &right], &place));
    assert!(rejected.failed().contains("chmod 600"));
    fs::set_permissions(&right, Permissions::from_mode(0o600)).expect("its owner");
    assert!(!Path::new(&file).exists());
    let made = folder.run(&with(&["backup", &file, "--passphrase-file", &right], &place)).ok();
    assert!(made.contains("without the master keys and the signing keys"), "{made}");
    let inspect =
        |more: &[&str]| folder.run(&[&["backup", "verify", &file, "--json"], more].concat());
    // The data folder of this command holds nothing: no master key is known.
    let found = inspect(&["--passphrase-file", &right]).json();
    assert_eq!((&found["opened"], &found["withKeys"]), (&json!("not_checked"), &json!(false)));
    assert_eq!(found["tables"]["clients"], json!(1));
    let text = inspect(&["--passphrase-file", &wrong]).failed();
    assert!(text.contains("does not open with this passphrase"), "{text}");
    let text = inspect(&["--key-file", &key]).failed();
    assert!(text.contains("encrypted with a passphrase"), "{text}");
    let text = folder.run(&["backup", "verify", &right, "--key-file", &key]).failed();
    assert!(text.contains("no backup"), "{text}");
    let mut command = folder.command(&["backup", "verify", &file]);
    command.env("VERAX_BACKUP_PASSPHRASE", "correct horse battery");
    assert!(command.output().expect("it runs").status.success());
}

#[tokio::test]
async fn half_a_world_is_restored_by_name_alone() {
    let world = World::sqlite().await;
    let bank = inhabited(&world).await;
    let folder = Folder::new();
    let key = key_file(&folder);
    let file = folder.file("all.backup").display().to_string();
    folder.run(&with(&["backup", &file, "--key-file", &key], &place_of(&world))).ok();
    let own = |name: &str| world.folder.path().join(name).display().to_string();
    let (master, signing) = (own("master-keys.json"), own("signing-keys.json"));
    let restore = |there: &Folder, more: &[&str]| {
        there.run(&[&["restore", &file, "--key-file", &key, "--json"], more].concat())
    };
    let there = Folder::new();
    for (more, wanted) in [
        (&[][..], "--without master-keys"),
        (&["--master-keys", &master], "--without signing-keys"),
        (&["--signing-keys", &signing], "--without master-keys"),
        // Keys for another purpose open nothing.
        (&["--master-keys", &signing, "--signing-keys", &signing], "do not fit the backup"),
    ] {
        let text = restore(&there, more).failed();
        assert!(text.contains(wanted), "{more:?}: {text}");
        assert!(!there.data().exists(), "{more:?} left something");
    }
    let given = ["--master-keys", &master, "--signing-keys", &signing];
    let restored = restore(&there, &given).json();
    assert_eq!(restored["lost"], json!([]));
    let location = Location::File(there.data().join("verax.db"));
    let app = open(&there.data(), &location, &world).await;
    assert_eq!(answers(&app, &bank.token).await, answers(&bank.app, &bank.token).await);

    let there = Folder::new();
    let without = ["--without", "master-keys,signing-keys,objects"];
    let lost = restore(&there, &without).json()["lost"].to_string();
    for part in ["templates", "tokens", "images"] {
        assert!(lost.contains(part), "{part}: {lost}");
    }
    // No keys are made in the place of those that were left out, until somebody says that they are lost.
    there.run(&["export", "persons"]).failed();
    there.run(&["vault", "bind", "--lost"]).ok();
    assert_eq!(there.run(&["export", "persons"]).ok().lines().count(), 1);

    // An image that its record names was lost before: the backup says so, and a restore too.
    let objects = world.folder.path().join("objects").join("acme");
    let documents = bank.get(&bank.token, DOCUMENTS).await.json();
    let document = documents["data"][0]["_id"].as_str().expect("an id").to_owned();
    fs::remove_dir_all(objects.join(&document)).expect("removed");
    let file = folder.file("less.backup").display().to_string();
    let backup = ["backup", &file, "--key-file", &key, "--with-keys", "--json"];
    let made = folder.run(&with(&backup, &place_of(&world))).json();
    assert_eq!(made["missingImages"], json!(1));
    let there = Folder::new();
    let text = there.run(&["restore", &file, "--key-file", &key]).failed();
    assert!(text.contains("1 images that records name"), "{text}");
    let restore = ["restore", &file, "--key-file", &key, "--without", "missing"];
    assert!(there.run(&restore).ok().contains("lost: 1 images"));
}

#[tokio::test]
async fn a_template_whose_key_is_gone_and_a_newer_backup_are_told() {
    let world = World::sqlite().await;
    let bank = inhabited(&world).await;
    let persons = bank.get(&bank.token, "/v2/face-recognition/persons").await.json();
    let person = persons["data"][0]["_id"].as_str().expect("an id").to_owned();
    fs::remove_file(world.folder.path().join("keys").join("acme").join(person)).expect("removed");
    let file = BackupFile::Local(world.folder.path().join("all.backup"));
    let made = make(&source(&world), &file, &secret(), false, &Progress::default()).await;
    assert_eq!(made.expect("a backup").missing_keys, 1);
    world
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
             VALUES (9999, 'later', '2030-01-01T00:00:00Z', '0')",
        )
        .await;
    let file = BackupFile::Local(world.folder.path().join("newer.backup"));
    let made = make(&source(&world), &file, &secret(), false, &Progress::default()).await;
    assert!(format!("{:#}", made.expect_err("a newer database")).contains("9999"));
}

fn schedule(to: &Path, key: &str) -> config::Backup {
    config::Backup {
        every_hours: 24,
        to: to.display().to_string(),
        key_file: key.to_owned(),
        passphrase_file: String::new(),
        keep: 2,
        with_keys: true,
        verify: true,
    }
}

on_both_databases! {
    async fn scheduled_backups_are_made_by_one_node_and_the_old_ones_go(world) {
        const HOUR: i64 = 3_600_000;
        const NOTES: &str = "verax-2026.backup";
        world.client("acme").await;
        let other = world.node(|_| {}).await;
        let folder = Folder::new();
        let to = folder.file("backups");
        let settings = schedule(&to, &key_file(&folder));
        let source = source(world);
        let names = || {
            let entries = fs::read_dir(&to).expect("a folder");
            let mut names: Vec<String> = entries
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .collect();
            names.retain(|name| name != NOTES);
            names.sort();
            names
        };
        // A file that is no scheduled backup stays.
        fs::create_dir(&to).expect("a folder");
        fs::write(to.join(NOTES), "x").expect("a file");
        // What a killed server has left goes.
        let partial = to.join("verax-20200101T000000Z.backup.partial");
        fs::write(&partial, "x").expect("a file");
        for round in 0..4usize {
            let (one, two) = tokio::join!(
                world.app.back_up_if_due(&settings, &source),
                other.back_up_if_due(&settings, &source)
            );
            let (one, two) = (one.expect("looked"), two.expect("looked"));
            assert!(one.is_some() != two.is_some(), "{round}: {one:?} {two:?}");
            let made = one.or(two).expect("one");
            assert!(made.verified && names().contains(&made.name), "{made:?}");
            assert_eq!(names().len(), 2.min(round + 1));
            assert!(!partial.exists());
            world.turn_clock(HOUR);
            assert_eq!(world.app.back_up_if_due(&settings, &source).await.expect("looked"), None);
            let metrics = send(&world.router, request(Method::GET, "", "/metrics")).await;
            let metrics = metrics.text();
            let seconds = made.made_at / 1000;
            let line = format!("verax_backup_last_success_timestamp_seconds {seconds}");
            assert!(metrics.contains(&line), "{metrics}");
            world.turn_clock(24 * HOUR);
        }
        assert!(to.join(NOTES).exists());
        // One that fails is tried again, and changes nothing about the last.
        let last = world.app.last_backup().await.expect("a look");
        let broken = config::Backup { key_file: "/nowhere".to_owned(), ..settings.clone() };
        let failed = world.app.back_up_if_due(&broken, &source).await;
        assert!(failed.is_err());
        assert_eq!(world.app.last_backup().await.expect("a look"), last);
        assert_eq!(world.app.back_up_if_due(&settings, &source).await.expect("looked"), None);
        world.turn_clock(HOUR);
        assert!(world.app.back_up_if_due(&settings, &source).await.expect("looked").is_some());
    }
}

#[test]
fn a_server_makes_scheduled_backups_and_the_doctor_knows() {
    let folder = Folder::new();
    folder.token("acme");
    let key = key_file(&folder);
    let to = folder.file("backups");
    let settings =
        format!("[backup]\nevery_hours = 1\nto = \"{}\"\nkey_file = \"{key}\"\n", to.display());
    let settings = folder.write("verax.toml", &settings);
    let doctor = || {
        let found = folder.run(&["doctor", "--json", "--config", &settings]);
        let found: Value = serde_json::from_str(&found.stdout).expect("JSON");
        let findings = found["findings"].as_array().expect("a list").clone();
        findings.into_iter().find(|it| it["what"] == "last backup").expect("a line")
    };
    assert_eq!(doctor()["ok"], json!(false));
    let served = folder.serve(&["--config", &settings]);
    let begun = std::time::Instant::now();
    while doctor()["ok"] != json!(true) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{}", served.log());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    served.stop();
    assert!(doctor()["says"].as_str().is_some_and(|says| says.contains("restored on trial")));
    let wrong = folder.write("wrong.toml", "[backup]\nevery_hours = 1\nto = \"x\"\n");
    let text = folder.run(&["serve", "--config", &wrong]).failed();
    assert!(text.contains("backup.key_file"), "{text}");
}

#[tokio::test]
async fn everything_moves_to_postgres_and_back_by_one_command_each() {
    let world = World::on(Engine::Sqlite).await;
    let bank = inhabited(&world).await;
    let before = answers(&bank.app, &bank.token).await;
    let folder = Folder::new();
    let (url, place) = (new_database().await, place_of(&world));
    let served = folder.serve(&with(&[], &place));
    let rejected = folder.run(&with(&["move", "--to", &url], &place)).failed();
    assert!(rejected.contains("a server is running"), "{rejected}");
    served.stop();

    let rows = || async {
        let scratch = tempfile::tempdir().expect("a folder");
        let dump = verax_store::Dump::begin(&world.location, scratch.path()).await;
        let mut dump = dump.expect("a dump");
        let mut digests = verax_store::TableDigests::new();
        while let Some(block) = dump.next().await.expect("a block") {
            digests.entry(block.table).or_default().add(&block).expect("whole rows");
        }
        digests
    };
    let source_before = rows().await;
    let moved = folder.run(&with(&["move", "--to", &url, "--json"], &place)).json();
    assert_eq!(rows().await, source_before, "the source was changed");
    for (table, digest) in &source_before {
        assert_eq!(moved["tables"][table], json!(digest.rows), "{table}");
    }
    // Keys and objects stay where they are.
    assert_eq!((&moved["keys"], &moved["objects"]), (&Value::Null, &Value::Null));
    let postgres = Location::Postgres(url.clone());
    let app = open(world.folder.path(), &postgres, &world).await;
    assert_eq!(answers(&app, &bank.token).await, before);
    for (name, wrong) in app.check_tallies().await.expect("tallies") {
        assert_eq!(wrong, 0, "{name}");
    }
    let again = folder.run(&with(&["move", "--to", &url], &place)).failed();
    assert!(again.contains("is not empty"), "{again}");

    // Back, into a folder of its own: with keys and objects.
    let there = Folder::new();
    let to = there.data().display().to_string();
    let data = world.folder.path().display().to_string();
    let back = ["move", "--to", &to, "--data", &data, "--database-url", &url];
    let rejected = there.run(&back).failed();
    assert!(rejected.contains("stop the servers first"), "{rejected}");
    drop(app);
    let begun = std::time::Instant::now();
    let text = loop {
        let outcome = there.run(&back);
        if outcome.code == Some(0) {
            break outcome.stdout;
        }
        // The connections of the app end with it, a moment later.
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{}", outcome.stderr);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    for line in ["rebuilt: ", "keys: ", "objects: ", "copied: master-keys.json, signing-keys.json"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    let location = Location::File(there.data().join("verax.db"));
    let app = open(&there.data(), &location, &world).await;
    assert_eq!(answers(&app, &bank.token).await, before);
}
