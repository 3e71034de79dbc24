//! Persons, collections, and the calls that look for them, in the OpenAPI document.

use serde_json::{Map, Value, json};

use super::super::face_calls::SCOPES;
use super::super::person_calls::{IMAGES_MAX, RESULTS_DEFAULT, RESULTS_MAX};
use super::super::person_errors::{
    DUPLICATED_PERSON, INVALID_COLLECTION, LIVENESS_FAILED, PERSON_ALREADY_SET,
};
use super::faces::{Call, collection_id, image, liveness_schema, object, operation, score};
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
    let live = Call {
        name: "persons/search-live-face",
        id: "enrol_live_person",
        summary: "Enrol a person who is live and whom nobody in the collection is like",
        required: &[
            "name",
            "images",
            "collection_id",
            "liveness_min_score",
            "min_score",
            "search_mode",
        ],
        members: with(
            person_members(),
            json!({
                "collection_id": collection_id(), "liveness_min_score": floor(0.5),
                "min_score": floor(0.5), "search_mode": mode(),
            }),
        ),
        data: live_person_schema(),
    };
    let mut live = operation(&live);
    live["responses"]["409"] = answer(
        &format!("A member is wrong; or {}; or {}", DUPLICATED_PERSON.when, LIVENESS_FAILED.when),
        "Error",
    );
    already_set(&mut live);
    add_operation(paths, "persons/search-live-face", "post", live);
    let mut create = operation(&Call {
        name: "persons",
        id: "enrol_person",
        summary: "Enrol a person with one to three pictures of their face",
        required: &["name", "images"],
        members: person_members(),
        data: json!({ "$ref": reference("Person") }),
    });
    already_set(&mut create);
    add_operation(paths, "persons", "post", create);
    let mut change = operation(&Call {
        name: "persons/{id}",
        id: "change_person",
        summary: "Change a person; pictures replace all faces",
        required: &[],
        members: with(
            person_members(),
            json!({
                "status": { "type": "string", "enum": ["active", "inactive", "pending"] },
            }),
        ),
        data: json!({ "$ref": reference("Person") }),
    });
    already_set(&mut change);
    add_operation(paths, "persons/{id}", "put", of_one(change));
    let mut delete = operation(&Call {
        name: "persons/{id}",
        id: "delete_person",
        summary: "Delete a person: templates, pictures and the key that opens them",
        required: &[],
        members: json!({}),
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

fn calls() -> [Call; 5] {
    let images = || {
        json!({
            "anyOf": [
                { "type": "array", "items": image(), "minItems": 1, "maxItems": IMAGES_MAX },
                image(),
            ],
        })
    };
    let max = || {
        json!({
            "type": "integer", "minimum": 1, "maximum": RESULTS_MAX, "default": RESULTS_DEFAULT,
        })
    };
    let search = |name, id, summary, low: f64| Call {
        name,
        id,
        summary,
        required: &["images", "min_score", "search_mode"],
        members: json!({
            "images": images(), "min_score": floor(low), "search_mode": mode(),
            "collection_id": collection_id(), "max_results": max(),
        }),
        data: json!({ "type": "array", "items": { "$ref": reference("FoundPerson") } }),
    };
    let brief = || {
        json!({ "type": "array", "items": object(json!({
        "id": id_schema(), "score": score(),
    })) })
    };
    let os = || json!({ "type": "string", "minLength": 1, "maxLength": 64 });
    [
        search("search", "search_persons", "Persons with the face of the pictures", 0.2),
        search("search/crops", "search_persons_by_crops", "The same for pictures of a face", 0.5),
        Call {
            name: "search-live-face",
            id: "search_live_face",
            summary: "Persons with the face of the picture, if it is live",
            required: &["image", "os", "liveness_min_score", "min_score", "search_mode"],
            members: json!({
                "image": image(), "os": os(), "liveness_min_score": floor(0.5),
                "min_score": floor(0.5), "search_mode": mode(), "collection_id": collection_id(),
                "max_results": max(),
            }),
            data: object(json!({
                "persons": brief(), "liveness_score": score(), "liveness": liveness_schema(),
            })),
        },
        Call {
            name: "search-active-user",
            id: "search_active_person",
            summary: "Persons in use with the face of the picture",
            required: &["image", "os", "min_score", "search_mode"],
            members: json!({
                "image": image(), "os": os(), "min_score": floor(0.5), "search_mode": mode(),
                "collection_id": collection_id(), "max_results": max(),
            }),
            data: brief(),
        },
        Call {
            name: "verify",
            id: "verify_person",
            summary: "Whether the pictures are of this person",
            required: &["id", "images", "min_score", "search_mode"],
            members: json!({
                "id": id_schema(), "images": images(), "min_score": floor(0.5),
                "search_mode": mode(), "collection_id": collection_id(),
            }),
            data: verification_schema(),
        },
    ]
}

fn add_collections(paths: &mut Map<String, Value>) {
    let members = || {
        json!({
            "name": { "type": "string", "minLength": 1, "maxLength": 200 },
            "description": { "type": "string", "maxLength": 2000 },
            "project": id_schema(),
        })
    };
    let collection = |id, summary, required| {
        operation(&Call {
            name: "collections",
            id,
            summary,
            required,
            members: members(),
            data: json!({ "$ref": reference("Collection") }),
        })
    };
    let create = collection("create_collection", "Create a collection", &["name"]);
    add_operation(paths, "collections", "post", create);
    let change = collection("change_collection", "Change a collection", &[]);
    add_operation(paths, "collections/{id}", "put", of_one(change));
    let delete = collection("delete_collection", "Delete a collection; its persons stay", &[]);
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

fn person_members() -> Value {
    let line = || json!({ "type": "string", "minLength": 1, "maxLength": 200 });
    let part = || json!({ "type": ["integer", "string"] });
    json!({
        "name": { "type": "string", "maxLength": 200, "description": "Digits are taken out." },
        "images": { "anyOf": [
            { "type": "array", "items": image(), "minItems": 1, "maxItems": IMAGES_MAX },
            image(),
        ] },
        "gender": { "type": "string", "enum": ["M", "F"] },
        "date_of_birth": { "anyOf": [
            { "type": "string", "format": "date" },
            { "type": "string", "format": "date-time" },
            object(json!({ "year": part(), "month": part(), "day": part() })),
        ] },
        "nationality": line(),
        "collections": { "type": "array", "items": collection_id(), "maxItems": 20 },
        "notes": { "type": "string", "maxLength": 2000 },
        "email": line(),
        "phone": line(),
        "keep_thumbnails": {
            "type": "boolean",
            "description": "Whether a small picture of each face is kept, encrypted; absent: as \
                            the setting persons.keep_thumbnails says.",
        },
    })
}

fn with(mut members: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (members.as_object_mut(), more) {
        members.extend(more);
    }
    members
}

fn mode() -> Value {
    json!({ "type": "string", "enum": ["FAST", "ACCURATE"] })
}

fn floor(low: f64) -> Value {
    json!({ "type": "number", "minimum": low, "maximum": 1 })
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
