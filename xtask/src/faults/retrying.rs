//! Clients that go on: whatever fails, they ask the next node, and keep count.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{COLLECTIONS, DOCUMENTS, Work};
use crate::http::{self, Answer, Connection};

const PAUSE: Duration = Duration::from_millis(50);

/// What the clients ask of, and what they have seen.
pub struct Clients<'a> {
    pub work: &'a Work,
    nodes: Mutex<Vec<SocketAddr>>,
    seen: Mutex<Seen>,
    stopped: AtomicBool,
}

#[derive(Clone, Copy)]
pub struct Seen {
    pub answered: u64,
    /// Answers that were 5xx.
    pub rejected: u64,
    /// Requests that no answer came to: the connection ended.
    pub broken: u64,
    /// 5xx other than 503, or a 503 that does not say when to come back.
    pub unclear: u64,
    /// The longest that a request took until its answer, or its connection's end.
    pub slowest: Duration,
    /// The longest time without any success.
    pub longest_gap: Duration,
    last_success: Instant,
}

impl Seen {
    /// Nothing yet.
    fn since(last_success: Instant) -> Seen {
        Seen {
            answered: 0,
            rejected: 0,
            broken: 0,
            unclear: 0,
            slowest: Duration::ZERO,
            longest_gap: Duration::ZERO,
            last_success,
        }
    }
}

impl<'a> Clients<'a> {
    pub fn new(work: &'a Work, nodes: Vec<SocketAddr>) -> Clients<'a> {
        let (nodes, seen) = (Mutex::new(nodes), Mutex::new(Seen::since(Instant::now())));
        Clients { work, nodes, seen, stopped: AtomicBool::new(false) }
    }

    pub fn set_nodes(&self, nodes: Vec<SocketAddr>) {
        *self.nodes.lock().unwrap_or_else(PoisonError::into_inner) = nodes;
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// What was seen since the last time that this was asked.
    pub fn take(&self) -> Seen {
        let mut seen = self.seen();
        let gap = seen.last_success.elapsed();
        let taken = Seen { longest_gap: seen.longest_gap.max(gap), ..*seen };
        *seen = Seen::since(seen.last_success);
        taken
    }

    /// Successes since the last [`Clients::take`].
    pub fn successes(&self) -> u64 {
        let seen = self.seen();
        seen.answered - seen.rejected
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes collections and deletes some, until it is stopped.
    pub fn make_and_delete(&self) {
        let mut caller = Caller::new(self);
        let mut turn = 0_u32;
        while !self.stopped.load(Ordering::SeqCst) {
            turn += 1;
            let name = format!("collection {}", self.work.number());
            let body = json!({ "name": name }).to_string();
            let Some(id) = caller.make(COLLECTIONS, &body) else { continue };
            let mut ledger = self.work.ledger();
            ledger.collections.insert(id.clone(), Some(true));
            ledger.made += 1;
            drop(ledger);
            if turn.is_multiple_of(3) {
                self.work.ledger().collections.insert(id.clone(), None);
                if caller.ask("DELETE", &format!("{COLLECTIONS}/{id}"), "").is_some() {
                    let mut ledger = self.work.ledger();
                    ledger.collections.insert(id, Some(false));
                    ledger.deleted += 1;
                }
            }
        }
    }

    /// Has documents checked, until it is stopped.
    pub fn check_documents(&self) {
        let mut caller = Caller::new(self);
        while !self.stopped.load(Ordering::SeqCst) {
            self.work.ledger().unanswered += 1;
            let Some(id) = caller.make(DOCUMENTS, &self.work.order) else { continue };
            self.work.ledger().document_acknowledged(id);
        }
    }

    /// Reads each collection right after it was made, on another node.
    pub fn read_own_writes(&self) -> Result<u64> {
        let (mut writer, mut reader) = (Caller::new(self), Caller::new(self));
        let mut count = 0;
        while !self.stopped.load(Ordering::SeqCst) {
            let body = json!({ "name": format!("collection {}", self.work.number()) }).to_string();
            let Some(id) = writer.make(COLLECTIONS, &body) else { continue };
            self.work.ledger().collections.insert(id.clone(), Some(true));
            reader.node = writer.node + 1;
            let target = format!("{COLLECTIONS}/{id}");
            if reader.ask("GET", &target, "").is_some() {
                count += 1;
            } else if reader.last_status == 404 {
                anyhow::bail!("{id} was acknowledged, and another node does not show it");
            }
        }
        Ok(count)
    }
}

struct Caller<'a> {
    clients: &'a Clients<'a>,
    node: usize,
    connection: Option<(SocketAddr, Connection)>,
    /// 0 where no answer came.
    last_status: u16,
}

impl<'a> Caller<'a> {
    fn new(clients: &'a Clients<'a>) -> Caller<'a> {
        Caller { clients, node: 0, connection: None, last_status: 0 }
    }

    /// The id of what was made, if it was.
    fn make(&mut self, target: &str, body: &str) -> Option<String> {
        let made = self.ask("POST", target, body)?;
        made["data"]["_id"].as_str().map(str::to_owned)
    }

    /// The body of a 2xx. After anything else the next node is asked.
    fn ask(&mut self, method: &str, target: &str, body: &str) -> Option<Value> {
        let begun = Instant::now();
        let mut answer = Answer::default();
        let answered = self.exchange(method, target, body, &mut answer).is_ok();
        let mut seen = self.clients.seen();
        seen.slowest = seen.slowest.max(begun.elapsed());
        self.last_status = if answered { answer.status } else { 0 };
        if answered && answer.status < 500 {
            seen.answered += 1;
            seen.longest_gap = seen.longest_gap.max(seen.last_success.elapsed());
            seen.last_success = Instant::now();
            drop(seen);
            // Only what was asked for counts.
            let done = (200..300).contains(&answer.status);
            return if done { serde_json::from_slice(&answer.body).ok() } else { None };
        }
        if answered {
            seen.answered += 1;
            seen.rejected += 1;
            if answer.status != 503 || answer.retry_after.is_none() {
                seen.unclear += 1;
                eprintln!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
            }
        } else {
            seen.broken += 1;
        }
        drop(seen);
        // Whoever rejects before the body is read closes the connection after the answer.
        self.connection = None;
        self.node += 1;
        std::thread::sleep(PAUSE);
        None
    }

    fn exchange(
        &mut self,
        method: &str,
        target: &str,
        body: &str,
        answer: &mut Answer,
    ) -> Result<()> {
        let nodes = self.clients.nodes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let address = *nodes.get(self.node % nodes.len().max(1)).context("no node")?;
        let connection = match self.connection.take() {
            Some((to, connection)) if to == address => connection,
            _ => Connection::open(address)?,
        };
        let (_, connection) = self.connection.insert((address, connection));
        let request =
            http::request(method, target, Some(&self.clients.work.token), body.as_bytes());
        connection.exchange(&request, answer)
    }
}
