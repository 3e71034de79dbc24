//! Two nodes and a worker on PostgreSQL with a synchronous standby, which are killed one after the
//! other.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::retrying::{Clients, Seen};
use super::{DOCUMENTS, LARGE_IMAGE, Work, check_tallies, sample_image};
use crate::http::{self, Answer, Connection};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Server, Site};

const DATABASE: &str = "verax_nodes";
/// A request may take ten seconds, a document is waited for at most so long.
const SETTINGS: &str = "[http]\nrequest_seconds = 10\n[database]\nstatement_seconds = 3\n\
                        [documents]\nwait_seconds = 4\nlease_seconds = 8\n\
                        [log]\naccess = false\n";
/// The limit, and what two busy cores may take to say so.
const REQUEST_MAX: Duration = Duration::from_secs(12);
const BACK_MAX: Duration = Duration::from_secs(30);
const PHASE: Duration = Duration::from_secs(4);
/// Checks that are at work on the node that is killed.
const LEFT_BEHIND: u64 = 4;

/// Nothing that was acknowledged may be lost; service comes back by itself; no request hangs.
pub fn run(binary: &Binary) -> Result<()> {
    let primary = Cluster::start(Durability::Durable)?;
    let standby = primary.start_standby()?;
    primary.create_database(DATABASE)?;
    let url = format!(
        "postgres://verax@127.0.0.1:{},127.0.0.1:{}/{DATABASE}",
        primary.port(),
        standby.port()
    );
    let site = Site::new(binary, Some(url))?
        .with_settings(SETTINGS)?
        .with_replica(standby.url_of(DATABASE));
    let work = Work::begin(&site)?;
    let one = node(&site, "one")?;
    let two = node(&site, "two")?;
    let worker = site.start("worker", &[], &["worker"])?;
    println!(
        "nodes: two nodes, a worker, PostgreSQL with a synchronous standby that lists are read from"
    );
    let clients = Clients::new(&work, vec![one.address, two.address]);
    let outcome = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2).map(|_| scope.spawn(|| clients.read_own_writes())).collect();
        for _ in 0..2 {
            scope.spawn(|| clients.make_and_delete());
            scope.spawn(|| clients.check_documents());
        }
        let deaths = deaths(&site, &clients, (primary, &standby), (one, two, worker));
        clients.stop();
        let mut read = 0;
        for reader in readers {
            read += reader.join().unwrap_or_else(|_| bail!("a reader panicked"))?;
        }
        deaths.map(|nodes| (nodes, read))
    });
    let ((one, two, _worker), read) = outcome?;
    work.settle(one.address)?;
    for node in [&one, &two] {
        work.check_all(node.address)?;
    }
    check_tallies(&site)?;
    let ledger = work.ledger();
    println!(
        "nodes: {} collections, {} of them deleted, and {} documents are there as acknowledged; \
         {read} collections were shown by the other node right after they were made",
        ledger.collections.len(),
        ledger.deleted,
        ledger.documents.len(),
    );
    Ok(())
}

type Processes = (Server, Server, Server);

fn deaths(
    site: &Site,
    clients: &Clients<'_>,
    (primary, standby): (Cluster, &Cluster),
    (one, two, worker): Processes,
) -> Result<Processes> {
    std::thread::sleep(PHASE);
    report("all alive", &clients.take(), Duration::from_secs(5))?;

    drop(one);
    std::thread::sleep(PHASE);
    report("a node killed", &clients.take(), Duration::from_secs(5))?;

    let worker = kill_running(site, clients, &primary, worker)?;
    let one = node(site, "one")?;
    clients.set_nodes(vec![one.address, two.address]);
    report("a node and a worker killed in the middle of checks", &clients.take(), BACK_MAX)?;

    clients.take();
    primary.kill()?;
    let killed = Instant::now();
    standby.promote()?;
    let promoted = killed.elapsed();
    let before = clients.successes();
    while clients.successes() == before {
        ensure!(killed.elapsed() < BACK_MAX, "no success {BACK_MAX:?} after the primary's death");
        std::thread::sleep(Duration::from_millis(5));
    }
    println!(
        "nodes: primary killed, standby promoted in {} ms, the first success after {} ms",
        promoted.as_millis(),
        killed.elapsed().as_millis()
    );
    std::thread::sleep(PHASE);
    report("the primary killed and the standby promoted", &clients.take(), BACK_MAX)?;
    for node in [&one, &two, &worker] {
        ensure!(node.is_ready(), "a process is not ready again");
    }
    drop(primary);
    Ok((one, two, worker))
}

fn node(site: &Site, name: &str) -> Result<Server> {
    // Interrupted checks are the worker's alone here.
    site.start(name, &[], &["serve", "--no-jobs"])
}

fn report(what: &str, seen: &Seen, gap_max: Duration) -> Result<()> {
    println!(
        "nodes: {what}: {} answers, {} of them 503, {} connections broken, the slowest request \
         {} ms, the longest time without success {} ms",
        seen.answered,
        seen.rejected,
        seen.broken,
        seen.slowest.as_millis(),
        seen.longest_gap.as_millis()
    );
    ensure!(seen.unclear == 0, "{} rejections were not a 503 with Retry-After", seen.unclear);
    ensure!(seen.slowest < REQUEST_MAX, "a request took {:?}", seen.slowest);
    ensure!(seen.longest_gap < gap_max, "no success for {:?}", seen.longest_gap);
    Ok(())
}

/// Leaves checks behind on a node that dies, and kills the worker that has taken them up.
fn kill_running(
    site: &Site,
    clients: &Clients<'_>,
    primary: &Cluster,
    worker: Server,
) -> Result<Server> {
    let work = clients.work;
    let dying = node(site, "dying")?;
    work.ledger().unanswered += LEFT_BEHIND;
    let (address, order) = (dying.address, slow_order()?);
    let asked = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..LEFT_BEHIND {
            scope.spawn(|| {
                // Nobody lives to answer.
                let request = http::request("POST", DOCUMENTS, Some(&work.token), order.as_bytes());
                let _ = Connection::open(address)?.exchange(&request, &mut Answer::default());
                anyhow::Ok(())
            });
        }
        let begun = "SELECT count(*) FROM document_liveness WHERE status IN ('new', 'processing')";
        while count(primary, begun)? < LEFT_BEHIND {
            ensure!(asked.elapsed() < REQUEST_MAX, "the checks were not begun");
        }
        drop(dying);
        anyhow::Ok(())
    })?;
    let taken = "SELECT count(*) FROM jobs WHERE kind = 'document_check' AND attempts > 0";
    let died = Instant::now();
    while count(primary, taken)? == 0 {
        ensure!(died.elapsed() < BACK_MAX, "nobody has taken up what was left behind");
    }
    let at_work = count(primary, taken)?;
    drop(worker);
    println!("nodes: the worker is killed with {at_work} checks that it had taken up");
    site.start("worker-again", &[], &["worker"])
}

fn count(cluster: &Cluster, question: &str) -> Result<u64> {
    cluster.sql(DATABASE, question)?.parse().context("not a number")
}

/// A larger image, with all checks.
fn slow_order() -> Result<String> {
    Ok(json!({ "image": STANDARD.encode(sample_image(LARGE_IMAGE)?) }).to_string())
}
