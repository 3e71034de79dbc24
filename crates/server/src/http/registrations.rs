//! App registrations: made, looked at with their own token, moved on, changed.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::NarrowScope;
use verax_domain::Scope;
use verax_domain::lifecycle::{RegistrationStatus, SYNC_STEPS, Teller};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::{QUERY_BYTES_MAX, Retrieval, Tenant, is_id};
use verax_store::{Contact, StoreError};

use super::State;
use super::authorize::require_write;
use super::body::{Member, Purpose, Rule, joined, optional, read, required};
use super::error::{ApiError, MISSING_PARAMETER};
use super::idempotency::{about, changes_nothing};
use super::lifecycle_errors::{access_denied, token_not_right};
use super::lists::{PathId, json as json_response, one};
use crate::app::access::{Bearer, Caller};
use crate::app::registrations::SyncOrder;

type Body = Result<Bytes, BytesRejection>;

const ABOUT: &[Member] = &[
    optional("email", Rule::Email, "Email address; a new registration needs this or a phone."),
    optional("phone", Rule::Phone, "Phone number without its country code."),
    optional("countryCode", Rule::CountryCode, "Country code of the phone: +57."),
    optional("fullName", Rule::Text(1, 200), "The person's whole name."),
    optional("firstName", Rule::Text(1, 100), "First name."),
    optional("lastName", Rule::Text(1, 100), "Last name."),
    optional("language", Rule::Text(2, 8), "Language of the pages."),
    optional("consentSession", Rule::Object(&[]), "What the person has agreed to."),
];

pub static CHANGE_BODY: &[Member] = ABOUT;

pub static REGISTRATION_BODY: &[Member] = &joined::<10>(
    &[
        required("project", Rule::Id, "The project."),
        required("projectFlow", Rule::Id, "The flow."),
    ],
    ABOUT,
);

pub static SYNC_BODY: &[Member] = &[
    required("step", Rule::Word(&SYNC_STEPS), "Where the person is; or adminOverride."),
    optional("status", Rule::Text(1, 40), "The status that follows, where the step has several."),
    optional("note", Rule::Text(1, 1000), "Why a status is overridden."),
];

/// `POST /v2/app-registrations`. The same address or number again gives the same registration and
/// a new token.
pub async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    require_write(&caller)?;
    let mut sent = read(&state, body, REGISTRATION_BODY, Purpose::Create)?;
    let phone = sent.text("phone").map(str::to_owned);
    let country_code = sent.text("countryCode").map(str::to_owned);
    let email = sent.text("email").map(str::to_owned);
    let contact = match (email, phone, country_code) {
        (_, Some(_), None) => {
            sent.wrong("countryCode", "is required with a phone: missing countryCode");
            None
        }
        (Some(email), _, _) => Some(Contact::Email(email)),
        (None, Some(number), Some(country_code)) => Some(Contact::Phone { country_code, number }),
        (None, None, _) => {
            sent.wrong("email", "or \"phone\" is required: Needs an email or a phone at least");
            None
        }
    };
    let members = sent.finish(&MISSING_PARAMETER)?.members;
    let Some(contact) = contact else { return Err(ApiError::not_found(&APP_REGISTRATIONS)) };
    let client = caller.client();
    let (id, token) = state.app.register(client, caller.mode(), contact, members).await?;
    let tenant = Tenant::Client(client.to_owned());
    let record = state.app.find_record(&APP_REGISTRATIONS, &tenant, &id).await?;
    // Nothing is asked of data sources here, so there is no validation of what the person said.
    let data = json!({ "appRegistration": record, "informationValidation": null, "token": token });
    Ok(about(&APP_REGISTRATIONS, &id, answer(&data)))
}

/// `GET` and `POST /v2/app-registrations/me`: the registration that the token is for.
pub async fn me(
    Extract(state): Extract<State>,
    bearer: Bearer,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let id = match &bearer {
        Bearer::Holder(holder) => holder.subject(NarrowScope::Registration),
        Bearer::Caller(_) => None,
    };
    let id = id.ok_or_else(|| token_not_right("app registration"))?;
    let raw = raw.unwrap_or_default();
    if raw.len() > QUERY_BYTES_MAX {
        return Err(ApiError::query_too_long());
    }
    let retrieval = Retrieval::parse(&APP_REGISTRATIONS, &raw).map_err(ApiError::invalid)?;
    let tenant = Tenant::Client(bearer.client().to_owned());
    let record = state.app.database.record(&retrieval, &tenant, id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(&APP_REGISTRATIONS))?;
    Ok(changes_nothing(json_response(one(&state, &APP_REGISTRATIONS, &record))))
}

