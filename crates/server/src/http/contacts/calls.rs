//! Codes are asked for, and come back: with a client's token, with a registration's, and without one where
//! the project allows it.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::contact::Phone;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::contact_validation::{
    Channel, Contact, ContactPurpose, Method, PhoneGateway,
};
use verax_domain::records::id_of;
use verax_domain::records::project::Project;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::resources::APP_LOGINS;
use verax_query::{Audience, Tenant};

use super::bodies::{EMAIL_BODY, OWN_EMAIL_BODY, OWN_PHONE_BODY, PHONE_BODY, code_body};
use crate::app::access::{Bearer, RecordToken};
use crate::app::contacts::{
    CodeBearer, Confirmed, ContactError, ContactOrder, ContactOutcome, OpenedContact,
    ValidatedContact,
};
use crate::app::journal::Origin;
use crate::http::answers::brief::brief;
use crate::http::answers::{close, json as json_response, shown};
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::Purpose;
use crate::http::body::unread::Unread;
use crate::http::error::{ApiError, anonymous_rejected, anonymous_rejection};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::authorize::{MaybeBearer, Subject};
use crate::http::layers::idempotency::about;
use crate::http::layers::quota::take;
use crate::http::layers::source_address::SourceAddress;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `POST /v2/email-validations` and `/v2/phone-validations`.
pub async fn open(
    channel: Channel,
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    origin: Origin,
    allowed: Allowed,
    source: SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    let table = match channel {
        Channel::Email => EMAIL_BODY,
        Channel::Phone => PHONE_BODY,
    };
    let read = read(&state, &allowed, body, table, Purpose::Create).await;
    match bearer {
        Some(Bearer::Caller(caller)) => {
            let mut sent = read?;
            let contact = contact(channel, &mut sent);
            let order = order(&state, &mut sent, None);
            let sent = sent.finish(&MISSING_PARAMETER)?;
            let order = ContactOrder { contact: wanted(contact)?, ..order };
            let (client, mode) = (caller.client(), caller.mode());
            let opened = state.app.open_contact(client, mode, order, None, &origin).await?;
            let opened = match may_read(&caller, channel.resource().scopes) {
                true => opened,
                false => OpenedContact {
                    validation: brief(id_of(&opened.validation).unwrap_or_default(), &sent.members),
                    ..opened
                },
            };
            Ok(opened_answer(&state, channel, Audience::Client, opened))
        }
        Some(Bearer::RecordToken(record_token)) => {
            let mut sent = read?;
            let contact = contact(channel, &mut sent);
            let order = order(&state, &mut sent, None);
            sent.finish(&MISSING_PARAMETER)?;
            let order = ContactOrder { contact: wanted(contact)?, ..order };
            let registration = state.app.registration_of_token(&record_token).await?;
            open_for(&state, &record_token, registration, order, source, &origin).await
        }
        None => {
            let mut sent = read.map_err(anonymous_rejection)?;
            let contact = contact(channel, &mut sent);
            let order = order(&state, &mut sent, None);
            // What is wrong is not said before it is known that they may ask.
            let client = stranger_client(&state, &order).await?;
            sent.finish(&MISSING_PARAMETER)?;
            // Where they go, and whether a code is enough, is the flow's to say.
            let order = ContactOrder {
                contact: wanted(contact)?,
                redirect_url: None,
                requires_2fa: false,
                ip_address: None,
                ..order
            };
            let mode = state.app.mode_of(&client).await?;
            let from = Some(source.0);
            let opened = state.app.open_contact(&client, mode, order, from, &origin).await?;
            Ok(opened_answer(&state, channel, Audience::Device, opened))
        }
    }
}

