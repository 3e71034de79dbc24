//! What must hold when things die: the real server, killed in the middle of work, over and over;
//! nodes, the database, the disk and the clock that fail; more work than there is room for.

pub mod disk;
pub mod door;
mod faulty_wire;
pub mod feed;
mod journal;
pub mod nodes;
pub mod overload;
pub mod receiver;
mod retrying;
mod reviews;
pub mod s3;
mod slow_wire;
pub mod webhooks;

mod faces;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lexopt::{Arg, ValueExt as _};
use serde_json::{Value, json};

use crate::exec;
use crate::http::{self, Answer, Connection};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Profile, Server, Site};

const COLLECTIONS: &str = "/v2/face-recognition/collections";
const DOCUMENTS: &str = "/v2/document-liveness";
const IMPORTED: &str = "/v2/biometric-validations?where_identifier=imported";
const CARD: &str = "card.jpg";
const LARGE_IMAGE: &str = "portrait-1080p.jpg";
const CYCLES: u32 = 50;
const PROGRESS_EVERY: u32 = 100;
const IMPORT_RECORDS: u64 = 20;
const RESTART_SECONDS_MAX: u64 = 2;
/// A document check that so many kills have met may be given up.
const KILLS_MIN: u32 = 3;
/// Interrupted checks are taken up when their lease is over, five seconds later at most.
const SETTLE_SECONDS_MAX: u64 = 60;
const SETTINGS: &str = "[http]\nrequest_seconds = 5\n[documents]\nwait_seconds = 1\n\
                        lease_seconds = 2\n[validations]\nlease_seconds = 6\n[log]\naccess = false\n";

/// `cargo xtask faults [kill | nodes | disk | feed | s3 | overload | door | webhooks] [--cycles N] [--postgres]
/// [--models DIR] [--seconds N] [--sockets N] [--only PART] [--bin FILE]`. Without models face checks are opened, and no face is looked at.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    let (mut cycles, mut postgres, mut file, mut models) = (CYCLES, false, None, None);
    let (mut program, mut seconds) = ("kill".to_owned(), overload::SECONDS);
    let (mut door, mut only) = (door::Options::default(), None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Value(word) => program = word.string()?,
            Arg::Long("seconds") => seconds = arguments.value()?.parse()?,
            Arg::Long("sockets") => door.sockets = arguments.value()?.parse()?,
            Arg::Long("only") => only = Some(arguments.value()?.string()?),
            Arg::Long("cycles") => cycles = arguments.value()?.parse()?,
            Arg::Long("postgres") => postgres = true,
            Arg::Long("bin") => file = Some(PathBuf::from(arguments.value()?)),
            Arg::Long("models") => models = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let binary = Binary::find(file, Profile::Release)?;
    match program.as_str() {
        "kill" => {}
        "nodes" => return nodes::run(&binary),
        "disk" => return disk::run(&binary),
        "feed" => return feed::run(&binary),
        "s3" => return s3::run(&binary, models.as_deref()),
        "overload" => return overload::run(&binary, seconds),
        "webhooks" => return webhooks::run(&binary, only.as_deref()),
        "door" => return door::run(&binary, &door, only.as_deref()),
        other => bail!("there is no program `{other}`"),
    }
    let cluster = if postgres { Some(Cluster::start(Durability::Durable)?) } else { None };
    kill(&binary, cycles, cluster.as_ref(), models.as_deref())
}

