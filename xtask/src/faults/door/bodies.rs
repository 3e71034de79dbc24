//! Bodies of strangers: held open, dripped, and sent whole, with memory looked at all along.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::http;
use crate::running::{Binary, Server, Site};

const SETTINGS: &str = "[log]\naccess = false\n[rate_limit]\nrejected_tokens_per_minute = 0\n";
const STRANGERS: usize = 60;
const HELD_FOR: Duration = Duration::from_secs(8);
const LENGTH: usize = 16_000_000;
/// Whole bodies, one after the other on each of a few connections.
const WHOLE: usize = 8;
const SENDERS: usize = 4;
const MORE_BYTES_MAX: u64 = 50 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(2);
const PATHS: [&str; 4] = [
    "/v2/project-flows",
    "/v2/document-liveness",
    "/v2/face-recognition/liveness",
    "/v2/face-recognition/persons",
];

/// What strangers send is rejected, and costs no memory.
pub fn run(binary: &Binary) -> Result<()> {
    let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
    let made = site.verax(&["client", "create", "--name", "B", "--email", "b@example.com"])?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    let client = made["_id"].as_str().context("a client without an id")?;
    let scope = ["token", "create", "--client", client, "--scope", "validations:read"];
    let reading = site.verax(&scope)?.trim().to_owned();
    let server = site.serve(&[])?;
    // What the first requests of a kind make is not what a stranger makes.
    for path in PATHS {
        let list = http::get(server.address, path, Some(&reading))?;
        ensure!(list.status < 500, "{path} answers {}", list.status);
    }
    let idle = server.resident_bytes()?;
    // Nobody, somebody with nonsense, and a client's own token that may not.
    for (who, token) in [("nobody", ""), ("nonsense", "nonsense"), ("a reader", &reading)] {
        let held = watched(&server, || hold(server.address, token))?;
        let whole = watched(&server, || send_whole(server.address, token))?;
        let more = |most: u64| most.saturating_sub(idle) >> 20;
        println!(
            "bodies: {who}: {STRANGERS} held uploads take {} MiB, {} whole arrays of 16 MB take {} \
             MiB beyond {} MiB",
            more(held),
            WHOLE * SENDERS,
            more(whole),
            idle >> 20
        );
        let most = held.max(whole);
        ensure!(most <= idle + MORE_BYTES_MAX, "{who}: memory grows to {} MiB", most >> 20);
    }
    ensure!(server.is_ready(), "the server is not ready any more");
    Ok(())
}

/// The most memory that the server has while something is done.
fn watched(server: &Server, work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let memory = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::SeqCst) {
                most = most.max(server.resident_bytes()?);
                std::thread::sleep(Duration::from_millis(20));
            }
            anyhow::Ok(most)
        });
        let done = work();
        over.store(true, Ordering::SeqCst);
        let most = memory.join().unwrap_or_else(|_| bail!("the look at the memory panicked"))?;
        done.map(|()| most)
    })
}

/// Uploads that go on for as long as the server takes what they send, all at once.
fn hold(address: SocketAddr, token: &str) -> Result<()> {
    std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..STRANGERS)
            .map(|number| {
                scope.spawn(move || {
                    let mut stream = open(address)?;
                    stream.write_all(head(number, token).as_bytes())?;
                    let begun = Instant::now();
                    let piece = [b'0'; 64 * 1024];
                    // It is closed on, or not read any more.
                    while begun.elapsed() < HELD_FOR && stream.write_all(&piece).is_ok() {
                        std::thread::sleep(Duration::from_millis(50));
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        uploads
            .into_iter()
            .try_for_each(|it| it.join().unwrap_or_else(|_| bail!("an upload panicked")))
    })
}

/// Arrays of millions of numbers, each sent as far as it is taken, and its rejection read.
fn send_whole(address: SocketAddr, token: &str) -> Result<()> {
    let mut body = vec![b'['];
    body.extend_from_slice(&b"0,".repeat(LENGTH / 2 - 1));
    body.extend_from_slice(b"0]");
    body.resize(LENGTH, b' ');
    let body = &body;
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                scope.spawn(move || {
                    for number in 0..WHOLE {
                        let mut stream = open(address)?;
                        stream.write_all(head(sender + number, token).as_bytes())?;
                        // A server that has rejected need not take all of it.
                        let taken = stream.write_all(body);
                        let mut answer = [0; 12];
                        if stream.read_exact(&mut answer).is_ok() {
                            let status = String::from_utf8_lossy(&answer[9..]).into_owned();
                            ensure!(["401", "403"].contains(&status.as_str()), "{status}");
                        } else {
                            ensure!(taken.is_err(), "a whole body is not answered");
                        }
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        senders
            .into_iter()
            .try_for_each(|it| it.join().unwrap_or_else(|_| bail!("a sender panicked")))
    })
}

fn open(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Every other one with a key under which it would be kept.
fn head(number: usize, token: &str) -> String {
    let path = PATHS[number % PATHS.len()];
    let token = match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    let key = match number / PATHS.len() % 2 {
        0 => String::new(),
        _ => format!("Idempotency-Key: k{number}\r\n"),
    };
    format!(
        "POST {path} HTTP/1.1\r\nHost: verax.test\r\n{token}{key}Content-Type: application/json\r\n\
         Content-Length: {LENGTH}\r\n\r\n"
    )
}
