//! `GET /console/`: how many records there are, and what has just happened.

use axum::extract::State as Extract;
use axum::response::Response;
use verax_domain::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS, EVENTS,
    PERSONS,
};
use verax_pages::cell::list_href;
use verax_pages::home::{Home, Tile};
use verax_pages::names;
use verax_pages::record::Entry;
use verax_query::{Kind, Query, Resource};

use super::actors::name_actors;
use super::answers::html;
use super::finding::rows;
use super::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::state::State;

/// What is counted, where the visitor may read it.
static COUNTED: [&Resource; 5] = [
    &APP_REGISTRATIONS,
    &BIOMETRIC_VALIDATIONS,
    &DOCUMENT_VALIDATIONS,
    &DOCUMENT_LIVENESS,
    &PERSONS,
];
/// Of each, those with these statuses too: what a visitor would look after.
const STATUSES: [&str; 5] =
    ["FAILED", "NEEDS_MANUAL_VERIFICATION", "failed", "pending", "processing"];
const EVENTS_SHOWN: u32 = 8;

pub async fn home(Extract(state): Extract<State>, visitor: Visitor) -> Result<Response, ApiError> {
    let mut tiles = Vec::new();
    for resource in COUNTED.into_iter().filter(|resource| visitor.may_read(resource)) {
        tiles.push(tile(&state, &visitor, resource).await?);
    }
    let events = match visitor.may_read(&EVENTS) {
        true => {
            let newest = Query::of(&EVENTS).at_most(EVENTS_SHOWN);
            let found = state.app.page(&newest, &visitor.caller()?.tenant()).await?;
            let mut events = rows(&found.rows)?;
            name_actors(&state, &visitor, &mut events).await?;
            Some(Entry::all(visitor.texts, &events))
        }
        false => None,
    };
    let is_demo = visitor.is_demo;
    html(&Home {
        shell: visitor.shell(visitor.texts.get("home")),
        tiles,
        events,
        events_href: list_href(&EVENTS),
        wants_totp: !visitor.session()?.member.has_totp,
        is_demo,
    })
}

async fn tile(
    state: &State,
    visitor: &Visitor,
    resource: &'static Resource,
) -> Result<Tile, ApiError> {
    let tenant = visitor.caller()?.tenant();
    let total = state.app.count_listed(&Query::whole(resource), &tenant).await?;
    let mut statuses = Vec::new();
    let words = resource.field("status").map(|field| &field.kind);
    let Some(Kind::Word(words)) = words else {
        return Ok(of_total(visitor, resource, total, statuses));
    };
    for word in STATUSES.into_iter().filter(|word| words.words.contains(word)) {
        let raw = format!("where_status={word}");
        let query = Query::parse(resource, &raw).map_err(ApiError::invalid)?;
        let count = state.app.count_listed(&query, &tenant).await?;
        if count > 0 {
            let reader = visitor.reader(&|_| false);
            let href = format!("{}?{raw}", list_href(resource));
            statuses.push((href, reader.word(word), visitor.texts.number(count)));
        }
    }
    Ok(of_total(visitor, resource, total, statuses))
}

fn of_total(
    visitor: &Visitor,
    resource: &Resource,
    total: u64,
    statuses: Vec<(String, verax_pages::cell::Cell, String)>,
) -> Tile {
    let (title, href) = (names::plural(visitor.texts, resource), list_href(resource));
    Tile { title, href, shown: visitor.texts.number(total), statuses }
}
