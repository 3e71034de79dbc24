//! `/v2/face-recognition/persons`: enrolled, listed, looked up, changed, and gone for good.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_server::app::App;
use verax_server::http::{self, State};
use verax_store::EncryptedTemplate;

use crate::answer::{Answer, keys};
use crate::given_faces::{Face, face, image, template, with_given_faces};
use crate::world::{World, request, send};

const PATH: &str = "/v2/face-recognition/persons";

/// A server that measures given faces, and a token of a client with the collections `staff` and
/// `guests`, whose codes are `staff-code` and `guests-code`.
pub struct People {
    pub app: App,
    pub router: Router,
    pub token: String,
}

impl People {
    pub async fn of(world: &World) -> People {
        let token = world.token("acme").await;
        let rows = ["staff", "guests"].map(|name| {
            json!({ "_id": name, "client": "acme", "code": format!("{name}-code"), "name": name })
        });
        world.store(&verax_domain::resources::COLLECTIONS, &rows).await;
        let app = with_given_faces(world.app.clone(), "given:1");
        let router = http::router(State::new(app.clone()));
        People { app, router, token }
    }

    pub async fn call(&self, method: Method, target: &str, body: &Value) -> Answer {
        let request = request(method, &self.token, target);
        send(&self.router, request.map(|_| Body::from(body.to_string()))).await
    }

    pub async fn post(&self, call: &str, body: &Value) -> Answer {
        self.call(Method::POST, &format!("/v2/face-recognition/{call}"), body).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.call(Method::GET, target, &Value::Null).await
    }