/// Kills the server at a random moment under mixed load, so many times. Nothing that was
/// acknowledged may be lost, nothing may be done twice, and every restart is quick.
pub fn kill(
    binary: &Binary,
    cycles: u32,
    cluster: Option<&Cluster>,
    models: Option<&Path>,
) -> Result<()> {
    let database = cluster.map(|cluster| cluster.create_database("verax_faults")).transpose()?;
    let site = Site::new(binary, database)?.with_settings(SETTINGS)?;
    if let Some(models) = models {
        site.add_models(models)?;
    }
    let work = Work::begin(&site)?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut slowest = Duration::ZERO;
    for cycle in 0..cycles {
        let started = Instant::now();
        let server = site.serve(&[])?;
        // The first start also makes the database.
        if cycle > 0 {
            slowest = slowest.max(started.elapsed());
        }
        if cycle == 0 {
            work.prepare_faces(server.address, models)?;
            work.prepare_reviews(&site, server.address)?;
        }
        work.check(server.address).with_context(|| format!("after {cycle} kills"))?;
        // Most die young; some live long enough for a document to be checked.
        let longest = if cycle % 4 == 0 { 2000 } else { 400 };
        let alive = Duration::from_millis(random.usize(..longest) as u64);
        work.until_killed(&site, server, alive)?;
        work.count_kill();
        if (cycle + 1).is_multiple_of(PROGRESS_EVERY) {
            println!("{} kills", cycle + 1);
        }
    }
    let server = site.serve(&[])?;
    work.settle(server.address)?;
    work.check_all(server.address).context("at the end")?;
    let mut connection = Connection::open(server.address)?;
    work.compare_events(&mut connection)?;
    let faces = work.count_faces(&mut connection)?;
    let reviews = work.count_reviews(&mut connection)?;
    drop(server);
    check_tallies(&site)?;
    let ledger = work.ledger();
    println!(
        "{cycles} kills: {} collections made and {} deleted, {} documents checked ({} given up \
         after {KILLS_MIN} kills), {} records imported, {faces}, {reviews}, all as acknowledged, each with its \
         events; the slowest restart took {} ms",
        ledger.made,
        ledger.deleted,
        ledger.documents.len(),
        ledger.given_up.len(),
        ledger.imported,
        slowest.as_millis(),
    );
    ensure!(
        slowest < Duration::from_secs(RESTART_SECONDS_MAX),
        "a restart took more than {RESTART_SECONDS_MAX} s"
    );
    Ok(())
}

fn check_tallies(site: &Site) -> Result<()> {
    // Its exit code also says that no models are installed.
    let answered =
        site.verax(&["doctor", "--check-tallies"]).unwrap_or_else(|error| format!("{error:#}"));
    let well = answered.contains("agree with the records") && !answered.contains("were wrong");
    ensure!(well, "{answered}");
    Ok(())
}

/// What is asked of the server, and what it has acknowledged.
struct Work {
    /// The value of the `Authorization` header.
    token: String,
    client: String,
    order: String,
    ledger: Mutex<Ledger>,
    faces: Mutex<faces::Faces>,
    reviews: Mutex<reviews::Reviews>,
    drawn: AtomicU64,
}

#[derive(Default)]
struct Ledger {
    /// Whether each collection must be there; nothing while its deletion is not answered.
    collections: BTreeMap<String, Option<bool>>,
    documents: BTreeSet<String>,
    /// Document checks that were not seen to have ended, and how many kills each may have met.
    open: BTreeMap<String, u32>,
    given_up: BTreeSet<String>,
    /// Requests for a document's check that were not answered: each may have left a record.
    unanswered: u64,
    /// The last id that was looked for.
    checked: String,
    made: u64,
    deleted: u64,
    imported: u64,
}

impl Ledger {
    fn document_acknowledged(&mut self, id: String) {
        self.unanswered -= 1;
        self.open.insert(id.clone(), 0);
        self.documents.insert(id);
    }
}

impl Work {
    /// Makes a client, and asks in its name.
    fn begin(site: &Site) -> Result<Work> {
        let made = site.verax(&["client", "create", "--name", "F", "--email", "f@example.com"])?;
        let made: Value = serde_json::from_str(&made)?;
        let client = made["_id"].as_str().context("a client without an id")?.to_owned();
        // All its deliveries are held, to be counted.
        let webhook =
            ["webhook", "create", "--client", &client, "--url", "https://webhook.invalid/"];
        let webhook: Value = serde_json::from_str(&site.verax(&webhook)?)?;
        let webhook = webhook["_id"].as_str().context("a webhook without an id")?;
        site.verax(&["webhook", "disable", webhook])?;
        Ok(Work {
            token: format!("Bearer {}", site.token(&client)?),
            order: order()?,
            client,
            ledger: Mutex::default(),
            faces: Mutex::default(),
            reviews: Mutex::default(),
            drawn: AtomicU64::new(1),
        })
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The server was killed: no open check can have missed it.
    fn count_kill(&self) {
        for kills in self.ledger().open.values_mut() {
            *kills += 1;
        }
    }

    fn number(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::Relaxed)
    }

