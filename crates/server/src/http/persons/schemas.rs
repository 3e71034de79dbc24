//! What calls about persons answer, for the OpenAPI document.

use serde_json::{Map, Value, json};

use crate::http::face_service::schemas::liveness;
use crate::http::openapi::shapes::{id_schema, members, reference, score};

/// Adds what several calls show of a person.
pub fn add(schemas: &mut Map<String, Value>) {
    let thumbnail = members(json!({
        "id": { "type": "string" },
        "thumbnail": { "type": "string", "description": "A JPEG of the face, in base64." },
    }));
    schemas.insert("Thumbnail".to_owned(), thumbnail);
    let found = members(json!({
        "id": id_schema(),
        "name": text(),
        "score": score(),
        "thumbnails": thumbnails(),
    }));
    schemas.insert("FoundPerson".to_owned(), found);
    schemas["Person"]["properties"]["thumbnails"] = thumbnails();
}

fn text() -> Value {
    json!({ "type": ["string", "null"] })
}

fn thumbnails() -> Value {
    json!({
        "type": "array",
        "items": { "$ref": reference("Thumbnail") },
        "description": "Small images, if they are stored and the token has the scope media:read.",
    })
}

/// Persons who were found, with their names and thumbnails.
pub fn found() -> Value {
    json!({ "type": "array", "items": { "$ref": reference("FoundPerson") } })
}

/// Persons who were found, by id and score alone.
pub fn hits() -> Value {
    let hit = members(json!({ "id": id_schema(), "score": score() }));
    json!({ "type": "array", "items": hit })
}

pub fn live_search() -> Value {
    members(json!({ "persons": hits(), "liveness_score": score(), "liveness": liveness() }))
}

pub fn live_person() -> Value {
    json!({ "allOf": [
        { "$ref": reference("Person") },
        { "type": "object", "properties": { "liveness_score": score() } },
    ] })
}

pub fn looked_up() -> Value {
    members(json!({
        "success": { "const": true },
        "data": { "type": "array", "items": { "$ref": reference("PersonRow") } },
        "total": { "type": "integer", "minimum": 0 },
    }))
}

pub fn verification() -> Value {
    let person = members(json!({
        "id": id_schema(), "name": text(), "score": score(), "gender": text(),
        "date_of_birth": text(), "thumbnails": thumbnails(),
        "collections": { "type": "array", "items": id_schema() },
    }));
    let result = || {
        json!({
            "score": score(), "passed": { "type": "boolean" }, "min_score": score(),
        })
    };
    let mut all = result();
    all["match"] = json!({ "anyOf": [person, { "type": "null" }] });
    all["result"] = members(result());
    members(all)
}
