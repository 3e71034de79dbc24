//! Who connects and does nothing, too often, or nothing that is HTTP: over real sockets.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::get;
use futures_util::future::join_all;
use futures_util::stream;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use verax_server::config::Http;
use verax_server::http::{self, Serving, Tls};

use crate::binary::{Folder, Served};
use crate::socket::connect;
use crate::world::{World, settings};

/// A limit of a second is kept within this.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);
const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
const ANSWER: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// Limits of which one is a second, and the others are not met.
fn patient() -> Http {
    let mut http = settings().http;
    (http.header_seconds, http.idle_seconds, http.write_seconds) = (600, 600, 600);
    http
}

fn serve(serving: Serving, router: Router, settings: Http) -> SocketAddr {
    let url = serving.url().expect("an address");
    let address = url.split_once("//").expect("a URL").1.parse().expect("an address");
    tokio::spawn(
        async move { http::serve(serving, router, &settings, std::future::pending()).await },
    );
    address
}

async fn plain(router: Router, settings: Http) -> SocketAddr {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    serve(Serving::bind(any, None).await.expect("a free port"), router, settings)
}

fn health() -> Router {
    Router::new().route("/healthz", get(|| async { "ok" }))
}

/// Sends nothing more, and reads until the server closes.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(CLOSED_WITHIN, stream.read_to_end(&mut bytes)).await;
    // A reset is an end, too.
    let _ = end.expect("the server closes in time");
    bytes
}

const SETTINGS_FRAME: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const TLS_HELLO_BEGUN: &[u8] = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03";

#[tokio::test]
async fn who_does_not_end_a_first_request_is_closed() {
    let mut settings = patient();
    settings.header_seconds = 1;
    let address = plain(health(), settings.clone()).await;
    let begun = [
        &b""[..],
        b"G",
        b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"PRI * HT",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        SETTINGS_FRAME,
    ];
    join_all(begun.map(|begun| is_closed_unanswered(address, begun))).await;
    let certificates = Path::new(CERTIFICATES);
    let tls =
        Tls { certificates: certificates.join("leaf.pem"), key: certificates.join("leaf.key") };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = Serving::bind(any, Some(&tls)).await.expect("a free port");
    let address = serve(serving, health(), settings);
    let begun = [&b""[..], b"\x16", TLS_HELLO_BEGUN];
    join_all(begun.map(|begun| is_closed_unanswered(address, begun))).await;
}

async fn is_closed_unanswered(address: SocketAddr, begun: &[u8]) {
    let mut stream = connect(address).await.stream;
    stream.write_all(begun).await.expect("the server reads");
    let text = rest(&mut stream).await;
    assert!(!text.starts_with(b"HTTP/1.1"), "{:?}", String::from_utf8_lossy(begun));
}

/// Sends a byte now and then until the server closes.
async fn drip(stream: &mut TcpStream, bytes: &[u8]) {
    let begun = Instant::now();
    for byte in bytes.iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        let mut answer = [0; 1024];
        let read = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut answer));
        if matches!(read.await, Ok(Ok(0) | Err(_))) {
            return;
        }
        assert!(begun.elapsed() < CLOSED_WITHIN, "the server waits");
    }
}

#[tokio::test]
async fn bytes_that_drip_do_not_move_the_deadline() {
    let mut settings = patient();
    settings.header_seconds = 1;
    let address = plain(health(), settings).await;
    for begun in ["", "GET /healthz HTTP/1.1\r\nHost: "] {
        let mut stream = connect(address).await.stream;
        stream.write_all(begun.as_bytes()).await.expect("the server reads");
        drip(&mut stream, b"X").await;
    }
    // A ping is no request.
    let mut stream = connect(address).await.stream;
    stream.write_all(SETTINGS_FRAME).await.expect("the server reads");
    drip(&mut stream, b"\0\0\x08\x06\0\0\0\0\0pingping").await;
    // After an answer the limit counts from the next request's first byte.
    let mut wire = connect(address).await;
    wire.send(ANSWER).await;
    assert_eq!(wire.answer().await.status, 200);
    drip(&mut wire.stream, b"X").await;
}

