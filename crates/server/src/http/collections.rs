//! `/v2/face-recognition/collections`: the sets that persons are searched in.

use axum::extract::{Path, RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value};
use verax_domain::resources::{COLLECTIONS, PROJECTS};
use verax_query::Audience;
use verax_store::{Collection, StoreError};

use super::State;
use super::authorize::{Allowed, may_read};
use super::body::{Member, Purpose, Rule, Unread, optional, read, required};
use super::brief::brief;
use super::caching::IfNoneMatch;
use super::error::{ApiError, MISSING_PARAMETER};
use super::face_calls::answer;
use super::face_errors::FaceCaller;
use super::handling::RequestHandling;
use super::idempotency::about;
use super::lists::{self, PathId};
use super::person_errors::{invalid_collection, require_write};
use super::streams::Format;
use crate::app::records::DeleteError;

pub static COLLECTION_BODY: &[Member] = &[
    required("name", Rule::Text(1, 200), "Its name."),
    optional("description", Rule::Text(1, 2000), "What it is for."),
    optional("project", Rule::Id, "The project it belongs to."),
];

/// `POST …/collections`.
pub async fn create(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    body: Unread,
) -> Result<Response, ApiError> {
    let allowed = require_write(&caller)?;
    let said = read_members(&state, &caller, &allowed, body, Purpose::Create).await?;
    let told = said.clone();
    let id = state.app.create_collection(caller.0.client(), said).await?;
    Ok(about(&COLLECTIONS, &id, shown(&state, &caller, &id, &told).await?))
}

/// `GET …/collections`.
pub async fn list(
    state: Extract<State>,
    caller: FaceCaller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    lists::list(state, caller.0, format, known, (query, handling), &COLLECTIONS).await
}

/// `GET …/collections/{id}`, by its id or its code.
pub async fn retrieve(
    state: Extract<State>,
    caller: FaceCaller,
    id: PathId,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    let id = match id {
        Ok(Path(sent)) => {
            let known = state.app.collection(caller.0.client(), &sent).await?;
            Ok(Path(known.map_or(sent, |known| known.id)))
        }
        bad => bad,
    };
    let record = lists::record(&state, &caller.0, id, (query, handling), &COLLECTIONS).await;
    let record = record.map_err(|error| error.if_not_found(invalid_collection))?;
    Ok(lists::json(lists::one(&state, Audience::Client, &COLLECTIONS, &record)))
}

/// `PUT …/collections/{id}`.
pub async fn change(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let allowed = require_write(&caller)?;
    let known = known(&state, &caller, id).await?;
    let said = read_members(&state, &caller, &allowed, body, Purpose::Change).await?;
    let told = said.clone();
    let changed = state.app.change_collection(caller.0.client(), &known, said).await;
    changed.map_err(gone)?;
    shown(&state, &caller, &known.id, &told).await
}

/// `DELETE …/collections/{id}`: answers what it was. Its persons stay.
pub async fn delete(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    id: PathId,
) -> Result<Response, ApiError> {
    require_write(&caller)?;
    let known = known(&state, &caller, id).await?;
    let response = shown(&state, &caller, &known.id, &Map::new()).await?;
    match state.app.delete_collection(caller.0.client(), &known.id).await {
        Ok(()) => Ok(response),
        Err(DeleteError::Store(error)) => Err(gone(error)),
        Err(DeleteError::Vault(error)) => Err(error.into()),
    }
}

/// Somebody was faster with a deletion.
fn gone(error: StoreError) -> ApiError {
    match error {
        StoreError::Conflict => invalid_collection(),
        error => error.into(),
    }
}

async fn known(state: &State, caller: &FaceCaller, id: PathId) -> Result<Collection, ApiError> {
    let Ok(Path(id)) = id else { return Err(invalid_collection()) };
    let known = state.app.collection(caller.0.client(), &id).await?;
    known.ok_or_else(invalid_collection)
}

async fn read_members(
    state: &State,
    caller: &FaceCaller,
    allowed: &Allowed,
    body: Unread,
    purpose: Purpose,
) -> Result<Map<String, Value>, ApiError> {
    let mut sent = read(state, allowed, body, COLLECTION_BODY, purpose).await?;
    let project = sent.text("project").map(str::to_owned);
    if let Some(id) = project
        && state.app.whole_record(&PROJECTS, caller.0.client(), &id).await?.is_none()
    {
        sent.wrong("project", "must be the id of a project");
    }
    Ok(sent.finish(&MISSING_PARAMETER)?.members)
}

/// The whole record; to who may not read it, what was told of it.
async fn shown(
    state: &State,
    caller: &FaceCaller,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Response, ApiError> {
    if !may_read(&caller.0, COLLECTIONS.scopes) {
        return Ok(answer(state, brief(id, told)));
    }
    let record = state.app.whole_record(&COLLECTIONS, caller.0.client(), id).await?;
    Ok(answer(state, record.ok_or_else(invalid_collection)?))
}
