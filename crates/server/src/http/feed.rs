//! Events in the order of their numbers: asked for page by page, or as a stream.

mod calls;
mod request;
mod stream;

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::resources::EVENTS;

use self::request::{AFTER_MAX, WAIT_SECONDS_MAX};
use super::layers::access::Access;
use super::listing::description::list_of;
use super::openapi::shapes::{header, operation_id, query};
use super::operation::{Answer, Description, Operation};

pub fn operations() -> Vec<Operation> {
    vec![list(), stream_of_events()]
}

/// The list of events, which is the feed for who says `after`.
fn list() -> Operation {
    let access = Access::reading(EVENTS.scopes);
    let mut list = list_of("v2", &EVENTS, access, calls::list).compressed();
    describe_feed(&mut list.described.answer);
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

/// What a page has with `after`.
fn describe_feed(answer: &mut Answer) {
    let page = &mut answer.content["application/json"]["schema"]["properties"];
    let row = page["data"]["items"].take();
    page["data"]["items"] = json!({ "allOf": [
        row,
        {
            "type": "object",
            "properties": {
                "number": { "type": "integer", "minimum": 1, "description": "With `after` alone." },
            },
        },
    ] });
    page["pagination"]["properties"]["nextAfter"] = json!({
        "type": "integer", "minimum": 0,
        "description": "With `after` alone: what to ask for next as `after`.",
    });
}
