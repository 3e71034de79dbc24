//! Biometric validations: opened, answered with a picture, and the sessions in between.

use axum::extract::{Path, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::NarrowScope;
use verax_domain::lifecycle::Teller;
use verax_domain::resources::{
    APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS, PROJECTS,
};
use verax_query::{Audience, Resource, Tenant, Timestamp};

use super::State;
use super::authorize::{Allowed, MaybeBearer, may_read, require_write, take};
use super::body::{
    Member, Purpose, Rule, Sent, Unread, joined, optional, read, read_measured, required,
};
use super::brief::brief;
use super::error::{ApiError, MISSING_PARAMETER};
use super::face_calls::{IMAGE_DOC, OS};
use super::idempotency::about;
use super::lifecycle_errors::{
    access_denied, for_clients_only, project_not_found, token_not_right,
};
use super::lists::{PathId, json as json_response, shown};
use super::projects::{anonymous_refusal, anonymous_refused};
use super::source_address::SourceAddress;
use super::validation_errors::{Family, refused_validation};
use crate::app::access::{Bearer, Caller, Holder};
use crate::app::biometrics::Opened;

/// Nobody waits longer for somebody else's face.
const DAYS_MAX: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

const TYPES: &[&str] = &["validation", "login", "onboarding", "oneTimeLink"];

// What is kept as it is given.
const KEPT: &[Member] = &[
    optional(
        "expiresAt",
        Rule::Time,
        "When it can no longer be completed; at most in 30 days, and not taken without a token.",
    ),
    optional(
        "redirectUrl",
        Rule::Url,
        "Where the user goes afterwards; not taken without a token.",
    ),
    optional("webhookUrl", Rule::Webhook, "Who is told of the outcome; not taken without a token."),
    optional("requires2FA", Rule::Flag, "Whether a second factor is asked for."),
    optional("ipAddress", Rule::Address, "The address given for the user."),
    optional("language", Rule::Word(&["en", "es"]), "The language of the capture page."),
];

pub static OPEN_BODY: &[Member] = &joined::<12>(
    &[
        required("project", Rule::Id, "The project it is made for."),
        required("projectFlow", Rule::Id, "The flow it is made in."),
        required(
            "identifier",
            Rule::Text(1, 256),
            "Who is being validated: an email or a name of yours.",
        ),
        required("type", Rule::Word(TYPES), "What it is for."),
        optional("sendViaEmail", Rule::Flag, "Not available yet: true is refused."),
        optional("email", Rule::Email, "Where the link would be sent."),
    ],
    KEPT,
);

/// Who logs in, in which flow and until when is the login's, not the device's to say.
pub static LOGIN_BODY: &[Member] = &[
    required("project", Rule::Id, "The project of the login."),
    optional("type", Rule::Word(&["login"]), "login."),
    optional("language", Rule::Word(&["en", "es"]), "The language of the capture page."),
];

pub static SESSION_BODY: &[Member] = &[
    required("project", Rule::Id, "The project."),
    required("projectFlow", Rule::Id, "The flow."),
    optional("identifier", Rule::Text(1, 256), "Who is being validated."),
    optional("expiresAt", Rule::Time, "When it can no longer be used; at most in 30 days."),
];

pub static CAPTURE_BODY: &[Member] = &[
    required("image", Rule::Image, IMAGE_DOC),
    optional("os", Rule::Text(1, 64), "What the picture was taken with."),
];

pub static ENROL_BODY: &[Member] = &[
    required("image", Rule::Image, IMAGE_DOC),
    OS,
    optional(
        "force",
        Rule::Flag,
        "Enrol although the face or the registration's person is known; from a device it counts only \
         where the flow's liveness.allowForce says so.",
    ),
    optional("appRegistration", Rule::Id, "The registration, with a client's token."),
];

/// `POST /v2/biometric-validations`. Without a token only a login, and only where its project
/// allows it.
pub async fn open(
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    source: SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    let anonymous = bearer.is_none();
    let audience = bearer.as_ref().map_or(Audience::Device, Bearer::audience);
    let (client, mode, mut sent) = match &bearer {
        Some(Bearer::Caller(caller)) => {
            let allowed = require_write(caller)?;
            let sent = read(&state, &allowed, body, OPEN_BODY, Purpose::Create).await?;
            (caller.client().to_owned(), caller.mode().to_owned(), sent)
        }
        Some(Bearer::Holder(_)) => return Err(for_clients_only()),
        None => {
            let allowed = Allowed::anonymous(source);
            let sent = read(&state, &allowed, body, OPEN_BODY, Purpose::Create).await;
            let sent = sent.map_err(anonymous_refusal)?;
            let client = anonymous_client(&state, &sent).await?;
            let mode = state.app.mode_of(&client).await?.to_owned();
            (client, mode, sent)
        }
    };
    if sent.flag("sendViaEmail") {
        sent.wrong("sendViaEmail", "is not available yet: this server sends no email");
    }
    check_expiry(&state, &mut sent);
    let mut members = sent.finish(&MISSING_PARAMETER)?.members;
    if anonymous {
        // A passed check's token goes where the project's client says, not where a stranger does.
        members
            .retain(|name, _| !matches!(name.as_str(), "redirectUrl" | "webhookUrl" | "expiresAt"));
        if !state.app.is_login_flow(&client, &members).await? {
            return Err(anonymous_refused());
        }
    }
    let opened = state.app.open_validation(&client, &mode, members, None).await;
    let opened = opened.map_err(|error| refused_validation(error, Family::Validation))?;
    Ok(match bearer {
        Some(Bearer::Caller(caller)) => answer(audience, readable(opened, &caller)),
        _ => answer(audience, opened),
    })
}

/// The client of a project that lets anybody log in. Whether there is such a project is not said.
async fn anonymous_client(state: &State, sent: &Sent) -> Result<String, ApiError> {
    let refused = || Err(anonymous_refused());
    if sent.text("type") != Some("login") {
        return refused();
    }
    let Some(project) = sent.text("project") else { return refused() };
    let found = state.app.find_record(&PROJECTS, &Tenant::All, project).await?;
    let Some(found) = found.filter(|project| project["allowAnonymous"] == true) else {
        return refused();
    };
    // Nobody has a token to be counted by: the project is.
    take(state, &format!("anonymous:{project}"), "without a token for this project", None)?;
    Ok(found["client"].as_str().unwrap_or_default().to_owned())
}

/// `POST /v2/biometric-validations/app-login`: a second factor for a login.
pub async fn open_for_login(
    Extract(state): Extract<State>,
    bearer: Bearer,
    body: Unread,
) -> Result<Response, ApiError> {
    let (holder, login) = holder(&bearer, NarrowScope::Login, "app login")?;
    let client = holder.client();
    let allowed = Allowed::holder(holder, NarrowScope::Login)?;
    let sent = read(&state, &allowed, body, LOGIN_BODY, Purpose::Create).await?;
    let mut members = sent.finish(&MISSING_PARAMETER)?.members;
    let tenant = Tenant::Client(client.to_owned());
    let found = state.app.find_record(&APP_LOGINS, &tenant, login).await?;
    let found = found.ok_or_else(|| ApiError::not_found(&APP_LOGINS))?;
    if members.get("project") != Some(&found["project"]) {
        return Err(project_not_found());
    }
    members.insert("type".to_owned(), "login".into());
    for (name, known) in [("projectFlow", "projectFlow"), ("identifier", "name")] {
        members.insert(name.to_owned(), found[known].clone());
    }
    let opened = state.app.open_validation(client, holder.mode(), members, Some(login)).await;
    let opened = opened.map_err(|error| refused_validation(error, Family::Login))?;
    Ok(answer(Audience::Device, opened))
}

/// `POST /v2/liveness-sessions`: a session whose validation is of liveness alone.
pub async fn open_session(
    Extract(state): Extract<State>,
    bearer: Bearer,
    body: Unread,
) -> Result<Response, ApiError> {
    let Bearer::Caller(caller) = bearer else { return Err(for_clients_only()) };
    let allowed = require_write(&caller)?;
    let mut sent = read(&state, &allowed, body, SESSION_BODY, Purpose::Create).await?;
    check_expiry(&state, &mut sent);
    let mut members = sent.finish(&MISSING_PARAMETER)?.members;
    members.insert("type".to_owned(), "validation".into());
    let opened = state.app.open_validation(caller.client(), caller.mode(), members, None).await;
    let opened = opened.map_err(|error| refused_validation(error, Family::Validation))?;
    Ok(answer(Audience::Client, readable(opened, &caller)))
}

/// `POST /v2/biometric-validations/validate`, with the session's token.
pub async fn validate(
    Extract(state): Extract<State>,
    bearer: Bearer,
    source: SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    let (holder, session) = holder(&bearer, NarrowScope::Session, "liveness session")?;
    let allowed = Allowed::holder(holder, NarrowScope::Session)?;
    let (sent, _place) = read_measured(&state, &allowed, body, CAPTURE_BODY).await?;
    let image = sent.finish(&MISSING_PARAMETER)?.image("image");
    let (client, mode) = (holder.client(), holder.mode());
    let passed = state.app.validate_session(client, mode, session, source.0, image).await;
    let passed = passed.map_err(|error| refused_validation(error, Family::Validation))?;
    let seen = shown(Audience::Device, &BIOMETRIC_VALIDATIONS, passed.validation);
    let mut data = Map::new();
    for name in [
        "_id",
        "status",
        "type",
        "verificationResults",
        "biometricData",
        "completedAt",
        "redirectUrl",
    ] {
        if let Some(value) = seen.get(name) {
            data.insert(name.to_owned(), value.clone());
        }
    }
    data.insert("token".to_owned(), passed.token.into());
    Ok(json_response(json!({ "success": true, "data": data }).to_string().into_bytes()))
}

/// `POST /v2/biometric-validations/{id}/validate`: the same for a client that names the validation.
pub async fn validate_by_id(
    state: Extract<State>,
    bearer: Bearer,
    source: SourceAddress,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (holder, session) = holder(&bearer, NarrowScope::Session, "liveness session")?;
    let tenant = Tenant::Client(holder.client().to_owned());
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let found = state.app.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &id).await?;
    if found.is_none_or(|found| found["livenessSession"] != session) {
        return Err(access_denied());
    }
    validate(state, bearer, source, body).await
}

