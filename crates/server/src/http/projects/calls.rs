//! Projects and their flows: made and changed.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::{Audience, Resource, Tenant};

use crate::app::access::{Caller, SANDBOX};
use crate::app::journal::Origin;
use crate::http::answers::brief::brief;
use crate::http::answers::{json as json_response, one};
use crate::http::body::reading::read;
use crate::http::body::table::Purpose;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::project_service::bodies::{FLOW_BODY, PROJECT_BODY};
use crate::http::project_service::{self, Author, Present, SavedFlow, SavedProject};
use crate::http::state::State;

/// `POST /v2/projects` and `/v3/projects`, with a flow in it or without.
pub async fn create_project(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, PROJECT_BODY, Purpose::Create).await?;
    let saved =
        project_service::create_project(&state, &Author::of(&caller, &origin), sent).await?;
    let mut response = shown_project(&state, &caller, &saved).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(&PROJECTS, &saved.done.id, response))
}

/// `PUT …/projects/{id}`: what is not sent stays, of the flow too.
pub async fn change_project(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = own(&state, &caller, id, &PROJECTS).await?;
    let sent = read(&state, &allowed, body, PROJECT_BODY, Purpose::Change).await?;
    let author = Author::of(&caller, &origin);
    let saved = project_service::change_project(&state, &author, Present::of(&id), sent).await?;
    shown_project(&state, &caller, &saved).await
}

/// `POST /v2/project-flows`.
pub async fn create_flow(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, FLOW_BODY, Purpose::Create).await?;
    let saved = project_service::create_flow(&state, &Author::of(&caller, &origin), sent).await?;
    let id = saved.id.clone();
    let mut response = shown_flow(&state, &caller, saved).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(&PROJECT_FLOWS, &id, response))
}

/// `PUT …/project-flows/{id}`: what is not sent stays.
pub async fn change_flow(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = own(&state, &caller, id, &PROJECT_FLOWS).await?;
    let sent = read(&state, &allowed, body, FLOW_BODY, Purpose::Change).await?;
    let author = Author::of(&caller, &origin);
    let saved = project_service::change_flow(&state, &author, Present::of(&id), sent).await?;
    shown_flow(&state, &caller, saved).await
}

/// The id of a record of this client.
async fn own(
    state: &State,
    caller: &Caller,
    id: PathId,
    resource: &'static Resource,
) -> Result<String, ApiError> {
    let id = id.of(resource)?;
    let tenant = Tenant::Client(caller.client().to_owned());
    let found = state.app.find_record(resource, &tenant, &id).await?;
    found.map(|_| id).ok_or_else(|| ApiError::not_found(resource))
}

/// The whole project, with the flow that was made or changed with it, and the code of its trials: no
/// other answer has that.
async fn shown_project(
    state: &State,
    caller: &Caller,
    SavedProject { done, told }: &SavedProject,
) -> Result<Response, ApiError> {
    let record = whole(state, caller, &PROJECTS, &done.id, told).await?;
    let Some(mut record) = record else { return Err(ApiError::not_found(&PROJECTS)) };
    if let Some(flow) = &done.flow {
        let flow = whole(state, caller, &PROJECT_FLOWS, flow, &Map::new()).await?;
        record["projectFlows"] = Value::from(Vec::from_iter(flow));
    }
    if caller.mode() == SANDBOX && may_read(caller, PROJECTS.scopes) && record["demoMode"] == true {
        record["demoOTP"] = state.app.demo_otp(caller.client(), &done.id).await?.into();
    }
    let record = record.to_string();
    Ok(json_response(one(state, Audience::Client, &PROJECTS, record.as_bytes())))
}

async fn shown_flow(
    state: &State,
    caller: &Caller,
    SavedFlow { id, told }: SavedFlow,
) -> Result<Response, ApiError> {
    let record = whole(state, caller, &PROJECT_FLOWS, &id, &told).await?;
    let record = record.ok_or_else(|| ApiError::not_found(&PROJECT_FLOWS))?.to_string();
    Ok(json_response(one(state, Audience::Client, &PROJECT_FLOWS, record.as_bytes())))
}

/// The whole record; to who may not read it, what was told of it.
async fn whole(
    state: &State,
    caller: &Caller,
    resource: &'static Resource,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Option<Value>, ApiError> {
    if !may_read(caller, resource.scopes) {
        return Ok(Some(brief(id, told)));
    }
    let tenant = Tenant::Client(caller.client().to_owned());
    Ok(state.app.find_record(resource, &tenant, id).await?)
}
