//! The feed of events while many write and readers drop out: each reader has every event once, in order.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::Work;
use crate::http::{self, Answer, Connection};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Server, Site};

const WRITERS: usize = 16;
/// Each makes so many records, and changes each of them.
const RECORDS: usize = 10;
/// Readers of each kind.
const READERS: usize = 3;
/// A reader drops its connection after so many events at most.
const DROP_AFTER_MAX: usize = 40;
const SETTINGS: &str = "[log]\naccess = false\n";
/// A stream without an event for so long is looked at: it may have all.
const QUIET: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(60);

/// Two nodes over one PostgreSQL, and one over SQLite.
pub fn run(binary: &Binary) -> Result<()> {
    let cluster = Cluster::start(Durability::Durable)?;
    let url = cluster.create_database("verax_feed")?;
    part(binary, Some(url), &["one", "two"])?;
    part(binary, None, &["one"])
}

fn part(binary: &Binary, database: Option<String>, names: &[&str]) -> Result<()> {
    let what = if database.is_some() { "PostgreSQL" } else { "SQLite" };
    let site = Site::new(binary, database)?.with_settings(SETTINGS)?;
    let work = Work::begin(&site)?;
    let nodes: Vec<Server> =
        names.iter().map(|name| site.start(name, &[], &["serve"])).collect::<Result<_>>()?;
    let addresses: Vec<SocketAddr> = nodes.iter().map(|node| node.address).collect();
    let mut connection = Connection::open(addresses[0])?;
    // The endpoint that every client here has was made and disabled.
    let before = list(&work, &mut connection)?.len();
    let (begun, written) = (Instant::now(), AtomicUsize::new(0));
    let readers = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2 * READERS)
            .map(|number| {
                let reader = Reader::new(&work, &addresses, &written, number);
                scope.spawn(move || if number < READERS { reader.poll() } else { reader.listen() })
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (work, address) = (&work, addresses[number % addresses.len()]);
                scope.spawn(move || write(work, address, number))
            })
            .collect();
        let mut events = before;
        for writer in writers {
            events += writer.join().unwrap_or_else(|_| bail!("a writer panicked"))?;
        }
        written.store(events, Ordering::SeqCst);
        let joined = readers
            .into_iter()
            .map(|reader| reader.join().unwrap_or_else(|_| bail!("a reader panicked")));
        joined.collect::<Result<Vec<Readings>>>()
    })?;
    let listed = list(&work, &mut connection)?;
    let written = written.load(Ordering::SeqCst);
    ensure!(listed.len() == written, "{written} events were made, {} are listed", listed.len());
    for readings in &readers {
        readings.check(&listed)?;
    }
    println!(
        "feed: {what}, {} nodes: {WRITERS} writers, {written} events; {} readers, who dropped out {} \
         times, have each of them once, in order and without a gap, after {} ms",
        addresses.len(),
        readers.len(),
        readers.iter().map(|readings| readings.drops).sum::<usize>(),
        begun.elapsed().as_millis(),
    );
    Ok(())
}

/// Makes records and changes them; how many events there are of it.
fn write(work: &Work, address: SocketAddr, number: usize) -> Result<usize> {
    let mut connection = Connection::open(address)?;
    for record in 0..RECORDS {
        let body = json!({ "name": format!("{number}-{record}") }).to_string();
        let made = work.ask(&mut connection, "POST", "/v2/projects", &body)?;
        let id = made["data"]["_id"].as_str().context("no id")?.to_owned();
        work.ask(&mut connection, "PUT", &format!("/v2/projects/{id}"), &body)?;
    }
    Ok(2 * RECORDS)
}

/// All events by their ids.
fn list(work: &Work, connection: &mut Connection) -> Result<BTreeMap<String, Value>> {
    let (mut all, mut cursor) = (BTreeMap::new(), "*".to_owned());
    loop {
        let target = format!("/v2/events?limit=100&cursor={cursor}");
        let page = work.ask(connection, "GET", &target, "")?;
        for event in page["data"].as_array().context("no list")? {
            let id = event["_id"].as_str().context("no id")?;
            all.insert(id.to_owned(), event.clone());
        }
        match page["pagination"]["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return Ok(all),
        }
    }
}

/// Somebody who follows the feed, and drops out.
struct Reader<'a> {
    work: &'a Work,
    nodes: &'a [SocketAddr],
    /// How many events there are in all; 0 until that is known.
    written: &'a AtomicUsize,
    random: fastrand::Rng,
    readings: Readings,
}

/// What a reader has got, as it came.
struct Readings {
    begun: Instant,
    events: Vec<Value>,
    last: i64,
    drops: usize,
}

