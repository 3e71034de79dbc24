//! App registrations: moved on, and changed.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::contact::Phone;
use verax_domain::lifecycle::{Actor, RegistrationStatus, SYNC_STEPS};
use verax_domain::records::app_registration::{self, AppRegistration, ContactDetails, Reviewer};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_domain::{RecordTokenScope, Scope};
use verax_query::{Key, Retrieval, Tenant};

use crate::app::access::Bearer;
use crate::app::journal::Origin;
use crate::app::registrations::{HeldContacts, RegistrationError, SyncOrder, TokenFor};
use crate::http::answers::brief::brief;
use crate::http::answers::{json as json_response, one};
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::{
    BodyField, Purpose, Rule, field, field_as, joined, optional, required,
};
use crate::http::body::unread::Unread;
use crate::http::error::{ApiError, access_denied};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::allowed::{Allowed, may_read, require_own};
use crate::http::layers::quota::take_guess;
use crate::http::layers::source_address::SourceAddress;
use crate::http::path_id::PathId;
use crate::http::state::State;

const EMAIL_VALIDATION: &str = "emailValidation";
const PHONE_VALIDATION: &str = "phoneValidation";

const ABOUT: &[BodyField] = &[
    field_as(&APP_REGISTRATIONS, "email", Rule::Email)
        .doc("Email address; a new registration needs this or a phone."),
    field_as(&APP_REGISTRATIONS, "phone", Rule::Phone)
        .doc("Phone number; it may begin with its country code."),
    field_as(&APP_REGISTRATIONS, "countryCode", Rule::CountryCode),
    field_as(&APP_REGISTRATIONS, "fullName", Rule::Text(1, 200)),
    field_as(&APP_REGISTRATIONS, "firstName", Rule::Text(1, 100)),
    field_as(&APP_REGISTRATIONS, "lastName", Rule::Text(1, 100)),
    field_as(&APP_REGISTRATIONS, "language", Rule::Text(2, 8)),
    field_as(&APP_REGISTRATIONS, "consentSession", Rule::Object(&[])),
];

pub static CHANGE_BODY: &[BodyField] = &joined::<11>(
    ABOUT,
    &[
        optional(EMAIL_VALIDATION, Rule::Id, "The registration's own check of its email address."),
        optional(PHONE_VALIDATION, Rule::Id, "The registration's own check of its phone number."),
        optional("replacePhone", Rule::Flag, "Accepted for compatibility; a phone is replaced."),
    ],
);

pub static REGISTRATION_BODY: &[BodyField] = &joined::<10>(
    &[
        field(&APP_REGISTRATIONS, "project").required(),
        field(&APP_REGISTRATIONS, "projectFlow").required(),
    ],
    ABOUT,
);

pub static SYNC_BODY: &[BodyField] = &[
    required("step", Rule::Word(&SYNC_STEPS), "Where the person is; or adminOverride."),
    optional("status", Rule::Text(1, 40), "The status that follows, where the step has several."),
    optional("note", Rule::Text(1, 1000), "Why a status is overridden."),
];

/// `PUT /v2/app-registrations/{id}`: what is not sent stays. With the registration's own token a person
/// changes what they say of themselves, while it is open.
pub async fn change(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    SourceAddress(source): SourceAddress,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let own = match &bearer {
        Bearer::Caller(_) => false,
        Bearer::RecordToken(record_token) => {
            let own = record_token.subject(RecordTokenScope::Registration);
            if own.is_none() || own != id.sent() {
                return Err(access_denied());
            }
            true
        }
    };
    let id = id.of(&APP_REGISTRATIONS)?;
    let client = bearer.client();
    let tenant = Tenant::Client(client.to_owned());
    let unknown = || ApiError::not_found(&APP_REGISTRATIONS);
    let before: Option<AppRegistration> = state.app.find(&tenant, &id).await?;
    let before = before.ok_or_else(unknown)?;
    let mut sent = read(&state, &allowed, body, CHANGE_BODY, Purpose::Change).await?;
    check_phone(&mut sent, Some(&before.contact));
    check_validations(&mut sent, &before);
    let mut members = sent.finish(&MISSING_PARAMETER)?.members;
    members.remove("replacePhone");
    let told = members.clone();
    let changed = if own {
        let tells = state.app.config.now().validations.tell_registered;
        let held = if tells { HeldContacts::Told } else { HeldContacts::NotTold };
        state.app.change_own_registration(client, &id, members, held, &origin).await
    } else {
        state.app.change_registration(client, &id, members, &origin).await
    };
    if own && matches!(changed, Err(RegistrationError::Registered(_))) {
        take_guess(&state, source)?;
    }
    changed?;
    let record = match &bearer {
        Bearer::Caller(caller) if !may_read(caller, APP_REGISTRATIONS.scopes) => {
            brief(&id, &told).to_string().into_bytes()
        }
        _ => {
            let whole = Retrieval::whole(&APP_REGISTRATIONS);
            state.app.record_bytes(&whole, &tenant, &id).await?.ok_or_else(unknown)?
        }
    };
    Ok(json_response(one(&state, bearer.audience(), &APP_REGISTRATIONS, &record)))
}

