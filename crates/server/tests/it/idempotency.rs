//! `Idempotency-Key`: the same POST twice is done once.

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256, digest};
use ring::hmac;
use serde_json::{Value, json};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::idempotency::{About, Claimed, StoredAnswer};
use verax_server::http::{self, State};
use verax_server::vault::EncryptionKey;
use verax_store::{Database, Location};
use verax_vision::document::seeded::Seeded;

use crate::answer::Answer;
use crate::given_faces::{face, image, with_given_faces};
use crate::world::{DAY, World, options, request, send};

const PATH: &str = "/v2/document-liveness";

fn order(quality: u8) -> Value {
    json!({
        "image": STANDARD.encode(jpeg(&card(&mut Seeded::new(5), None).image, quality)),
        "validateScreenReplay": false,
        "validatePrintedCopy": false,
        "validatePortraitSubstitution": false,
    })
}

async fn post(world: &World, token: &str, key: &str, body: &Value) -> Answer {
    let mut request = request(Method::POST, token, PATH).map(|_| Body::from(body.to_string()));
    let key = HeaderValue::from_bytes(key.as_bytes()).expect("a header");
    request.headers_mut().insert("idempotency-key", key);
    world.send(request).await
}

async fn total(world: &World, token: &str) -> Value {
    world.get(token, PATH).await.json()["pagination"]["total"].clone()
}

on_both_databases! {
    async fn the_same_request_under_a_key_is_done_once_and_answered_alike(world) {
        let token = world.token("acme").await;
        let first = post(world, &token, "k1", &order(90)).await;
        assert_eq!((first.status, first.header("idempotency-replayed")), (200, ""), "{}", first.text());
        world.turn_clock(60_000);
        let second = post(world, &token, "k1", &order(90)).await;
        assert_eq!((second.status, second.header("idempotency-replayed")), (200, "true"));
        assert_eq!(second.header("content-type"), first.header("content-type"));
        assert_eq!(second.text(), first.text());
        // Another token of the same client is the same caller.
        let renewed = world.token("acme").await;
        assert_eq!(post(world, &renewed, "k1", &order(90)).await.text(), first.text());
        assert_eq!(total(world, &token).await, 1);
    }

    async fn another_request_under_the_same_key_is_rejected(world) {
        let token = world.token("acme").await;
        post(world, &token, "k1", &order(90)).await;
        let other = post(world, &token, "k1", &order(80)).await;
        assert_eq!(other.status, 409);
        assert_eq!(other.json()["code"], "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(total(world, &token).await, 1);
    }

    async fn two_at_once_do_the_work_once(world) {
        let token = world.token("acme").await;
        let order = order(90);
        let (one, two) = tokio::join!(
            post(world, &token, "k1", &order),
            post(world, &token, "k1", &order)
        );
        assert_eq!((one.status, two.status), (200, 200));
        assert_eq!(one.text(), two.text());
        assert_eq!(total(world, &token).await, 1);
    }

    async fn a_key_is_its_clients_own_and_lasts_a_day(world) {
        let (acme, other) = (world.token("acme").await, world.token("other").await);
        let first = post(world, &acme, "k1", &order(90)).await;
        let others = post(world, &other, "k1", &order(90)).await;
        assert_eq!((others.status, others.header("idempotency-replayed")), (200, ""));
        assert_ne!(others.text(), first.text());
        world.turn_clock(DAY + 1);
        let anew = post(world, &acme, "k1", &order(80)).await;
        assert_eq!((anew.status, anew.header("idempotency-replayed")), (200, ""));
        assert_eq!(total(world, &acme).await, 2);
    }

    async fn a_rejection_is_repeated_and_a_crash_is_not(world) {
        let token = world.token("acme").await;
        let wrong = json!({ "image": "no image" });
        let first = post(world, &token, "k1", &wrong).await;
        let second = post(world, &token, "k1", &wrong).await;
        assert_eq!((first.status, second.status), (400, 400));
        assert_eq!(second.header("idempotency-replayed"), "true");
        // What a killed server leaves: a request that is begun and has no answer.
        world.execute("UPDATE idempotency SET status = NULL, answer = NULL").await;
        world.turn_clock(31_000);
        let again = post(world, &token, "k1", &wrong).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (400, ""));
    }
}

