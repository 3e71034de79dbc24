//! Projects and their flows: made, changed, deleted, and what the capture pages see of them.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::{Audience, Resource, Retrieval, Tenant};

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::lists::records::RecordError;
use crate::http::answers::brief::brief;
use crate::http::answers::{json as json_response, one};
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, field, field_as, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::{ErrorCode, INVALID_PARAMETERS};
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::projects::errors::UNPROCESSABLE;
use crate::http::state::State;

const SEARCH_MODES: &[&str] = &["FAST", "ACCURATE"];
const STEP: Rule = Rule::Word(&["mandatory", "optional", "skip"]);

pub static PROJECT_BODY: &[BodyField] = &[
    field_as(&PROJECTS, "name", Rule::Text(1, 60)).required(),
    field_as(&PROJECTS, "description", Rule::Text(1, 2000)),
    field_as(&PROJECTS, "identifier", Rule::Text(1, 120)),
    field_as(&PROJECTS, "contactEmail", Rule::Email),
    field_as(&PROJECTS, "privacyUrl", Rule::Url),
    field_as(&PROJECTS, "termsAndConditionsUrl", Rule::Url),
    field_as(&PROJECTS, "allowedCountries", Rule::Texts),
    field_as(&PROJECTS, "defaultLanguage", Rule::Text(2, 8)),
    field_as(&PROJECTS, "dataProtection", Rule::Object(DATA_PROTECTION)),
    field_as(&PROJECTS, "branding", Rule::Object(&[])),
    field(&PROJECTS, "status"),
    field(&PROJECTS, "target"),
    field_as(&PROJECTS, "currentStep", Rule::Integer(0, 1000)),
    field_as(&PROJECTS, "lastStep", Rule::Integer(0, 1000)),
    field(&PROJECTS, "demoMode"),
    field_as(&PROJECTS, "version", Rule::Integer(1, 1000)),
    field_as(&PROJECTS, "assignedCollection", Rule::Id)
        .doc("The collection of its persons: its id or its code."),
    field(&PROJECTS, "allowAnonymous"),
];

const DATA_PROTECTION: &[BodyField] = &[
    optional("name", Rule::Text(1, 200), ""),
    optional("email", Rule::Email, ""),
    optional("address", Rule::Text(1, 200), ""),
    optional("address2", Rule::Text(1, 200), ""),
    optional("city", Rule::Text(1, 100), ""),
    optional("country", Rule::Text(1, 100), ""),
    optional("postalCode", Rule::Text(3, 12), ""),
];

pub static FLOW_BODY: &[BodyField] = &[
    field(&PROJECT_FLOWS, "project").required(),
    field(&PROJECT_FLOWS, "type").required(),
    field_as(&PROJECT_FLOWS, "name", Rule::Text(1, 120)),
    field(&PROJECT_FLOWS, "status"),
    field_as(&PROJECT_FLOWS, "version", Rule::Integer(1, 1000)),
    field(&PROJECT_FLOWS, "target"),
    field_as(&PROJECT_FLOWS, "redirectUrl", Rule::Url),
    field_as(&PROJECT_FLOWS, "webhookUrl", Rule::Webhook),
    field_as(&PROJECT_FLOWS, "loginSettings", Rule::Object(LOGIN_SETTINGS)),
    field_as(&PROJECT_FLOWS, "signUpForm", Rule::Object(&[])),
    field_as(&PROJECT_FLOWS, "documents", Rule::Object(DOCUMENTS)),
    field_as(&PROJECT_FLOWS, "liveness", Rule::Object(LIVENESS)),
    field_as(&PROJECT_FLOWS, "steps", Rule::Object(STEPS)),
    field_as(&PROJECT_FLOWS, "integrations", Rule::Object(INTEGRATIONS)),
    field_as(&PROJECT_FLOWS, "emailTemplates", Rule::Object(&[])),
];

const LOGIN_SETTINGS: &[BodyField] = &[
    optional("email", Rule::Flag, ""),
    optional("phone", Rule::Flag, ""),
    optional("faceLiveness", Rule::Flag, ""),
    optional("phoneGateway", Rule::Word(&["sms", "whatsapp", "both"]), ""),
    optional("searchMode", Rule::Word(SEARCH_MODES), ""),
    optional("searchMinScore", Rule::Number(0.7, 0.95), ""),
];
const DOCUMENTS: &[BodyField] = &[
    optional("attemptLimit", Rule::Integer(1, 100), ""),
    optional("verificationMethods", Rule::Texts, ""),
];
const LIVENESS: &[BodyField] = &[
    optional("attemptLimit", Rule::Integer(1, 100), ""),
    optional("minScore", Rule::Number(0.52, 0.9), "Liveness scores from here on are accepted."),
    optional(
        "compareMinScore",
        Rule::Number(0.65, 0.95),
        "Match scores from here on are the same.",
    ),
    optional(
        "searchMinScore",
        Rule::Number(0.7, 0.95),
        "Match score at or above which a face counts as already enrolled.",
    ),
    optional("searchMode", Rule::Word(SEARCH_MODES), "Accepted for compatibility; has no effect."),
    optional("allowForce", Rule::Flag, "Whether a device may enrol a face that is known; false."),
];
const STEPS: &[BodyField] = &[
    optional("document", STEP, ""),
    optional("liveness", STEP, ""),
    optional("form", STEP, ""),
    optional("signUpForm", STEP, ""),
    optional("basicInformation", STEP, ""),
];
const INTEGRATIONS: &[BodyField] = &[
    optional("redirectUrl", Rule::Url, ""),
    optional("webhook", Rule::WebhookOrId, ""),
    optional("source", Rule::Word(&["NONE", "API", "CSV"]), ""),
    optional("strategy", Rule::Text(1, 100), ""),
];

