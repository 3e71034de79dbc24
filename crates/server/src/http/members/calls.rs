//! Members: invited, changed, deleted, by whoever may in the name of their client.

use axum::extract::{RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::resources::PROJECT_MEMBERS;
use verax_domain::role::{MemberStatus, Role};
use verax_query::{Ignored, Tenant};

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::members::invitations::{InvitationLink, Invite};
use crate::http::answers::json as json_response;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, field, field_as, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::{INVALID_PARAMETERS, MISSING_PARAMETER};
use crate::http::layers::allowed::Allowed;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::layers::idempotency::about;
use crate::http::listing::calls::{self, short};
use crate::http::listing::streams::Format;
use crate::http::path_id::PathId;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

pub static INVITE_BODY: &[BodyField] = &[
    field_as(&PROJECT_MEMBERS, "email", Rule::Email).required(),
    field(&PROJECT_MEMBERS, "role").required(),
    field_as(&PROJECT_MEMBERS, "name", Rule::Text(1, 120)),
];

const BY_PROJECT: &str = "where_project";
const ACTIVE: &str = "active";
const DISABLED: &str = "disabled";

pub static CHANGE_BODY: &[BodyField] = &[
    field(&PROJECT_MEMBERS, "role"),
    optional(
        "status",
        Rule::Word(&[ACTIVE, DISABLED]),
        "`disabled`: cannot sign in, and is signed out; `active`: can again.",
    ),
];

/// `GET /v2/project-members`.
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let is_project = |part: &&str| decoded(part).is_some_and(|(name, _)| name == BY_PROJECT);
    if parts(&raw).any(|part| is_project(&part)) {
        // A dashboard asks for the members of a project. Here they are those of its client.
        let hint = Some("members belong to the client".to_owned());
        let problems = handling.note([Ignored { parameter: BY_PROJECT.to_owned(), hint }]);
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems));
        }
    }
    let raw: Vec<&str> = parts(&raw).filter(|part| !is_project(part)).collect();
    let raw = RawQuery(Some(raw.join("&")));
    calls::list(Extract(state), caller, format, known, (raw, handling), &PROJECT_MEMBERS).await
}

/// `POST /v2/project-members`.
pub async fn invite(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, INVITE_BODY, Purpose::Create).await?;
    let sent = sent.finish(&MISSING_PARAMETER)?;
    let role = sent.text("role").and_then(Role::from_word).ok_or_else(ApiError::internal)?;
    let email = sent.text("email").unwrap_or_default();
    let invite = Invite { client: Some(caller.client()), email, name: sent.text("name"), role };
    let link = state.app.invite_member(invite, &origin).await?;
    let mut response = with_link(&state, &caller, &link).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(&PROJECT_MEMBERS, &link.member, response))
}

/// `POST /v2/project-members/{id}/invitation`.
pub async fn invite_again(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&PROJECT_MEMBERS)?;
    body.ignore(&state, &allowed).await?;
    let link = state.app.invite_again((caller.client(), &id), &origin).await?;
    Ok(about(&PROJECT_MEMBERS, &id, with_link(&state, &caller, &link).await?))
}

/// `PUT /v2/project-members/{id}`: what is not sent stays.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&PROJECT_MEMBERS)?;
    let key = (caller.client(), id.as_str());
    state.app.member(key).await?;
    let sent = read(&state, &allowed, body, CHANGE_BODY, Purpose::Change).await?;
    let sent = sent.finish(&INVALID_PARAMETERS)?;
    if let Some(role) = sent.text("role").and_then(Role::from_word) {
        state.app.change_role(key, role, &origin).await?;
    }
    match sent.text("status").and_then(MemberStatus::from_word) {
        Some(MemberStatus::Active) => state.app.enable_member(key, &origin).await?,
        Some(MemberStatus::Disabled) => state.app.disable_member(key, &origin).await?,
        _ => {}
    }
    Ok(data(&shown(&state, &caller, &id).await?))
}

/// `DELETE /v2/project-members/{id}`: the answer is the member as it was.
pub async fn delete(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&PROJECT_MEMBERS)?;
    let record = shown(&state, &caller, &id).await?;
    state.app.delete_member((caller.client(), &id), &origin).await?;
    Ok(data(&record))
}

async fn with_link(
    state: &State,
    caller: &Caller,
    link: &InvitationLink,
) -> Result<Response, ApiError> {
    let mut record = shown(state, caller, &link.member).await?;
    record["invitation"] = json!({ "url": link.url, "expiresAt": link.expires_at.to_string() });
    Ok(data(&record))
}

async fn shown(state: &State, caller: &Caller, id: &str) -> Result<Value, ApiError> {
    let tenant = Tenant::Client(caller.client().to_owned());
    let record = state.app.find_record(&PROJECT_MEMBERS, &tenant, id).await?;
    record.ok_or_else(|| ApiError::not_found(&PROJECT_MEMBERS))
}

fn data(data: &Value) -> Response {
    json_response(json!({ "success": true, "data": data }).to_string().into_bytes())
}
