//! Around every request: its id, its time limit, its log line, its metrics.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use verax_query::is_id;

use crate::http::body::unread::UnreadBody;
use crate::http::error::{ApiError, Failure, Rejected};
use crate::http::error_codes::UNAVAILABLE;
use crate::http::layers::quota::AllowanceSlot;
use crate::http::layers::request_line::Rejection;
use crate::http::state::State;
use crate::metrics::{RequestLabels, RouteLabels, Scarce};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: given by the caller, or made here.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The middleware around all routes.
pub async fn observe(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let given = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = match given {
        Some(id) if is_id(id) => id.to_owned(),
        _ => state.app.new_id(),
    };
    let method = request.method().clone();
    // The route's pattern, never the path: ids and queries stay out of logs and labels.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let slot = AllowanceSlot::default();
    request.extensions_mut().insert(slot.clone());
    request.extensions_mut().insert(RequestId(id.clone()));
    let encrypted = UnreadBody::encrypt(&mut request);
    state.metrics.in_flight.inc();
    let limit = Duration::from_secs(state.app.config.now().http.request_seconds);
    let span = tracing::info_span!("request", request_id = id);
    // Rejected for how it is written: it is nobody's request, but has its line in the log.
    let rejection = request.extensions().get::<Rejection>().copied();
    let answer = async {
        match rejection {
            Some(rejection) => ApiError::from(rejection).into_response(),
            None => next.run(request).await,
        }
    };
    let answer = tokio::time::timeout(limit, answer).instrument(span).await;
    let mut response = answer.unwrap_or_else(|_| {
        let error = "The request took too long. Try again in a moment.";
        ApiError::new(&UNAVAILABLE, error).lacking(Scarce::Time).retry_after(1).into_response()
    });
    state.metrics.in_flight.dec();
    if let Some(encrypted) = encrypted {
        encrypted.discard(&state);
    }
    if let Some(Rejected { code, lacking }) = response.extensions_mut().remove() {
        state.metrics.errors.get_or_create(&[("code", code)]).inc();
        lacking.into_iter().for_each(|resource| state.metrics.overloaded(resource));
    }
    if let Some(Failure(mut body)) = response.extensions_mut().remove::<Failure>() {
        body["requestId"] = id.clone().into();
        let status = response.status();
        let headers = response.headers().clone();
        response = (status, axum::Json(body)).into_response();
        for name in [axum::http::header::RETRY_AFTER] {
            if let Some(value) = headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    if let Some(allowance) = slot.0.get() {
        allowance.write(response.headers_mut());
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    record(&state, &method, route, response.status(), started, &id);
    response
}

fn record(
    state: &State,
    method: &Method,
    route: String,
    status: StatusCode,
    started: Instant,
    id: &str,
) {
    let elapsed = started.elapsed();
    // A method is the caller's text: only the known ones become labels.
    let method = match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    };
    if state.app.config.now().log.access {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let status = status.as_u16();
        tracing::info!(target: "access", request_id = id, method, route, status, micros);
    }
    let labels =
        RequestLabels { method: method.to_owned(), route: route.clone(), status: status.as_u16() };
    state.metrics.requests.get_or_create(&labels).inc();
    state.metrics.durations.get_or_create(&RouteLabels { route }).observe(elapsed.as_secs_f64());
}
