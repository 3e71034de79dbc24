//! An object store that is slow, rejects, loses answers and cuts bodies: a real server of the protocol
//! (moto) behind a wire that does all that.

mod backups;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::faulty_wire::{Fault, FaultyWire};
use super::{CARD, DOCUMENTS, sample_image};
use crate::clients;
use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Server, Site};

const SETTINGS: &str = "[vault]\nkeys = \"s3://keys/v\"\nobjects = \"s3://objects/v\"\n\
                        [documents]\nwait_seconds = 5\nlease_seconds = 8\n[log]\naccess = false\n";
const STARTS_WITHIN: Duration = Duration::from_secs(30);
const PHASE: Duration = Duration::from_millis(2500);
const GREEN_MAX: Duration = Duration::from_secs(15);
/// A request is answered while its caller still waits: within `http.request_seconds`.
const ANSWERED_WITHIN: Duration = Duration::from_secs(28);
/// Requests to the store for one of ours that it rejects: the first, and three more.
const TRIES_MAX: u64 = 4;

/// Nothing acknowledged is lost, nothing half-written is shown, errors say when to come back, and nobody
/// is asked for ever.
///
/// Without `models` those that can be had are taken: a backup holds a face then.
pub fn run(binary: &Binary, models: Option<&Path>) -> Result<()> {
    let store = ObjectStore::start()?;
    let wire = FaultyWire::to(store.address)?;
    let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
    let endpoint = format!("http://{}", wire.address);
    let environment = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    let site = site.with_environment(&environment);
    let models = match models {
        Some(models) => Some(models.to_owned()),
        None => binary.installed_models()?,
    };
    if let Some(models) = &models {
        site.add_models(models)?;
    }
    let server = site.serve(&[])?;
    backups::run(binary, &site, &server, &environment, models.as_deref())?;
    for (what, fault, some_succeed) in [
        ("as usual", Fault::None, true),
        ("answers 300 ms late", Fault::Slow(Duration::from_millis(300)), true),
        ("503 every second time", Fault::SometimesUnavailable, true),
        ("503 each time", Fault::Unavailable, false),
        ("bodies cut in their middle", Fault::Cut, true),
        ("lost answers to writes", Fault::LostAnswers, true),
        ("wrong ETags", Fault::WrongEtags, true),
    ] {
        // Of its own: its keys are made in the middle of the fault.
        let client = Customer::new(&site, &server)?;
        let known = Customer::new(&site, &server)?;
        known.make(1)?;
        wire.set(fault);
        let outcome = std::thread::scope(|scope| {
            let working = [scope.spawn(|| client.work()), scope.spawn(|| known.work())];
            std::thread::sleep(PHASE);
            client.stop();
            known.stop();
            working
                .into_iter()
                .try_for_each(|it| it.join().unwrap_or_else(|_| bail!("a client panicked")))
        });
        wire.set(Fault::None);
        outcome.with_context(|| format!("s3: {what}"))?;
        let green = until_ready(&server)?;
        for customer in [&client, &known] {
            customer.check().with_context(|| format!("s3: after {what}"))?;
        }
        let seen = client.seen().and(*known.seen());
        ensure!(!some_succeed || seen.done > 0, "s3: {what}: nothing was done");
        println!(
            "s3: {what}: {} done, {} answered 503 with Retry-After, the slowest in {} ms; ready {} ms \
             after; all as acknowledged",
            seen.done,
            seen.rejected,
            seen.slowest.as_millis(),
            green.as_millis()
        );
    }
    bounded(&site, &server, &wire)?;
    silent(&site, &server, &wire)?;
    broken_start(&site, &wire)
}

/// How often a store that rejects is asked.
fn bounded(site: &Site, server: &Server, wire: &FaultyWire) -> Result<()> {
    let client = Customer::new(site, server)?;
    client.make(1)?;
    let id = client.documents().keys().next().cloned().context("a document")?;
    wire.set(Fault::Unavailable);
    // What the server asks by itself falls into some of three tries, and seldom into all.
    let (mut took, mut tries) = (Duration::MAX, u64::MAX);
    for _ in 0..3 {
        let before = wire.requests();
        let begun = Instant::now();
        let answer = client.ask("GET", &format!("{DOCUMENTS}/{id}/image"), "")?;
        took = took.min(begun.elapsed());
        tries = (wire.requests() - before).min(tries);
        ensure!(is_clear(&answer), "s3: a store that rejects: {}", shown(&answer));
    }
    wire.set(Fault::None);
    ensure!(tries <= TRIES_MAX, "s3: it was asked {tries} times for one request");
    until_ready(server)?;
    println!("s3: a store that rejects is asked {tries} times for one image, for {took:?}");
    Ok(())
}

