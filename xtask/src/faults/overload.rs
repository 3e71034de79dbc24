//! Twice as much work as there is room for: as much is done as ever, the rest is rejected at once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::{DOCUMENTS, Work};
use crate::exec;
use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Server, Site};

/// Of the overload, and of the best load before and after it.
pub const SECONDS: u64 = 20;
const SETTINGS: &str = "[vision]\nthreads = 1\n[log]\naccess = false\n";
/// Two are enough to keep one thread at work.
const BEST_CONNECTIONS: u32 = 2;
/// More than are ever waiting for an answer at once.
const CONNECTIONS: u32 = 96;
const REJECTION_MAX: Duration = Duration::from_millis(50);
const GOODPUT_PERCENT_MIN: f64 = 90.0;
/// What bodies that wait may take beyond the best load's memory.
const MORE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What came of a load.
#[derive(Default)]
struct Outcome {
    done: u64,
    rejections: Vec<Duration>,
    /// Anything else that came back.
    strange: Vec<String>,
    resident_bytes_max: u64,
}

pub fn run(binary: &Binary, seconds: u64) -> Result<()> {
    let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
    let work = Work::begin(&site)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    // The load must not take the processor that the server needs.
    let pinned = processors > 1 && exec::find_program("taskset", &[]).is_some();
    let server = site.serve(if pinned { &["taskset", "-c", "0"] } else { &[] })?;
    let span = Duration::from_secs(seconds.max(1));
    drive(&work, &server, Duration::from_secs(1), BEST_CONNECTIONS, Duration::ZERO)?;
    // The machine may be quicker at one time than at another: before and after are the same time as
    // between them.
    let measure_best = || drive(&work, &server, span / 2, BEST_CONNECTIONS, Duration::ZERO);
    let before = measure_best()?;
    ensure!(before.done > 0, "no document is checked within {:?}", span / 2);
    let between = (span / 2).div_f64(2.0 * before.done as f64);
    let over = drive(&work, &server, span, CONNECTIONS, between)?;
    let after = measure_best()?;
    ensure!(
        before.rejections.is_empty() && after.rejections.is_empty(),
        "the best load is rejected"
    );
    let capacity = (before.done + after.done) as f64 / span.as_secs_f64();
    let goodput = over.done as f64 / span.as_secs_f64();
    let percent = 100.0 * goodput / capacity;
    let mut rejections = over.rejections;
    rejections.sort_unstable();
    let rank =
        |percent: usize| rejections.get((rejections.len() * percent).div_ceil(100).max(1) - 1);
    let p50 = rank(50).context("nothing was rejected")?;
    let (p99, slowest) = (rank(99).context("none")?, rank(100).context("none")?);
    println!(
        "overload: best {capacity:.1} documents/s; asked for {:.1}/s: {goodput:.1}/s done \
         ({percent:.0} %), {} rejected, in {:.1} ms (p50), {:.1} ms (p99), {:.1} ms (all); memory \
         {} MiB at best load, {} MiB at twice",
        1.0 / between.as_secs_f64(),
        rejections.len(),
        milliseconds(p50),
        milliseconds(p99),
        milliseconds(slowest),
        before.resident_bytes_max >> 20,
        over.resident_bytes_max >> 20,
    );
    let strange: Vec<String> = [before.strange, over.strange, after.strange].concat();
    ensure!(strange.is_empty(), "{} strange answers: {}", strange.len(), strange[0]);
    ensure!(percent >= GOODPUT_PERCENT_MIN, "goodput falls to {percent:.0} % of the best");
    ensure!(*p99 <= REJECTION_MAX, "a rejection takes {p99:?}");
    ensure!(
        over.resident_bytes_max <= before.resident_bytes_max + MORE_BYTES_MAX,
        "memory grows to {} bytes",
        over.resident_bytes_max
    );
    Ok(())
}

fn milliseconds(duration: &Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Asks on so many connections: as soon as each is answered, or, where there is a time between two
/// requests, at those moments, whatever has become of the others.
fn drive(
    work: &Work,
    server: &Server,
    span: Duration,
    connections: u32,
    between: Duration,
) -> Result<Outcome> {
    let outcome = Mutex::new(Outcome::default());
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let begin = Instant::now();
    let ask = || -> Result<()> {
        let mut connection = Connection::open(server.address)?;
        let request = http::request("POST", DOCUMENTS, Some(&work.token), work.order.as_bytes());
        let mut answer = Answer::default();
        loop {
            let turn = next.fetch_add(1, Ordering::SeqCst);
            let at = begin + between.mul_f64(turn as f64);
            if Instant::now().max(at) >= begin + span {
                return Ok(());
            }
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            connection.exchange(&request, &mut answer)?;
            let took = sent.elapsed();
            let mut outcome = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match (answer.status, answer.retry_after) {
                (200 | 202, _) if begin.elapsed() < span => outcome.done += 1,
                // Done, but too late to be counted.
                (200 | 202, _) => {}
                (503, Some(_)) => outcome.rejections.push(took),
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
