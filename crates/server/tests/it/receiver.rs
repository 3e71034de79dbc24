//! A receiver of requests on this machine, for tests of what the server and its commands send.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A receiver of this machine.
pub struct Receiver {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// Gives each request to `respond`, for as long as that keeps the connection open.
    pub async fn start<F>(
        at: (&str, u16),
        respond: impl Fn(TcpStream) -> F + Clone + Send + 'static,
    ) -> Receiver
    where
        F: Future<Output = Option<TcpStream>> + Send,
    {
        let listener = TcpListener::bind(at).await.expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        let receiver = Receiver { port, connections: Arc::default(), requests: Arc::default() };
        let (connections, requests) =
            (Arc::clone(&receiver.connections), Arc::clone(&receiver.requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (requests, respond) = (Arc::clone(&requests), respond.clone());
                tokio::spawn(async move {
                    let mut open = Some(stream);
                    while let Some(mut stream) = open.take()
                        && let Some(request) = read_request(&mut stream).await
                    {
                        requests.lock().expect("the requests").push(request);
                        open = respond(stream).await;
                    }
                });
            }
        });
        receiver
    }

    /// One that answers each request with these bytes, and keeps the connection open.
    pub async fn answering(bytes: impl Into<Bytes>) -> Receiver {
        Receiver::answering_at(("127.0.0.1", 0), bytes).await
    }

    pub async fn answering_at(at: (&str, u16), bytes: impl Into<Bytes>) -> Receiver {
        let bytes = bytes.into();
        let respond = move |mut stream: TcpStream| {
            let bytes = bytes.clone();
            async move {
                stream.write_all(&bytes).await.ok()?;
                Some(stream)
            }
        };
        Receiver::start(at, respond).await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("the requests").clone()
    }
}

/// The head and the body of a request with a length; nothing where the connection ends before it.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |it| it.parse().expect("a length")) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
