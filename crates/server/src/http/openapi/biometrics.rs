//! What the OpenAPI document says of biometric validations and their sessions.

use serde_json::{Map, Value, json};
use verax_domain::NarrowScope;
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS};

use super::document_checks::image;
use super::lifecycle::{Operation, WRITE, put, record};
use crate::http::biometrics::{CAPTURE_BODY, ENROL_BODY, LOGIN_BODY, OPEN_BODY, SESSION_BODY};
use crate::http::body::Purpose;
use crate::http::error::{ErrorCode, IMAGE_TOO_LARGE, INVALID_IMAGE_FORMAT, MISSING_PARAMETER};
use crate::http::face_errors::{MODELS_MISSING, NO_FACE, ONLY_BASE64};
use crate::http::lifecycle_errors::{CONFLICT, PROJECT_NOT_FOUND, TOKEN_NOT_RIGHT};
use crate::http::login_locks::UNLOCK_BODY;
use crate::http::person_errors::{DUPLICATED_PERSON, LIVENESS_FAILED};
use crate::http::validation_errors::{
    COLLECTION_NOT_SET, IDENTITY_VERIFICATION_FAILED, IMAGE_REPLAYED, LIVENESS_DETECTION_FAILED,
    LOGIN_LOCKED, PERSON_ALREADY_SET,
};

const PICTURE: [&ErrorCode; 6] = [
    &INVALID_IMAGE_FORMAT,
    &IMAGE_TOO_LARGE,
    &ONLY_BASE64,
    &NO_FACE,
    &MODELS_MISSING,
    &MISSING_PARAMETER,
];

/// Adds the operations to their paths.
pub fn add(paths: &mut Map<String, Value>) {
    add_openings(paths);
    add_captures(paths);
    let image = image(
        &BIOMETRIC_VALIDATIONS,
        "Kept where the setting validations.keep_images says so; `imageSaved` says whether it was.",
    );
    paths.insert("/v2/biometric-validations/{id}/image".to_owned(), json!({ "get": image }));
}

fn add_openings(paths: &mut Map<String, Value>) {
    let opened = json!({
        "type": "object",
        "required": ["livenessSession", "biometricValidation", "token"],
        "properties": {
            "livenessSession": record(&LIVENESS_SESSIONS),
            "biometricValidation": record(&BIOMETRIC_VALIDATIONS),
            "token": { "type": "string", "description": "For this session alone." },
        },
    });
    let open = Operation {
        id: "create_biometric_validations",
        summary: "Open a validation and its session",
        tag: BIOMETRIC_VALIDATIONS.name,
        scopes: WRITE,
        body: Some((OPEN_BODY, Purpose::Create)),
        answered: ("200", opened),
        signed: None,
        errors: &[&MISSING_PARAMETER, &PROJECT_NOT_FOUND],
        unknown: None,
    };
    put(paths, "/v2/biometric-validations", "post", &open);
    // A project may allow logins without a token.
    paths["/v2/biometric-validations"]["post"]["security"] = json!([{ "token": [] }, {}]);
    let session = Operation {
        id: "create_liveness_sessions",
        summary: "Open a session whose validation is of liveness alone",
        tag: LIVENESS_SESSIONS.name,
        body: Some((SESSION_BODY, Purpose::Create)),
        answered: open.answered.clone(),
        ..open
    };
    put(paths, "/v2/liveness-sessions", "post", &session);
    let login = Operation {
        id: "create_biometric_validation_for_login",
        summary: "Open a face check as the second factor of a login",
        tag: BIOMETRIC_VALIDATIONS.name,
        scopes: &[NarrowScope::Login.word()],
        body: Some((LOGIN_BODY, Purpose::Create)),
        answered: session.answered.clone(),
        errors: &[&MISSING_PARAMETER, &PROJECT_NOT_FOUND, &TOKEN_NOT_RIGHT],
        ..session
    };
    put(paths, "/v2/biometric-validations/app-login", "post", &login);
}

fn add_captures(paths: &mut Map<String, Value>) {
    let whole = super::schema_name(&BIOMETRIC_VALIDATIONS, verax_query::Shown::Retrieve);
    let part =
        |name: &str| json!({ "$ref": format!("#/components/schemas/{whole}/properties/{name}") });
    let passed = json!({
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
    });
    let mut errors = PICTURE.to_vec();
    errors.extend([&LIVENESS_DETECTION_FAILED, &IDENTITY_VERIFICATION_FAILED]);
    errors.extend([&IMAGE_REPLAYED, &LOGIN_LOCKED, &COLLECTION_NOT_SET, &DUPLICATED_PERSON]);
    errors.extend([&CONFLICT, &TOKEN_NOT_RIGHT]);
    let validate = Operation {
        id: "validate_biometric_validation",
        summary: "Answer the session's validation with a picture, once",
        tag: BIOMETRIC_VALIDATIONS.name,
        scopes: &[NarrowScope::Session.word()],
        body: Some((CAPTURE_BODY, Purpose::Create)),
        answered: ("200", passed),
        signed: None,
        errors: &errors,
        unknown: None,
    };
    put(paths, "/v2/biometric-validations/validate", "post", &validate);
    let by_id = Operation {
        id: "validate_biometric_validation_by_id",
        answered: validate.answered.clone(),
        ..validate
    };
    put(paths, "/v2/biometric-validations/{id}/validate", "post", &by_id);
    let unlocked = json!({
        "type": "object",
        "required": ["lifted"],
        "properties": { "lifted": {
            "type": "integer", "minimum": 0, "description": "How many locks there were.",
        } },
    });
    let unlock = Operation {
        id: "unlock_logins",
        summary: "Lift the locks that failed logins have brought, and forget what was counted",
        tag: BIOMETRIC_VALIDATIONS.name,
        scopes: WRITE,
        body: Some((UNLOCK_BODY, Purpose::Create)),
        answered: ("200", unlocked),
        signed: None,
        errors: &[&MISSING_PARAMETER],
        unknown: None,
    };
    put(paths, "/v2/biometric-validations/unlock", "post", &unlock);
    let mut errors = PICTURE.to_vec();
    errors.extend([&LIVENESS_FAILED, &COLLECTION_NOT_SET, &DUPLICATED_PERSON]);
    errors.extend([
        &IMAGE_REPLAYED,
        &PERSON_ALREADY_SET,
        &PROJECT_NOT_FOUND,
        &CONFLICT,
        &TOKEN_NOT_RIGHT,
    ]);
    let enrol = Operation {
        id: "validate_app_registration",
        summary: "Check the face of a registration, and enrol it in the project's collection",
        tag: BIOMETRIC_VALIDATIONS.name,
        scopes: &["write", NarrowScope::Registration.word()],
        body: Some((ENROL_BODY, Purpose::Create)),
        answered: ("200", record(&APP_REGISTRATIONS)),
        signed: None,
        errors: &errors,
        unknown: None,
    };
    put(paths, "/v2/biometric-validations/app-registration", "post", &enrol);
}
