//! `cargo xtask bench faces`: the selfie path over HTTP, bursts beyond what is admitted, and memory.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::load;
use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Site};

const CALLERS: usize = 8;
const BURST: usize = 60;
const BURSTS: usize = 10;
const CLIENT: &str = "bench";

/// What is asked of the measurement.
pub struct Wanted {
    pub seconds: u64,
    /// Requests over which memory is watched.
    pub requests: usize,
}

pub fn bench_faces(binary: &Binary, models: &Path, wanted: &Wanted) -> Result<()> {
    let site = Site::new(binary, None)?;
    site.add_models(models)?;
    let email = format!("{CLIENT}@client.example");
    site.verax(&["client", "create", "--name", CLIENT, "--email", &email, "--id", CLIENT])?;
    let server = site.serve(&[])?;
    let request = selfie(&site.token(CLIENT)?)?;
    println!("selfie of 1920 x 1080 pixels, {} KB as base64 in JSON", request.len() / 1000);

    for callers in [1, CALLERS] {
        let time = Duration::from_secs(wanted.seconds);
        let measured = load::drive(server.address, &request, callers, time)?;
        println!(
            "{callers} callers: {:.2} requests/s, p50 {:.0} ms, p99 {:.0} ms",
            measured.requests_per_second,
            super::milliseconds(measured.p50),
            super::milliseconds(measured.p99)
        );
    }
    overload(server.address, &request)?;
    let step = (wanted.requests / 10).max(CALLERS);
    for done in (step..=wanted.requests).step_by(step) {
        std::thread::scope(|scope| {
            let ask = || -> Result<()> {
                let mut connection = Connection::open(server.address)?;
                let mut answer = Answer::default();
                for _ in 0..step / CALLERS {
                    connection.exchange(&request, &mut answer)?;
                    ensure!(answer.status == 200, "{}", answer.status);
                }
                Ok(())
            };
            let asking: Vec<_> = (0..CALLERS).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().try_for_each(joined)
        })?;
        println!(
            "memory after {done:>6} requests: {:.1} MiB",
            super::mebibytes(server.resident_bytes()?)
        );
    }
    server.print_errors()
}

/// Callers that go on as before, and bursts beside them.
fn overload(address: SocketAddr, request: &[u8]) -> Result<()> {
    let before = steady(address, request, || {
        std::thread::sleep(Duration::from_secs(3));
        Ok(())
    })?;
    let mut rejected: Vec<Duration> = Vec::new();
    let mut admitted: Vec<Duration> = Vec::new();
    let beside = steady(address, request, || {
        for _ in 0..BURSTS {
            for (status, latency) in burst(address, request)? {
                match status {
                    200 => admitted.push(latency),
                    503 => rejected.push(latency),
                    other => anyhow::bail!("a burst was answered {other}"),
                }
            }
        }
        Ok(())
    })?;
    println!(
        "{BURSTS} bursts of {BURST} beside {CALLERS} callers that are answered as they can be:"
    );
    for (name, latencies) in [
        ("callers before the bursts", before),
        ("callers beside the bursts", beside),
        ("admitted of the bursts", admitted),
        ("rejected of the bursts (503)", rejected),
    ] {
        print_latencies(name, latencies);
    }
    Ok(())
}

/// The latencies of the admitted calls of a few callers while something else happens.
fn steady(
    address: SocketAddr,
    request: &[u8],
    meanwhile: impl FnOnce() -> Result<()>,
) -> Result<Vec<Duration>> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let call = || -> Result<Vec<Duration>> {
            let mut connection = Connection::open(address)?;
            let (mut answer, mut latencies) = (Answer::default(), Vec::new());
            while !over.load(Ordering::Relaxed) {
                let sent = Instant::now();
                connection.exchange(request, &mut answer)?;
                match answer.status {
                    200 => latencies.push(sent.elapsed()),
                    // A burst came first; a caller would wait a moment too.
                    503 => std::thread::sleep(Duration::from_millis(20)),
                    other => anyhow::bail!("a caller was answered {other}"),
                }
            }
            Ok(latencies)
        };
        let calling: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
        let done = meanwhile();
        over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for one in calling {
            all.extend(joined(one)?);
        }
        done.map(|()| all)
    })
}

/// Calls that come at once, each on a connection of its own: status and time to the whole answer.
fn burst(address: SocketAddr, request: &[u8]) -> Result<Vec<(u16, Duration)>> {
    let start = Barrier::new(BURST);
    std::thread::scope(|scope| {
        let call = || -> Result<(u16, Duration)> {
            let mut connection = Connection::open(address)?;
            let mut answer = Answer::default();
            start.wait();
            let sent = Instant::now();
            connection.exchange(request, &mut answer)?;
            Ok((answer.status, sent.elapsed()))
        };
        let calling: Vec<_> = (0..BURST).map(|_| scope.spawn(call)).collect();
        calling.into_iter().map(joined).collect()
    })
}

fn print_latencies(name: &str, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let at = |share: f64| {
        let last = latencies.len().saturating_sub(1);
        latencies
            .get((last as f64 * share) as usize)
            .map_or(f64::NAN, |it| super::milliseconds(*it))
    };
    println!(
        "  {name:<28} {:>5}: p50 {:>6.1} ms, p95 {:>6.1} ms, longest {:>6.1} ms",
        latencies.len(),
        at(0.5),
        at(0.95),
        at(1.0)
    );
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| anyhow::bail!("a caller panicked"))
}

fn selfie(token: &str) -> Result<Vec<u8>> {
    let image = crate::exec::root().join("crates/server/assets/portrait-1080p.jpg");
    let image = STANDARD.encode(std::fs::read(image)?);
    let body = format!(r#"{{"os":"DESKTOP","image":"{image}"}}"#);
    let target = "/v2/face-recognition/liveness";
    Ok(http::request("POST", target, Some(&format!("Bearer {token}")), body.as_bytes()))
}
