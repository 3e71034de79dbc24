//! `/v2/face-recognition/collections`: the sets that persons are searched in.

use axum::extract::{Path, RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value};
use verax_domain::resources::{COLLECTIONS, PROJECTS};
use verax_query::Problem;
use verax_store::Collection;

use super::State;
use super::error::ApiError;
use super::face_body::{FaceBody, Needed};
use super::face_calls::{Sent, answer, read_body};
use super::face_errors::{FaceCaller, wrong_members};
use super::lists::{self, PathId};
use super::person_errors::{invalid_collection, require_write};

const NAME_CHARS_MAX: usize = 200;
const DESCRIPTION_CHARS_MAX: usize = 2000;

/// `POST …/collections`.
pub async fn create(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    sent: Sent,
) -> Result<Response, ApiError> {
    require_write(&caller)?;
    let said = read_members(&state, &caller, read_body(&state, sent)?, Needed::Required).await?;
    let id = state.app.create_collection(caller.0.client(), said).await?;
    shown(&state, &caller, &id).await
}

/// `GET …/collections`.
pub async fn list(
    state: Extract<State>,
    caller: FaceCaller,
    query: RawQuery,
) -> Result<Response, ApiError> {
    lists::list(state, caller.0, query, &COLLECTIONS).await
}

/// `GET …/collections/{id}`, by its id or its code.
pub async fn retrieve(
    state: Extract<State>,
    caller: FaceCaller,
    id: PathId,
    query: RawQuery,
) -> Result<Response, ApiError> {
    let id = match id {
        Ok(Path(sent)) => {
            let known = state.app.collection(caller.0.client(), &sent).await?;
            Ok(Path(known.map_or(sent, |known| known.id)))
        }
        bad => bad,
    };
    let record = lists::record(&state, &caller.0, id, query, &COLLECTIONS).await;
    let record = record.map_err(|error| error.if_not_found(invalid_collection))?;
    Ok(lists::json(lists::one(&state, &COLLECTIONS, &record)))
}

/// `PUT …/collections/{id}`.
pub async fn change(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    id: PathId,
    sent: Sent,
) -> Result<Response, ApiError> {
    require_write(&caller)?;
    let known = known(&state, &caller, id).await?;
    let said = read_members(&state, &caller, read_body(&state, sent)?, Needed::Optional).await?;
    state.app.change_collection(caller.0.client(), &known, said).await?;
    shown(&state, &caller, &known.id).await
}

/// `DELETE …/collections/{id}`: answers what it was. Its persons stay.
pub async fn delete(
    Extract(state): Extract<State>,
    caller: FaceCaller,
    id: PathId,
) -> Result<Response, ApiError> {
    require_write(&caller)?;
    let known = known(&state, &caller, id).await?;
    let response = shown(&state, &caller, &known.id).await?;
    state.app.delete_collection(caller.0.client(), &known.id).await?;
    Ok(response)
}

async fn known(state: &State, caller: &FaceCaller, id: PathId) -> Result<Collection, ApiError> {
    let Ok(Path(id)) = id else { return Err(invalid_collection()) };
    // PostgreSQL's text cannot hold it, so no collection is called so.
    if id.contains('\0') {
        return Err(invalid_collection());
    }
    let known = state.app.collection(caller.0.client(), &id).await?;
    known.ok_or_else(invalid_collection)
}

async fn read_members(
    state: &State,
    caller: &FaceCaller,
    mut body: FaceBody,
    name: Needed,
) -> Result<Map<String, Value>, ApiError> {
    let name = body.said("name", name, NAME_CHARS_MAX);
    let description = body.said("description", Needed::Optional, DESCRIPTION_CHARS_MAX);
    let project = body.id("project", Needed::Optional);
    body.finish()?;
    if let Some(id) = &project
        && state.app.whole_record(&PROJECTS, caller.0.client(), id).await?.is_none()
    {
        let message = "\"project\" must be the id of a project".to_owned();
        return Err(wrong_members(vec![Problem { parameter: "project".to_owned(), message }]));
    }
    let said = [("name", name), ("description", description), ("project", project)];
    let said =
        said.into_iter().filter_map(|(member, text)| Some((member.to_owned(), text?.into())));
    Ok(said.collect())
}

async fn shown(state: &State, caller: &FaceCaller, id: &str) -> Result<Response, ApiError> {
    let record = state.app.whole_record(&COLLECTIONS, caller.0.client(), id).await?;
    Ok(answer(state, record.ok_or_else(invalid_collection)?))
}
