//! Sessions: tokens that are renewed, and tokens that die.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_server::app::access::{LIVE, Mint};
use verax_store::Batch;

use crate::answer::{Answer, compact, keys};
use crate::world::{DAY, World, request};

const SESSION: &str = "/v2/auth/session";

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("claims")
}

fn new_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["accessToken"].as_str().expect("a token").to_owned()
}

async fn renew(world: &World, token: &str) -> Answer {
    world.send(request(Method::POST, token, "/v2/auth/renew-and-revoke")).await
}

on_both_databases! {
    async fn a_valid_token_renews_itself(world) {
        let scopes = vec![Scope::ReadValidations];
        let token = world.token_with("acme", Some(scopes), false).await;
        world.turn_clock(29 * DAY);
        let answer = world.get(&token, &format!("{SESSION}?origin=refresh&expiresIn=3")).await;
        assert_eq!(keys(&answer.json()), ["accessToken", "tokenType"]);
        assert_eq!(answer.json()["tokenType"], "bearer");
        let renewed = new_token(&answer);
        let (old, new) = (payload(&token), payload(&renewed));
        assert_eq!(keys(&new)[0], "clientId");
        for name in ["clientId", "scopes", "mode"] {
            assert_eq!(old[name], new[name], "{name}");
        }
        assert_ne!(old["jti"], new["jti"]);
        let seconds = |name: &str| new[name].as_i64().expect("a time");
        assert_eq!(seconds("exp") - seconds("iat"), 90 * 24 * 60 * 60);
        // Refreshing kills nothing; the old one ends when it would have ended.
        assert_eq!(world.get(&token, "/v2/clients/me").await.status, 200);
        world.turn_clock(DAY);
        world.get(&token, "/v2/clients/me").await.rejection(401);
        assert_eq!(world.get(&renewed, "/v2/biometric-validations").await.status, 200);
        world.get(&renewed, "/v2/document-liveness").await.rejection(403);
        world.turn_clock(89 * DAY);
        world.get(&renewed, "/v2/clients/me").await.rejection(401);
    }

    async fn renewing_and_revoking_kills_all_older_tokens(world) {
        let (first, second) = (world.token("acme").await, world.token("acme").await);
        let stranger = world.token("globex").await;
        let answer = renew(world, &first).await;
        let renewed = new_token(&answer);
        assert_eq!(answer.json()["token"], answer.json()["accessToken"]);
        for dead in [&first, &second] {
            world.get(dead, "/v2/clients/me").await.rejection(401);
            renew(world, dead).await.rejection(401);
            assert_eq!(world.get(dead, SESSION).await.rejection(401), "Unauthorized");
        }
        for alive in [&renewed, &stranger] {
            assert_eq!(world.get(alive, "/v2/clients/me").await.status, 200);
        }
        // Who may only read does not end what others work with.
        let scopes = vec![Scope::ReadValidations, Scope::ReadDocuments, Scope::ReadMedia];
        let reading = world.token_with("acme", Some(scopes), false).await;
        let staff = world.token_with("acme", Some(Vec::new()), true).await;
        for token in [&reading, &staff] {
            assert_eq!(renew(world, token).await.rejection(403), "FORBIDDEN");
        }
        assert_eq!(world.get(&renewed, "/v2/clients/me").await.status, 200);
        let again = new_token(&renew(world, &renewed).await);
        world.get(&renewed, "/v2/clients/me").await.rejection(401);
        assert_eq!(world.get(&again, "/v2/clients/me").await.status, 200);
    }

    async fn a_leaked_token_cannot_be_renewed_for_ever(world) {
        let token = world.token("acme").await;
        let begun = payload(&token)["iat"].as_i64().expect("a time");
        let end = begun + 365 * 24 * 60 * 60;
        let (mut held, mut days) = (token, 0);
        // Each time for as long as the protocol lets ask, by each of the three calls.
        while days < 365 {
            let renewed = match days % 3 {
                0 => world.get(&held, &format!("{SESSION}?expiresIn=12")).await,
                1 => world.send(request(Method::POST, &held, SESSION)).await,
                _ => renew(world, &held).await,
            };
            held = new_token(&renewed);
            let until = payload(&held)["exp"].as_i64().expect("a time");
            assert!(until <= end, "{until} is after {end}");
            world.turn_clock(20 * DAY);
            days += 20;
        }
        world.get(&held, "/v2/clients/me").await.rejection(401);
        world.get(&held, SESSION).await.rejection(401);
    }

    async fn the_command_says_how_long_a_token_may_be_renewed(world) {
        for (valid, renewable, most) in [(2, 0, 2), (2, 5, 5), (9, 5, 9)] {
            let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
            world.token("acme").await;
            let mint = Mint {
                client: "acme", scopes: None, staff: false, mode: LIVE, valid: days(valid),
                renewable: Some(days(renewable)),
            };
            let token = world.app.mint_token(&mint).await.expect("a token");
            let renewed = new_token(&world.get(&token, &format!("{SESSION}?expiresIn=12")).await);
            let (first, renewed) = (payload(&token), payload(&renewed));
            let time = |value: &Value| value.as_i64().expect("a time");
            assert_eq!(time(&renewed["exp"]) - time(&first["iat"]), most * 24 * 60 * 60);
        }
    }

    async fn a_token_from_before_renewals_were_limited_is_limited_from_its_day_on(world) {
        let token = world.token("acme").await;
        world.execute("UPDATE tokens SET renewable_until = NULL").await;
        world.turn_clock(29 * DAY);
        let renewed = new_token(&world.get(&token, &format!("{SESSION}?expiresIn=12")).await);
        let (first, renewed) = (payload(&token), payload(&renewed));
        let time = |value: &Value| value.as_i64().expect("a time");
        assert_eq!(time(&renewed["exp"]) - time(&first["iat"]), 365 * 24 * 60 * 60);
    }

    async fn so_many_renewals_of_a_token_are_valid_at_once(world) {
        let (token, other) = (world.token("acme").await, world.token("acme").await);
        let router = world.beside(|config| config.tokens.renewals_max = 3);
        let mut renewed = Vec::new();
        for of in [None, Some(0), None, Some(2), None, Some(4)] {
            // A renewal of a renewal counts with the first.
            let from = of.map_or(token.clone(), |at: usize| String::clone(&renewed[at]));
            renewed.push(new_token(&crate::world::get(&router, &from, SESSION).await));
            world.turn_clock(1000);
        }
        let theirs = new_token(&world.get(&other, SESSION).await);
        for (at, renewed) in renewed.iter().enumerate() {
            let status = if at < 3 { 401 } else { 200 };
            assert_eq!(world.get(renewed, "/v2/clients/me").await.status, status, "{at}");
        }
        for alive in [&token, &other, &theirs] {
            assert_eq!(world.get(alive, "/v2/clients/me").await.status, 200);
        }
        let kept = world.app.database.tokens(Some("acme")).await.expect("tokens");
        assert_eq!(kept.len(), 6, "what is over is gone");
    }

    async fn what_was_revoked_is_not_renewed_by_a_node_that_has_not_heard_of_it(world) {
        let token = world.token("acme").await;
        let router = world.beside(|config| config.tokens.cache_seconds = 5);
        let get = async |target: &str| crate::world::get(&router, &token, target).await;
        assert_eq!(get("/v2/clients/me").await.status, 200);
        let mut batch = Batch::default();
        batch.revoke_tokens_of("acme", world.app.clock.now());
        world.app.database.commit(batch).await.expect("a revocation");
        assert_eq!(get("/v2/clients/me").await.status, 200, "it is remembered for seconds");
        assert_eq!(get(SESSION).await.rejection(401), "Unauthorized");
        let both = request(Method::POST, &token, "/v2/auth/renew-and-revoke");
        crate::world::send(&router, both).await.rejection(401);
        let tokens = world.app.database.tokens(Some("acme")).await.expect("tokens");
        assert!(tokens.iter().all(|token| token.revoked_at.is_some()));
    }
}

