//! The feed as server-sent events, which end with the token, with the server, or when nobody reads.

use std::convert::Infallible;
use std::io::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep_until};
use verax_domain::resources::EVENTS;
use verax_query::Tenant;

use super::request::LIMIT_MAX;
use crate::app::access::Bearer;
use crate::app::feed::{Listener, News};
use crate::http::layers::allowed::may_read;
use crate::http::state::State;
use crate::shares::Share;

/// How often it is asked whether the token still holds.
const CHECKED_EVERY: Duration = Duration::from_secs(5);
/// What is quiet longer than this gets a comment, by which either end notices that the other is gone.
const QUIET_MAX: Duration = Duration::from_secs(15);
/// How long a client waits before it connects again.
const RETRY_MS: u32 = 1000;
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// What somebody listens to, and how far they are.
pub struct EventStream {
    state: State,
    tenant: Tenant,
    after: i64,
    authorization: String,
    listener: Listener,
    checked_at: Instant,
    written_at: Instant,
    _listening: Share,
}

impl EventStream {
    /// `authorization` is the header of the request, `listening` is held for as long as the stream is.
    pub fn new(
        state: State,
        (tenant, after): (Tenant, i64),
        authorization: String,
        listening: Share,
    ) -> EventStream {
        let (listener, now) = (state.app.feed.listen(), Instant::now());
        EventStream {
            state,
            tenant,
            after,
            authorization,
            listener,
            checked_at: now,
            written_at: now,
            _listening: listening,
        }
    }

    /// The next bytes; a page is read when the one before it was taken. `None`: it is over.
    async fn next(mut self) -> Option<(Bytes, EventStream)> {
        loop {
            self.listener.begin();
            if self.checked_at.elapsed() >= CHECKED_EVERY {
                self.checked_at = Instant::now();
                if !self.is_allowed().await {
                    return None;
                }
            }
            if self.listener.is_closed() {
                return None;
            }
            let events = self.state.app.events_after(&self.tenant, self.after, LIMIT_MAX).await;
            let events = events.inspect_err(|error| {
                tracing::warn!(cause = %error, "a stream of events ended early");
            });
            let events = events.ok()?;
            if let Some(last) = events.last() {
                (self.after, self.written_at) = (last.number, Instant::now());
                let mut bytes = Vec::new();
                for event in &events {
                    // Writing to a Vec does not fail.
                    let _ = write!(bytes, "id: {}\ndata: ", event.number);
                    bytes.extend_from_slice(&event.json);
                    bytes.extend_from_slice(b"\n\n");
                }
                return Some((bytes.into(), self));
            }
            let (check, comment) = (self.checked_at + CHECKED_EVERY, self.written_at + QUIET_MAX);
            tokio::select! {
                news = self.listener.news() => if news == News::Closed { return None },
                () = sleep_until(check) => {}
                () = sleep_until(comment) => {
                    self.written_at = Instant::now();
                    return Some((COMMENT, self));
                }
            }
        }
    }

    /// Whether the token would still open this stream.
    async fn is_allowed(&self) -> bool {
        match self.state.app.identify(Some(&self.authorization)).await {
            Ok(Bearer::Caller(caller)) => {
                may_read(&caller, EVENTS.scopes) && caller.tenant() == self.tenant
            }
            _ => false,
        }
    }
}

pub fn answer_stream(events: EventStream) -> Response {
    // Also who is cut off before the first event knows after which one to go on.
    let begin = Bytes::from(format!("id: {}\nretry: {RETRY_MS}\n\n", events.after));
    let begin = stream::once(async { begin });
    let chunks = begin.chain(stream::unfold(events, EventStream::next)).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx would collect what is written until a buffer is full.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}
