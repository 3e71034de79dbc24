//! Deliveries of events: listed, with what was sent and answered, and sent again.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::resources::{self, WEBHOOK_EVENTS};
use verax_query::{Query, Tenant};

use crate::app::access::Caller;
use crate::app::webhooks::{Attempt, WebhookError};
use crate::http::answers::brief::brief;
use crate::http::answers::json as json_response;
use crate::http::error::ApiError;
use crate::http::layers::allowed::may_read;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::layers::idempotency::about;
use crate::http::listing::calls::{list as list_resource, record, short};
use crate::http::listing::streams::Format;
use crate::http::path_id::PathId;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

/// `GET /v2/webhook-events`.
pub async fn list(
    state: Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    list_resource(state, caller, format, known, (query, handling), &WEBHOOK_EVENTS).await
}

/// `GET /v2/webhook-events/{id}`, with the bodies for as long as they are kept.
pub async fn retrieve(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let is_same = |part: &&str| {
        decoded(part).is_some_and(|(name, value)| name == "allSameEvents" && value == "true")
    };
    let wants_same = parts(&raw).any(|part| is_same(&part));
    let others = |part: &&str| decoded(part).is_none_or(|(name, _)| name != "allSameEvents");
    let raw = parts(&raw).filter(others).collect::<Vec<_>>().join("&");
    let sent = id.sent().unwrap_or_default().to_owned();
    let found = record(&state, &caller, id, (RawQuery(Some(raw)), handling), &WEBHOOK_EVENTS);
    let mut found: Value =
        serde_json::from_slice(&found.await?).map_err(|_| ApiError::internal())?;
    // What is shown may be a part of it.
    let whole = state.app.find_record(&WEBHOOK_EVENTS, &caller.tenant(), &sent).await?;
    let whole = whole.ok_or_else(|| ApiError::not_found(&WEBHOOK_EVENTS))?;
    let text = |name: &str| whole[name].as_str().unwrap_or_default().to_owned();
    let (id, client, event) = (text("_id"), text("client"), text("event"));
    // Who may not see the record does not see it here either.
    let readable = resources::by_name(&text("resource"))
        .is_some_and(|resource| may_read(&caller, resource.scopes));
    let delivery = state.app.delivery_details(&client, &id).await?;
    found["attemptLog"] = delivery.attempts.iter().map(attempt_json).collect();
    if readable && let Some(bodies) = delivery.bodies {
        found["body"] = serde_json::from_str(&bodies.request).unwrap_or(Value::Null);
        let response = found.get_mut("response").and_then(Value::as_object_mut);
        if let (Some(answer), Some(response)) = (bodies.response, response) {
            response.insert("body".to_owned(), answer.into());
        }
    }
    if wants_same {
        found["sameEvents"] = same_events(&state, &client, &event).await?;
    }
    Ok(json_response(json!({ "success": true, "data": found }).to_string().into_bytes()))
}

fn attempt_json(attempt: &Attempt) -> Value {
    let mut shown = json!({
        "number": attempt.number,
        "at": attempt.at.to_string(),
        "milliseconds": attempt.ms,
    });
    if let Some(code) = attempt.status_code {
        shown["statusCode"] = code.into();
    }
    if let Some(error) = &attempt.error {
        shown["error"] = error.as_str().into();
    }
    if let Some(headers) = &attempt.headers {
        shown["headers"] = serde_json::from_str(headers).unwrap_or_default();
    }
    shown
}

async fn same_events(state: &State, client: &str, event: &str) -> Result<Value, ApiError> {
    let raw = format!("where_event={event}&limit=100&skipTotal=true");
    let query = Query::parse(&WEBHOOK_EVENTS, &raw).map_err(ApiError::invalid)?;
    let listing = state.app.page(&query, &Tenant::Client(client.to_owned())).await?;
    let rows = [b"[".as_slice(), &listing.rows, b"]"].concat();
    serde_json::from_slice(&rows).map_err(|_| ApiError::internal())
}

/// `PUT /v2/webhook-events/{id}/resend`: the answer is the new delivery.
pub async fn resend(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&WEBHOOK_EVENTS)?;
    let new = state.app.resend_delivery(caller.client(), &id).await;
    let new = new.map_err(|error| match error {
        WebhookError::Gone => ApiError::not_found(&WEBHOOK_EVENTS),
        error => error.into(),
    })?;
    let tenant = Tenant::Client(caller.client().to_owned());
    let record = match may_read(&caller, WEBHOOK_EVENTS.scopes) {
        true => state.app.find_record(&WEBHOOK_EVENTS, &tenant, &new).await?,
        false => Some(brief(&new, &Map::new())),
    };
    let body = json!({ "success": true, "data": record }).to_string().into_bytes();
    Ok(about(&WEBHOOK_EVENTS, &new, json_response(body)))
}
