//! Slow lists of one client, as many as it can: the others' lists are answered.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;

use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Site};

const SETTINGS: &str = "[database]\nreaders = 2\n[log]\naccess = false\n";
const RECORDS_OF_THE_GREEDY: u64 = 100_000;
const RECORDS_OF_THE_OTHER: u64 = 5_000;
const GREEDY: usize = 12;
const SECONDS: u64 = 8;
/// Two busy cores, and one slow list before it.
const OTHERS_MAX: Duration = Duration::from_secs(2);
/// Nobody's identifier: all records are looked at.
const SLOW: &str = "/v2/biometric-validations?like_identifier=nobody";

pub fn run(binary: &Binary) -> Result<()> {
    let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
    let greedy = client(&site, "greedy", RECORDS_OF_THE_GREEDY)?;
    let other = client(&site, "other", RECORDS_OF_THE_OTHER)?;
    let server = site.serve(&[])?;
    let (over, lists) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut took = std::thread::scope(|scope| {
        for _ in 0..GREEDY {
            scope.spawn(|| -> Result<()> {
                let mut connection = Connection::open(server.address)?;
                while !over.load(Ordering::SeqCst) {
                    // Rejected or answered: it asks again.
                    ask(&mut connection, &greedy)?;
                    lists.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            });
        }
        let took = ask_meanwhile(server.address, &other);
        over.store(true, Ordering::SeqCst);
        took
    })?;
    took.sort_unstable();
    let rank = |percent: usize| took.get((took.len() * percent).div_ceil(100).max(1) - 1);
    let (p50, slowest) = (rank(50).context("no list")?, rank(100).context("no list")?);
    println!(
        "lists: {GREEDY} slow lists of one client at once, {} answered; of another client {} \
         lists, each looking at all its records, in {:.0} ms (p50), {:.0} ms (all)",
        lists.load(Ordering::SeqCst),
        took.len(),
        p50.as_secs_f64() * 1000.0,
        slowest.as_secs_f64() * 1000.0,
    );
    ensure!(*slowest <= OTHERS_MAX, "another client's list takes {slowest:?}");
    Ok(())
}

fn ask_meanwhile(address: SocketAddr, token: &str) -> Result<Vec<Duration>> {
    // The others have begun, and wait for each other.
    std::thread::sleep(Duration::from_secs(1));
    let mut connection = Connection::open(address)?;
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        let asked = Instant::now();
        let answer = ask(&mut connection, token)?;
        if answer.status != 200 {
            bail!("another client's list answers {}", answer.status);
        }
        took.push(asked.elapsed());
    }
    Ok(took)
}

fn ask(connection: &mut Connection, token: &str) -> Result<Answer> {
    let mut answer = Answer::default();
    connection.exchange(&http::get_request(SLOW, Some(token)), &mut answer)?;
    Ok(answer)
}

/// A client with so many records; its token.
fn client(site: &Site, id: &str, records: u64) -> Result<String> {
    site.verax(&["client", "create", "--id", id, "--name", id, "--email", "a@example.com"])?;
    let mut lines = String::new();
    for number in 0..records {
        let identifier = format!("person {number} with a name that is looked through");
        let row = json!({
            "_id": format!("{id}-{number}"), "client": id, "status": "completed",
            "identifier": identifier,
        });
        writeln!(lines, "{row}")?;
    }
    let file = site.data().join("records.ndjson");
    std::fs::write(&file, lines)?;
    site.import("biometric-validations", &file)?;
    site.token(id)
}
