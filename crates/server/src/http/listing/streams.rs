//! A whole list as a stream: NDJSON or CSV, a few records at a time, as fast as they are taken.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use verax_query::{Position, Problem, Query, Tenant};

use crate::app::StoreError;
use crate::app::lists::pages::{Layout, Listing};
use crate::http::error::ApiError;
use crate::http::layers::caching::{PRIVATE, VARY};
use crate::http::state::State;

/// How a caller wants a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page in its envelope.
    Json,
    Ndjson,
    Csv(Mark),
}

/// Whether a text begins with the mark by which Excel knows UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Bare,
    Marked,
}

/// The byte order mark, in UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Read at once: what a stream holds in memory.
const RECORDS_AT_ONCE: u32 = 200;

const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";

impl<S: Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Format, Infallible> {
        Ok(Format::wanted(&parts.headers))
    }
}

impl Format {
    /// The best of `Accept`; JSON when nothing else is named, and among equals what is named
    /// first.
    fn wanted(headers: &HeaderMap) -> Format {
        let mut best = (Format::Json, 0.0);
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let mark = match range.split(';').any(asks_for_mark) {
                true => Mark::Marked,
                false => Mark::Bare,
            };
            let format = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/json" => Format::Json,
                NDJSON => Format::Ndjson,
                CSV => Format::Csv(mark),
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            let quality: f32 = quality.unwrap_or(1.0);
            if quality > best.1 {
                best = (format, quality);
            }
        }
        best.0
    }
}

/// `bom=1` among the parameters of `text/csv`.
fn asks_for_mark(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    let value = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("bom") && (value == "1" || value.eq_ignore_ascii_case("true"))
}

/// The whole list, from a position on.
pub async fn stream(
    state: State,
    query: Query,
    tenant: Tenant,
    position: Option<Position>,
    format: Format,
) -> Result<Response, ApiError> {
    if let [key, ..] = query.sort()
        && key.field.name != "createdAt"
    {
        let message = "must be createdAt or -createdAt in a stream: another order would be made \
                       anew for every few records";
        let problem = Problem { parameter: "sort".to_owned(), message: message.to_owned() };
        return Err(ApiError::invalid(vec![problem]));
    }
    let (kind, layout) = match format {
        Format::Csv(_) => (HeaderValue::from_static("text/csv; charset=utf-8"), Layout::Csv),
        _ => (HeaderValue::from_static(NDJSON), Layout::Lines),
    };
    let walk = Walk { state, query: query.without_total(), tenant, layout };
    // Before anything is answered, so that a database that does not answer is a 503.
    let mut first = walk.read(position).await?;
    if layout == Layout::Csv {
        let mut rows = names(&walk.query).into_bytes();
        if format == Format::Csv(Mark::Marked) {
            rows.splice(0..0, BYTE_ORDER_MARK.bytes());
        }
        rows.append(&mut first.rows);
        first.rows = rows;
    }
    let chunks = stream::try_unfold((walk, Some(Next::Read(first))), |(walk, next)| async move {
        let listing = match next {
            None => return Ok(None),
            Some(Next::Read(listing)) => listing,
            Some(Next::After(position)) => {
                walk.read(Some(position)).await.inspect_err(|error| {
                    // The connection is cut: whoever reads must not take this for the end.
                    tracing::error!(cause = %error, "a stream ended early");
                })?
            }
        };
        let bytes = Bytes::from(listing.rows);
        Ok::<_, StoreError>(Some((bytes, (walk, listing.end.map(Next::After)))))
    });
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, PRIVATE), (header::VARY, VARY)];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

struct Walk {
    state: State,
    query: Query,
    tenant: Tenant,
    layout: Layout,
}

enum Next {
    Read(Listing),
    After(Position),
}

impl Walk {
    async fn read(&self, position: Option<Position>) -> Result<Listing, StoreError> {
        let (app, limit) = (&self.state.app, RECORDS_AT_ONCE);
        app.page_after(&self.query, &self.tenant, position, limit, self.layout).await
    }
}

/// The line of a CSV that names its columns.
fn names(query: &Query) -> String {
    let fields = query.shown().into_iter().map(|field| field.name);
    let reverses = query.included().reverses().iter().map(|it| it.reverse.name);
    fields.chain(reverses).collect::<Vec<_>>().join(",") + "\r\n"
}
