//! Deliveries while their receivers misbehave, and while nodes and receivers are killed: each event reaches
//! each endpoint at least once or is visibly waiting, signed, and a record's in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::receiver::{Attempt, Plan, Receiver, Reply, check_signatures, verify_with_libraries};
use crate::http::{self, Answer, Connection};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Server, Site};

const SETTINGS: &str = "[webhooks]\nallow_http = true\nallowed_networks = [\"127.0.0.1\"]\n\
                        timeout_seconds = 2\n[http]\nrequest_seconds = 5\n[log]\naccess = false\n";
const PROJECTS: &str = "/v3/projects";
const WRITERS: usize = 4;
/// A record is made, and changed so often.
const CHANGES: usize = 3;
/// Each delivery meets so many faults at most: one is retried after 5 s, two after 35 s.
const FAULTS_MAX: u32 = 2;
/// Attempts that are answered at once, for each of the others.
const WELL: usize = 5 * Reply::RETRIED.len();
const KILLS: u32 = 6;
const ALIVE: Duration = Duration::from_millis(1500);
/// Two retries, a pause of the endpoint, and the leases of a node that was killed.
const SETTLE_MAX: Duration = Duration::from_secs(180);
const PAGE: usize = 100;

/// On both databases, or on the one that is asked for.
pub fn run(binary: &Binary, only: Option<&str>) -> Result<()> {
    let is_asked = |name: &str| only.is_none_or(|only| only == name);
    if is_asked("sqlite") {
        deliver(binary, None, 1).context("on SQLite")?;
    }
    if is_asked("postgres") {
        let cluster = Cluster::start(Durability::Durable)?;
        let database = cluster.create_database("verax_webhooks")?;
        deliver(binary, Some(database), 2).context("on PostgreSQL")?;
    }
    Ok(())
}

/// An endpoint, and who listens there.
struct Endpoint {
    id: String,
    secret: String,
    receiver: Receiver,
}