/// `PUT /v2/app-registrations/{id}`: what is not sent stays.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
    body: Body,
) -> Result<Response, ApiError> {
    require_write(&caller)?;
    let id = known_id(id)?;
    let tenant = Tenant::Client(caller.client().to_owned());
    let unknown = || ApiError::not_found(&APP_REGISTRATIONS);
    state.app.find_record(&APP_REGISTRATIONS, &tenant, &id).await?.ok_or_else(unknown)?;
    let sent = read(&state, body, CHANGE_BODY, Purpose::Change)?.finish(&MISSING_PARAMETER)?;
    let members = sent.members;
    match state.app.change_record(&APP_REGISTRATIONS, caller.client(), &id, members).await {
        Err(StoreError::Conflict) => return Err(unknown()),
        done => done?,
    }
    let whole = Retrieval::whole(&APP_REGISTRATIONS);
    let record = state.app.database.record(&whole, &tenant, &id).await?.ok_or_else(unknown)?;
    Ok(json_response(one(&state, &APP_REGISTRATIONS, &record)))
}

/// `PUT /v2/app-registrations/{id}/sync`, with the registration's own token or a client's; what
/// overrides a status is the client's or staff's.
pub async fn sync(
    Extract(state): Extract<State>,
    bearer: Bearer,
    id: PathId,
    body: Body,
) -> Result<Response, ApiError> {
    let (tenant, teller, reviewer, mode) = match &bearer {
        Bearer::Holder(holder) => {
            let own = holder.subject(NarrowScope::Registration);
            let own = own.ok_or_else(|| token_not_right("app registration"))?;
            if id.as_ref().is_ok_and(|Path(id)| id != own) {
                return Err(access_denied());
            }
            let tenant = Tenant::Client(holder.client().to_owned());
            (tenant, Teller::Person, ("reviewedByClient", String::new()), holder.mode())
        }
        Bearer::Caller(caller) if caller.has(Scope::Staff) => {
            let who = caller.client().to_owned();
            (caller.tenant(), Teller::Reviewer, ("reviewedByStaff", who), caller.mode())
        }
        Bearer::Caller(caller) => {
            require_write(caller)?;
            let who = caller.client().to_owned();
            (caller.tenant(), Teller::Reviewer, ("reviewedByClient", who), caller.mode())
        }
    };
    let id = known_id(id)?;
    let unknown = || ApiError::not_found(&APP_REGISTRATIONS);
    state.app.find_record(&APP_REGISTRATIONS, &tenant, &id).await?.ok_or_else(unknown)?;
    let mut sent = read(&state, body, SYNC_BODY, Purpose::Create)?;
    // Staff reads everything; of what it writes there is only its review.
    if let Bearer::Caller(caller) = &bearer
        && !caller.has(Scope::Write)
        && sent.text("step") != Some("adminOverride")
    {
        require_write(caller)?;
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
        teller,
        reviewer,
    };
    let step = order.step.clone();
    let (token, record, flow) = state.app.sync_registration(&tenant, mode, &id, order).await?;
    let mut data = Map::new();
    data.insert("token".to_owned(), token.into());
    for name in ["firstName", "lastName", "fullName"] {
        data.insert(name.to_owned(), record[name].clone());
    }
    data.insert("step".to_owned(), step.into());
    data.insert(
        "steps".to_owned(),
        match &flow["steps"] {
            Value::Object(steps) => Value::Object(steps.clone()),
            _ => json!({}),
        },
    );
    data.insert("appRegistrationId".to_owned(), id.into());
    data.insert("status".to_owned(), record["status"].clone());
    Ok(answer(&Value::Object(data)))
}

fn known_id(id: PathId) -> Result<String, ApiError> {
    let id = id.map(|Path(id)| id).ok().filter(|id| is_id(id));
    id.ok_or_else(|| ApiError::not_found(&APP_REGISTRATIONS))
}

fn answer(data: &Value) -> Response {
    json_response(json!({ "success": true, "data": data }).to_string().into_bytes())
}
