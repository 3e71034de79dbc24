//! The feed: every event once, in the order of its number, to whoever asks again or keeps listening.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, Request};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use verax_domain::{RecordTokenScope, Scope};
use verax_server::http::{self, State};
use verax_store::Batch;

use crate::answer::Answer;
use crate::binary::Folder;
use crate::world::{Engine, World, request};

const EVENTS: &str = "/v2/events";
const STREAM: &str = "/v2/events/stream";
/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a project, whose event has no number yet.
async fn create(world: &World, token: &str, name: &str) {
    let body = json!({ "name": name }).to_string();
    let made = world.send(request(Method::POST, token, "/v2/projects").map(|_| body.into())).await;
    assert_eq!(made.status, 201, "{}", made.text());
}

async fn create_numbered(world: &World, token: &str, name: &str) {
    create(world, token, name).await;
    world.app.number_events().await.expect("numbers");
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].as_array().expect("a list").clone()
}

fn numbers(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["number"].as_i64().expect("a number")).collect()
}

/// Server-sent events as they come.
struct Listening {
    body: BodyDataStream,
    text: String,
}

impl Listening {
    async fn begin(world: &World, token: &str, last: Option<i64>) -> Listening {
        let mut asked = request(Method::GET, token, STREAM);
        if let Some(last) = last {
            asked.headers_mut().insert("last-event-id", last.into());
        }
        Listening::of(world, asked).await
    }

    async fn of(world: &World, asked: Request<Body>) -> Listening {
        let answered = world.router.clone().oneshot(asked).await.expect("an answer");
        assert_eq!(answered.status(), 200);
        let header = |name: &str| answered.headers()[name].to_str().expect("a text");
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-accel-buffering"), "no");
        assert!(!answered.headers().contains_key("content-encoding"));
        let mut listening =
            Listening { body: answered.into_body().into_data_stream(), text: String::new() };
        let begin = listening.block().await.unwrap_or_default();
        assert!(begin.starts_with("id: ") && begin.ends_with("\nretry: 1000"), "{begin}");
        listening
    }

    /// The next block of lines; `None`: it has ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let next = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("in time")?;
            self.text += std::str::from_utf8(&next.expect("bytes")).expect("text");
        }
    }

    /// The next event; its number stands beside it.
    async fn event(&mut self) -> Value {
        let block = self.block().await.expect("an event");
        let mut lines = block.lines().filter_map(|line| line.split_once(": "));
        let mut value = |name: &str| {
            let (found, value) = lines.next().expect("a line");
            assert_eq!(found, name, "{block}");
            value.to_owned()
        };
        let (id, data) = (value("id"), value("data"));
        assert_eq!(lines.next(), None, "{block}");
        let data: Value = serde_json::from_str(&data).expect("JSON on one line");
        assert_eq!(data["number"].to_string(), id);
        data
    }
}

