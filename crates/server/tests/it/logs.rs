//! Logs hold no token, no email and no query string, at any level.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::binary::{Folder, answer};
use crate::fixtures::one_of_each;
use crate::world::request;

#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).expect("a log of UTF-8")
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Captured;

    fn make_writer(&'a self) -> Captured {
        self.clone()
    }
}

const SECRETS: [&str; 7] = [
    "jo@example.com",
    "jo%40example.com",
    "where_",
    "like_",
    "office@acme.example",
    "acme-validation",
    "secret-word",
];

const TARGETS: [&str; 6] = [
    "/v2/biometric-validations?where_identifier=jo%40example.com",
    "/v2/biometric-validations?like_identifier=secret-word&populates=client",
    "/v2/biometric-validations/acme-validation?x=secret-word",
    "/v2/biometric-validations?where_secret-word=x",
    "/v2/clients/me?secret-word",
    "/v2/secret-word",
];

on_both_databases! {
    async fn requests_and_failures_are_logged_without_what_they_ask(world) {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(captured.clone())
            .json()
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        for target in TARGETS {
            world.get(&token, target).await;
            world.get("secret-word", target).await;
            world.send(request(Method::POST, &token, target)).await;
        }
        world.execute("DROP TABLE biometric_validations").await;
        for target in TARGETS {
            world.get(&token, target).await;
        }
        drop(guard);
        let log = captured.text();
        assert!(log.contains("a request failed"), "{log}");
        assert!(log.contains("/v2/biometric-validations/{id}"), "{log}");
        for secret in SECRETS.into_iter().chain([token.as_str()]) {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        }
    }
}

fn ask_everything(folder: &Folder, place: &[&str]) -> (String, String) {
    let row = r#"{"_id":"acme-validation","client":"acme","status":"new",
        "identifier":"jo@example.com","createdAt":"2025-01-01"}"#;
    let row = row.replace('\n', "");
    folder.run_with(&[&["import", "biometric-validations", "-"], place].concat(), &row).ok();
    let create =
        ["client", "create", "--id", "acme", "--name", "A", "--email", "office@acme.example"];
    folder.run(&[&create[..], place].concat()).ok();
    let token = folder.run(&[&["token", "create", "--client", "acme"], place].concat()).ok();
    let settings = folder.write("settings.toml", "[log]\nlevel = \"trace\"\n");
    let served = folder.serve(&[&["--config", &settings], place].concat());
    let token = token.trim().to_owned();
    for target in TARGETS {
        served.get(&token, target);
        served.get("secret-word", target);
    }
    assert_eq!(served.get(&token, TARGETS[0]).0, 200);
    (served.stop(), token)
}

fn is_clean(log: &str, token: &str) {
    for line in log.lines() {
        let json: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(json["timestamp"].is_string() && json["level"].is_string(), "{line}");
        for secret in SECRETS.into_iter().chain([token]) {
            assert!(!line.contains(secret), "{secret} is in the log: {line}");
        }
    }
    assert!(log.contains(r#""route":"/v2/biometric-validations/{id}""#), "{log}");
}

#[test]
fn the_binary_logs_json_without_secrets_at_every_level() {
    let folder = Folder::new();
    let (log, token) = ask_everything(&folder, &[]);
    is_clean(&log, &token);
}

#[tokio::test]
async fn the_binary_logs_no_secrets_with_postgres_at_every_level() {
    let folder = Folder::new();
    let url = crate::world::new_database().await;
    let (log, token) = ask_everything(&folder, &["--database-url", &url]);
    is_clean(&log, &token);
}

#[test]
fn an_image_that_an_earlier_decoder_panicked_on_is_damaged_and_no_more() {
    let folder = Folder::new();
    folder.token("acme");
    let token = folder.run(&["token", "create", "--client", "acme", "--scope", "write"]).ok();
    let served = folder.serve(&[]);
    let image = include_bytes!("../../../../fuzz/seeds/image/dense-chroma.jpg");
    let body = serde_json::json!({ "image": STANDARD.encode(image) }).to_string();
    let mut stream = served.connect();
    write!(
        stream,
        "POST /v2/document-liveness HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        token.trim(),
        body.len()
    )
    .expect("the server reads");
    assert_eq!(answer(&mut stream).0, 400);
    let log = served.stop();
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON: {line}");
    }
    assert!(!log.contains("a panic"), "{log}");
}
