//! `GET` and `POST /v2/app-registrations/me`: the registration that the token is for, with all that its
//! capture pages need.

use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::capture_page::{flow_view, project_view};
use verax_domain::device_view::device_view;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::resources::{APP_REGISTRATIONS, PROJECT_FLOWS, PROJECTS};
use verax_query::{Audience, Problem, Resource, Retrieval, Tenant};

use crate::app::registrations::images::Face;
use crate::http::answers::json as json_response;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::INVALID_PARAMETERS;
use crate::http::layers::admission::take_slot;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::authorize::Subject;
use crate::http::layers::idempotency::changes_nothing;
use crate::http::listing::calls::short;
use crate::http::query_string::{decoded, parts};
use crate::http::registrations::images::{NO_STORE, image_json};
use crate::http::state::State;

pub static ME_BODY: &[BodyField] = &[optional(
    "populates",
    Rule::Texts,
    "Relations to show as records, at most 20; one that is not there is null.",
)];

const POPULATES: &str = "populates";
const POPULATES_MAX: usize = 20;

/// What is shown whole, as the pages need it.
const PROJECT: &str = "project";
const FLOW: &str = "projectFlow";
/// Images of the person, where they are stored.
const FACES: [(&str, Face); 2] = [("face", Face::Taken), ("documentFace", Face::OnDocument)];
/// It is kept in the registration itself.
const COMPARISON: &str = "compareFaceVerification";

pub async fn me(
    Extract(state): Extract<State>,
    method: Method,
    Subject { record_token, id }: Subject,
    allowed: Allowed,
    RawQuery(raw): RawQuery,
    body: Unread,
) -> Result<Response, ApiError> {
    let table = if method == Method::POST { ME_BODY } else { &[] };
    let sent = read(&state, &allowed, body, table, Purpose::Change).await?;
    let sent = sent.finish(&INVALID_PARAMETERS)?;
    let (mut names, raw) = taken_populates(&short(raw)?);
    names.extend(sent.ids(POPULATES).unwrap_or_default());
    if names.len() > POPULATES_MAX {
        let message = format!("may name at most {POPULATES_MAX} relations");
        return Err(ApiError::invalid(vec![Problem { parameter: POPULATES.to_owned(), message }]));
    }
    let own = |name: &str| {
        let is_face = FACES.iter().any(|(face, _)| *face == name);
        is_face || [PROJECT, FLOW, COMPARISON].contains(&name)
    };
    let (own, others): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| own(name));
    let asked = others.iter().map(|name| format!("{POPULATES}[]={}", encoded(name)));
    let raw: Vec<String> = raw.into_iter().chain(asked).collect();
    let retrieval = Retrieval::parse(&APP_REGISTRATIONS, &raw.join("&"));
    let retrieval = retrieval.map_err(ApiError::invalid)?;
    let tenant = Tenant::Client(record_token.client().to_owned());
    let unknown = || ApiError::not_found(&APP_REGISTRATIONS);
    let record = state.app.record_bytes(&retrieval, &tenant, &id).await?.ok_or_else(unknown)?;
    let record = serde_json::from_slice(&record).map_err(|_| ApiError::internal())?;
    let mut view = device_view(&APP_REGISTRATIONS, &record);
    for name in others.iter().filter_map(|name| name.split('.').next()) {
        if view.get(name).is_none() {
            view[name] = Value::Null;
        }
    }
    if !own.is_empty() {
        let found: Option<AppRegistration> = state.app.find(&tenant, &id).await?;
        let found = found.ok_or_else(unknown)?;
        for name in &own {
            let shown = populated(&state, &allowed, &tenant, &found, name).await?;
            // What is kept in the registration is there already.
            if name != COMPARISON || view.get(name).is_none() {
                view[name] = shown;
            }
        }
    }
    let body = json!({ "success": true, "data": view }).to_string();
    let mut response = json_response(body.into_bytes());
    if FACES.iter().any(|(name, _)| own.iter().any(|own| own == name)) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    }
    Ok(changes_nothing(response))
}

/// A relation as its pages need it; null where there is none.
async fn populated(
    state: &State,
    allowed: &Allowed,
    tenant: &Tenant,
    registration: &AppRegistration,
    name: &str,
) -> Result<Value, ApiError> {
    let find = async |resource: &'static Resource, id: &Option<String>| match id {
        Some(id) => state.app.find_record(resource, tenant, id).await,
        None => Ok(None),
    };
    Ok(match name {
        PROJECT => {
            let project = find(&PROJECTS, &registration.project).await?;
            project.map(|project| project_view(&project)).into()
        }
        FLOW => {
            let flow = find(&PROJECT_FLOWS, &registration.flow).await?;
            flow.map(|flow| flow_view(&flow, Audience::Device)).into()
        }
        name => match FACES.iter().find(|(face, _)| *face == name) {
            // Where there is no room to look for it the page goes on without it.
            Some((_, face)) => match take_slot(state, allowed) {
                Ok(_slot) => {
                    let image = state.app.image_of_registration(registration, *face).await?;
                    image.as_ref().map(image_json).into()
                }
                Err(_) => Value::Null,
            },
            None => Value::Null,
        },
    })
}

/// The relations that a query string asks for, in each spelling, and what else is in it.
fn taken_populates(raw: &str) -> (Vec<String>, Vec<String>) {
    let (mut names, mut rest) = (Vec::new(), Vec::new());
    for part in parts(raw).filter(|part| !part.is_empty()) {
        match decoded(part) {
            Some((key, value)) if key.split('[').next() == Some(POPULATES) => {
                let words = value.split([',', ' ']).filter(|word| !word.is_empty());
                names.extend(words.map(str::to_owned));
            }
            _ => rest.push(part.to_owned()),
        }
    }
    (names, rest)
}

/// As a value of a query string.
fn encoded(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}
