//! Validations of email addresses and phone numbers.

mod bodies;
mod calls;
pub mod errors;
pub mod link_page;

use axum::extract::State as Extract;
use serde_json::{Value, json};
use verax_domain::RecordTokenScope;
use verax_domain::records::contact_validation::Channel;
use verax_domain::resources::APP_LOGINS;

use self::bodies::{EMAIL_BODY, OWN_EMAIL_BODY, OWN_PHONE_BODY, PHONE_BODY, code_body};
use self::errors::{
    CODE_EXPIRED, CODE_NOT_SENT, CODES_LOCKED, COUNTRY_NOT_ALLOWED, INVALID_CODE,
    MAX_ATTEMPTS_EXCEEDED,
};
use super::body::table::Purpose;
use super::error_codes::{
    CONFLICT, INVALID_PARAMETERS, MESSAGES_NOT_SET, MISSING_PARAMETER, PROJECT_NOT_FOUND,
    TOKEN_NOT_RIGHT, TOO_MANY_CODES,
};
use super::layers::access::{Access, RecordKinds, Rejection, WithoutToken};
use super::openapi::shapes::record;
use super::operation::{Answer, Description, Operation};
use super::state::State;

const NEEDED: &str = RecordTokenScope::Registration.title();
const KIND: RecordKinds = RecordKinds::one(RecordTokenScope::Registration);
const OWN: Access = Access::of_record(KIND, NEEDED);
/// A client's token, a registration's, or none where the project allows it.
const OPEN: Access = Access {
    without_token: WithoutToken::AsProjectAllows,
    ..Access::WRITE.or_record(KIND, Rejection::NotRight(NEEDED))
};

pub fn operations() -> Vec<Operation> {
    Channel::ALL.into_iter().flat_map(of_channel).collect()
}

fn of_channel(channel: Channel) -> Vec<Operation> {
    let name = channel.resource().name;
    let path = |rest: &str| format!("/v2/{name}{rest}");
    let (body, own_body, what) = match channel {
        Channel::Email => (EMAIL_BODY, OWN_EMAIL_BODY, "an email address"),
        Channel::Phone => (PHONE_BODY, OWN_PHONE_BODY, "a phone number"),
    };
    let id = |text: &str| format!("{text}_{}", name.replace('-', "_"));
    let opens = |operation: Operation| {
        operation.errors(&[&PROJECT_NOT_FOUND, &CONFLICT, &TOKEN_NOT_RIGHT]).errors(&[
            &INVALID_PARAMETERS,
            &TOO_MANY_CODES,
            &CODES_LOCKED,
            &COUNTRY_NOT_ALLOWED,
            &MESSAGES_NOT_SET,
        ])
    };
    let takes = |operation: Operation| {
        operation
            .body(code_body(channel), Purpose::Create, &MISSING_PARAMETER)
            .errors(&[&INVALID_CODE, &CODE_EXPIRED, &CODE_NOT_SENT, &MAX_ATTEMPTS_EXCEEDED])
            .errors(&[&CODES_LOCKED, &CONFLICT, &TOKEN_NOT_RIGHT, &PROJECT_NOT_FOUND])
            .unknown(channel.resource().not_found.error)
    };
    let confirming = |id: String, summary: String| {
        Description::new(
            id,
            summary,
            name,
            OPEN,
            Answer::data_of(channel.resource(), validated(channel)),
        )
    };
    vec![
        opens(
            Operation::post(
                path(""),
                move |state: Extract<State>, bearer, origin, allowed, source, body| {
                    calls::open(channel, state, bearer, origin, allowed, source, body)
                },
                Description::new(
                    id("create"),
                    format!("Send a code to {what}"),
                    name,
                    OPEN,
                    Answer::data_of(channel.resource(), opened(channel)),
                ),
            )
            .body(body, Purpose::Create, &MISSING_PARAMETER),
        ),
        opens(
            Operation::post(
                path("/app-registration"),
                move |state: Extract<State>, subject, origin, allowed, source, body| {
                    calls::open_for_registration(
                        channel, state, subject, origin, allowed, source, body,
                    )
                },
                Description::new(
                    id("create_own"),
                    "Send a code to the contact of the registration".to_owned(),
                    name,
                    OWN,
                    Answer::data_of(channel.resource(), opened(channel)),
                ),
            )
            .body(own_body, Purpose::Change, &MISSING_PARAMETER)
            .unknown("The registration was deleted"),
        ),
        takes(Operation::post(
            path("/validate"),
            move |state: Extract<State>, bearer, origin, allowed, source, body| {
                calls::confirm(channel, state, bearer, origin, allowed, source, body)
            },
            confirming(id("validate"), format!("Take the newest code of {what}")),
        )),
        takes(Operation::put(
            path(""),
            move |state: Extract<State>, bearer, origin, allowed, source, body| {
                calls::confirm(channel, state, bearer, origin, allowed, source, body)
            },
            confirming(id("confirm"), format!("Take the newest code of {what}")),
        )),
        takes(Operation::post(
            path("/{id}/validate"),
            move |state: Extract<State>, bearer, origin, allowed, source, id, body| {
                calls::confirm_by_id(channel, state, bearer, origin, allowed, source, id, body)
            },
            confirming(id("validate_one"), "Take the code of a validation".to_owned()),
        )),
        takes(Operation::put(
            path("/{id}"),
            move |state: Extract<State>, bearer, origin, allowed, source, id, body| {
                calls::confirm_by_id(channel, state, bearer, origin, allowed, source, id, body)
            },
            confirming(id("confirm_one"), "Take the code of a validation".to_owned()),
        )),
    ]
}

fn opened(channel: Channel) -> Value {
    let code = json!({
        "type": "string",
        "description": "The code: in a sandbox, where nothing is sent, and to its client alone.",
    });
    json!({ "allOf": [
        record(channel.resource()),
        { "type": "object", "properties": { "verificationCode": code } },
    ] })
}

fn validated(channel: Channel) -> Value {
    let token = json!({
        "type": "string",
        "description": "Of the login; or of a registration on its way that has proved the contact before.",
    });
    json!({ "allOf": [
        record(channel.resource()),
        { "type": "object", "properties": {
            "showFaceLivenessRecommendation": { "type": "boolean" },
            "appLogin": record(&APP_LOGINS),
            "token": token,
        } },
    ] })
}
