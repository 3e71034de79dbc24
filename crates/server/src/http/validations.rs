//! Biometric validations and their sessions: opened, and answered with an image.

pub mod calls;
pub mod errors;
pub mod images;
pub mod login_locks;

use serde_json::{Value, json};
use verax_domain::RecordTokenScope;
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS};
use verax_query::Shown;

use self::calls::{CAPTURE_BODY, ENROL_BODY, LOGIN_BODY, OPEN_BODY, SESSION_BODY};
use self::errors::{
    COLLECTION_NOT_SET, IDENTITY_VERIFICATION_FAILED, IMAGE_REPLAYED, LIVENESS_DETECTION_FAILED,
    LOGIN_LOCKED, PERSON_ALREADY_SET,
};
use self::login_locks::UNLOCK_BODY;
use super::body::table::Purpose;
use super::error_codes::{
    CONFLICT, DUPLICATED_PERSON, ErrorCode, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, LIVENESS_FAILED,
    MISSING_PARAMETER, PROJECT_NOT_FOUND, TOKEN_NOT_RIGHT,
};
use super::face_service::errors::{MODELS_MISSING, NO_FACE, ONLY_BASE64};
use super::layers::access::{Access, RecordKinds, Rejection, WithoutToken};
use super::openapi::shapes::{object, record};
use super::operation::{Answer, Description, Operation};

const TAG: &str = BIOMETRIC_VALIDATIONS.name;
/// The client's own, of which the token of a record is told that it is another's.
const CLIENTS_OWN: Access = Access::WRITE.or_record(RecordKinds::NONE, Rejection::ClientsOnly);
const SESSION: Access = Access::of_record(
    RecordKinds::one(RecordTokenScope::Session),
    RecordTokenScope::Session.title(),
);
const LOGIN: Access =
    Access::of_record(RecordKinds::one(RecordTokenScope::Login), RecordTokenScope::Login.title());

static IMAGE_ERRORS: [&ErrorCode; 5] =
    [&INVALID_IMAGE_FORMAT, &IMAGE_TOO_LARGE, &ONLY_BASE64, &NO_FACE, &MODELS_MISSING];

pub fn operations() -> Vec<Operation> {
    [openings(), captures()].into_iter().flatten().collect()
}

fn openings() -> Vec<Operation> {
    let open = Access { without_token: WithoutToken::AsProjectAllows, ..CLIENTS_OWN };
    let opening = |id, summary, tag, access| {
        Description::new(id, summary, tag, access, Answer::data(opened()))
    };
    vec![
        Operation::post(
            "/v2/biometric-validations",
            calls::open,
            opening("create_biometric_validations", "Open a validation and its session", TAG, open),
        )
        .body(OPEN_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&PROJECT_NOT_FOUND]),
        Operation::post(
            "/v2/liveness-sessions",
            calls::open_session,
            opening(
                "create_liveness_sessions",
                "Open a session whose validation is of liveness alone",
                LIVENESS_SESSIONS.name,
                CLIENTS_OWN,
            ),
        )
        .body(SESSION_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&PROJECT_NOT_FOUND]),
        Operation::post(
            "/v2/biometric-validations/app-login",
            calls::open_for_login,
            opening(
                "create_biometric_validation_for_login",
                "Open a face check as the second factor of a login",
                TAG,
                LOGIN,
            ),
        )
        .body(LOGIN_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&PROJECT_NOT_FOUND, &TOKEN_NOT_RIGHT]),
        Operation::post(
            "/v2/biometric-validations/unlock",
            login_locks::unlock,
            Description::new(
                "unlock_logins",
                "Lift the locks that failed logins have brought, and forget what was counted",
                TAG,
                Access::WRITE,
                Answer::data(unlocked()),
            ),
        )
        .body(UNLOCK_BODY, Purpose::Create, &MISSING_PARAMETER),
    ]
}

