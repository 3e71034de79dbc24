//! `Idempotency-Key`: the same POST twice is done once.

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_vision::document::seeded::Seeded;
use verax_vision::document::simulator::cards::card;
use verax_vision::document::simulator::jpeg;

use crate::answer::Answer;
use crate::world::{DAY, World, request};

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

    async fn another_request_under_the_same_key_is_refused(world) {
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

    async fn a_refusal_is_repeated_and_a_crash_is_not(world) {
        let token = world.token("acme").await;
        let wrong = json!({ "image": "no picture" });
        let first = post(world, &token, "k1", &wrong).await;
        let second = post(world, &token, "k1", &wrong).await;
        assert_eq!((first.status, second.status), (400, 400));
        assert_eq!(second.header("idempotency-replayed"), "true");
        // What a killed server leaves: a request that is begun and has no answer.
        world.execute("UPDATE idempotency SET answer = NULL").await;
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

#[tokio::test]
async fn what_is_kept_of_an_answer_cannot_be_read_without_its_key() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let answer = post(&world, &token, "a-canary-of-a-key", &order(90)).await;
    // Answers are signed, records are not.
    assert!(answer.text().contains("Certified by"));
    for file in ["verax.db", "verax.db-wal"] {
        let bytes = std::fs::read(world.folder.path().join(file)).expect("the database");
        for canary in ["a-canary-of-a-key", "Certified by"] {
            let found = bytes.windows(canary.len()).any(|it| it == canary.as_bytes());
            assert!(!found, "{canary} in {file}");
        }
    }
}