fn deliver(binary: &Binary, database: Option<String>, nodes: usize) -> Result<()> {
    let name = if database.is_some() { "PostgreSQL, two nodes" } else { "SQLite" };
    let site = Site::new(binary, database)?.with_settings(SETTINGS)?;
    let made = site.verax(&["client", "create", "--name", "W", "--email", "w@example.com"])?;
    let made: Value = serde_json::from_str(&made)?;
    let client = made["_id"].as_str().context("a client without an id")?.to_owned();
    let token = format!("Bearer {}", site.token(&client)?);
    let seed = u64::from(u16::try_from(nodes)?);
    let healthy = Plan::new(seed, &[Reply::Status(200), Reply::Status(204)], &[], 0);
    let chaotic = mostly_well(seed);
    let mut healthy = endpoint(&site, &client, healthy)?;
    let mut chaotic = endpoint(&site, &client, chaotic)?;
    let mut dead = endpoint(&site, &client, Plan::new(seed, &[Reply::Status(200)], &[], 0))?;
    dead.receiver.stop()?;
    let mut servers = Vec::new();
    for number in 0..nodes {
        servers.push(site.start(&format!("node-{number}"), &[], &["serve"])?);
    }
    let addresses = Mutex::new(servers.iter().map(|it| it.address).collect::<Vec<_>>());
    let (stopped, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| -> Result<()> {
        for number in 0..WRITERS {
            let (addresses, stopped, written, token) = (&addresses, &stopped, &written, &token);
            scope.spawn(move || write(number, token, addresses, stopped, written));
        }
        let killed = kill_in_turn(&site, &mut servers, &addresses, &mut chaotic.receiver);
        stopped.store(true, Ordering::SeqCst);
        killed
    })?;
    let address = servers[0].address;
    let ask = |target: &str| ask(address, &token, target);
    let begun = Instant::now();
    for endpoint in [&healthy, &chaotic] {
        wait_for_end(&ask, &endpoint.id, begun)?;
    }
    let settled = begun.elapsed();
    healthy.receiver.stop()?;
    chaotic.receiver.stop()?;
    let events = all_rows(&ask, "/v2/events?sort=createdAt&where_resource=projects")?;
    let expected: BTreeSet<String> = events.iter().filter_map(|it| id_of(it, "_id")).collect();
    let jwks = ask(&format!("/.well-known/webhooks/{client}.json"))?;
    let mut duplicates = 0;
    for endpoint in [&healthy, &chaotic] {
        let attempts = endpoint.receiver.attempts();
        let arrived: Vec<&Attempt> =
            attempts.iter().filter(|it| it.reply.succeeds() != Some(false)).collect();
        let ids: BTreeSet<String> = arrived.iter().map(|it| it.id.clone()).collect();
        let missing: Vec<&String> = expected.difference(&ids).collect();
        ensure!(
            missing.is_empty(),
            "{} of {} events did not arrive",
            missing.len(),
            expected.len()
        );
        ensure!(ids.is_subset(&expected), "something arrived of which there is no event");
        duplicates += arrived.len() - ids.len();
        check_signatures(&attempts, &[&endpoint.secret], &jwks)?;
        verify_with_libraries(&attempts, &endpoint.secret)?;
        let delivered = format!("/v2/webhook-events?where_webhook={}&limit=1", endpoint.id);
        let count = ask(&delivered)?["pagination"]["total"].as_u64().unwrap_or(0);
        ensure!(
            count == expected.len() as u64,
            "{} events have {count} deliveries",
            expected.len()
        );
    }
    check_order(&healthy.receiver.attempts())?;
    let waiting = format!("/v2/webhook-events?where_webhook={}&limit=1", dead.id);
    let states = "&in_state[]=pending&in_state[]=retrying&in_state[]=held";
    let waiting = ask(&format!("{waiting}{states}"))?["pagination"]["total"].as_u64().unwrap_or(0);
    ensure!(
        waiting == expected.len() as u64,
        "of {} events {waiting} wait for the receiver that is not there",
        expected.len()
    );
    println!(
        "webhooks: {name}: {} events of {} acknowledged changes, {KILLS} kills of nodes, {} of a \
         receiver; each arrived at two receivers, signed, in order where the receiver is healthy; \
         {duplicates} came twice; {waiting} wait for a receiver that is not there; all done {} s after \
         the last change",
        expected.len(),
        written.load(Ordering::SeqCst),
        KILLS / 2,
        settled.as_secs(),
    );
    Ok(())
}

/// One attempt in six meets a fault: more in a row would pause the endpoint over and over.
fn mostly_well(seed: u64) -> Plan {
    let well = [Reply::Status(200); WELL];
    let faults = [Reply::RETRIED.as_slice(), &well].concat();
    let successes = [Reply::SUCCESSES.as_slice(), &well].concat();
    Plan::new(seed, &successes, &faults, FAULTS_MAX)
}

fn endpoint(site: &Site, client: &str, plan: Plan) -> Result<Endpoint> {
    let receiver = Receiver::start(plan)?;
    let url = format!("{}/hook", receiver.url());
    let words = ["webhook", "create", "--client", client, "--url", &url, "--event", "project.*"];
    let made: Value = serde_json::from_str(&site.verax(&words)?)?;
    let text = |name: &str| id_of(&made, name).context("a webhook without an id or a secret");
    Ok(Endpoint { id: text("_id")?, secret: text("secret")?, receiver })
}

/// Makes projects and changes them, on whichever node is there, until it is told to stop.
fn write(
    writer: usize,
    token: &str,
    addresses: &Mutex<Vec<SocketAddr>>,
    stopped: &AtomicBool,
    written: &AtomicU64,
) {
    let node = |turn: usize| {
        let addresses = addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        addresses[(writer + turn) % addresses.len()]
    };
    for turn in 0.. {
        if stopped.load(Ordering::SeqCst) {
            return;
        }
        // A node that was killed answers nothing: another one is asked the next time.
        let _ = write_some(writer, turn, node(turn), token, written);
    }
}

