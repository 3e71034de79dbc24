//! Projects and their flows: made and changed.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use verax_domain::Scope;
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::{Audience, Resource, Tenant};

use crate::app::access::{Caller, SANDBOX};
use crate::app::journal::Origin;
use crate::app::lists::records::RecordError;
use crate::app::projects::{DemoCode, FlowOrder, ProjectDone, ProjectOrder};
use crate::http::answers::brief::brief;
use crate::http::answers::{json as json_response, one};
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::Purpose;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::INVALID_PARAMETERS;
use crate::http::layers::allowed::{Allowed, may_read, require_own};
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::projects::bodies::{FLOW_BODY, PROJECT_BODY};
use crate::http::projects::errors::UNPROCESSABLE;
use crate::http::state::State;

/// What a null takes away from a flow: where its records are sent, which is for who may make webhooks.
const CLEARED: &[&str] = &["webhookUrl"];
const ONBOARDING: &str = "onboarding";
const DIGITS: usize = 6;

/// `POST /v2/projects` and `/v3/projects`, with a flow in it or without.
pub async fn create_project(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, PROJECT_BODY, Purpose::Create).await?;
    let (mut order, told) = order_project(&state, &caller, sent).await?;
    order.members.entry("status").or_insert_with(|| "draft".into());
    order.members.entry("version").or_insert_with(|| 2.into());
    let done = state.app.create_project(caller.client(), order, &origin).await?;
    let mut response = shown_project(&state, &caller, &done, told).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(&PROJECTS, &done.id, response))
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
    let (order, told) = order_project(&state, &caller, sent).await?;
    match state.app.change_project(caller.client(), &id, order, &origin).await {
        Err(RecordError::Gone) => Err(ApiError::not_found(&PROJECTS)),
        Err(error) => Err(error.into()),
        Ok(done) => shown_project(&state, &caller, &done, told).await,
    }
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
    require_webhooks(&caller, &sent)?;
    let told = sent.members.clone();
    let mut members = look_up_project(&state, &caller, sent).await?;
    members.entry("status").or_insert_with(|| "draft".into());
    members.entry("version").or_insert_with(|| 2.into());
    let id = state.app.create_record(&PROJECT_FLOWS, caller.client(), members, &origin).await?;
    let mut response = shown(&state, &caller, &PROJECT_FLOWS, &id, told).await?;
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
    require_webhooks(&caller, &sent)?;
    let told = sent.members.clone();
    let cleared: Vec<&str> =
        sent.cleared.iter().copied().filter(|name| CLEARED.contains(name)).collect();
    let members = look_up_project(&state, &caller, sent).await?;
    let of = (caller.client(), id.as_str());
    let changed = state.app.change_record(&PROJECT_FLOWS, of, (members, &cleared), &origin).await;
    match changed {
        Err(RecordError::Gone) => Err(ApiError::not_found(&PROJECT_FLOWS)),
        Err(error) => Err(error.into()),
        Ok(()) => shown(&state, &caller, &PROJECT_FLOWS, &id, told).await,
    }
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

fn require_webhooks(caller: &Caller, sent: &CheckedBody) -> Result<(), ApiError> {
    let sends = |name: &&str| sent.members.contains_key(*name) || sent.cleared.contains(name);
    if CLEARED.iter().any(sends) {
        require_own(caller, Scope::WriteWebhooks)?;
    }
    Ok(())
}