on_both_databases! {
    async fn the_feed_goes_on_where_an_answer_has_ended_and_is_each_clients_own(world) {
        let (token, other) = (world.token("acme").await, world.token("globex").await);
        for name in ["One", "Two"] {
            create(world, &token, name).await;
            create(world, &other, name).await;
        }
        create(world, &token, "Three").await;
        assert_eq!(rows(&world.get(&token, "/v2/events?after=0").await), [] as [Value; 0]);
        world.app.number_events().await.expect("numbers");
        let first = world.get(&token, "/v2/events?after=0&limit=2").await;
        assert_eq!(first.header("cache-control"), "no-store");
        assert_eq!(first.json()["pagination"], json!({ "limit": 2, "nextAfter": 2 }));
        assert_eq!(numbers(&rows(&first)), [1, 2]);
        let rest = world.get(&token, "/v2/events?after=2").await;
        assert_eq!(rest.json()["pagination"], json!({ "limit": 100, "nextAfter": 3 }));
        let listed = world.get(&token, &format!("{EVENTS}?sort=createdAt&limit=100")).await;
        let mut all = rows(&first);
        all.extend(rows(&rest));
        for row in &mut all {
            let fields: Vec<&String> = row.as_object().expect("an object").keys().collect();
            assert_eq!(fields[..2], ["number", "_id"]);
            row.as_object_mut().expect("an object").remove("number");
        }
        let by_id = |mut rows: Vec<Value>| {
            rows.sort_by_key(|row| row["_id"].as_str().map(str::to_owned));
            rows
        };
        assert_eq!(by_id(all), by_id(rows(&listed)), "the row of the list");
        let end = world.get(&token, "/v2/events?after=3&wait=0").await;
        assert_eq!(end.json()["pagination"], json!({ "limit": 100, "nextAfter": 3 }));
        let others = rows(&world.get(&other, "/v2/events?after=0").await);
        assert_eq!(numbers(&others), [1, 2]);
        assert!(others.iter().all(|row| row["client"] == "globex"), "{others:?}");
        let staff = world.staff_token("staff").await;
        let whole = rows(&world.get(&staff, "/v2/events?after=0").await);
        assert_eq!(numbers(&whole), [1, 2, 3, 4, 5], "the positions over all clients");
    }

    async fn a_wait_is_answered_as_soon_as_an_event_comes(world) {
        let (token, other) = (world.token("acme").await, world.token("globex").await);
        let begun = Instant::now();
        let waiting = world.get(&token, "/v2/events?after=0&wait=25");
        let (answer, ()) = tokio::join!(waiting, async {
            // Others' events are none of its own.
            create_numbered(world, &other, "Theirs").await;
            create_numbered(world, &token, "Ours").await;
        });
        assert_eq!(numbers(&rows(&answer)), [1]);
        assert_eq!(rows(&answer)[0]["client"], "acme");
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        let none = world.get(&token, "/v2/events?after=7&wait=1").await;
        assert_eq!(none.json(), json!({
            "success": true, "data": [], "pagination": { "limit": 100, "nextAfter": 7 },
        }));
    }

    async fn a_stream_that_was_dropped_goes_on_without_a_gap_and_nothing_comes_twice(world) {
        let (token, other) = (world.token("acme").await, world.token("globex").await);
        create_numbered(world, &token, "Before").await;
        let mut now = Listening::begin(world, &token, None).await;
        let mut seen = Vec::new();
        let mut last = 1;
        for round in 0..4 {
            let mut listening = Listening::begin(world, &token, Some(last)).await;
            create(world, &token, &format!("{round} a")).await;
            create(world, &other, &format!("{round} other")).await;
            create_numbered(world, &token, &format!("{round} b")).await;
            for _ in 0..2 {
                let event = listening.event().await;
                last = event["number"].as_i64().expect("a number");
                seen.push(event);
            }
            drop(listening);
            create_numbered(world, &token, &format!("{round} while nobody listens")).await;
        }
        seen.push(Listening::begin(world, &token, Some(last)).await.event().await);
        assert_eq!(numbers(&seen), (2..2 + seen.len() as i64).collect::<Vec<_>>());
        let fed = rows(&world.get(&token, "/v2/events?after=1").await);
        assert_eq!(seen, fed[..seen.len()]);
        assert!(seen.iter().all(|event| event["client"] == "acme"));
        for event in &seen {
            assert_eq!(&now.event().await, event, "who never dropped out has the same");
        }
        let asked = request(Method::GET, &token, &format!("{STREAM}?after=0"));
        let first = Listening::of(world, asked).await.event().await;
        assert_eq!(first["number"], 1);
    }

    async fn a_stream_ends_when_its_token_is_revoked(world) {
        let token = world.token("acme").await;
        let mut listening = Listening::begin(world, &token, None).await;
        let mut batch = Batch::default();
        batch.revoke_tokens_of("acme", world.app.clock.now());
        world.app.database.commit(batch).await.expect("a revocation");
        assert_eq!(listening.block().await, None);
        assert_eq!(world.get(&token, STREAM).await.status, 401);
    }

    async fn a_server_that_stops_ends_streams_and_waits_at_once(world) {
        let token = world.token("acme").await;
        let mut listening = Listening::begin(world, &token, None).await;
        let begun = Instant::now();
        let waiting = world.get(&token, "/v2/events?after=0&wait=25");
        let (answer, ended, ()) = tokio::join!(waiting, listening.block(), async {
            world.app.feed.close();
        });
        assert_eq!((rows(&answer).len(), ended), (0, None));
        let mut late = Listening::begin(world, &token, None).await;
        assert_eq!(late.block().await, None);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    async fn numbering_that_stops_is_not_ready_and_is_measured(world) {
        let token = world.token("acme").await;
        create(world, &token, "One").await;
        assert_eq!(world.get("", "/readyz").await.status, 200);
        world.turn_clock(31_000);
        let router = http::router(State::new(world.node(|_| {}).await));
        let late = crate::world::get(&router, "", "/readyz").await;
        let body = r#"{"status":"not_ready","checks":{"database":"ok","journal":"failed"}}"#;
        assert_eq!((late.status, late.text()), (503, body));
        let numbers = world.get("", "/metrics").await;
        for line in ["verax_journal_lag_seconds 31.0", "verax_journal_unnumbered 1"] {
            assert!(numbers.text().lines().any(|found| found == line), "{}", numbers.text());
        }
        world.app.number_events().await.expect("numbers");
        let router = http::router(State::new(world.node(|_| {}).await));
        assert_eq!(crate::world::get(&router, "", "/readyz").await.status, 200);
    }
}

#[tokio::test]
async fn what_the_feed_cannot_do_is_named() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (target, wrong) in [
        ("/v2/events?after=x", vec!["after"]),
        ("/v2/events?after=0&wait=26&limit=0", vec!["limit", "wait"]),
        ("/v2/events?wait=5", vec!["wait"]),
        ("/v2/events?after=0&where_type=x&populates=projectFlow", vec!["where_type", "populates"]),
        ("/v2/events/stream?after=-1", vec!["after"]),
        ("/v2/events/stream?limit=1", vec!["limit"]),
    ] {
        assert_eq!(world.get(&token, target).await.wrong_parameters(), wrong, "{target}");
    }
    let mut asked = request(Method::GET, &token, STREAM);
    asked.headers_mut().insert("last-event-id", "x".parse().expect("a value"));
    assert_eq!(world.send(asked).await.wrong_parameters(), ["Last-Event-ID"]);
}

