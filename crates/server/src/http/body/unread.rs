//! The bodies of requests before anybody reads them.
//!
//! Each is taken out of its request before a handler or an extractor sees it. It comes back through
//! [`Unread::read`] alone, which asks for an [`Allowed`]: the token was checked, its scope and its
//! limit of requests. An extractor that reads bodies finds none.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::Instant;
use verax_query::Timestamp;

use super::unreadable::Unreadable;
use crate::http::error::ApiError;
use crate::http::error_codes::{BODY_TOO_LARGE, BODY_TOO_SLOW, UNAVAILABLE};
use crate::http::layers::allowed::Allowed;
use crate::http::layers::handling::RequestHandling;
use crate::http::layers::idempotency::Keyed;
use crate::http::state::State;
use crate::http_client::WebhookUrls;
use crate::metrics::Scarce;
use crate::shares::{Share, Shares};

/// A body that is slower than this has `http.body_seconds` alone.
const BYTES_PER_SECOND_MIN: u64 = 64 * 1024;
/// Of a rejected stranger, so much is taken off the connection: clients that send everything before
/// they read see the rejection then. Nothing of it is kept.
const STRANGERS_BYTES_MAX: usize = 64 * 1024;
const STRANGERS_PATIENCE: Duration = Duration::from_secs(2);
/// Of what nobody reads, the next piece is waited for this long.
const DISCARD_PATIENCE: Duration = Duration::from_secs(2);

const JSON: &str = "application/json";

/// A request's body, in the request's extensions.
pub struct UnreadBody {
    body: Mutex<Option<Body>>,
    /// Whether the request's token is one of ours.
    authenticated: AtomicBool,
    /// Who asks first whether to send has sent nothing that would have to be taken.
    expects: bool,
}

/// What was not read yet.
pub struct Unread {
    encrypted: Option<Arc<UnreadBody>>,
    length: Option<u64>,
    /// What its sender says that it is.
    content_type: String,
    content_encoding: String,
    keyed: Option<Arc<Keyed>>,
    handling: RequestHandling,
}

/// Why a body is not there.
pub enum BodyError {
    /// Longer than so many bytes.
    TooLong(usize),
    Rejected(ApiError),
}

impl UnreadBody {
    /// Takes the body out of a request; a request without one is left as it is.
    pub fn encrypt(request: &mut Request) -> Option<Arc<UnreadBody>> {
        if request.body().is_end_stream() {
            return None;
        }
        let encrypted = Arc::new(UnreadBody {
            expects: request.headers().contains_key(EXPECT),
            body: Mutex::new(Some(std::mem::take(request.body_mut()))),
            authenticated: AtomicBool::new(false),
        });
        request.extensions_mut().insert(Arc::clone(&encrypted));
        Some(encrypted)
    }

    fn take(&self) -> Option<Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that the token of the request is one of ours.
    pub fn mark_authenticated(parts: &Parts) {
        if let Some(encrypted) = parts.extensions.get::<Arc<UnreadBody>>() {
            encrypted.authenticated.store(true, Ordering::Relaxed);
        }
    }

    /// After the answer: what nobody has read is taken off the connection and thrown away. Many
    /// clients read an answer only when they have sent everything: one whose connection is closed
    /// before would see a broken connection and not the answer. For strangers that is not much.
    pub fn discard(&self, state: &State) {
        let Some(body) = self.take().filter(|_| !self.expects) else { return };
        let config = state.app.config.now();
        let (bytes_max, patience) = match self.authenticated.load(Ordering::Relaxed) {
            true => (config.http.body_bytes_max, Duration::from_secs(config.http.request_seconds)),
            false => (STRANGERS_BYTES_MAX, STRANGERS_PATIENCE),
        };
        // It would be cut off all the same.
        if body.size_hint().lower() > bytes_max as u64 {
            return;
        }
        tokio::spawn(tokio::time::timeout(patience, async move {
            let (mut bytes_left, mut pieces) = (bytes_max, body.into_data_stream());
            while let Ok(Some(Ok(piece))) =
                tokio::time::timeout(DISCARD_PATIENCE, pieces.next()).await
            {
                match bytes_left.checked_sub(piece.len()) {
                    Some(left) => bytes_left = left,
                    None => return,
                }
            }
        }));
    }
}

