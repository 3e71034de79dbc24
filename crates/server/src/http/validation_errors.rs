//! Why a face was not accepted, in the words of each family: `code` is the documentation's,
//! `message` the bare word that the capture pages compare with, with the score behind an `@`.

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::face_verdict::Reason;
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};
use verax_store::StoreError;

use super::error::{ApiError, ErrorCode, INTERNAL};
use super::lifecycle_errors::{conflict, project_not_found};
use super::person_errors::{DUPLICATED_PERSON, GALLERY_TOO_LARGE, LIVENESS_FAILED};
use crate::app::biometrics::ValidationError;
use crate::app::persons::PersonError;

pub static LIVENESS_DETECTION_FAILED: ErrorCode = ErrorCode {
    code: "LIVENESS_DETECTION_FAILED",
    status: StatusCode::BAD_REQUEST,
    when: "no live person was seen; `message` is `liveness_failed@` and the score, `details` says \
           which measurement missed which limit",
};
pub static IDENTITY_VERIFICATION_FAILED: ErrorCode = ErrorCode {
    code: "IDENTITY_VERIFICATION_FAILED",
    status: StatusCode::BAD_REQUEST,
    when: "the face is not that of the enrolled person; `message` is `person_not_found`",
};
pub static NOBODY_ENROLLED: ErrorCode = ErrorCode {
    code: "person_not_found",
    status: StatusCode::NOT_FOUND,
    when: "nobody is enrolled under the identifier",
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

/// Which chapter an operation belongs to: they say the same with different codes.
#[derive(Clone, Copy, PartialEq)]
pub enum Family {
    /// Validations and their sessions.
    Validation,
    /// Registrations and logins.
    Login,
}

pub fn refused_validation(error: ValidationError, family: Family) -> ApiError {
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
            conflict("no_attempts_left", "The flow allows no more attempts.")
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
        ValidationError::NotLive { score, reasons } => {
            let code = match family {
                Family::Validation => &LIVENESS_DETECTION_FAILED,
                Family::Login => &LIVENESS_FAILED,
            };
            // Cut, not rounded: 0.599 must not read as the 0.6 that it missed.
            let message = format!("liveness_failed@{:.2}", (score * 100.0).floor() / 100.0);
            ApiError::new(code, "Liveness detection failed")
                .with_member("message", message.into())
                .with_member("details", details(&reasons))
        }
        ValidationError::NotThePerson { reasons } => {
            ApiError::new(&IDENTITY_VERIFICATION_FAILED, "Identity verification failed")
                .with_member("message", NOBODY_ENROLLED.code.into())
                .with_member("details", details(&reasons))
        }
        ValidationError::NobodyEnrolled => {
            worded(&NOBODY_ENROLLED, "Nobody is enrolled under this identifier.")
        }
        ValidationError::Measure(error) => error.into(),
        ValidationError::Persons(PersonError::GalleryTooLarge { .. }) => {
            ApiError::new(&GALLERY_TOO_LARGE, "The client has more faces than fit in memory.")
        }
        ValidationError::Persons(error) => {
            ApiError::new(&INTERNAL, "Something went wrong on our side.").caused(error)
        }
        ValidationError::Stopped => ApiError::new(&INTERNAL, "Something went wrong on our side."),
        ValidationError::Mint(error) => error.into(),
        // Somebody else has ended it: a deletion, or the keeper.
        ValidationError::Store(StoreError::Conflict) => {
            conflict("validation_is_over", "The validation is over.")
        }
        ValidationError::Store(error) => error.into(),
    }
}

/// Which measurement missed which limit. How alike a face is to somebody's is not told: who tries
/// faces must not learn which are warmer.
fn details(reasons: &[Reason]) -> Value {
    let detail = |reason: &Reason| {
        let Reason { measurement, value, limit, advice, unit } = reason;
        let message = if *measurement == "matchScore" {
            (*advice).to_owned()
        } else {
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            format!("{measurement} {value:.3}{unit} misses the limit {limit:.3}{unit}: {advice}")
        };
        json!({ "parameter": "image", "message": message })
    };
    reasons.iter().map(detail).collect()
}
