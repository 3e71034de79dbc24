//! Webhooks: made, changed, deleted, tried, and their secrets.

use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::resources::{PROJECT_FLOWS, WEBHOOKS};
use verax_domain::webhook::is_event_pattern;
use verax_query::{Tenant, is_id};

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::webhooks::OVERLAP_HOURS_MAX;
use crate::http::answers::brief::brief;
use crate::http::answers::json as json_response;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, field, field_as, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::{INVALID_PARAMETERS, MISSING_PARAMETER, NOT_FOUND};
use crate::http::layers::admission::may_fetch;
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::idempotency::{about, changes_nothing};
use crate::http::path_id::PathId;
use crate::http::state::State;
use crate::http::webhooks::errors::NO_KEYS;

const FLOWS_MAX: usize = 100;

pub static WEBHOOK_BODY: &[BodyField] = &[
    field_as(&WEBHOOKS, "url", Rule::Webhook).required(),
    field_as(&WEBHOOKS, "name", Rule::Text(1, 120)),
    field_as(&WEBHOOKS, "description", Rule::Text(1, 500)),
    field(&WEBHOOKS, "isActive"),
    field_as(&WEBHOOKS, "projectFlow", Rule::Ids(FLOWS_MAX)).also("link"),
    field_as(&WEBHOOKS, "eventTypes", Rule::Texts),
    field(&WEBHOOKS, "format"),
    field(&WEBHOOKS, "payload"),
    field(&WEBHOOKS, "ordering"),
    field_as(&WEBHOOKS, "notification", Rule::Object(&[])),
];

pub static ROTATE_BODY: &[BodyField] = &[optional(
    "overlapHours",
    Rule::Integer(0, OVERLAP_HOURS_MAX),
    "How long the old secret signs too; 24.",
)];

pub static RECOVER_BODY: &[BodyField] =
    &[required("since", Rule::Time, "Events that happened before are left alone.")];

pub static TEST_BODY: &[BodyField] = &[
    required("url", Rule::Webhook, "The URL to call."),
    optional(
        "webhook",
        Rule::Id,
        "Sign as for this webhook; absent: as for the one with this URL.",
    ),
];

/// What a null takes away: all flows, and all types.
const CLEARED: [&str; 3] = ["projectFlow", "eventTypes", "description"];
const OVERLAP_HOURS: i64 = 24;

/// `POST /v2/webhooks`.
pub async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, WEBHOOK_BODY, Purpose::Create).await?;
    let members = look_up(&state, &caller, sent).await?.finish(&MISSING_PARAMETER)?.members;
    let told = members.clone();
    let id = state.app.create_webhook(caller.client(), members, &origin).await?;
    let mut record = shown(&state, &caller, &id, &told).await?;
    let endpoint = state.app.endpoint(caller.client(), &id).await?;
    let secret = state.app.webhook_secret(&endpoint).await?;
    let key = state.app.webhook_key(caller.client()).await?;
    record["secret"] = secret.to_text().as_str().into();
    record["publicKey"] = key.public_text().into();
    let mut response = data(&record);
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(&WEBHOOKS, &id, response))
}

/// `PUT /v2/webhooks/{id}`: what is not sent stays.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&WEBHOOKS)?;
    state.app.endpoint(caller.client(), &id).await?;
    let sent = read(&state, &allowed, body, WEBHOOK_BODY, Purpose::Change).await?;
    let cleared: Vec<&str> =
        sent.cleared.iter().copied().filter(|name| CLEARED.contains(name)).collect();
    let members = look_up(&state, &caller, sent).await?.finish(&INVALID_PARAMETERS)?.members;
    let told = members.clone();
    let change = (members, cleared.as_slice());
    state.app.change_webhook((caller.client(), &id), change, &origin).await?;
    Ok(data(&shown(&state, &caller, &id, &told).await?))
}

/// `DELETE /v2/webhooks/{id}`: the answer is the webhook as it was.
pub async fn delete(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&WEBHOOKS)?;
    let record = shown(&state, &caller, &id, &Map::new()).await?;
    state.app.delete_webhook((caller.client(), &id), &origin).await?;
    Ok(data(&record))
}

/// `GET /v2/webhooks/{id}/secret`. That it was shown is an event.
pub async fn secret(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&WEBHOOKS)?;
    let secret = state.app.show_webhook_secret(caller.client(), &id, &origin).await?;
    keys(&state, &caller, &secret.to_text()).await
}

