//! Every list and every retrieve: the resource table decides, this only answers.

use std::io::Write;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use verax_domain::NarrowScope;
use verax_domain::device_view::device_view;
use verax_query::{
    Audience, Place, Populate, Problem, QUERY_BYTES_MAX, Query, Resource, Retrieval, Tenant, is_id,
};
use verax_store::{Layout, Listing};

use super::State;
use super::authorize::require;
use super::caching::{IfNoneMatch, PRIVATE};
use super::error::ApiError;
use super::handling::RequestHandling;
use super::kept_pictures::sign_image_urls;
use super::lifecycle_errors::access_denied;
use super::signature::signature;
use super::streams::{Format, stream};
use crate::app::access::{Bearer, Caller, Holder, ImageUrls};

/// The id in a path; an error when it is not even UTF-8.
pub type PathId = Result<Path<String>, PathRejection>;

/// `GET /v2/<resource>`.
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    (RawQuery(raw), handling): (RawQuery, RequestHandling),
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let raw = admit(&caller, resource, raw)?;
    let query = Query::parse_as(resource, &raw, handling.handling()).map_err(ApiError::invalid)?;
    handling.note(query.ignored().iter().cloned());
    require_populated(&caller, query.included().populates())?;
    let tenant = caller.tenant();
    if query.is_count_only() {
        let count = state.app.database.count(&query, &tenant).await?;
        let body = format!(r#"{{"success":true,"data":{count}}}"#).into_bytes();
        return Ok(known.answer(body, |body| body));
    }
    let place = begin(&state, &query, &tenant)?;
    if format != Format::Json {
        return stream(state, query, tenant, place, format).await;
    }
    let database = &state.app.database;
    let listing = match query.cursor() {
        None => database.page(&query, &tenant).await?,
        Some(_) => {
            let size = query.page().size;
            database.page_after(&query, &tenant, place, size, Layout::Array).await?
        }
    };
    let next = listing.end.as_ref().map(|end| state.app.seal_cursor(&query, &tenant, end));
    let body = envelope(&state, &query, &listing, caller.image_urls(), next.as_deref());
    Ok(known.answer(body, |mut body| {
        close(&state, resource, &mut body);
        body
    }))
}

/// `GET /v2/<resource>/{id}`.
pub async fn retrieve(
    Extract(state): Extract<State>,
    bearer: Bearer,
    known: IfNoneMatch,
    id: PathId,
    (RawQuery(raw), handling): (RawQuery, RequestHandling),
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let record = match &bearer {
        Bearer::Caller(caller) => {
            record(&state, caller, id, (RawQuery(raw), handling), resource).await?
        }
        Bearer::Holder(holder) => {
            let id = read_id(id);
            require_own(&state, holder, resource, id.as_deref()).await?;
            let tenant = Tenant::Client(holder.client().to_owned());
            find(&state, None, &tenant, id, (&short(raw)?, &handling), resource).await?
        }
    };
    let body = open(&state, bearer.audience(), bearer.image_urls(), resource, &record);
    Ok(known.answer(body, |mut body| {
        close(&state, resource, &mut body);
        body
    }))
}

/// The record that a retrieve asks for.
pub async fn record(
    state: &State,
    caller: &Caller,
    id: PathId,
    (RawQuery(raw), handling): (RawQuery, RequestHandling),
    resource: &'static Resource,
) -> Result<Vec<u8>, ApiError> {
    let raw = admit(caller, resource, raw)?;
    find(state, Some(caller), &caller.tenant(), read_id(id), (&raw, &handling), resource).await
}

async fn find(
    state: &State,
    caller: Option<&Caller>,
    tenant: &Tenant,
    id: Option<String>,
    (raw, handling): (&str, &RequestHandling),
    resource: &'static Resource,
) -> Result<Vec<u8>, ApiError> {
    let retrieval = Retrieval::parse_as(resource, raw, handling.handling());
    let retrieval = retrieval.map_err(ApiError::invalid)?;
    handling.note(retrieval.ignored().iter().cloned());
    if let Some(caller) = caller {
        require_populated(caller, retrieval.included().populates())?;
    }
    let unknown = || ApiError::not_found(resource);
    let id = id.ok_or_else(unknown)?;
    let record = state.app.database.record(&retrieval, tenant, &id).await?;
    record.ok_or_else(unknown)
}

