//! Deleting is complete: canaries in every channel, records deleted in every order, and then a search
//! of all bytes for them. What models would say of a face is given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::resources::{DOCUMENT_LIVENESS, PERSONS};
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::App;
use verax_server::app::settings::Settings;
use verax_server::http::{self, State};
use verax_store::Batch;
use verax_vision::document::seeded::Seeded;

use crate::answer::Answer;
use crate::given_faces::{Face, face, image, with_given_faces};
use crate::world::{World, request, send, settings};

const VALIDATIONS: &str = "/v2/biometric-validations";
const REGISTRATIONS: &str = "/v2/app-registrations";
const DOCUMENTS: &str = "/v2/document-liveness";
const FACES: &str = "/v2/face-recognition";
const LISTED: [&str; 9] = [
    "/v2/projects",
    "/v2/project-flows",
    "/v2/face-recognition/collections",
    "/v2/face-recognition/persons",
    "/v2/liveness-sessions",
    REGISTRATIONS,
    VALIDATIONS,
    "/v2/app-logins",
    DOCUMENTS,
];

/// A server that stores every image that it may, writes its whole log into a file, and has a client
/// with a project.
struct Office<'a> {
    world: &'a World,
    app: App,
    router: Router,
    client: &'static str,
    token: String,
    collection: String,
    project: String,
    flow: String,
}

/// A request under a key, to be sent again.
#[derive(Clone)]
struct SentRow {
    token: String,
    key: String,
    path: String,
    body: Value,
}

