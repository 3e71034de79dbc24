//! Whether the process is alive, and whether the server can do its work.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::app::health::Unhealthy;
use crate::http::answers::json as json_response;
use crate::http::state::State;

/// The process is alive.
pub async fn healthz() -> Response {
    json_response(json!({ "status": "ok" }).to_string().into_bytes())
}

/// The server can do its work: the database takes writes, the clocks agree, keys and vault are those of
/// the database, there is space, and events get their numbers.
pub async fn readyz(Extract(state): Extract<State>) -> Response {
    let unhealthy = state.app.look_after_health().await.err();
    let body = match &unhealthy {
        None => {
            // For information: without models the server still keeps and lists records.
            let models = if state.app.faces.missing().is_empty() { "ok" } else { "missing" };
            json!({ "status": "ready", "checks": { "database": "ok", "models": models } })
        }
        Some(Unhealthy::Database) => {
            json!({ "status": "not_ready", "checks": { "database": "failed" } })
        }
        Some(Unhealthy::Clock) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "clock": "failed" } })
        }
        Some(Unhealthy::Vault) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "vault": "failed" } })
        }
        Some(Unhealthy::Space) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "space": "failed" } })
        }
        Some(Unhealthy::Journal) => {
            json!({ "status": "not_ready", "checks": { "database": "ok", "journal": "failed" } })
        }
    };
    let mut response = json_response(body.to_string().into_bytes());
    if unhealthy.is_some() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