/// `POST /v2/biometric-validations/app-registration`, with the registration's token, or with a
/// client's that names the registration.
pub async fn validate_registration(
    Extract(state): Extract<State>,
    bearer: Bearer,
    body: Unread,
) -> Result<Response, ApiError> {
    let (allowed, own, mode) = match &bearer {
        Bearer::Caller(caller) => (require_write(caller)?, None, caller.mode()),
        Bearer::Holder(_) => {
            let scope = NarrowScope::Registration;
            let (holder, own) = holder(&bearer, scope, "app registration")?;
            (Allowed::holder(holder, scope)?, Some(own), holder.mode())
        }
    };
    let (mut sent, _place) = read_measured(&state, &allowed, body, ENROL_BODY).await?;
    let named = sent.text("appRegistration").map(str::to_owned);
    let (registration, teller) = match (own, named) {
        (Some(own), _) => (own.to_owned(), Teller::Person),
        (None, Some(named)) => (named, Teller::Reviewer),
        (None, None) => {
            sent.wrong("appRegistration", "is required with a client's token");
            (String::new(), Teller::Reviewer)
        }
    };
    let mut sent = sent.finish(&MISSING_PARAMETER)?;
    let (force, image) = (sent.flag("force"), sent.image("image"));
    let whose = (bearer.client(), mode);
    let done = state.app.validate_registration(whose, &registration, image, teller, force).await;
    let record = done.map_err(|error| refused_validation(error, Family::Login))?;
    let record = match &bearer {
        Bearer::Caller(caller) if !may_read(caller, APP_REGISTRATIONS.scopes) => {
            brief(&registration, &Map::new())
        }
        bearer => shown(bearer.audience(), &APP_REGISTRATIONS, record),
    };
    let body = json!({ "success": true, "data": record });
    Ok(json_response(body.to_string().into_bytes()))
}

