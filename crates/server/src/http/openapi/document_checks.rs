//! What the OpenAPI document says of `POST /v2/document-liveness`.

use serde_json::{Map, Value, json};
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_domain::{NarrowScope, Scope};
use verax_query::Shown;

use super::{answer, id_schema, reference, schema_name, sign};
use crate::http::error::{
    FORBIDDEN, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE,
};

/// A grey square of 64 pixels: enough to see the operation answer.
const EXAMPLE_PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAKklEQVR42u3MQREAAAwCIPs3sK0h9ttBANKjCAQCgUAgEAgEAoFAIPgeDJ3qkIjwmdT+AAAAAElFTkSuQmCC";

/// Adds the operation beside the list of the same path.
pub fn add(paths: &mut Map<String, Value>) {
    if let Some(path) = paths.get_mut("/v2/document-liveness") {
        path["post"] = operation();
    }
    paths.insert("/v2/document-liveness/{id}/evidence".to_owned(), json!({ "get": evidence() }));
    paths.insert("/v2/document-liveness/{id}/image".to_owned(), json!({ "get": image() }));
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
        "schema": body(),
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

fn image() -> Value {
    let part = |name: &str, doc: &str, schema: Value| {
        json!({
            "name": name, "in": "query", "required": false, "description": doc, "schema": schema,
        })
    };
    let bytes =
        |kind: &str| json!({ kind: { "schema": { "type": "string", "format": "binary" } } });
    json!({
        "operationId": "get_document_liveness_image",
        "summary": "The picture that was kept with a document liveness validation",
        "description": "An `imageUrl` opens it until it expires; a token with `media:read` at any \
                        time.",
        "tags": [DOCUMENT_LIVENESS.name],
        "x-scopes": [Scope::ReadMedia.word()],
        "parameters": [
            {
                "name": "id", "in": "path", "required": true, "description": "The record's id.",
                "schema": id_schema(),
            },
            part("expires", "When the URL expires, in seconds since 1970.", json!({ "type": "integer" })),
            part("signature", "What makes the URL valid.", json!({ "type": "string" })),
        ],
        "responses": {
            "200": { "description": "The picture as it was sent", "content": bytes("image/*") },
            "401": answer(UNAUTHORIZED.when, "Error"),
            "403": answer(FORBIDDEN.when, "Error"),
            "404": answer("There is no such record, or its picture was not kept", "Error"),
            "429": answer(TOO_MANY_REQUESTS.when, "Error"),
            "503": answer(UNAVAILABLE.when, "Error"),
        },
    })
}

fn body() -> Value {
    let flag = |default: bool, doc: &str| json!({ "type": "boolean", "default": default, "description": doc });
    let calibration = |check: &str| {
        json!({
            "type": "string",
            "enum": ["SOFT", "REGULAR", "HARD"],
            "default": "REGULAR",
            "description": format!("How strict the {check} check is."),
        })
    };
    json!({
        "type": "object",
        "required": ["image"],
        "properties": {
            "image": {
                "type": "string",
                "description": "A JPEG, PNG or WebP picture in base64, or a data URI of one.",
            },
            "saveImage": flag(false, "Whether the picture is kept, encrypted; `imageUrl` shows it."),
            "validateScreenReplay": flag(true, "Whether it was photographed from a screen."),
            "validatePrintedCopy": flag(true, "Whether it is a printed copy."),
            "validatePortraitSubstitution": flag(true, "Whether the portrait was exchanged."),
            "validateDigitalManipulation": flag(true, "Whether the file was edited."),
            "screenReplayCalibration": calibration("screen replay"),
            "printedCopyCalibration": calibration("printed copy"),
            "portraitSubstitutionCalibration": calibration("portrait substitution"),
            "ignoreDocumentCroppedValidation":
                flag(false, "Whether a document that leaves the picture is accepted."),
            "ignoreColourLessValidation":
                flag(false, "Whether a picture without colour is accepted."),
        },
    })
}
