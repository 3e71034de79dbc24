//! The OpenAPI 3.1 document, folded over the table of operations, of resources and of errors.

mod hoisting;
pub mod shapes;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use verax_domain::resources;
use verax_query::Shown;

use self::hoisting::hoist;
use self::shapes::{header, object, path_id, populated, reference, schema_name};
use super::body::schema::schema;
use super::error_codes::{
    BAD_REQUEST, BODY_TOO_LARGE, BODY_TOO_SLOW, ErrorCode, FORBIDDEN, IDEMPOTENCY_ANSWER_GONE,
    IDEMPOTENCY_CONFLICT, INVALID_PARAMETERS, TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
};
use super::families;
use super::layers::access::WithoutToken;
use super::layers::idempotency::KEY_CHARS_MAX;
use super::operation::{Answer, Body, Operation};

/// The document as it is served: what operations have alike stands in it once.
pub fn published() -> Value {
    let mut document = document();
    hoist(&mut document);
    document
}

/// The whole document, each operation with all that it has.
pub fn document() -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for resource in resources::ALL {
        for shown in [Shown::List, Shown::Retrieve] {
            schemas.insert(schema_name(resource, shown), object(resource, shown));
        }
    }
    schemas.extend(populated());
    families::add_schemas(&mut schemas);
    schemas.insert("Error".to_owned(), error_schema());
    schemas.insert("InvalidParameters".to_owned(), invalid_schema());
    schemas.insert("Signature".to_owned(), signature_schema());
    for operation in families::operations() {
        let method = operation.method.as_str().to_lowercase();
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        path[method] = describe(&operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Verax",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Self-hosted identity verification that speaks the Verifik v2 \
                            protocol. Every list takes the operators of its own reference page: \
                            `where_f`, `wherenot_f`, `where>_f`, `in_f[]`, `like_f` and more, \
                            for each field.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
        },
    })
}

