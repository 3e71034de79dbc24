//! What describes the server: its API, its health, its numbers.

use std::sync::LazyLock;

use axum::extract::{Path, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::State;
use super::error::{ApiError, NOT_FOUND};
use super::lists::{PathId, json as json_response};
use super::openapi::document;
use super::swagger_ui;
use crate::app::health::Unwell;

/// It is the same for everybody, who need no token for it: made once.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

pub async fn openapi() -> Response {
    let mut response = json_response(DOCUMENT.clone().into_bytes());
    let public = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(header::CACHE_CONTROL, public);
    response
}

pub async fn to_docs() -> Redirect {
    Redirect::permanent("/docs/")
}

pub async fn docs_index() -> Response {
    asset("index.html").await
}

pub async fn docs(file: PathId) -> Response {
    let file = file.map(|Path(file)| file).unwrap_or_default();
    asset(&file).await
}

/// The files of Swagger UI are in the binary: the page loads nothing from elsewhere.
async fn asset(name: &str) -> Response {
    let Some((media_type, bytes)) = swagger_ui::file(name).await else {
        return ApiError::new(&NOT_FOUND, "There is no such page.").into_response();
    };
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
                  img-src 'self' data:; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, bytes).into_response()
}

/// The process is alive.
pub async fn healthz() -> Response {
    json_response(json!({ "status": "ok" }).to_string().into_bytes())
}

/// The server can do its work: the database takes writes, the clocks agree, keys and vault are those of
/// the database, and there is space.
pub async fn readyz(Extract(state): Extract<State>) -> Response {
    let unwell = state.app.look_after_health().await.err();
    let body = match &unwell {
        None => {
            // For information: without models the server still keeps and lists records.
            let models = if state.app.faces.missing().is_empty() { "ok" } else { "missing" };
            json!({ "status": "ready", "checks": { "database": "ok", "models": models } })
        }
        Some(Unwell::Database) => {
            json!({ "status": "not_ready", "checks": { "database": "failed" } })
        }
        Some(Unwell::Clock) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "clock": "failed" } })
        }
        Some(Unwell::Vault) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "vault": "failed" } })
        }
        Some(Unwell::Space) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "space": "failed" } })
        }
    };
    let mut response = json_response(body.to_string().into_bytes());
    if unwell.is_some() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