impl<'a> Reader<'a> {
    fn new(
        work: &'a Work,
        nodes: &'a [SocketAddr],
        written: &'a AtomicUsize,
        seed: usize,
    ) -> Reader<'a> {
        let random = fastrand::Rng::with_seed(seed as u64);
        let readings = Readings { begun: Instant::now(), events: Vec::new(), last: 0, drops: 0 };
        Reader { work, nodes, written, random, readings }
    }

    /// Asks page after page, now of this node and now of that.
    fn poll(mut self) -> Result<Readings> {
        while !self.has_all()? {
            let mut connection = Connection::open(self.node())?;
            for _ in 0..self.random.usize(1..=8) {
                let (after, limit) = (self.readings.last, self.random.usize(1..=DROP_AFTER_MAX));
                let target = format!("/v2/events?after={after}&wait=1&limit={limit}");
                let request = http::get_request(&target, Some(&self.work.token));
                let mut answer = Answer::default();
                connection.exchange(&request, &mut answer)?;
                ensure!(answer.status == 200, "{target} answers {}", answer.status);
                let page: Value = serde_json::from_slice(&answer.body)?;
                // An answer that got lost on its way is asked for again.
                if self.random.usize(..8) == 0 {
                    break;
                }
                for event in page["data"].as_array().context("no list")? {
                    self.readings.push(event.clone())?;
                }
                let next = page["pagination"]["nextAfter"].as_i64();
                ensure!(next == Some(self.readings.last), "{next:?} after {}", self.readings.last);
            }
            self.readings.drops += 1;
        }
        Ok(self.readings)
    }

    /// Listens, hangs up in the middle, and goes on elsewhere.
    fn listen(mut self) -> Result<Readings> {
        while !self.has_all()? {
            let mut stream = TcpStream::connect(self.node())?;
            stream.set_read_timeout(Some(QUIET))?;
            // The end of the connection is the end of the answer: nothing stands between the lines.
            write!(
                stream,
                "GET /v2/events/stream HTTP/1.0\r\nHost: verax.test\r\nAuthorization: {}\r\n\
                 Last-Event-ID: {}\r\n\r\n",
                self.work.token, self.readings.last
            )?;
            let (mut lines, mut left) =
                (BufReader::new(stream), self.random.usize(1..=DROP_AFTER_MAX));
            let (mut line, mut data) = (String::new(), None);
            while left > 0 {
                line.clear();
                match lines.read_line(&mut line) {
                    Ok(0) => break,
                    Ok(_) => {}
                    // A timeout in the middle of a line, too, is a reader who drops out.
                    Err(error) if is_timeout(error.kind()) => break,
                    Err(error) => return Err(error.into()),
                }
                if let Some(text) = line.strip_prefix("data: ") {
                    data = Some(serde_json::from_str(text)?);
                }
                // What did not come to its end has not come.
                if line == "\n"
                    && let Some(event) = data.take()
                {
                    self.readings.push(event)?;
                    left -= 1;
                }
            }
            self.readings.drops += 1;
        }
        Ok(self.readings)
    }

    fn node(&mut self) -> SocketAddr {
        self.nodes[self.random.usize(..self.nodes.len())]
    }

    fn has_all(&self) -> Result<bool> {
        let written = self.written.load(Ordering::SeqCst);
        ensure!(
            self.readings.begun.elapsed() < PATIENCE,
            "a reader has {} of {written} events",
            self.readings.events.len()
        );
        Ok(written > 0 && self.readings.events.len() >= written)
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Readings {
    /// # Errors
    /// It is not the next one.
    fn push(&mut self, event: Value) -> Result<()> {
        let number = event["number"].as_i64().context("no number")?;
        ensure!(number == self.last + 1, "the event {number} comes after {}", self.last);
        self.last = number;
        self.events.push(event);
        Ok(())
    }

    /// Whether these are the listed events, each once, and those of each record in their order.
    fn check(&self, listed: &BTreeMap<String, Value>) -> Result<()> {
        let mut seen = BTreeMap::new();
        let mut sequences: BTreeMap<&str, i64> = BTreeMap::new();
        for event in &self.events {
            let id = event["_id"].as_str().context("no id")?;
            let mut row = event.clone();
            row.as_object_mut().context("no object")?.remove("number");
            ensure!(seen.insert(id.to_owned(), row).is_none(), "{id} came twice");
            let sequence = event["sequence"].as_i64().context("no sequence")?;
            let last = sequences.entry(event["record"].as_str().context("no record")?).or_default();
            ensure!(sequence == *last + 1, "{event} comes after its record's event {last}");
            *last = sequence;
        }
        ensure!(&seen == listed, "{} events came, {} are listed", seen.len(), listed.len());
        Ok(())
    }
}
