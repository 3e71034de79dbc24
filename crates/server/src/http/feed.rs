//! Events in the order of their numbers: asked for page by page, or as a stream.

mod calls;
mod request;
mod stream;

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::resources::EVENTS;
use verax_query::Shown;

use self::request::{AFTER_MAX, LIMIT_MAX, WAIT_SECONDS_MAX};
use super::layers::access::Access;
use super::listing::description::list_of;
use super::openapi::shapes::{header, operation_id, query, reference, schema_name};
use super::operation::{Answer, Description, Operation};

pub fn operations() -> Vec<Operation> {
    vec![list(), stream_of_events()]
}

/// The list of events, which is the feed for who says `after`.
fn list() -> Operation {
    let access = Access::reading(EVENTS.scopes);
    let mut list = list_of("v2", &EVENTS, access, calls::list).compressed();
    if let Some(schemas) =
        list.described.answer.content["application/json"]["schema"]["anyOf"].as_array_mut()
    {
        schemas.push(page());
    }
    let wait = format!(
        "With `after`, where there is no such event yet: how many seconds to wait for one, \
         {WAIT_SECONDS_MAX} at most."
    );
    let doc = "The feed: the events with a higher `number`, in the order of their numbers, 100 if \
               `limit` does not say fewer. Beside it only `limit` and `wait` are allowed.";
    list.parameters([
        query("after", doc, number()),
        query(
            "wait",
            &wait,
            json!({ "type": "integer", "minimum": 0, "maximum": WAIT_SECONDS_MAX }),
        ),
    ])
}

fn stream_of_events() -> Operation {
    let content = json!({ "text/event-stream": { "schema": { "type": "string" } } });
    let description =
        "Server-sent events: `id` is the number, `event` the type, `data` the event as \
                       `after` answers it. It does not end by itself."
            .to_owned();
    let answer = Answer { status: StatusCode::OK, description, content, headers: Value::Null };
    let id = operation_id("stream", "v2", &EVENTS);
    let access = Access::reading(EVENTS.scopes);
    let described = Description::new(id, "Stream events", EVENTS.name, access, answer).doc(
        "Every event as soon as it has its number; without a word of where to begin, from now on.",
    );
    let last = "The number of the last event that came: the stream goes on after it.";
    Operation::get("/v2/events/stream", calls::stream, described)
        .parameters([
            query("after", "Begin after this number; `Last-Event-ID` wins over it.", number()),
            header("Last-Event-ID", last, number()),
        ])
        .checking_query()
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": AFTER_MAX })
}

/// What is answered to `after`.
fn page() -> Value {
    let row = json!({ "allOf": [
        { "$ref": reference(&schema_name(&EVENTS, Shown::List)) },
        {
            "type": "object",
            "required": ["number"],
            "properties": { "number": { "type": "integer", "minimum": 1 } },
        },
    ] });
    let next = "What to ask for next as `after`.";
    json!({
        "type": "object",
        "description": "With `after`.",
        "required": ["success", "data", "pagination"],
        "properties": {
            "success": { "const": true },
            "data": { "type": "array", "items": row },
            "pagination": {
                "type": "object",
                "required": ["limit", "nextAfter"],
                "properties": {
                    "limit": { "type": "integer", "minimum": 1, "maximum": LIMIT_MAX },
                    "nextAfter": { "type": "integer", "minimum": 0, "description": next },
                },
            },
        },
    })
}