/// A store that says nothing: requests are answered while their callers wait, lists go on.
fn silent(site: &Site, server: &Server, wire: &FaultyWire) -> Result<()> {
    let client = Customer::new(site, server)?;
    client.make(1)?;
    let id = client.documents().keys().next().cloned().context("a document")?;
    wire.set(Fault::Silent);
    let slowest = std::thread::scope(|scope| {
        let calls = [
            ("GET", format!("{DOCUMENTS}/{id}/image"), String::new()),
            ("POST", DOCUMENTS.to_owned(), client.order.clone()),
            ("DELETE", format!("{DOCUMENTS}/{id}"), String::new()),
        ];
        let asking = calls.map(|(method, target, body)| {
            let client = &client;
            scope.spawn(move || {
                let begun = Instant::now();
                let answer = client.ask(method, &target, &body)?;
                ensure!(is_clear(&answer), "{method}: {}", shown(&answer));
                Ok(begun.elapsed())
            })
        });
        let listed = client.ask("GET", &format!("{DOCUMENTS}?limit=1"), "")?;
        ensure!(listed.status == 200, "a list answers {}", listed.status);
        asking.into_iter().try_fold(Duration::ZERO, |slowest, it| {
            let took = it.join().unwrap_or_else(|_| bail!("a client panicked"))?;
            Ok::<_, anyhow::Error>(slowest.max(took))
        })
    });
    let is_red = !server.is_ready();
    wire.set(Fault::None);
    let slowest = slowest.context("s3: a silent store")?;
    ensure!(slowest < ANSWERED_WITHIN, "s3: a silent store: a request took {slowest:?}");
    ensure!(is_red, "s3: a silent store: /readyz is green");
    until_ready(server)?;
    client.check_one(&id, State::Unclear)?;
    println!("s3: a silent store: lists go on, all else is answered 503 within {slowest:?}");
    Ok(())
}

/// A command that cannot reach its vault says so.
fn broken_start(site: &Site, wire: &FaultyWire) -> Result<()> {
    wire.set(Fault::Unavailable);
    let answered = site.verax(&["client", "list"]);
    wire.set(Fault::None);
    let Err(error) = answered else { bail!("s3: it starts without its vault") };
    ensure!(format!("{error:#}").contains("object store"), "s3: it says {error:#}");
    site.verax(&["vault", "check"])?;
    site.verax(&["vault", "sweep"])?;
    println!("s3: without its vault nothing starts, and it says why; with it all of it opens");
    Ok(())
}

/// What is known of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    There,
    Deleted,
    /// Its deletion was not acknowledged.
    Unclear,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    done: u64,
    rejected: u64,
    slowest: Duration,
}

impl Seen {
    fn and(&self, other: Seen) -> Seen {
        Seen {
            done: self.done + other.done,
            rejected: self.rejected + other.rejected,
            slowest: self.slowest.max(other.slowest),
        }
    }
}

/// A client of the server, with what was acknowledged to it.
struct Customer {
    address: SocketAddr,
    token: String,
    image: Vec<u8>,
    order: String,
    documents: Mutex<BTreeMap<String, State>>,
    seen: Mutex<Seen>,
    stopped: AtomicBool,
}

impl Customer {
    fn new(site: &Site, server: &Server) -> Result<Customer> {
        let made = site.verax(&["client", "create", "--name", "F", "--email", "f@example.com"])?;
        let made: Value = serde_json::from_str(&made)?;
        let id = made["_id"].as_str().context("a client without an id")?.to_owned();
        let image = sample_image(CARD)?;
        let order = json!({
            "image": STANDARD.encode(&image),
            "saveImage": true,
            "validateScreenReplay": false,
            "validatePrintedCopy": false,
            "validatePortraitSubstitution": false,
        });
        Ok(Customer {
            address: server.address,
            token: format!("Bearer {}", site.token(&id)?),
            image,
            order: order.to_string(),
            documents: Mutex::default(),
            seen: Mutex::default(),
            stopped: AtomicBool::new(false),
        })
    }

    /// The same client, and what was acknowledged to it, at another server.
    fn at(&self, server: &Server) -> Customer {
        Customer {
            address: server.address,
            token: self.token.clone(),
            image: self.image.clone(),
            order: self.order.clone(),
            documents: Mutex::new(self.documents().clone()),
            seen: Mutex::default(),
            stopped: AtomicBool::new(false),
        }
    }

    fn documents(&self) -> MutexGuard<'_, BTreeMap<String, State>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Stores images without a fault.
    fn make(&self, count: usize) -> Result<()> {
        for _ in 0..count {
            let answer = self.ask("POST", DOCUMENTS, &self.order)?;
            ensure!(answer.status == 200, "{}", shown(&answer));
            self.documents().insert(id_of(&answer)?, State::There);
        }
        Ok(())
    }

