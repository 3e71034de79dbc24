//! Errors of projects, registrations, sessions and validations, and the codes that clients of the
//! protocol compare `message` with.

use axum::http::StatusCode;
use serde_json::Value;
use verax_domain::lifecycle::{RegistrationStatus, SYNC_STEPS, SyncRefusal};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::Problem;
use verax_store::{HeldContact, StoreError};

use super::error::{ApiError, ErrorCode, FORBIDDEN, MISSING_PARAMETER};
use crate::app::registrations::RegistrationError;

pub static UNPROCESSABLE: ErrorCode = ErrorCode {
    code: "UnprocessableEntity",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a member of a project is wrong; `details` names each",
};
pub static CONFLICT: ErrorCode = ErrorCode {
    code: "Conflict",
    status: StatusCode::CONFLICT,
    when: "the record does not stand where this could be done; `message` says why: \
           `session_used`, `session_expired`, `validation_is_over`, `no_attempts_left`, \
           `registration_is_over`, `registration_has_moved`, `step_is_mandatory`, \
           `not_validated`, `token_exchanged`, `document_checks_limit`, `saved_images_limit`, \
           `face_not_set` or `document_face_not_set`",
};
pub static PROJECT_NOT_FOUND: ErrorCode = ErrorCode {
    code: "Project_not_found_or_featured_disabled",
    status: StatusCode::NOT_FOUND,
    when: "the client has no such project with this flow, or one of both is paused",
};
pub static TOKEN_NOT_RIGHT: ErrorCode = ErrorCode {
    code: "token_not_right",
    status: StatusCode::FORBIDDEN,
    when: "the operation is for the token of one record, and this is none of that kind",
};
pub static ACCESS_DENIED: ErrorCode = ErrorCode {
    code: "Forbidden",
    status: StatusCode::FORBIDDEN,
    when: "the token is for another record, or for one record alone; `message` is `access_denied`",
};

pub static EMAIL_IS_REGISTERED: ErrorCode = ErrorCode {
    code: "email_is_registered_already",
    status: StatusCode::CONFLICT,
    when: "a completed registration of the project has this email address",
};
pub static PHONE_IS_REGISTERED: ErrorCode = ErrorCode {
    code: "phone_is_registered_already",
    status: StatusCode::CONFLICT,
    when: "a completed registration of the project has this phone number",
};
pub static CANNOT_RESEND_LINK: ErrorCode = ErrorCode {
    code: "cannot_resend_link_for_this_status",
    status: StatusCode::CONFLICT,
    when: "the registration is over: nobody goes on with it",
};

/// A refusal whose `message` is a word that clients compare with.
pub fn conflict(message: &str, error: &str) -> ApiError {
    ApiError::new(&CONFLICT, error).with_member("message", message.into())
}

pub fn token_not_right(needed: &str) -> ApiError {
    ApiError::new(&TOKEN_NOT_RIGHT, format!("This is for the token of one {needed}."))
        .with_member("message", TOKEN_NOT_RIGHT.code.into())
}

pub fn access_denied() -> ApiError {
    ApiError::new(&ACCESS_DENIED, "The access token is for another record.")
        .with_member("message", "access_denied".into())
}

/// The token of a record may not do this, to its own record neither.
pub fn for_clients_only() -> ApiError {
    let error = "This takes an access token of the client, not the token of one record.";
    ApiError::new(&ACCESS_DENIED, error).with_member("message", "access_denied".into())
}

pub fn project_not_found() -> ApiError {
    ApiError::new(&PROJECT_NOT_FOUND, "There is no such project with this flow, or it is paused.")
        .with_member("message", PROJECT_NOT_FOUND.code.into())
}

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> ApiError {
        match error {
            RegistrationError::NoProject => project_not_found(),
            RegistrationError::NotFound => ApiError::not_found(&APP_REGISTRATIONS),
            RegistrationError::Registered(held) => {
                let (code, contact) = match held {
                    HeldContact::Email => (&EMAIL_IS_REGISTERED, "email address"),
                    HeldContact::Phone => (&PHONE_IS_REGISTERED, "phone number"),
                };
                let error = format!("A completed registration of the project has this {contact}.");
                ApiError::new(code, error).with_member("message", code.code.into())
            }
            RegistrationError::NoLink => {
                let error = "The registration is over: nobody goes on with it.";
                ApiError::new(&CANNOT_RESEND_LINK, error)
                    .with_member("message", CANNOT_RESEND_LINK.code.into())
            }
            RegistrationError::Refused(refusal) => refused_step(refusal),
            RegistrationError::Mint(error) => error.into(),
            RegistrationError::Store(StoreError::Conflict) => {
                conflict("registration_has_moved", "The registration has moved. Read it again.")
            }
            RegistrationError::Store(error) => error.into(),
        }
    }
}

fn refused_step(refusal: SyncRefusal) -> ApiError {
    let wrong = |parameter: &str, allowed: Vec<&str>| {
        let message = format!("\"{parameter}\" must be one of [{}]", allowed.join(", "));
        let problem = Problem { parameter: parameter.to_owned(), message: message.clone() };
        ApiError::body(&MISSING_PARAMETER, message.clone(), vec![problem])
            .with_member("message", Value::from(message))
    };
    match refusal {
        SyncRefusal::UnknownStep => wrong("step", SYNC_STEPS.to_vec()),
        SyncRefusal::StatusNotOfStep(allowed) => {
            wrong("status", allowed.iter().copied().map(RegistrationStatus::word).collect())
        }
        SyncRefusal::Over => conflict("registration_is_over", "The registration is over."),
        SyncRefusal::Mandatory => {
            conflict("step_is_mandatory", "The flow demands a check that was not made.")
        }
        SyncRefusal::ReviewersOnly => {
            ApiError::new(&FORBIDDEN, "Only the client or staff may override a status.")
        }
    }
}