    /// Enrols a person in `staff` and answers their id.
    pub async fn enrolled(&self, name: &str, faces: &[Face]) -> String {
        let images: Vec<String> = faces.iter().map(|face| image(&[*face])).collect();
        let body = json!({ "name": name, "images": images, "collections": ["staff"] });
        let answer = self.post("persons", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"]["_id"].as_str().expect("an id").to_owned()
    }

    async fn templates(&self, person: &str) -> Vec<EncryptedTemplate> {
        let of = vec![person.to_owned()];
        self.app.database.templates("acme", of).await.expect("templates")
    }
}

on_both_databases! {
    async fn a_day_of_birth_is_one_of_a_living_person(world) {
        let people = People::of(world).await;
        let body = |born: Value| json!({
            "name": "Ana", "images": [image(&[face(1)])], "collections": ["staff"],
            "date_of_birth": born,
        });
        for wrong in [
            json!({ "year": 90, "month": 5, "day": 1 }),
            json!("0001-01-01"),
            json!("1899-12-31"),
            json!("2999-01-01"),
            // The clock of the test says 2026-01-02T03:04:05Z, and nowhere it is the fourth.
            json!("2026-01-04"),
            json!("2026-01-04T00:00:00Z"),
        ] {
            let answer = people.post("persons", &body(wrong.clone())).await;
            assert_eq!(answer.rejection(409), "MissingParameter", "{wrong}");
            let message = &answer.json()["message"];
            assert_eq!(message, "\"date_of_birth\" must be between 1900-01-01 and today");
        }
        let made = people.post("persons", &body(json!("1900-01-01"))).await;
        assert_eq!(made.json()["data"]["date_of_birth"], "1900-01-01", "{}", made.text());
        let id = made.json()["data"]["_id"].as_str().expect("an id").to_owned();
        let born = json!({ "date_of_birth": "2026-01-02", "phone": "+57 300-123 4567", "email": " Ana@Example.com\u{200b}" });
        let changed = people.call(Method::PUT, &format!("{PATH}/{id}"), &born).await;
        let data = changed.json()["data"].clone();
        assert_eq!(data["date_of_birth"], "2026-01-02", "{}", changed.text());
        assert_eq!((&data["phone"], &data["email"]), (&json!("+573001234567"), &json!("Ana@Example.com")));
        for query in ["phone=+57 300 1234567", "phone=%2B573001234567", "like_phone=300 123", "email=Ana@Example.com"] {
            let found = people.get(&format!("{PATH}?{query}")).await;
            assert_eq!(found.ids(), [id.as_str()], "{query}");
        }
        let change = json!({ "date_of_birth": { "year": 90, "month": 5, "day": 1 } });
        people.call(Method::PUT, &format!("{PATH}/{id}"), &change).await.rejection(409);
    }

    async fn namesakes_are_alike_however_their_name_is_typed(world) {
        let people = People::of(world).await;
        let body = |name: &str, of: u8| json!({
            "name": name, "images": [image(&[face(of)])], "collections": ["staff"],
            "date_of_birth": "1990-05-01",
        });
        let first = people.post("persons", &body("José García", 1)).await;
        assert_eq!(first.json()["data"]["name"], "José García", "{}", first.text());
        for name in ["Jose\u{301} Garci\u{301}a", "JOSÉ GARCÍA", "Jose Garcia"] {
            let answer = people.post("persons", &body(name, 2)).await;
            assert_eq!(answer.rejection(412), "PreconditionFailed", "{name}");
        }
    }

    async fn a_person_is_enrolled_shown_listed_and_looked_up(world) {
        let people = People::of(world).await;
        let answer = people.post("persons", &json!({
            "name": " María  del 1 Mar2 ", "gender": "f", "nationality": "Colombian",
            "date_of_birth": { "year": "1990", "month": 5, "day": 1 }, "notes": "VIP",
            "email": "maria@example.com", "phone": "+573001112233",
            "collections": ["staff-code", "guests", "staff"],
            "images": [image(&[face(1)]), image(&[Face { shot: 1, ..face(1) }])],
            "keep_thumbnails": true,
        })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json = answer.json();
        assert_eq!(keys(&json), ["id", "data", "signature"]);
        let person = json["data"].clone();
        let id = person["_id"].as_str().expect("an id");
        let at = "2026-01-02T03:04:05Z";
        let thumbnails = person["thumbnails"].as_array().expect("thumbnails").clone();
        let mut expected = json!({
            "_id": id, "client": "acme", "name": "María del Mar", "gender": "F",
            "date_of_birth": "1990-05-01", "nationality": "Colombian",
            "collections": ["staff", "guests"], "notes": "VIP", "email": "maria@example.com",
            "phone": "+573001112233", "status": "active", "deleted": false, "createdAt": at,
            "updatedAt": at, "thumbnails": thumbnails,
        });
        assert_eq!(person, expected);
        assert_eq!(thumbnails.len(), 2);
        for thumbnail in &thumbnails {
            assert_eq!(keys(thumbnail), ["id", "thumbnail"]);
            let jpeg = STANDARD.decode(thumbnail["thumbnail"].as_str().expect("base64"));
            assert_eq!(jpeg.expect("base64")[..2], [0xff, 0xd8], "a JPEG");
        }
        let retrieved = people.get(&format!("{PATH}/{id}")).await;
        assert_eq!(retrieved.json(), json!({ "success": true, "data": expected }));

        // Images are for tokens that may see images, and never in a list.
        let reads = Some(vec![Scope::ReadValidations]);
        let reader = world.token_with("acme", reads, false).await;
        let target = format!("{PATH}/{id}");
        let seen = send(&people.router, request(Method::GET, &reader, &target)).await.json();
        assert_eq!(seen["data"]["thumbnails"], json!([]));
        expected.as_object_mut().expect("an object").remove("thumbnails");
        for query in [
            "", "?collection=staff-code", "?collection=guests", "?status=active",
            "?like_name=MAR%C3%8DA", "?date_of_birth=1990-05-01T00:00:00Z",
            "?where%3E_date_of_birth=1990-04-30", "?gender=F", "?in_collections=x,guests",
        ] {
            let listed = people.get(&format!("{PATH}{query}")).await.json();
            assert_eq!(listed["data"], json!([expected]), "{query}");
            assert_eq!(listed["pagination"]["total"], 1, "{query}");
        }
        for query in ["collection=nowhere", "wherenot_collections=staff", "date_of_birth=1990-05-02"] {
            assert_eq!(people.get(&format!("{PATH}?{query}")).await.total(), 0, "{query}");
        }
        let found = people.get(&format!("{PATH}/lookup?name=del+mar&date_of_birth=1990-05-01")).await;
        assert_eq!(found.json(), json!({ "success": true, "data": [expected], "total": 1 }));
        let nobody = people.get(&format!("{PATH}/lookup?name=nobody")).await;
        assert_eq!(nobody.json(), json!({ "success": true, "data": [], "total": 0 }));
        for query in ["", "?name=ab", "?name=abc&date_of_birth=yesterday"] {
            let answer = people.get(&format!("{PATH}/lookup{query}")).await;
            assert_eq!(answer.rejection(409), "MissingParameter", "{query}");
        }
    }

    async fn a_name_and_day_of_birth_are_there_once_in_a_collection(world) {
        let people = People::of(world).await;
        let body = |of: u8, collection: &str, born: Value| json!({
            "name": "Jo Roe", "images": [image(&[face(of)])], "collections": [collection],
            "date_of_birth": born,
        });
        let first = people.post("persons", &body(1, "staff", json!("1990-05-01"))).await;
        let id = first.json()["data"]["_id"].clone();
        let shapes = [json!({ "year": 1990, "month": 5, "day": 1 }), json!("1990-05-01T05:00:00.000Z")];
        for born in shapes {
            let answer = people.post("persons", &body(2, "staff-code", born)).await;
            assert_eq!(answer.rejection(412), "PreconditionFailed");
            assert_eq!(answer.json()["message"], "person_already_set");
            assert_eq!(answer.json()["data"], first.json()["data"]);
            assert_eq!(answer.json()["data"]["_id"], id);
        }
        // Elsewhere, on another day, or without a day it is somebody else.
        for (collection, born) in [
            ("guests", json!("1990-05-01")), ("staff", json!("1990-05-02")),
            ("staff", json!(null)), ("staff", json!(null)),
        ] {
            let answer = people.post("persons", &body(2, collection, born)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let other = people.get(&format!("{PATH}?collection=guests")).await.ids();
        let target = format!("{PATH}/{}", other[0]);
        let moved = people.call(Method::PUT, &target, &json!({ "collections": ["staff"] })).await;
        assert_eq!(moved.rejection(412), "PreconditionFailed");
        assert_eq!(moved.json()["data"]["_id"], id);
    }

    async fn enrolments_at_once_make_a_person_once(world) {
        let people = People::of(world).await;
        let body = json!({
            "name": "Jo Roe", "images": [image(&[face(1)])], "date_of_birth": "1990-05-01",
        });
        let (a, b, c) = tokio::join!(
            people.post("persons", &body), people.post("persons", &body),
            people.post("persons", &body),
        );
        let mut statuses = [a.status, b.status, c.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412]);
        assert_eq!(people.get(PATH).await.total(), 1);
    }

    async fn a_live_person_is_enrolled_unless_somebody_has_their_face(world) {
        let people = People::of(world).await;
        let body = |name: &str, face: Face| json!({
            "name": name, "images": [image(&[face])], "collection_id": "staff-code",
            "liveness_min_score": 0.6, "min_score": 0.85, "search_mode": "FAST",
        });
        let dull = body("Jo", Face { live: 90, ..face(1) });
        let dull = people.post("persons/search-live-face", &dull).await;
        assert_eq!(dull.rejection(409), "liveness_failed");
        let message = dull.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(message, "liveness_failed@0.3025");
        assert_eq!(people.get(PATH).await.total(), 0);

        let made = people.post("persons/search-live-face", &body("Jo", face(1))).await.json();
        assert_eq!(made["data"]["collections"], json!(["staff"]));
        assert!(made["data"]["liveness_score"].as_f64().is_some_and(|score| score > 0.9));
        let id = &made["data"]["_id"];
        let again = Face { shot: 3, ..face(1) };
        let answer = people.post("persons/search-live-face", &body("Another", again)).await;
        assert_eq!(answer.rejection(409), "duplicated_person");
        assert_eq!(answer.json()["message"], "duplicated_person");
        assert_eq!(answer.json()["data"]["_id"], *id);
        let mut elsewhere = body("Another", again);
        elsewhere["collection_id"] = "guests".into();
        assert_eq!(people.post("persons/search-live-face", &elsewhere).await.status, 200);
        let (x, y) = (body("X", face(9)), body("Y", face(9)));
        let (x, y) = tokio::join!(
            people.post("persons/search-live-face", &x), people.post("persons/search-live-face", &y),
        );
        let mut statuses = [x.status, y.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "one face, two enrolments at once");
    }

    async fn a_person_is_changed_and_images_replace_all_faces(world) {
        let people = People::of(world).await;
        let id = people.enrolled("Jo Roe", &[face(1), Face { shot: 1, ..face(1) }]).await;
        let target = format!("{PATH}/{id}");
        world.turn_clock(1000);
        let changed = people.call(Method::PUT, &target, &json!({
            "name": "Jo R0we", "status": "inactive", "date_of_birth": "2000-02-29T00:00:00Z",
        })).await.json();
        let mut wanted = people.get(&target).await.json()["data"].clone();
        assert_eq!(changed["data"], wanted);
        assert_eq!(wanted["name"], "Jo Rwe");
        assert_eq!(wanted["status"], "inactive");
        assert_eq!(wanted["date_of_birth"], "2000-02-29");
        assert_eq!(wanted["collections"], json!(["staff"]));
        assert_eq!(wanted["createdAt"], "2026-01-02T03:04:05Z");
        assert_eq!(wanted["updatedAt"], "2026-01-02T03:04:06Z");
        assert_eq!(people.templates(&id).await.len(), 2);

        let search = |of: u8| json!({
            "images": [image(&[face(of)])], "min_score": 0.85, "search_mode": "FAST",
        });
        assert_eq!(people.post("search", &search(1)).await.json()["data"][0]["id"], *id);
        let replaced = people.call(Method::PUT, &target, &json!({
            "images": image(&[face(2)]), "keep_thumbnails": true,
        })).await.json();
        wanted["thumbnails"] = replaced["data"]["thumbnails"].clone();
        assert_eq!(replaced["data"], wanted);
        assert_eq!(people.templates(&id).await.len(), 1);
        assert_eq!(people.post("search", &search(1)).await.json()["data"], json!([]));
        assert_eq!(people.post("search", &search(2)).await.json()["data"][0]["id"], *id);
        for (body, problem) in [
            (json!({ "status": "gone" }), "\"status\" must be one of [active, inactive, pending]"),
            (json!({ "name": "007" }), "\"name\" must have letters: digits are taken out of it"),
            (json!({ "images": [] }), "\"images\" must contain at least 1 items"),
        ] {
            let answer = people.call(Method::PUT, &target, &body).await;
            assert_eq!(answer.rejection(409), "MissingParameter");
            assert_eq!(answer.json()["message"], problem);
        }
    }

    async fn a_person_leaves_a_collection_or_goes_altogether(world) {
        let people = People::of(world).await;
        let id = people.enrolled("Jo Roe", &[face(1)]).await;
        let target = format!("{PATH}/{id}");
        people.call(Method::PUT, &target, &json!({ "collections": ["staff", "guests"] })).await;
        let none = Value::Null;
        let unknown = people.call(Method::DELETE, &format!("{target}?collection=x"), &none).await;
        assert_eq!(unknown.json()["message"], "invalid_collection");
        let staff = format!("{target}?collection=staff-code");
        let left = people.call(Method::DELETE, &staff, &none).await;
        assert_eq!(left.json()["data"], json!({ "_id": id }));
        let again = people.call(Method::DELETE, &format!("{target}?collection=staff"), &none).await;
        assert_eq!(again.rejection(404), "PERSON_NOT_FOUND");
        assert_eq!(people.get(&target).await.json()["data"]["collections"], json!(["guests"]));
        let body = json!({
            "images": image(&[face(1)]), "min_score": 0.85, "search_mode": "FAST",
            "collection_id": "staff",
        });
        assert_eq!(people.post("search", &body).await.json()["data"], json!([]));

        people.call(Method::DELETE, &format!("{target}?collection=guests"), &none).await;
        let gone = people.get(&target).await;
        assert_eq!(gone.rejection(404), "PERSON_NOT_FOUND");
        assert_eq!(gone.json()["message"], "PERSON_NOT_FOUND");
        assert!(people.templates(&id).await.is_empty());
        let deleted = people.call(Method::DELETE, &target, &none).await;
        assert_eq!(deleted.rejection(404), "PERSON_NOT_FOUND");
    }

    async fn what_was_encrypted_of_a_deleted_person_opens_from_no_backup(world) {
        let people = People::of(world).await;
        let id = people.enrolled("Jo Roe", &[face(1)]).await;
        let backup = people.templates(&id).await.remove(0);
        let place = format!("template/{}", backup.id);
        let encrypted = STANDARD.decode(&backup.encrypted).expect("base64");
        let vault = &people.app.vault;
        let opened = vault.decrypt("acme", &id, &place, &encrypted).await.expect("it opens");
        assert_eq!(*opened, template(face(1)).to_bytes());
        people.call(Method::DELETE, &format!("{PATH}/{id}"), &Value::Null).await;
        assert!(vault.decrypt("acme", &id, &place, &encrypted).await.is_err());
        assert!(people.app.thumbnails("acme", &id).await.expect("a look").is_empty());
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_enrolment_is_said_and_nothing_stays() {
    let world = World::sqlite().await;
    let people = People::of(&world).await;
    let good = json!({ "name": "Jo", "images": [image(&[face(1)])] });
    for (member, value, status, code, message) in [
        ("name", json!(null), 409, "MissingParameter", "\"name\" is required"),
        ("images", json!(null), 409, "MissingParameter", "\"images\" is required"),
        (
            "images",
            json!(vec!["x"; 4]),
            409,
            "MissingParameter",
            "\"images\" must contain less than or equal to 3 items",
        ),
        ("images", json!(["abc"]), 412, "ERROR", "only_images_in_base64"),
        ("gender", json!("X"), 409, "MissingParameter", "\"gender\" must be one of [M, F]"),
        ("collections", json!(["no"]), 404, "ERROR", "invalid_collection"),
        ("collections", json!([7]), 409, "MissingParameter", "\"collections[0]\" must be a string"),
        (
            "date_of_birth",
            json!({ "year": 1990, "month": 2, "day": 30 }),
            409,
            "MissingParameter",
            "\"date_of_birth\" must be a date: \"1990-05-01\", {\"year\": 1990, \"month\": 5, \
             \"day\": 1} or an ISO 8601 time",
        ),
        ("images", json!([image(&[])]), 422, "NO_FACE", "the image has no face"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let answer = people.post("persons", &body).await;
        assert_eq!(answer.rejection(status), code, "{member}");
        assert_eq!(answer.json()["message"], message);
    }
    assert_eq!(people.get(PATH).await.total(), 0);
    assert!(files(&world.folder.path().join("objects")).is_empty());
    let other = world.token("globex").await;
    people.enrolled("Jo", &[face(1)]).await;
    let ids = people.get(PATH).await.ids();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let foreign = request(method.clone(), &other, &format!("{PATH}/{}", ids[0]));
        let foreign = send(&people.router, foreign).await;
        let unknown = request(method, &other, &format!("{PATH}/nobody"));
        assert_eq!(foreign.rejection(404), "PERSON_NOT_FOUND");
        assert_eq!(foreign.bytes, send(&people.router, unknown).await.bytes);
    }
}

#[tokio::test]
async fn after_a_deletion_no_file_and_no_log_holds_anything_of_the_person() {
    let world = World::sqlite().await;
    let log = world.folder.path().join("log");
    let file = fs::File::create(&log).expect("a file");
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let everything = everything.with_ansi(false).with_writer(std::sync::Mutex::new(file)).finish();
    // For threads of the database and the vault too. Tests run in processes of their own.
    let _ = tracing::subscriber::set_global_default(everything);
    let people = People::of(&world).await;
    let of = Face { shot: 7, ..face(42) };
    let answer = people
        .post(
            "persons",
            &json!({
                "name": "Canary Quintero", "notes": "canary-note", "email": "canary@example.com",
                "date_of_birth": "1901-02-03", "collections": ["staff"],
                "images": [image(&[of])], "keep_thumbnails": true,
            }),
        )
        .await;
    let person = answer.json()["data"].clone();
    let id = person["_id"].as_str().expect("an id").to_owned();
    let thumbnail = person["thumbnails"][0]["thumbnail"].as_str().expect("base64");
    let thumbnail = STANDARD.decode(thumbnail).expect("base64");
    let encrypted = people.templates(&id).await.remove(0).encrypted;
    let secrets: Vec<Vec<u8>> = vec![
        template(of).to_bytes(),
        STANDARD.encode(template(of).to_bytes()).into_bytes(),
        thumbnail[thumbnail.len() / 2..thumbnail.len() / 2 + 64].to_vec(),
        STANDARD.encode(&thumbnail).into_bytes(),
    ];
    // Never in the clear, not even while the person is there.
    nowhere(world.folder.path(), &secrets);
    let search = json!({ "images": image(&[of]), "min_score": 0.85, "search_mode": "FAST" });
    assert_eq!(people.post("search", &search).await.json()["data"][0]["name"], "Canary Quintero");

    let gone = people.call(Method::DELETE, &format!("{PATH}/{id}"), &Value::Null).await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    let words = ["Canary", "canary", "1901-02-03", encrypted.as_str()];
    let mut all = secrets;
    all.extend(words.map(|word| word.as_bytes().to_vec()));
    assert!(world.app.database.log_emptied(std::time::Duration::from_secs(15)).await);
    nowhere(world.folder.path(), &all);
    assert!(files(&world.folder.path().join("objects")).is_empty());
    let keys = files(&world.folder.path().join("keys"));
    assert!(keys.iter().all(|key| !key.ends_with(&id)), "{keys:?}");
    assert_eq!(people.post("search", &search).await.json()["data"], json!([]));
}

#[track_caller]
fn nowhere(folder: &Path, secrets: &[Vec<u8>]) {
    for file in files(folder) {
        let bytes = fs::read(&file).expect("a file");
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_slice());
            assert!(!found, "{} is in {}", String::from_utf8_lossy(secret), file.display());
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
