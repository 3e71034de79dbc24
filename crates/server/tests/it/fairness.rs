//! One client's work, or one address's, leaves the others their share: requests, places, readers.

use axum::body::Body;
use axum::http::{Method, Request};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::json;
use verax_domain::RecordTokenScope;
use verax_server::config::Config;
use verax_server::http::source_address::Peer;
use verax_server::http::{self, State};

use crate::given_faces::{face, image, with_given_faces};
use crate::world::{Engine, World, get, request, send};

const LIST: &str = "/v2/biometric-validations";
const SESSION: &str = "/v2/auth/session";
const LIVENESS: &str = "/v2/face-recognition/liveness";

#[test]
fn limits_are_on_by_default() {
    let limits = Config::load(None).expect("the default settings").rate_limit;
    for limit in [
        limits.requests_per_minute,
        limits.client_requests_per_minute,
        limits.anonymous_requests_per_minute,
        limits.rejected_tokens_per_minute,
    ] {
        assert!((60..=60_000).contains(&limit), "{limit}");
    }
}

#[tokio::test]
async fn renewing_a_token_is_no_new_limit() {
    let world = World::sqlite().await;
    let (first, other) = (world.token("acme").await, world.token("globex").await);
    let router = world.beside(|config| {
        config.rate_limit.requests_per_minute = 4;
        config.rate_limit.client_requests_per_minute = 6;
    });
    let (mut tokens, mut answered) = (vec![first], 0);
    // Each token is asked until it is told to wait; each renews itself as often as it is let.
    while let Some(token) = tokens.pop() {
        loop {
            let answer = get(&router, &token, SESSION).await;
            if answer.status != 200 {
                assert_eq!(answer.rejection(429), "TOO_MANY_REQUESTS");
                assert_ne!(answer.header("retry-after"), "");
                assert_eq!(answer.header("ratelimit-remaining"), "0");
                break;
            }
            answered += 1;
            assert!(answered <= 6, "renewing has made the limit another");
            tokens.push(answer.json()["accessToken"].as_str().expect("a token").to_owned());
        }
    }
    assert_eq!(answered, 6);
    let others = get(&router, &other, LIST).await;
    assert_eq!((others.status, others.header("ratelimit-remaining")), (200, "3"));
}

#[tokio::test]
async fn the_headers_say_which_limit_is_used_up_first() {
    let world = World::sqlite().await;
    let (one, two) = (world.token("acme").await, world.token("acme").await);
    let router = world.beside(|config| {
        config.rate_limit.requests_per_minute = 3;
        config.rate_limit.client_requests_per_minute = 4;
    });
    for (token, limit, remaining) in [(&one, "3", "2"), (&one, "3", "1"), (&two, "4", "1")] {
        let answer = get(&router, token, LIST).await;
        let text = ["ratelimit-limit", "ratelimit-remaining"].map(|name| answer.header(name));
        assert_eq!((answer.status, text), (200, [limit, remaining]));
    }
}

#[tokio::test]
async fn tokens_for_one_record_are_counted_together_and_not_as_their_clients() {
    let world = World::sqlite().await;
    let client = world.token("acme").await;
    let router = world.beside(|config| {
        config.rate_limit.requests_per_minute = 3;
        config.rate_limit.client_requests_per_minute = 3;
    });
    let me = "/v2/app-registrations/me";
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let token = world.record_token("acme", RecordTokenScope::Registration, "r1").await;
        statuses.push(get(&router, &token, me).await.status);
    }
    assert_eq!(statuses, [404, 404, 404, 429, 429], "a new token is no new limit");
    let other = world.record_token("acme", RecordTokenScope::Registration, "r2").await;
    assert_eq!(get(&router, &other, me).await.status, 404);
    assert_eq!(get(&router, &client, LIST).await.status, 200, "people do not use up their client");
}

/// A request that comes from this address.
fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(Peer(address.parse().expect("an address")));
    request
}

