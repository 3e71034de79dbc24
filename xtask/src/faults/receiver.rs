//! A receiver of webhooks that answers as the worst of them do, and remembers every attempt.

mod libraries;
mod plan;
mod signatures;
mod wire;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

pub use libraries::verify_with_libraries;
pub use plan::{Plan, Reply};
pub use signatures::check_signatures;

use wire::Request;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The header `webhook-id`: the same for all attempts to deliver one event.
    pub id: String,
    /// Of this id, from 0.
    pub number: u32,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// When it came.
    pub at: jiff::Timestamp,
    pub reply: Reply,
}

/// Listens on a port of this machine until it is stopped, and again after a restart.
pub struct Receiver {
    address: SocketAddr,
    plan: Plan,
    attempts: Arc<Mutex<Attempts>>,
    listening: Option<Listening>,
}

/// All that came, and how often each path was called for each event.
#[derive(Default)]
struct Attempts {
    all: Vec<Attempt>,
    counts: BTreeMap<(String, String), u32>,
}

/// Between a start and a stop.
struct Listening {
    stopped: Arc<AtomicBool>,
    connections: Arc<Mutex<Connections>>,
    accepting: JoinHandle<()>,
}

/// Those that are open, so that they can be cut.
type Connections = BTreeMap<usize, TcpStream>;

/// What an endless body is made of, again and again.
static BLOCK: [u8; 65536] = [b'a'; 65536];
const SLOW_BODY_BYTES: usize = 64;
const SLOW_BODY_PAUSE: Duration = Duration::from_secs(1);
const RETRY_AFTER_SECONDS: u32 = 2;

impl Receiver {
    pub fn start(plan: Plan) -> Result<Receiver> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let mut receiver = Receiver { address, plan, attempts: Arc::default(), listening: None };
        receiver.listen(listener);
        Ok(receiver)
    }

    /// Any path below it is answered.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that came, in the order in which they were read.
    pub fn attempts(&self) -> Vec<Attempt> {
        locked(&self.attempts).all.clone()
    }

    /// How many that were.
    pub fn count(&self) -> usize {
        locked(&self.attempts).all.len()
    }

    /// Cuts all connections and closes the port.
    pub fn stop(&mut self) -> Result<()> {
        let Some(listening) = self.listening.take() else { return Ok(()) };
        listening.stopped.store(true, Ordering::SeqCst);
        // Whoever waits to accept finds out.
        drop(TcpStream::connect(self.address));
        if listening.accepting.join().is_err() {
            bail!("the receiver panicked");
        }
        for connection in locked(&listening.connections).values() {
            // It may be closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
        Ok(())
    }

    /// Listens again on the same port.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        let listener = TcpListener::bind(self.address).context("the receiver's port is taken")?;
        self.listen(listener);
        Ok(())
    }

    fn listen(&mut self, listener: TcpListener) {
        let stopped = Arc::new(AtomicBool::new(false));
        let connections: Arc<Mutex<Connections>> = Arc::default();
        let (plan, attempts) = (self.plan.clone(), Arc::clone(&self.attempts));
        let (is_stopped, accepted) = (Arc::clone(&stopped), Arc::clone(&connections));
        let accepting = std::thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                if is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(copy) = stream.try_clone() else { continue };
                locked(&accepted).insert(number, copy);
                let (plan, attempts) = (plan.clone(), Arc::clone(&attempts));
                let accepted = Arc::clone(&accepted);
                std::thread::spawn(move || {
                    // A connection that breaks is what it is for.
                    let _ = serve(&stream, &plan, &attempts);
                    // It is closed when both are dropped.
                    locked(&accepted).remove(&number);
                });
            }
        });
        self.listening = Some(Listening { stopped, connections, accepting });
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // There is nobody to tell.
        let _ = self.stop();
    }
}

fn serve(stream: &TcpStream, plan: &Plan, attempts: &Mutex<Attempts>) -> Result<()> {
    while let Some(request) = wire::read_request(stream)? {
        let body = request.body.clone();
        let reply = record(request, plan, attempts);
        answer(stream, reply, &body)?;
        if !reply.keeps_connection() {
            break;
        }
    }
    Ok(())
}

/// Remembered before it is answered: what was answered was received.
fn record(request: Request, plan: &Plan, attempts: &Mutex<Attempts>) -> Reply {
    let Request { path, headers, body } = request;
    let id = headers.get("webhook-id").cloned().unwrap_or_default();
    let mut attempts = locked(attempts);
    let count = attempts.counts.entry((id.clone(), path)).or_default();
    let number = *count;
    *count += 1;
    let reply = plan.reply(&id, number);
    let at = jiff::Timestamp::now();
    attempts.all.push(Attempt { id, number, headers, body, at, reply });
    reply
}

