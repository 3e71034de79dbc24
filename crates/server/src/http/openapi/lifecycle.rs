//! What the OpenAPI document says of projects, flows, registrations and what is deleted.

use serde_json::{Map, Value, json};
use verax_domain::NarrowScope;
use verax_domain::resources::{APP_REGISTRATIONS, PROJECT_FLOWS, PROJECTS};
use verax_query::{Resource, Shown};

use super::{answer, id_schema, operation_id, query, reference, schema_name, sign};
use crate::http::body::{Member, Purpose, schema};
use crate::http::deletes::DELETABLE;
use crate::http::error::{
    BODY_TOO_LARGE, ErrorCode, FORBIDDEN, INVALID_PARAMETERS, MISSING_PARAMETER, TOO_MANY_REQUESTS,
    UNAUTHORIZED, UNAVAILABLE,
};
use crate::http::face_errors::BAD_REQUEST;
use crate::http::lifecycle_errors::{
    CANNOT_RESEND_LINK, CONFLICT, EMAIL_IS_REGISTERED, PHONE_IS_REGISTERED, PROJECT_NOT_FOUND,
    TOKEN_NOT_RIGHT, UNPROCESSABLE,
};
use crate::http::projects::{FLOW_BODY, PROJECT_BODY};
use crate::http::registration_links::LINK_BODY;
use crate::http::registrations::{CHANGE_BODY, REGISTRATION_BODY, SYNC_BODY};

pub const WRITE: &[&str] = &["write"];

/// An operation that writes.
pub struct Operation<'a> {
    pub id: &'a str,
    pub summary: &'a str,
    pub tag: &'a str,
    pub scopes: &'a [&'a str],
    pub body: Option<(&'static [Member], Purpose)>,
    /// The status and the schema of the answer's `data`.
    pub answered: (&'a str, Value),
    pub signed: Option<&'static Resource>,
    pub errors: &'a [&'static ErrorCode],
    /// The path has an `{id}`, and this is answered when there is no such record.
    pub unknown: Option<&'static str>,
}

/// Adds the operations to their paths.
pub fn add(paths: &mut Map<String, Value>) {
    for (resource, versions) in DELETABLE {
        for version in versions {
            let id = operation_id("delete", version, resource);
            let mut scopes = vec!["write"];
            if resource.name == "biometric-validations" {
                scopes.push(NarrowScope::Registration.word());
            }
            let delete = Operation {
                id: &id,
                summary: &format!("Delete one: {}", resource.title.to_lowercase()),
                tag: resource.name,
                scopes: &scopes,
                body: None,
                answered: ("200", record(resource)),
                signed: Some(resource),
                errors: &[],
                unknown: Some(resource.not_found.error),
            };
            put(paths, &format!("/{version}/{}/{{id}}", resource.name), "delete", &delete);
        }
    }
    for version in ["v2", "v3"] {
        add_writes(paths, version, &PROJECTS, PROJECT_BODY, &UNPROCESSABLE);
        add_writes(paths, version, &PROJECT_FLOWS, FLOW_BODY, &INVALID_PARAMETERS);
    }
    add_kyc(paths);
    add_registrations(paths);
}

fn add_writes(
    paths: &mut Map<String, Value>,
    version: &str,
    resource: &'static Resource,
    body: &'static [Member],
    wrong: &'static ErrorCode,
) {
    let name = resource.title.to_lowercase();
    let path = format!("/{version}/{}", resource.name);
    // Flows are made under the one prefix alone.
    if resource.versions.contains(&version) {
        let id = operation_id("create", version, resource);
        let create = Operation {
            id: &id,
            summary: &format!("Make a {name}"),
            tag: resource.name,
            scopes: WRITE,
            body: Some((body, Purpose::Create)),
            answered: ("201", record(resource)),
            signed: Some(resource),
            errors: &[wrong],
            unknown: None,
        };
        put(paths, &path, "post", &create);
    }
    let id = operation_id("change", version, resource);
    let change = Operation {
        id: &id,
        summary: &format!("Change a {name}: what is not sent stays"),
        tag: resource.name,
        scopes: WRITE,
        body: Some((body, Purpose::Change)),
        answered: ("200", record(resource)),
        signed: Some(resource),
        errors: &[wrong],
        unknown: Some(resource.not_found.error),
    };
    put(paths, &format!("{path}/{{id}}"), "put", &change);
}

