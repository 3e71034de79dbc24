//! Whether the server is well, and its numbers.

pub mod calls;
pub mod metrics;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::layers::access::Access;
use super::operation::{Answer, Description, Operation};

/// Also for a process that serves nothing else.
pub fn operations() -> Vec<Operation> {
    let described = |id, summary| {
        let well = Answer::json(health()).described("Yes");
        Description::new(id, summary, "health", Access::ANYBODY, well)
    };
    let unhealthy =
        || Answer::json(health()).with_status(StatusCode::SERVICE_UNAVAILABLE).described("Not now");
    vec![
        Operation::get(
            "/healthz",
            calls::healthz,
            described("get_health", "Whether the process is alive"),
        )
        .or_answer(unhealthy()),
        Operation::get(
            "/readyz",
            calls::readyz,
            described("get_readiness", "Whether the server can do its work"),
        )
        .or_answer(unhealthy()),
    ]
}

fn health() -> Value {
    json!({
        "type": "object",
        "required": ["status"],
        "properties": { "status": { "type": "string" }, "checks": { "type": "object" } },
    })
}
