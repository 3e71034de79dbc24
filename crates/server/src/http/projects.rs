//! Projects and their flows: made, changed, deleted, and what the capture pages see of them.

use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::records::project_flow;
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::{Audience, Query, Resource, Retrieval, Tenant, is_id};
use verax_store::StoreError;

use super::State;
use super::authorize::{MaybeBearer, may_read, require, require_write};
use super::body::{Member, Purpose, Rule, Sent, Unread, optional, read, required};
use super::brief::brief;
use super::error::{ApiError, ErrorCode, INVALID_PARAMETERS, MISSING_PARAMETER, UNAUTHORIZED};
use super::idempotency::about;
use super::lifecycle_errors::{UNPROCESSABLE, access_denied, project_not_found};
use super::lists::{PathId, json as json_response, one};
use crate::app::access::{Bearer, Caller};

const STATUSES: &[&str] = &["draft", "active", "paused", "inactive", "pending"];
const TARGETS: &[&str] = &["personal", "business"];
const SEARCH_MODES: &[&str] = &["FAST", "ACCURATE"];
const STEP: Rule = Rule::Word(&["mandatory", "optional", "skip"]);

pub static PROJECT_BODY: &[Member] = &[
    required("name", Rule::Text(1, 60), "Its name."),
    optional("description", Rule::Text(1, 2000), "What it is for."),
    optional("identifier", Rule::Text(1, 120), "A name of the client's own."),
    optional("contactEmail", Rule::Email, "Whom its users may ask."),
    optional("privacyUrl", Rule::Url, "Its privacy notice."),
    optional("termsAndConditionsUrl", Rule::Url, "Its terms."),
    optional("allowedCountries", Rule::Texts, "Country names, or All."),
    optional("defaultLanguage", Rule::Text(2, 8), "The language of its pages."),
    optional("dataProtection", Rule::Object(DATA_PROTECTION), "Who answers for the data."),
    optional("branding", Rule::Object(&[]), "Colours and logos of its pages."),
    optional("status", Rule::Word(STATUSES), "Whether it is in use."),
    optional("target", Rule::Word(TARGETS), "Whom it validates."),
    optional("currentStep", Rule::Integer(0, 1000), "How far its set-up is."),
    optional("lastStep", Rule::Integer(0, 1000), "The last step of its set-up."),
    optional("demoMode", Rule::Flag, "Whether it is a trial."),
    optional("version", Rule::Integer(1, 1000), "The version of its shape."),
    optional("assignedCollection", Rule::Id, "The collection of its persons: its id or its code."),
    optional("allowAnonymous", Rule::Flag, "Whether logins may begin without a token."),
];

const DATA_PROTECTION: &[Member] = &[
    optional("name", Rule::Text(1, 200), ""),
    optional("email", Rule::Email, ""),
    optional("address", Rule::Text(1, 200), ""),
    optional("address2", Rule::Text(1, 200), ""),
    optional("city", Rule::Text(1, 100), ""),
    optional("country", Rule::Text(1, 100), ""),
    optional("postalCode", Rule::Text(3, 12), ""),
];

pub static FLOW_BODY: &[Member] = &[
    required("project", Rule::Id, "The project it belongs to."),
    required("type", Rule::Word(&["login", "onboarding", "smartlink"]), "What it is for."),
    optional("name", Rule::Text(1, 120), "Its name."),
    optional("status", Rule::Word(STATUSES), "Whether it is in use."),
    optional("version", Rule::Integer(1, 1000), "The version of its shape."),
    optional("target", Rule::Word(TARGETS), "Whom it validates."),
    optional("redirectUrl", Rule::Url, "Where its users go afterwards."),
    optional("webhookUrl", Rule::Webhook, "Who is told of outcomes."),
    optional("loginSettings", Rule::Object(LOGIN_SETTINGS), "How its users log in."),
    optional("signUpForm", Rule::Object(&[]), "What its users are asked."),
    optional("documents", Rule::Object(DOCUMENTS), "Which documents it takes."),
    optional("liveness", Rule::Object(LIVENESS), "Attempts and thresholds of its face checks."),
    optional("steps", Rule::Object(STEPS), "Which steps are mandatory, optional or skipped."),
    optional("integrations", Rule::Object(INTEGRATIONS), "What it is connected to."),
    optional("emailTemplates", Rule::Object(&[]), "What its users are sent."),
];

