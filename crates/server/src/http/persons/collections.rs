//! `/v2/face-recognition/collections`: the sets that persons are searched in.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value};
use verax_domain::resources::{COLLECTIONS, PROJECTS};
use verax_query::Audience;

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::lists::records::RecordError;
use crate::app::persons::collections::Collection;
use crate::http::answers::brief::brief;
use crate::http::answers::services::answer;
use crate::http::answers::{json as json_response, one};
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, field, field_as};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::layers::idempotency::about;
use crate::http::listing::calls::{list as list_records, record};
use crate::http::listing::streams::Format;
use crate::http::path_id::PathId;
use crate::http::persons::errors::invalid_collection;
use crate::http::state::State;

pub static COLLECTION_BODY: &[BodyField] = &[
    field_as(&COLLECTIONS, "name", Rule::Text(1, 200)).required(),
    field_as(&COLLECTIONS, "description", Rule::Text(1, 2000)),
    field(&COLLECTIONS, "project").doc("The project it belongs to."),
];

/// `POST …/collections`.
pub async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let given = read_members(&state, &caller, &allowed, body, Purpose::Create).await?;
    let told = given.clone();
    let id = state.app.create_collection(caller.client(), given, &origin).await?;
    Ok(about(&COLLECTIONS, &id, shown(&state, &caller, &id, &told).await?))
}

/// `GET …/collections`.
pub async fn list(
    state: Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    list_records(state, caller, format, known, (query, handling), &COLLECTIONS).await
}

/// `GET …/collections/{id}`, by its id or its code.
pub async fn retrieve(
    state: Extract<State>,
    caller: Caller,
    id: PathId,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    let existing = match id.sent() {
        Some(sent) => state.app.collection(caller.client(), sent).await?,
        None => None,
    };
    let id = id.or_named(existing.map(|existing| existing.id));
    let record = record(&state, &caller, id, (query, handling), &COLLECTIONS).await;
    let record = record.map_err(|error| error.if_not_found(invalid_collection))?;
    Ok(json_response(one(&state, Audience::Client, &COLLECTIONS, &record)))
}

/// `PUT …/collections/{id}`.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let known = existing(&state, &caller, id).await?;
    let given = read_members(&state, &caller, &allowed, body, Purpose::Change).await?;
    let told = given.clone();
    let changed = state.app.change_collection(caller.client(), &known, given, &origin).await;
    changed.map_err(gone)?;
    shown(&state, &caller, &known.id, &told).await
}

/// `DELETE …/collections/{id}`: answers what it was. Its persons stay.
pub async fn delete(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let known = existing(&state, &caller, id).await?;
    let response = shown(&state, &caller, &known.id, &Map::new()).await?;
    let deleted = state.app.delete_collection(caller.client(), &known.id, &origin).await;
    deleted.map_err(gone)?;
    Ok(response)
}

/// Somebody was faster with a deletion.
fn gone(error: RecordError) -> ApiError {
    match error {
        RecordError::Gone => invalid_collection(),
        error => error.into(),
    }
}

async fn existing(state: &State, caller: &Caller, id: PathId) -> Result<Collection, ApiError> {
    let Some(sent) = id.sent() else { return Err(invalid_collection()) };
    let known = state.app.collection(caller.client(), sent).await?;
    known.ok_or_else(invalid_collection)
}

async fn read_members(
    state: &State,
    caller: &Caller,
    allowed: &Allowed,
    body: Unread,
    purpose: Purpose,
) -> Result<Map<String, Value>, ApiError> {
    let mut sent = read(state, allowed, body, COLLECTION_BODY, purpose).await?;
    let project = sent.text("project").map(str::to_owned);
    if let Some(id) = project
        && state.app.whole_record(&PROJECTS, caller.client(), &id).await?.is_none()
    {
        sent.wrong("project", "must be the id of a project");
    }
    Ok(sent.finish(&MISSING_PARAMETER)?.members)
}

/// The whole record; to who may not read it, what was told of it.
async fn shown(
    state: &State,
    caller: &Caller,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Response, ApiError> {
    if !may_read(caller, COLLECTIONS.scopes) {
        return Ok(answer(state, brief(id, told)));
    }
    let record = state.app.whole_record(&COLLECTIONS, caller.client(), id).await?;
    Ok(answer(state, record.ok_or_else(invalid_collection)?))
}
