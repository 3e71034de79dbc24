//! The queue: the cases that wait for a reviewer, and beginning with the next one.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::Value;
use verax_domain::Scope;
use verax_domain::resources::{self, APP_REGISTRATIONS, REVIEWS};
use verax_pages::case::because;
use verax_pages::cell::{called, list_href, moment, record_href};
use verax_pages::names;
use verax_pages::queue::{Queue, QueuedCase};
use verax_query::Query;

use super::answers::{html, see};
use super::finding::rows;
use super::form::Form;
use super::needs::Needs;
use super::news::with_news;
use super::page::Page;
use super::visitor::Visitor;
use crate::app::reviews::ReviewError;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;

const SHOWN: u32 = 20;
/// Others may take a case while it is chosen: so many are tried.
const TRIED: u32 = 8;
const RISKIEST: &str = "where_state=open&sort=-priority,createdAt";
const OLDEST: &str = "where_state=open&sort=createdAt";

pub fn pages() -> Vec<Page> {
    let needs = Needs::Holding(Scope::Review);
    vec![Page::get("/console/queue", needs, queue), Page::post("/console/queue/next", needs, next)]
}

async fn queue(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let form = Form::of(raw.as_deref().unwrap_or_default());
    let is_oldest_first = form.text("order") == "oldest";
    let order = if is_oldest_first { OLDEST } else { RISKIEST };
    let me = visitor.reviewer()?.name();
    let mine = format!("where_state=claimed&where_claimedBy={me}&sort=claimedUntil");
    let proposed = format!("where_state=proposed&wherenot_decidedBy={me}&sort=-priority,createdAt");
    let open = query("where_state=open")?;
    let total = state.app.count_listed(&open, &visitor.caller()?.tenant()).await?;
    let shell = with_news(visitor.shell(visitor.texts.get("queue")), raw.as_deref());
    html(&Queue {
        mine: cases(&state, &visitor, &mine).await?,
        proposed: cases(&state, &visitor, &proposed).await?,
        open: cases(&state, &visitor, order).await?,
        open_words: visitor.texts.count("queue-count", total),
        is_oldest_first,
        list_href: list_href(&REVIEWS),
        shell,
    })
}

fn query(raw: &str) -> Result<Query, ApiError> {
    Query::parse(&REVIEWS, raw).map_err(ApiError::invalid)
}

/// The first cases of this list.
async fn cases(state: &State, visitor: &Visitor, raw: &str) -> Result<Vec<QueuedCase>, ApiError> {
    let reads_registrations = visitor.may_read(&APP_REGISTRATIONS);
    let list = query(raw)?
        .without_total()
        .at_most(SHOWN)
        .populating(|field, _| field.name == "appRegistration" && reads_registrations);
    let found = state.app.page(&list, &visitor.caller()?.tenant()).await?;
    Ok(rows(&found.rows)?.iter().map(|review| case(visitor, review)).collect())
}

fn case(visitor: &Visitor, review: &Value) -> QueuedCase {
    let text = |name: &str| review.get(name).and_then(Value::as_str).unwrap_or_default();
    let subject = resources::by_name(text("subjectResource"));
    let person = review.get("appRegistration").and_then(Value::as_object).and_then(called);
    QueuedCase {
        href: record_href(&REVIEWS, text("_id")),
        subject: subject.map_or(String::new(), |it| names::singular(visitor.texts, it)),
        person: person.unwrap_or_default().to_owned(),
        because: because(visitor.texts, review),
        since: moment(text("createdAt")),
    }
}

/// `POST /console/queue/next`: begins with the first case that nobody is at.
async fn next(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let order = if form.text("order") == "oldest" { OLDEST } else { RISKIEST };
    let actor = visitor.reviewer()?;
    for id in open_cases(&state, &visitor, order).await? {
        match state.app.claim_review(&actor, &id).await {
            Ok(()) => return Ok(see(&record_href(&REVIEWS, &id))),
            // Somebody else has it, or there is nothing to decide any more.
            Err(
                ReviewError::NotFound
                | ReviewError::Claimed(_)
                | ReviewError::State(_)
                | ReviewError::Withdrawn
                | ReviewError::Moved,
            ) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(see("/console/queue?done=queue-none-left"))
}

async fn open_cases(
    state: &State,
    visitor: &Visitor,
    order: &str,
) -> Result<Vec<String>, ApiError> {
    let list = query(order)?.without_total().at_most(TRIED);
    let found = state.app.page(&list, &visitor.caller()?.tenant()).await?;
    let id = |review: &Value| review.get("_id").and_then(Value::as_str).map(str::to_owned);
    Ok(rows(&found.rows)?.iter().filter_map(id).collect())
}

/// Where a reviewer goes on: the riskiest case that nobody is at, or the queue.
pub async fn after(state: &State, visitor: &Visitor, done: &str) -> Result<Response, ApiError> {
    let first = open_cases(state, visitor, RISKIEST).await?.into_iter().next();
    Ok(match first {
        Some(id) => see(&format!("{}?done={done}", record_href(&REVIEWS, &id))),
        None => see(&format!("/console/queue?done={done}")),
    })
}