/// What a project and what a flow may be told, and how each family says what is wrong.
struct Family {
    resource: &'static Resource,
    body: &'static [BodyField],
    wrong: &'static ErrorCode,
}

static PROJECT: Family = Family { resource: &PROJECTS, body: PROJECT_BODY, wrong: &UNPROCESSABLE };
static FLOW: Family =
    Family { resource: &PROJECT_FLOWS, body: FLOW_BODY, wrong: &INVALID_PARAMETERS };

/// `POST /v2/projects` and `/v3/projects`.
pub async fn create_project(
    state: Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    create(state, (caller, allowed, origin), body, &PROJECT).await
}

/// `PUT …/projects/{id}`: what is not sent stays.
pub async fn change_project(
    state: Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    change(state, (caller, allowed, origin), id, body, &PROJECT).await
}

/// `POST /v2/project-flows`.
pub async fn create_flow(
    state: Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    create(state, (caller, allowed, origin), body, &FLOW).await
}

/// `PUT …/project-flows/{id}`: what is not sent stays.
pub async fn change_flow(
    state: Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    change(state, (caller, allowed, origin), id, body, &FLOW).await
}

async fn create(
    Extract(state): Extract<State>,
    (caller, allowed, origin): (Caller, Allowed, Origin),
    body: Unread,
    family: &'static Family,
) -> Result<Response, ApiError> {
    let sent = read(&state, &allowed, body, family.body, Purpose::Create).await?;
    let told = sent.members.clone();
    let mut members = look_up(&state, &caller, sent, family).await?;
    members.entry("status").or_insert_with(|| "draft".into());
    members.entry("version").or_insert_with(|| 2.into());
    let client = caller.client();
    let id = state.app.create_record(family.resource, client, members, &origin).await?;
    let mut response = shown(&state, &caller, family.resource, &id, &told).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(family.resource, &id, response))
}

async fn change(
    Extract(state): Extract<State>,
    (caller, allowed, origin): (Caller, Allowed, Origin),
    id: PathId,
    body: Unread,
    family: &'static Family,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(family.resource);
    let id = id.of(family.resource)?;
    let tenant = Tenant::Client(caller.client().to_owned());
    state.app.find_record(family.resource, &tenant, &id).await?.ok_or_else(unknown)?;
    let sent = read(&state, &allowed, body, family.body, Purpose::Change).await?;
    let told = sent.members.clone();
    let members = look_up(&state, &caller, sent, family).await?;
    let of = (caller.client(), id.as_str());
    let changed = state.app.change_record(family.resource, of, members, &origin).await;
    match changed {
        Err(RecordError::Gone) => Err(unknown()),
        Err(error) => Err(error.into()),
        Ok(()) => shown(&state, &caller, family.resource, &id, &told).await,
    }
}

/// What a body names must be the client's own.
async fn look_up(
    state: &State,
    caller: &Caller,
    mut sent: CheckedBody,
    family: &Family,
) -> Result<Map<String, Value>, ApiError> {
    let tenant = Tenant::Client(caller.client().to_owned());
    if let Some(project) = sent.text("project")
        && state.app.find_record(&PROJECTS, &tenant, project).await?.is_none()
    {
        sent.wrong("project", "must be a project of yours");
    }
    if let Some(wanted) = sent.text("assignedCollection") {
        match state.app.collection(caller.client(), wanted).await? {
            Some(known) => {
                sent.set("assignedCollection", known.id);
                sent.set("collectionCode", known.code);
            }
            None => sent.wrong("assignedCollection", "must be a collection of yours"),
        }
    }
    Ok(sent.finish(family.wrong)?.members)
}

/// The whole record; to who may not read it, what was told of it.
async fn shown(
    state: &State,
    caller: &Caller,
    resource: &'static Resource,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Response, ApiError> {
    if !may_read(caller, resource.scopes) {
        let record = brief(id, told).to_string();
        return Ok(json_response(one(state, Audience::Client, resource, record.as_bytes())));
    }
    let tenant = Tenant::Client(caller.client().to_owned());
    let record = state.app.record_bytes(&Retrieval::whole(resource), &tenant, id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(resource))?;
    Ok(json_response(one(state, Audience::Client, resource, &record)))
}
