//! The API on one screen.

use std::any::Any;

use axum::Router;
use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use tower::ServiceExt;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, Any as AnyOrigin, CorsLayer};
use verax_domain::resources;
use verax_query::Resource;

use super::caching::IfNoneMatch;
use super::deletes::DELETABLE;
use super::error::{ApiError, INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND};
use super::handling::{
    IGNORED_PARAMETERS, PREFER, PREFERENCE_APPLIED, RequestHandling, tell_ignored,
};
use super::idempotency::{IDEMPOTENCY_KEY, idempotent};
use super::lists::PathId;
use super::observe::observe;
use super::paths::with_canonical_path;
use super::streams::Format;
use super::{
    State, account, biometrics, collections, deletes, document_checks, documents, face_calls,
    kept_pictures, lists, login_locks, metrics, person_calls, persons, projects,
    registration_faces, registration_links, registrations,
};
use crate::app::access::{Bearer, Caller};

/// Where the face calls are, and the records that they are about.
const FACE_RECOGNITION: &str = "v2/face-recognition";

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
    let mut router = Router::new();
    for resource in resources::ALL {
        // Persons and collections answer in the way of the face calls: see below.
        for version in resource.versions.iter().filter(|it| **it != FACE_RECOGNITION) {
            router = router.merge(resource_routes(version, resource));
        }
    }
    let origins = state.app.config.now().http.cors_origins.clone();
    router = router
        .route("/v2/document-liveness", post(document_checks::create))
        .route("/v2/document-liveness/{id}/image", get(kept_pictures::image))
        .route("/v2/document-liveness/{id}/evidence", get(kept_pictures::evidence))
        .merge(lifecycle_routes())
        .route("/v2/clients/me", get(account::me))
        .route("/v2/auth/session", get(account::session).post(account::session))
        .route("/v2/auth/renew-and-revoke", post(account::renew_and_revoke))
        .route("/v2/auth/project-login", post(account::project_login))
        .merge(face_routes())
        .route("/openapi.json", get(documents::openapi))
        .route("/docs", get(documents::to_docs))
        .route("/docs/", get(documents::docs_index))
        .route("/docs/{file}", get(documents::docs))
        .merge(health_routes())
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
    health_routes().fallback(not_found).layer(observed).with_state(state)
}

fn health_routes() -> Router<State> {
    Router::new()
        .route("/healthz", get(documents::healthz))
        .route("/readyz", get(documents::readyz))
        .route("/metrics", get(metrics::metrics))
}

fn resource_routes(version: &str, resource: &'static Resource) -> Router<State> {
    let list = move |state: Extract<State>,
                     caller: Caller,
                     format: Format,
                     known: IfNoneMatch,
                     handling: RequestHandling,
                     query: RawQuery| {
        lists::list(state, caller, format, known, (query, handling), resource)
    };
    let retrieve = move |state: Extract<State>,
                         bearer: Bearer,
                         known: IfNoneMatch,
                         id: PathId,
                         handling: RequestHandling,
                         query: RawQuery| {
        lists::retrieve(state, bearer, known, id, (query, handling), resource)
    };
    let path = format!("/{version}/{}", resource.name);
    Router::new()
        .route(&path, get(list))
        .route(&format!("{path}/{{id}}"), get(retrieve))
        .layer(compression())
}

/// For a small answer it is not worth the headers.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN))
}

fn face_routes() -> Router<State> {
    let path = |name: &str| format!("/{FACE_RECOGNITION}/{name}");
    Router::new()
        .route(&path("liveness"), post(face_calls::liveness))
        .route(&path("liveness-score"), post(face_calls::liveness))
        .route(&path("compare"), post(face_calls::compare))
        .route(&path("compare/app-registration"), post(registration_faces::compare))
        .route(&path("compare-live"), post(face_calls::compare_live))
        .route(&path("compare-with-liveness"), post(face_calls::compare_with_liveness))
        .route(&path("detect"), post(person_calls::detect))
        .route(&path("liveness/demo"), post(face_calls::liveness))
        .route(&path("compare/demo"), post(face_calls::compare))
        .route(&path("detect/demo"), post(person_calls::detect))
        .route(&path("verify"), post(person_calls::verify))
        .route(&path("search"), post(person_calls::search))
        .route(&path("search/crops"), post(person_calls::search_crops))
        .route(&path("search-live-face"), post(person_calls::search_live_face))
        .route(&path("search-active-user"), post(person_calls::search_active_user))
        .route(&path("persons"), get(persons::list).post(persons::create))
        .route(&path("persons/search-live-face"), post(persons::create_live))
        .route(&path("persons/lookup"), get(persons::lookup))
        .route(
            &path("persons/{id}"),
            get(persons::retrieve).put(persons::change).delete(persons::delete),
        )
        .route(&path("collections"), get(collections::list).post(collections::create))
        .route(
            &path("collections/{id}"),
            get(collections::retrieve).put(collections::change).delete(collections::delete),
        )
}

fn lifecycle_routes() -> Router<State> {
    let mut router = Router::new();
    for (resource, versions) in DELETABLE {
        let delete_one = move |state: Extract<State>, bearer: Bearer, id: PathId| {
            deletes::delete(state, bearer, id, resource)
        };
        for version in versions {
            let path = format!("/{version}/{}/{{id}}", resource.name);
            router = router.route(&path, delete(delete_one));
        }
    }
    for version in ["v2", "v3"] {
        let path = |name: &str| format!("/{version}/{name}");
        router = router
            .route(&path("projects"), post(projects::create_project))
            .route(&path("projects/{id}"), put(projects::change_project))
            .route(&path("project-flows/{id}"), put(projects::change_flow));
    }
    router
        .route("/v2/projects/kyc", get(projects::kyc))
        .route("/v2/project-flows", post(projects::create_flow))
        .route("/v2/app-registrations", post(registrations::create))
        .route("/v2/app-registrations/me", get(registrations::me).post(registrations::me))
        .route("/v2/app-registrations/{id}", put(registrations::change))
        .route("/v2/app-registrations/{id}/sync", put(registrations::sync))
        .route("/v2/app-registrations/{id}/resend-link", post(registration_links::resend))
        .route("/v2/liveness-sessions", post(biometrics::open_session))
        .route("/v2/biometric-validations", post(biometrics::open))
        .route("/v2/biometric-validations/app-login", post(biometrics::open_for_login))
        .route(
            "/v2/biometric-validations/app-registration",
            post(biometrics::validate_registration),
        )
        .route("/v2/biometric-validations/unlock", post(login_locks::unlock))
        .route("/v2/biometric-validations/validate", post(biometrics::validate))
        .route("/v2/biometric-validations/{id}/validate", post(biometrics::validate_by_id))
        .route("/v2/biometric-validations/{id}/image", get(kept_pictures::face))
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
    ApiError::new(&INTERNAL, "Something went wrong on our side.").into_response()
}

fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            IDEMPOTENCY_KEY.clone(),
            header::IF_NONE_MATCH,
            PREFER.clone(),
        ])
        .expose_headers(EXPOSED.map(HeaderName::from_static));
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(AnyOrigin);
    }
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    layer.allow_origin(AllowOrigin::list(origins))
}