fn answer(mut stream: &TcpStream, reply: Reply, body: &[u8]) -> Result<()> {
    let text = match reply {
        Reply::Status(status) => empty(status, ""),
        Reply::Moved => empty(301, "Location: /elsewhere\r\n"),
        Reply::TooMany => empty(429, &format!("Retry-After: {RETRY_AFTER_SECONDS}\r\n")),
        Reply::Echo => {
            stream.write_all(head(200, body.len()).as_bytes())?;
            return Ok(stream.write_all(body)?);
        }
        Reply::Silence => return wire::wait_for_end(stream),
        Reply::ResetInHead => {
            stream.write_all(b"HTTP/1.1 200 O")?;
            return wire::reset(stream);
        }
        Reply::ResetInBody => {
            stream.write_all(head(200, 100).as_bytes())?;
            stream.write_all(b"half of it")?;
            return wire::reset(stream);
        }
        Reply::EndlessBody => {
            stream.write_all(head(200, usize::MAX >> 1).as_bytes())?;
            loop {
                stream.write_all(&BLOCK)?;
            }
        }
        Reply::SlowBody => {
            stream.write_all(head(200, SLOW_BODY_BYTES).as_bytes())?;
            for _ in 0..SLOW_BODY_BYTES {
                std::thread::sleep(SLOW_BODY_PAUSE);
                stream.write_all(b"a")?;
            }
            return Ok(());
        }
    };
    Ok(stream.write_all(text.as_bytes())?)
}

fn empty(status: u16, headers: &str) -> String {
    match status {
        204 => format!("HTTP/1.1 204 Because\r\n{headers}\r\n"),
        _ => format!("HTTP/1.1 {status} Because\r\nContent-Length: 0\r\n{headers}\r\n"),
    }
}

fn head(status: u16, length: usize) -> String {
    format!("HTTP/1.1 {status} Because\r\nContent-Length: {length}\r\n\r\n")
}

fn locked<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Answer, Connection};

    fn post(id: &str) -> Vec<u8> {
        format!(
            "POST /hook HTTP/1.1\r\nHost: a\r\nWebhook-Id: {id}\r\nContent-Length: 2\r\n\r\n{{}}"
        )
        .into_bytes()
    }

    fn send(receiver: &Receiver, id: &str) -> Result<Answer> {
        let mut answer = Answer::default();
        Connection::open(receiver.address)?.exchange(&post(id), &mut answer)?;
        Ok(answer)
    }

    #[test]
    fn a_delivery_is_answered_by_its_plan_until_it_succeeds() {
        let plan = Plan::new(1, &Reply::SUCCESSES, &Reply::RETRIED, 3);
        let receiver = Receiver::start(plan.clone()).expect("a receiver");
        for number in 0..40 {
            let id = format!("event {number}");
            let replies: Vec<Reply> = (0..=3).map(|number| plan.reply(&id, number)).collect();
            assert_eq!(replies[3].succeeds(), Some(true), "{replies:?}");
            for reply in replies {
                // What never answers is not waited for here.
                match reply {
                    Reply::Silence | Reply::EndlessBody | Reply::SlowBody => break,
                    Reply::Status(status) => {
                        assert_eq!(send(&receiver, &id).expect("an answer").status, status);
                    }
                    Reply::TooMany => {
                        let answer = send(&receiver, &id).expect("an answer");
                        assert_eq!((answer.status, answer.retry_after), (429, Some(2)));
                    }
                    Reply::Moved => {
                        assert_eq!(send(&receiver, &id).expect("an answer").status, 301)
                    }
                    Reply::Echo => assert_eq!(send(&receiver, &id).expect("an answer").body, b"{}"),
                    Reply::ResetInHead | Reply::ResetInBody => {
                        assert!(send(&receiver, &id).is_err());
                    }
                }
            }
        }
        assert!(receiver.attempts().len() >= 40);
    }

    #[test]
    fn attempts_are_counted_per_delivery_and_survive_a_restart() {
        let mut receiver =
            Receiver::start(Plan::new(1, &[Reply::Status(204)], &[], 0)).expect("a receiver");
        for id in ["a", "b", "a"] {
            send(&receiver, id).expect("an answer");
        }
        let mut open = Connection::open(receiver.address).expect("a connection");
        open.exchange(&post("c"), &mut Answer::default()).expect("an answer");
        receiver.stop().expect("a stop");
        assert!(open.exchange(&post("c"), &mut Answer::default()).is_err());
        assert!(send(&receiver, "c").is_err());
        receiver.restart().expect("the port again");
        send(&receiver, "b").expect("an answer");
        let attempts = receiver.attempts();
        let seen: Vec<(&str, u32)> = attempts.iter().map(|it| (&*it.id, it.number)).collect();
        assert_eq!(seen, [("a", 0), ("b", 0), ("a", 1), ("c", 0), ("b", 1)]);
        assert_eq!(attempts[0].body, b"{}");
    }
}
