//! Biometric validations: opened, answered with an image, and the sessions in between.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::lifecycle::Actor;
use verax_domain::records::app_login::AppLogin;
use verax_domain::records::app_registration::PERSON;
use verax_domain::records::biometric_validation::BiometricValidation;
use verax_domain::records::id_of;
use verax_domain::records::project::Project;
use verax_domain::resources::{
    APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS,
};
use verax_domain::{RecordTokenScope, Scope};
use verax_query::{Audience, Resource, Tenant, Timestamp};

use crate::app::access::{Bearer, Caller};
use crate::app::journal::Origin;
use crate::app::validations::Opened;
use crate::http::answers::brief::brief;
use crate::http::answers::{json as json_response, shown};
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::{read, read_measured};
use crate::http::body::table::{
    BodyField, Purpose, Rule, field, field_as, joined, optional, required,
};
use crate::http::body::unread::Unread;
use crate::http::error::{
    ApiError, access_denied, anonymous_rejected, anonymous_rejection, conflict, for_clients_only,
    project_not_found,
};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::face_service::{IMAGE_DOC, OS};
use crate::http::layers::allowed::{Allowed, may_read, require_own};
use crate::http::layers::authorize::{MaybeBearer, Subject};
use crate::http::layers::idempotency::about;
use crate::http::layers::quota::take;
use crate::http::layers::source_address::SourceAddress;
use crate::http::path_id::PathId;
use crate::http::state::State;
use crate::http::validations::errors::{Family, rejected_validation};

/// Nobody waits longer for somebody else's face.
const DAYS_MAX: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

// What is kept as it is given.
const KEPT: &[BodyField] = &[
    field(&BIOMETRIC_VALIDATIONS, "expiresAt").doc(
        "When it can no longer be completed; at most in 30 days, and not taken without a token.",
    ),
    field_as(&BIOMETRIC_VALIDATIONS, "redirectUrl", Rule::Url)
        .doc("Where the user goes afterwards; not taken without a token."),
    field_as(&BIOMETRIC_VALIDATIONS, "webhookUrl", Rule::Webhook)
        .doc("Who is told of the outcome; not taken without a token."),
    field(&BIOMETRIC_VALIDATIONS, "requires2FA"),
    field_as(&BIOMETRIC_VALIDATIONS, "ipAddress", Rule::Address),
    field_as(&BIOMETRIC_VALIDATIONS, "language", Rule::Word(&["en", "es"])),
];

pub static OPEN_BODY: &[BodyField] = &joined::<12>(
    &[
        field(&BIOMETRIC_VALIDATIONS, "project").required(),
        field(&BIOMETRIC_VALIDATIONS, "projectFlow").required(),
        field_as(&BIOMETRIC_VALIDATIONS, "identifier", Rule::Text(1, 256)).required(),
        field(&BIOMETRIC_VALIDATIONS, "type").required(),
        field(&BIOMETRIC_VALIDATIONS, "sendViaEmail").doc("Not available yet: true is rejected."),
        field_as(&BIOMETRIC_VALIDATIONS, "email", Rule::Email).doc("Where the link would be sent."),
    ],
    KEPT,
);

/// Who logs in, in which flow and until when is the login's, not the device's to say.
pub static LOGIN_BODY: &[BodyField] = &[
    field(&BIOMETRIC_VALIDATIONS, "project").required().doc("The project of the login."),
    field_as(&BIOMETRIC_VALIDATIONS, "type", Rule::Word(&["login"])),
    field_as(&BIOMETRIC_VALIDATIONS, "language", Rule::Word(&["en", "es"])),
];

pub static SESSION_BODY: &[BodyField] = &[
    field(&LIVENESS_SESSIONS, "project").required(),
    field(&LIVENESS_SESSIONS, "projectFlow").required(),
    field_as(&LIVENESS_SESSIONS, "identifier", Rule::Text(1, 256)),
    field(&LIVENESS_SESSIONS, "expiresAt")
        .doc("When it can no longer be used; at most in 30 days."),
];

pub static CAPTURE_BODY: &[BodyField] = &[
    required("image", Rule::Image, IMAGE_DOC),
    optional("os", Rule::Text(1, 64), "What the image was taken with."),
];

