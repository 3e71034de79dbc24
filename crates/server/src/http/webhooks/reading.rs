//! Lists and records of webhooks, with what was delivered to them.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::resources::WEBHOOKS;
use verax_query::{Problem, Query};

use crate::app::access::Caller;
use crate::http::answers::json as json_response;
use crate::http::error::ApiError;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::listing::calls::{answer_list, answer_page, read_page, record, short};
use crate::http::listing::streams::Format;
use crate::http::path_id::PathId;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

const DAYS_MAX: u32 = 90;

/// `GET /v2/webhooks`. Those that flows and validations name are listed where `source` is filtered by.
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let (mut raw, days) = statistics_days(&short(raw)?)?;
    let names_source = parts(&raw)
        .filter_map(decoded)
        .any(|(name, _)| name.trim_end_matches("[]").ends_with("source"));
    if !names_source {
        let separator = if raw.is_empty() { "" } else { "&" };
        raw = format!("{raw}{separator}where_source=api");
    }
    let query = Query::parse_as(&WEBHOOKS, &raw, handling.handling()).map_err(ApiError::invalid)?;
    let Some(days) = days.filter(|_| format == Format::Json && !query.is_count_only()) else {
        return answer_list(&state, &caller, format, &known, &handling, query).await;
    };
    let mut listing = read_page(&state, &caller, &handling, &query).await?;
    let rows = [b"[".as_slice(), &listing.rows, b"]"].concat();
    let mut rows: Vec<Value> = serde_json::from_slice(&rows).map_err(|_| ApiError::internal())?;
    add_statistics(&state, &caller, &mut rows, days).await?;
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    listing.rows = rows.join(",").into_bytes();
    Ok(answer_page(&state, &caller, &known, &query, &listing))
}

/// `GET /v2/webhooks/{id}`.
pub async fn retrieve(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let (raw, days) = statistics_days(&short(raw)?)?;
    let found = record(&state, &caller, id, (RawQuery(Some(raw)), handling), &WEBHOOKS).await?;
    let mut found = vec![serde_json::from_slice(&found).map_err(|_| ApiError::internal())?];
    if let Some(days) = days {
        add_statistics(&state, &caller, &mut found, days).await?;
    }
    Ok(json_response(json!({ "success": true, "data": found.pop() }).to_string().into_bytes()))
}

/// The query without `eventStatistics`, and of how many days it asks for.
fn statistics_days(raw: &str) -> Result<(String, Option<u32>), ApiError> {
    let mut days = None;
    let mut kept = Vec::new();
    for part in parts(raw) {
        match decoded(part) {
            Some((name, value)) if name == "eventStatistics" => {
                let number = value.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
                let wrong = || {
                    let message = format!("must be a number of days from 1 to {DAYS_MAX}");
                    ApiError::invalid(vec![Problem { parameter: name.clone(), message }])
                };
                days = Some(number.ok_or_else(wrong)?);
            }
            _ => kept.push(part),
        }
    }
    Ok((kept.join("&"), days))
}

async fn add_statistics(
    state: &State,
    caller: &Caller,
    rows: &mut [Value],
    days: u32,
) -> Result<(), ApiError> {
    let ids = rows.iter().filter_map(|row| row["_id"].as_str()).map(str::to_owned).collect();
    let statistics = state.app.webhook_statistics(&caller.tenant(), ids, days).await?;
    for row in rows {
        let id = row["_id"].as_str().unwrap_or_default();
        let (flows, by_day) =
            statistics.get(id).map_or_else(|| (json!({}), json!({})), |found| found.json());
        row["statistics"] = flows;
        row["statisticsByDay"] = by_day;
    }
    Ok(())
}