fn describe(operation: &Operation) -> Value {
    let description = &operation.described;
    let mut described = json!({
        "operationId": description.id,
        "summary": description.summary,
        "tags": [description.tag],
    });
    if !description.doc.is_empty() {
        described["description"] = description.doc.as_str().into();
    }
    match description.access.without_token {
        WithoutToken::Anybody => described["security"] = json!([]),
        // A project may allow it without a token.
        WithoutToken::AsProjectAllows => described["security"] = json!([{ "token": [] }, {}]),
        WithoutToken::Rejected | WithoutToken::WithSignedUrl => {}
    }
    if !description.access.is_for_anybody() {
        described["x-scopes"] = json!(description.access.scopes());
    }
    if !description.access.is_for_anybody() || operation.path.contains("{id}") {
        described["parameters"] = parameters(operation).into();
    }
    if let Some(body) = &operation.body {
        described["requestBody"] = request_body(body);
    }
    described["responses"] = responses(operation);
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let mut all = Vec::new();
    if operation.path.contains("{id}") {
        all.push(path_id(operation.id_doc));
    }
    all.extend(operation.parameters.iter().cloned());
    if operation.method == Method::POST {
        let doc = "A random text of yours: the same request under the same key is done once and \
                   answered alike for 24 hours, or with 410 when what it was about was deleted; \
                   another request under it is a 409.";
        let text = json!({ "type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX });
        all.push(header("Idempotency-Key", doc, text));
    }
    all
}

fn request_body(body: &Body) -> Value {
    let mut json = json!({ "schema": schema(body.table, body.purpose) });
    if let Some(example) = &body.example {
        json["example"] = example.clone();
    }
    json!({ "required": body.is_required, "content": { "application/json": json } })
}

fn responses(operation: &Operation) -> Value {
    let mut all = Map::new();
    for answer in [&operation.described.answer].into_iter().chain(&operation.more_answers) {
        all.insert(answer.status.as_str().to_owned(), response(answer));
    }
    let mut rejected = |status: StatusCode, when: &str, schema: &str| {
        reject(&mut all, status, when, schema);
    };
    if operation.described.access.is_for_anybody() {
        if let Some(error) = operation.unknown {
            rejected(StatusCode::NOT_FOUND, error, "Error");
        }
        return all.into();
    }
    if operation.checks_query {
        rejected(INVALID_PARAMETERS.status, INVALID_PARAMETERS.when, "InvalidParameters");
    }
    let takes_body = operation.method == Method::POST || operation.method == Method::PUT;
    let mut codes: Vec<&ErrorCode> = vec![&UNAUTHORIZED, &FORBIDDEN];
    codes.extend(operation.body.iter().map(|_| &BAD_REQUEST));
    codes.extend(&operation.errors);
    codes.extend([&TOO_MANY_REQUESTS, &UNAVAILABLE]);
    if takes_body {
        // Also of a body that says nothing.
        codes.extend([&BODY_TOO_LARGE, &BODY_TOO_SLOW, &UNSUPPORTED_MEDIA_TYPE]);
    }
    if operation.method == Method::POST {
        codes.extend([&INVALID_PARAMETERS, &IDEMPOTENCY_CONFLICT, &IDEMPOTENCY_ANSWER_GONE]);
    }
    for code in codes {
        rejected(code.status, code.when, "Error");
    }
    if let Some(error) = operation.unknown {
        rejected(StatusCode::NOT_FOUND, error, "Error");
    }
    all.into()
}

fn response(answer: &Answer) -> Value {
    let mut response = json!({ "description": answer.description });
    for (name, value) in [("content", &answer.content), ("headers", &answer.headers)] {
        if !value.is_null() {
            response[name] = value.clone();
        }
    }
    response
}

/// Adds an error to what is answered with this status: with another reason, or another shape.
fn reject(all: &mut Map<String, Value>, status: StatusCode, when: &str, schema: &str) {
    const SCHEMA: &str = "/content/application~1json/schema";
    let shape = json!({ "$ref": reference(schema) });
    let Some(known) = all.get_mut(status.as_str()) else {
        let content = json!({ "application/json": { "schema": shape } });
        let response = json!({ "description": when, "content": content });
        all.insert(status.as_str().to_owned(), response);
        return;
    };
    let told = known["description"].as_str().unwrap_or_default();
    if told.split("; or ").all(|reason| reason != when) {
        known["description"] = format!("{told}; or {when}").into();
    }
    if let Some(known) = known.pointer_mut(SCHEMA)
        && *known != shape
    {
        *known = json!({ "anyOf": [known, shape] });
    }
}

fn error_schema() -> Value {
    let codes: Vec<&str> = families::codes()
        .map(|code| code.code)
        .chain(resources::ALL.iter().map(|resource| resource.not_found.code))
        .collect();
    json!({
        "type": "object",
        "required": ["success", "error", "code", "message", "status"],
        "properties": {
            "success": { "const": false },
            "error": { "type": "string", "description": "For people." },
            "code": { "type": "string", "enum": codes },
            "message": { "type": "string" },
            "status": { "type": "integer" },
            "requestId": { "type": "string", "description": "With a 5xx alone." },
            "details": details_schema(),
            "data": { "type": "object", "description": "Who or what is there already." },
        },
    })
}

fn invalid_schema() -> Value {
    json!({
        "type": "object",
        "required": ["success", "error", "code", "details"],
        "additionalProperties": false,
        "properties": {
            "success": { "const": false },
            "error": { "const": "Invalid query parameters" },
            "code": { "const": "INVALID_PARAMETERS" },
            "details": details_schema(),
        },
    })
}

fn details_schema() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["parameter", "message"],
            "additionalProperties": false,
            "properties": {
                "parameter": { "type": "string" },
                "message": { "type": "string" },
                "field": { "type": "string", "description": "With a 422 alone." },
            },
        },
    })
}

fn signature_schema() -> Value {
    json!({
        "type": "object",
        "required": ["dateTime", "message"],
        "properties": {
            "dateTime": { "type": "string", "examples": ["April 11, 2023 12:25 PM"] },
            "message": { "type": "string", "examples": ["Certified by Verax"] },
        },
    })
}
