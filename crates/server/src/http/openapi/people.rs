//! Persons, collections, and the calls that look for them, in the OpenAPI document.

use serde_json::{Map, Value, json};

use super::super::body::{Member, Purpose};
use super::super::collections::COLLECTION_BODY;
use super::super::face_calls::SCOPES;
use super::super::person_calls::{ACTIVE_BODY, CROPS_BODY, LIVE_BODY, SEARCH_BODY, VERIFY_BODY};
use super::super::person_errors::{
    DUPLICATED_PERSON, INVALID_COLLECTION, LIVENESS_FAILED, PERSON_ALREADY_SET,
};
use super::super::persons::{CHANGE_BODY, LIVE_PERSON_BODY, PERSON_BODY};
use super::faces::{Call, liveness_schema, object, operation, score};
use super::{answer, id_schema, query, reference};

const BELOW: &str = "/v2/face-recognition";

pub fn add(paths: &mut Map<String, Value>, schemas: &mut Map<String, Value>) {
    schemas.insert("Thumbnail".to_owned(), thumbnail_schema());
    schemas.insert("FoundPerson".to_owned(), found_schema());
    schemas["Person"]["properties"]["thumbnails"] = thumbnails();
    for call in calls() {
        add_operation(paths, call.name, "post", operation(&call));
    }
    add_lookup(paths);
    let mut live = operation(&call(
        "persons/search-live-face",
        "enrol_live_person",
        "Enrol a person who is live and whom nobody in the collection is like",
        LIVE_PERSON_BODY,
        live_person_schema(),
    ));
    live["responses"]["409"] = answer(
        &format!("A member is wrong; or {}; or {}", DUPLICATED_PERSON.when, LIVENESS_FAILED.when),
        "Error",
    );
    already_set(&mut live);
    add_operation(paths, "persons/search-live-face", "post", live);
    let person = || json!({ "$ref": reference("Person") });
    let mut create = operation(&call(
        "persons",
        "enrol_person",
        "Enrol a person with one to three pictures of their face",
        PERSON_BODY,
        person(),
    ));
    already_set(&mut create);
    add_operation(paths, "persons", "post", create);
    let mut change = operation(&Call {
        name: "persons/{id}",
        id: "change_person",
        summary: "Change a person; pictures replace all faces",
        body: (CHANGE_BODY, Purpose::Change),
        data: person(),
    });
    already_set(&mut change);
    add_operation(paths, "persons/{id}", "put", of_one(change));
    let mut delete = operation(&Call {
        name: "persons/{id}",
        id: "delete_person",
        summary: "Delete a person: templates, pictures and the key that opens them",
        body: (&[], Purpose::Change),
        data: object(json!({ "_id": id_schema() })),
    });
    delete = of_one(without_body(delete));
    let doc = "Only out of this collection (id or code); altogether when it is the last.";
    if let Some(parameters) = delete["parameters"].as_array_mut() {
        parameters.push(query("collection", doc, id_schema()));
    }
    add_operation(paths, "persons/{id}", "delete", delete);
    add_collections(paths);
}

fn call(
    name: &'static str,
    id: &'static str,
    summary: &'static str,
    body: &'static [Member],
    data: Value,
) -> Call {
    Call { name, id, summary, body: (body, Purpose::Create), data }
}

fn calls() -> [Call; 5] {
    let found = || json!({ "type": "array", "items": { "$ref": reference("FoundPerson") } });
    let hit = || object(json!({ "id": id_schema(), "score": score() }));
    let brief = || json!({ "type": "array", "items": hit() });
    [
        call(
            "search",
            "search_persons",
            "Persons with the face of the pictures",
            SEARCH_BODY,
            found(),
        ),
        call(
            "search/crops",
            "search_persons_by_crops",
            "The same for pictures of a face",
            CROPS_BODY,
            found(),
        ),
        call(
            "search-live-face",
            "search_live_face",
            "Persons with the face of the picture, if it is live",
            LIVE_BODY,
            object(json!({
                "persons": brief(), "liveness_score": score(), "liveness": liveness_schema(),
            })),
        ),
        call(
            "search-active-user",
            "search_active_person",
            "Persons in use with the face of the picture",
            ACTIVE_BODY,
            brief(),
        ),
        call(
            "verify",
            "verify_person",
            "Whether the pictures are of this person",
            VERIFY_BODY,
            verification_schema(),
        ),
    ]
}

