//! Several nodes on one database and one object store.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_verdict::{Calibration, ColourlessRule, CroppedRule};
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::documents::DocumentOrder;
use verax_server::app::journal::Origin;
use verax_server::http::{self, State};
use verax_server::jobs::document_checks;
use verax_store::Batch;
use verax_vision::document::seeded::Seeded;

use crate::answer::Answer;
use crate::world::{get, request, send};

const PATH: &str = "/v2/document-liveness";

fn order() -> String {
    json!({
        "image": STANDARD.encode(image()),
        "validateScreenReplay": false,
        "validatePrintedCopy": false,
        "validatePortraitSubstitution": false,
    })
    .to_string()
}

fn left_behind() -> DocumentOrder {
    DocumentOrder {
        image: image(),
        checks: PerCheck::from_fn(|check| check == DocumentCheck::DigitalManipulation),
        calibrations: PerCheck::all(Calibration::Regular),
        cropped: CroppedRule::Ignored,
        colourless: ColourlessRule::Ignored,
        save_image: false,
        app_registration: None,
    }
}

fn image() -> Vec<u8> {
    jpeg(&card(&mut Seeded::new(5), None).image, 90)
}

async fn post(node: &Router, token: &str, key: &str, order: &str) -> Answer {
    let mut request = request(Method::POST, token, PATH).map(|_| Body::from(order.to_owned()));
    request.headers_mut().insert("idempotency-key", key.parse().expect("a header"));
    send(node, request).await
}

on_both_databases! {
    async fn two_nodes_that_get_one_key_at_once_do_the_work_once(world) {
        let token = world.token("acme").await;
        let other = http::router(State::new(world.node(|_| {}).await));
        let order = order();
        for key in ["k1", "k2", "k3", "k4"] {
            let (one, two) = tokio::join!(
                post(&world.router, &token, key, &order),
                post(&other, &token, key, &order)
            );
            assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text(), two.text());
            assert_eq!(one.text(), two.text());
        }
        assert_eq!(get(&other, &token, PATH).await.total(), 4);
    }

    async fn a_token_that_one_node_revokes_is_rejected_by_the_other_within_five_seconds(world) {
        let token = world.token("acme").await;
        let other = http::router(State::new(world.node(|it| it.tokens.cache_seconds = 2).await));
        assert_eq!(get(&other, &token, PATH).await.status, 200);
        let mut batch = Batch::default();
        batch.revoke_tokens_of("acme", world.app.clock.now());
        world.app.database.commit(batch).await.expect("a revocation");
        let revoked = Instant::now();
        assert_eq!(world.get(&token, PATH).await.status, 401);
        while get(&other, &token, PATH).await.status != 401 {
            assert!(revoked.elapsed() < Duration::from_secs(5), "it is still accepted");
        }
    }

    async fn what_one_node_changes_the_other_shows_at_once(world) {
        let token = world.token("acme").await;
        let other = http::router(State::new(world.node(|_| {}).await));
        let made = json!({ "name": "One", "contactEmail": "a@b.example" });
        let target = "/v2/face-recognition/collections";
        for count in 1..=3 {
            assert_eq!(get(&other, &token, target).await.total(), count - 1);
            let order = request(Method::POST, &token, target).map(|_| Body::from(made.to_string()));
            let made = world.send(order).await;
            assert_eq!(made.status, 200, "{}", made.text());
            assert_eq!(get(&other, &token, target).await.total(), count);
        }
    }

    async fn what_is_set_on_one_node_all_nodes_use(world) {
        let token = world.token("acme").await;
        let node = world.node(|config| config.signature.issuer = "My own".to_owned()).await;
        let other = http::router(State::new(node.clone()));
        let issuer = async || get(&other, &token, PATH).await.json()["signature"]["message"].clone();
        for (name, value) in [
            ("signature.issuer", "Acme"),
            ("compat.flat_pagination", "true"),
            ("rate_limit.requests_per_minute", "1000"),
        ] {
            world.app.set_setting(name, value, &Origin::command()).await.expect(name);
        }
        assert_eq!(issuer().await, "Certified by My own");
        node.read_settings().await.expect("a look");
        assert_eq!(issuer().await, "Certified by Acme");
        let answer = get(&other, &token, PATH).await;
        assert_eq!((answer.json()["pages"].clone(), answer.header("ratelimit-limit")), (json!(0), "1000"));

        world.app.unset_setting("signature.issuer", &Origin::command()).await.expect("it was set");
        world.app.unset_setting("rate_limit.requests_per_minute", &Origin::command()).await.expect("it was set");
        node.read_settings().await.expect("a look");
        assert_eq!(issuer().await, "Certified by My own");
        let answer = get(&other, &token, PATH).await;
        assert_eq!((answer.json()["pages"].clone(), answer.header("ratelimit-limit")), (json!(0), ""));
    }

    async fn a_setting_that_a_node_cannot_use_is_rejected_or_left_out(world) {
        for (name, value, text) in [
            ("http.body_bytes_max", "1", "http.body_bytes_max is set for each node in its file or environment; shared are http.public_url, "),
            ("tokens.days", "many", "tokens.days must be a whole number"),
            ("tokens.days", "0", "tokens.days must be at least 1"),
            ("compat.flat_pagination", "1", "compat.flat_pagination must be true or false"),
            ("signature.time_zone", "Bogota", "signature.time_zone must be an IANA name"),
            ("http.public_url", "verify.example.com", "http.public_url must be like"),
        ] {
            let error = world.app.set_setting(name, value, &Origin::command()).await.expect_err(name).to_string();
            assert!(error.contains(text), "{error}");
        }
        world.app.unset_setting("tokens.days", &Origin::command()).await.expect_err("it was never set");
        // A newer node may have set what this one does not know.
        let mut batch = Batch::default();
        let now = world.app.clock.now();
        batch.set_setting("tokens.colour", "red", now).set_setting("tokens.days", "0", now);
        batch.set_setting("validations.login_seconds", "60", now);
        world.app.database.commit(batch).await.expect("three settings");
        world.app.read_settings().await.expect("a look");
        let used = world.app.config.now();
        assert_eq!((used.tokens.days, used.validations.login_seconds), (30, 60));
    }

    async fn checks_that_a_node_left_behind_are_made_once_by_the_others(world) {
        let token = world.token("acme").await;
        let (dead, one, two) =
            (world.node(|_| {}).await, world.node(|_| {}).await, world.node(|_| {}).await);
        for _ in 0..6 {
            dead.begin_document_check("acme", &left_behind(), &Origin::system()).await.expect("a record");
        }
        drop(dead);
        world.turn_clock(121_000);
        let (one, two) = tokio::join!(document_checks::resume(&one), document_checks::resume(&two));
        assert_eq!(one.expect("a look") + two.expect("a look"), 6);
        assert_eq!(world.get(&token, &format!("{PATH}?status=completed")).await.total(), 6);
    }
}
