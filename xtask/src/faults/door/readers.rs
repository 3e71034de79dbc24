//! Slow readers of one client: nobody else waits for them, neither who writes nor who reads.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Site};

const VALIDATIONS: &str = "/v2/biometric-validations";
const COLLECTIONS: &str = "/v2/face-recognition/collections";
/// Each of its lists has to look at so many records.
const SLOW_RECORDS: u32 = 60_000;
const OTHER_RECORDS: u32 = 300;
/// Nothing has it: the search goes to the end.
const SLOW_LIST: &str = "/v2/biometric-validations?like_identifier=nobody-is-called-so&perPage=1";
const SPAN: Duration = Duration::from_secs(12);
const DELETE_EVERY: Duration = Duration::from_millis(250);
const WRITE_P99_MAX: Duration = Duration::from_millis(250);
/// The log is empty so soon after the last reader.
const LOG_SECONDS_MAX: u64 = 15;
const SETTINGS: &str = "[rate_limit]\nrequests_per_minute = 0\n[log]\naccess = false\n";

/// A server with a client whose lists are slow, and another.
struct Readers {
    site: Site,
    slow: String,
    other: String,
}

/// How long each request took, and how each that was not answered well was answered.
#[derive(Default)]
struct Asked {
    took: Vec<Duration>,
    rejected: Vec<String>,
}

pub fn run(binary: &Binary) -> Result<()> {
    let readers = Readers::prepare(binary)?;
    readers.delete_beside_twelve()
}

impl Readers {
    fn prepare(binary: &Binary) -> Result<Readers> {
        let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
        let mut tokens = Vec::new();
        for (client, records) in [("slow", SLOW_RECORDS), ("other", OTHER_RECORDS)] {
            let email = format!("{client}@example.com");
            site.verax(&["client", "create", "--id", client, "--name", client, "--email", &email])?;
            tokens.push(format!("Bearer {}", site.token(client)?));
            let mut lines = String::new();
            for number in 0..records {
                let row = json!({
                    "_id": format!("{client}-{number}"), "client": client, "status": "completed",
                    "identifier": format!("person {number} of many people with long names"),
                });
                writeln!(lines, "{row}")?;
            }
            let file = site.data().join("readers.ndjson");
            std::fs::write(&file, lines)?;
            site.import("biometric-validations", &file)?;
        }
        let other = tokens.pop().context("two tokens")?;
        let slow = tokens.pop().context("two tokens")?;
        Ok(Readers { site, slow, other })
    }

    /// Deletions beside twelve slow readers, while others write.
    fn delete_beside_twelve(&self) -> Result<()> {
        let server = self.site.serve(&[])?;
        let address = server.address;
        let over = AtomicBool::new(false);
        let (written, read, deleted) = std::thread::scope(|scope| {
            let over = &over;
            let reading: Vec<_> = (0..12)
                .map(|_| scope.spawn(move || ask(address, over, &self.slow, |_| get(SLOW_LIST))))
                .collect();
            let writing: Vec<_> = (0..2)
                .map(|writer| {
                    let request = move |turn| {
                        let name = format!("collection {writer}-{turn}");
                        ("POST", COLLECTIONS.to_owned(), json!({ "name": name }).to_string())
                    };
                    scope.spawn(move || ask(address, over, &self.other, request))
                })
                .collect();
            let deleting = scope.spawn(move || {
                let request = |turn| {
                    std::thread::sleep(DELETE_EVERY);
                    ("DELETE", format!("{VALIDATIONS}/slow-{turn}"), String::new())
                };
                ask(address, over, &self.slow, request)
            });
            std::thread::sleep(SPAN);
            over.store(true, Ordering::SeqCst);
            let join = |it: std::thread::ScopedJoinHandle<'_, Result<Asked>>| {
                it.join().unwrap_or_else(|_| bail!("a connection panicked"))
            };
            let all = |them: Vec<_>| {
                let mut all = Asked::default();
                for it in them {
                    let one = join(it)?;
                    all.took.extend(one.took);
                    all.rejected.extend(one.rejected);
                }
                anyhow::Ok(all)
            };
            anyhow::Ok((all(writing)?, all(reading)?, join(deleting)?))
        })?;
        let p99 = rank(&written.took, 99).context("nothing was written")?;
        let slowest = rank(&written.took, 100).context("nothing was written")?;
        println!(
            "readers: twelve slow readers ({} lists, {} rejected) and {} deletions: {} writes of \
             others in {p99:?} (p99), {slowest:?} (all)",
            read.took.len(),
            read.rejected.len(),
            deleted.took.len(),
            written.took.len(),
        );
        for asked in [&written, &deleted] {
            ensure!(asked.rejected.is_empty(), "a writer was answered {}", asked.rejected[0]);
        }
        ensure!(!read.took.is_empty(), "no slow list was answered");
        ensure!(!deleted.took.is_empty(), "nothing was deleted");
        ensure!(p99 <= WRITE_P99_MAX, "writers wait {p99:?} beside slow readers and a deletion");
        let log = self.site.data().join("verax.db-wal");
        let begin = Instant::now();
        // Only /readyz writes now.
        while std::fs::metadata(&log)?.len() > 0 {
            ensure!(
                begin.elapsed() < Duration::from_secs(LOG_SECONDS_MAX),
                "what was deleted is in the log after {LOG_SECONDS_MAX} s"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("readers: the log was empty {:?} after the last reader", begin.elapsed());
        Ok(())
    }
}

fn get(target: &str) -> (&'static str, String, String) {
    ("GET", target.to_owned(), String::new())
}

/// Asks on one connection until it is over: the requests that it is given by their numbers.
fn ask(
    address: SocketAddr,
    over: &AtomicBool,
    authorization: &str,
    request: impl Fn(u32) -> (&'static str, String, String),
) -> Result<Asked> {
    let mut asked = Asked::default();
    let mut connection = Connection::open(address)?;
    let mut answer = Answer::default();
    for turn in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let (method, target, body) = request(turn);
        let bytes = http::request(method, &target, Some(authorization), body.as_bytes());
        let begin = Instant::now();
        connection.exchange(&bytes, &mut answer)?;
        if (200..300).contains(&answer.status) {
            asked.took.push(begin.elapsed());
        } else {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            asked.rejected.push(format!("{} {body}", answer.status));
        }
    }
    Ok(asked)
}

/// The duration that so many per cent stay within.
fn rank(took: &[Duration], percent: usize) -> Option<Duration> {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    sorted.get((sorted.len() * percent).div_ceil(100).checked_sub(1)?).copied()
}