impl<'a> Office<'a> {
    async fn open(world: &'a World, client: &'static str) -> Office<'a> {
        let log = fs::File::create(world.folder.path().join("log")).expect("a file");
        let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        let everything =
            everything.with_ansi(false).with_writer(std::sync::Mutex::new(log)).finish();
        // For threads of the database and the vault too. Tests run in processes of their own.
        let _ = tracing::subscriber::set_global_default(everything);
        let mut config = settings();
        config.validations.keep_images = true;
        config.persons.keep_thumbnails = true;
        let mut app = with_given_faces(world.app.clone(), "given");
        app.config = Settings::new(config);
        let router = http::router(State::new(app.clone()));
        let token = world.token(client).await;
        let nothing = String::new;
        let (collection, project, flow) = (nothing(), nothing(), nothing());
        let mut office = Office { world, app, router, client, token, collection, project, flow };
        let collection = json!({ "name": "Customers" });
        office.collection = id(&office.make(&format!("{FACES}/collections"), collection).await);
        let project = json!({ "name": "Bank", "assignedCollection": office.collection });
        office.project = id(&office.make("/v2/projects", project).await);
        let flow = json!({ "project": office.project, "type": "onboarding" });
        office.flow = id(&office.make("/v2/project-flows", flow).await);
        office
    }

    async fn call(&self, method: Method, token: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&self.router, request(method, token, path).map(|_| Body::from(body))).await
    }

    async fn make(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, &self.token, path, &body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, &self.token, path, &Value::Null).await.json()["data"].clone()
    }

    async fn delete(&self, path: &str) {
        let gone = self.call(Method::DELETE, &self.token, path, &Value::Null).await;
        assert_eq!(gone.status, 200, "{path}: {}", gone.text());
    }

    async fn repeat(&self, sent: &SentRow) -> Answer {
        let body = Body::from(sent.body.to_string());
        let mut request = request(Method::POST, &sent.token, &sent.path).map(|_| body);
        request.headers_mut().insert("idempotency-key", sent.key.parse().expect("a header"));
        send(&self.router, request).await
    }

    /// Sends a request under a key, and again: it is done once.
    async fn send(&self, sent: &mut Vec<SentRow>, token: &str, path: &str, body: Value) -> Answer {
        let key = format!("zqkey-{}-{}", sent.len(), self.app.random.number());
        let (token, path) = (token.to_owned(), path.to_owned());
        let new = SentRow { token, key, path, body };
        let first = self.repeat(&new).await;
        let second = self.repeat(&new).await;
        // A token that was exchanged is dead.
        if second.status != 401 {
            assert_eq!(second.header("idempotency-replayed"), "true", "{}", new.path);
            assert_eq!((second.status, second.text()), (first.status, first.text()));
        }
        sent.push(new);
        first
    }

    /// Every record that a list shows, by path and id.
    async fn records(&self) -> BTreeMap<String, Value> {
        let mut records = BTreeMap::new();
        for path in LISTED {
            let size = if path == VALIDATIONS { "perPage" } else { "limit" };
            let rows = self.get(&format!("{path}?{size}=100")).await;
            for row in rows.as_array().expect("a list") {
                let id = row["_id"].as_str().expect("an id");
                let whole = self.get(&format!("{path}/{id}")).await;
                records.insert(format!("{path}/{id}"), whole);
            }
        }
        records
    }

    /// Which of the canaries are anywhere: in the database, the files of the vault, or the log. A log
    /// of the database that a reader holds up is given a moment.
    async fn left(&self, canaries: &[String]) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let found = self.there(canaries).await;
            if found.is_empty() || begun.elapsed() > Duration::from_secs(5) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The same at once.
    async fn there(&self, canaries: &[String]) -> Vec<String> {
        let mut bytes = self.world.database_bytes().await;
        for file in files(self.world.folder.path()) {
            if !file.to_string_lossy().contains("verax.db") {
                bytes.extend(fs::read(&file).expect("a file"));
            }
        }
        canaries.iter().filter(|it| holds(&bytes, it)).cloned().collect()
    }

    /// A person through everything that a person goes through.
    async fn story(&self, number: u8) -> Story {
        let mut sent = Vec::new();
        let letter = char::from(b'a' + number);
        let email = format!("zqemail{letter}@example.com");
        let (phone, address) = (format!("30055501{number:02}"), format!("203.0.113.1{number:02}"));
        let mut canaries: Vec<String> = [
            format!("qfull{letter}name"),
            email[1..].to_owned(),
            phone.clone(),
            address.clone(),
            format!("qnote{letter}"),
            format!("qexif{letter}"),
            format!("qtail{letter}"),
        ]
        .to_vec();
        let body = json!({
            "project": self.project, "projectFlow": self.flow, "email": email, "phone": phone,
            "countryCode": "+57", "fullName": format!("Zqfull{letter}name"),
        });
        let made = self.send(&mut sent, &self.token, REGISTRATIONS, body).await.json();
        let registration = text(&made["data"]["appRegistration"]["_id"]);
        let own = text(&made["data"]["token"]);
        canaries.push(own.clone());

        let first = json!({ "image": selfie(number, 0, letter), "os": "IOS" });
        let path = format!("{VALIDATIONS}/app-registration");
        let enrolled = self.send(&mut sent, &own, &path, first).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.text());
        // A device does not learn who it is.
        let enrolled = self.get(&format!("{REGISTRATIONS}/{registration}")).await;
        let person = text(&enrolled["person"]);
        let mut validations = vec![text(&enrolled["biometricValidation"])];

        let document = json!({
            "image": document(letter), "saveImage": true, "validatePortraitSubstitution": false,
            "validateScreenReplay": false, "validatePrintedCopy": false,
        });
        let document = id(&self.send(&mut sent, &own, DOCUMENTS, document).await);
        let review = json!({
            "step": "adminOverride", "status": "COMPLETED", "note": format!("zqnote{letter}"),
        });
        let path = format!("{REGISTRATIONS}/{registration}/sync");
        let reviewed = self.call(Method::PUT, &self.token, &path, &review).await;
        assert_eq!(reviewed.status, 200, "{}", reviewed.text());

        // A login that is passed, and one with another face.
        for of in [number, number + 100] {
            let body = json!({
                "project": self.project, "projectFlow": self.flow, "identifier": email,
                "type": "login", "ipAddress": address,
            });
            let opened = self.send(&mut sent, &self.token, VALIDATIONS, body).await.json();
            let session = text(&opened["data"]["token"]);
            validations.push(text(&opened["data"]["biometricValidation"]["_id"]));
            let image = json!({ "image": selfie(of, 2, letter) });
            let path = format!("{VALIDATIONS}/validate");
            let ended = self.send(&mut sent, &session, &path, image).await;
            assert_eq!(ended.status, if of == number { 200 } else { 400 }, "{}", ended.text());
            if let Some(token) = ended.json()["data"]["token"].as_str() {
                let exchanged =
                    self.send(&mut sent, token, "/v2/auth/project-login", json!({})).await;
                assert_eq!(exchanged.status, 200, "{}", exchanged.text());
                canaries.push(text(&exchanged.json()["data"]["accessToken"]));
            }
            canaries.push(session);
        }
        let raw = format!("/v2/app-logins?where_person={person}");
        let login = text(&self.get(&raw).await[0]["_id"]);
        Story { registration, person, validations, document, login, canaries, sent, of: number }
    }

    /// Who is found by this face.
    async fn found(&self, of: u8) -> Value {
        let body = json!({
            "images": [image(&[face(of + 1)])], "min_score": 0.85, "search_mode": "FAST",
        });
        let answer = self.make(&format!("{FACES}/search"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"].clone()
    }
}

struct Story {
    registration: String,
    person: String,
    validations: Vec<String>,
    document: String,
    login: String,
    canaries: Vec<String>,
    sent: Vec<SentRow>,
    of: u8,
}

impl Story {
    async fn forget(&self, office: &Office<'_>, kind: &str) {
        match kind {
            "person" => office.delete(&format!("{FACES}/persons/{}", self.person)).await,
            "registration" => {
                office.delete(&format!("{REGISTRATIONS}/{}", self.registration)).await;
            }
            "document" => office.delete(&format!("{DOCUMENTS}/{}", self.document)).await,
            _ => {
                for id in &self.validations {
                    office.delete(&format!("{VALIDATIONS}/{id}")).await;
                }
            }
        }
    }
}

fn holds(bytes: &[u8], canary: &str) -> bool {
    memchr::memmem::find(bytes, canary.as_bytes()).is_some()
}

/// A PNG of a face with bytes behind its end, in base64.
fn selfie(of: u8, shot: u8, letter: char) -> String {
    let mut png = STANDARD.decode(image(&[Face { shot, ..face(of + 1) }])).expect("base64");
    png.extend_from_slice(format!("zqtail{letter}").as_bytes());
    STANDARD.encode(png)
}

/// A JPEG of a card with an EXIF segment, in base64.
fn document(letter: char) -> String {
    let mut bytes = jpeg(&card(&mut Seeded::new(5), None).image, 90);
    let text = format!("Exif\0\0zqexif{letter}");
    let length = u16::try_from(text.len() + 2).expect("a short segment").to_be_bytes();
    let segment = [&[0xff, 0xe1], &length[..], text.as_bytes()].concat();
    bytes.splice(2..2, segment);
    STANDARD.encode(bytes)
}

#[track_caller]
fn id(answer: &Answer) -> String {
    assert!(answer.status < 300, "{}", answer.text());
    text(&answer.json()["data"]["_id"])
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

on_both_databases! {
    async fn each_kind_of_record_leaves_nothing_of_its_own(world) {
        let office = Office::open(world, "acme").await;
        let other = office.story(1).await;
        let body = |more: Value| {
            let mut body = json!({ "project": office.project, "projectFlow": office.flow });
            for (name, value) in more.as_object().expect("an object") {
                body[name] = value.clone();
            }
            body
        };
        let collections = format!("{FACES}/collections");
        let persons = format!("{FACES}/persons");
        let kinds = [
            (persons.as_str(), json!({
                "name": "Zqperson", "email": "zqpemail@example.com", "phone": "+573005559901",
                "notes": "zqpnotes", "nationality": "Zqland", "date_of_birth": "1901-02-03",
                "images": [selfie(50, 0, 'z')], "collections": [office.collection],
            }), vec!["qperson", "qpemail", "573005559901", "qpnotes", "qland", "1901-02-03", "qtailz"]),
            (REGISTRATIONS, body(json!({
                "fullName": "Zqrfull", "firstName": "Zqrfirst", "lastName": "Zqrlast",
                "email": "zqremail@example.com", "phone": "3005559902", "countryCode": "+57",
                "consentSession": { "said": "zqconsent" },
            })), vec!["qrfull", "qrfirst", "qrlast", "qremail", "3005559902", "qconsent"]),
            (VALIDATIONS, body(json!({
                "type": "validation", "identifier": "zqident", "ipAddress": "203.0.113.77",
                "email": "zqvemail@example.com",
            })), vec!["qident", "203.0.113.77", "qvemail"]),
            (DOCUMENTS, json!({
                "image": document('y'), "saveImage": true, "validatePortraitSubstitution": false,
                "validateScreenReplay": false, "validatePrintedCopy": false,
            }), vec!["qexify"]),
            (collections.as_str(), json!({ "name": "Zqcollection", "description": "zqcdesc" }),
                vec!["qcollection", "qcdesc"]),
            ("/v2/projects", json!({ "name": "Zqproject", "contactEmail": "zqcontact@example.com" }),
                vec!["qproject", "qcontact"]),
        ];
        for (path, body, canaries) in kinds {
            let mut canaries: Vec<String> = canaries.into_iter().map(str::to_owned).collect();
            let before = office.records().await;
            let mut sent = Vec::new();
            let made = office.send(&mut sent, &office.token, path, body).await;
            assert!(made.status < 300, "{}", made.text());
            let made = made.json()["data"].clone();
            let id = match path {
                REGISTRATIONS => text(&made["appRegistration"]["_id"]),
                VALIDATIONS => text(&made["biometricValidation"]["_id"]),
                _ => text(&made["_id"]),
            };
            canaries.extend(made["token"].as_str().map(str::to_owned));
            if path == VALIDATIONS {
                let session = text(&made["token"]);
                let path = format!("{VALIDATIONS}/validate");
                let image = json!({ "image": selfie(60, 0, 'x') });
                let passed = office.send(&mut sent, &session, &path, image).await;
                assert_eq!(passed.status, 200, "{}", passed.text());
                canaries.extend(["qtailx".to_owned(), text(&passed.json()["data"]["token"])]);
            }
            if path == REGISTRATIONS {
                let note = json!({ "step": "adminOverride", "status": "FAILED", "note": "zqrnote" });
                let path = format!("{REGISTRATIONS}/{id}/sync");
                let done = office.call(Method::PUT, &office.token, &path, &note).await;
                assert_eq!(done.status, 200, "{}", done.text());
                canaries.push("qrnote".to_owned());
            }
            if path == "/v2/projects" {
                let flow = json!({ "project": id, "type": "login", "name": "Zqflow" });
                office.send(&mut sent, &office.token, "/v2/project-flows", flow).await;
                canaries.push("qflow".to_owned());
            }
            // What is not a secret is found while it is there: the search sees what it looks for.
            let shown = format!("{path}/{id}");
            assert!(path == DOCUMENTS || !office.there(&canaries[..1]).await.is_empty(), "{path}");
            assert!(office.records().await.contains_key(&shown));

            office.delete(&shown).await;
            assert_eq!(office.left(&canaries).await, [""; 0], "{path}");
            assert_eq!(office.records().await, before, "{path}");
            for sent in &sent {
                let again = office.repeat(sent).await;
                if sent.token == office.token {
                    assert_eq!(again.rejection(410), "IDEMPOTENCY_ANSWER_GONE", "{}", sent.path);
                } else {
                    assert_eq!(again.status, 401, "{}", again.text());
                }
                assert!(canaries.iter().all(|it| !again.text().contains(it)), "{}", again.text());
            }
            assert_eq!(office.records().await, before, "nothing was done again: {path}");
            let keys = files(&world.folder.path().join("keys"));
            assert!(keys.iter().all(|key| !key.to_string_lossy().contains(&id)), "{keys:?}");
        }
        assert_eq!(office.found(1).await[0]["id"], other.person.as_str());
    }

    async fn in_whatever_order_related_records_go_nothing_is_left(world) {
        let office = Office::open(world, "acme").await;
        let orders = [
            ["person", "registration", "validations", "document"],
            ["person", "validations", "document", "registration"],
            ["registration", "person", "document", "validations"],
            ["registration", "validations", "person", "document"],
            ["document", "validations", "person", "registration"],
            ["validations", "document", "registration", "person"],
        ];
        let bystander = office.story(9).await;
        let alone = office.records().await;
        for (number, order) in orders.iter().enumerate() {
            let number = u8::try_from(number).expect("a few");
            let story = office.story(number).await;
            for (step, kind) in order.iter().enumerate() {
                story.forget(&office, kind).await;
                if *kind == "person" {
                    assert_eq!(office.found(story.of).await, json!([]), "{order:?}");
                    for (at, id) in story.validations.iter().enumerate().skip(1) {
                        let row = office.get(&format!("{VALIDATIONS}/{id}")).await;
                        if order[..step].contains(&"validations") {
                            assert!(row.is_null());
                            continue;
                        }
                        assert_eq!(row["response"]["persons"], json!([]), "{order:?}");
                        assert_eq!(row.get("identifier"), None, "{order:?}");
                        // Whoever tried with another face is somebody else.
                        let failed = at == 2;
                        assert_eq!(row.get("ipAddress").is_some(), failed, "{order:?}: {row}");
                        assert_eq!(row["status"], if failed { "failed" } else { "completed" });
                        assert!(row["riskScore"].is_number());
                    }
                }
                if let Some(row) = office.get(&format!("/v2/app-logins/{}", story.login)).await.as_object() {
                    let gone = &order[..=step];
                    let named = row.contains_key("name");
                    let redacted = ["person", "registration", "validations"];
                    assert_eq!(named, !redacted.iter().any(|it| gone.contains(it)), "{gone:?}");
                    assert_eq!(row["status"], "completed");
                }
            }
            assert_eq!(office.left(&story.canaries).await, [""; 0], "{order:?}");
            for sent in &story.sent {
                let again = office.repeat(sent).await;
                let text = again.text();
                assert!(story.canaries.iter().all(|it| !text.contains(it)), "{text}");
                if sent.token == office.token {
                    assert_eq!(again.rejection(410), "IDEMPOTENCY_ANSWER_GONE", "{}", sent.path);
                }
            }
            office.delete(&format!("/v2/app-logins/{}", story.login)).await;
            assert_eq!(office.records().await, alone, "{order:?}");
        }
        let known = office.there(&bystander.canaries[..4]).await;
        assert_eq!(known.len(), 4, "the search finds what is there: {known:?}");
        for sent in bystander.sent.iter().filter(|sent| sent.token == office.token) {
            assert_eq!(office.repeat(sent).await.header("idempotency-replayed"), "true");
        }
    }

    async fn a_registration_takes_only_its_own_name_out_of_a_login(world) {
        let office = Office::open(world, "acme").await;
        let story = office.story(1).await;
        // Another registration of the same person, under another address.
        let body = json!({
            "project": office.project, "projectFlow": office.flow, "email": "second@example.com",
        });
        let second = office.make(REGISTRATIONS, body).await.json();
        let second = text(&second["data"]["appRegistration"]["_id"]);
        let row = json!({ "_id": second, "client": "acme", "person": story.person });
        world.store(&verax_domain::resources::APP_REGISTRATIONS, &[row]).await;
        let before = office.records().await;
        office.delete(&format!("{REGISTRATIONS}/{second}")).await;
        let mut after = before.clone();
        after.remove(&format!("{REGISTRATIONS}/{second}"));
        assert_eq!(office.records().await, after);
    }

    async fn a_client_that_goes_leaves_nothing_and_others_keep_theirs(world) {
        let office = Office::open(world, "zqclient").await;
        let story = office.story(1).await;
        let mut canaries = story.canaries.clone();
        canaries.extend(["zqclient".to_owned(), story.person.clone(), story.registration.clone()]);
        let stays = Office::open(world, "other").await;
        let theirs = stays.story(2).await;
        let before = stays.records().await;
        let mut sent = Vec::new();
        office.send(&mut sent, &office.token, "/v2/auth/session", json!({ "origin": "app" })).await;
        assert!(!office.there(&canaries).await.is_empty());
        world.app.fold_tallies().await.expect("folded");
        world.app.delete_client("zqclient").await.expect("it goes");
        world.app.fold_tallies().await.expect("folded");
        assert!(world.app.database.log_emptied(Duration::from_secs(20)).await);
        let database = world.database_bytes().await;
        let left: Vec<&String> = canaries.iter().filter(|it| holds(&database, it)).collect();
        assert_eq!(left, [""; 0]);
        assert_eq!(stays.left(&story.canaries).await, [""; 0]);
        for folder in ["keys", "objects"] {
            let files = files(&world.folder.path().join(folder));
            assert!(files.iter().all(|it| !it.to_string_lossy().contains("zqclient")), "{files:?}");
        }
        for sent in &sent {
            assert_eq!(office.repeat(sent).await.status, 401);
        }
        assert_eq!(stays.records().await, before);
        assert_eq!(stays.found(2).await[0]["id"], theirs.person.as_str());
        assert!(world.app.check_tallies().await.expect("a look").iter().all(|(_, wrong)| *wrong == 0));
        let rest = stays.there(&theirs.canaries[..3]).await;
        assert_eq!(rest.len(), 3);
    }

    async fn a_deletion_that_was_interrupted_is_made_again(world) {
        let office = Office::open(world, "acme").await;
        let story = office.story(1).await;
        // What a killed server leaves of each: it was begun, keys are gone, rows are there.
        let vault = &office.app.vault;
        let now = world.app.clock.now();
        let mut batch = Batch::default();
        batch.begin_deletion(&PERSONS, office.client, &story.person, now);
        batch.begin_deletion(&DOCUMENT_LIVENESS, office.client, &story.document, now);
        world.app.database.commit(batch).await.expect("begun");
        for id in [&story.person, &story.document, &story.registration] {
            vault.destroy(office.client, id).await.expect("destroyed");
            vault.destroy_key(office.client, &format!("{id}.answers")).await.expect("destroyed");
        }
        assert_eq!(office.found(1).await, json!([]));
        // Nothing of the answer opens any more, and nothing is done again.
        let again = office.repeat(&story.sent[0]).await;
        assert_eq!(again.rejection(410), "IDEMPOTENCY_ANSWER_GONE");
        for kind in ["person", "registration", "document", "validations"] {
            story.forget(&office, kind).await;
        }
        assert_eq!(office.left(&story.canaries).await, [""; 0]);
    }

    async fn who_was_deleted_leaves_the_memory_of_every_node(world) {
        let office = Office::open(world, "acme").await;
        let (goes, stays) = (office.story(1).await, office.story(2).await);
        let node = with_given_faces(world.node(|_| {}).await, "given");
        let search = verax_server::app::persons::galleries::Search {
            probes: vec![crate::given_faces::template(face(2))],
            collection: None, active_only: false, min_score: 0.85, max: 5,
        };
        let found = node.search_faces("acme", search.clone()).await.expect("a search");
        assert_eq!(found[0].person, goes.person);
        assert_eq!(node.galleries.templates_in_memory(), 2);
        goes.forget(&office, "person").await;
        // Nobody searches there: the look that each node takes every other second is enough.
        node.forget_deleted().await.expect("a look");
        assert_eq!(node.galleries.templates_in_memory(), 1);
        node.forget_deleted().await.expect("a look");
        assert_eq!(node.search_faces("acme", search).await.expect("a search"), []);
        world.app.delete_client("acme").await.expect("it goes");
        node.forget_deleted().await.expect("a look");
        assert_eq!(node.galleries.templates_in_memory(), 0);
        assert!(!stays.person.is_empty());
    }
}
