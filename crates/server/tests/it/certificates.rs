//! The certificate: from settings, renewed without a restart, kept where the new one is unusable.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use reqwest::tls::TlsInfo;
use tempfile::TempDir;
use verax_server::clock::Clock;
use verax_server::http::{self, Certificate, Serving, Tls};
use verax_server::metrics::Metrics;

use crate::binary::{Folder, Served};
use crate::logs::Captured;

const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
const PATIENCE: Duration = Duration::from_secs(20);
/// 2026-12-01.
const NOW: i64 = 1_796_083_200_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

struct Pair {
    folder: TempDir,
}

impl Pair {
    fn new() -> Pair {
        let pair = Pair { folder: tempfile::tempdir().expect("a folder") };
        pair.put("cert.pem", "leaf.pem");
        pair.put("key.pem", "leaf.key");
        pair
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> Tls {
        Tls { certificates: self.path("cert.pem"), key: self.path("key.pem") }
    }

    /// As certbot and others do: a new file in the place of the old one.
    fn put(&self, name: &str, from: &str) {
        let partial = self.path("partial");
        fs::copy(Path::new(CERTIFICATES).join(from), &partial).expect("a copy");
        fs::rename(&partial, self.path(name)).expect("a file");
    }
}

fn client() -> reqwest::Client {
    // Somebody else in this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().tls_danger_accept_invalid_certs(true);
    builder.tls_info(true).build().expect("a client")
}

/// The certificate that the server shows on a new connection.
async fn shown(address: SocketAddr) -> Vec<u8> {
    certificate_of(&client(), address).await
}

async fn certificate_of(client: &reqwest::Client, address: SocketAddr) -> Vec<u8> {
    let answer = client.get(format!("https://{address}/")).send().await.expect("an answer");
    let certificate = peer_certificate(&answer);
    assert_eq!(answer.text().await.expect("a body"), "here");
    certificate
}

fn peer_certificate(answer: &reqwest::Response) -> Vec<u8> {
    let info = answer.extensions().get::<TlsInfo>().cloned().expect("TLS");
    info.peer_certificate().expect("a certificate").to_vec()
}

async fn serve(pair: &Pair) -> (SocketAddr, Certificate) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = Serving::bind(any, Some(&pair.files())).await.expect("a free port");
    let url = serving.url().expect("an address");
    let address = url.trim_start_matches("https://").parse().expect("an address");
    let certificate = serving.certificate().expect("TLS");
    let router = Router::new().route("/", get(|| async { "here" }));
    let settings = crate::world::settings().http;
    tokio::spawn(
        async move { http::serve(serving, router, &settings, std::future::pending()).await },
    );
    (address, certificate)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_and_open_connections_go_on() {
    let pair = Pair::new();
    let (address, certificate) = serve(&pair).await;
    let metrics = Metrics::default();
    let clock = Clock::Manual(Arc::new(AtomicI64::new(NOW)));
    let poll = async || certificate.keep_fresh(&clock, &metrics).await.expect("a look");
    poll().await;
    let open = client();
    let first = certificate_of(&open, address).await;
    let expiry = certificate.expires_at().expect("a time");
    assert_eq!(expiry.to_string(), "2126-10-29T07:18:12Z");

    // Of another pair by half: the one from before stays, and the number says so.
    pair.put("cert.pem", "renewed.pem");
    let reloaded = |word: &str| {
        let line = format!("verax_tls_last_reload_successful{{}} {word}\n");
        metrics.text().contains(&line)
    };
    poll().await;
    assert!(reloaded("0"));
    assert_eq!(shown(address).await, first);
    pair.put("key.pem", "renewed.key");
    poll().await;
    assert_ne!(shown(address).await, first);
    assert!(reloaded("1"));
    assert_eq!(certificate_of(&open, address).await, first, "its connection is the same");
    let renewed = certificate.expires_at().expect("a time");
    assert_eq!(renewed.to_string(), "2081-08-31T19:35:52Z");
    let line = format!("verax_tls_certificate_expiry_timestamp_seconds{{}} {}\n", renewed.0 / 1000);
    assert!(metrics.text().contains(&line));

    // Gone, and there again.
    fs::remove_file(pair.path("key.pem")).expect("a file");
    poll().await;
    assert!(reloaded("0"));
    assert_ne!(shown(address).await, first);
    pair.put("key.pem", "renewed.key");
    poll().await;
    assert!(reloaded("1"));
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_is_named_with_the_reason() {
    let pair = Pair::new();
    let certificate = Certificate::open(&pair.files()).expect("a pair");
    assert!(!certificate.refresh().expect("the same files"));
    let fails = |needles: &[&str]| {
        for error in [
            certificate.refresh().expect_err("an error"),
            Certificate::open(&pair.files()).err().expect("an error"),
        ] {
            let text = format!("{error:#}");
            assert!(needles.iter().all(|needle| text.contains(needle)), "{text}");
        }
    };
    pair.put("key.pem", "renewed.key");
    fails(&["cert.pem", "key.pem", "do not make a pair"]);
    fs::write(pair.path("key.pem"), "no key").expect("a file");
    fails(&["key.pem", "unencrypted private key"]);
    pair.put("key.pem", "leaf.key");
    assert!(certificate.refresh().expect("a pair again"));
    fs::write(pair.path("cert.pem"), "").expect("a file");
    fails(&["cert.pem", "certificate chain"]);
    // A key in the place of a certificate.
    pair.put("cert.pem", "leaf.key");
    fails(&["cert.pem", "certificate chain"]);
    fs::remove_file(pair.path("cert.pem")).expect("a file");
    fails(&["cannot read", "cert.pem", "http.tls_certificate"]);
    // Cut off in the middle, as while it is written.
    let whole = fs::read(Path::new(CERTIFICATES).join("leaf.pem")).expect("a file");
    fs::write(pair.path("cert.pem"), &whole[..whole.len() / 2]).expect("a file");
    fails(&["cert.pem"]);
    fs::write(pair.path("cert.pem"), &whole).expect("a file");
    assert!(certificate.refresh().expect("a pair again"));
    assert!(!certificate.refresh().expect("the same files"));
}

#[tokio::test]
async fn a_certificate_that_expires_soon_is_told_once_a_day() {
    let pair = Pair::new();
    let certificate = Certificate::open(&pair.files()).expect("a pair");
    let expiry = certificate.expires_at().expect("a time").0;
    let captured = Captured::default();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(captured.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let time = Arc::new(AtomicI64::new(expiry - 20 * DAY));
    let clock = Clock::Manual(Arc::clone(&time));
    let metrics = Metrics::default();
    let poll = async || certificate.keep_fresh(&clock, &metrics).await.expect("a look");
    let count = |needle: &str| captured.text().matches(needle).count();
    poll().await;
    assert_eq!(count("expires soon"), 0);
    time.store(expiry - 13 * DAY - DAY / 2, Ordering::SeqCst);
    poll().await;
    assert_eq!(count("expires soon"), 1);
    assert!(captured.text().contains("days=13"), "{}", captured.text());
    poll().await;
    assert_eq!(count("expires soon"), 1, "not with every look");
    time.fetch_add(DAY, Ordering::SeqCst);
    poll().await;
    assert_eq!(count("expires soon"), 2, "again a day later");
    time.store(expiry + 1, Ordering::SeqCst);
    poll().await;
    assert_eq!(count("has expired"), 1);
}

/// Serves with these settings in the environment; the first line says the address.
fn serve_with(
    folder: &Folder,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> (Served, PathBuf) {
    let log = folder.file("serve.log");
    let mut command = folder.command(&["serve"]);
    command.args(arguments).envs(variables.iter().copied());
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
    command.stderr(fs::File::create(&log).expect("a log file"));
    (Served::start_at(command, log.clone(), "listening on "), log)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_is_named_by_setting_environment_or_flag() {
    let pair = Pair::new();
    let path = |name: &str| pair.path(name).to_str().expect("UTF-8").to_owned();
    let folder = Folder::new();
    let environment = [
        ("VERAX__HTTP__TLS_CERTIFICATE", path("cert.pem")),
        ("VERAX__HTTP__TLS_KEY", path("key.pem")),
    ];
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (served, _) = serve_with(&folder, &environment, &["--listen", "127.0.0.1:0"]);
    let address = served.address.strip_prefix("https://").expect("TLS").to_owned();
    let health = async |address: &str| {
        let asked = client().get(format!("https://{address}/healthz")).send().await;
        let answer = asked.expect("an answer");
        (answer.status().as_u16(), peer_certificate(&answer))
    };
    let (status, first) = health(&address).await;
    assert_eq!(status, 200);
    // The server looks for another pair by itself.
    pair.put("cert.pem", "renewed.pem");
    pair.put("key.pem", "renewed.key");
    until("the renewed certificate", async || health(&address).await.1 != first).await;
    served.stop();

    // A flag comes before the setting.
    let setting = format!(
        "[http]\ntls_certificate = \"{0}/none.pem\"\ntls_key = \"{0}/none.key\"\n",
        pair.folder.path().display()
    );
    let config = folder.write("verax.toml", &setting);
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let flags = ["--listen", "127.0.0.1:0", "--config", &config];
    let flags = [&flags[..], &["--tls-cert", &cert, "--tls-key", &key]].concat();
    let (served, _) = serve_with(&folder, &[], &flags);
    let address = served.address.strip_prefix("https://").expect("TLS").to_owned();
    assert_eq!(health(&address).await.0, 200);
    served.stop();

    let text = folder.run(&["serve", "--listen", "127.0.0.1:0", "--config", &config]).failed();
    assert!(text.contains("none.pem") && text.contains("http.tls_certificate"), "{text}");
    let config = folder.write("half.toml", "[http]\ntls_key = \"key.pem\"\n");
    let text = folder.run(&["serve", "--listen", "127.0.0.1:0", "--config", &config]).failed();
    assert!(text.contains("must be set together"), "{text}");
}

#[test]
fn plain_http_on_an_address_that_others_reach_is_warned_of_at_the_start() {
    let folder = Folder::new();
    let (served, _) = serve_with(&folder, &[], &["--listen", "0.0.0.0:0"]);
    assert!(served.address.starts_with("http://0.0.0.0:"), "{}", served.address);
    let log = served.stop();
    assert!(log.contains("plain HTTP") && log.contains("http.tls_certificate"), "{log}");
    let (served, _) = serve_with(&folder, &[], &["--listen", "127.0.0.1:0"]);
    let log = served.stop();
    assert!(!log.contains("plain HTTP"), "{log}");
}
