//! The OpenAPI 3.1 document, folded over the table of operations, of resources and of errors.

mod hoisting;
mod named_schemas;
pub mod shapes;
mod tags;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use verax_domain::resources;
use verax_query::Shown;

use self::hoisting::hoist;
use self::named_schemas::name_schemas;
use self::shapes::{header, object, path_id, populated, reference, schema_name};
use super::body::schema::schema;
use super::error_codes::{FORBIDDEN, INVALID_PARAMETERS, UNAUTHORIZED, URI_TOO_LONG};
use super::families;
use super::layers::access::WithoutToken;
use super::layers::idempotency::KEY_CHARS_MAX;
use super::listing::description::headers;
use super::operation::{Answer, Body, Operation};

/// The document as it is served: what operations have alike stands in it once.
pub fn published() -> Value {
    let mut document = document();
    name_schemas(&mut document);
    hoist(&mut document);
    document
}

/// What holds for all of it. The grammar of lists is in `docs/lists.md`.
const API_DOC: &str = "Self-hosted identity verification that speaks the Verifik v2 protocol.\n\n\
    **Lists.** `filters` is a map of filters: each of its entries is sent as a parameter of its own, \
    `where>=_createdAt=2024-12-01`. Before the name of a field: `where_` equals, `wherenot_` does not, \
    `in_` and `notIn_` one or none of several words with commas between them, `where-null_` and \
    `where-not-null_` is absent or there, `where>_`, `where>=_`, `where<_` and `where<=_` ranges, \
    `like_` and `notLike_` contain a text or not. Each list names its fields. With \
    `count=true` a list answers `{\"success\":true,\"data\":N}`, the number of matches alone; with \
    `Accept: application/x-ndjson` or `text/csv` it is streamed whole. All of it is in `docs/lists.md`.\n\n\
    **Errors.** `code` is what a program branches on; `docs/reference/errors.md` lists them. Each \
    operation names its own. Every operation may answer 400 `INVALID_PARAMETERS` or `BadRequest`, 401 \
    `UNAUTHORIZED`, 403 `FORBIDDEN`, 408 `BODY_TOO_SLOW`, 409 `IDEMPOTENCY_KEY_REUSED`, 410 \
    `IDEMPOTENCY_ANSWER_GONE`, 413 `BODY_TOO_LARGE`, 414 `URI_TOO_LONG`, 415 `UNSUPPORTED_MEDIA_TYPE`, 429 \
    `TOO_MANY_REQUESTS` and 503 `UNAVAILABLE`.\n\n\
    **Bodies.** An empty text is as if the member was not sent.";

/// The whole document, each operation with all that it has.
pub fn document() -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for resource in resources::ALL {
        for shown in [Shown::Retrieve, Shown::List] {
            schemas.insert(schema_name(resource, shown), object(resource, shown));
        }
    }
    schemas.extend(populated());
    families::add_schemas(&mut schemas);
    schemas.insert("Error".to_owned(), error_schema());
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
            "description": API_DOC,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "tags": tags::described(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": headers(),
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
    let docs = [Some(description.doc.clone()).filter(|doc| !doc.is_empty()), errors_doc(operation)];
    let docs: Vec<String> = docs.into_iter().flatten().collect();
    if !docs.is_empty() {
        described["description"] = docs.join("\n\n").into();
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
    if operation.described.access.is_for_anybody() {
        if let Some(error) = operation.unknown {
            all.insert(StatusCode::NOT_FOUND.as_str().to_owned(), rejection(error));
        }
        return all.into();
    }
    all.insert("4XX".to_owned(), rejection("Rejected: `code` says why"));
    all.insert("5XX".to_owned(), rejection("Not answered: again after `Retry-After`"));
    all.into()
}

/// The codes that are this operation's own.
fn errors_doc(operation: &Operation) -> Option<String> {
    let unknown = operation.unknown.map(|error| format!("404 {error}"));
    let own = operation.errors.iter().filter(|code| code.code != URI_TOO_LONG.code);
    let own = own.map(|code| format!("{} `{}`", code.status.as_u16(), code.code)).chain(unknown);
    let own: Vec<String> = own.collect();
    (!own.is_empty()).then(|| format!("Errors: {}.", own.join(", ")))
}

fn rejection(description: &str) -> Value {
    let content = json!({ "application/json": { "schema": { "$ref": reference("Error") } } });
    json!({ "description": description, "content": content })
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

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["success", "error", "code"],
        "properties": {
            "success": { "const": false },
            "error": { "type": "string", "description": "For people." },
            "code": {
                "type": "string",
                "description": "For programs; `docs/reference/errors.md` lists them.",
                "examples": [INVALID_PARAMETERS.code, UNAUTHORIZED.code, FORBIDDEN.code],
            },
            "message": { "type": "string", "description": "Absent where parameters are wrong." },
            "status": { "type": "integer", "description": "Absent where parameters are wrong." },
            "requestId": { "type": "string", "description": "With a 5xx alone." },
            "details": details_schema(),
            "data": { "type": "object", "description": "Who or what is there already." },
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