#[tokio::test]
async fn an_address_without_a_token_or_with_wrong_ones_is_told_to_wait() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let router = world.beside(|config| {
        config.rate_limit.anonymous_requests_per_minute = 2;
        config.rate_limit.rejected_tokens_per_minute = 3;
    });
    let ask = async |address: &str, token: &str, target: &str| {
        send(&router, from(address, request(Method::GET, token, target))).await
    };
    let open = "/v2/projects/kyc?id=nobody";
    let (here, there) = ("203.0.113.1", "203.0.113.2");
    for status in [401, 401, 429, 429] {
        let answer = ask(here, "", open).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("retry-after").is_empty(), status == 401);
    }
    assert_eq!(ask(there, "", open).await.status, 401);
    for (token, target, status) in [
        ("wrong", LIST, 401),
        ("", LIST, 401),
        ("wrong", LIVENESS, 405),
        ("wrong", SESSION, 401),
        ("wrong", "/v2/face-recognition/persons", 429),
        ("", SESSION, 429),
    ] {
        assert_eq!(ask(here, token, target).await.status, status, "{target}");
    }
    assert_eq!(ask(there, "wrong", LIST).await.status, 401);
    assert_eq!(ask(here, &token, LIST).await.status, 200, "a right token is let in");
    assert_eq!(ask(here, "", "/healthz").await.status, 200);
    // Whoever has one address of a network has all of them.
    for (address, status) in [("2001:db8::1", 401), ("2001:db8::2", 401), ("2001:db8::3", 429)] {
        assert_eq!(ask(address, "", open).await.status, status, "{address}");
    }
}

/// A body that never ends.
fn endless() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

#[tokio::test]
async fn one_client_with_all_its_places_leaves_some_to_others() {
    let world = World::with(Engine::Sqlite, |config| {
        config.vision.threads = 1;
        config.vision.waiting_max = 3;
        config.vision.body_milliseconds = 600_000;
        config.http.body_seconds = 600;
        config.http.request_seconds = 600;
    })
    .await;
    let app = with_given_faces(world.app.clone(), "a test's");
    let router = http::router(State::new(app));
    let (acme, globex) = (world.token("acme").await, world.token("globex").await);
    // Half of the four places, and their bodies do not end.
    let call = || request(Method::POST, &acme, LIVENESS).map(|_| endless());
    let mut holding = [Box::pin(send(&router, call())), Box::pin(send(&router, call()))];
    assert!(holding.iter_mut().all(|call| call.now_or_never().is_none()));
    let image = json!({ "os": "IOS", "image": image(&[face(1)]) }).to_string();
    let ask = async |token: &str| {
        let call = request(Method::POST, token, LIVENESS);
        send(&router, call.map(|_| Body::from(image.clone()))).await
    };
    let rejected = ask(&acme).await;
    assert_eq!(rejected.rejection(503), "UNAVAILABLE");
    assert_ne!(rejected.header("retry-after"), "");
    assert_eq!(ask(&globex).await.status, 200);
    drop(holding);
    assert_eq!(ask(&acme).await.status, 200);
}

const RECORDS: &str = "
    INSERT INTO biometric_validations (id, client, status, identifier, identifier_folded, created_at)
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
    SELECT client || n, client, 'new', 'somebody', 'somebody', 1750000000000 + n
    FROM n, (SELECT 'acme' AS client UNION ALL SELECT 'globex')";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_clients_slow_lists_leave_readers_to_others() {
    let world = World::sqlite().await;
    let (acme, globex) = (world.token("acme").await, world.token("globex").await);
    world.execute(RECORDS).await;
    let slow = format!("{LIST}?like_identifier=nobody");
    let ask = |token: &str| {
        let (router, call) = (world.router.clone(), request(Method::GET, token, &slow));
        tokio::spawn(async move { send(&router, call).await })
    };
    let mut lists: FuturesUnordered<_> = (0..12).map(|_| ask(&acme)).collect();
    // The first of many is there: the others have every reader that they may have, and wait.
    let first = lists.next().await.expect("a list").expect("an answer");
    assert_eq!(first.status, 200, "{}", first.text());
    let others = ask(&globex).await.expect("an answer");
    assert_eq!(others.status, 200, "{}", others.text());
    let waiting = lists.iter().filter(|list| !list.is_finished()).count();
    assert!(waiting >= 3, "others came after all of them but {waiting}");
    while let Some(list) = lists.next().await {
        assert_eq!(list.expect("an answer").status, 200);
    }
}