/// The token of one record of this kind, and the record's id.
pub fn holder<'a>(
    bearer: &'a Bearer,
    scope: NarrowScope,
    name: &str,
) -> Result<(&'a Holder, &'a str), ApiError> {
    let Bearer::Holder(holder) = bearer else { return Err(token_not_right(name)) };
    let subject = holder.subject(scope).ok_or_else(|| token_not_right(name))?;
    Ok((holder, subject))
}

fn check_expiry(state: &State, sent: &mut Sent) {
    let now = state.app.clock.now();
    let latest = Timestamp(now.0.saturating_add(DAYS_MAX * DAY_MS));
    match sent.time("expiresAt") {
        Some(until) if until <= now => sent.wrong("expiresAt", "must be in the future"),
        Some(until) if until > latest => {
            sent.wrong("expiresAt", format!("must be within {DAYS_MAX} days"));
        }
        _ => {}
    }
}

/// What was opened, as far as the caller may read it: flow and project have told it things, too.
fn readable(opened: Opened, caller: &Caller) -> Opened {
    let shown = |record: Value, resource: &Resource| {
        if may_read(caller, resource.scopes) {
            return record;
        }
        ["_id", "status", "expiresAt"]
            .map(|name| (name, record[name].clone()))
            .into_iter()
            .collect()
    };
    Opened {
        session: shown(opened.session, &LIVENESS_SESSIONS),
        validation: shown(opened.validation, &BIOMETRIC_VALIDATIONS),
        token: opened.token,
    }
}

fn answer(audience: Audience, opened: Opened) -> Response {
    let id = opened.validation["_id"].as_str().unwrap_or_default().to_owned();
    let data = json!({
        "livenessSession": shown(audience, &LIVENESS_SESSIONS, opened.session),
        "biometricValidation": shown(audience, &BIOMETRIC_VALIDATIONS, opened.validation),
        "token": opened.token,
    });
    let body = json!({ "success": true, "data": data }).to_string();
    about(&BIOMETRIC_VALIDATIONS, &id, json_response(body.into_bytes()))
}