fn captures() -> Vec<Operation> {
    let capture = |id| {
        let summary = "Answer the session's validation with an image, once";
        Description::new(id, summary, TAG, SESSION, Answer::data(passed()))
    };
    let captured = |operation: Operation| {
        operation
            .body(CAPTURE_BODY, Purpose::Create, &MISSING_PARAMETER)
            .errors(&IMAGE_ERRORS)
            .errors(&[&LIVENESS_DETECTION_FAILED, &IDENTITY_VERIFICATION_FAILED, &IMAGE_REPLAYED])
            .errors(&[&LOGIN_LOCKED, &COLLECTION_NOT_SET, &DUPLICATED_PERSON])
            .errors(&[&CONFLICT, &TOKEN_NOT_RIGHT])
    };
    vec![
        captured(Operation::post(
            "/v2/biometric-validations/validate",
            calls::validate,
            capture("validate_biometric_validation"),
        )),
        captured(Operation::post(
            "/v2/biometric-validations/{id}/validate",
            calls::validate_by_id,
            capture("validate_biometric_validation_by_id"),
        )),
        enrolment(),
        Operation::get(
            "/v2/biometric-validations/{id}/image",
            images::face,
            Description::new(
                "get_biometric_validations_image",
                "The image that was stored with a biometric validation",
                TAG,
                Access::MEDIA,
                Answer::image(),
            )
            .doc(
                "Stored where the flow's `liveness.saveImage`, or else the setting validations.keep_images, \
                 says so; `imageSaved` says whether it was.",
            ),
        )
        .unknown("There is no such record, or its image was not stored"),
    ]
}

/// With the registration's token, or with a client's that names the registration.
fn enrolment() -> Operation {
    let registration = RecordKinds::one(RecordTokenScope::Registration);
    let described = Description::new(
        "validate_app_registration",
        "Check the face of a registration, and enrol it in the project's collection",
        TAG,
        Access::WRITE
            .or_record(registration, Rejection::NotRight(RecordTokenScope::Registration.title())),
        Answer::data(record(&APP_REGISTRATIONS)),
    );
    Operation::post(
        "/v2/biometric-validations/app-registration",
        calls::validate_registration,
        described,
    )
    .body(ENROL_BODY, Purpose::Create, &MISSING_PARAMETER)
    .errors(&IMAGE_ERRORS)
    .errors(&[&LIVENESS_FAILED, &COLLECTION_NOT_SET, &DUPLICATED_PERSON, &IMAGE_REPLAYED])
    .errors(&[&PERSON_ALREADY_SET, &PROJECT_NOT_FOUND, &CONFLICT, &TOKEN_NOT_RIGHT])
}

fn opened() -> Value {
    json!({
        "type": "object",
        "required": ["livenessSession", "biometricValidation", "token"],
        "properties": {
            "livenessSession": record(&LIVENESS_SESSIONS),
            "biometricValidation": record(&BIOMETRIC_VALIDATIONS),
            "token": { "type": "string", "description": "For this session alone." },
        },
    })
}

fn passed() -> Value {
    let whole = object(&BIOMETRIC_VALIDATIONS, Shown::Retrieve);
    let part = |name: &str| whole["properties"][name].clone();
    json!({
        "type": "object",
        "required": ["_id", "status", "verificationResults", "biometricData", "token"],
        "properties": {
            "_id": part("_id"),
            "status": part("status"),
            "type": part("type"),
            "verificationResults": part("verificationResults"),
            "biometricData": part("biometricData"),
            "completedAt": part("completedAt"),
            "redirectUrl": part("redirectUrl"),
            "token": {
                "type": "string",
                "description": "Of the app login for a login, otherwise of the session.",
            },
        },
    })
}

fn unlocked() -> Value {
    json!({
        "type": "object",
        "required": ["lifted"],
        "properties": { "lifted": {
            "type": "integer", "minimum": 0, "description": "How many locks there were.",
        } },
    })
}
