//! Why a face was not accepted, in the words of each family: `code` is the documentation's,
//! `message` the bare word that the capture pages compare with. Who reads it is a device: it learns what
//! to do better, and nothing of a score or a match.

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::face_verdict::{ADVISED, FaceRejection, Reason};
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};

use crate::app::faces::{AnalysisError, ImageProblem};
use crate::app::persons::PersonError;
use crate::app::validations::ValidationError;
use crate::http::error::{ApiError, conflict, project_not_found};
use crate::http::error_codes::{DUPLICATED_PERSON, ErrorCode, GALLERY_TOO_LARGE, LIVENESS_FAILED};
use crate::http::face_service::errors::{code_of, reason_of};

pub static LIVENESS_DETECTION_FAILED: ErrorCode = ErrorCode {
    code: "LIVENESS_DETECTION_FAILED",
    status: StatusCode::BAD_REQUEST,
    when: "no live person was seen; `message` is `liveness_failed`, `details` says what to do better",
};
pub static IDENTITY_VERIFICATION_FAILED: ErrorCode = ErrorCode {
    code: "IDENTITY_VERIFICATION_FAILED",
    status: StatusCode::BAD_REQUEST,
    when: "the face is not that of an enrolled person, or nobody is enrolled under the identifier; \
           `message` is `person_not_found`",
};
pub static IMAGE_REPLAYED: ErrorCode = ErrorCode {
    code: "image_replayed",
    status: StatusCode::CONFLICT,
    when: "the image was accepted before: a new one must be taken",
};
pub static LOGIN_LOCKED: ErrorCode = ErrorCode {
    code: "login_locked",
    status: StatusCode::TOO_MANY_REQUESTS,
    when: "too many logins have failed; `Retry-After` says for how many seconds none is tried",
};
pub static COLLECTION_NOT_SET: ErrorCode = ErrorCode {
    code: "collection_not_set",
    status: StatusCode::CONFLICT,
    when: "the project has no collection to enrol persons in",
};
pub static PERSON_ALREADY_SET: ErrorCode = ErrorCode {
    code: "person_already_set",
    status: StatusCode::CONFLICT,
    when: "the registration has a person; `force` enrols another",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[
    &LIVENESS_DETECTION_FAILED,
    &IDENTITY_VERIFICATION_FAILED,
    &IMAGE_REPLAYED,
    &LOGIN_LOCKED,
    &COLLECTION_NOT_SET,
    &PERSON_ALREADY_SET,
];

/// Which chapter an operation belongs to: they say the same with different codes.
#[derive(Clone, Copy, PartialEq)]
pub enum Family {
    /// Validations and their sessions.
    Validation,
    /// Registrations and logins.
    Login,
}

pub fn rejected_validation(error: ValidationError, family: Family) -> ApiError {
    let worded = |code: &'static ErrorCode, error: &str| {
        ApiError::new(code, error).with_member("message", code.code.into())
    };
    match error {
        ValidationError::NoProject => project_not_found(),
        ValidationError::NotFound => ApiError::not_found(&BIOMETRIC_VALIDATIONS),
        ValidationError::NoRegistration => ApiError::not_found(&APP_REGISTRATIONS),
        ValidationError::Expired => conflict("session_expired", "The session has expired."),
        ValidationError::Used => conflict("session_used", "The session was used."),
        ValidationError::RegistrationOver => {
            conflict("registration_is_over", "The registration is over.")
        }
        ValidationError::NoAttemptsLeft => {
            conflict("no_attempts_left", "The registration has no attempts left.")
        }
        ValidationError::NoCollection => worded(
            &COLLECTION_NOT_SET,
            "The project has no collection: set its assignedCollection to one of yours.",
        ),
        ValidationError::PersonAlreadySet => {
            worded(&PERSON_ALREADY_SET, "The registration has a person already.")
        }
        ValidationError::DuplicatedPerson => {
            worded(&DUPLICATED_PERSON, "A person with this face, or name, is enrolled already.")
        }
        ValidationError::NotLive { reasons } => {
            let code = match family {
                Family::Validation => &LIVENESS_DETECTION_FAILED,
                Family::Login => &LIVENESS_FAILED,
            };
            ApiError::new(code, "Liveness detection failed")
                .with_member("message", LIVENESS_FAILED.code.into())
                .with_member("details", advice(&reasons))
        }
        ValidationError::NotThePerson => {
            ApiError::new(&IDENTITY_VERIFICATION_FAILED, "Identity verification failed")
                .with_member("message", "person_not_found".into())
        }
        ValidationError::ImageReplayed => {
            worded(&IMAGE_REPLAYED, "The image was used before. Take a new one.")
        }
        ValidationError::LoginLocked { seconds } => {
            worded(&LOGIN_LOCKED, "Too many logins have failed. Try again later.")
                .retry_after(seconds)
        }
        ValidationError::Measure(AnalysisError::Image {
            parameter,
            problem: ImageProblem::Face(rejection),
        }) => rejected_face(&parameter, rejection),
        ValidationError::Measure(error) => error.into(),
        ValidationError::Persons(PersonError::GalleryTooLarge { .. }) => {
            ApiError::new(&GALLERY_TOO_LARGE, "The client has more faces than fit in memory.")
        }
        ValidationError::Persons(
            error @ (PersonError::Vault(_) | PersonError::Unreadable { .. } | PersonError::Damaged),
        ) => error.into(),
        ValidationError::Persons(error) => ApiError::internal().caused(error),
        ValidationError::Stopped => ApiError::internal(),
        ValidationError::Mint(error) => error.into(),
        ValidationError::Ended => conflict("validation_is_over", "The validation is over."),
        ValidationError::Store(error) => error.into(),
    }
}

/// The same as everywhere, without what was measured.
fn rejected_face(parameter: &str, rejection: FaceRejection) -> ApiError {
    let message = match &rejection {
        FaceRejection::FaceTooSmall { .. } => "the face is too small: come closer",
        FaceRejection::FaceTooClose { .. } => "the face is too close: hold the camera further away",
        FaceRejection::FaceTurned { .. } => {
            "the face is turned: hold the camera and the head upright"
        }
        FaceRejection::NoFace | FaceRejection::ManyFaces { .. } => {
            let problem = ImageProblem::Face(rejection);
            return AnalysisError::Image { parameter: parameter.to_owned(), problem }.into();
        }
    };
    let problem = ImageProblem::Face(rejection);
    let reason = reason_of(&problem);
    let details = json!([{ "parameter": parameter, "message": message, "reason": reason }]);
    ApiError::new(code_of(&problem), message).with_member("details", details)
}

/// What the person can do better, in words, and the protocol's word for it where it has one.
fn advice(reasons: &[Reason]) -> Value {
    let advised = reasons.iter().filter(|reason| ADVISED.contains(&reason.measurement));
    advised
        .map(|reason| {
            let mut detail = json!({ "parameter": "image", "message": reason.advice });
            if let Some(word) = word_of(reason.measurement) {
                detail["reason"] = word.into();
            }
            detail
        })
        .collect()
}

fn word_of(measurement: &str) -> Option<&'static str> {
    match measurement {
        "livenessScore" => Some("liveness_failed"),
        "interEyeDistance" | "faceHeight" => Some("face_too_far"),
        "brightness" | "contrast" | "underExposed" | "overExposed" => Some("poor_lighting"),
        "yaw" | "pitch" | "roll" => Some("face_rotation_too_large"),
        "faceInside" => Some("face_close_to_border"),
        _ => None,
    }
}