#[tokio::test]
async fn a_session_of_an_app_brings_the_account() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let by_query = world.get(&token, &format!("{SESSION}?origin=app")).await;
    assert_eq!(keys(&by_query.json()), ["accessToken", "tokenType", "user", "settings"]);
    let body = Body::from(r#"{"origin":"app","expiresIn":2}"#);
    let by_body = Request::post(SESSION)
        .header(header::AUTHORIZATION, format!("JWT {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .expect("a request");
    let by_body = world.send(by_body).await;
    assert_eq!(by_body.json()["user"], by_query.json()["user"]);
    let new = payload(&new_token(&by_body));
    let valid = new["exp"].as_i64().zip(new["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    assert_eq!(valid, Some(60 * 24 * 60 * 60));
    let expected = r#"{
        "_id": "acme", "name": "acme Ltd", "email": "office@acme.example", "status": "joined",
        "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z"
    }"#;
    assert_eq!(by_query.json()["user"].to_string(), compact(expected));
}

#[tokio::test]
async fn sessions_last_one_to_twelve_months() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for months in ["1", "12"] {
        let answer = world.get(&token, &format!("{SESSION}?expiresIn={months}")).await;
        assert_eq!(answer.status, 200);
    }
    for months in ["0", "13", "-1", "1.5", "never", "", "99999999999999999999", "30d"] {
        let answer = world.get(&token, &format!("{SESSION}?expiresIn={months}")).await;
        assert_eq!(answer.wrong_parameters(), ["expiresIn"], "{months}");
    }
    let answer = world.get(&token, &format!("{SESSION}?origin=elsewhere")).await;
    assert_eq!(answer.wrong_parameters(), ["origin"]);
    let answer = world.get(&token, &format!("{SESSION}?origin=elsewhere&expiresIn=0")).await;
    assert_eq!(answer.wrong_parameters(), ["origin", "expiresIn"]);
    // Without a wish it is the setting.
    let new = payload(&new_token(&world.get(&token, SESSION).await));
    let valid = new["exp"].as_i64().zip(new["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    assert_eq!(valid, Some(30 * 24 * 60 * 60));
}

#[tokio::test]
async fn a_session_without_a_header_is_a_missing_parameter() {
    let world = World::sqlite().await;
    for method in [Method::GET, Method::POST] {
        let answer = world.send(request(method, "", SESSION)).await;
        assert_eq!(answer.rejection(409), "MissingParameter");
    }
    let answer = world.get("nonsense", SESSION).await;
    let expected = r#"{
        "success": false,
        "error": "Invalid or expired token.",
        "code": "Unauthorized",
        "message": "Invalid or expired token.",
        "status": 401,
        "signature": { "dateTime": "January 2, 2026 3:04 AM", "message": "Certified by Verax" }
    }"#;
    assert_eq!((answer.status, answer.text()), (401, compact(expected).as_str()));
}

#[tokio::test]
async fn an_account_shows_itself_without_secrets() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let answer = world.get(&token, "/v2/clients/me?populates[]=clientSubscriptionPlan").await;
    let expected = r#"{
        "success": true,
        "data": {
            "_id": "acme", "name": "acme Ltd", "email": "office@acme.example", "status": "joined",
            "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z",
            "secretKey": null
        }
    }"#;
    assert_eq!(answer.text(), compact(expected));
    let staff = world.staff_token("house").await;
    let own = world.get(&staff, "/v2/clients/me").await.json();
    assert_eq!(own["data"]["_id"], "house");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected_in_the_form_of_errors() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let router = world.beside(|config| config.http.body_bytes_max = 1024);
    let large = json!({ "origin": "app", "x": "y".repeat(2000) }).to_string();
    let request = Request::post(SESSION)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(large));
    let answer = crate::world::send(&router, request.expect("a request")).await;
    answer.rejection(413);
}
