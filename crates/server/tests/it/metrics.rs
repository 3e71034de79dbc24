//! `/metrics`: what it counts, who may read it, and that alerts and dashboard name what there is.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use verax_domain::Timestamp;
use verax_server::http::source_address::Peer;
use verax_server::http::{self, State};
use verax_store::{Batch, Job, JobKind};

use crate::given_faces::{face, image, with_given_faces};
use crate::world::{Engine, World, request, send};

const MONITORING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

fn document(name: &str) -> String {
    let path = format!("{MONITORING}/{name}");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

async fn numbers(router: &Router) -> String {
    let answer = send(router, request(Method::GET, "", "/metrics")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

/// The same with everything that only some servers have: a family without a series is not written.
async fn all_numbers(world: &World) -> String {
    numbers(&world.router).await;
    let metrics = &world.app.metrics;
    drop(metrics.disk_free.get_or_create(&[("disk", "data")]));
    drop(metrics.disk_size.get_or_create(&[("disk", "data")]));
    drop(metrics.replica_lag.get_or_create(&[]));
    drop(metrics.certificate_expiry.get_or_create(&[]));
    drop(metrics.certificate_reload.get_or_create(&[]));
    drop(metrics.pool_waiting.get_or_create(&[("pool", "primary")]));
    numbers(&world.router).await
}

/// The value of one line.
#[track_caller]
fn value(numbers: &str, name: &str) -> f64 {
    let line = numbers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{numbers}"));
    line.parse().expect("a number")
}

/// The families as documents name them, and the names of all their series.
fn families(numbers: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut families, mut series) = (BTreeSet::new(), BTreeSet::new());
    for line in numbers.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a name and a type");
        let names = match kind {
            "counter" => vec![format!("{name}_total")],
            "histogram" => {
                ["", "_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")).to_vec()
            }
            _ => vec![name.to_owned()],
        };
        families.insert(names[0].clone());
        series.extend(names);
    }
    (families, series)
}

/// Every metric that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    let is_metric = |word: &&str| word.starts_with("verax_") || word.starts_with("process_");
    words.filter(is_metric).map(str::to_owned).collect()
}

on_both_databases! {
    async fn every_number_is_documented_and_every_documented_one_is_there(world) {
        let (families, _) = families(&all_numbers(world).await);
        let table = document("monitoring.md");
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let documented: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
        assert_eq!(families, documented);
    }

    async fn rules_and_dashboard_name_numbers_that_there_are(world) {
        let (_, series) = families(&all_numbers(world).await);
        for name in ["alerts.yaml", "alerts.test.yaml", "dashboard.json"] {
            let text = document(&format!("monitoring/{name}"));
            let named = named(&text);
            assert!(named.len() > 20, "{name} names {named:?}");
            let unknown: Vec<&String> = named
                .iter()
                .filter(|name| !series.contains(*name))
                .collect();
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
        }
        let dashboard: Value = serde_json::from_str(&document("monitoring/dashboard.json")).expect("JSON");
        assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 20));
    }

    async fn rejected_tokens_errors_and_limits_are_counted_by_reason(world) {
        let router = world.beside(|config| {
            config.rate_limit.requests_per_minute = 2;
            config.rate_limit.rejected_tokens_per_minute = 3;
        });
        let token = world.token("acme").await;
        let list = "/v2/document-liveness";
        let record_token = world.record_token("acme", verax_domain::RecordTokenScope::Session, "one").await;
        for token in ["", "wrong-token", &record_token, "wrong-token", "wrong-token"] {
            send(&router, request(Method::GET, token, list)).await;
        }
        for _ in 0..3 {
            send(&router, request(Method::GET, &token, list)).await;
        }
        let text = numbers(&router).await;
        for (name, expected) in [
            ("verax_token_failures_total{reason=\"missing\"}", 1.0),
            ("verax_token_failures_total{reason=\"invalid\"}", 3.0),
            ("verax_token_failures_total{reason=\"of_one_record\"}", 1.0),
            ("verax_token_failures_total{reason=\"expired\"}", 0.0),
            ("verax_rate_limited_requests_total{limit=\"token\"}", 1.0),
            ("verax_rate_limited_requests_total{limit=\"rejected_tokens\"}", 1.0),
            ("verax_http_errors_total{code=\"TOO_MANY_REQUESTS\"}", 2.0),
        ] {
            assert_eq!(value(&text, name), expected, "{name}\n{text}");
        }
    }

    async fn what_the_database_does_not_answer_is_counted_as_that(world) {
        let token = world.token("acme").await;
        world.execute("DROP TABLE jobs").await;
        let text = numbers(&world.router).await;
        assert_eq!(value(&text, "verax_database_up"), 0.0);
        assert_eq!(world.get(&token, "/v2/document-liveness").await.status, 200);
    }

    async fn jobs_are_told_by_age_and_attempts(world) {
        world.client("acme").await;
        let now = world.app.clock.now();
        let job = |record: &str, kind, late_ms: i64| Job {
            kind,
            record: record.to_owned(),
            client: "acme".to_owned(),
            lease_until: Timestamp(now.0 - late_ms),
            detail: None,
            attempts: 0,
        };
        let mut batch = Batch::default();
        batch.insert_job(&job("one", JobKind::DocumentCheck, 90_000));
        batch.insert_job(&job("two", JobKind::DocumentCheck, 30_000));
        batch.insert_job(&job("three", JobKind::SessionExpiry, -60_000));
        world.app.database.commit(batch).await.expect("three jobs");
        let text = numbers(&world.router).await;
        let of = |name: &str, kind: &str| value(&text, &format!("verax_{name}{{kind=\"{kind}\"}}"));
        assert_eq!(of("jobs", "document_check"), 2.0);
        assert_eq!(of("job_overdue_seconds", "document_check"), 90.0);
        assert_eq!(of("job_attempts_max", "document_check"), 0.0);
        assert_eq!(of("jobs", "session_expiry"), 1.0);
        assert_eq!(of("job_overdue_seconds", "session_expiry"), 0.0);
        assert_eq!(of("job_overdue_seconds", "biometric_check"), 0.0);
        let later = Timestamp(now.0 + 30_000);
        let taken = world.app.database.take_jobs(JobKind::DocumentCheck, now, later, 1).await;
        assert_eq!(taken.expect("jobs").len(), 1);
        // Another process asks at once; this one remembers what it has polled.
        let text = numbers(&world.beside(|_| {})).await;
        let of = |name: &str, kind: &str| value(&text, &format!("verax_{name}{{kind=\"{kind}\"}}"));
        assert_eq!(of("job_overdue_seconds", "document_check"), 30.0);
        assert_eq!(of("job_attempts_max", "document_check"), 1.0);
    }
}

