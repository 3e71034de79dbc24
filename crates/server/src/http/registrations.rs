//! Registrations: persons on their way through a flow.

pub mod calls;
pub mod creation;
pub mod errors;
pub mod faces;
pub mod images;
pub mod links;
pub mod me;
pub mod statistics;

use serde_json::{Value, json};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_domain::{RecordTokenScope, Scope};

use self::calls::{CHANGE_BODY, REGISTRATION_BODY, SYNC_BODY};
use self::errors::{CANNOT_RESEND_LINK, EMAIL_IS_REGISTERED, PHONE_IS_REGISTERED};
use self::links::LINK_BODY;
use self::me::ME_BODY;
use super::body::table::Purpose;
use super::error_codes::{
    CONFLICT, INVALID_PARAMETERS, MESSAGES_NOT_SET, MISSING_PARAMETER, PROJECT_NOT_FOUND,
    TOKEN_NOT_RIGHT, TOO_MANY_CODES,
};
use super::face_service::errors::{FACE_NOT_MEASURABLE, MODELS_MISSING, rejected_token};
use super::face_service::schemas::comparison;
use super::layers::access::{Access, Clients, RecordKinds, Rejection, WithoutToken};
use super::listing::description::include_parameters;
use super::openapi::shapes::{id_schema, nothing, record};
use super::operation::{Answer, Description, Operation};

const TAG: &str = APP_REGISTRATIONS.name;
const UNKNOWN: &str = APP_REGISTRATIONS.not_found.error;
const NEEDED: &str = RecordTokenScope::Registration.title();
const KIND: RecordKinds = RecordKinds::one(RecordTokenScope::Registration);
const OWN: Access = Access::of_record(KIND, NEEDED);

pub fn operations() -> Vec<Operation> {
    let changed = || Answer::data(record(&APP_REGISTRATIONS));
    let own_one =
        |id| Description::new(id, "The registration that the token is for", TAG, OWN, own_record());
    let own = |operation: Operation| {
        operation
            .parameters(include_parameters(&APP_REGISTRATIONS))
            .checking_query()
            .unknown(UNKNOWN)
    };
    vec![
        Operation::post(
            "/v2/app-registrations",
            creation::create,
            Description::new(
                "create_app_registrations",
                "Register a person",
                TAG,
                Access {
                    without_token: WithoutToken::AsProjectAllows,
                    ..Access::WRITE.or_record(RecordKinds::NONE, Rejection::ClientsOnly)
                },
                Answer::data(registered()),
            ),
        )
        .body(REGISTRATION_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&EMAIL_IS_REGISTERED, &PHONE_IS_REGISTERED])
        .errors(&[&PROJECT_NOT_FOUND]),
        own(Operation::get("/v2/app-registrations/me", me::me, own_one("get_own_registration"))),
        own(Operation::post(
            "/v2/app-registrations/me",
            me::me,
            own_one("get_own_registration_by_post"),
        ))
        .body(ME_BODY, Purpose::Change, &INVALID_PARAMETERS),
        Operation::put(
            "/v2/app-registrations/{id}",
            calls::change,
            Description::new(
                "change_app_registrations",
                "Change a registration: what is not sent stays",
                TAG,
                Access::WRITE.or_record(KIND, Rejection::RecordToken),
                changed(),
            ),
        )
        .body(CHANGE_BODY, Purpose::Change, &MISSING_PARAMETER)
        .errors(&[&CONFLICT, &EMAIL_IS_REGISTERED, &PHONE_IS_REGISTERED])
        .unknown(UNKNOWN),
        sync(),
        Operation::post(
            "/v2/app-registrations/{id}/resend-link",
            links::resend,
            Description::new(
                "resend_app_registration_link",
                "A fresh token for a registration on its way; older ones are dead",
                TAG,
                Access::WRITE.or_record(RecordKinds::NONE, Rejection::ClientsOnly),
                Answer::data(resent()),
            ),
        )
        .body(LINK_BODY, Purpose::Change, &MISSING_PARAMETER)
        .errors(&[&CANNOT_RESEND_LINK, &CONFLICT, &MESSAGES_NOT_SET, &TOO_MANY_CODES])
        .unknown(UNKNOWN),
        compare(),
        Operation::get(
            "/v2/identity-images",
            images::own,
            Description::new(
                "list_own_identity_images",
                "The images of the person whose registration the token is for, as far as stored",
                TAG,
                OWN,
                Answer::data(json!({ "type": "array", "items": identity_image() })),
            ),
        )
        .unknown(UNKNOWN),
        Operation::get(
            "/v2/identity-images/{id}",
            images::one,
            Description::new(
                "get_identity_image",
                "One image of a person: that of the face check, or document check, with this id",
                TAG,
                Access::MEDIA,
                Answer::data(identity_image()),
            ),
        )
        .unknown("Identity image not found"),
    ]
}

/// What a page sees of its registration. A relation that is populated is a record, or null.
fn own_record() -> Answer {
    Answer::data(json!({ "type": "object" }))
}

fn identity_image() -> Value {
    json!({
        "type": "object",
        "required": ["_id", "category", "base64"],
        "properties": {
            "_id": id_schema(),
            "category": { "type": "string", "enum": ["face", "documentFace"] },
            "base64": { "type": "string" },
        },
    })
}

/// With the registration's own token or a client's; what overrides a status is the client's or staff's.
fn sync() -> Operation {
    let access = Access { clients: Clients::HoldingOrStaff(Scope::Write), ..Access::CLIENT };
    let described = Description::new(
        "sync_app_registration",
        "Tell where the person is, or override a status",
        TAG,
        access.or_record(KIND, Rejection::NotRight(NEEDED)),
        Answer::data(synced()),
    );
    Operation::put("/v2/app-registrations/{id}/sync", calls::sync, described)
        .body(SYNC_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&CONFLICT, &EMAIL_IS_REGISTERED, &PHONE_IS_REGISTERED])
        .errors(&[&TOKEN_NOT_RIGHT])
        .unknown(UNKNOWN)
}

fn compare() -> Operation {
    let described = Description::new(
        "compare_registration_faces",
        "Whether the face of a registration is the one on its document",
        super::face_service::TAG,
        Access { wrong_token: rejected_token, ..OWN },
        Answer::service(comparison()),
    );
    Operation::post(
        super::face_service::path("compare/app-registration"),
        faces::compare,
        described,
    )
    .body(&[], Purpose::Change, &MISSING_PARAMETER)
    .errors(&[&CONFLICT, &FACE_NOT_MEASURABLE, &MODELS_MISSING])
    .unknown("The registration was deleted")
}

fn token() -> Value {
    json!({ "type": "string", "description": "For this registration alone." })
}

fn registered() -> Value {
    json!({
        "type": "object",
        "required": ["appRegistration", "informationValidation", "token"],
        "properties": {
            "appRegistration": record(&APP_REGISTRATIONS),
            "informationValidation": nothing(),
            "token": token(),
        },
    })
}

fn synced() -> Value {
    json!({
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
    })
}

fn resent() -> Value {
    let text = json!({ "type": ["string", "null"] });
    let time = json!({ "type": "string", "format": "date-time" });
    json!({
        "type": "object",
        "required": ["token", "link", "appRegistrationId", "status", "expiresAt", "emailSent"],
        "properties": {
            "token": token(),
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
            "emailSent": {
                "type": "boolean",
                "description": "Whether the mail server has taken the email that was asked for.",
            },
            "emailReason": { "type": "string", "description": "Why it has not." },
        },
    })
}