#[tokio::test]
async fn a_key_that_is_empty_too_long_or_not_ascii_is_named() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for key in ["", &"k".repeat(256), "schlüssel"] {
        let answer = post(&world, &token, key, &order(90)).await;
        assert_eq!(answer.status, 400, "{key}");
        assert_eq!(answer.json()["details"][0]["parameter"], "Idempotency-Key");
    }
    assert_eq!(total(&world, &token).await, 0);
}

on_both_databases! {
    async fn what_changes_nothing_is_asked_again_and_tokens_are_their_clients(world) {
        let app = with_given_faces(world.app.clone(), "given");
        let router = http::router(State::new(app));
        let token = world.token("acme").await;
        let post = async |path: &str, key: &str, body: Value| {
            let mut request = request(Method::POST, &token, path).map(|_| Body::from(body.to_string()));
            request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).expect("a key"));
            send(&router, request).await
        };
        let compare = |of: u8| json!({
            "probe": [image(&[face(1)])], "gallery": [image(&[face(of)])],
            "search_mode": "FAST", "compare_min_score": 0.85,
        });
        let path = "/v2/face-recognition/compare";
        for of in [1, 1, 2] {
            let answer = post(path, "k1", compare(of)).await;
            assert_eq!((answer.status, answer.header("idempotency-replayed")), (200, ""));
            assert_eq!(answer.json()["data"]["passed"], of == 1);
        }
        let first = post("/v2/auth/session", "k2", json!({})).await;
        let second = post("/v2/auth/session", "k2", json!({})).await;
        assert_eq!(second.header("idempotency-replayed"), "true");
        assert_eq!(first.text(), second.text());
        let session = first.json()["accessToken"].as_str().expect("a token").to_owned();
        // Another token of the client may live less long: it gets one of its own.
        let other = world.token("acme").await;
        let mut other = request(Method::POST, &other, "/v2/auth/session").map(|_| Body::from("{}"));
        other.headers_mut().insert("idempotency-key", HeaderValue::from_static("k2"));
        let third = send(&router, other).await;
        assert_eq!((third.status, third.header("idempotency-replayed")), (200, ""));
        assert_ne!(third.json()["accessToken"], session.as_str());
        let database = world.database_bytes().await;
        assert!(!holds(&database, session.as_bytes()));
    }

    async fn an_expired_answer_goes_with_its_key_and_no_key_is_taken_from_a_younger_one(world) {
        let token = world.token("acme").await;
        let keys = || {
            let folder = world.folder.path().join("keys").join("acme");
            let names = std::fs::read_dir(folder).expect("the keys").map(|entry| entry.expect("one"));
            let mut names: Vec<String> =
                names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.retain(|name| name.ends_with(".answers"));
            names.sort();
            names
        };
        let first = post(world, &token, "k1", &order(90)).await;
        let id = first.json()["data"]["_id"].as_str().expect("an id").to_owned();
        post(world, &token, "k2", &json!({ "image": "no image" })).await;
        assert_eq!(keys(), [".answers".to_owned(), format!("{id}.answers")]);
        world.turn_clock(DAY / 2);
        post(world, &token, "k3", &json!({ "image": "no image" })).await;
        world.turn_clock(DAY / 2 + 1);
        world.app.forget_old_answers().await.expect("forgotten");
        assert_eq!(keys(), [".answers"]);
        let again = post(world, &token, "k3", &json!({ "image": "no image" })).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        world.turn_clock(DAY);
        world.app.forget_old_answers().await.expect("forgotten");
        assert_eq!(keys(), [""; 0]);
        // The record is there all the same.
        assert_eq!(total(world, &token).await, 1);
    }

    async fn an_answer_whose_record_was_deleted_while_it_was_stored_is_not_given_again(world) {
        let token = world.token("acme").await;
        let bearer = world.app.identify(Some(&format!("Bearer {token}"))).await.expect("a caller");
        let named = world.app.name_request(&bearer, "k1", &[b"/path", b"body"]).await.expect("codes");
        let claimed = world.app.claim_request(&named).await.expect("a claim");
        let Claimed::First(claim) = claimed else { panic!("nobody else has it") };
        let about = About::Record(&DOCUMENT_LIVENESS, "deleted".to_owned());
        let answer = StoredAnswer {
            status: 200, content_type: "application/json".to_owned(), body: "canary".to_owned(),
        };
        world.app.keep_answer(&claim, Some(&about), &answer).await.expect("its status");
        assert!(matches!(world.app.claim_request(&named).await, Ok(Claimed::Gone)));
    }
}

