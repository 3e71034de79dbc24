//! The caller's own client as a dashboard shows it: changed, its settings, its plans.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::resources::CLIENTS;

use super::calls::own_record;
use super::{CLIENT_IS_GONE, TAG, client_schema};
use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::lists::records::{Changes, RecordError};
use crate::http::answers::json as json_response;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, field_as, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::INVALID_PARAMETERS;
use crate::http::layers::access::Access;
use crate::http::layers::allowed::Allowed;
use crate::http::openapi::shapes::{id_schema, members, nothing};
use crate::http::operation::{Answer, Description, Operation};
use crate::http::path_id::PathId;
use crate::http::state::State;

pub static PROFILE_BODY: &[BodyField] = &[
    field_as(&CLIENTS, "name", Rule::Text(1, 200)),
    field_as(&CLIENTS, "company", Rule::Text(1, 200)),
    field_as(&CLIENTS, "language", Rule::Text(2, 8)),
    field_as(&CLIENTS, "phone", Rule::AnyPhone(40)).or_blank(),
    field_as(&CLIENTS, "countryCode", Rule::CountryCode),
    optional("email", Rule::AnyEmail(200), "Only what it is: the operator changes it."),
    optional("address", Rule::Text(1, 500), "Not stored: an error."),
    optional("avatar", Rule::Text(1, 10_000_000), "Not stored: an error."),
];

/// What the protocol documents and nothing here keeps.
const NOT_STORED: [&str; 2] = ["address", "avatar"];

pub fn operations() -> Vec<Operation> {
    let change = |path: &str, id: &str, access| {
        let summary = "Change the caller's client: what is not sent stays";
        let answer = Answer::data(client_schema());
        let described = Description::new(id, summary, TAG, access, answer);
        (path.to_owned(), described)
    };
    let (me, change_me) = change("/v2/clients/me", "change_own_client", Access::WRITE);
    let (one, change_one) = change("/v2/clients/{id}", "change_client", Access::WRITE);
    let changing = |operation: Operation| {
        operation.body(PROFILE_BODY, Purpose::Change, &INVALID_PARAMETERS).unknown(CLIENT_IS_GONE)
    };
    let reading = |path: &str, id: &str, summary: &str, schema| {
        let described = Description::new(id, summary, TAG, Access::CLIENT, Answer::data(schema));
        (path.to_owned(), described)
    };
    let settings = "The settings of the caller's client";
    let plans = "What the caller's client may use: everything";
    let (path, described) =
        reading("/v2/client-settings", "get_client_settings", settings, settings_schema());
    let list = Operation::get(path, own_settings, described).unknown(CLIENT_IS_GONE);
    let (path, described) = reading(
        "/v2/client-settings/{id}",
        "get_client_settings_by_id",
        settings,
        settings_schema(),
    );
    let one_settings = Operation::get(path, settings_of, described).unknown(CLIENT_IS_GONE);
    let enroll =
        reading("/v2/client-smart-enroll-plans", "list_enroll_plans", plans, plans_schema());
    let access =
        reading("/v2/client-smart-access-plans", "list_access_plans", plans, plans_schema());
    vec![
        changing(Operation::put(me, change_own, change_me)),
        changing(Operation::put(one, change_by_id, change_one))
            .id_doc("The id of the caller's client, or `me`."),
        list,
        one_settings.id_doc("The id of the caller's client."),
        Operation::get(enroll.0, enroll_plans, enroll.1).unknown(CLIENT_IS_GONE),
        Operation::get(access.0, access_plans, access.1).unknown(CLIENT_IS_GONE),
    ]
}

/// `PUT /v2/clients/me`.
pub async fn change_own(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    change(&state, &caller, &origin, &allowed, body).await
}

/// `PUT /v2/clients/{id}`: the caller's own client alone, whoever calls.
pub async fn change_by_id(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    require_own_id(&caller, &id)?;
    change(&state, &caller, &origin, &allowed, body).await
}

fn require_own_id(caller: &Caller, id: &PathId) -> Result<(), ApiError> {
    match id.sent() {
        Some(id) if id == caller.client() => Ok(()),
        _ => Err(ApiError::not_found(&CLIENTS)),
    }
}