impl FromRequestParts<State> for Unread {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Unread, Infallible> {
        Ok(Unread {
            encrypted: parts.extensions.get().cloned(),
            length: length(&parts.headers),
            content_type: text(&parts.headers, &CONTENT_TYPE),
            content_encoding: text(&parts.headers, &CONTENT_ENCODING),
            keyed: parts.extensions.get().cloned(),
            handling: parts.extensions.get().cloned().unwrap_or_default(),
        })
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Unread {
    /// Whether more may come than so many bytes.
    pub fn may_exceed(&self, bytes: usize) -> bool {
        self.encrypted.is_some() && self.length.is_none_or(|length| length > bytes as u64)
    }

    /// Reads a body that says nothing: an `Idempotency-Key` is claimed with it.
    ///
    /// # Errors
    /// As [`Unread::read`].
    pub async fn ignore(self, state: &State, allowed: &Allowed) -> Result<(), BodyError> {
        let limit = state.app.config.now().http.plain_body_bytes_max();
        self.read(state, allowed, limit).await.map(drop)
    }

    /// The whole body. The request's `Idempotency-Key` is claimed with it.
    ///
    /// # Errors
    /// It is longer than `bytes_max`, which its `Content-Length` may say already; it takes too long;
    /// or there is no room for it among the bodies that are being read.
    pub async fn read(
        self,
        state: &State,
        allowed: &Allowed,
        bytes_max: usize,
    ) -> Result<Received, BodyError> {
        if self.length.is_some_and(|length| length > bytes_max as u64) {
            return Err(BodyError::TooLong(bytes_max));
        }
        let coding = self.content_encoding.trim();
        let is_coded = !(coding.is_empty() || coding.eq_ignore_ascii_case("identity"));
        if is_coded && self.encrypted.is_some() {
            return Err(BodyError::Rejected(Unreadable::compressed(&self.content_encoding).into()));
        }
        let (bytes, room) = match self.encrypted.and_then(|encrypted| encrypted.take()) {
            Some(body) => receive(state, allowed, body, bytes_max).await?,
            None => (Bytes::new(), Arc::new(room(state, allowed))),
        };
        let (now, webhook_urls) = (state.app.clock.now(), state.app.webhook_urls.clone());
        let (content_type, handling) = (self.content_type, self.handling);
        let body = Received { bytes, room, content_type, handling, now, webhook_urls };
        if let Some(keyed) = self.keyed {
            keyed.claim(state, &body.bytes).await.map_err(BodyError::Rejected)?;
        }
        Ok(body)
    }
}

async fn receive(
    state: &State,
    allowed: &Allowed,
    body: Body,
    bytes_max: usize,
) -> Result<(Bytes, Arc<Share>), BodyError> {
    let patience = Duration::from_secs(state.app.config.now().http.body_seconds);
    let mut share = room(state, allowed);
    let (mut until, mut received) = (Instant::now() + patience, Vec::new());
    let mut pieces = body.into_data_stream();
    loop {
        let piece = match tokio::time::timeout_at(until, pieces.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => break,
            // Nobody is there to be told of it.
            Ok(Some(Err(_))) => {
                let error = ApiError::new(&BODY_TOO_LARGE, "The body was cut off.");
                return Err(BodyError::Rejected(error));
            }
            Err(_) => {
                let error = ApiError::new(&BODY_TOO_SLOW, "The body did not come in time.");
                return Err(BodyError::Rejected(error));
            }
        };
        if received.len() + piece.len() > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        if !share.grow(piece.len()) {
            return Err(BodyError::Rejected(no_room()));
        }
        received.extend_from_slice(&piece);
        // What comes fast is no credit for standing still.
        let earned = Duration::from_micros(piece.len() as u64 * 1_000_000 / BYTES_PER_SECOND_MIN);
        until = (until + earned).min(Instant::now() + patience);
    }
    let room = Arc::new(share);
    Ok((counted(received, &room), room))
}

/// A body that was read. It is counted among those in memory until nobody holds a part of it.
pub struct Received {
    pub bytes: Bytes,
    room: Arc<Share>,
    /// What its sender says that it is.
    pub content_type: String,
    /// What becomes of members that are not known.
    pub handling: RequestHandling,
    /// When it was read.
    pub now: Timestamp,
    /// Which URLs may be those of webhooks.
    pub webhook_urls: WebhookUrls,
}

impl Received {
    /// The same request with this body instead, which was made of what was received. It has its room.
    pub fn saying(&self, json: &Value) -> Received {
        let bytes = self.copied(&json.to_string());
        let (room, handling) = (Arc::clone(&self.room), self.handling.clone());
        let (content_type, webhook_urls) = (JSON.to_owned(), self.webhook_urls.clone());
        Received { bytes, room, content_type, handling, now: self.now, webhook_urls }
    }

    /// A text of the body that does not stand in it as it is. It has the body's room.
    pub fn copied(&self, text: &str) -> Bytes {
        counted(text.as_bytes().to_vec(), &self.room)
    }
}

/// Bytes that keep this share for as long as a part of them is held.
pub fn counted(bytes: Vec<u8>, share: &Arc<Share>) -> Bytes {
    Bytes::from_owner(Counted { bytes, _share: Arc::clone(share) })
}

struct Counted {
    bytes: Vec<u8>,
    _share: Arc<Share>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A share of the bytes of all bodies, with nothing in it yet: half of them for one client, of which
/// its devices have half; and a sixteenth for all who have no token, an address an eighth of that.
/// Devices are strangers, too, where anybody may begin: all of them leave half of all to clients.
pub fn room(state: &State, allowed: &Allowed) -> Share {
    let http = &state.app.config.now().http;
    let (all, longest) = (state.bodies.max(), http.body_bytes_max);
    let client = allowed.client().unwrap_or_default();
    // No client has a space in its id.
    let holders = match (allowed.source(), allowed.record()) {
        (Some(source), _) => {
            let (strangers, longest) = (all / 16, http.plain_body_bytes_max());
            vec![
                (String::new(), strangers.max(longest)),
                (format!(" {source}"), (strangers / 8).max(longest)),
            ]
        }
        (None, None) => vec![(client.to_owned(), (all / 2).max(longest))],
        (None, Some(record)) => vec![
            (" devices".to_owned(), (all / 2).max(longest)),
            (client.to_owned(), (all / 2).max(longest)),
            (format!("{client} devices"), (all / 4).max(longest)),
            (format!("{client} {record}"), longest),
        ],
    };
    Shares::open(&state.bodies, holders)
}

pub fn no_room() -> ApiError {
    let error = "The server is reading as much as it can. Try again in a moment.";
    ApiError::new(&UNAVAILABLE, error).lacking(Scarce::Bodies).retry_after(1)
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> ApiError {
        match error {
            BodyError::TooLong(limit) => {
                ApiError::new(&BODY_TOO_LARGE, format!("The body is longer than {limit} bytes."))
            }
            BodyError::Rejected(error) => error,
        }
    }
}
