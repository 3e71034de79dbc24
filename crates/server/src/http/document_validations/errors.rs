//! Why a document is not read, and the codes that clients of the protocol compare `message` with.

use axum::http::StatusCode;
use serde_json::json;
use verax_domain::resources::{APP_REGISTRATIONS, DOCUMENT_VALIDATIONS};
use verax_query::Problem;

use crate::app::document_validations::DocumentValidationError;
use crate::http::error::{ApiError, collected, conflict, project_not_found};
use crate::http::error_codes::ErrorCode;
use crate::http::face_service::errors::MODELS_MISSING;

pub static DOCUMENT_PARAMETER_MISSING: ErrorCode = ErrorCode {
    code: "MissingParameter",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a member of the body of a document that is to be read is missing or wrong",
};
pub static ALREADY_EXISTS: ErrorCode = ErrorCode {
    code: "already_exists",
    status: StatusCode::CONFLICT,
    when: "the registration has a document; `force` replaces it",
};
pub static METHOD_NOT_SET: ErrorCode = ErrorCode {
    code: "method_not_set",
    status: StatusCode::METHOD_NOT_ALLOWED,
    when: "a document validation is changed as a whole: each change has a path of its own",
};
pub static REMOVED: ErrorCode = ErrorCode {
    code: "endpoint_removed",
    status: StatusCode::GONE,
    when: "`/v2/ocr/scan-studio` was removed from the protocol; `deprecation` names its replacement",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] =
    &[&DOCUMENT_PARAMETER_MISSING, &ALREADY_EXISTS, &METHOD_NOT_SET, &REMOVED];

impl From<DocumentValidationError> for ApiError {
    fn from(error: DocumentValidationError) -> ApiError {
        match error {
            DocumentValidationError::NoReader => ApiError::new(
                &MODELS_MISSING,
                "This server reads no documents: run `verax models install --for reading`.",
            ),
            DocumentValidationError::NoRegistration => ApiError::not_found(&APP_REGISTRATIONS),
            DocumentValidationError::NotFound => ApiError::not_found(&DOCUMENT_VALIDATIONS),
            DocumentValidationError::NoProject => project_not_found(),
            DocumentValidationError::RegistrationOver => {
                conflict("registration_is_over", "The registration is over.")
            }
            DocumentValidationError::AlreadyExists => {
                ApiError::new(&ALREADY_EXISTS, "The registration has a document already.")
            }
            DocumentValidationError::NoFront => missing("image", "\"image\" is required"),
            DocumentValidationError::NoAttemptsLeft => conflict(
                "no_attempts_left",
                "The device of this registration has had as many documents read as it may.",
            ),
            DocumentValidationError::Image { side, error } => {
                let problem = json!([{ "parameter": side, "message": error.to_string() }]);
                ApiError::image(&error).with_member("details", problem)
            }
            DocumentValidationError::Status(_) => conflict(
                "document_not_read",
                "The document is being read, was rejected, or a reviewer is asked for already.",
            ),
            DocumentValidationError::Ended => {
                conflict("validation_has_moved", "Somebody else has changed it. Read it again.")
            }
            DocumentValidationError::Stopped => ApiError::internal(),
            DocumentValidationError::Persons(error) => error.into(),
            DocumentValidationError::Store(error) => error.into(),
            DocumentValidationError::Vault(error) => error.into(),
        }
    }
}

fn missing(parameter: &str, message: &str) -> ApiError {
    let (parameter, message) = (parameter.to_owned(), message.to_owned());
    collected(&DOCUMENT_PARAMETER_MISSING, vec![Problem { parameter, message }])
}
