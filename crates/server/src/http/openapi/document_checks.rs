//! What the OpenAPI document says of `POST /v2/document-liveness`.

use serde_json::{Map, Value, json};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_domain::{NarrowScope, Scope};
use verax_query::{Resource, Shown};

use super::{answer, id_schema, query, reference, schema_name, sign};
use crate::http::body::{Purpose, schema};
use crate::http::document_order::DOCUMENT_BODY;
use crate::http::error::{
    FORBIDDEN, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE,
};
use crate::http::lifecycle_errors::CONFLICT;

/// A grey square of 64 pixels: enough to see the operation answer.
const EXAMPLE_PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAKklEQVR42u3MQREAAAwCIPs3sK0h9ttBANKjCAQCgUAgEAgEAoFAIPgeDJ3qkIjwmdT+AAAAAElFTkSuQmCC";

/// Adds the operation beside the list of the same path.
pub fn add(paths: &mut Map<String, Value>) {
    if let Some(path) = paths.get_mut("/v2/document-liveness") {
        path["post"] = operation();
    }
    paths.insert("/v2/document-liveness/{id}/evidence".to_owned(), json!({ "get": evidence() }));
    let mut image = image(
        &DOCUMENT_LIVENESS,
        "An `imageUrl` opens it until it expires; a token with `media:read` at any time.",
    );
    if let Some(parameters) = image["parameters"].as_array_mut() {
        let expires = "When the URL expires, in seconds since 1970.";
        parameters.extend([
            query("expires", expires, json!({ "type": "integer" })),
            query("signature", "What makes the URL valid.", json!({ "type": "string" })),
        ]);
    }
    paths.insert("/v2/document-liveness/{id}/image".to_owned(), json!({ "get": image }));
}

fn operation() -> Value {
    let resource = &DOCUMENT_LIVENESS;
    let mut answered = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": {
            "success": { "const": true },
            "data": { "$ref": reference(&schema_name(resource, Shown::Retrieve)) },
        },
    });
    sign(resource, &mut answered);
    let record = |description: &str| {
        let content = json!({ "application/json": { "schema": answered } });
        json!({ "description": description, "content": content })
    };
    let wrong =
        format!("A parameter is wrong, each is in `details`; or {}", INVALID_IMAGE_FORMAT.when);
    let content = json!({ "application/json": {
        "schema": schema(DOCUMENT_BODY, Purpose::Create),
        "example": { "image": EXAMPLE_PICTURE },
    } });
    json!({
        "operationId": "create_document_liveness",
        "summary": "Check a photographed document",
        "description": format!(
            "{} The token of an app registration makes the check that registration's.",
            resource.doc
        ),
        "tags": [resource.name],
        "x-scopes": [Scope::Write.word(), NarrowScope::Registration.word()],
        "parameters": [],
        "requestBody": { "required": true, "content": content },
        "responses": {
            "200": record("The record, with what was found"),
            "202": record("The checks take longer than the server lets a caller wait: the record \
                           as it stands; retrieve it later"),
            "400": answer(&wrong, "Error"),
            "401": answer(UNAUTHORIZED.when, "Error"),
            "403": answer(FORBIDDEN.when, "Error"),
            "409": answer(CONFLICT.when, "Error"),
            "413": answer(IMAGE_TOO_LARGE.when, "Error"),
            "429": answer(TOO_MANY_REQUESTS.when, "Error"),
            "503": answer(UNAVAILABLE.when, "Error"),
        },
    })
}

fn evidence() -> Value {
    let number = || json!({ "type": "number" });
    let region = json!({
        "type": "object",
        "description": "A part of the upright picture, in pixels.",
        "required": ["x", "y", "width", "height"],
        "properties": { "x": number(), "y": number(), "width": number(), "height": number() },
    });
    let check = json!({
        "type": "object",
        "required": ["regions", "heatMap"],
        "properties": {
            "regions": { "type": "array", "items": region },
            "heatMap": { "type": "string", "description": "A PNG in a data URI." },
        },
    });
    let mut answered = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": {
            "success": { "const": true },
            "data": {
                "type": "object",
                "required": ["_id", "evidence"],
                "properties": {
                    "_id": { "type": "string" },
                    "evidence": { "type": "object", "additionalProperties": check },
                },
            },
        },
    });
    sign(&DOCUMENT_LIVENESS, &mut answered);
    let content = json!({ "application/json": { "schema": answered } });
    json!({
        "operationId": "get_document_liveness_evidence",
        "summary": "Where each check found what it names",
        "description": "The kept picture is looked at again; there is nothing to see without one.",
        "tags": [DOCUMENT_LIVENESS.name],
        "x-scopes": [Scope::ReadMedia.word()],
        "parameters": [{
            "name": "id", "in": "path", "required": true, "description": "The record's id.",
            "schema": id_schema(),
        }],
        "responses": {
            "200": { "description": "Regions and a heat map per check", "content": content },
            "401": answer(UNAUTHORIZED.when, "Error"),
            "403": answer(FORBIDDEN.when, "Error"),
            "404": answer("There is no such record, or its picture was not kept", "Error"),
            "429": answer(TOO_MANY_REQUESTS.when, "Error"),
            "503": answer(UNAVAILABLE.when, "Error"),
        },
    })
}

/// The picture that was kept with a record.
pub fn image(resource: &Resource, description: &str) -> Value {
    let bytes = json!({ "image/*": { "schema": { "type": "string", "format": "binary" } } });
    let title = resource.title.to_lowercase();
    json!({
        "operationId": format!("get_{}_image", resource.name.replace('-', "_")),
        "summary": format!("The picture that was kept with a {title}"),
        "description": description,
        "tags": [resource.name],
        "x-scopes": [Scope::ReadMedia.word()],
        "parameters": [{
            "name": "id", "in": "path", "required": true, "description": "The record's id.",
            "schema": id_schema(),
        }],
        "responses": {
            "200": { "description": "The picture as it was sent", "content": bytes },
            "401": answer(UNAUTHORIZED.when, "Error"),
            "403": answer(FORBIDDEN.when, "Error"),
            "404": answer("There is no such record, or its picture was not kept", "Error"),
            "429": answer(TOO_MANY_REQUESTS.when, "Error"),
            "503": answer(UNAVAILABLE.when, "Error"),
        },
    })
}
