//! The router: the table of operations, and what is around it.

use std::any::Any;

use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use tower::ServiceExt;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, Any as AnyOrigin, CorsLayer};

use super::console::guard::guard;
use super::contacts::link_page;
use super::error::ApiError;
use super::error_codes::{METHOD_NOT_ALLOWED, NOT_FOUND};
use super::health::{self, metrics};
use super::layers::authorize::authorize;
use super::layers::handling::{IGNORED_PARAMETERS, PREFER, PREFERENCE_APPLIED, tell_ignored};
use super::layers::idempotency::{IDEMPOTENCY_KEY, idempotent};
use super::layers::observe::observe;
use super::layers::paths::with_canonical_path;
use super::operation::Operation;
use super::state::State;
use super::{api_docs, console, families};

/// Headers that a page of another origin may read.
const EXPOSED: [&str; 8] = [
    "x-request-id",
    "retry-after",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "etag",
    IGNORED_PARAMETERS,
    PREFERENCE_APPLIED,
];

const COMPRESSED_BYTES_MIN: u64 = 1024;

pub fn router(state: State) -> Router {
    for code in families::codes() {
        drop(state.metrics.errors.get_or_create(&[("code", code.code)]));
    }
    let origins = state.app.config.now().http.cors_origins.clone();
    let mut router = routed(families::operations(), &state)
        .route("/openapi.json", get(api_docs::openapi).layer(compression()))
        .merge(console(&state))
        .route("/docs", get(api_docs::to_docs))
        .route("/docs/", get(api_docs::docs_index))
        .route("/docs/{file}", get(api_docs::docs))
        .route("/confirm-email/{id}", get(link_page::page))
        .route("/metrics", get(metrics::metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(state.clone(), idempotent))
        .layer(from_fn_with_state(state.clone(), tell_ignored))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), observe));
    if !origins.is_empty() {
        router = router.layer(cors(&origins));
    }
    // A path must be right before a route is looked for.
    Router::new().fallback_service(router.with_state(state).map_request(with_canonical_path))
}

/// What a process that serves no API answers: whether it is well.
pub fn health_router(state: State) -> Router {
    let observed = from_fn_with_state(state.clone(), observe);
    routed(health::operations(), &state)
        .route("/metrics", get(metrics::metrics))
        .fallback(not_found)
        .layer(observed)
        .with_state(state)
}

/// The routes of these operations, each behind the check of its access.
fn routed(operations: Vec<Operation>, state: &State) -> Router<State> {
    operations.into_iter().fold(Router::new(), |router, operation| {
        let access = operation.described.access;
        let mut handler = operation.handler;
        if !access.is_for_anybody() {
            let check = move |Extract(state): Extract<State>, request: Request, next: Next| {
                authorize(access, state, request, next)
            };
            handler = handler.route_layer(from_fn_with_state(state.clone(), check));
        }
        if operation.is_compressed {
            handler = handler.route_layer(compression());
        }
        router.route(&operation.path, handler)
    })
}

/// The pages of the console, each behind its guard; nothing where it is switched off.
fn console(state: &State) -> Router<State> {
    if !state.app.config.now().console.enabled {
        return Router::new();
    }
    let router = Router::new().route("/", any(front_door));
    console::pages().into_iter().fold(router, |router, page| {
        let required = (page.needs, page.proof);
        let check = move |Extract(state): Extract<State>, request: Request, next: Next| {
            guard(required, state, request, next)
        };
        let handler = page.handler.route_layer(from_fn_with_state(state.clone(), check));
        router.route(&page.path, handler.route_layer(compression()))
    })
}

/// A browser is led to the console; who asks for anything else finds nothing here.
async fn front_door(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    match accepts.is_some_and(|accept| accept.contains("text/html")) {
        true => Redirect::to("/console/").into_response(),
        false => not_found().await.into_response(),
    }
}

/// For a small answer it is not worth the headers.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN))
}

async fn not_found() -> ApiError {
    ApiError::new(&NOT_FOUND, "There is nothing at this path. The API is described at /docs.")
}

/// axum has set `Allow`; `OPTIONS` asks for nothing else.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    ApiError::new(&METHOD_NOT_ALLOWED, "This path does not take this method.").into_response()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal().into_response()
}

fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            IDEMPOTENCY_KEY.clone(),
            header::IF_NONE_MATCH,
            HeaderName::from_static("last-event-id"),
            PREFER.clone(),
            // Pages of the protocol send it with every request; it means nothing here.
            HeaderName::from_static("timeout"),
        ])
        .expose_headers(EXPOSED.map(HeaderName::from_static));
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(AnyOrigin);
    }
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    layer.allow_origin(AllowOrigin::list(origins))
}