#[tokio::test]
async fn who_asks_nothing_more_is_closed() {
    let mut settings = patient();
    settings.idle_seconds = 1;
    let address = plain(health(), settings).await;
    let mut wire = connect(address).await;
    wire.send(ANSWER).await;
    assert_eq!(wire.answer().await.status, 200);
    assert_eq!(rest(&mut wire.stream).await, b"");

    let (mut sender, ended) = http2(address).await;
    let answer = sender.send_request(to(address, "/healthz")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    tokio::time::timeout(CLOSED_WITHIN, ended).await.expect("the server closes").expect("an end");
}

#[tokio::test]
async fn a_request_that_begins_with_the_one_before_it_has_to_end_too() {
    let mut settings = patient();
    settings.header_seconds = 1;
    let address = plain(health(), settings).await;
    for begun in ["G", "\r\nG", "GET /healthz HTTP/1.1\r\nHost:"] {
        let mut wire = connect(address).await;
        wire.send(&format!("{ANSWER}{begun}")).await;
        assert_eq!(wire.answer().await.status, 200);
        assert_eq!(rest(&mut wire.stream).await, b"", "{begun:?}");
    }
}

#[tokio::test]
async fn over_http2_a_request_names_its_host_and_has_a_hundred_headers() {
    let world = World::sqlite().await;
    let listening = world.listen().await;
    let (mut sender, _ended) = http2(listening.address).await;
    let mut ask = async |request: axum::http::request::Builder| {
        let request = request.body(Body::empty()).expect("a request");
        let answer = sender.send_request(request).await.expect("an answer");
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    };
    let url = format!("http://{}/healthz", listening.address);
    assert_eq!(ask(Request::get(&url)).await.0, 200);
    assert_eq!(ask(Request::get("/healthz").header("host", "x")).await.0, 200);
    for (wrong, why) in [
        (Request::get("/healthz"), "no :authority"),
        (Request::get(&url).header("host", "a b/../@"), "its Host"),
        (Request::get(&url).header("host", "x").header("host", "x"), "more than one Host"),
        (Request::get("http://someone@x/healthz"), "its Host"),
    ] {
        let (status, body) = ask(wrong).await;
        assert!(status == 400 && body.contains("MALFORMED_REQUEST"), "{why}: {status} {body}");
        assert!(body.contains(why), "{body}");
    }
    let with = |count: usize| (0..count).fold(Request::get(&url), |it, _| it.header("x", "y"));
    assert_eq!(ask(with(100)).await.0, 200);
    let (status, body) = ask(with(101)).await;
    assert!(status == 431 && body.contains("HEADERS_TOO_LARGE"), "{status} {body}");
}

#[tokio::test]
async fn while_many_are_open_who_asks_nothing_makes_room() {
    let mut settings = patient();
    (settings.header_seconds, settings.connections_max) = (1, 3);
    let address = plain(health(), settings).await;
    let mut first = connect(address).await;
    first.send(ANSWER).await;
    assert_eq!(first.answer().await.status, 200);
    let mut second = connect(address).await;
    second.send(ANSWER).await;
    assert_eq!(second.answer().await.status, 200);
    let closed = async {
        tokio::select! {
            text = rest(&mut first.stream) => text,
            text = rest(&mut second.stream) => text,
        }
    };
    assert_eq!(closed.await, b"");
}

type Sender = hyper::client::conn::http2::SendRequest<Body>;

/// A connection of HTTP/2, and its end.
async fn http2(address: SocketAddr) -> (Sender, tokio::task::JoinHandle<()>) {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    (sender, tokio::spawn(async move { drop(connection.await) }))
}

fn to(address: SocketAddr, path: &str) -> Request<Body> {
    let request = Request::get(format!("http://{address}{path}"));
    request.body(Body::empty()).expect("a request")
}

/// Tells when it is dropped.
struct Told(Option<oneshot::Sender<()>>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.take().expect("once").send(());
    }
}

/// A first answer without an end, and a word when it is given up.
fn endless() -> (Router, oneshot::Receiver<()>) {
    let (sender, given_up) = oneshot::channel();
    let first = Arc::new(Mutex::new(Some(Told(Some(sender)))));
    let answer = move || {
        let told = first.lock().expect("no panic").take();
        let pieces = stream::unfold(told, |told| async move {
            Some((Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16 * 1024])), told))
        });
        async move { Body::from_stream(pieces) }
    };
    (health().route("/endless", get(answer)), given_up)
}

