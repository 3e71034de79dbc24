//! A disk that is full or read-only, a database that answers slowly or not at all, clocks that jump.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;

use super::retrying::Clients;
use super::slow_wire::{SILENT, SlowWire};
use super::{COLLECTIONS, DOCUMENTS, IMPORTED, Work};
use crate::exec;
use crate::http::{self, Answer, Connection};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Server, Site};

const SETTINGS: &str = "[http]\nrequest_seconds = 5\n[database]\nstatement_seconds = 2\n\
                        [documents]\nwait_seconds = 2\nlease_seconds = 4\n\
                        [log]\naccess = false\n";
const RED_MAX: Duration = Duration::from_secs(5);
const GREEN_MAX: Duration = Duration::from_secs(10);
/// The limit of a request, and what two busy cores may take to say so.
const REQUEST_MAX: Duration = Duration::from_secs(7);
const WHILE_BROKEN: Duration = Duration::from_secs(2);
const PHASE: Duration = Duration::from_secs(3);
/// A full disk sends no signal, a limit of file sizes does: it would end the server.
const WITHOUT_SIGNAL: [&str; 3] = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];

/// Clear errors meanwhile, readiness red and green by itself, nothing that was acknowledged lost.
pub fn run(binary: &Binary) -> Result<()> {
    full(binary).context("a full disk")?;
    read_only(binary).context("a read-only disk")?;
    slow(binary).context("a slow database")?;
    clocks(binary).context("clocks that jump")
}

/// Every write to a file fails, as on a disk without space: what the kernel's limit of file sizes
/// does. It needs no rights and no disk of its own; a disk that turns read-only at work fails alike.
fn full(binary: &Binary) -> Result<()> {
    let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
    let work = Work::begin(&site)?;
    let server = site.serve(&WITHOUT_SIGNAL)?;
    make(&work, &server)?;
    limit_files(&server, "0")?;
    let limited = Instant::now();
    let mut rejections = 0;
    while limited.elapsed() < WHILE_BROKEN {
        for (method, target, body) in [
            ("POST", COLLECTIONS, json!({ "name": "no room" }).to_string()),
            ("POST", DOCUMENTS, work.order.clone()),
        ] {
            let answer = ask(&work, &server, method, target, &body)?;
            ensure!(
                answer.status == 503 && answer.retry_after.is_some(),
                "{target} answers {} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
            rejections += 1;
        }
        let listed = ask(&work, &server, "GET", IMPORTED, "")?.status;
        ensure!(listed == 200, "a list answers {listed}");
    }
    let red = until_ready(&server, false, RED_MAX)?;
    limit_files(&server, "unlimited")?;
    let green = until_ready(&server, true, GREEN_MAX)?;
    make(&work, &server)?;
    work.settle(server.address)?;
    work.check_all(server.address)?;
    println!(
        "disk: full: {rejections} writes answered 503 with Retry-After, lists go on; ready again {} \
         ms after there is room (red {} ms after asking)",
        green.as_millis(),
        red.as_millis()
    );
    Ok(())
}

fn limit_files(server: &Server, soft: &str) -> Result<()> {
    let limit = format!("--fsize={soft}:unlimited");
    let process = server.process_id().to_string();
    exec::output(Command::new("prlimit").args(["--pid", &process, &limit])).map(drop)
}

/// A folder that cannot be written to when the server starts: it says so and ends.
fn read_only(binary: &Binary) -> Result<()> {
    let site = Site::new(binary, None)?.with_settings(SETTINGS)?;
    let work = Work::begin(&site)?;
    drop(site.serve(&[])?);
    let data = site.data().display();
    let script = format!(
        "mount --bind {data} {data} && mount -o remount,ro,bind {data} && exec \"$0\" \"$@\""
    );
    let wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c"];
    if exec::output(Command::new(wrapper[0]).args(&wrapper[1..]).args([&script, "true"])).is_err() {
        println!("disk: read-only: not tried, this machine lets nobody mount");
        return Ok(());
    }
    let wrapper: Vec<&str> = wrapper.into_iter().chain([script.as_str()]).collect();
    match site.serve(&wrapper) {
        Ok(_) => bail!("the server starts"),
        Err(error) => {
            let answered = error.to_string().to_lowercase();
            ensure!(
                answered.contains("read-only") || answered.contains("readonly"),
                "it says {answered}"
            );
        }
    }
    let server = site.serve(&[])?;
    make(&work, &server)?;
    work.check(server.address)?;
    println!("disk: read-only: the server says so and does not start; it does when that is over");
    Ok(())
}

fn slow(binary: &Binary) -> Result<()> {
    let cluster = Cluster::start(Durability::Durable)?;
    cluster.create_database("slow")?;
    let wire = SlowWire::to(cluster.port())?;
    let url = format!("postgres://verax@{}/slow", wire.address);
    let site = Site::new(binary, Some(url))?.with_settings(SETTINGS)?;
    let work = Work::begin(&site)?;
    let server = site.serve(&[])?;
    let clients = Clients::new(&work, vec![server.address]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| clients.make_and_delete());
        }
        scope.spawn(|| clients.check_documents());
        let outcome = slower_and_slower(&wire, &server, &clients);
        wire.hold_back(Duration::ZERO);
        clients.stop();
        outcome
    })?;
    work.settle(server.address)?;
    work.check_all(server.address)
}