/// Where the cursor of a request points to; `None`: to the beginning.
fn begin(state: &State, query: &Query, tenant: &Tenant) -> Result<Option<Place>, ApiError> {
    let cursor = query.cursor().unwrap_or_default();
    if cursor.is_empty() {
        return Ok(None);
    }
    let message = "is not a cursor of this list with these filters and this sort: begin again \
                   with cursor=*";
    let problem = Problem { parameter: "cursor".to_owned(), message: message.to_owned() };
    let place = state.app.open_cursor(query, tenant, cursor);
    place.map(Some).ok_or_else(|| ApiError::invalid(vec![problem]))
}

fn read_id(id: PathId) -> Option<String> {
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

/// The envelope around one record, as this audience may see it; no URL in it opens an image.
pub fn one(
    state: &State,
    audience: Audience,
    resource: &'static Resource,
    record: &[u8],
) -> Vec<u8> {
    one_with_images(state, audience, ImageUrls::Unsigned, resource, record)
}

/// The envelope around one record, with the URLs of its images as the caller may have them.
pub fn one_with_images(
    state: &State,
    audience: Audience,
    urls: ImageUrls,
    resource: &'static Resource,
    record: &[u8],
) -> Vec<u8> {
    let mut body = open(state, audience, urls, resource, record);
    close(state, resource, &mut body);
    body
}

fn open(
    state: &State,
    audience: Audience,
    urls: ImageUrls,
    resource: &'static Resource,
    record: &[u8],
) -> Vec<u8> {
    let mut body = br#"{"success":true,"data":"#.to_vec();
    match audience {
        Audience::Client => {
            body.extend_from_slice(&sign_image_urls(state, resource, urls, record));
        }
        Audience::Device => {
            let record = serde_json::from_slice(record).unwrap_or_default();
            body.extend_from_slice(device_view(resource, &record).to_string().as_bytes());
        }
    }
    body
}

/// What is populated is read too: it takes the scope of its own resource.
fn require_populated(caller: &Caller, populates: &[Populate]) -> Result<(), ApiError> {
    for populate in populates {
        require(caller, populate.relation.resource.scopes)?;
        require_populated(caller, &populate.nested)?;
    }
    Ok(())
}

/// A record that was read, as this audience may see it.
pub fn shown(audience: Audience, resource: &'static Resource, record: Value) -> Value {
    match audience {
        Audience::Client => record,
        Audience::Device => device_view(resource, &record),
    }
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

/// The envelope, but for its end.
fn envelope(
    state: &State,
    query: &Query,
    listing: &Listing,
    urls: ImageUrls,
    next: Option<&str>,
) -> Vec<u8> {
    let mut body = Vec::with_capacity(listing.rows.len() + 512);
    body.extend_from_slice(br#"{"success":true,"data":["#);
    body.extend_from_slice(&sign_image_urls(state, query.resource(), urls, &listing.rows));
    let (page, name) = (query.page(), query.resource().page_size.name);
    let (number, size) = (page.number(), page.size);
    let walks = query.cursor().is_some();
    // Writing to a Vec does not fail.
    let mut put = |text: std::fmt::Arguments<'_>| drop(body.write_fmt(text));
    put(format_args!(r#"],"pagination":{{"#));
    if !walks {
        put(format_args!(r#""page":{number},"#));
    }
    put(format_args!(r#""{name}":{size}"#));
    let pages = listing.total.map(|total| (total, total.div_ceil(u64::from(size))));
    if let Some((total, pages)) = pages {
        put(format_args!(r#","total":{total},"pages":{pages}"#));
    }
    match next {
        Some(next) => put(format_args!(r#","nextCursor":"{next}""#)),
        None if walks => put(format_args!(r#","nextCursor":null"#)),
        None => {}
    }
    put(format_args!("}}"));
    if state.app.config.now().compat.flat_pagination
        && let (Some((total, pages)), false) = (pages, walks)
    {
        put(format_args!(r#","total":{total},"limit":{size},"page":{number},"pages":{pages}"#));
    }
    body
}

/// The end of an envelope, with its signature where the resource says so.
fn close(state: &State, resource: &Resource, body: &mut Vec<u8>) {
    if resource.signed {
        body.extend_from_slice(br#","signature":"#);
        let text = signature(&state.app.config.now().signature, state.app.clock.now());
        body.extend_from_slice(text.as_bytes());
    }
    body.push(b'}');
}

/// A JSON answer about a client's own records: never for a shared cache.
pub fn json(body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, PRIVATE),
    ];
    (headers, body).into_response()
}
