//! A server on a socket, and raw requests to it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use verax_server::http::{self, Serving};

use crate::answer::Answer;
use crate::world::World;

/// A test that waits longer than this for bytes has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Listening {
    pub address: SocketAddr,
    /// The server stops when this is dropped.
    _running: oneshot::Sender<()>,
}

impl World {
    /// Serves on a free port of this machine.
    pub async fn listen(&self) -> Listening {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let serving = Serving::bind(any, None).await.expect("a free port");
        let url = serving.url().expect("an address");
        let address = url.trim_start_matches("http://").parse().expect("an address");
        let (running, stopped) = oneshot::channel::<()>();
        let (router, settings) = (self.router.clone(), self.app.config.now().http.clone());
        tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            http::serve(serving, router, &settings, stopped)
                .await
                .expect("a server that ends well");
        });
        Listening { address, _running: running }
    }
}

impl Listening {
    pub async fn connect(&self) -> Wire {
        connect(self.address).await
    }
}

pub async fn connect(address: SocketAddr) -> Wire {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    Wire { stream, buffer: Vec::new() }
}

/// An HTTP/1.1 connection, seen as bytes.
pub struct Wire {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    pub async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("the server reads");
    }

    /// Sends a GET with the target as it is.
    pub async fn get(&mut self, token: &str, target: &str) -> Answer {
        self.send(&get(token, target)).await;
        self.answer().await
    }

    /// The next answer.
    pub async fn answer(&mut self) -> Answer {
        let end = loop {
            match self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end,
                None => assert!(self.read().await, "the server hung up"),
            }
        };
        let head = String::from_utf8(self.buffer.drain(..end + 4).collect()).expect("ASCII");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            headers.append(
                HeaderName::try_from(name).expect("a header name"),
                HeaderValue::try_from(value).expect("a header value"),
            );
        }
        let length = headers.get("content-length").map_or("0", |it| it.to_str().expect("ASCII"));
        let length: usize = length.parse().expect("a length");
        while self.buffer.len() < length {
            assert!(self.read().await, "the server hung up");
        }
        let bytes = self.buffer.drain(..length).collect();
        Answer { status: status.parse().expect("a status"), headers, bytes }
    }

    /// Reads until this has come, and answers all that has.
    pub async fn read_until(&mut self, text: &str) -> String {
        loop {
            let seen = String::from_utf8_lossy(&self.buffer).into_owned();
            if seen.contains(text) {
                return seen;
            }
            assert!(self.read().await, "the server hung up: {seen}");
        }
    }

    /// Whether the server has closed its side, with nothing more said.
    pub async fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && !self.read().await
    }

    async fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut bytes)).await;
        // A reset is an end, too.
        let count = read.expect("the server answers in time").unwrap_or(0);
        self.buffer.extend_from_slice(&bytes[..count]);
        count > 0
    }
}

pub fn get(token: &str, target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: verax.example\r\nAuthorization: Bearer {token}\r\n\r\n")
}

pub fn post(token: &str, target: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: verax.example\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