#[tokio::test]
async fn who_may_not_read_events_gets_neither_feed_nor_stream() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let other = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
    let record = world.record_token("acme", RecordTokenScope::Registration, "r").await;
    for token in [other.as_str(), &record] {
        for target in ["/v2/events?after=0", "/v2/events?after=0&wait=25", STREAM] {
            assert_eq!(world.get(token, target).await.status, 403, "{target}");
        }
    }
}

#[tokio::test]
async fn one_client_leaves_others_room_to_listen() {
    let world = World::sqlite().await;
    let (token, other) = (world.token("acme").await, world.token("globex").await);
    let mut listening = Vec::new();
    for _ in 0..256 {
        listening.push(Listening::begin(&world, &token, None).await);
    }
    for target in [STREAM, "/v2/events?after=0&wait=25"] {
        let rejected = world.get(&token, target).await;
        assert_eq!((rejected.status, rejected.header("retry-after")), (503, "1"));
    }
    // Who does not wait needs no room.
    assert_eq!(world.get(&token, "/v2/events?after=0").await.status, 200);
    drop(Listening::begin(&world, &other, None).await);
    listening.pop();
    drop(Listening::begin(&world, &token, None).await);
}

#[tokio::test]
async fn a_quiet_stream_outlives_the_limits_of_its_connection() {
    let world = World::with(Engine::Sqlite, |config| {
        config.http.header_seconds = 1;
        config.http.idle_seconds = 1;
        config.http.write_seconds = 1;
        config.http.request_seconds = 2;
    })
    .await;
    let token = world.token("acme").await;
    let server = world.listen().await;
    let mut wire = server.connect().await;
    wire.send(&crate::socket::get(&token, STREAM)).await;
    // The comment that a quiet stream is kept up with.
    let seen = wire.read_until("\r\n:\n\n").await;
    assert!(seen.contains("retry: 1000\n\n"), "{seen}");
    create_numbered(&world, &token, "One").await;
    wire.read_until("\"type\":\"project.created\"").await;
}

#[test]
fn a_server_ends_its_streams_when_it_is_told_to_stop() {
    use std::io::{Read as _, Write as _};
    let folder = Folder::new();
    let token = folder.token("acme");
    let mut served = folder.serve(&[]);
    let mut stream = served.connect();
    stream.write_all(crate::socket::get(&token, STREAM).as_bytes()).expect("the server reads");
    let mut seen = Vec::new();
    while !seen.ends_with(b"retry: 1000\n\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the stream begins");
        seen.push(byte[0]);
    }
    served.signal("TERM");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the stream ends");
    assert_eq!(rest, b"0\r\n\r\n", "a whole answer");
    assert!(served.wait().success());
    assert!(!served.log().contains("still at work"), "{}", served.log());
}
