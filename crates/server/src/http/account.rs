//! The caller's own account, and the tokens that are made from others.

pub mod calls;
pub mod profile;

use serde_json::{Value, json};
use verax_domain::{RecordTokenScope, resources};
use verax_query::Shown;

use self::calls::{PROJECT_LOGIN_BODY, rejected_session};
use super::body::table::Purpose;
use super::error_codes::{BODY_TOO_LARGE, CONFLICT, MISSING_PARAMETER, TOKEN_NOT_RIGHT};
use super::layers::access::{Access, RecordKinds};
use super::openapi::shapes::{object, query};
use super::operation::{Answer, Description, Operation};

pub(super) const TAG: &str = "account";
pub(super) const CLIENT_IS_GONE: &str = "The client was deleted";
/// A session is renewed by any token of a client; what else is sent is told in words of its own.
const SESSION: Access = Access { wrong_token: rejected_session, ..Access::CLIENT };

pub fn operations() -> Vec<Operation> {
    let session = |id| {
        let answer = Answer::json(session_schema());
        Description::new(id, "A new token for a valid one", TAG, SESSION, answer)
    };
    let renewable = |operation: Operation| {
        operation
            .parameters(session_parameters())
            .checking_query()
            // What is wished may also be in a body, with either method.
            .errors(&[&MISSING_PARAMETER, &BODY_TOO_LARGE])
            .unknown(CLIENT_IS_GONE)
    };
    let exchange = RecordKinds::two(RecordTokenScope::Login, RecordTokenScope::Session);
    vec![
        Operation::get(
            "/v2/clients/me",
            calls::me,
            Description::new(
                "get_own_client",
                "The caller's client",
                TAG,
                Access::CLIENT,
                Answer::data(client_schema()),
            ),
        )
        .unknown(CLIENT_IS_GONE),
        renewable(Operation::get("/v2/auth/session", calls::session, session("renew_token"))),
        renewable(Operation::post(
            "/v2/auth/session",
            calls::session,
            session("renew_token_by_post"),
        )),
        Operation::post(
            "/v2/auth/renew-and-revoke",
            calls::renew_and_revoke,
            Description::new(
                "renew_and_revoke_tokens",
                "A new token; all older ones of the client die",
                TAG,
                Access::WRITE,
                Answer::json(renewed_schema()),
            ),
        )
        .unknown(CLIENT_IS_GONE),
        Operation::post(
            "/v2/auth/project-login",
            calls::project_login,
            Description::new(
                "exchange_login_token",
                "Exchange the token of a passed login or validation, once",
                TAG,
                Access::of_record(exchange, RecordTokenScope::Login.title()),
                Answer::data(exchanged_schema()),
            ),
        )
        .body(PROJECT_LOGIN_BODY, Purpose::Change, &MISSING_PARAMETER)
        .errors(&[&CONFLICT, &TOKEN_NOT_RIGHT]),
    ]
}

pub(super) fn client_schema() -> Value {
    let mut client = object(&resources::CLIENTS, Shown::Retrieve);
    client["properties"]["secretKey"] =
        json!({ "const": null, "description": "Read by clients of the protocol; always null." });
    client
}

fn token() -> Value {
    json!({ "type": "string", "description": "The new token." })
}

fn session_schema() -> Value {
    json!({
        "type": "object",
        "required": ["accessToken", "tokenType"],
        "properties": { "accessToken": token(), "tokenType": { "const": "bearer" } },
    })
}

fn renewed_schema() -> Value {
    json!({
        "type": "object",
        "required": ["token", "accessToken"],
        "properties": { "token": token(), "accessToken": token() },
    })
}

fn session_parameters() -> [Value; 2] {
    [
        query(
            "origin",
            "refresh: a new token; app: the account too.",
            json!({ "type": "string", "enum": ["refresh", "app"] }),
        ),
        query(
            "expiresIn",
            "Months that the new token is valid.",
            json!({ "type": "integer", "minimum": 1, "maximum": 12 }),
        ),
    ]
}

fn exchanged_schema() -> Value {
    let text = || json!({ "type": ["string", "null"] });
    let registration = json!({
        "type": "object",
        "required": ["_id"],
        "properties": { "_id": text(), "fullName": text(), "email": text(), "status": text() },
        "description": "Of the person who has logged in, if they have one in the project.",
    });
    json!({
        "type": "object",
        "required": ["accessToken", "tokenType"],
        "properties": {
            "accessToken": { "type": "string", "description": "It opens what the old one did." },
            "tokenType": { "const": "bearer" },
            "appRegistration": registration,
        },
    })
}