fn write_some(
    writer: usize,
    turn: usize,
    address: SocketAddr,
    token: &str,
    written: &AtomicU64,
) -> Result<()> {
    let mut connection = Connection::open(address)?;
    let name = format!("project {writer} {turn}");
    let mut send = |method: &str, target: &str, body: Value| -> Result<Value> {
        let mut answer = Answer::default();
        let body = body.to_string();
        let request = http::request(method, target, Some(token), body.as_bytes());
        connection.exchange(&request, &mut answer)?;
        ensure!((200..300).contains(&answer.status), "{}", answer.status);
        written.fetch_add(1, Ordering::SeqCst);
        Ok(serde_json::from_slice(&answer.body)?)
    };
    let made = send("POST", PROJECTS, json!({ "name": name }))?;
    let id = id_of(&made["data"], "_id").context("a project without an id")?;
    for number in 0..CHANGES {
        let description = format!("change {number}");
        send("PUT", &format!("{PROJECTS}/{id}"), json!({ "description": description }))?;
    }
    // So that the receivers keep up.
    std::thread::sleep(Duration::from_millis(100));
    Ok(())
}

/// Kills nodes, and every second time the receiver too.
fn kill_in_turn(
    site: &Site,
    servers: &mut [Server],
    addresses: &Mutex<Vec<SocketAddr>>,
    receiver: &mut Receiver,
) -> Result<()> {
    for turn in 0..KILLS {
        std::thread::sleep(ALIVE);
        let number = turn as usize % servers.len();
        if turn % 2 == 1 {
            receiver.stop()?;
        }
        let name = format!("node-{number}");
        // The old one is killed when it is dropped: first, because of the file it holds.
        servers[number].kill();
        servers[number] = site.start(&name, &[], &["serve"])?;
        let mut addresses = addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        addresses[number] = servers[number].address;
        drop(addresses);
        if turn % 2 == 1 {
            receiver.restart()?;
        }
    }
    std::thread::sleep(ALIVE);
    Ok(())
}

fn wait_for_end(ask: &impl Fn(&str) -> Result<Value>, webhook: &str, begun: Instant) -> Result<()> {
    let open = format!(
        "/v2/webhook-events?where_webhook={webhook}&limit=1&in_state[]=pending&in_state[]=retrying"
    );
    loop {
        let left = ask(&open)?["pagination"]["total"].as_u64().context("no total")?;
        if left == 0 {
            return Ok(());
        }
        if begun.elapsed() > SETTLE_MAX {
            let first = ask(&open)?["data"][0].to_string();
            bail!("{left} deliveries have no end after {SETTLE_MAX:?}: {first}");
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// The first attempts of a record's events must come in the order of their numbers.
fn check_order(attempts: &[Attempt]) -> Result<()> {
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for attempt in attempts.iter().filter(|it| it.number == 0) {
        let body: Value = serde_json::from_slice(&attempt.body)?;
        let record = id_of(&body["data"], "id").context("a body without an id")?;
        let sequence = body["data"]["sequence"].as_i64().context("a body without a sequence")?;
        let before = last.insert(record.clone(), sequence).unwrap_or(0);
        ensure!(before < sequence, "the event {sequence} of {record} came after {before}");
    }
    Ok(())
}

fn all_rows(ask: &impl Fn(&str) -> Result<Value>, target: &str) -> Result<Vec<Value>> {
    let (mut rows, mut cursor) = (Vec::new(), "*".to_owned());
    loop {
        let page = ask(&format!("{target}&limit={PAGE}&cursor={cursor}"))?;
        rows.extend(page["data"].as_array().context("no rows")?.iter().cloned());
        match page["pagination"]["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return Ok(rows),
        }
    }
}

fn ask(address: SocketAddr, token: &str, target: &str) -> Result<Value> {
    let answer = http::get(address, target, Some(token))?;
    if answer.status != 200 {
        bail!("{target}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

fn id_of(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}
