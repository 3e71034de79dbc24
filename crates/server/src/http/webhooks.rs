//! Webhooks: endpoints, their secrets, and what was delivered to them.

pub mod calls;
pub mod deliveries;
pub mod errors;
pub mod reading;

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::{WEBHOOK_EVENTS, WEBHOOKS};

use self::calls::{RECOVER_BODY, ROTATE_BODY, TEST_BODY, WEBHOOK_BODY};
use self::errors::{NO_KEYS, WEBHOOK_NOT_MADE, WEBHOOKS_TOO_MANY};
use super::body::table::Purpose;
use super::error_codes::{INVALID_PARAMETERS, MISSING_PARAMETER};
use super::layers::access::{Access, Clients};
use super::listing::description::{list_of, retrieve_of};
use super::openapi::shapes::{query, record};
use super::operation::{Answer, Description, Operation};

/// What happens to all records is sent to a webhook: making one is a right of its own.
const WRITE: Access = Access { clients: Clients::Holding(Scope::WriteWebhooks), ..Access::CLIENT };

pub fn operations() -> Vec<Operation> {
    let reading = Access::reading(WEBHOOKS.scopes);
    let statistics = || {
        [query(
            "eventStatistics",
            STATISTICS,
            json!({ "type": "integer", "minimum": 1, "maximum": 90 }),
        )]
    };
    vec![
        list_of("v2", &WEBHOOKS, reading, reading::list).parameters(statistics()),
        retrieve_of("v2", &WEBHOOKS, reading, reading::retrieve).parameters(statistics()),
        Operation::post(
            "/v2/webhooks",
            calls::create,
            described("create_webhook", "Make a webhook", with_secret())
                .doc("Its secret is in the answer."),
        )
        .body(WEBHOOK_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&WEBHOOKS_TOO_MANY, &INVALID_PARAMETERS]),
        of_one(Operation::put(
            "/v2/webhooks/{id}",
            calls::change,
            described("change_webhook", "Change a webhook: what is not sent stays", one()),
        ))
        .body(WEBHOOK_BODY, Purpose::Change, &INVALID_PARAMETERS)
        .errors(&[&WEBHOOK_NOT_MADE]),
        of_one(Operation::delete(
            "/v2/webhooks/{id}",
            calls::delete,
            described("delete_webhook", "Delete a webhook; what waits for it is cancelled", one()),
        ))
        .errors(&[&WEBHOOK_NOT_MADE]),
        of_one(Operation::get(
            "/v2/webhooks/{id}/secret",
            calls::secret,
            described("get_webhook_secret", "The secret that deliveries are signed with", keys()),
        )),
        of_one(Operation::post(
            "/v2/webhooks/{id}/rotate",
            calls::rotate,
            described("rotate_webhook_secret", "A new secret; both sign for a while", keys()),
        ))
        .body(ROTATE_BODY, Purpose::Change, &INVALID_PARAMETERS),
        of_one(Operation::post(
            "/v2/webhooks/{id}/recover",
            calls::recover,
            described("recover_webhook", "Deliver again what was given up", recovered()),
        ))
        .body(RECOVER_BODY, Purpose::Create, &INVALID_PARAMETERS),
        Operation::post(
            "/v2/webhooks/test",
            calls::test,
            described("test_webhook", "Call a URL once, and see what it answers", tested()),
        )
        .body(TEST_BODY, Purpose::Create, &MISSING_PARAMETER),
        list_of("v2", &WEBHOOK_EVENTS, Access::reading(WEBHOOK_EVENTS.scopes), deliveries::list),
        retrieve_of(
            "v2",
            &WEBHOOK_EVENTS,
            Access::reading(WEBHOOK_EVENTS.scopes),
            deliveries::retrieve,
        )
        .parameters([query(
            "allSameEvents",
            "Also the other deliveries of the same event, as `sameEvents`.",
            json!({ "type": "boolean" }),
        )]),
        Operation::put(
            "/v2/webhook-events/{id}/resend",
            deliveries::resend,
            Description::new(
                "resend_webhook_event",
                "Deliver an event again",
                WEBHOOK_EVENTS.name,
                WRITE,
                Answer::data(record(&WEBHOOK_EVENTS)),
            ),
        )
        .unknown(WEBHOOK_EVENTS.not_found.error),
        Operation::get(
            "/.well-known/webhooks/{id}",
            calls::key_set,
            Description::new(
                "get_webhook_key_set",
                "The public keys of a client's deliveries (RFC 7517)",
                WEBHOOKS.name,
                Access::ANYBODY,
                Answer::json(json!({
                    "type": "object",
                    "required": ["keys"],
                    "properties": { "keys": { "type": "array", "items": { "type": "object" } } },
                })),
            ),
        )
        .unknown(NO_KEYS)
        .id_doc("The client's id, and `.json` behind it."),
    ]
}

const STATISTICS: &str =
    "Also `statistics` by flow and `statisticsByDay`, of the last so many days.";

fn described(id: &str, summary: &str, answer: Answer) -> Description {
    Description::new(id, summary, WEBHOOKS.name, WRITE, answer)
}

fn of_one(operation: Operation) -> Operation {
    operation.unknown(WEBHOOKS.not_found.error)
}

fn one() -> Answer {
    Answer::data(record(&WEBHOOKS))
}

fn with_secret() -> Answer {
    let secret = json!({ "allOf": [record(&WEBHOOKS), secrets()] });
    Answer::data(secret).with_status(StatusCode::CREATED)
}

fn keys() -> Answer {
    Answer::data(secrets())
}

fn secrets() -> Value {
    json!({
        "type": "object",
        "required": ["secret", "publicKey"],
        "properties": {
            "secret": { "type": "string", "description": "For `v1`: `whsec_` and base64." },
            "publicKey": { "type": "string", "description": "For `v1a`: `whpk_` and base64." },
        },
    })
}

fn recovered() -> Answer {
    Answer::data(json!({
        "type": "object",
        "required": ["recovered"],
        "properties": { "recovered": { "type": "integer", "minimum": 0 } },
    }))
}

fn tested() -> Answer {
    Answer::data(json!({
        "type": "object",
        "required": ["status", "statusCode", "message", "body"],
        "properties": {
            "status": { "type": "string", "enum": ["success", "fail"] },
            "statusCode": { "type": ["integer", "null"] },
            "message": { "type": "string" },
            "body": { "type": ["string", "null"] },
        },
    }))
}