async fn is_given_up(given_up: oneshot::Receiver<()>) {
    let told = tokio::time::timeout(CLOSED_WITHIN * 2, given_up).await;
    told.expect("the server gives up in time").expect("a word");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let mut settings = patient();
    settings.write_seconds = 1;
    let (router, given_up) = endless();
    let address = plain(router, settings.clone()).await;
    let mut wire = connect(address).await;
    wire.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await;
    is_given_up(given_up).await;

    // Its window is closed, although its connection reads: other streams and pings go on.
    let (router, given_up) = endless();
    let address = plain(router, settings.clone()).await;
    let (mut sender, _ended) = http2(address).await;
    let unread = sender.send_request(to(address, "/endless")).await.expect("an answer");
    let pinging = async {
        while sender.send_request(to(address, "/healthz")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::join!(is_given_up(given_up), pinging);
    drop(unread);

    // Under TLS the socket is what is not read.
    let (router, given_up) = endless();
    let certificates = Path::new(CERTIFICATES);
    let tls =
        Tls { certificates: certificates.join("leaf.pem"), key: certificates.join("leaf.key") };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = Serving::bind(any, Some(&tls)).await.expect("a free port");
    let address = serve(serving, router, settings);
    // Somebody else in this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let vouching = std::fs::read(certificates.join("ca.pem")).expect("a certificate");
    let vouching = reqwest::Certificate::from_pem(&vouching).expect("a certificate");
    let client = reqwest::Client::builder()
        .tls_certs_only([vouching])
        .resolve("pictures.example", address)
        .http1_only()
        .build()
        .expect("a client");
    let url = format!("https://pictures.example:{}/endless", address.port());
    let unread = client.get(url).send().await.expect("an answer");
    is_given_up(given_up).await;
    drop(unread);
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_is_whole() {
    let mut settings = patient();
    (settings.write_seconds, settings.idle_seconds) = (1, 1);
    let body = Bytes::from(vec![b'x'; 3_000_000]);
    let router = Router::new().route("/long", get(move || async move { body }));
    let address = plain(router, settings).await;
    let (mut sender, _ended) = http2(address).await;
    let mut answer = sender.send_request(to(address, "/long")).await.expect("an answer");
    let mut wire = connect(address).await;
    wire.send("GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let (mut first, mut second) = (0, 0);
    let mut bytes = vec![0; 60_000];
    // Longer than each limit.
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        first += wire.stream.read(&mut bytes).await.expect("more");
        if let Some(frame) = answer.body_mut().frame().await {
            second += frame.expect("more").into_data().expect("data").len();
        }
    }
    first += rest(&mut wire.stream).await.len();
    while let Some(frame) = answer.body_mut().frame().await {
        second += frame.expect("more").into_data().expect("data").len();
    }
    assert!(first > 3_000_000, "{first} bytes");
    assert_eq!(second, 3_000_000);
}

/// A connection from one of this machine's many addresses.
async fn connect_from(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address of this machine");
    socket.connect(to).await.expect("a connection")
}

async fn is_served(stream: &mut TcpStream) -> bool {
    if stream.write_all(ANSWER.as_bytes()).await.is_err() {
        return false;
    }
    let mut status = [0; 12];
    let read = tokio::time::timeout(CLOSED_WITHIN, stream.read_exact(&mut status)).await;
    read.expect("an answer in time").is_ok() && &status == b"HTTP/1.1 200"
}

#[tokio::test]
async fn one_address_does_not_take_all_connections() {
    let mut settings = patient();
    (settings.connections_max, settings.connections_per_address_max) = (4, 2);
    settings.trusted_proxies = vec!["127.0.0.9/32".parse().expect("a net")];
    let address = plain(health(), settings).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect_from([127, 0, 0, 2], address).await;
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
    let mut third = connect_from([127, 0, 0, 2], address).await;
    let text = String::from_utf8(rest(&mut third).await).expect("UTF-8");
    assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
    assert!(text.contains("retry-after: 1\r\n") && text.contains("\"code\":\"UNAVAILABLE\""));
    let (head, body) = text.split_once("\r\n\r\n").expect("a body");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{text}");
    let mut other = connect_from([127, 0, 0, 3], address).await;
    assert!(is_served(&mut other).await);
    let mut proxy = connect_from([127, 0, 0, 9], address).await;
    assert!(is_served(&mut proxy).await);
    // All are taken.
    let mut fifth = connect_from([127, 0, 0, 4], address).await;
    assert!(rest(&mut fifth).await.starts_with(b"HTTP/1.1 503 "));
    // Who goes makes room.
    held.clear();
    let begun = Instant::now();
    while !is_served(&mut connect_from([127, 0, 0, 2], address).await).await {
        assert!(begun.elapsed() < CLOSED_WITHIN, "the place is not given back");
    }
}

#[tokio::test]
async fn a_proxy_may_have_more_connections_than_an_address() {
    let mut settings = patient();
    settings.connections_per_address_max = 1;
    settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a net")];
    let address = plain(health(), settings).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = connect(address).await.stream;
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
}

#[test]
fn the_soft_limit_of_open_files_is_raised() {
    let folder = Folder::new();
    let verax = folder.command(&[]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -Sn 100 && exec \"$0\" \"$@\""]).arg(verax.get_program());
    command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(folder.file(""));
    for (name, value) in verax.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let served = Served::start(command, folder.file("none"));
    let held: Vec<_> = (0..200).map(|_| served.connect()).collect();
    assert_eq!(served.get("", "/healthz").0, 200);
    drop(held);
    served.stop();
}
