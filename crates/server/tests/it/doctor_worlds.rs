//! Broken worlds: the doctor names the fault of each, by the thing that is amiss and in words.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::Timestamp;
use verax_domain::records::person::PersonDetails;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::App;
use verax_server::app::faces::Portrait;
use verax_server::app::journal::Origin;
use verax_server::app::persons::NewPerson;
use verax_server::clock::{Clock, Random};
use verax_server::http::{self, State};
use verax_server::keys::{MasterKeys, SigningKeys};
use verax_server::vault::Vault;
use verax_store::{Database, Location, Schema};
use verax_vision::document::seeded::Seeded;

use crate::binary::Folder;
use crate::given_faces::{face, template, with_given_faces};
use crate::world::{options, request, send, settings};

/// Until 2024-02-01.
const EXPIRED: &str = include_str!("../tls/expired-certificate.pem");

/// A server's folder with a client, a person with a face, and a document with its image.
struct Patient {
    folder: Folder,
    person: String,
    document: String,
}

/// The app over a data folder, in this process.
async fn app_over(data: &Path) -> App {
    let random = Random::System;
    let keys = SigningKeys::open_existing(&data.join("signing-keys.json")).expect("keys");
    let master = MasterKeys::open_existing(&data.join("master-keys.json")).expect("keys");
    let place = |name: &str| data.join(name).display().to_string();
    let vault = Vault::open(master, &place("keys"), &place("objects"), random.clone());
    let location = Location::File(data.join("verax.db"));
    let database = Database::open(&location, &options()).await.expect("a database");
    let app = App::new(settings(), database, keys, Clock::System, random);
    with_given_faces(app.with_vault(vault.expect("a vault")), "given")
}

impl Patient {
    async fn new() -> Patient {
        let folder = Folder::new();
        let token = folder.token("acme");
        let app = app_over(&folder.data()).await;
        let details = PersonDetails { name: Some("Jo Roe".to_owned()), ..Default::default() };
        let person = NewPerson { details, ..NewPerson::default() };
        let portrait =
            Portrait { template: template(face(1)), thumbnail: None, liveness_score: None };
        let person =
            app.enrol_person("acme", person, vec![portrait], None, &Origin::command()).await;
        let order = json!({
            "image": STANDARD.encode(jpeg(&card(&mut Seeded::new(5), None).image, 90)),
            "saveImage": true, "validateScreenReplay": false, "validatePrintedCopy": false,
            "validatePortraitSubstitution": false,
        });
        let request = request(Method::POST, &token, "/v2/document-liveness");
        let request = request.map(|_| Body::from(order.to_string()));
        let checked = send(&http::router(State::new(app)), request).await;
        assert_eq!(checked.status, 200, "{}", checked.text());
        let document = checked.json()["data"]["_id"].as_str().expect("an id").to_owned();
        Patient { folder, person: person.expect("a person"), document }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.data().join(name)
    }

    fn key_of(&self, subject: &str) -> PathBuf {
        self.file("keys").join("acme").join(subject)
    }

    /// What is amiss: the thing and the words.
    fn complaints(&self, more: &[&str]) -> Vec<(String, String)> {
        let outcome = self.folder.run(&[&["doctor", "--json"], more].concat());
        let json: Value = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|_| panic!("{}{}", outcome.stdout, outcome.stderr));
        let findings = json["findings"].as_array().expect("findings").clone();
        let bad: Vec<_> = findings
            .iter()
            .filter(|finding| finding["state"] == "problem")
            .map(|finding| {
                let text = |name: &str| finding[name].as_str().expect("a text").to_owned();
                (text("what"), text("says"))
            })
            .collect();
        assert_eq!(outcome.code, Some(if bad.is_empty() { 0 } else { 1 }), "{json}");
        bad
    }

    /// Whether it complains of this thing in these words.
    #[track_caller]
    fn complains(&self, what: &str, words: &str) {
        self.complains_with(&[], what, words);
    }

    #[track_caller]
    fn complains_with(&self, more: &[&str], what: &str, words: &str) {
        let text = self.complaints(more);
        let named = text.iter().any(|(thing, says)| thing == what && says.contains(words));
        assert!(named, "{what}: {words}: {text:?}");
    }

    /// What a start says that must not work.
    fn rejects_to_start(&self) -> String {
        self.folder.run(&["serve", "--listen", "127.0.0.1:0"]).failed()
    }
}

