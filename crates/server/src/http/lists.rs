//! Every list and every retrieve: the resource table decides, this only answers.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use verax_domain::NarrowScope;
use verax_query::{Page, QUERY_BYTES_MAX, Query, Resource, Retrieval, Tenant, is_id};
use verax_store::Listing;

use super::State;
use super::authorize::require;
use super::error::ApiError;
use super::kept_pictures::sign_image_urls;
use super::lifecycle_errors::access_denied;
use super::signature::signature;
use crate::app::access::{Bearer, Caller, Holder};

/// The id in a path; an error when it is not even UTF-8.
pub type PathId = Result<Path<String>, PathRejection>;

/// `GET /v2/<resource>`.
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let raw = admit(&caller, resource, raw)?;
    let query = Query::parse(resource, &raw).map_err(ApiError::invalid)?;
    if query.is_count_only() {
        let count = state.app.database.count(&query, &caller.tenant()).await?;
        return Ok(json(format!(r#"{{"success":true,"data":{count}}}"#).into_bytes()));
    }
    let listing = state.app.database.page(&query, &caller.tenant()).await?;
    Ok(json(envelope(&state, resource, query.page(), &listing)))
}

/// `GET /v2/<resource>/{id}`.
pub async fn retrieve(
    Extract(state): Extract<State>,
    bearer: Bearer,
    id: PathId,
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let record = match &bearer {
        Bearer::Caller(caller) => record(&state, caller, id, RawQuery(raw), resource).await?,
        Bearer::Holder(holder) => {
            let id = known(id);
            require_own(&state, holder, resource, id.as_deref()).await?;
            let tenant = Tenant::Client(holder.client().to_owned());
            find(&state, &tenant, id, &short(raw)?, resource).await?
        }
    };
    Ok(json(one(&state, resource, &record)))
}

/// The record that a retrieve asks for.
pub async fn record(
    state: &State,
    caller: &Caller,
    id: PathId,
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Vec<u8>, ApiError> {
    let raw = admit(caller, resource, raw)?;
    find(state, &caller.tenant(), known(id), &raw, resource).await
}

async fn find(
    state: &State,
    tenant: &Tenant,
    id: Option<String>,
    raw: &str,
    resource: &'static Resource,
) -> Result<Vec<u8>, ApiError> {
    let retrieval = Retrieval::parse(resource, raw).map_err(ApiError::invalid)?;
    let unknown = || ApiError::not_found(resource);
    let id = id.ok_or_else(unknown)?;
    let record = state.app.database.record(&retrieval, tenant, &id).await?;
    record.ok_or_else(unknown)
}

fn known(id: PathId) -> Option<String> {
    id.map(|Path(id)| id).ok().filter(|id| is_id(id))
}

/// With the token of one record: that record, and what was measured for it.
pub static OPENED: [(&str, NarrowScope, &str); 5] = [
    ("app-registrations", NarrowScope::Registration, "_id"),
    ("liveness-sessions", NarrowScope::Session, "_id"),
    ("app-logins", NarrowScope::Login, "_id"),
    ("biometric-validations", NarrowScope::Session, "livenessSession"),
    ("biometric-validations", NarrowScope::Registration, "appRegistration"),
];

async fn require_own(
    state: &State,
    holder: &Holder,
    resource: &'static Resource,
    id: Option<&str>,
) -> Result<(), ApiError> {
    let tenant = Tenant::Client(holder.client().to_owned());
    let record = match id {
        Some(id) if OPENED.iter().any(|(name, ..)| *name == resource.name) => {
            state.app.find_record(resource, &tenant, id).await?
        }
        _ => None,
    };
    let own = |record: &Value| {
        OPENED.iter().any(|(name, scope, member)| {
            *name == resource.name
                && holder.subject(*scope).is_some_and(|subject| record[*member] == *subject)
        })
    };
    // Whether there is such a record is not said to who may not see it.
    if record.as_ref().is_some_and(own) { Ok(()) } else { Err(access_denied()) }
}

/// The envelope around one record.
pub fn one(state: &State, resource: &Resource, record: &[u8]) -> Vec<u8> {
    let mut body = br#"{"success":true,"data":"#.to_vec();
    body.extend_from_slice(&sign_image_urls(state, resource, record));
    sign(state, resource, &mut body);
    body.push(b'}');
    body
}

/// The query string of a caller who may read the resource.
fn admit(caller: &Caller, resource: &Resource, raw: Option<String>) -> Result<String, ApiError> {
    require(caller, resource.scopes)?;
    short(raw)
}

fn short(raw: Option<String>) -> Result<String, ApiError> {
    match raw.unwrap_or_default() {
        raw if raw.len() > QUERY_BYTES_MAX => Err(ApiError::query_too_long()),
        raw => Ok(raw),
    }
}

fn envelope(state: &State, resource: &Resource, page: Page, listing: &Listing) -> Vec<u8> {
    let mut body = Vec::with_capacity(listing.rows.len() + 256);
    body.extend_from_slice(br#"{"success":true,"data":["#);
    body.extend_from_slice(&sign_image_urls(state, resource, &listing.rows));
    let total = listing.total;
    let pages = total.div_ceil(u64::from(page.size));
    let (number, size, name) = (page.number(), page.size, resource.page_size.name);
    let pagination = format!(
        r#"],"pagination":{{"page":{number},"{name}":{size},"total":{total},"pages":{pages}}}"#
    );
    body.extend_from_slice(pagination.as_bytes());
    if state.app.config.compat.flat_pagination {
        let flat = format!(r#","total":{total},"limit":{size},"page":{number},"pages":{pages}"#);
        body.extend_from_slice(flat.as_bytes());
    }
    sign(state, resource, &mut body);
    body.push(b'}');
    body
}

fn sign(state: &State, resource: &Resource, body: &mut Vec<u8>) {
    if resource.signed {
        body.extend_from_slice(br#","signature":"#);
        let text = signature(&state.app.config.signature, state.app.clock.now());
        body.extend_from_slice(text.as_bytes());
    }
}

/// A JSON answer about a client's own records: never for a shared cache.
pub fn json(body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    (headers, body).into_response()
}
