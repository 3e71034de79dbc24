//! `cargo xtask bench webhooks`: from a change to its receiver, what one that hangs does to the others, and
//! how fast what was held goes out.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::faults::receiver::{Plan, Receiver, Reply};
use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Server, Site};

const SETTINGS: &str = "[webhooks]\nallow_http = true\nallowed_networks = [\"127.0.0.1\"]\n\
                        [log]\naccess = false\n";
const PROJECTS: &str = "/v3/projects";
const EVENTS_PER_SECOND: u32 = 100;
const HELD: usize = 10_000;
const WRITERS: usize = 4;
const DRAIN_MAX: Duration = Duration::from_secs(600);

/// Each part on a site of its own, with SQLite or this database.
pub fn run(
    binary: &Binary,
    seconds: u64,
    database: &dyn Fn() -> Result<Option<String>>,
) -> Result<()> {
    println!("| | value |\n| --- | --: |");
    let alone = latency(binary, database()?, seconds, None)?;
    print_latency("commit to receiver, 100 events/s", &alone);
    // Twice as many deliveries: what hanging does is told by two that differ in nothing else.
    let both = latency(binary, database()?, seconds, Some(Reply::Status(200)))?;
    print_latency("the same, another endpoint answers", &both);
    let beside = latency(binary, database()?, seconds, Some(Reply::Silence))?;
    print_latency("the same, another endpoint hangs", &beside);
    let ratio = share(&beside, 50) / share(&both, 50);
    println!("| median with one that hangs / with one that answers | {ratio:.2} |");
    drain(binary, database()?)
}

/// A client with a token, on a server that runs.
struct Bench {
    site: Site,
    client: String,
    token: String,
    server: Server,
}

impl Bench {
    fn start(binary: &Binary, database: Option<String>) -> Result<Bench> {
        let site = Site::new(binary, database)?.with_settings(SETTINGS)?;
        let made = site.verax(&["client", "create", "--name", "B", "--email", "b@example.com"])?;
        let made: Value = serde_json::from_str(&made)?;
        let client = made["_id"].as_str().context("a client without an id")?.to_owned();
        let token = format!("Bearer {}", site.token(&client)?);
        let server = site.serve(&[])?;
        Ok(Bench { site, client, token, server })
    }

    fn add_webhook(&self, receiver: &Receiver) -> Result<String> {
        let url = format!("{}/hook", receiver.url());
        let words = ["webhook", "create", "--client", &self.client, "--url", &url, "--event"];
        let words = [words.as_slice(), &["project.*"]].concat();
        let made: Value = serde_json::from_str(&self.site.verax(&words)?)?;
        Ok(made["_id"].as_str().context("a webhook without an id")?.to_owned())
    }

    /// Makes a project and answers its id.
    fn change(&self, connection: &mut Connection) -> Result<String> {
        let mut answer = Answer::default();
        let body = json!({ "name": "project" }).to_string();
        let request = http::request("POST", PROJECTS, Some(&self.token), body.as_bytes());
        connection.exchange(&request, &mut answer)?;
        ensure!(answer.status == 201, "{}", String::from_utf8_lossy(&answer.body));
        let made: Value = serde_json::from_slice(&answer.body)?;
        Ok(made["data"]["_id"].as_str().context("no id")?.to_owned())
    }
}

/// Milliseconds from the answer to a change until its event is read by the receiver, in order.
fn latency(
    binary: &Binary,
    database: Option<String>,
    seconds: u64,
    another: Option<Reply>,
) -> Result<Vec<f64>> {
    let bench = Bench::start(binary, database)?;
    let receiver = Receiver::start(Plan::new(1, &[Reply::Status(200)], &[], 0))?;
    bench.add_webhook(&receiver)?;
    let other = another.map(|reply| Receiver::start(Plan::new(1, &[reply], &[], 0))).transpose()?;
    if let Some(other) = &other {
        bench.add_webhook(other)?;
    }
    let mut connection = Connection::open(bench.server.address)?;
    let mut answered = HashMap::new();
    let (start, pace) = (Instant::now(), Duration::from_secs(1) / EVENTS_PER_SECOND);
    for number in 0..u32::try_from(seconds)? * EVENTS_PER_SECOND {
        std::thread::sleep((start + pace * number).saturating_duration_since(Instant::now()));
        let id = bench.change(&mut connection)?;
        answered.insert(id, jiff::Timestamp::now());
    }
    let last = Instant::now();
    while receiver.attempts().len() < answered.len() {
        ensure!(last.elapsed() < DRAIN_MAX, "events do not arrive");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut all = Vec::new();
    for attempt in receiver.attempts() {
        let body: Value = serde_json::from_slice(&attempt.body)?;
        let id = body["data"]["id"].as_str().context("no id")?;
        let answered = answered.get(id).context("an event of something else")?;
        let ms = attempt.at.duration_since(*answered).as_secs_f64() * 1000.0;
        all.push(ms.max(0.0));
    }
    all.sort_by(f64::total_cmp);
    Ok(all)
}

/// What is held for an endpoint goes out when it is enabled.
fn drain(binary: &Binary, database: Option<String>) -> Result<()> {
    let bench = Bench::start(binary, database)?;
    let receiver = Receiver::start(Plan::new(1, &[Reply::Status(200)], &[], 0))?;
    let webhook = bench.add_webhook(&receiver)?;
    bench.site.verax(&["webhook", "disable", &webhook])?;
    std::thread::scope(|scope| -> Result<()> {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut connection = Connection::open(bench.server.address)?;
                    for _ in 0..HELD / WRITERS {
                        bench.change(&mut connection)?;
                    }
                    Ok(())
                })
            })
            .collect();
        writers.into_iter().try_for_each(|it| it.join().unwrap_or_else(|_| Ok(())))
    })?;
    bench.site.verax(&["webhook", "enable", &webhook])?;
    let start = Instant::now();
    while receiver.count() < HELD {
        ensure!(start.elapsed() < DRAIN_MAX, "{} of {HELD} have arrived", receiver.count());
        std::thread::sleep(Duration::from_millis(20));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("| {HELD} held, all out after | {seconds:.1} s ({:.0}/s) |", HELD as f64 / seconds);
    Ok(())
}

fn print_latency(what: &str, all: &[f64]) {
    println!(
        "| {what}, {} events | median {:.1} ms, p99 {:.1} ms, longest {:.1} ms |",
        all.len(),
        share(all, 50),
        share(all, 99),
        share(all, 100)
    );
}

/// The value that so many of a hundred do not exceed.
fn share(sorted: &[f64], hundredths: usize) -> f64 {
    let index = (sorted.len() * hundredths).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