/// What a copy of the database holds of a request.
struct Stolen {
    id: String,
    request: String,
    encrypted: Vec<u8>,
}

/// The guess of a key that opens the answer or confirms a digest, by what a key and a client give
/// without any other secret: the scheme that was here before, and others that are near.
fn opened_by_guessing(
    stolen: &Stolen,
    rights: &str,
    guesses: impl Iterator<Item = String>,
) -> Option<String> {
    let digests: Vec<Vec<u8>> =
        [&stolen.id, &stolen.request].map(|it| STANDARD.decode(it).expect("base64")).to_vec();
    let (client, rights) = (b"acme".as_slice(), rights.as_bytes());
    let client_code = hmac::Key::new(hmac::HMAC_SHA256, client);
    for (number, guess) in guesses.enumerate() {
        let key = guess.as_bytes();
        let mut hash = Context::new(&SHA256);
        for part in [client, rights, key] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let (id, plain) = (hash.finish(), digest(&SHA256, key));
        let coded = hmac::sign(&client_code, key);
        let codes = [id.as_ref(), plain.as_ref(), coded.as_ref()];
        let is_known = |code: &&[u8]| digests.iter().any(|digest| digest == code);
        // Opening costs more than hashing.
        let opens = (number % 20 == 0 || guess.ends_with("123456")) && {
            let encrypt = EncryptionKey::derive(&[client, rights, key].join(&0));
            let places = [&stolen.id, &STANDARD.encode(id)];
            places.into_iter().any(|place| encrypt.open(place, &stolen.encrypted).is_ok())
        };
        if opens || codes.iter().any(is_known) {
            return Some(guess);
        }
    }
    None
}

#[tokio::test]
async fn a_backup_alone_opens_nothing_and_confirms_no_guessed_key() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let answer = post(&world, &token, "order-123456", &order(90)).await;
    // Answers are signed, records are not.
    assert!(answer.text().contains("Certified by"));
    let bearer = world.app.identify(Some(&format!("Bearer {token}"))).await.expect("a caller");
    let body = order(90).to_string();
    let parts = [PATH.as_bytes(), body.as_bytes()];
    let named = world.app.name_request(&bearer, "order-123456", &parts).await.expect("codes");
    let path = world.folder.path().join("backup.db");
    Database::backup(&world.folder.path().join("verax.db"), &path).expect("a backup");
    let bytes = std::fs::read(&path).expect("the backup");
    for canary in ["order-123456", "Certified by", &token] {
        assert!(!holds(&bytes, canary.as_bytes()), "{canary}");
    }
    let backup = Database::open(&Location::File(path), &options()).await.expect("a database");
    let row = backup.begun_request(&named.id).await.expect("a look").expect("the request");
    let encrypted = STANDARD.decode(row.answer.expect("an answer")).expect("base64");
    let stolen = Stolen { id: named.id.clone(), request: row.request, encrypted };
    let rights = bearer.rights();
    let guesses = || (0..200_000).map(|number| format!("order-{number:06}"));
    assert_eq!(opened_by_guessing(&stolen, &rights, guesses()), None);

    // The attack works where the key alone says what is stored, and where it opens it.
    let few = || guesses().skip(123_400).take(100);
    let old = EncryptionKey::derive(&[b"acme", rights.as_bytes(), b"order-123456"].join(&0));
    let encrypted = old.encrypt(&stolen.id, b"Certified by somebody", &world.app.random);
    let weak = Stolen { id: stolen.id.clone(), request: stolen.request.clone(), encrypted };
    assert_eq!(opened_by_guessing(&weak, &rights, few()).as_deref(), Some("order-123456"));
    let request = STANDARD.encode(digest(&SHA256, b"order-123456"));
    let weak = Stolen { request, ..stolen };
    assert_eq!(opened_by_guessing(&weak, &rights, few()).as_deref(), Some("order-123456"));

    // With the client's key the same request has the same codes; without it, others.
    assert!(matches!(world.app.claim_request(&named).await, Ok(Claimed::Answered(_))));
    world.app.vault.destroy_key("acme", ".requests").await.expect("destroyed");
    let other = world.app.name_request(&bearer, "order-123456", &parts).await.expect("codes");
    assert_ne!(other.id, named.id);
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}