fn put_key(file: &Path) {
    fs::remove_file(file).expect("the keys");
    let random = Random::System;
    match file.ends_with("master-keys.json") {
        true => drop(MasterKeys::open(file, &random).expect("other keys")),
        false => drop(SigningKeys::open(file, &random).expect("other keys")),
    }
}

#[tokio::test]
async fn a_world_that_is_well_is_told_so_and_nothing_is_left_in_it() {
    let patient = Patient::new().await;
    let count = |folder: &str| fs::read_dir(patient.file(folder)).expect("a folder").count();
    let before = (count("keys"), count("objects"));
    assert_eq!(patient.complaints(&[]), []);
    assert_eq!((count("keys"), count("objects")), before);
    let text = patient.folder.run(&["doctor"]).ok();
    for line in
        ["ok  writes", "ok  keys and vault", "ok  client keys", "ok  faces: 1", "ok  images: 1"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Missing models are no fault, and named.
    assert!(text.contains("models: not installed"), "{text}");
}

#[tokio::test]
async fn other_or_lost_keys_and_places_are_named_and_no_server_starts_with_them() {
    let patient = Patient::new().await;
    let master = patient.file("master-keys.json");
    let kept = fs::read(&master).expect("the keys");
    put_key(&master);
    patient.complains("keys and vault", "the master keys are not this database's");
    patient.complains("client keys", "acme");
    assert!(patient.rejects_to_start().contains("vault.master_keys_file"));

    fs::remove_file(&master).expect("the keys");
    patient.complains("master keys", "is not there: put them back");
    let text = patient.rejects_to_start();
    assert!(text.contains("None are made in their place"), "{text}");
    assert!(!master.exists(), "it was rebuilt");
    fs::write(&master, kept).expect("the keys");
    fs::set_permissions(&master, Permissions::from_mode(0o600)).expect("its owner");
    assert_eq!(patient.complaints(&[]), []);

    let signing = patient.file("signing-keys.json");
    let kept = fs::read(&signing).expect("the keys");
    put_key(&signing);
    patient.complains("keys and vault", "the signing keys are not this database's");
    assert!(patient.rejects_to_start().contains("tokens.signing_keys_file"));
    fs::remove_file(&signing).expect("the keys");
    assert!(patient.rejects_to_start().contains("the signing keys of this database are not here"));
    assert!(!signing.exists(), "it was rebuilt");
    fs::write(&signing, kept).expect("the keys");
    fs::set_permissions(&signing, Permissions::from_mode(0o600)).expect("its owner");

    for (name, setting) in [("keys", "vault.keys"), ("objects", "vault.objects")] {
        let elsewhere = patient.file("elsewhere");
        fs::rename(patient.file(name), &elsewhere).expect("a folder");
        patient.complains("vault folders", name);
        assert!(patient.rejects_to_start().contains("is not there"));
        fs::create_dir(patient.file(name)).expect("a folder");
        fs::set_permissions(patient.file(name), Permissions::from_mode(0o700)).expect("its owner");
        patient.complains("keys and vault", "no vault.id lies in it");
        let text = patient.rejects_to_start();
        assert!(text.contains(setting), "{text}");
        fs::write(patient.file(name).join("vault.id"), "another").expect("a file");
        patient.complains("keys and vault", "the location of another vault");
        fs::remove_dir_all(patient.file(name)).expect("a folder");
        fs::rename(&elsewhere, patient.file(name)).expect("a folder");
    }
    assert_eq!(patient.complaints(&[]), []);
}

#[tokio::test]
async fn keys_and_bytes_that_are_lost_or_damaged_are_named_with_their_records() {
    let patient = Patient::new().await;
    let of_person = patient.key_of(&patient.person);
    let kept = fs::read(&of_person).expect("a key");
    fs::remove_file(&of_person).expect("a key");
    patient.complains("faces", &format!("client acme, persons {}", patient.person));
    fs::write(&of_person, &kept[1..]).expect("a key");
    patient.complains("faces", &patient.person);
    fs::write(&of_person, kept).expect("a key");

    let object = patient.file("objects").join("acme").join(&patient.document).join("picture");
    let kept = fs::read(&object).expect("an image");
    fs::write(&object, &kept[..kept.len() / 2]).expect("half an image");
    patient.complains("images", &format!("client acme, document-liveness {}", patient.document));
    fs::remove_file(&object).expect("an image");
    patient.complains("images", "its bytes are not in the object store");
    fs::write(&object, kept).expect("an image");

    let of_client = patient.key_of("client.key");
    let kept = fs::read(&of_client).expect("a key");
    fs::remove_file(&of_client).expect("a key");
    patient.complains("client keys", "acme");
    fs::write(&of_client, [&kept[..30], b"damaged"].concat()).expect("a key");
    patient.complains("client keys", "acme");
    fs::write(&of_client, kept).expect("a key");
    assert_eq!(patient.complaints(&[]), []);
}

#[tokio::test]
async fn a_machine_that_is_full_open_to_others_or_late_is_named() {
    let patient = Patient::new().await;
    // No disk has as much: what the server asks for is more than there is.
    let full = patient.folder.write("full.toml", "[disk]\nfree_bytes_min = 9000000000000000000\n");
    patient.complains_with(&["--config", &full], "space", "disk.free_bytes_min");

    let keys = patient.file("keys");
    fs::set_permissions(&keys, Permissions::from_mode(0o755)).expect("its owner");
    patient.complains("vault folders", "others can read");
    fs::set_permissions(&keys, Permissions::from_mode(0o700)).expect("its owner");

    let certificate = patient.folder.write("expired.pem", EXPIRED);
    let tls = ["--tls-cert", certificate.as_str(), "--tls-key", certificate.as_str()];
    patient.complains_with(&tls, "certificate", "has expired at 2024-02-01");
    let none = patient.folder.write("none.pem", "nothing\n");
    let tls = ["--tls-cert", none.as_str(), "--tls-key", none.as_str()];
    patient.complains_with(&tls, "certificate", "it needs the certificate chain");

    // Somebody with another clock was here before.
    let app = app_over(&patient.folder.data()).await;
    let later = Timestamp(Clock::System.now().0 + 3_600_000);
    app.database.probe(later).await.expect("a beat");
    patient.complains("clock", "was written at");
    app.database.probe(Clock::System.now()).await.expect("a beat");

    let settings = patient.folder.write("objects.toml", "[vault]\nobjects = \"/proc/none\"\n");
    patient.complains_with(&["--config", &settings], "vault folders", "/proc/none");
    assert_eq!(patient.complaints(&[]), []);
}

#[tokio::test]
async fn a_folder_that_takes_nothing_is_named() {
    let patient = Patient::new().await;
    // Whoever runs this may be allowed everything: a file is in the way instead.
    let app = app_over(&patient.folder.data()).await;
    let place = |name: &str| patient.file(name).display().to_string();
    let master = MasterKeys::open_existing(&patient.file("master-keys.json")).expect("keys");
    let vault = Vault::open(master, &place("keys"), &place("objects"), app.random.clone());
    let vault = vault.expect("a vault");
    vault.write_and_take_back().await.expect("both take it");
    fs::remove_dir_all(patient.file("objects")).expect("a folder");
    fs::write(patient.file("objects"), "in the way").expect("a file");
    let rejected = vault.write_and_take_back().await.expect_err("it takes nothing");
    assert!(rejected.0.ends_with("objects"), "{}", rejected.0);
    patient.complains("vault", "is not there");
}

#[tokio::test]
async fn a_database_that_is_newer_is_named() {
    let patient = Patient::new().await;
    let location = Location::File(patient.file("verax.db"));
    let options = verax_store::Options { schema: Schema::LeaveAsItIs, ..options() };
    let database = Database::open(&location, &options).await.expect("a database");
    let mut sql = verax_query::Sql::default();
    sql.push("INSERT INTO refinery_schema_history (version, name, applied_on, checksum) ");
    sql.push("VALUES (9999, 'later', '2030-01-01T00:00:00Z', '0')");
    let mut batch = verax_store::Batch::default();
    batch.push(sql, verax_store::Rows::Exactly(1));
    database.commit(batch).await.expect("a row");
    patient.complains("database", "schema version 9999");
}
