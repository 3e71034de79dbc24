//! What calls and pages share that make and change projects and their flows: bodies, and what becomes of them.

pub mod bodies;
pub mod errors;

use serde_json::{Map, Value};
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_domain::{Scope, Timestamp};
use verax_query::Tenant;

use self::errors::UNPROCESSABLE;
use super::body::checked::CheckedBody;
use super::error::ApiError;
use super::error_codes::INVALID_PARAMETERS;
use super::layers::allowed::require_own;
use super::state::State;
use crate::app::access::{Caller, SANDBOX};
use crate::app::journal::Origin;
use crate::app::lists::records::{Changes, RecordError};
use crate::app::projects::{DemoCode, FlowOrder, ProjectDone, ProjectOrder};

/// What a null takes away from a flow: where its records are sent, which is for who may make webhooks.
const CLEARED: &[&str] = &["webhookUrl"];
const ONBOARDING: &str = "onboarding";
const DIGITS: usize = 6;

/// Who makes or changes a project or a flow, and whose it is.
pub struct Author<'a> {
    pub caller: &'a Caller,
    /// The client: the caller's own, or for a member of the whole server that of the record.
    pub client: &'a str,
    pub origin: &'a Origin,
}

impl<'a> Author<'a> {
    /// A caller with a token, for records of its own client.
    pub fn of(caller: &'a Caller, origin: &'a Origin) -> Author<'a> {
        Author { caller, client: caller.client(), origin }
    }
}

/// A record that is changed.
pub struct Present<'a> {
    pub id: &'a str,
    /// When it last changed, as the author has read it: if it changed since, it is not found. `None`: whatever
    /// it was before.
    pub last_changed: Option<Timestamp>,
}

impl<'a> Present<'a> {
    /// The record with this id, whatever it was before.
    pub fn of(id: &'a str) -> Present<'a> {
        Present { id, last_changed: None }
    }
}

/// A project that was made or changed, and what is told of it to who may not read projects.
pub struct SavedProject {
    pub done: ProjectDone,
    pub told: Map<String, Value>,
}

/// Makes a project, with a flow in it or without.
///
/// # Errors
/// `UNPROCESSABLE` with all that is wrong; `FORBIDDEN` where it says where records are sent and the caller may
/// not.
pub async fn create_project(
    state: &State,
    author: &Author<'_>,
    sent: CheckedBody,
) -> Result<SavedProject, ApiError> {
    let (mut order, told) = order_project(state, author, sent).await?;
    order.members.entry("status").or_insert_with(|| "draft".into());
    order.members.entry("version").or_insert_with(|| 2.into());
    let done = state.app.create_project(author.client, order, author.origin).await?;
    Ok(SavedProject { done, told })
}

/// Changes a project: what is not sent stays, of the flow too.
///
/// # Errors
/// As [`create_project`]; the resource's 404.
pub async fn change_project(
    state: &State,
    author: &Author<'_>,
    present: Present<'_>,
    sent: CheckedBody,
) -> Result<SavedProject, ApiError> {
    let (mut order, told) = order_project(state, author, sent).await?;
    order.last_changed = present.last_changed;
    match state.app.change_project(author.client, present.id, order, author.origin).await {
        Err(RecordError::Gone) => Err(ApiError::not_found(&PROJECTS)),
        Err(error) => Err(error.into()),
        Ok(done) => Ok(SavedProject { done, told }),
    }
}

/// A flow that was made or changed, and what is told of it to who may not read flows.
pub struct SavedFlow {
    pub id: String,
    pub told: Map<String, Value>,
}

/// Makes a flow.
///
/// # Errors
/// `INVALID_PARAMETERS` with all that is wrong; `FORBIDDEN` as [`create_project`].
pub async fn create_flow(
    state: &State,
    author: &Author<'_>,
    sent: CheckedBody,
) -> Result<SavedFlow, ApiError> {
    require_webhooks(author.caller, &sent)?;
    let told = sent.members.clone();
    let mut members = look_up_project(state, author, sent).await?;
    members.entry("status").or_insert_with(|| "draft".into());
    members.entry("version").or_insert_with(|| 2.into());
    let (client, origin) = (author.client, author.origin);
    let id = state.app.create_record(&PROJECT_FLOWS, client, members, origin).await?;
    Ok(SavedFlow { id, told })
}

/// Changes a flow: what is not sent stays.
///
/// # Errors
/// As [`create_flow`]; the resource's 404.
pub async fn change_flow(
    state: &State,
    author: &Author<'_>,
    present: Present<'_>,
    sent: CheckedBody,
) -> Result<SavedFlow, ApiError> {
    require_webhooks(author.caller, &sent)?;
    let told = sent.members.clone();
    let cleared: Vec<&str> =
        sent.cleared.iter().copied().filter(|name| CLEARED.contains(name)).collect();
    let members = look_up_project(state, author, sent).await?;
    let (id, last_changed) = (present.id, present.last_changed);
    let (of, changes) =
        ((author.client, id), Changes { members, cleared: cleared.as_slice(), last_changed });
    match state.app.change_record(&PROJECT_FLOWS, of, changes, author.origin).await {
        Err(RecordError::Gone) => Err(ApiError::not_found(&PROJECT_FLOWS)),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(SavedFlow { id: id.to_owned(), told }),
    }
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
    author: &Author<'_>,
    mut sent: CheckedBody,
) -> Result<(ProjectOrder, Map<String, Value>), ApiError> {
    if let Some(wanted) = sent.text("assignedCollection") {
        match state.app.collection(author.client, wanted).await? {
            Some(known) => {
                sent.set("assignedCollection", known.id);
                sent.set("collectionCode", known.code);
            }
            None => sent.wrong("assignedCollection", "must be a collection of yours"),
        }
    }
    let demo_code = demo_code(author.caller, &mut sent);
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
        require_own(author.caller, Scope::WriteWebhooks)?;
    }
    for name in ["demoOTP", "projectFlow", "projectFlowType"] {
        members.remove(name);
    }
    Ok((ProjectOrder { members: members.clone(), flow, demo_code, last_changed: None }, members))
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
    author: &Author<'_>,
    mut sent: CheckedBody,
) -> Result<Map<String, Value>, ApiError> {
    let tenant = Tenant::Client(author.client.to_owned());
    if let Some(project) = sent.text("project")
        && state.app.find_record(&PROJECTS, &tenant, project).await?.is_none()
    {
        sent.wrong("project", "must be a project of yours");
    }
    Ok(sent.finish(&INVALID_PARAMETERS)?.members)
}