/// `POST …/app-registration`: a code for the contact that a registration has.
pub async fn open_for_registration(
    channel: Channel,
    Extract(state): Extract<State>,
    Subject { record_token, .. }: Subject,
    origin: Origin,
    allowed: Allowed,
    source: SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    let table = match channel {
        Channel::Email => OWN_EMAIL_BODY,
        Channel::Phone => OWN_PHONE_BODY,
    };
    let mut sent = read(&state, &allowed, body, table, Purpose::Change).await?;
    let registration = state.app.registration_of_token(&record_token).await?;
    let whose = &registration.contact;
    for (name, own) in
        [("email", &whose.email), ("phone", &whose.phone), ("countryCode", &whose.country_code)]
    {
        if sent.text(name).is_none()
            && let Some(own) = own
        {
            sent.set(name, own.as_str());
        }
    }
    let contact = contact(channel, &mut sent);
    let order = order(&state, &mut sent, Some(ContactPurpose::Onboarding));
    sent.finish(&MISSING_PARAMETER)?;
    let order = ContactOrder { contact: wanted(contact)?, ..order };
    open_for(&state, &record_token, registration, order, source, &origin).await
}

/// A code for the contact of the registration whose token it is, and for no other.
async fn open_for(
    state: &State,
    record_token: &RecordToken,
    registration: AppRegistration,
    order: ContactOrder,
    source: SourceAddress,
    origin: &Origin,
) -> Result<Response, ApiError> {
    let channel = order.contact.channel();
    if !registration.contact.is(&order.contact) {
        return Err(ContactError::OtherContact.into());
    }
    let order = ContactOrder {
        project: registration.project.unwrap_or_default(),
        flow: registration.flow.unwrap_or_default(),
        registration: Some(registration.id),
        purpose: ContactPurpose::Onboarding,
        language: order.language.or(registration.language),
        redirect_url: None,
        requires_2fa: false,
        ip_address: None,
        ..order
    };
    let (client, mode, from) = (record_token.client(), record_token.mode(), Some(source.0));
    let opened = state.app.open_contact(client, mode, order, from, origin).await?;
    Ok(opened_answer(state, channel, Audience::Device, opened))
}

/// `POST …/validate` and `PUT` of the list: the newest code of a contact.
pub async fn confirm(
    channel: Channel,
    state: Extract<State>,
    bearer: MaybeBearer,
    origin: Origin,
    allowed: Allowed,
    source: SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    confirm_one(channel, state, bearer, origin, allowed, source, None, body).await
}

/// `POST …/{id}/validate` and `PUT …/{id}`.
#[expect(clippy::too_many_arguments, reason = "each is an extractor")]
pub async fn confirm_by_id(
    channel: Channel,
    state: Extract<State>,
    bearer: MaybeBearer,
    origin: Origin,
    allowed: Allowed,
    source: SourceAddress,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(channel.resource())?;
    confirm_one(channel, state, bearer, origin, allowed, source, Some(id), body).await
}

#[expect(clippy::too_many_arguments, reason = "what the two handlers extract")]
async fn confirm_one(
    channel: Channel,
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    origin: Origin,
    allowed: Allowed,
    SourceAddress(source): SourceAddress,
    id: Option<String>,
    body: Unread,
) -> Result<Response, ApiError> {
    let read = read(&state, &allowed, body, code_body(channel), Purpose::Create).await;
    let mut sent = match &bearer {
        Some(_) => read?,
        None => read.map_err(anonymous_rejection)?,
    };
    let text = |sent: &CheckedBody, name: &str| sent.text(name).map(str::to_owned);
    let code = text(&sent, "otp").or_else(|| text(&sent, "verificationCode"));
    if code.is_none() {
        sent.wrong("otp", "is required");
    }
    let id = id.or_else(|| text(&sent, id_member(channel)));
    let contact = match id {
        Some(_) => None,
        None => contact(channel, &mut sent),
    };
    let mut flow = text(&sent, "projectFlow");
    let (client, mode, registration, from) = match &bearer {
        Some(Bearer::Caller(caller)) => {
            (caller.client().to_owned(), caller.mode().to_owned(), None, None)
        }
        Some(Bearer::RecordToken(record_token)) => {
            let own = state.app.registration_of_token(record_token).await?;
            flow = own.flow;
            let (client, mode) = (record_token.client(), record_token.mode());
            (client.to_owned(), mode.to_owned(), Some(own.id), Some(source))
        }
        None => {
            let client = match &id {
                Some(id) => stranger_of_id(&state, channel, id).await?,
                None => stranger_of_flow(&state, flow.as_deref()).await?,
            };
            let mode = state.app.mode_of(&client).await?.to_owned();
            (client, mode, None, Some(source))
        }
    };
    if id.is_none() && flow.is_none() {
        sent.wrong("projectFlow", "is required");
    }
    let key = contact.as_ref().map(Contact::key).unwrap_or_default();
    let flow = flow.unwrap_or_default();
    let which = match &id {
        Some(id) => Confirmed::ById(id),
        None => Confirmed::ByContact { flow: &flow, key },
    };
    let registration = registration.as_deref();
    let may_know = bearer.is_some() || id.is_some();
    let who = CodeBearer { client: &client, mode: &mode, registration, source: from, may_know };
    // Another's record is as one that is nowhere, whatever the body says.
    let found = state.app.find_contact(who, channel, &which).await?;
    let unknown = || ApiError::not_found(channel.resource());
    if id.is_some() && found.is_none() {
        return Err(unknown());
    }
    sent.finish(&MISSING_PARAMETER)?;
    let found = match found {
        Some(found) => found,
        None if may_know => return Err(unknown()),
        None => return Err(state.app.reject_guess(who).await.into()),
    };
    let code = code.unwrap_or_default();
    let validated = state.app.confirm_contact(who, found, &code, &origin).await?;
    let (audience, reads) = match &bearer {
        Some(Bearer::Caller(caller)) => {
            (Audience::Client, may_read(caller, channel.resource().scopes))
        }
        _ => (Audience::Device, true),
    };
    Ok(validated_answer(&state, audience, reads, validated))
}

