//! The envelope of services: a short code of the request, what was found, a signature.

use axum::response::Response;
use serde_json::{Value, json};

use crate::http::answers::json as json_response;
use crate::http::answers::signature::signature;
use crate::http::layers::idempotency::changes_nothing;
use crate::http::state::State;

/// The envelope of services: a short code of the request, what was found, a signature.
pub fn answer(state: &State, data: Value) -> Response {
    let text = signature(&state.app.config.now().signature, state.app.clock.now());
    let signature: Value = serde_json::from_str(&text).unwrap_or_default();
    let body = json!({
        "id": request_code(state.app.random.number()),
        "data": data,
        "signature": signature,
    });
    json_response(body.to_string().into_bytes())
}

/// The same of a call that changes nothing: a repetition is made again.
pub fn found(state: &State, data: Value) -> Response {
    changes_nothing(answer(state, data))
}

/// Five letters and digits.
fn request_code(mut number: u64) -> String {
    const SIGNS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut code = String::new();
    for _ in 0..5 {
        code.push(char::from(SIGNS[(number % 36) as usize]));
        number /= 36;
    }
    code
}
