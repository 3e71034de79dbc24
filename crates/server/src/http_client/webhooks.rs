//! Sending one webhook to a receiver, and what came back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::dns::Resolve;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, Url};

use super::guard::{AddressNotAllowed, SystemNames, cause, guarded};
use super::urls::{UrlProblem, WebhookUrls};
use crate::config::Webhooks;

/// Sends webhooks. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct WebhookClient {
    client: Client,
    urls: WebhookUrls,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How long it took, in milliseconds.
    pub ms: u64,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Also with a status that is no success.
    Answered(Answer),
    Failed(ErrorClass),
}

/// What is stored of a receiver's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// `date` and `retry-after`, where they are a date or a number.
    pub headers: Vec<(&'static str, String)>,
    /// Its beginning, at most 1,024 bytes long, without NUL; what is not UTF-8 is replaced.
    pub body: String,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    AddressNotAllowed,
    Dns,
    Connect,
    Tls,
    Timeout,
    Reset,
    Http,
}

pub const ANSWER_BYTES_MAX: usize = 1024;
/// What is stored of them is a number or a date: a receiver could put anything else into a header, also
/// who the event is about.
pub const ANSWER_HEADERS: [&str; 2] = ["date", "retry-after"];

const USER_AGENT: &str = concat!("verax/", env!("CARGO_PKG_VERSION"));
/// Longer than between two events of somebody busy, shorter than most receivers keep theirs.
const IDLE_SECONDS_MAX: u64 = 30;
const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 8;

impl WebhookClient {
    /// # Errors
    /// The system's root certificates cannot be read.
    pub fn new(settings: &Webhooks) -> Result<WebhookClient, reqwest::Error> {
        WebhookClient::build(Client::builder(), Arc::new(SystemNames), settings)
    }

    /// The same with a client that trusts other certificates, and other names.
    ///
    /// # Errors
    /// The system's root certificates cannot be read.
    pub fn build(
        client: ClientBuilder,
        names: Arc<dyn Resolve>,
        settings: &Webhooks,
    ) -> Result<WebhookClient, reqwest::Error> {
        let urls = WebhookUrls::new(settings);
        let client = guarded(client, names, urls.allowed().clone())
            .https_only(!urls.allow_http())
            .redirect(Policy::none())
            .timeout(Duration::from_secs(settings.timeout_seconds))
            .pool_idle_timeout(Duration::from_secs(IDLE_SECONDS_MAX))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX)
            .user_agent(USER_AGENT)
            // What is stored of an answer are its own bytes.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()?;
        Ok(WebhookClient { client, urls })
    }

    /// # Errors
    /// Webhooks are not sent there.
    pub fn check_url(&self, text: &str) -> Result<Url, UrlProblem> {
        self.urls.check(text)
    }

    /// Which URLs it sends to.
    pub fn urls(&self) -> &WebhookUrls {
        &self.urls
    }

    /// Sends a JSON body. The URL is checked again: settings may have changed since it was stored.
    pub async fn send(&self, url: &str, mut headers: HeaderMap, body: Bytes) -> Attempt {
        let start = Instant::now();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let outcome = match self.check_url(url) {
            Ok(url) => match self.client.post(url).headers(headers).body(body).send().await {
                Ok(response) => Outcome::Answered(Answer::read(response).await),
                Err(error) => Outcome::Failed(ErrorClass::of(&error)),
            },
            Err(_) => Outcome::Failed(ErrorClass::AddressNotAllowed),
        };
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Attempt { ms, outcome }
    }
}

impl Answer {
    /// A body that breaks off or never ends has its status all the same: that is what was answered.
    async fn read(mut response: Response) -> Answer {
        let headers = ANSWER_HEADERS.iter().filter_map(|name| {
            let value = response.headers().get(*name)?.to_str().ok()?.trim();
            let is_plain = value.parse::<u64>().is_ok() || jiff::fmt::rfc2822::parse(value).is_ok();
            is_plain.then(|| (*name, value.to_owned()))
        });
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let mut bytes = Vec::new();
        while bytes.len() < ANSWER_BYTES_MAX
            && let Ok(Some(chunk)) = response.chunk().await
        {
            let rest = ANSWER_BYTES_MAX - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(rest)]);
        }
        bytes.retain(|byte| *byte != 0);
        let mut body = String::from_utf8_lossy(&bytes).into_owned();
        body.truncate(body.floor_char_boundary(ANSWER_BYTES_MAX));
        Answer { status, headers, body }
    }
}

impl ErrorClass {
    pub const ALL: [ErrorClass; 7] = [
        ErrorClass::AddressNotAllowed,
        ErrorClass::Dns,
        ErrorClass::Connect,
        ErrorClass::Tls,
        ErrorClass::Timeout,
        ErrorClass::Reset,
        ErrorClass::Http,
    ];

    pub fn word(self) -> &'static str {
        match self {
            ErrorClass::AddressNotAllowed => "address_not_allowed",
            ErrorClass::Dns => "dns",
            ErrorClass::Connect => "connect",
            ErrorClass::Tls => "tls",
            ErrorClass::Timeout => "timeout",
            ErrorClass::Reset => "reset",
            ErrorClass::Http => "http",
        }
    }

    /// The same for people.
    pub fn sentence(self) -> &'static str {
        match self {
            ErrorClass::AddressNotAllowed => {
                "The URL, or an address of its host, is not one that this server sends webhooks to."
            }
            ErrorClass::Dns => "The receiver's name could not be resolved.",
            ErrorClass::Connect => "No connection to the receiver could be made.",
            ErrorClass::Tls => {
                "The receiver's certificate is not trusted, or it speaks only old versions or \
                 ciphers of TLS."
            }
            ErrorClass::Timeout => "The receiver did not answer in time.",
            ErrorClass::Reset => "The receiver closed the connection without an answer.",
            ErrorClass::Http => "What the receiver answered is not HTTP.",
        }
    }

    /// Why a request of reqwest had no answer.
    pub fn of(error: &reqwest::Error) -> ErrorClass {
        if cause::<AddressNotAllowed>(error).is_some() {
            return ErrorClass::AddressNotAllowed;
        }
        if error.is_timeout() {
            return ErrorClass::Timeout;
        }
        if error.is_dns() {
            return ErrorClass::Dns;
        }
        if cause::<rustls::Error>(error).is_some() {
            return ErrorClass::Tls;
        }
        if error.is_connect() {
            return ErrorClass::Connect;
        }
        let is_broken = cause::<std::io::Error>(error).is_some()
            || cause::<hyper::Error>(error)
                .is_some_and(|it| it.is_incomplete_message() || it.is_closed() || it.is_canceled());
        if is_broken { ErrorClass::Reset } else { ErrorClass::Http }
    }
}