/// Pages name the check of a contact that was validated: it is the registration's already.
fn check_validations(sent: &mut CheckedBody, before: &AppRegistration) {
    for (name, own) in
        [(EMAIL_VALIDATION, &before.email_validation), (PHONE_VALIDATION, &before.phone_validation)]
    {
        match sent.text(name) {
            Some(id) if own.as_deref() != Some(id) => {
                sent.wrong(
                    name,
                    "must be the validation by which this registration's contact was proved",
                );
            }
            _ => sent.forget(name),
        }
    }
}

/// `PUT /v2/app-registrations/{id}/sync`, with the registration's own token or a client's; what
/// overrides a status is the client's or staff's.
pub async fn sync(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (tenant, actor, reviewer) = match &bearer {
        Bearer::RecordToken(record_token) => {
            let own = record_token.subject(RecordTokenScope::Registration);
            if id.sent().is_some_and(|id| own != Some(id)) {
                return Err(access_denied());
            }
            let tenant = Tenant::Client(record_token.client().to_owned());
            (tenant, Actor::Person, Reviewer::Client(String::new()))
        }
        Bearer::Caller(caller) => {
            let who = caller.client().to_owned();
            let reviewer = match caller.has(Scope::Staff) {
                true => Reviewer::Staff(who),
                false => Reviewer::Client(who),
            };
            (caller.tenant(), Actor::Reviewer, reviewer)
        }
    };
    let id = id.of(&APP_REGISTRATIONS)?;
    let unknown = || ApiError::not_found(&APP_REGISTRATIONS);
    state.app.find_record(&APP_REGISTRATIONS, &tenant, &id).await?.ok_or_else(unknown)?;
    let mut sent = read(&state, &allowed, body, SYNC_BODY, Purpose::Create).await?;
    // Staff reads everything; of what it writes there is only its review.
    if let Bearer::Caller(caller) = &bearer
        && !caller.has(Scope::Write)
        && sent.text("step") != Some("adminOverride")
    {
        require_own(caller, Scope::Write)?;
    }
    let wanted = sent.text("status").map(str::to_owned);
    let known = wanted.as_deref().map(RegistrationStatus::from_word);
    if known == Some(None) {
        let words = RegistrationStatus::ALL.map(RegistrationStatus::word).join(", ");
        sent.wrong("status", format!("must be one of [{words}]"));
    }
    let sent = sent.finish(&MISSING_PARAMETER)?;
    let text = |name: &str| sent.text(name).map(str::to_owned);
    let order = SyncOrder {
        step: text("step").unwrap_or_default(),
        wanted: known.flatten(),
        note: text("note"),
        actor,
        reviewer,
        origin,
    };
    let step = order.step.clone();
    let (reads, writes) = match &bearer {
        Bearer::RecordToken(_) => (true, true),
        Bearer::Caller(caller) => {
            (may_read(caller, APP_REGISTRATIONS.scopes), caller.has(Scope::Write))
        }
    };
    // The registration's own token reads it and moves it on: who may not do both gets none.
    let until = match &bearer {
        Bearer::RecordToken(record_token) => Some(record_token.expires_at()),
        Bearer::Caller(_) => None,
    };
    let token_for =
        (reads && writes).then(|| TokenFor { client: bearer.client(), mode: bearer.mode(), until });
    let synced = state.app.sync_registration(&tenant, token_for, &id, order).await?;
    let (token, record, flow) = synced;
    let known = |key: Key<str>| record.text(key).filter(|_| reads);
    Ok(answer(&json!({
        "token": token,
        "firstName": known(app_registration::FIRST_NAME),
        "lastName": known(app_registration::LAST_NAME),
        "fullName": known(app_registration::FULL_NAME),
        "step": step,
        "steps": if reads { flow.steps } else { Map::new() },
        "appRegistrationId": id,
        "status": record.text(app_registration::STATUS),
    })))
}

/// A number and its country's code belong together: what was sent of them, and what the registration
/// has, must be one number, which is kept in one form.
pub fn check_phone(sent: &mut CheckedBody, before: Option<&ContactDetails>) {
    if sent.text("phone").is_none() && sent.text("countryCode").is_none() {
        return;
    }
    let known = |name: &str, before: Option<&String>| {
        sent.text(name).or(before.map(String::as_str)).map(str::to_owned)
    };
    let code = before.and_then(|it| it.country_code.as_ref());
    let number = before.and_then(|it| it.phone.as_ref());
    match (known("countryCode", code), known("phone", number)) {
        (Some(code), Some(number)) => match Phone::new(&code, &number) {
            Ok(phone) => {
                sent.set("countryCode", phone.country_code);
                sent.set("phone", phone.number);
            }
            Err(problem) => sent.wrong("phone", problem),
        },
        (None, Some(_)) => {
            sent.wrong("countryCode", "is required with a phone: missing countryCode");
        }
        // A code alone is nobody's number.
        _ => {}
    }
}

pub fn answer(data: &Value) -> Response {
    json_response(json!({ "success": true, "data": data }).to_string().into_bytes())
}
