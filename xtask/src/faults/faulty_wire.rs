//! A wire to an HTTP server that loses, cuts, delays and garbles on demand.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

const HEAD_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 64;
/// Longer than anybody waits for an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// What is done to each exchange, or to some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The answer comes so much later.
    Slow(Duration),
    /// Every second request is answered 503, and nobody hears of it.
    SometimesUnavailable,
    /// Each request is.
    Unavailable,
    /// Every second answer with a body ends in its middle.
    Cut,
    /// Every second write takes effect, and its answer is lost.
    LostAnswers,
    /// Each answer has another ETag than the object.
    WrongEtags,
    /// No request is answered.
    Silent,
}

pub struct FaultyWire {
    pub address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    requests: Arc<AtomicU64>,
}

struct Message {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl FaultyWire {
    /// Listens for as long as the process lives.
    pub fn to(far: SocketAddr) -> Result<FaultyWire> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let wire = FaultyWire {
            address: listener.local_addr()?,
            fault: Arc::new(Mutex::new(Fault::None)),
            requests: Arc::default(),
        };
        let (fault, requests) = (Arc::clone(&wire.fault), Arc::clone(&wire.requests));
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let (fault, requests) = (Arc::clone(&fault), Arc::clone(&requests));
                std::thread::spawn(move || {
                    let number = requests.fetch_add(1, Ordering::SeqCst);
                    let fault = *fault.lock().unwrap_or_else(PoisonError::into_inner);
                    // Whoever is cut off notices.
                    let _ = exchange(&near, far, fault, number);
                    let _ = near.shutdown(Shutdown::Both);
                });
            }
        });
        Ok(wire)
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// How many requests have come so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

fn exchange(near: &TcpStream, far: SocketAddr, fault: Fault, number: u64) -> Result<()> {
    let request = read_request(near)?;
    let method = request.head.split(|byte| *byte == b' ').next().unwrap_or_default().to_vec();
    let is_hit = number.is_multiple_of(2);
    let mut near = near;
    match fault {
        Fault::Silent => {
            std::thread::sleep(SILENCE);
            return Ok(());
        }
        Fault::Unavailable => return reject(near),
        Fault::SometimesUnavailable if is_hit => return reject(near),
        Fault::Slow(delay) => std::thread::sleep(delay),
        _ => {}
    }
    let mut upstream = TcpStream::connect(far)?;
    upstream.write_all(&closing(&request.head)?)?;
    upstream.write_all(&request.body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let body_at = head_end(&answer).context("an answer without a head")?;
    match fault {
        Fault::LostAnswers if is_hit && (method == b"PUT" || method == b"DELETE") => return Ok(()),
        Fault::Cut if is_hit && answer.len() > body_at + 1 => {
            answer.truncate(body_at + (answer.len() - body_at) / 2);
        }
        Fault::WrongEtags => {
            let (head, body) = answer.split_at(body_at);
            answer = [wrong_etag(&String::from_utf8_lossy(head)).as_bytes(), body].concat();
        }
        _ => {}
    }
    near.write_all(&answer)?;
    Ok(())
}

fn reject(mut near: &TcpStream) -> Result<()> {
    let body = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
    let length = body.len();
    write!(
        near,
        "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    Ok(())
}

fn read_request(near: &TcpStream) -> Result<Message> {
    let mut reader = BufReader::new(near);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 || head.len() > HEAD_BYTES_MAX {
            bail!("no request");
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    if request.parse(&head)?.is_partial() {
        bail!("half a request");
    }
    let length = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |header| String::from_utf8_lossy(header.value).trim().parse::<usize>())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Message { head, body })
}

/// The head, asking for the connection's end after the answer.
fn closing(head: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(head)?;
    let lines = text.trim_end().split("\r\n");
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let kept: Vec<&str> = kept.collect();
    Ok(format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n")).into_bytes())
}

fn wrong_etag(head: &str) -> String {
    let lines = head.trim_end().split("\r\n").map(|line| {
        match line.to_ascii_lowercase().starts_with("etag:") {
            true => "ETag: \"00000000000000000000000000000000\"",
            false => line,
        }
    });
    format!("{}\r\n\r\n", lines.collect::<Vec<_>>().join("\r\n"))
}

fn head_end(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
