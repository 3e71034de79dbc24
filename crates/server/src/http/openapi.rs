//! The OpenAPI 3.1 document, made from the resource table and the table of errors.

mod account;
mod biometrics;
mod document_checks;
mod faces;
mod lifecycle;
mod lists;
mod people;
mod shapes;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use verax_domain::resources;
use verax_query::{Kind, Resource, Shown};

use self::shapes::{filter_schema, object};
use super::body::{BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE};
use super::error::{
    BODY_TOO_LARGE, CODES, FORBIDDEN, IDEMPOTENCY_ANSWER_GONE, IDEMPOTENCY_CONFLICT,
    TOO_MANY_REQUESTS, UNAUTHORIZED, URI_TOO_LONG,
};
use super::idempotency::KEY_CHARS_MAX;
use super::lists::OPENED;

/// The whole document.
pub fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for resource in resources::ALL {
        schemas.insert(schema_name(resource, Shown::List), object(resource, Shown::List));
        schemas.insert(schema_name(resource, Shown::Retrieve), object(resource, Shown::Retrieve));
        for version in resource.versions {
            let path = format!("/{version}/{}", resource.name);
            paths.insert(path.clone(), json!({ "get": list_operation(version, resource) }));
            paths.insert(
                format!("{path}/{{id}}"),
                json!({ "get": retrieve_operation(version, resource) }),
            );
        }
    }
    document_checks::add(&mut paths);
    lifecycle::add(&mut paths);
    biometrics::add(&mut paths);
    account::add(&mut paths);
    faces::add(&mut paths);
    people::add(&mut paths, &mut schemas);
    add_idempotency(&mut paths);
    add_bodies(&mut paths);
    schemas.insert("Error".to_owned(), error_schema());
    schemas.insert("InvalidParameters".to_owned(), invalid_schema());
    schemas.insert("Signature".to_owned(), signature_schema());
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

fn list_operation(version: &str, resource: &'static Resource) -> Value {
    let mut page = json!({
        "type": "object",
        "required": ["success", "data", "pagination"],
        "properties": {
            "success": { "const": true },
            "data": {
                "type": "array",
                "items": { "$ref": reference(&schema_name(resource, Shown::List)) },
            },
            "pagination": lists::pagination(resource),
        },
    });
    sign(resource, &mut page);
    // With `count=true` there is a number instead of the page.
    let counted = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": {
            "success": { "const": true },
            "data": { "type": "integer", "minimum": 0 },
        },
        "additionalProperties": false,
    });
    json!({
        "operationId": operation_id("list", version, resource),
        "summary": format!("List {}", resource.name.replace('-', " ")),
        "description": resource.doc,
        "tags": [resource.name],
        "x-scopes": resource.scopes,
        "parameters": list_parameters(resource),
        "responses": responses(json!({ "anyOf": [page, counted] }), resource, Answers::Many),
    })
}

fn retrieve_operation(version: &str, resource: &'static Resource) -> Value {
    let narrow = OPENED.iter().filter(|(name, ..)| *name == resource.name);
    let narrow = narrow.map(|(_, scope, _)| scope.word());
    let scopes: Vec<&str> = resource.scopes.iter().copied().chain(narrow).collect();
    let mut body = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": {
            "success": { "const": true },
            "data": { "$ref": reference(&schema_name(resource, Shown::Retrieve)) },
        },
    });
    sign(resource, &mut body);
    let id = json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "The record's id.",
        "schema": id_schema(),
    });
    let mut parameters = vec![id, lists::if_none_match(), lists::prefer()];
    parameters.extend(include_parameters(resource));
    json!({
        "operationId": operation_id("get", version, resource),
        "summary": format!("Retrieve one: {}", resource.title.to_lowercase()),
        "description": resource.doc,
        "tags": [resource.name],
        "x-scopes": scopes,
        "parameters": parameters,
        "responses": responses(body, resource, Answers::One),
    })
}

fn list_parameters(resource: &'static Resource) -> Vec<Value> {
    let integer = |minimum: u32| json!({ "type": "integer", "minimum": minimum });
    let size = json!({
        "type": "integer", "minimum": 1, "maximum": 100, "default": resource.page_size.default,
    });
    let other = if resource.page_size.name == "limit" { "perPage" } else { "limit" };
    let sorts: Vec<&str> =
        resource.fields.iter().filter(|field| field.sorts()).map(|field| field.name).collect();
    let sort = format!(
        "Sort keys with a comma or a space between them, `-` for descending: {}.",
        sorts.join(", ")
    );
    let mut all = vec![
        query("page", "Page number, from 1.", integer(0)),
        query(resource.page_size.name, "Records per page.", size.clone()),
        query(other, "Another name of the page size.", size),
        query("offset", "Records to skip; `page` wins over it.", integer(0)),
        query("sort", &sort, json!({ "type": "string", "default": "-createdAt" })),
        query("count", "Answer the number of matches alone.", json!({ "type": "boolean" })),
    ];
    all.extend(lists::parameters());
    all.extend([lists::if_none_match(), lists::prefer()]);
    all.extend(include_parameters(resource));
    for field in resource.fields.iter().filter(|field| field.is_scalar()) {
        let doc = format!("Equals. {}", field.doc);
        all.push(query(&format!("where_{}", field.name), &doc, filter_schema(field)));
        let list = json!({ "type": "array", "items": filter_schema(field), "maxItems": 100 });
        all.push(query(&format!("in_{}[]", field.name), "One of these.", list));
        if matches!(field.kind, Kind::Time | Kind::Date | Kind::Number | Kind::Integer) {
            for (sign, words) in [(">", "after"), (">=", "from"), ("<", "before"), ("<=", "until")]
            {
                let doc = format!("Only {words} this.");
                all.push(query(&format!("where{sign}_{}", field.name), &doc, filter_schema(field)));
            }
        }
        if field.folded.is_some() {
            let doc = "Contains this text, in any case.";
            all.push(query(&format!("like_{}", field.name), doc, json!({ "type": "string" })));
        }
    }
    all
}