fn add_kyc(paths: &mut Map<String, Value>) {
    let narrow = NarrowScope::ALL.map(NarrowScope::word);
    let kyc = Operation {
        id: "get_project_for_capture",
        summary: "What the capture pages need of a project and its flows",
        tag: PROJECTS.name,
        scopes: &[PROJECTS.scopes, &narrow].concat(),
        body: None,
        answered: ("200", json!({ "type": "object" })),
        signed: None,
        errors: &[&PROJECT_NOT_FOUND, &MISSING_PARAMETER],
        unknown: None,
    };
    put(paths, "/v2/projects/kyc", "get", &kyc);
    let operation = &mut paths["/v2/projects/kyc"]["get"];
    operation["parameters"] = json!([query("id", "The project's id.", id_schema())]);
    // A project may allow it without a token.
    operation["security"] = json!([{ "token": [] }, {}]);
}

fn add_registrations(paths: &mut Map<String, Value>) {
    let tag = APP_REGISTRATIONS.name;
    let token = json!({ "type": "string", "description": "For this registration alone." });
    let registered = json!({
        "type": "object",
        "required": ["appRegistration", "informationValidation", "token"],
        "properties": {
            "appRegistration": record(&APP_REGISTRATIONS),
            "informationValidation": { "type": "null" },
            "token": token,
        },
    });
    let create = Operation {
        id: "create_app_registrations",
        summary: "Register a person",
        tag,
        scopes: WRITE,
        body: Some((REGISTRATION_BODY, Purpose::Create)),
        answered: ("200", registered),
        signed: None,
        errors: &[
            &MISSING_PARAMETER,
            &EMAIL_IS_REGISTERED,
            &PHONE_IS_REGISTERED,
            &PROJECT_NOT_FOUND,
        ],
        unknown: None,
    };
    put(paths, "/v2/app-registrations", "post", &create);
    let registration = [NarrowScope::Registration.word()];
    for (method, id) in [("get", "get_own_registration"), ("post", "get_own_registration_by_post")]
    {
        let me = Operation {
            id,
            summary: "The registration that the token is for",
            tag,
            scopes: &registration,
            body: None,
            answered: ("200", record(&APP_REGISTRATIONS)),
            signed: None,
            errors: &[&INVALID_PARAMETERS],
            unknown: Some(APP_REGISTRATIONS.not_found.error),
        };
        put(paths, "/v2/app-registrations/me", method, &me);
        paths["/v2/app-registrations/me"][method]["parameters"] =
            super::include_parameters(&APP_REGISTRATIONS).into();
    }
    let change = Operation {
        id: "change_app_registrations",
        summary: "Change a registration: what is not sent stays",
        tag,
        scopes: WRITE,
        body: Some((CHANGE_BODY, Purpose::Change)),
        answered: ("200", record(&APP_REGISTRATIONS)),
        signed: None,
        errors: &[&MISSING_PARAMETER, &EMAIL_IS_REGISTERED, &PHONE_IS_REGISTERED],
        unknown: Some(APP_REGISTRATIONS.not_found.error),
    };
    put(paths, "/v2/app-registrations/{id}", "put", &change);
    add_link(paths, &token);
    let synced = json!({
        "type": "object",
        "required": ["token", "step", "steps", "appRegistrationId", "status"],
        "properties": {
            "token": {
                "type": ["string", "null"],
                "description": "For this registration alone; null for who may not read and write it.",
            },
            "firstName": { "type": ["string", "null"] },
            "lastName": { "type": ["string", "null"] },
            "fullName": { "type": ["string", "null"] },
            "step": { "type": "string" },
            "steps": { "type": "object" },
            "appRegistrationId": id_schema(),
            "status": { "type": "string" },
        },
    });
    let sync = Operation {
        id: "sync_app_registration",
        summary: "Tell where the person is, or override a status",
        tag,
        scopes: &["write", "registration"],
        body: Some((SYNC_BODY, Purpose::Create)),
        answered: ("200", synced),
        signed: None,
        errors: &[
            &MISSING_PARAMETER,
            &CONFLICT,
            &EMAIL_IS_REGISTERED,
            &PHONE_IS_REGISTERED,
            &TOKEN_NOT_RIGHT,
        ],
        unknown: Some(APP_REGISTRATIONS.not_found.error),
    };
    put(paths, "/v2/app-registrations/{id}/sync", "put", &sync);
}

