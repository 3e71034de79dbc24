//! Twice as much work as there is room for: as much is done as ever, the rest waits or is refused.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::json;

use super::{DOCUMENTS, Work};
use crate::exec;
use crate::http::{self, Answer, Connection};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Server, Site};

/// Of each measurement.
pub const SECONDS: u64 = 10;
const SETTINGS: &str = "[vision]\nthreads = 1\n[log]\naccess = false\n";
const RECORDS: u64 = 2_000;
const LIST: &str = "/v2/biometric-validations?perPage=20&where_status=completed&populates[]=client";
const REFUSAL_MAX: Duration = Duration::from_millis(50);
const GOODPUT_PERCENT_MIN: f64 = 90.0;
/// What requests that wait may take beyond the best load's memory.
const MORE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is asked for over and over.
struct Load {
    what: &'static str,
    request: Vec<u8>,
    /// Enough to keep the server at work.
    best_connections: u32,
    /// More than ever wait for an answer at once.
    connections: u32,
}

/// What came of a load.
#[derive(Default)]
struct Outcome {
    done: u64,
    sent: u64,
    refusals: Vec<Duration>,
    /// Anything else that came back.
    strange: Vec<String>,
    resident_bytes_max: u64,
}

pub fn run(binary: &Binary, seconds: u64) -> Result<()> {
    let span = Duration::from_secs(seconds.max(1));
    let cluster = Cluster::start(Durability::Durable)?;
    for database in [None, Some(cluster.create_database("verax_overload")?)] {
        let site = Site::new(binary, database.clone())?.with_settings(SETTINGS)?;
        let work = Work::begin(&site)?;
        import(&site, &work)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        // The load must not take the processor that the server needs.
        let pinned = processors > 1 && exec::find_program("taskset", &[]).is_some();
        let server = site.serve(if pinned { &["taskset", "-c", "0"] } else { &[] })?;
        let token = Some(work.token.as_str());
        let documents = Load {
            what: "documents checked",
            request: http::request("POST", DOCUMENTS, token, work.order.as_bytes()),
            best_connections: 2,
            connections: 96,
        };
        let lists = Load {
            what: "pages of a list",
            request: http::get_request(LIST, token),
            best_connections: 16,
            connections: 512,
        };
        match database {
            None => {
                overload(&server, &documents, span)?;
                overload(&server, &lists, span)?;
            }
            Some(_) => overload(&server, &Load { what: "pages from PostgreSQL", ..lists }, span)?,
        }
    }
    Ok(())
}

fn import(site: &Site, work: &Work) -> Result<()> {
    let mut lines = String::new();
    for number in 0..RECORDS {
        let row =
            json!({ "_id": format!("r{number}"), "client": work.client, "status": "completed" });
        writeln!(lines, "{row}")?;
    }
    let file = site.data().join("overload.ndjson");
    std::fs::write(&file, lines)?;
    site.import("biometric-validations", &file).map(drop)
}

fn overload(server: &Server, load: &Load, span: Duration) -> Result<()> {
    drive(server, load, Duration::from_secs(1), None)?;
    let best = drive(server, load, span, None)?;
    ensure!(best.done > 0 && best.refusals.is_empty(), "the best load is refused");
    let capacity = best.done as f64 / span.as_secs_f64();
    let over = drive(server, load, span, Some(Duration::from_secs_f64(0.5 / capacity)))?;
    let goodput = over.done as f64 / span.as_secs_f64();
    let percent = 100.0 * goodput / capacity;
    let mut refusals = over.refusals;
    refusals.sort_unstable();
    let rank = |percent: usize| {
        let place = (refusals.len() * percent).div_ceil(100).max(1) - 1;
        refusals.get(place).copied().unwrap_or_default()
    };
    println!(
        "overload: {}: best {capacity:.1}/s; {:.1}/s sent: {goodput:.1}/s done ({percent:.0} %), \
         {} refused, in {:.1} ms (p50), {:.1} ms (p99), {:.1} ms (all); memory {} MiB at best \
         load, {} MiB at twice",
        load.what,
        over.sent as f64 / span.as_secs_f64(),
        refusals.len(),
        milliseconds(rank(50)),
        milliseconds(rank(99)),
        milliseconds(rank(100)),
        best.resident_bytes_max >> 20,
        over.resident_bytes_max >> 20,
    );
    let strange: Vec<String> = over.strange.into_iter().chain(best.strange).collect();
    ensure!(strange.is_empty(), "{} strange answers: {}", strange.len(), strange[0]);
    ensure!(percent >= GOODPUT_PERCENT_MIN, "goodput falls to {percent:.0} % of the best");
    ensure!(rank(99) <= REFUSAL_MAX, "a refusal takes {:?}", rank(99));
    ensure!(
        over.resident_bytes_max <= best.resident_bytes_max + MORE_BYTES_MAX,
        "memory grows to {} bytes",
        over.resident_bytes_max
    );
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Asks on few connections as soon as each is answered; or on many, where there is a time between
/// two requests, at those moments, whatever has become of the others.
fn drive(
    server: &Server,
    load: &Load,
    span: Duration,
    between: Option<Duration>,
) -> Result<Outcome> {
    let connections = if between.is_some() { load.connections } else { load.best_connections };
    let between = between.unwrap_or_default();
    let outcome = Mutex::new(Outcome::default());
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let begin = Instant::now();
    let ask = || -> Result<()> {
        let mut connection = Connection::open(server.address)?;
        let mut answer = Answer::default();
        loop {
            let turn = next.fetch_add(1, Ordering::SeqCst);
            let at = begin + between.mul_f64(turn as f64);
            if Instant::now().max(at) >= begin + span {
                return Ok(());
            }
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            connection.exchange(&load.request, &mut answer)?;
            let took = sent.elapsed();
            let mut outcome = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            outcome.sent += 1;
            match (answer.status, answer.retry_after) {
                (200 | 202, _) if begin.elapsed() < span => outcome.done += 1,
                // Done, but too late to be counted.
                (200 | 202, _) => {}
                (503, Some(_)) => outcome.refusals.push(took),
                (status, _) => {
                    let body = String::from_utf8_lossy(&answer.body);
                    outcome.strange.push(format!("{status} {body}"));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let memory = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::SeqCst) {
                most = most.max(server.resident_bytes()?);
                std::thread::sleep(Duration::from_millis(100));
            }
            anyhow::Ok(most)
        });
        let asking: Vec<_> = (0..connections).map(|_| scope.spawn(ask)).collect();
        let asked: Result<Vec<()>> = asking
            .into_iter()
            .map(|it| it.join().unwrap_or_else(|_| bail!("a connection panicked")))
            .collect();
        over.store(true, Ordering::SeqCst);
        let most = memory.join().unwrap_or_else(|_| bail!("the look at the memory panicked"))?;
        asked?;
        outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner).resident_bytes_max = most;
        anyhow::Ok(())
    })?;
    Ok(outcome.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}
