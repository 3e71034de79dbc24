//! Webhooks are sent to receivers, whatever these answer, and never into our own network.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Version};
use axum::routing::post;
use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use verax_server::config::Webhooks;
use verax_server::http_client::{Answer, Attempt, ErrorClass, Outcome, UrlProblem, WebhookClient};

use crate::http_client::{CERTIFICATES, images};
use crate::receiver::Receiver;

/// Names that mean this address now, and another one at the next look-up; the last one stays.
struct Names {
    addresses: Mutex<VecDeque<Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl Names {
    fn new(addresses: &[&[&str]]) -> Arc<Names> {
        let all = addresses.iter().map(|one| one.iter().map(|it| address(it)).collect());
        Arc::new(Names { addresses: Mutex::new(all.collect()), lookups: AtomicUsize::new(0) })
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut addresses = self.addresses.lock().expect("the addresses");
        let now =
            if addresses.len() > 1 { addresses.pop_front() } else { addresses.front().cloned() };
        Box::pin(async move {
            let now = now.ok_or("no such name")?;
            Ok(Box::new(now.into_iter().map(|it| SocketAddr::new(it, 0))) as Addrs)
        })
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn settings(allow_http: bool, networks: &[&str]) -> Webhooks {
    let mut settings = crate::world::settings().webhooks;
    settings.allow_http = allow_http;
    settings.allowed_networks = networks.iter().map(|it| it.parse().expect("a network")).collect();
    settings
}

fn client(settings: &Webhooks, names: &Arc<Names>) -> WebhookClient {
    let names: Arc<dyn Resolve> = Arc::<Names>::clone(names);
    let vouching = std::fs::read(Path::new(CERTIFICATES).join("ca.pem")).expect("a certificate");
    let vouching = reqwest::Certificate::from_pem(&vouching).expect("a certificate");
    let client = reqwest::Client::builder().tls_certs_only([vouching]);
    WebhookClient::build(client, names, settings).expect("a client")
}

/// One that may call this machine by http.
fn local() -> WebhookClient {
    client(&settings(true, &["127.0.0.1/32"]), &Names::new(&[&["127.0.0.1"]]))
}

async fn send(client: &WebhookClient, url: &str) -> Attempt {
    client.send(url, HeaderMap::new(), Bytes::from_static(b"{}")).await
}

async fn failure(client: &WebhookClient, url: &str) -> ErrorClass {
    match send(client, url).await.outcome {
        Outcome::Failed(class) => class,
        Outcome::Answered(answer) => panic!("{url} answered {answer:?}"),
    }
}

async fn answer(client: &WebhookClient, url: &str) -> Answer {
    match send(client, url).await.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(class) => panic!("{url} failed: {class:?}"),
    }
}

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[test]
fn a_url_is_stored_only_where_webhooks_may_be_sent() {
    use UrlProblem::{NotAllowed, NotHttps};
    let public = client(&settings(false, &[]), &Names::new(&[]));
    for (url, problem) in [
        ("https://bank.example/in?x=1", None),
        ("HTTPS://Bank.Example/", None),
        ("https://bank.example:8443/in", None),
        ("https://8.8.8.8/", None),
        ("https://[2606:4700::1111]:444/", None),
        ("https://bank.example/in#part", Some(NotHttps)),
        ("http://bank.example/", Some(NotHttps)),
        ("https://user@bank.example/", Some(NotHttps)),
        ("https://user:password@bank.example/", Some(NotHttps)),
        ("https://@bank.example/", Some(NotHttps)),
        ("https:///bank.example", Some(NotHttps)),
        ("https://", Some(NotHttps)),
        ("https:bank.example", Some(NotHttps)),
        ("//bank.example/", Some(NotHttps)),
        ("/in", Some(NotHttps)),
        ("", Some(NotHttps)),
        ("ftp://bank.example/", Some(NotHttps)),
        ("file:///etc/passwd", Some(NotHttps)),
        ("https://bank.example\\@evil.example/", Some(NotHttps)),
        ("https://bank.example/ a", Some(NotHttps)),
        ("https://bank\u{200b}.example/", Some(NotHttps)),
        ("https://bank.example:65536/", Some(NotHttps)),
        ("https://[fe80::1%25eth0]/", Some(NotHttps)),
        ("https://127.0.0.1/", Some(NotAllowed)),
        ("https://127.0.0.1./", Some(NotAllowed)),
        ("https://10.0.0.1/hook", Some(NotAllowed)),
        ("https://169.254.169.254/latest", Some(NotAllowed)),
        ("https://2130706433/", Some(NotAllowed)),
        ("https://0177.0.0.1/", Some(NotAllowed)),
        ("https://0x7f.1/", Some(NotAllowed)),
        ("https://127.1/", Some(NotAllowed)),
        ("https://\u{ff11}27.0.0.1/", Some(NotAllowed)),
        ("https://127\u{3002}0.0.1/", Some(NotAllowed)),
        ("https://0/", Some(NotAllowed)),
        ("https://[::1]/", Some(NotAllowed)),
        ("https://[::]/", Some(NotAllowed)),
        ("https://[fe80::1]/", Some(NotAllowed)),
        ("https://[fd00::1]/", Some(NotAllowed)),
        ("https://[::127.0.0.1]/", Some(NotAllowed)),
        ("https://[::ffff:10.0.0.1]/", Some(NotAllowed)),
        ("https://[::ffff:7f00:1]/", Some(NotAllowed)),
        ("https://[64:ff9b::10.0.0.1]/", Some(NotAllowed)),
        ("https://[2002:7f00:1::]/", Some(NotAllowed)),
        ("https://localhost/", Some(NotAllowed)),
        ("https://LOCALHOST./", Some(NotAllowed)),
        ("https://a.localhost/", Some(NotAllowed)),
        ("https://db/", Some(NotAllowed)),
        ("https://metadata.google.internal/", Some(NotAllowed)),
        ("https://hooks.home.arpa/", Some(NotAllowed)),
    ] {
        assert_eq!(public.check_url(url).err(), problem, "{url}");
    }
    let long = |chars: usize| format!("https://bank.example/{}", "a".repeat(chars - 21));
    assert_eq!(public.check_url(&long(2048)).err(), None);
    assert_eq!(public.check_url(&long(2049)).err(), Some(UrlProblem::TooLong));
}

#[test]
fn http_and_private_networks_are_allowed_by_settings_alone() {
    let http = client(&settings(true, &[]), &Names::new(&[]));
    assert_eq!(http.check_url("http://bank.example/").err(), None);
    assert_eq!(http.check_url("http://localhost/").err(), Some(UrlProblem::NotAllowed));
    assert_eq!(http.check_url("ftp://bank.example/").err(), Some(UrlProblem::NotHttp));
    let private = client(&settings(false, &["10.1.0.0/16", "fd00::/8"]), &Names::new(&[]));
    for url in
        ["https://10.1.2.3/", "https://[::ffff:10.1.2.3]/", "https://[fd00::1]/", "https://db/"]
    {
        assert_eq!(private.check_url(url).err(), None, "{url}");
    }
    for url in ["https://10.2.0.1/", "https://127.0.0.1/", "https://[64:ff9b::10.1.2.3]/"] {
        assert_eq!(private.check_url(url).err(), Some(UrlProblem::NotAllowed), "{url}");
    }
}

#[tokio::test]
async fn no_connection_is_made_to_an_address_that_is_not_allowed() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let port = receiver.port;
    for names in [&["127.0.0.1"][..], &["93.184.215.14", "127.0.0.1"], &["::ffff:127.0.0.1"]] {
        let client = client(&settings(true, &[]), &Names::new(&[names]));
        for host in [
            "hooks.example",
            "hooks.example.",
            "127.0.0.1",
            "127.0.0.1.",
            "2130706433",
            "0177.0.0.1",
            "0x7f.1",
            "[::ffff:127.0.0.1]",
            "localhost",
        ] {
            let class = failure(&client, &format!("http://{host}:{port}/")).await;
            assert_eq!(class, ErrorClass::AddressNotAllowed, "{host}");
        }
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn exactly_the_allowed_network_is_let_in() {
    let inside = Receiver::answering(NO_CONTENT).await;
    let port = inside.port;
    let outside = Receiver::answering_at(("127.0.0.2", port), NO_CONTENT).await;
    let client = client(&settings(true, &["127.0.0.1/32"]), &Names::new(&[&["127.0.0.1"]]));
    for host in ["127.0.0.1", "hooks.example", "localhost"] {
        assert_eq!(answer(&client, &format!("http://{host}:{port}/")).await.status, 204, "{host}");
    }
    let class = failure(&client, &format!("http://127.0.0.2:{port}/")).await;
    assert_eq!(class, ErrorClass::AddressNotAllowed);
    assert_eq!(outside.connections(), 0);
}

#[tokio::test]
async fn what_is_connected_to_is_what_was_checked_whatever_a_name_means_next() {
    let first =
        Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let first = first.await;
    let second = Receiver::answering_at(("127.0.0.2", first.port), NO_CONTENT).await;
    let names = Names::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let client = client(&settings(true, &["127.0.0.1/32"]), &names);
    let url = format!("http://hooks.example:{}/", first.port);
    assert_eq!(answer(&client, &url).await.status, 200);
    assert_eq!(names.lookups.load(Ordering::SeqCst), 1);
    assert_eq!(failure(&client, &url).await, ErrorClass::AddressNotAllowed);
    assert_eq!((first.connections(), second.connections()), (1, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let inside = Receiver::answering(NO_CONTENT).await;
    let location = inside.url();
    let redirect =
        format!("HTTP/1.1 307 Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let receiver = Receiver::answering(redirect).await;
    let answer = answer(&local(), &receiver.url()).await;
    assert_eq!((answer.status, answer.headers), (307, Vec::new()));
    assert_eq!((receiver.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn a_request_is_sent_with_its_headers_and_its_very_bytes() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("5f1"));
    let body = Bytes::from_static("{ \"name\":  \"Jo\u{e3}o\" }".as_bytes());
    local().send(&receiver.url(), headers, body).await;
    let port = receiver.port;
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "POST /hook HTTP/1.1\r\nwebhook-id: 5f1\r\ncontent-type: application/json\r\naccept: */*\r\n\
         user-agent: verax/{version}\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 20\r\n\r\n\
         {{ \"name\":  \"Jo\u{e3}o\" }}"
    );
    assert_eq!(receiver.requests(), [expected]);
}

#[tokio::test]
async fn connections_are_used_again() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let client = local();
    for _ in 0..5 {
        assert_eq!(answer(&client, &receiver.url()).await.status, 204);
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn only_numbers_and_dates_of_headers_and_the_beginning_of_a_body_are_kept() {
    let text = "a\0b\u{e9}".repeat(1000);
    let length = text.len();
    let bytes = format!(
        "HTTP/1.1 500 Oh\r\nset-cookie: secret=1\r\nServer: Jo\r\nRetry-After: 7\r\n\
         content-length: {length}\r\ndate: jo@example.com\r\nx-request-id: 2\r\n\r\n{text}"
    );
    let receiver = Receiver::answering(bytes).await;
    let answer = answer(&local(), &receiver.url()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.headers, [("retry-after", "7".to_owned())], "a date is one, or is not kept");
    // Five bytes each, one of them NUL: 204 whole ones and a part of the next.
    assert_eq!(answer.body, format!("{}ab\u{fffd}", "ab\u{e9}".repeat(204)));
}

#[tokio::test]
async fn a_compressed_answer_stays_as_it_is() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n";
    let receiver = Receiver::answering([head.as_bytes(), b"\x1f\x8bok"].concat()).await;
    assert_eq!(answer(&local(), &receiver.url()).await.body, "\x1f\u{fffd}ok");
    assert!(!receiver.requests()[0].contains("accept-encoding"), "{:?}", receiver.requests());
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let receiver = Receiver::start(("127.0.0.1", 0), |mut stream| async move {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 1_usize << 30);
        stream.write_all(head.as_bytes()).await.ok()?;
        let block = [b'a'; 65536];
        while stream.write_all(&block).await.is_ok() {
            WRITTEN.fetch_add(block.len(), Ordering::SeqCst);
        }
        None
    });
    let receiver = receiver.await;
    let answer = answer(&local(), &receiver.url()).await;
    assert_eq!((answer.status, answer.body), (200, "a".repeat(1024)));
    // What the sockets hold is written too.
    assert!(WRITTEN.load(Ordering::SeqCst) < 1 << 25);
}

#[tokio::test]
async fn silence_ends_with_the_time_limit_and_a_slow_body_has_its_status() {
    let mut settings = settings(true, &["127.0.0.1/32"]);
    settings.timeout_seconds = 1;
    let client = client(&settings, &Names::new(&[]));
    let silent = Receiver::start(("127.0.0.1", 0), |stream| async move {
        std::future::pending::<()>().await;
        Some(stream)
    });
    let slow = Receiver::start(("127.0.0.1", 0), |mut stream| async move {
        stream.write_all(b"HTTP/1.1 202 OK\r\ncontent-length: 9\r\n\r\nslow").await.ok()?;
        std::future::pending::<()>().await;
        Some(stream)
    });
    let (silent, slow) = (silent.await.url(), slow.await.url());
    let (silence, slowness) = tokio::join!(send(&client, &silent), send(&client, &slow));
    assert_eq!(silence.outcome, Outcome::Failed(ErrorClass::Timeout));
    let accepted = Answer { status: 202, headers: Vec::new(), body: "slow".to_owned() };
    assert_eq!(slowness.outcome, Outcome::Answered(accepted));
    for attempt in [silence.ms, slowness.ms] {
        assert!((900..10_000).contains(&attempt), "{attempt} ms");
    }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let closing = Receiver::start(("127.0.0.1", 0), |_| async { None }).await;
    assert_eq!(failure(&local(), &closing.url()).await, ErrorClass::Reset);
    let resetting = Receiver::start(("127.0.0.1", 0), |stream| async move {
        socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).ok()?;
        None
    });
    assert_eq!(failure(&local(), &resetting.await.url()).await, ErrorClass::Reset);
    let half_a_head = Receiver::start(("127.0.0.1", 0), |mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-").await.ok()?;
        None
    });
    assert_eq!(failure(&local(), &half_a_head.await.url()).await, ErrorClass::Reset);
    let half_a_body = Receiver::start(("127.0.0.1", 0), |mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.ok()?;
        None
    });
    assert_eq!(answer(&local(), &half_a_body.await.url()).await.body, "half");
    let mail = Receiver::answering("220 mail.example ESMTP\r\n").await;
    assert_eq!(failure(&local(), &mail.url()).await, ErrorClass::Http);
    let free = TcpListener::bind(("127.0.0.1", 0)).await.expect("a socket");
    let nobody = format!("http://{}/", free.local_addr().expect("an address"));
    drop(free);
    assert_eq!(failure(&local(), &nobody).await, ErrorClass::Connect);
    let unresolved = client(&settings(true, &[]), &Names::new(&[]));
    assert_eq!(failure(&unresolved, "https://hooks.example/").await, ErrorClass::Dns);
}

#[tokio::test]
async fn a_receiver_is_asked_by_http_2_and_only_where_its_certificate_is_trusted() {
    let version = |version: Version| async move { format!("{version:?}") };
    let port = images(Router::new().route("/hook", post(version))).await.port();
    let trusting = client(&settings(false, &["127.0.0.1/32"]), &Names::new(&[&["127.0.0.1"]]));
    let url = format!("https://pictures.example:{port}/hook");
    let answer = answer(&trusting, &url).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "HTTP/2.0"));
    // Another name than that of the certificate.
    let other = format!("https://hooks.example:{port}/hook");
    assert_eq!(failure(&trusting, &other).await, ErrorClass::Tls);
    let distrusting = WebhookClient::new(&settings(false, &["127.0.0.1/32"])).expect("a client");
    assert_eq!(failure(&distrusting, &format!("https://127.0.0.1:{port}/")).await, ErrorClass::Tls);
}

#[test]
fn each_failure_has_its_own_word_and_sentence() {
    let words = ErrorClass::ALL.map(ErrorClass::word);
    assert_eq!(words, ["address_not_allowed", "dns", "connect", "tls", "timeout", "reset", "http"]);
}
