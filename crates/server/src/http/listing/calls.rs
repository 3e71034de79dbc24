//! Every list and every retrieve: the resource table decides, this only answers.

use std::io::Write;

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::Value;
use verax_domain::openers::openers;
use verax_query::{
    Included, Populate, Position, Problem, QUERY_BYTES_MAX, Query, Resource, Retrieval, Tenant,
    Totals,
};

use crate::app::access::{Bearer, Caller, ImageUrls, RecordToken};
use crate::app::lists::pages::{Layout, Listing};
use crate::http::answers::image_urls::sign_image_urls;
use crate::http::answers::{close, open};
use crate::http::error::{ApiError, access_denied};
use crate::http::layers::allowed::require;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::listing::streams::{Format, stream};
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `GET /v2/<resource>`.
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    (RawQuery(raw), handling): (RawQuery, RequestHandling),
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let query = Query::parse_as(resource, &raw, handling.handling()).map_err(ApiError::invalid)?;
    answer_list(&state, &caller, format, &known, &handling, query).await
}

/// Answers a list that was read.
pub async fn answer_list(
    state: &State,
    caller: &Caller,
    format: Format,
    known: &IfNoneMatch,
    handling: &RequestHandling,
    query: Query,
) -> Result<Response, ApiError> {
    handling.note(query.ignored().iter().cloned());
    require_included(caller, query.included())?;
    let tenant = caller.tenant();
    if query.is_count_only() {
        let count = state.app.count_listed(&query, &tenant).await?;
        let body = format!(r#"{{"success":true,"data":{count}}}"#).into_bytes();
        return Ok(known.answer(body, |body| body));
    }
    if format != Format::Json {
        let position = begin(state, &query, &tenant)?;
        return stream(state.clone(), query, tenant, position, format).await;
    }
    let listing = read_rows(state, &query, &tenant).await?;
    Ok(answer_page(state, caller, known, &query, &listing))
}

/// The rows of a page that was asked for, for a family that adds something to them.
pub async fn read_page(
    state: &State,
    caller: &Caller,
    handling: &RequestHandling,
    query: &Query,
) -> Result<Listing, ApiError> {
    handling.note(query.ignored().iter().cloned());
    require_included(caller, query.included())?;
    read_rows(state, query, &caller.tenant()).await
}

async fn read_rows(state: &State, query: &Query, tenant: &Tenant) -> Result<Listing, ApiError> {
    let position = begin(state, query, tenant)?;
    Ok(match query.cursor() {
        None => state.app.page(query, tenant).await?,
        Some(_) => {
            let size = query.page().size;
            state.app.page_after(query, tenant, position, size, Layout::Array).await?
        }
    })
}

/// The envelope around the rows of a page.
pub fn answer_page(
    state: &State,
    caller: &Caller,
    known: &IfNoneMatch,
    query: &Query,
    listing: &Listing,
) -> Response {
    let tenant = caller.tenant();
    let next = listing.end.as_ref().map(|end| state.app.sign_cursor(query, &tenant, end));
    let body = envelope(state, query, listing, caller.image_urls(), next.as_deref());
    known.answer(body, |mut body| {
        close(state, query.resource(), &mut body);
        body
    })
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
        Bearer::RecordToken(record_token) => {
            require_opened(&state, record_token, resource, id.sent()).await?;
            let tenant = Tenant::Client(record_token.client().to_owned());
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
    let raw = short(raw)?;
    find(state, Some(caller), &caller.tenant(), id, (&raw, &handling), resource).await
}

async fn find(
    state: &State,
    caller: Option<&Caller>,
    tenant: &Tenant,
    id: PathId,
    (raw, handling): (&str, &RequestHandling),
    resource: &'static Resource,
) -> Result<Vec<u8>, ApiError> {
    let retrieval = Retrieval::parse_as(resource, raw, handling.handling());
    let retrieval = retrieval.map_err(ApiError::invalid)?;
    handling.note(retrieval.ignored().iter().cloned());
    if let Some(caller) = caller {
        require_included(caller, retrieval.included())?;
    }
    let id = id.of(resource)?;
    let record = state.app.record_bytes(&retrieval, tenant, &id).await?;
    record.ok_or_else(|| ApiError::not_found(resource))
}

/// Where the cursor of a request points to; `None`: to the beginning.
fn begin(state: &State, query: &Query, tenant: &Tenant) -> Result<Option<Position>, ApiError> {
    let cursor = query.cursor().unwrap_or_default();
    if cursor.is_empty() {
        return Ok(None);
    }
    let message = "is not a cursor of this list with these filters and this sort: begin again \
                   with cursor=*";
    let problem = Problem { parameter: "cursor".to_owned(), message: message.to_owned() };
    let position = state.app.open_cursor(query, tenant, cursor);
    position.map(Some).ok_or_else(|| ApiError::invalid(vec![problem]))
}

/// With the token of one record: that record, and what was measured for it.
async fn require_opened(
    state: &State,
    record_token: &RecordToken,
    resource: &'static Resource,
    id: Option<&str>,
) -> Result<(), ApiError> {
    let tenant = Tenant::Client(record_token.client().to_owned());
    let record = match id {
        Some(id) => state.app.find_record(resource, &tenant, id).await?,
        None => None,
    };
    let own = |record: &Value| {
        openers(resource).any(|opener| {
            let subject = record_token.subject(opener.kind);
            subject.is_some() && opener.subject_of(record) == subject
        })
    };
    // Whether there is such a record is not said to who may not see it.
    if record.as_ref().is_some_and(own) { Ok(()) } else { Err(access_denied()) }
}

/// What is shown of other records is read too.
fn require_included(caller: &Caller, included: &Included) -> Result<(), ApiError> {
    for shown in included.reverses() {
        require(caller, shown.reverse.resource.scopes)?;
    }
    require_populated(caller, included.populates())
}

/// What is populated is read too: it takes the scope of its own resource.
fn require_populated(caller: &Caller, populates: &[Populate]) -> Result<(), ApiError> {
    for populate in populates {
        require(caller, populate.relation.resource.scopes)?;
        require_populated(caller, &populate.nested)?;
    }
    Ok(())
}

/// A query string, if it is not too long.
pub fn short(raw: Option<String>) -> Result<String, ApiError> {
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
    let is_flat = query.resource().compat.totals == Totals::NestedAndFlat
        || state.app.config.now().compat.flat_pagination;
    if is_flat && let (Some((total, pages)), false) = (pages, walks) {
        put(format_args!(r#","total":{total},"limit":{size},"page":{number},"pages":{pages}"#));
    }
    body
}