/// What a body says of a project, and what of it is told to who may not read projects. What it names must
/// be the client's own.
async fn order_project(
    state: &State,
    caller: &Caller,
    mut sent: CheckedBody,
) -> Result<(ProjectOrder, Map<String, Value>), ApiError> {
    if let Some(wanted) = sent.text("assignedCollection") {
        match state.app.collection(caller.client(), wanted).await? {
            Some(known) => {
                sent.set("assignedCollection", known.id);
                sent.set("collectionCode", known.code);
            }
            None => sent.wrong("assignedCollection", "must be a collection of yours"),
        }
    }
    let demo_code = demo_code(caller, &mut sent);
    let kind = sent.text("projectFlowType").map(str::to_owned);
    let flow = match sent.members.get("projectFlow") {
        Some(Value::Object(members)) => Some(members.clone()),
        _ => None,
    };
    let flow = flow.map(|mut members| {
        let own = members.remove("type").and_then(|it| it.as_str().map(str::to_owned));
        if let (Some(own), Some(kind)) = (&own, &kind)
            && own != kind
        {
            sent.wrong("projectFlowType", "must be the type of projectFlow");
        }
        let mut defaults = Map::new();
        defaults.insert("status".to_owned(), "draft".into());
        let version = sent.members.get("version").cloned();
        defaults.insert("version".to_owned(), version.unwrap_or_else(|| 2.into()));
        FlowOrder { kind: own.or(kind).unwrap_or_else(|| ONBOARDING.to_owned()), members, defaults }
    });
    let mut members = sent.finish(&UNPROCESSABLE)?.members;
    if flow.as_ref().is_some_and(|it| CLEARED.iter().any(|name| it.members.contains_key(*name))) {
        require_own(caller, Scope::WriteWebhooks)?;
    }
    for name in ["demoOTP", "projectFlow", "projectFlowType"] {
        members.remove(name);
    }
    Ok((ProjectOrder { members: members.clone(), flow, demo_code }, members))
}

/// What a body says of the code of trials. A live client's would open the sign-up of everybody who knows
/// six digits.
fn demo_code(caller: &Caller, sent: &mut CheckedBody) -> DemoCode {
    let is_sandbox = caller.mode() == SANDBOX;
    match sent.text("demoOTP").map(str::to_owned) {
        Some(_) if !is_sandbox => {
            sent.wrong("demoOTP", "is for projects of a sandbox alone: use its client's token");
            DemoCode::Unchanged
        }
        Some(code) if code.len() == DIGITS && code.bytes().all(|it| it.is_ascii_digit()) => {
            DemoCode::Set(code)
        }
        Some(_) => {
            sent.wrong("demoOTP", "must be six digits");
            DemoCode::Unchanged
        }
        None if is_sandbox && sent.flag("demoMode") => DemoCode::Needed,
        None => DemoCode::Unchanged,
    }
}

/// What a body names must be the client's own.
async fn look_up_project(
    state: &State,
    caller: &Caller,
    mut sent: CheckedBody,
) -> Result<Map<String, Value>, ApiError> {
    let tenant = Tenant::Client(caller.client().to_owned());
    if let Some(project) = sent.text("project")
        && state.app.find_record(&PROJECTS, &tenant, project).await?.is_none()
    {
        sent.wrong("project", "must be a project of yours");
    }
    Ok(sent.finish(&INVALID_PARAMETERS)?.members)
}

/// The whole project, with the flow that was made or changed with it, and the code of its trials: no
/// other answer has that.
async fn shown_project(
    state: &State,
    caller: &Caller,
    done: &ProjectDone,
    told: Map<String, Value>,
) -> Result<Response, ApiError> {
    let record = whole(state, caller, &PROJECTS, &done.id, told).await?;
    let Some(mut record) = record else { return Err(ApiError::not_found(&PROJECTS)) };
    if let Some(flow) = &done.flow {
        let flow = whole(state, caller, &PROJECT_FLOWS, flow, Map::new()).await?;
        record["projectFlows"] = Value::from(Vec::from_iter(flow));
    }
    if caller.mode() == SANDBOX && may_read(caller, PROJECTS.scopes) && record["demoMode"] == true {
        record["demoOTP"] = state.app.demo_otp(caller.client(), &done.id).await?.into();
    }
    let record = record.to_string();
    Ok(json_response(one(state, Audience::Client, &PROJECTS, record.as_bytes())))
}

async fn shown(
    state: &State,
    caller: &Caller,
    resource: &'static Resource,
    id: &str,
    told: Map<String, Value>,
) -> Result<Response, ApiError> {
    let record = whole(state, caller, resource, id, told).await?;
    let record = record.ok_or_else(|| ApiError::not_found(resource))?.to_string();
    Ok(json_response(one(state, Audience::Client, resource, record.as_bytes())))
}

/// The whole record; to who may not read it, what was told of it.
async fn whole(
    state: &State,
    caller: &Caller,
    resource: &'static Resource,
    id: &str,
    told: Map<String, Value>,
) -> Result<Option<Value>, ApiError> {
    if !may_read(caller, resource.scopes) {
        return Ok(Some(brief(id, &told)));
    }
    let tenant = Tenant::Client(caller.client().to_owned());
    Ok(state.app.find_record(resource, &tenant, id).await?)
}