/// The client of a project that lets anybody validate a contact for this purpose. Whether there is such a
/// project is not said.
async fn stranger_client(state: &State, order: &ContactOrder) -> Result<String, ApiError> {
    let client = stranger_project(state, &order.project).await?;
    let (project, flow, purpose) = (&order.project, &order.flow, order.purpose);
    match state.app.stranger_may_validate(&client, project, flow, purpose).await? {
        true => Ok(client),
        false => Err(anonymous_rejected()),
    }
}

async fn stranger_project(state: &State, project: &str) -> Result<String, ApiError> {
    let found: Option<Project> = state.app.find(&Tenant::All, project).await?;
    let found = found.filter(|project| project.allows_anonymous).ok_or_else(anonymous_rejected)?;
    // Nobody has a token to be counted by: the project is.
    take(state, &format!("anonymous:{project}"), "without a token for this project", None)?;
    Ok(found.client)
}

/// Whoever brings a code without a token names the flow, or the validation.
async fn stranger_of_flow(state: &State, flow: Option<&str>) -> Result<String, ApiError> {
    let flow = flow.ok_or_else(anonymous_rejected)?;
    let found: Option<ProjectFlow> = state.app.find(&Tenant::All, flow).await?;
    let project = found.and_then(|flow| flow.project).ok_or_else(anonymous_rejected)?;
    stranger_project(state, &project).await
}

/// The code of a link is long enough that whoever has it needs no more.
async fn stranger_of_id(state: &State, channel: Channel, id: &str) -> Result<String, ApiError> {
    let found = state.app.find_contact_anywhere(channel, id).await?;
    let found = found.ok_or_else(anonymous_rejected)?;
    match found.method {
        Method::Link => Ok(found.client),
        // It is for the registration's own token.
        Method::Code if found.registration.is_some() => Err(anonymous_rejected()),
        Method::Code => {
            let project = found.project.ok_or_else(anonymous_rejected)?;
            stranger_project(state, &project).await
        }
    }
}

/// The address or the number of a body; what is wrong with it is noted.
fn contact(channel: Channel, sent: &mut CheckedBody) -> Option<Contact> {
    let text = |sent: &CheckedBody, name: &str| sent.text(name).map(str::to_owned);
    match channel {
        Channel::Email => {
            let email = text(sent, "email");
            if email.is_none() {
                sent.wrong("email", "is required");
            }
            email.map(Contact::Email)
        }
        Channel::Phone => {
            let (code, number) = (text(sent, "countryCode"), text(sent, "phone"));
            for (name, value) in [("countryCode", &code), ("phone", &number)] {
                if value.is_none() {
                    sent.wrong(name, "is required");
                }
            }
            let gateway = sent.text("phoneGateway").and_then(PhoneGateway::from_word);
            match Phone::new(&code?, &number?) {
                Ok(phone) => Some(Contact::Phone(phone, gateway.unwrap_or(PhoneGateway::Sms))),
                Err(problem) => {
                    sent.wrong("phone", problem);
                    None
                }
            }
        }
    }
}

