//! What lists and retrieves can do beyond the seeds: cursors, validators, streams.

use serde_json::{Map, Value, json};
use verax_query::Resource;

use super::query;

/// `pagination` of a list: of a page by its number, or of one by a cursor.
pub fn pagination(resource: &Resource) -> Value {
    let size = resource.page_size.name;
    let count = |minimum: u32| json!({ "type": "integer", "minimum": minimum });
    json!({
        "type": "object",
        "required": [size],
        "properties": {
            "page": { "type": "integer", "minimum": 1, "description": "Absent with `cursor`." },
            size: { "type": "integer", "minimum": 1, "maximum": 100 },
            "total": { "description": "Absent with `skipTotal`.", "allOf": [count(0)] },
            "pages": { "description": "Absent with `skipTotal`.", "allOf": [count(0)] },
            "nextCursor": {
                "type": ["string", "null"],
                "description": "With `cursor` alone; null on the last page.",
            },
        },
    })
}

pub fn parameters() -> [Value; 2] {
    let cursor = "Walk by cursors: `*` begins, then each answer's `nextCursor`. Not with `page` or \
                  `offset`.";
    let skip = "Leave out `total` and `pages`.";
    [
        query("cursor", cursor, json!({ "type": "string", "const": "*" })),
        query("skipTotal", skip, json!({ "type": "boolean" })),
    ]
}

pub fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match",
        "in": "header",
        "required": false,
        "description": "The `ETag` of an answer that is at hand.",
        "schema": { "type": "string" },
    })
}

/// Whether what is ignored is told of or refused.
pub fn prefer() -> Value {
    json!({
        "name": "Prefer",
        "in": "header",
        "required": false,
        "description": "`handling=strict`: parameters that are not known are a 400. Else they are named in \
                        the answer's header `X-Ignored-Parameters`.",
        "schema": { "type": "string", "enum": ["handling=strict", "handling=lenient"] },
    })
}

/// Adds the headers of a 200, and the 304.
pub fn add_validators(responses: &mut Map<String, Value>) {
    let etag = json!({
        "description": "Changes with the answer, but for the time of its signature.",
        "schema": { "type": "string", "pattern": "^W/\".*\"$" },
    });
    let ignored = json!({
        "description": "Parameters that were ignored, with what may have been meant.",
        "schema": { "type": "string" },
    });
    responses["200"]["headers"] = json!({ "ETag": etag, "X-Ignored-Parameters": ignored });
    let not_modified = json!({
        "description": "`If-None-Match` names what would be answered",
        "headers": { "ETag": etag },
    });
    responses.insert("304".to_owned(), not_modified);
}

/// Adds the whole list as a stream.
pub fn add_streams(responses: &mut Map<String, Value>) {
    let text = json!({ "schema": { "type": "string" } });
    let content = &mut responses["200"]["content"];
    content["application/x-ndjson"] = text.clone();
    content["text/csv"] = text;
}