const LOGIN_SETTINGS: &[Member] = &[
    optional("email", Rule::Flag, ""),
    optional("phone", Rule::Flag, ""),
    optional("faceLiveness", Rule::Flag, ""),
    optional("phoneGateway", Rule::Word(&["sms", "whatsapp", "both"]), ""),
    optional("searchMode", Rule::Word(SEARCH_MODES), ""),
    optional("searchMinScore", Rule::Number(0.7, 0.95), ""),
];
const DOCUMENTS: &[Member] = &[
    optional("attemptLimit", Rule::Integer(1, 100), ""),
    optional("verificationMethods", Rule::Texts, ""),
];
const LIVENESS: &[Member] = &[
    optional("attemptLimit", Rule::Integer(1, 100), ""),
    optional("minScore", Rule::Number(0.52, 0.9), "Liveness scores from here on are accepted."),
    optional(
        "compareMinScore",
        Rule::Number(0.65, 0.95),
        "Match scores from here on are the same.",
    ),
    optional("searchMinScore", Rule::Number(0.7, 0.95), "Who is this alike is somebody known."),
    optional("searchMode", Rule::Word(SEARCH_MODES), "Both do the same here."),
    optional("allowForce", Rule::Flag, "Whether a device may enrol a face that is known; false."),
];
const STEPS: &[Member] = &[
    optional("document", STEP, ""),
    optional("liveness", STEP, ""),
    optional("form", STEP, ""),
    optional("signUpForm", STEP, ""),
    optional("basicInformation", STEP, ""),
];
const INTEGRATIONS: &[Member] = &[
    optional("redirectUrl", Rule::Url, ""),
    optional("webhook", Rule::WebhookOrId, ""),
    optional("source", Rule::Word(&["NONE", "API", "CSV"]), ""),
    optional("strategy", Rule::Text(1, 100), ""),
];

/// What a project and what a flow may be told, and how each family says what is wrong.
struct Family {
    resource: &'static Resource,
    body: &'static [Member],
    wrong: &'static ErrorCode,
}

static PROJECT: Family = Family { resource: &PROJECTS, body: PROJECT_BODY, wrong: &UNPROCESSABLE };
static FLOW: Family =
    Family { resource: &PROJECT_FLOWS, body: FLOW_BODY, wrong: &INVALID_PARAMETERS };

/// `POST /v2/projects` and `/v3/projects`.
pub async fn create_project(
    state: Extract<State>,
    caller: Caller,
    body: Unread,
) -> Result<Response, ApiError> {
    create(state, caller, body, &PROJECT).await
}

/// `PUT …/projects/{id}`: what is not sent stays.
pub async fn change_project(
    state: Extract<State>,
    caller: Caller,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    change(state, caller, id, body, &PROJECT).await
}

/// `POST /v2/project-flows`.
pub async fn create_flow(
    state: Extract<State>,
    caller: Caller,
    body: Unread,
) -> Result<Response, ApiError> {
    create(state, caller, body, &FLOW).await
}

/// `PUT …/project-flows/{id}`: what is not sent stays.
pub async fn change_flow(
    state: Extract<State>,
    caller: Caller,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    change(state, caller, id, body, &FLOW).await
}

async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    body: Unread,
    family: &'static Family,
) -> Result<Response, ApiError> {
    let allowed = require_write(&caller)?;
    let sent = read(&state, &allowed, body, family.body, Purpose::Create).await?;
    let told = sent.members.clone();
    let mut members = look_up(&state, &caller, sent, family).await?;
    members.entry("status").or_insert_with(|| "draft".into());
    members.entry("version").or_insert_with(|| 2.into());
    let id = state.app.create_record(family.resource, caller.client(), members).await?;
    let mut response = shown(&state, &caller, family.resource, &id, &told).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(family.resource, &id, response))
}

async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
    body: Unread,
    family: &'static Family,
) -> Result<Response, ApiError> {
    let allowed = require_write(&caller)?;
    let unknown = || ApiError::not_found(family.resource);
    let id = id.map(|Path(id)| id).ok().filter(|id| is_id(id)).ok_or_else(unknown)?;
    let tenant = Tenant::Client(caller.client().to_owned());
    state.app.find_record(family.resource, &tenant, &id).await?.ok_or_else(unknown)?;
    let sent = read(&state, &allowed, body, family.body, Purpose::Change).await?;
    let told = sent.members.clone();
    let members = look_up(&state, &caller, sent, family).await?;
    let changed = state.app.change_record(family.resource, caller.client(), &id, members).await;
    match changed {
        Err(StoreError::Conflict) => Err(unknown()),
        Err(error) => Err(error.into()),
        Ok(()) => shown(&state, &caller, family.resource, &id, &told).await,
    }
}