pub static ENROL_BODY: &[BodyField] = &[
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
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let anonymous = bearer.is_none();
    let audience = bearer.as_ref().map_or(Audience::Device, Bearer::audience);
    let (client, mode, mut sent) = match &bearer {
        Some(Bearer::Caller(caller)) => {
            let mut sent = read(&state, &allowed, body, OPEN_BODY, Purpose::Create).await?;
            if let Some(url) = sent.text("webhookUrl") {
                // What is measured of a person is sent there.
                require_own(caller, Scope::WriteWebhooks)?;
                if !state.app.may_name_webhook(caller.client(), url).await? {
                    let rule = "must be one of 1,000 URLs that validations have named this month";
                    sent.wrong("webhookUrl", rule);
                }
            }
            (caller.client().to_owned(), caller.mode().to_owned(), sent)
        }
        Some(Bearer::RecordToken(_)) => return Err(for_clients_only()),
        None => {
            let sent = read(&state, &allowed, body, OPEN_BODY, Purpose::Create).await;
            let sent = sent.map_err(anonymous_rejection)?;
            let client = anonymous_client(&state, &sent).await?;
            let mode = state.app.mode_of(&client).await?.to_owned();
            (client, mode, sent)
        }
    };
    if sent.flag("sendViaEmail") {
        sent.wrong("sendViaEmail", "is not available yet: there is no page that a link could open");
    }
    check_expiry(&state, &mut sent);
    let mut members = sent.finish(&MISSING_PARAMETER)?.members;
    if anonymous {
        // A passed check's token goes where the project's client says, not where a stranger does.
        members
            .retain(|name, _| !matches!(name.as_str(), "redirectUrl" | "webhookUrl" | "expiresAt"));
        if !state.app.is_login_flow(&client, &members).await? {
            return Err(anonymous_rejected());
        }
    }
    let opened = state.app.open_validation(&client, &mode, members, None, &origin).await;
    let opened = opened.map_err(|error| rejected_validation(error, Family::Validation))?;
    Ok(match bearer {
        Some(Bearer::Caller(caller)) => answer(audience, readable(opened, &caller)),
        _ => answer(audience, opened),
    })
}

/// The client of a project that lets anybody log in. Whether there is such a project is not said.
async fn anonymous_client(state: &State, sent: &CheckedBody) -> Result<String, ApiError> {
    let rejected = || Err(anonymous_rejected());
    if sent.text("type") != Some("login") {
        return rejected();
    }
    let Some(project) = sent.text("project") else { return rejected() };
    let found: Option<Project> = state.app.find(&Tenant::All, project).await?;
    let Some(found) = found.filter(|project| project.allows_anonymous) else {
        return rejected();
    };
    // Nobody has a token to be counted by: the project is.
    take(state, &format!("anonymous:{project}"), "without a token for this project", None)?;
    Ok(found.client)
}

/// `POST /v2/biometric-validations/app-login`: a second factor for a login.
pub async fn open_for_login(
    Extract(state): Extract<State>,
    Subject { record_token, id: login }: Subject,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let client = record_token.client();
    let sent = read(&state, &allowed, body, LOGIN_BODY, Purpose::Create).await?;
    let mut sent = sent.finish(&MISSING_PARAMETER)?;
    let tenant = Tenant::Client(client.to_owned());
    let found: Option<AppLogin> = state.app.find(&tenant, &login).await?;
    let found = found.ok_or_else(|| ApiError::not_found(&APP_LOGINS))?;
    if sent.text("project") != found.project.as_deref() {
        return Err(project_not_found());
    }
    if found.is_over() {
        return Err(conflict("login_is_over", "The login is completed."));
    }
    sent.set("type", "login");
    sent.set("projectFlow", found.flow.as_deref());
    sent.set("identifier", found.name.as_deref());
    let (mode, members) = (record_token.mode(), sent.members);
    let opened = state.app.open_validation(client, mode, members, Some(&found), &origin).await;
    let opened = opened.map_err(|error| rejected_validation(error, Family::Login))?;
    Ok(answer(Audience::Device, opened))
}