#[tokio::test]
async fn a_poll_serves_all_who_ask_within_seconds() {
    let world = World::sqlite().await;
    let first = numbers(&world.router).await;
    assert_eq!(value(&first, "verax_database_up"), 1.0);
    world.execute("DROP TABLE jobs").await;
    for _ in 0..5 {
        let text = numbers(&world.router).await;
        assert_eq!(value(&text, "verax_database_up"), 1.0, "asked again");
        assert!(value(&text, "verax_poll_age_seconds") < 5.0);
    }
}

#[tokio::test]
async fn face_checks_are_counted_with_their_scores_and_no_names() {
    let world = World::sqlite().await;
    let app = with_given_faces(world.app.clone(), "a-model");
    let router = http::router(State::new(app));
    let token = world.token("acme-of-a-client").await;
    let call = async |name: &str, body: Value| {
        let target = format!("/v2/face-recognition/{name}");
        let mut request = request(Method::POST, &token, &target);
        *request.body_mut() = body.to_string().into();
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().expect("it"));
        send(&router, request).await.status
    };
    let (one, nobody) = (image(&[face(1)]), image(&[]));
    let liveness = json!({ "os": "DESKTOP", "image": one });
    assert_eq!(call("liveness", liveness).await, 200);
    let unusable = json!({ "os": "DESKTOP", "image": nobody });
    assert_eq!(call("liveness", unusable).await, 422);
    let compare = json!({ "probe": [one], "gallery": [one] });
    assert_eq!(call("compare", compare).await, 200);
    let search = json!({ "images": [one], "min_score": 0.9, "search_mode": "FAST" });
    assert_eq!(call("search", search).await, 200);
    let text = numbers(&router).await;
    let checks = |kind: &str, outcome: &str| {
        let name = format!("verax_checks_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}");
        value(&text, &name)
    };
    assert_eq!(checks("liveness", "passed") + checks("liveness", "failed"), 1.0);
    assert_eq!(checks("comparison", "passed"), 1.0);
    assert_eq!(checks("search", "failed"), 1.0, "nobody is enrolled");
    assert_eq!(value(&text, "verax_check_score_count{score=\"liveness\"}"), 1.0);
    assert_eq!(value(&text, "verax_check_score_count{score=\"match\"}"), 1.0);
    let measured = "verax_measurements_total{subject=\"face\",outcome=";
    assert_eq!(value(&text, &format!("{measured}\"done\"}}")), 3.0);
    assert_eq!(value(&text, &format!("{measured}\"image_rejected\"}}")), 1.0);
    assert_eq!(value(&text, "verax_http_errors_total{code=\"NO_FACE\"}"), 1.0);
    assert_eq!(value(&text, "verax_gallery_templates"), 0.0);
    assert!(!text.contains("acme-of-a-client") && !text.contains(&token), "{text}");
}