/// What a body says beside the contact.
fn order(state: &State, sent: &mut CheckedBody, purpose: Option<ContactPurpose>) -> ContactOrder {
    let text = |name: &str| sent.text(name).map(str::to_owned);
    let method = sent.text("validationMethod").map_or(Method::Code, Method::from_word);
    let order = ContactOrder {
        contact: Contact::Email(String::new()),
        project: text("project").unwrap_or_default(),
        flow: text("projectFlow").unwrap_or_default(),
        registration: None,
        purpose: purpose.unwrap_or_else(|| {
            sent.text("type").map_or(ContactPurpose::Validation, ContactPurpose::from_word)
        }),
        method,
        redirect_url: text("redirectUrl"),
        requires_2fa: sent.flag("requires2FA"),
        ip_address: text("ipAddress"),
        language: text("language"),
    };
    if method == Method::Link && state.app.config.now().http.public_url.is_empty() {
        sent.wrong("validationMethod", "oneTimeLink needs the setting http.public_url");
    }
    for name in ["webhookUrl", "identityUrl"] {
        if sent.text(name).is_some() {
            sent.wrong(name, "is not available here: make a webhook for the flow instead");
        }
    }
    order
}

/// A body without problems has a contact.
fn wanted(contact: Option<Contact>) -> Result<Contact, ApiError> {
    contact.ok_or_else(ApiError::internal)
}

fn id_member(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "emailValidationId",
        Channel::Phone => "phoneValidationId",
    }
}

fn opened_answer(
    state: &State,
    channel: Channel,
    audience: Audience,
    opened: OpenedContact,
) -> Response {
    let resource = channel.resource();
    let id = id_of(&opened.validation).unwrap_or_default().to_owned();
    let mut record = shown(audience, resource, opened.validation);
    if let (Audience::Client, Some(code), Value::Object(members)) =
        (audience, opened.code, &mut record)
    {
        members.insert("verificationCode".to_owned(), code.into());
    }
    about(resource, &id, answer(state, channel, &record))
}

fn validated_answer(
    state: &State,
    audience: Audience,
    reads: bool,
    validated: ValidatedContact,
) -> Response {
    let ValidatedContact { validation, channel, outcome } = validated;
    let resource = channel.resource();
    let id = id_of(&validation).unwrap_or_default().to_owned();
    let record = match reads {
        true => shown(audience, resource, validation),
        false => brief(&id, &Map::from_iter([("status".to_owned(), "validated".into())])),
    };
    let Value::Object(mut data) = record else { return answer(state, channel, &record) };
    // Whether somebody is enrolled, who could come by face next time, is told to nobody.
    data.insert("showFaceLivenessRecommendation".to_owned(), false.into());
    match outcome {
        ContactOutcome::Validated => {}
        ContactOutcome::LoggedIn { login, token } => {
            let login = match reads {
                true => shown(audience, &APP_LOGINS, login),
                false => brief(id_of(&login).unwrap_or_default(), &Map::new()),
            };
            data.insert("appLogin".to_owned(), login);
            data.insert("token".to_owned(), token.into());
        }
        ContactOutcome::Resumed { registration, token } => {
            data.insert(APP_REGISTRATION.to_owned(), registration.into());
            data.insert("token".to_owned(), token.into());
        }
    }
    about(resource, &id, answer(state, channel, &Value::Object(data)))
}

/// As a validation names its registration.
const APP_REGISTRATION: &str = "appRegistration";

fn answer(state: &State, channel: Channel, data: &Value) -> Response {
    let mut body = json!({ "success": true, "data": data }).to_string().into_bytes();
    body.pop();
    close(state, channel.resource(), &mut body);
    json_response(body)
}