/// `POST /v2/liveness-sessions`: a session whose validation is of liveness alone.
pub async fn open_session(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let mut sent = read(&state, &allowed, body, SESSION_BODY, Purpose::Create).await?;
    check_expiry(&state, &mut sent);
    let mut sent = sent.finish(&MISSING_PARAMETER)?;
    sent.set("type", "validation");
    let members = sent.members;
    let (client, mode) = (caller.client(), caller.mode());
    let opened = state.app.open_validation(client, mode, members, None, &origin).await;
    let opened = opened.map_err(|error| rejected_validation(error, Family::Validation))?;
    Ok(answer(Audience::Client, readable(opened, &caller)))
}

/// `POST /v2/biometric-validations/validate`, with the session's token.
pub async fn validate(
    Extract(state): Extract<State>,
    Subject { record_token, id: session }: Subject,
    origin: Origin,
    allowed: Allowed,
    source: SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    let (sent, _place) = read_measured(&state, &allowed, body, CAPTURE_BODY).await?;
    let image = sent.finish(&MISSING_PARAMETER)?.image("image");
    let (client, mode) = (record_token.client(), record_token.mode());
    let passed = state.app.validate_session(client, mode, &session, source.0, image, &origin).await;
    let passed = passed.map_err(|error| rejected_validation(error, Family::Validation))?;
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
    subject: Subject,
    origin: Origin,
    allowed: Allowed,
    source: SourceAddress,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let tenant = Tenant::Client(subject.record_token.client().to_owned());
    let id = id.sent().unwrap_or_default();
    let found: Option<BiometricValidation> = state.app.find(&tenant, id).await?;
    if found.is_none_or(|found| found.session.as_ref() != Some(&subject.id)) {
        return Err(access_denied());
    }
    validate(state, subject, origin, allowed, source, body).await
}

/// `POST /v2/biometric-validations/app-registration`, with the registration's token, or with a
/// client's that names the registration.
pub async fn validate_registration(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let own = match &bearer {
        Bearer::Caller(_) => None,
        Bearer::RecordToken(record_token) => record_token.subject(RecordTokenScope::Registration),
    };
    let (mut sent, _place) = read_measured(&state, &allowed, body, ENROL_BODY).await?;
    let named = sent.text("appRegistration").map(str::to_owned);
    let (registration, actor) = match (own, named) {
        (Some(own), _) => (own.to_owned(), Actor::Person),
        (None, Some(named)) => (named, Actor::Reviewer),
        (None, None) => {
            sent.wrong("appRegistration", "is required with a client's token");
            (String::new(), Actor::Reviewer)
        }
    };
    let mut sent = sent.finish(&MISSING_PARAMETER)?;
    let (force, image) = (sent.flag("force"), sent.image("image"));
    let whose = (bearer.client(), bearer.mode(), &origin);
    let done = state.app.validate_registration(whose, &registration, image, actor, force).await;
    let record = done.map_err(|error| rejected_validation(error, Family::Login))?;
    let record = match &bearer {
        Bearer::Caller(caller) if !may_read(caller, APP_REGISTRATIONS.scopes) => {
            brief(&registration, &Map::new())
        }
        bearer => {
            let audience = bearer.audience();
            let record = state.app.with_face_records(bearer.client(), record).await?;
            let mut record = shown(audience, &APP_REGISTRATIONS, record);
            if audience == Audience::Device {
                // Whom the check enrolled is no device's to know.
                record[PERSON.field().name] = Value::Null;
            }
            record
        }
    };
    let body = json!({ "success": true, "data": record });
    Ok(json_response(body.to_string().into_bytes()))
}

fn check_expiry(state: &State, sent: &mut CheckedBody) {
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
    let id = id_of(&opened.validation).unwrap_or_default().to_owned();
    let data = json!({
        "livenessSession": shown(audience, &LIVENESS_SESSIONS, opened.session),
        "biometricValidation": shown(audience, &BIOMETRIC_VALIDATIONS, opened.validation),
        "token": opened.token,
    });
    let body = json!({ "success": true, "data": data }).to_string();
    about(&BIOMETRIC_VALIDATIONS, &id, json_response(body.into_bytes()))
}