fn add_collections(paths: &mut Map<String, Value>) {
    let collection = |id, summary, purpose| {
        operation(&Call {
            name: "collections",
            id,
            summary,
            body: (COLLECTION_BODY, purpose),
            data: json!({ "$ref": reference("Collection") }),
        })
    };
    let create = collection("create_collection", "Create a collection", Purpose::Create);
    add_operation(paths, "collections", "post", create);
    let change = collection("change_collection", "Change a collection", Purpose::Change);
    add_operation(paths, "collections/{id}", "put", of_one(change));
    let delete =
        collection("delete_collection", "Delete a collection; its persons stay", Purpose::Change);
    add_operation(paths, "collections/{id}", "delete", of_one(without_body(delete)));
}

fn add_lookup(paths: &mut Map<String, Value>) {
    let Some(list) = paths.get(&format!("{BELOW}/persons")).map(|path| path["get"].clone()) else {
        return;
    };
    let mut lookup = list;
    lookup["operationId"] = "look_up_persons".into();
    lookup["summary"] = "Persons by a part of their name, and the day of birth".into();
    let size = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 });
    let doc = "A part of it, of three letters or more; 409 without it.";
    let name = query("name", doc, json!({ "type": "string", "minLength": 3 }));
    lookup["parameters"] = json!([
        name,
        query("date_of_birth", "The day.", json!({ "type": "string", "format": "date" })),
        query("page", "Page number, from 1.", json!({ "type": "integer", "minimum": 0 })),
        query("limit", "Persons per page.", size),
    ]);
    let found = object(json!({
        "success": { "const": true },
        "data": { "type": "array", "items": { "$ref": reference("PersonRow") } },
        "total": { "type": "integer", "minimum": 0 },
    }));
    lookup["responses"]["200"]["content"]["application/json"]["schema"] = found;
    lookup["responses"]["409"] = answer("A parameter is missing or wrong", "Error");
    if let Some(responses) = lookup["responses"].as_object_mut() {
        responses.remove("400");
    }
    add_operation(paths, "persons/lookup", "get", lookup);
}

fn add_operation(paths: &mut Map<String, Value>, name: &str, method: &str, operation: Value) {
    paths.entry(format!("{BELOW}/{name}")).or_insert_with(|| json!({}))[method] = operation;
}

/// The operation about the record that its path names.
fn of_one(mut operation: Value) -> Value {
    operation["parameters"] = json!([{
        "name": "id",
        "in": "path",
        "required": true,
        "description": "The record's id; of a collection also its code.",
        "schema": id_schema(),
    }]);
    operation["responses"]["404"] =
        answer("There is no such record, or no such collection", "Error");
    operation
}

fn without_body(mut operation: Value) -> Value {
    if let Some(members) = operation.as_object_mut() {
        members.remove("requestBody");
    }
    operation["x-scopes"] = json!(SCOPES);
    operation
}

fn already_set(operation: &mut Value) {
    let when = format!("An image is not base64; or {}", PERSON_ALREADY_SET.when);
    operation["responses"]["412"] = answer(&when, "Error");
    operation["responses"]["404"] = answer(INVALID_COLLECTION.when, "Error");
}

fn with(mut members: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (members.as_object_mut(), more) {
        members.extend(more);
    }
    members
}

fn thumbnail_schema() -> Value {
    object(json!({
        "id": { "type": "string" },
        "thumbnail": { "type": "string", "description": "A JPEG of the face, in base64." },
    }))
}

fn thumbnails() -> Value {
    json!({
        "type": "array",
        "items": { "$ref": reference("Thumbnail") },
        "description": "Small pictures, if they are kept and the token has the scope media:read.",
    })
}

fn found_schema() -> Value {
    object(json!({
        "id": id_schema(),
        "name": { "type": ["string", "null"] },
        "score": score(),
        "thumbnails": thumbnails(),
    }))
}

fn live_person_schema() -> Value {
    json!({ "allOf": [
        { "$ref": reference("Person") },
        { "type": "object", "properties": { "liveness_score": score() } },
    ] })
}

fn verification_schema() -> Value {
    let text = || json!({ "type": ["string", "null"] });
    let matched = object(json!({
        "id": id_schema(), "name": text(), "score": score(), "gender": text(),
        "date_of_birth": text(), "thumbnails": thumbnails(),
        "collections": { "type": "array", "items": id_schema() },
    }));
    let result = json!({
        "score": score(), "passed": { "type": "boolean" }, "min_score": score(),
    });
    object(with(
        result.clone(),
        json!({
            "match": { "anyOf": [matched, { "type": "null" }] },
            "result": object(result),
        }),
    ))
}