async fn change(
    state: &State,
    caller: &Caller,
    origin: &Origin,
    allowed: &Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let mut sent = read(state, allowed, body, PROFILE_BODY, Purpose::Change).await?;
    for name in NOT_STORED {
        if sent.members.contains_key(name) {
            sent.wrong(name, "is not stored by this server: leave it out");
        }
    }
    check_email(state, caller, &mut sent).await?;
    let members = sent.finish(&INVALID_PARAMETERS)?.members;
    let of = (caller.client(), caller.client());
    let changed = state.app.change_record(&CLIENTS, of, Changes::of(members), origin).await;
    match changed {
        Err(RecordError::Gone) => return Err(ApiError::not_found(&CLIENTS)),
        changed => changed?,
    }
    let client = own_client(state, caller).await?;
    Ok(answer(&client))
}

/// Whoever has a token must not move the account to another address: the operator does.
async fn check_email(
    state: &State,
    caller: &Caller,
    sent: &mut CheckedBody,
) -> Result<(), ApiError> {
    let Some(wanted) = sent.text("email").map(str::to_owned) else { return Ok(()) };
    sent.members.remove("email");
    let client = own_client(state, caller).await?;
    let known = client["email"].as_str().unwrap_or_default();
    if !known.eq_ignore_ascii_case(&wanted) {
        sent.wrong("email", "is changed by the operator of this server alone");
    }
    Ok(())
}

async fn own_client(state: &State, caller: &Caller) -> Result<Value, ApiError> {
    let record = own_record(state, caller).await?;
    let mut client: Value = serde_json::from_slice(&record).map_err(|_| ApiError::internal())?;
    // Clients of the protocol read it; a secret is never shown.
    client["secretKey"] = Value::Null;
    Ok(client)
}

/// `GET /v2/client-settings`: with `findOne` and without, as there is one alone.
pub async fn own_settings(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Result<Response, ApiError> {
    Ok(answer(&settings(&own_client(&state, &caller).await?, &caller)))
}

/// `GET /v2/client-settings/{id}`.
pub async fn settings_of(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
) -> Result<Response, ApiError> {
    require_own_id(&caller, &id)?;
    Ok(answer(&settings(&own_client(&state, &caller).await?, &caller)))
}

fn settings(client: &Value, caller: &Caller) -> Value {
    json!({
        "_id": client["_id"],
        "client": client["_id"],
        // A sandbox is a client of its own: its tokens say so.
        "sandboxMode": caller.mode() == "sandbox",
        "language": client["language"],
        "createdAt": client["createdAt"],
        "updatedAt": client["updatedAt"],
    })
}

fn settings_schema() -> Value {
    let text = || json!({ "type": ["string", "null"] });
    members(json!({
        "_id": id_schema(), "client": id_schema(), "sandboxMode": { "type": "boolean" },
        "language": text(), "createdAt": text(), "updatedAt": text(),
    }))
}

/// `GET /v2/client-smart-enroll-plans`.
pub async fn enroll_plans(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Result<Response, ApiError> {
    Ok(answer(&plans(&own_client(&state, &caller).await?, "smart-enroll")))
}

/// `GET /v2/client-smart-access-plans`.
pub async fn access_plans(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Result<Response, ApiError> {
    Ok(answer(&plans(&own_client(&state, &caller).await?, "smart-access")))
}

/// One plan, without a limit and without an end: nothing is sold here.
fn plans(client: &Value, product: &str) -> Value {
    let code = format!("self-hosted-{product}");
    json!([{
        "_id": code,
        "client": client["_id"],
        "status": "active",
        "startDate": client["createdAt"],
        "endDate": null,
        "plan": {
            "_id": code, "code": code, "name": "Self-hosted", "amount": 0, "limit": null,
        },
    }])
}

fn plans_schema() -> Value {
    let text = || json!({ "type": "string" });
    let plan = members(json!({
        "_id": id_schema(), "code": text(), "name": text(), "amount": { "const": 0 },
        "limit": { "const": null, "description": "There is none." },
    }));
    let bought = members(json!({
        "_id": id_schema(), "client": id_schema(), "status": { "const": "active" },
        "startDate": { "type": ["string", "null"] }, "endDate": nothing(), "plan": plan,
    }));
    json!({ "type": "array", "items": bought })
}

fn answer(data: &Value) -> Response {
    json_response(json!({ "success": true, "data": data }).to_string().into_bytes())
}