fn include_parameters(resource: &'static Resource) -> Vec<Value> {
    let mut all = Vec::new();
    let relations: Vec<&str> = resource.relations().map(|(field, _)| field.name).collect();
    if !relations.is_empty() {
        let items = json!({ "type": "string", "enum": relations });
        let list = json!({ "type": "array", "items": items, "maxItems": 8 });
        all.push(query("populates[]", "Relations to show as records.", list));
    }
    if !resource.reverse.is_empty() {
        let names: Vec<&str> = resource.reverse.iter().map(|reverse| reverse.name).collect();
        let items = json!({ "type": "string", "enum": names });
        let list = json!({ "type": "array", "items": items });
        all.push(query("with[]", "Records that point here, to show too.", list));
    }
    let names: Vec<&str> = resource.fields.iter().map(|field| field.name).collect();
    let doc = format!("Fields to show, with a comma between them: {}.", names.join(", "));
    all.push(query("columns", &doc, json!({ "type": "string" })));
    all
}

fn query(name: &str, doc: &str, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "query",
        "required": false,
        "description": doc,
        "schema": schema,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    One,
    Many,
}

fn responses(body: Value, resource: &Resource, answers: Answers) -> Value {
    let mut all = Map::new();
    let content = json!({ "application/json": { "schema": body } });
    all.insert("200".to_owned(), json!({ "description": "OK", "content": content }));
    lists::add_validators(&mut all);
    all.insert(
        "400".to_owned(),
        answer("Something is wrong with a parameter", "InvalidParameters"),
    );
    let mut codes = vec![&UNAUTHORIZED, &FORBIDDEN, &URI_TOO_LONG, &TOO_MANY_REQUESTS];
    codes.sort_by_key(|code| code.status);
    for code in codes {
        all.insert(code.status.as_str().to_owned(), answer(code.when, "Error"));
    }
    if answers == Answers::Many {
        lists::add_streams(&mut all);
    } else {
        all.insert("404".to_owned(), answer(resource.not_found.error, "Error"));
    }
    all.insert(
        StatusCode::SERVICE_UNAVAILABLE.as_str().to_owned(),
        answer("The server is busy; try again after `Retry-After`", "Error"),
    );
    Value::Object(all)
}

fn answer(description: &str, schema: &str) -> Value {
    let content = json!({ "application/json": { "schema": { "$ref": reference(schema) } } });
    json!({ "description": description, "content": content })
}

/// Every POST takes the header.
fn add_idempotency(paths: &mut Map<String, Value>) {
    let header = json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A random text of yours: the same request under the same key is done once \
                        and answered alike for 24 hours, or with 410 when what it was about was \
                        deleted; another request under it is a 409.",
        "schema": { "type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX },
    });
    for operation in paths.values_mut().filter_map(|path| path.get_mut("post")) {
        if operation.get("parameters").is_none() {
            operation["parameters"] = json!([]);
        }
        if let Some(parameters) = operation["parameters"].as_array_mut() {
            parameters.push(header.clone());
        }
        if operation["responses"].get("409").is_none() {
            operation["responses"]["409"] = answer(IDEMPOTENCY_CONFLICT.when, "Error");
        }
        operation["responses"]["410"] = answer(IDEMPOTENCY_ANSWER_GONE.when, "Error");
        // A wrong header is told like a wrong body, also where only the query can be wrong else.
        let wrong = &mut operation["responses"]["400"];
        let error = json!({ "$ref": reference("Error") });
        if wrong.is_null() {
            *wrong = answer("`Idempotency-Key` is wrong", "Error");
        } else if let Some(schema) = wrong.pointer_mut("/content/application~1json/schema")
            && *schema != error
        {
            *schema = json!({ "anyOf": [schema, error] });
        }
    }
}

/// What every operation that may be sent a body says of one that it does not read.
fn add_bodies(paths: &mut Map<String, Value>) {
    for path in paths.values_mut() {
        for method in ["post", "put"] {
            let Some(operation) = path.get_mut(method) else { continue };
            for code in [&BODY_TOO_LARGE, &BODY_TOO_SLOW, &UNSUPPORTED_MEDIA_TYPE] {
                let answered = &mut operation["responses"][code.status.as_str()];
                if answered.is_null() {
                    *answered = answer(code.when, "Error");
                }
            }
        }
    }
}

fn error_schema() -> Value {
    let codes: Vec<&str> = CODES
        .iter()
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

fn sign(resource: &Resource, body: &mut Value) {
    if resource.signed {
        body["properties"]["signature"] = json!({ "$ref": reference("Signature") });
        if let Some(required) = body["required"].as_array_mut() {
            required.push("signature".into());
        }
    }
}

fn id_schema() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
}

fn schema_name(resource: &Resource, shown: Shown) -> String {
    let name: String = resource.title.split(' ').map(capitalised).collect();
    match shown {
        Shown::List => format!("{name}Row"),
        Shown::Retrieve => name,
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}

fn operation_id(verb: &str, version: &str, resource: &Resource) -> String {
    let name = resource.name.replace('-', "_");
    match version {
        "v3" => format!("{verb}_{name}_v3"),
        _ => format!("{verb}_{name}"),
    }
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}