/// `POST /v2/webhooks/{id}/rotate`.
pub async fn rotate(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&WEBHOOKS)?;
    let sent = read(&state, &allowed, body, ROTATE_BODY, Purpose::Change).await?;
    let members = sent.finish(&INVALID_PARAMETERS)?.members;
    let hours = members.get("overlapHours").and_then(Value::as_i64).unwrap_or(OVERLAP_HOURS);
    let secret = state.app.rotate_webhook_secret(caller.client(), &id, hours, &origin).await?;
    Ok(about(&WEBHOOKS, &id, keys(&state, &caller, &secret.to_text()).await?))
}

/// `POST /v2/webhooks/{id}/recover`.
pub async fn recover(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&WEBHOOKS)?;
    state.app.endpoint(caller.client(), &id).await?;
    let sent = read(&state, &allowed, body, RECOVER_BODY, Purpose::Create).await?;
    let since = sent.time("since");
    sent.finish(&INVALID_PARAMETERS)?;
    let since = since.ok_or_else(ApiError::internal)?;
    let recovered = state.app.recover_deliveries(caller.client(), &id, since).await?;
    Ok(about(&WEBHOOKS, &id, data(&json!({ "recovered": recovered }))))
}

/// `POST /v2/webhooks/test`.
pub async fn test(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let mut sent = read(&state, &allowed, body, TEST_BODY, Purpose::Create).await?;
    let endpoint = match sent.text("webhook") {
        Some(id) => match state.app.endpoint(caller.client(), id).await {
            Ok(endpoint) => Some(endpoint),
            Err(_) => {
                sent.wrong("webhook", "must be a webhook of yours");
                None
            }
        },
        None => None,
    };
    let members = sent.finish(&MISSING_PARAMETER)?.members;
    let url = members.get("url").and_then(Value::as_str).unwrap_or_default();
    let endpoint = match endpoint {
        Some(endpoint) => Some(endpoint),
        None => state.app.endpoint_at(caller.client(), url).await?,
    };
    // It waits for another server, as long as that takes.
    let _fetching = may_fetch(&state, &allowed)?;
    let tried = state.app.test_webhook(caller.client(), url, endpoint.as_ref()).await?;
    Ok(changes_nothing(data(&json!({
        "status": if tried.is_success { "success" } else { "fail" },
        "statusCode": tried.status_code,
        "message": tried.message,
        "body": tried.body,
    }))))
}

/// `GET /.well-known/webhooks/<client>.json`.
pub async fn key_set(
    Extract(state): Extract<State>,
    Path(file): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let unknown = || ApiError::new(&NOT_FOUND, NO_KEYS);
    let client = file.strip_suffix(".json").filter(|id| is_id(id)).ok_or_else(unknown)?;
    let key = state.app.published_webhook_key(client).await?.ok_or_else(unknown)?;
    Ok(Json(json!({ "keys": [key.jwk()] })))
}

async fn keys(state: &State, caller: &Caller, secret: &str) -> Result<Response, ApiError> {
    let key = state.app.webhook_key(caller.client()).await?;
    Ok(data(&json!({ "secret": secret, "publicKey": key.public_text() })))
}

/// What a body names must be the client's own, and types must be some that there are.
async fn look_up(
    state: &State,
    caller: &Caller,
    mut sent: CheckedBody,
) -> Result<CheckedBody, ApiError> {
    let tenant = Tenant::Client(caller.client().to_owned());
    let texts = |sent: &CheckedBody, name: &str| -> Vec<String> {
        let list = sent.members.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    for id in texts(&sent, "projectFlow") {
        if state.app.find_record(&PROJECT_FLOWS, &tenant, &id).await?.is_none() {
            sent.wrong("projectFlow", "must be flows of yours");
            break;
        }
    }
    let types = texts(&sent, "eventTypes");
    let is_empty = types.is_empty() && sent.members.contains_key("eventTypes");
    if is_empty || types.iter().any(|text| !is_event_pattern(text)) {
        let rule = "must be types of the reference of events, or `<resource>.*` \
                    (`biometric_validation.completed`, `app_login.*`); null: all";
        sent.wrong("eventTypes", rule);
    }
    Ok(sent)
}

/// The whole webhook; to who may not read it, what was told of it.
async fn shown(
    state: &State,
    caller: &Caller,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Value, ApiError> {
    if !may_read(caller, WEBHOOKS.scopes) {
        return Ok(brief(id, told));
    }
    let tenant = Tenant::Client(caller.client().to_owned());
    let record = state.app.find_record(&WEBHOOKS, &tenant, id).await?;
    record.ok_or_else(|| ApiError::not_found(&WEBHOOKS))
}

fn data(data: &Value) -> Response {
    json_response(json!({ "success": true, "data": data }).to_string().into_bytes())
}
