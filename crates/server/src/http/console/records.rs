//! One record: as a page, and as the API answers it.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::Value;
use verax_domain::resources::{EVENTS, PROJECT_MEMBERS, WEBHOOK_EVENTS, WEBHOOKS};
use verax_pages::cell::{list_href, record_href};
use verax_pages::names;
use verax_pages::record::{Action, Json, Record, Retrieved};
use verax_query::{Audience, Key, Query, Resource, Retrieval};

use super::actors::name_actors;
use super::answers::html;
use super::finding::{beside, find, rows};
use super::news::with_news;
use super::visitor::Visitor;
use super::{images, members, set_up, webhooks};
use crate::http::answers::one;
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// What of a record's events its page shows.
const EVENTS_SHOWN: u32 = 20;
const EVENT_RECORD: Key<str> = Key::text(&EVENTS, "record");
const EVENT_RESOURCE: Key<str> = Key::text(&EVENTS, "resource");

/// `GET /console/<resource>/{id}`.
pub async fn record(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let id = id.of(resource)?;
    let tenant = visitor.caller()?.tenant();
    let may_open = |it: &Resource| visitor.may_read(it);
    let bare = find(&state, &Retrieval::whole(resource), &tenant, &id).await?;
    let named = Retrieval::whole(resource).populating(|_, relation| may_open(relation.resource));
    let mut record = find(&state, &named, &tenant, &id).await?;
    name_actors(&state, &visitor, std::slice::from_mut(&mut record)).await?;
    let events = events(&state, &visitor, resource, &bare).await?;
    let actions = actions(&visitor, resource, &bare);
    let more = webhooks::attempts(&state, &visitor, resource, &bare).await?;
    let retrieved = Retrieved {
        resource,
        record: &record,
        bare: &bare,
        events: events.as_deref(),
        more,
        images: images::links(&visitor, resource, &bare),
        origin: &visitor.origin,
    };
    let shell = visitor.shell(names::singular(visitor.texts, resource));
    let shell = with_news(shell, raw.as_deref());
    html(&Record::of(shell, &visitor.reader(&may_open), &retrieved, actions))
}

/// The newest events of the record; nothing where the visitor may not see events.
async fn events(
    state: &State,
    visitor: &Visitor,
    resource: &Resource,
    record: &Value,
) -> Result<Option<Vec<Value>>, ApiError> {
    if !visitor.may_read(&EVENTS) || resource.name == EVENTS.name {
        return Ok(None);
    }
    let id = record.get("_id").and_then(Value::as_str).unwrap_or_default();
    let of_record = Query::of(&EVENTS)
        .equal(EVENT_RECORD, id)
        .equal(EVENT_RESOURCE, resource.name)
        .at_most(EVENTS_SHOWN);
    let found = state.app.page(&of_record, &beside(visitor, record)?).await?;
    let mut events = rows(&found.rows)?;
    name_actors(state, visitor, &mut events).await?;
    Ok(Some(events))
}

fn actions(visitor: &Visitor, resource: &Resource, record: &Value) -> Vec<Action> {
    match resource.name {
        name if name == PROJECT_MEMBERS.name => members::actions(visitor, record),
        name if name == WEBHOOKS.name || name == WEBHOOK_EVENTS.name => {
            webhooks::actions(visitor, resource, record)
        }
        _ => set_up::record_actions(visitor, resource, record),
    }
}

/// `GET /console/<resource>/{id}/json`.
pub async fn json(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let id = id.of(resource)?;
    let tenant = visitor.caller()?.tenant();
    let found = state.app.record_bytes(&Retrieval::whole(resource), &tenant, &id).await?;
    let record = found.ok_or_else(|| ApiError::not_found(resource))?;
    let body = one(&state, Audience::Client, resource, &record);
    let body: Value =
        serde_json::from_slice(&body).map_err(|error| ApiError::internal().caused(error))?;
    html(&Json {
        shell: visitor.shell(visitor.texts.get("json-of")),
        list_title: names::plural(visitor.texts, resource),
        list_href: list_href(resource),
        record_href: record_href(resource, &id),
        json: format!("{body:#}"),
        id,
    })
}