#[tokio::test]
async fn a_call_that_finds_no_place_is_counted_as_an_overload() {
    let world = World::with(Engine::Sqlite, |config| {
        (config.vision.threads, config.vision.waiting_max) = (1, 0);
    })
    .await;
    let app = with_given_faces(world.app.clone(), "a-model");
    app.admission.start().expect("threads");
    let _taken = app.admission.try_permit().expect("the only permit");
    let router = http::router(State::new(app));
    let token = world.token("acme").await;
    let mut call = request(Method::POST, &token, "/v2/face-recognition/liveness");
    let body = json!({ "os": "DESKTOP", "image": image(&[face(1)]) }).to_string();
    *call.body_mut() = body.into();
    assert_eq!(send(&router, call).await.status, 503);
    let text = numbers(&router).await;
    assert_eq!(value(&text, "verax_overloads_total{resource=\"measuring\"}"), 1.0);
    assert_eq!(value(&text, "verax_measuring_permits_used"), 1.0);
    assert_eq!(value(&text, "verax_measuring_permits_max"), 1.0);
}

#[tokio::test]
async fn the_numbers_are_for_this_machine_and_private_networks() {
    let world = World::sqlite().await;
    let behind = world.beside(|config| {
        config.http.trusted_proxies = vec!["10.9.0.0/16".parse().expect("a network")];
    });
    let own = world.beside(|config| {
        config.http.metrics_networks = vec!["203.0.113.9/32".parse().expect("a network")];
    });
    let ask = async |router: &Router, peer: &str, forwarded: Option<&str>| {
        let mut asked = Request::get("/metrics");
        if let Some(forwarded) = forwarded {
            asked = asked.header("x-forwarded-for", forwarded);
        }
        let mut asked = asked.body(axum::body::Body::empty()).expect("a request");
        asked.extensions_mut().insert(Peer(peer.parse().expect("an address")));
        let answer = send(router, asked).await;
        assert!(answer.status == 200 || !answer.text().contains("verax_"), "{}", answer.text());
        answer.status
    };
    let world = &world.router;
    for peer in ["127.0.0.1", "::1", "10.1.2.3", "192.168.7.7", "::ffff:127.0.0.1", "fd00::7"] {
        assert_eq!(ask(world, peer, None).await, 200, "{peer}");
        assert_eq!(ask(world, peer, Some("127.0.0.1")).await, 403, "{peer}: an unnamed proxy");
    }
    for peer in ["203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9", "::2"] {
        assert_eq!(ask(world, peer, None).await, 403, "{peer}");
    }
    assert_eq!(ask(&behind, "10.9.0.1", Some("203.0.113.9")).await, 403);
    assert_eq!(ask(&behind, "10.9.0.1", Some("127.0.0.1, 203.0.113.9")).await, 403);
    assert_eq!(ask(&behind, "10.9.0.1", Some("192.168.7.7")).await, 200);
    assert_eq!(ask(&own, "203.0.113.9", None).await, 200);
    assert_eq!(ask(&own, "127.0.0.1", None).await, 403);
}

#[test]
fn a_running_server_tells_of_its_disks_its_process_and_its_connections() {
    let folder = crate::binary::Folder::new();
    let served = folder.serve(&[]);
    let begun = Instant::now();
    // What is polled by the first request may come with a later one.
    let text = loop {
        let (status, text) = served.get("", "/metrics");
        assert_eq!(status, 200);
        if text.contains("verax_disk_free_bytes{disk=\"objects\"}") {
            break text;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{text}");
    };
    for disk in ["data", "keys", "objects"] {
        let free = value(&text, &format!("verax_disk_free_bytes{{disk=\"{disk}\"}}"));
        let size = value(&text, &format!("verax_disk_size_bytes{{disk=\"{disk}\"}}"));
        assert!(free > 0.0 && free <= size, "{disk}: {free} of {size}");
    }
    assert!(value(&text, "process_resident_memory_bytes") > 1e6);
    assert!(value(&text, "process_open_fds") > 3.0);
    assert!(value(&text, "process_max_fds") >= value(&text, "process_open_fds"));
    assert!(value(&text, "process_cpu_seconds_total") >= 0.0);
    assert!(value(&text, "process_start_time_seconds") > 1.7e9);
    assert!(value(&text, "verax_http_connections") >= 1.0);
    assert!(value(&text, "verax_http_connections_max") > 100.0);
    assert_eq!(value(&text, "verax_models_missing"), 3.0);
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        text.contains(&format!("verax_build_info{{version=\"{version}\",database=\"sqlite\"}} 1"))
    );
    assert!(!text.contains("verax_tls_"), "there is no TLS");
    served.stop();
}