    /// Stores images, looks at them and deletes some, until it is stopped.
    fn work(&self) -> Result<()> {
        let mut turn = 0_u64;
        while !self.stopped.load(Ordering::SeqCst) {
            turn += 1;
            if let Some(answer) = self.try_to("POST", DOCUMENTS, &self.order)? {
                self.documents().insert(id_of(&answer)?, State::There);
            }
            let there = |(_, state): &(&String, &State)| **state == State::There;
            let known = self.documents();
            let (first, last) = {
                let mut ids = known.iter().filter(there).map(|(id, _)| id.clone());
                (ids.next(), ids.next_back())
            };
            drop(known);
            let Some(first) = first else { continue };
            let seen = self.try_to("GET", &format!("{DOCUMENTS}/{first}/image"), "")?;
            if let Some(answer) = seen {
                ensure!(answer.body == self.image, "{first} shows another image, or half of it");
            }
            if turn.is_multiple_of(3)
                && let Some(last) = last
            {
                self.documents().insert(last.clone(), State::Unclear);
                let deleted = self.try_to("DELETE", &format!("{DOCUMENTS}/{last}"), "")?;
                if deleted.is_some() {
                    self.documents().insert(last, State::Deleted);
                }
            }
        }
        Ok(())
    }

    /// Everything is as it was acknowledged.
    fn check(&self) -> Result<()> {
        let known: Vec<(String, State)> =
            self.documents().iter().map(|(id, state)| (id.clone(), *state)).collect();
        known.iter().try_for_each(|(id, state)| self.check_one(id, *state))
    }

    fn check_one(&self, id: &str, state: State) -> Result<()> {
        let (path, image) = (format!("{DOCUMENTS}/{id}"), format!("{DOCUMENTS}/{id}/image"));
        if state == State::Unclear {
            // It can be deleted again, whatever was left of it.
            let answer = self.ask("DELETE", &path, "")?;
            ensure!([200, 404].contains(&answer.status), "{id}: again: {}", shown(&answer));
        }
        let answer = self.ask("GET", &image, "")?;
        match state {
            State::There => {
                ensure!(answer.status == 200, "{id} was acknowledged: {}", shown(&answer));
                ensure!(answer.body == self.image, "{id} shows another image");
            }
            State::Deleted | State::Unclear => {
                ensure!(answer.status == 404, "{id} was deleted: {}", shown(&answer));
                let record = self.ask("GET", &path, "")?;
                ensure!(record.status == 404, "{id} was deleted: {}", shown(&record));
            }
        }
        Ok(())
    }

    /// The answer where it is a success; a 503 that says when to come back is none. All else is an error.
    fn try_to(&self, method: &str, target: &str, body: &str) -> Result<Option<Answer>> {
        let begun = Instant::now();
        let answer = self.ask(method, target, body)?;
        let mut seen = self.seen();
        seen.slowest = seen.slowest.max(begun.elapsed());
        ensure!(seen.slowest < ANSWERED_WITHIN, "{method} took {:?}", seen.slowest);
        if answer.status == 200 {
            seen.done += 1;
            return Ok(Some(answer));
        }
        ensure!(is_clear(&answer), "{method} {target}: {}", shown(&answer));
        seen.rejected += 1;
        Ok(None)
    }

    fn ask(&self, method: &str, target: &str, body: &str) -> Result<Answer> {
        let mut answer = Answer::default();
        let request = http::request(method, target, Some(&self.token), body.as_bytes());
        Connection::open(self.address)?.exchange(&request, &mut answer)?;
        Ok(answer)
    }
}

fn is_clear(answer: &Answer) -> bool {
    answer.status == 503 && answer.retry_after.is_some()
}

fn shown(answer: &Answer) -> String {
    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
}

fn id_of(answer: &Answer) -> Result<String> {
    let body: Value = serde_json::from_slice(&answer.body)?;
    Ok(body["data"]["_id"].as_str().context("no id")?.to_owned())
}

fn until_ready(server: &Server) -> Result<Duration> {
    let start = Instant::now();
    while !server.is_ready() {
        ensure!(start.elapsed() < GREEN_MAX, "/readyz is still red");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(start.elapsed())
}

/// moto with three buckets. It ends when this is dropped.
struct ObjectStore {
    child: Child,
    address: SocketAddr,
    _log: tempfile::TempDir,
}

impl ObjectStore {
    fn start() -> Result<ObjectStore> {
        let bin = clients::s3_environment()?;
        let folder = tempfile::Builder::new().prefix("verax-s3-").tempdir()?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = std::fs::File::create(folder.path().join("log"))?;
        let child = Command::new(bin.join("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("moto_server")?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let store = ObjectStore { child, address, _log: folder };
        store.wait()?;
        for bucket in ["keys", "objects", "backups"] {
            let made = store.make_bucket(bucket)?;
            ensure!(made == 200, "the bucket {bucket} answers {made}");
        }
        Ok(store)
    }

    fn wait(&self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if start.elapsed() > STARTS_WITHIN {
                bail!("moto_server does not listen: {}", read(&self._log.path().join("log")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn make_bucket(&self, name: &str) -> Result<u16> {
        let mut answer = Answer::default();
        // A name before its host would be taken for a bucket's.
        let request =
            format!("PUT /{name} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", self.address);
        Connection::open(self.address)?.exchange(request.as_bytes(), &mut answer)?;
        Ok(answer.status)
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