fn add_link(paths: &mut Map<String, Value>, token: &Value) {
    let text = json!({ "type": ["string", "null"] });
    let time = json!({ "type": "string", "format": "date-time" });
    let resent = json!({
        "type": "object",
        "required": ["token", "link", "appRegistrationId", "status", "expiresAt", "emailSent"],
        "properties": {
            "token": token,
            "link": { "type": "string", "description": "The capture page, with the token." },
            "firstName": text,
            "lastName": text,
            "fullName": text,
            "email": text,
            "step": text,
            "steps": { "type": "object" },
            "appRegistrationId": id_schema(),
            "status": { "type": "string" },
            "expiresAt": time,
            "accessType": { "type": "string" },
            "issuedAt": time,
            "emailSent": { "const": false },
        },
    });
    let resend = Operation {
        id: "resend_app_registration_link",
        summary: "A fresh token for a registration on its way; older ones are dead",
        tag: APP_REGISTRATIONS.name,
        scopes: WRITE,
        body: Some((LINK_BODY, Purpose::Change)),
        answered: ("200", resent),
        signed: None,
        errors: &[&MISSING_PARAMETER, &CANNOT_RESEND_LINK],
        unknown: Some(APP_REGISTRATIONS.not_found.error),
    };
    put(paths, "/v2/app-registrations/{id}/resend-link", "post", &resend);
}

/// Adds an operation to its path.
pub fn put(paths: &mut Map<String, Value>, path: &str, method: &str, operation: &Operation<'_>) {
    let (status, data) = &operation.answered;
    let mut answered = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": { "success": { "const": true }, "data": data },
    });
    if let Some(resource) = operation.signed {
        sign(resource, &mut answered);
    }
    let content = json!({ "application/json": { "schema": answered } });
    let mut responses = Map::new();
    responses.insert((*status).to_owned(), json!({ "description": "OK", "content": content }));
    let mut errors = vec![&UNAUTHORIZED, &FORBIDDEN, &TOO_MANY_REQUESTS, &UNAVAILABLE];
    if operation.body.is_some() {
        errors.extend([&BAD_REQUEST, &BODY_TOO_LARGE]);
    }
    errors.extend(operation.errors);
    for code in errors {
        let status = code.status.as_str();
        let text = match responses.get(status) {
            Some(known) => {
                format!("{}; or {}", known["description"].as_str().unwrap_or(""), code.when)
            }
            None => code.when.to_owned(),
        };
        // A query's problems have a shape of their own.
        let schema = if operation.body.is_none() && code.code == INVALID_PARAMETERS.code {
            "InvalidParameters"
        } else {
            "Error"
        };
        responses.insert(status.to_owned(), answer(&text, schema));
    }
    if let Some(error) = operation.unknown {
        responses.insert("404".to_owned(), answer(error, "Error"));
    }
    let mut parameters = Vec::new();
    if path.contains("{id}") {
        parameters.push(json!({
            "name": "id",
            "in": "path",
            "required": true,
            "description": "The record's id.",
            "schema": id_schema(),
        }));
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "x-scopes": operation.scopes,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some((body, purpose)) = operation.body {
        let content = json!({ "application/json": { "schema": schema(body, purpose) } });
        let needed = purpose == Purpose::Create;
        described["requestBody"] = json!({ "required": needed, "content": content });
    }
    let path = paths.entry(path).or_insert_with(|| json!({}));
    path[method] = described;
}

/// The record, as a retrieve shows it.
pub fn record(resource: &'static Resource) -> Value {
    json!({ "$ref": reference(&schema_name(resource, Shown::Retrieve)) })
}