fn slower_and_slower(wire: &SlowWire, server: &Server, clients: &Clients<'_>) -> Result<()> {
    let report = |what: &str| {
        let seen = clients.take();
        println!(
            "disk: {what}: {} answers, {} of them 503, the slowest {} ms",
            seen.answered,
            seen.rejected,
            seen.slowest.as_millis()
        );
        ensure!(seen.unclear == 0, "{} rejections were not a 503 with Retry-After", seen.unclear);
        ensure!(seen.broken == 0, "{} connections were broken", seen.broken);
        ensure!(seen.slowest < REQUEST_MAX, "a request took {:?}", seen.slowest);
        Ok(seen)
    };
    std::thread::sleep(PHASE);
    report("a database as usual")?;
    wire.hold_back(Duration::from_millis(50));
    std::thread::sleep(PHASE);
    let seen = report("50 ms to the database and 50 ms back")?;
    ensure!(seen.rejected == 0 && server.is_ready(), "it is slow, and that is all");
    wire.hold_back(SILENT);
    let red = until_ready(server, false, RED_MAX)?;
    std::thread::sleep(2 * PHASE);
    let seen = report("a database that says nothing")?;
    ensure!(seen.rejected > 0, "nothing was rejected");
    wire.hold_back(Duration::ZERO);
    let green = until_ready(server, true, GREEN_MAX)?;
    clients.take();
    std::thread::sleep(PHASE);
    let seen = report("the database answers again")?;
    ensure!(seen.answered > seen.rejected, "no success");
    println!(
        "disk: not ready {} ms after the silence began, ready {} ms after its end",
        red.as_millis(),
        green.as_millis()
    );
    Ok(())
}

fn clocks(binary: &Binary) -> Result<()> {
    let Some(library) = faketime() else {
        println!("disk: clocks: not tried, there is no libfaketime (apt-get install faketime)");
        return Ok(());
    };
    let cluster = Cluster::start(Durability::Durable)?;
    let url = cluster.create_database("clocks")?;
    for database in [None, Some(url)] {
        let several = database.is_some();
        let site = Site::new(binary, database)?.with_settings(SETTINGS)?;
        let work = Work::begin(&site)?;
        let file = site.data().join("clock");
        std::fs::write(&file, "+0")?;
        let words = [
            format!("LD_PRELOAD={}", library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
            "DONT_FAKE_MONOTONIC=1".to_owned(),
        ];
        let wrapper: Vec<&str> =
            std::iter::once("env").chain(words.iter().map(String::as_str)).collect();
        let server = site.serve(&wrapper)?;
        jump(&work, &server, &file, several)?;
    }
    Ok(())
}

/// An hour forwards, then an hour backwards.
fn jump(work: &Work, server: &Server, file: &Path, several: bool) -> Result<()> {
    let database = if several { "PostgreSQL" } else { "SQLite" };
    make(work, server)?;
    for offset in ["+3600", "-3600"] {
        // In one piece: the library may read it at any moment.
        let partial = file.with_extension("partial");
        std::fs::write(&partial, offset)?;
        std::fs::rename(&partial, file)?;
        if several {
            until_ready(server, false, RED_MAX)?;
        }
        make(work, server)?;
        work.check(server.address)?;
        ensure!(several || server.is_ready(), "it is not ready");
    }
    std::fs::write(file, "+0")?;
    let green = until_ready(server, true, GREEN_MAX)?;
    make(work, server)?;
    work.settle(server.address)?;
    work.check_all(server.address)?;
    let readiness = match several {
        true => format!("not ready meanwhile, ready {} ms after", green.as_millis()),
        false => "ready all the time: it has no other clock to compare with".to_owned(),
    };
    println!("disk: clocks: an hour forwards, then back, on {database}: all answered; {readiness}");
    Ok(())
}

fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let files = folders
        .filter_map(|folder| Some(folder.ok()?.path().join("faketime").join("libfaketimeMT.so.1")));
    files.into_iter().find(|file| file.is_file())
}

/// How long it takes until /readyz is so.
fn until_ready(server: &Server, ready: bool, max: Duration) -> Result<Duration> {
    let start = Instant::now();
    while server.is_ready() != ready {
        ensure!(start.elapsed() < max, "/readyz is still {}", if ready { "red" } else { "green" });
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(start.elapsed())
}

/// Makes one collection and one document's check.
fn make(work: &Work, server: &Server) -> Result<()> {
    let mut connection = Connection::open(server.address)?;
    let body = json!({ "name": format!("collection {}", work.number()) }).to_string();
    let made = work.ask(&mut connection, "POST", COLLECTIONS, &body)?;
    let id = made["data"]["_id"].as_str().context("no id")?.to_owned();
    work.ledger().collections.insert(id, Some(true));
    work.ledger().unanswered += 1;
    let checked = work.ask(&mut connection, "POST", DOCUMENTS, &work.order)?;
    let id = checked["data"]["_id"].as_str().context("no id")?.to_owned();
    work.ledger().document_acknowledged(id);
    Ok(())
}

fn ask(work: &Work, server: &Server, method: &str, target: &str, body: &str) -> Result<Answer> {
    let mut answer = Answer::default();
    let request = http::request(method, target, Some(&work.token), body.as_bytes());
    Connection::open(server.address)?.exchange(&request, &mut answer)?;
    Ok(answer)
}
