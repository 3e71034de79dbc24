//! What the OpenAPI document says of the caller's account, of tokens, and of health.

use serde_json::{Map, Value, json};
use verax_domain::{NarrowScope, resources};
use verax_query::Shown;

use super::lifecycle::{Operation, WRITE, put};
use super::shapes::object;
use super::{answer, query};
use crate::http::account::PROJECT_LOGIN_BODY;
use crate::http::body::Purpose;
use crate::http::error::{
    BODY_TOO_LARGE, FORBIDDEN, MISSING_PARAMETER, TOO_MANY_REQUESTS, UNAUTHORIZED,
};
use crate::http::lifecycle_errors::{CONFLICT, TOKEN_NOT_RIGHT};

/// Adds the operations to their paths.
pub fn add(paths: &mut Map<String, Value>) {
    add_account(paths);
    add_project_login(paths);
    add_health(paths);
}

fn add_account(paths: &mut Map<String, Value>) {
    let mut client = object(&resources::CLIENTS, Shown::Retrieve);
    client["properties"]["secretKey"] =
        json!({ "type": "null", "description": "Read by clients of the protocol; always null." });
    let token = json!({ "type": "string", "description": "The new token." });
    let me = json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": { "success": { "const": true }, "data": client },
    });
    let session = json!({
        "type": "object",
        "required": ["accessToken", "tokenType"],
        "properties": { "accessToken": token, "tokenType": { "const": "bearer" } },
    });
    let renewed = json!({
        "type": "object",
        "required": ["token", "accessToken"],
        "properties": { "token": token, "accessToken": token },
    });
    let origin = query(
        "origin",
        "refresh: a new token; app: the account too.",
        json!({ "type": "string", "enum": ["refresh", "app"] }),
    );
    let months = query(
        "expiresIn",
        "Months that the new token is valid.",
        json!({ "type": "integer", "minimum": 1, "maximum": 12 }),
    );
    let operation = |id: &str, summary: &str, scopes: &[&str], parameters: Value, body: Value| {
        let bad = parameters != json!([]);
        let content = json!({ "application/json": { "schema": body } });
        let mut responses = Map::new();
        responses.insert("200".to_owned(), json!({ "description": "OK", "content": content }));
        if bad {
            let wrong = answer("Something is wrong with a parameter", "InvalidParameters");
            responses.insert("400".to_owned(), wrong);
            responses.insert("409".to_owned(), answer("No token was sent", "Error"));
            responses.insert("413".to_owned(), answer(BODY_TOO_LARGE.when, "Error"));
        }
        responses.insert("401".to_owned(), answer(UNAUTHORIZED.when, "Error"));
        if !scopes.is_empty() {
            responses.insert("403".to_owned(), answer(FORBIDDEN.when, "Error"));
        }
        responses.insert("404".to_owned(), answer("The client was deleted", "Error"));
        responses.insert("429".to_owned(), answer(TOO_MANY_REQUESTS.when, "Error"));
        responses.insert("503".to_owned(), answer("The server is busy", "Error"));
        json!({
            "operationId": id,
            "summary": summary,
            "tags": ["account"],
            "x-scopes": scopes,
            "parameters": parameters,
            "responses": responses,
        })
    };
    let wish = json!([origin, months]);
    paths.insert(
        "/v2/clients/me".to_owned(),
        json!({ "get": operation("get_own_client", "The caller's client", &[], json!([]), me) }),
    );
    paths.insert(
        "/v2/auth/session".to_owned(),
        json!({
            "get": operation(
                "renew_token", "A new token for a valid one", &[], wish.clone(), session.clone(),
            ),
            "post": operation(
                "renew_token_by_post", "A new token for a valid one", &[], wish, session,
            ),
        }),
    );
    paths.insert(
        "/v2/auth/renew-and-revoke".to_owned(),
        json!({ "post": operation(
            "renew_and_revoke_tokens",
            "A new token; all older ones of the client die",
            WRITE,
            json!([]),
            renewed,
        ) }),
    );
}

fn add_project_login(paths: &mut Map<String, Value>) {
    let text = || json!({ "type": ["string", "null"] });
    let registration = json!({
        "type": "object",
        "required": ["_id"],
        "properties": { "_id": text(), "fullName": text(), "email": text(), "status": text() },
        "description": "Of the person who has logged in, if they have one in the project.",
    });
    let exchanged = json!({
        "type": "object",
        "required": ["accessToken", "tokenType"],
        "properties": {
            "accessToken": { "type": "string", "description": "It opens what the old one did." },
            "tokenType": { "const": "bearer" },
            "appRegistration": registration,
        },
    });
    let scopes = [NarrowScope::Login.word(), NarrowScope::Session.word()];
    let login = Operation {
        id: "exchange_login_token",
        summary: "Exchange the token of a passed login or validation, once",
        tag: "account",
        scopes: &scopes,
        body: Some((PROJECT_LOGIN_BODY, Purpose::Change)),
        answered: ("200", exchanged),
        signed: None,
        errors: &[&MISSING_PARAMETER, &CONFLICT, &TOKEN_NOT_RIGHT],
        unknown: None,
    };
    put(paths, "/v2/auth/project-login", "post", &login);
}

fn add_health(paths: &mut Map<String, Value>) {
    let status = json!({
        "type": "object",
        "required": ["status"],
        "properties": { "status": { "type": "string" }, "checks": { "type": "object" } },
    });
    for (path, id, summary) in [
        ("/healthz", "get_health", "Whether the process is alive"),
        ("/readyz", "get_readiness", "Whether the server can do its work"),
    ] {
        let content = json!({ "application/json": { "schema": status } });
        let answer = |description: &str| json!({ "description": description, "content": content });
        let responses = json!({ "200": answer("Yes"), "503": answer("Not now") });
        let operation = json!({
            "operationId": id,
            "summary": summary,
            "tags": ["health"],
            "security": [],
            "responses": responses,
        });
        paths.insert(path.to_owned(), json!({ "get": operation }));
    }
}