/// What a body names must be the client's own.
async fn look_up(
    state: &State,
    caller: &Caller,
    mut sent: Sent,
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
                sent.members.insert("assignedCollection".to_owned(), known.id.into());
                sent.members.insert("collectionCode".to_owned(), known.code.into());
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
    let record = state.app.database.record(&Retrieval::whole(resource), &tenant, id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(resource))?;
    Ok(json_response(one(state, Audience::Client, resource, &record)))
}

/// `GET /v2/projects/kyc?id=`: what the capture pages need of a project and its flows. Without a
/// token only where the project allows it; who may not see it does not learn whether it is there.
pub async fn kyc(
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = raw.unwrap_or_default();
    let id = raw.split('&').find_map(|pair| pair.strip_prefix("id=")).filter(|id| is_id(id));
    let tenant = match &bearer {
        None => Tenant::All,
        Some(bearer) => {
            if let Bearer::Caller(caller) = bearer {
                require(caller, PROJECTS.scopes)?;
            }
            Tenant::Client(bearer.client().to_owned())
        }
    };
    let Some(id) = id else {
        return Err(match bearer {
            None => anonymous_refused(),
            Some(_) => ApiError::new(&MISSING_PARAMETER, "\"id\" is required"),
        });
    };
    let project = state.app.find_record(&PROJECTS, &tenant, id).await?;
    let project = match (project, &bearer) {
        (Some(project), Some(_)) => project,
        (Some(project), None) if project["allowAnonymous"] == true => project,
        (_, None) => return Err(anonymous_refused()),
        (None, Some(Bearer::Caller(_))) => return Err(project_not_found()),
        (None, Some(Bearer::Holder(_))) => return Err(access_denied()),
    };
    let shown = PROJECT_FLOWS.fields.iter().filter(|field| KYC_FLOW.contains(&field.name));
    let query = Query::of(&PROJECT_FLOWS)
        .equal(project_flow::PROJECT, id)
        .oldest_first()
        .at_most(100)
        .showing(&shown.collect::<Vec<_>>());
    let owner = Tenant::Client(project["client"].as_str().unwrap_or_default().to_owned());
    let flows = state.app.database.page(&query, &owner).await?;
    let mut flows: Vec<Value> =
        serde_json::from_slice(&[b"[", &flows.rows[..], b"]"].concat()).unwrap_or_default();
    if !matches!(bearer, Some(Bearer::Caller(_))) {
        flows.iter_mut().for_each(hide_thresholds);
    }
    let mut seen = Map::new();
    for name in KYC {
        if let Some(value) = project.get(name) {
            seen.insert(name.to_owned(), value.clone());
        }
    }
    seen.insert("projectFlows".to_owned(), flows.into());
    Ok(json_response(json!({ "success": true, "data": seen }).to_string().into_bytes()))
}

/// Who is checked does not learn what score is enough.
fn hide_thresholds(flow: &mut Value) {
    for name in ["loginSettings", "liveness"] {
        if let Some(settings) = flow[name].as_object_mut() {
            settings.retain(|name, _| !name.ends_with("inScore"));
        }
    }
}

/// What anybody may see of the flows of a project whose pages they use.
const KYC_FLOW: [&str; 10] = [
    "name",
    "type",
    "status",
    "target",
    "redirectUrl",
    "loginSettings",
    "signUpForm",
    "documents",
    "liveness",
    "steps",
];

/// What anybody may see of a project whose pages they use.
const KYC: [&str; 14] = [
    "_id",
    "name",
    "description",
    "identifier",
    "contactEmail",
    "privacyUrl",
    "termsAndConditionsUrl",
    "allowedCountries",
    "defaultLanguage",
    "dataProtection",
    "branding",
    "status",
    "target",
    "version",
];

/// The same words whether there is such a project or not.
/// What is wrong with a body is not said: it would tell who may call. How it came is.
pub fn anonymous_refusal(error: ApiError) -> ApiError {
    match error.status() {
        StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => error,
        _ => anonymous_refused(),
    }
}

pub fn anonymous_refused() -> ApiError {
    ApiError::new(&UNAUTHORIZED, "An access token is needed: Authorization: Bearer <token>.")
}