    /// Works on the server until it is killed.
    fn until_killed(&self, site: &Site, server: Server, alive: Duration) -> Result<()> {
        let address = server.address;
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| self.make_and_delete(address));
            }
            scope.spawn(|| self.check_documents(address));
            scope.spawn(|| self.check_faces(address));
            scope.spawn(|| self.register_faces(address));
            scope.spawn(|| self.decide_reviews(address));
            let importing = scope.spawn(|| self.import(site));
            std::thread::sleep(alive);
            drop(server);
            importing.join().unwrap_or_else(|_| bail!("an import panicked"))
        })
    }

    /// Ends with the first error: the server is gone.
    fn make_and_delete(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        for turn in 0_u32.. {
            let name = format!("collection {}", self.number());
            let body = json!({ "name": name }).to_string();
            let made = self.ask(&mut connection, "POST", COLLECTIONS, &body)?;
            let id = made["data"]["_id"].as_str().context("no id")?.to_owned();
            let mut ledger = self.ledger();
            ledger.collections.insert(id.clone(), Some(true));
            ledger.made += 1;
            drop(ledger);
            if turn % 3 == 0 {
                self.ledger().collections.insert(id.clone(), None);
                self.ask(&mut connection, "DELETE", &format!("{COLLECTIONS}/{id}"), "")?;
                let mut ledger = self.ledger();
                ledger.collections.insert(id, Some(false));
                ledger.deleted += 1;
            }
        }
        Ok(())
    }

    fn check_documents(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        loop {
            self.ledger().unanswered += 1;
            let checked = self.ask(&mut connection, "POST", DOCUMENTS, &self.order)?;
            let id = checked["data"]["_id"].as_str().context("no id")?.to_owned();
            self.ledger().document_acknowledged(id);
        }
    }

    /// One import at a time by the command, which is a process of its own.
    fn import(&self, site: &Site) -> Result<()> {
        let mut lines = String::new();
        for _ in 0..IMPORT_RECORDS {
            let id = format!("imported-{}", self.number());
            let row = json!({ "_id": id, "client": self.client, "status": "completed", "identifier": "imported" });
            writeln!(lines, "{row}")?;
        }
        let file = site.data().join("faults.ndjson");
        std::fs::write(&file, lines)?;
        site.import("biometric-validations", &file)?;
        self.ledger().imported += IMPORT_RECORDS;
        Ok(())
    }

    /// Looks for everything that was acknowledged.
    fn check_all(&self, address: SocketAddr) -> Result<()> {
        self.ledger().checked.clear();
        self.check(address)
    }

    /// Looks for what was acknowledged since the last look, and counts everything.
    fn check(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        let mut ledger = self.ledger();
        for (id, there) in ledger.collections.range(ledger.checked.clone()..) {
            let Some(there) = there else { continue };
            let status = self.status(&mut connection, &format!("{COLLECTIONS}/{id}"))?;
            let expected = if *there { 200 } else { 404 };
            ensure!(status == expected, "the collection {id} answers {status}, not {expected}");
        }
        self.look_at_documents(&mut connection, &mut ledger)?;
        let documents = self.total(&mut connection, DOCUMENTS, "limit")?;
        let acknowledged = ledger.documents.len() as u64;
        ensure!(
            (acknowledged..=acknowledged + ledger.unanswered).contains(&documents),
            "{documents} document checks are there, {acknowledged} were acknowledged and {} not",
            ledger.unanswered
        );
        self.look_at_faces(&mut connection)?;
        self.look_at_reviews(&mut connection)?;
        let imported = self.total(&mut connection, IMPORTED, "perPage")?;
        ensure!(
            imported == ledger.imported,
            "{imported} imported records are there, {} were acknowledged",
            ledger.imported
        );
        // Ids are in the order of time.
        let last = ledger.collections.keys().chain(&ledger.documents).max().cloned();
        ledger.checked = last.unwrap_or_default();
        Ok(())
    }

    /// What has ended stays as it ended; only a check that enough kills have met may be given up, and
    /// it says why.
    fn look_at_documents(&self, connection: &mut Connection, ledger: &mut Ledger) -> Result<()> {
        let recent = ledger.documents.range(ledger.checked.clone()..);
        let looked_at: BTreeSet<String> = recent.chain(ledger.open.keys()).cloned().collect();
        for id in looked_at {
            let record = self.ask(connection, "GET", &format!("{DOCUMENTS}/{id}"), "")?;
            let status = record["data"]["status"].as_str().context("no status")?;
            let why = record["data"]["failureReason"].as_str().unwrap_or_default();
            let kills = ledger.open.get(&id).copied();
            match (status, kills) {
                ("processing", Some(_)) => {}
                ("completed", _) if !ledger.given_up.contains(&id) => {
                    ledger.open.remove(&id);
                }
                ("failed", None) if ledger.given_up.contains(&id) => {}
                ("failed", Some(KILLS_MIN..)) if why.starts_with("interrupted") => {
                    ledger.open.remove(&id);
                    ledger.given_up.insert(id);
                }
                _ => bail!("{id} is {status} ({why}) after {kills:?} kills"),
            }
        }
        Ok(())
    }

    /// Waits until every check that was begun has reached an end.
    fn settle(&self, address: SocketAddr) -> Result<()> {
        let mut connection = Connection::open(address)?;
        let start = Instant::now();
        let open = format!("{DOCUMENTS}?in_status[]=new&in_status[]=processing");
        let measured = format!("{}?where_status=pending", faces::VALIDATIONS);
        loop {
            let left = self.total(&mut connection, &open, "limit")?
                + self.total(&mut connection, &measured, "perPage")?;
            if left == 0 {
                return Ok(());
            }
            ensure!(
                start.elapsed() < Duration::from_secs(SETTLE_SECONDS_MAX),
                "{left} checks have no end after {SETTLE_SECONDS_MAX} s"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn total(&self, connection: &mut Connection, target: &str, size: &str) -> Result<u64> {
        let sign = if target.contains('?') { '&' } else { '?' };
        let target = format!("{target}{sign}{size}=1");
        let page = self.ask(connection, "GET", &target, "")?;
        page["pagination"]["total"].as_u64().context("no total")
    }

    fn status(&self, connection: &mut Connection, target: &str) -> Result<u16> {
        let mut answer = Answer::default();
        let request = http::request("GET", target, Some(&self.token), b"");
        connection.exchange(&request, &mut answer)?;
        Ok(answer.status)
    }

    fn ask(
        &self,
        connection: &mut Connection,
        method: &str,
        target: &str,
        body: &str,
    ) -> Result<Value> {
        let mut answer = Answer::default();
        let request = http::request(method, target, Some(&self.token), body.as_bytes());
        connection.exchange(&request, &mut answer)?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {target}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

/// A small card, with the quickest check alone.
fn order() -> Result<String> {
    let order = json!({
        "image": STANDARD.encode(sample_image(CARD)?),
        "validateScreenReplay": false,
        "validatePrintedCopy": false,
        "validatePortraitSubstitution": false,
    });
    Ok(order.to_string())
}

/// One of the repository's sample images.
fn sample_image(name: &str) -> Result<Vec<u8>> {
    let file = exec::root().join("crates/server/assets").join(name);
    std::fs::read(&file).with_context(|| file.display().to_string())
}
