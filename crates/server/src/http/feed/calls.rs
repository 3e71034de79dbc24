//! `GET /v2/events` and `GET /v2/events/stream`.

use std::io::Write as _;
use std::time::Duration;

use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use verax_domain::resources::EVENTS;

use super::request::{FeedRequest, stream_begin};
use super::stream::{EventStream, answer_stream};
use crate::app::access::Caller;
use crate::http::answers::json;
use crate::http::error::ApiError;
use crate::http::error_codes::UNAVAILABLE;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::listing::calls::{self, short};
use crate::http::listing::streams::Format;
use crate::http::state::{LISTENERS_MAX, State};
use crate::metrics::Scarce;
use crate::shares::Share;

/// The list; with `after`, the feed.
pub async fn list(
    state: Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    match FeedRequest::read(&raw).map_err(ApiError::invalid)? {
        Some(request) => answer_feed(&state, &caller, request).await,
        None => {
            let query = (RawQuery(Some(raw)), handling);
            calls::list(state, caller, format, known, query, &EVENTS).await
        }
    }
}

async fn answer_feed(
    state: &State,
    caller: &Caller,
    request: FeedRequest,
) -> Result<Response, ApiError> {
    let FeedRequest { after, limit, wait } = request;
    let _listening = (!wait.is_zero()).then(|| may_listen(state, caller)).transpose()?;
    // It is answered before its time is over.
    let request_seconds = state.app.config.now().http.request_seconds;
    let wait = wait.min(Duration::from_secs(request_seconds.saturating_sub(1)));
    let events = state.app.wait_for_events(&caller.tenant(), after, limit, wait).await?;
    let mut body = br#"{"success":true,"data":["#.to_vec();
    for (index, event) in events.iter().enumerate() {
        body.extend_from_slice(if index > 0 { b"," } else { b"" });
        body.extend_from_slice(&event.json);
    }
    let next = events.last().map_or(after, |event| event.number);
    // Writing to a Vec does not fail.
    let _ = write!(body, r#"],"pagination":{{"limit":{limit},"nextAfter":{next}}}}}"#);
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, json(body)).into_response())
}

/// Events as soon as they have their numbers.
pub async fn stream(
    Extract(state): Extract<State>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let begin = stream_begin(&short(raw)?, &headers).map_err(ApiError::invalid)?;
    let listening = may_listen(&state, &caller)?;
    let tenant = caller.tenant();
    let after = match begin {
        Some(after) => after,
        None => state.app.last_event_number(&tenant).await?,
    };
    // Whoever comes this far has sent one.
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let authorization = authorization.unwrap_or_default().to_owned();
    Ok(answer_stream(EventStream::new(state, (tenant, after), authorization, listening)))
}

/// Leave to wait for events.
fn may_listen(state: &State, caller: &Caller) -> Result<Share, ApiError> {
    state.listening.take(caller.client(), 1, LISTENERS_MAX / 2).ok_or_else(|| {
        let error = "As many wait for events as may. Try again in a moment.";
        ApiError::new(&UNAVAILABLE, error).lacking(Scarce::Listening).retry_after(1)
    })
}
