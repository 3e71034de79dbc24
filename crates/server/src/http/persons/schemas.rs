//! What calls about persons answer, for the OpenAPI document.

use serde_json::{Map, Value, json};
use verax_domain::resources::PERSONS;
use verax_query::Shown;

use crate::http::face_service::schemas::{liveness_of_active, liveness_of_search};
use crate::http::openapi::shapes::{id_schema, members, reference, schema_name, score};

/// Adds what several calls show of a person.
pub fn add(schemas: &mut Map<String, Value>) {
    let thumbnail = members(json!({
        "id": { "type": "string" },
        "thumbnail": { "type": "string", "description": "A JPEG of the face, in base64." },
    }));
    schemas.insert("Thumbnail".to_owned(), thumbnail);
    let mut found = members(json!({
        "id": id_schema(),
        "score": score(),
        "thumbnails": thumbnails(),
    }));
    // `id` and `_id` would be one name to a generator.
    found["properties"]["id"]["description"] =
        "To a token that may read persons it is there as `_id`, too.".into();
    for name in ["name", "gender", "nationality", "notes"] {
        found["properties"][name] = text();
    }
    found["properties"]["collections"] = json!({ "type": "array", "items": id_schema() });
    found["properties"]["date_of_birth"] = json!({ "type": ["string", "null"], "format": "date" });
    for name in ["create_date", "modified_date"] {
        found["properties"][name] = json!({ "type": ["string", "null"], "format": "date-time" });
    }
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
    members(json!({
        "persons": hits(), "search": found(), "liveness_score": score(),
        "liveness": liveness_of_search(),
    }))
}

/// A list; with `liveness_min_score` an object.
pub fn active_search() -> Value {
    let with_liveness = members(json!({ "persons": found(), "liveness": liveness_of_active() }));
    json!({ "anyOf": [hits(), with_liveness] })
}

pub fn live_person() -> Value {
    json!({ "allOf": [
        { "$ref": reference(&schema_name(&PERSONS, Shown::Retrieve)) },
        { "type": "object", "properties": { "liveness_score": score() } },
    ] })
}

pub fn looked_up() -> Value {
    members(json!({
        "success": { "const": true },
        "data": { "type": "array", "items": { "$ref": reference(&schema_name(&PERSONS, Shown::List)) } },
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
