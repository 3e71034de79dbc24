//! Errors of registrations, and the codes that clients of the protocol compare `message` with.

use axum::http::StatusCode;
use serde_json::Value;
use verax_domain::lifecycle::{RegistrationStatus, SYNC_STEPS, SyncRejection};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::Problem;

use crate::app::registrations::{HeldContact, RegistrationError};
use crate::http::error::{ApiError, conflict, project_not_found};
use crate::http::error_codes::{ErrorCode, FORBIDDEN, MISSING_PARAMETER};

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

pub static IDENTITY_IMAGE_NOT_FOUND: ErrorCode = ErrorCode {
    code: "identity_image_not_found",
    status: StatusCode::NOT_FOUND,
    when: "no check with this id has stored an image on which a face can be seen",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] =
    &[&EMAIL_IS_REGISTERED, &PHONE_IS_REGISTERED, &CANNOT_RESEND_LINK, &IDENTITY_IMAGE_NOT_FOUND];

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
            RegistrationError::NoEmail => conflict(
                "email_not_set",
                "The registration has no email address that something can be sent to.",
            ),
            RegistrationError::Over => {
                conflict("registration_is_over", "The registration is over.")
            }
            RegistrationError::Validated(HeldContact::Email) => conflict(
                "email_is_validated",
                "The email address is validated: its client alone changes it.",
            ),
            RegistrationError::Validated(HeldContact::Phone) => conflict(
                "phone_is_validated",
                "The phone number is validated: its client alone changes it.",
            ),
            RegistrationError::Rejected(rejection) => rejected_step(rejection),
            RegistrationError::Mint(error) => error.into(),
            RegistrationError::Email(error) => error.into(),
            RegistrationError::Moved => {
                conflict("registration_has_moved", "The registration has moved. Read it again.")
            }
            RegistrationError::Store(error) => error.into(),
        }
    }
}

fn rejected_step(rejection: SyncRejection) -> ApiError {
    let wrong = |parameter: &str, allowed: Vec<&str>| {
        let message = format!("\"{parameter}\" must be one of [{}]", allowed.join(", "));
        let problem = Problem { parameter: parameter.to_owned(), message: message.clone() };
        ApiError::body(&MISSING_PARAMETER, message.clone(), vec![problem])
            .with_member("message", Value::from(message))
    };
    match rejection {
        SyncRejection::UnknownStep => wrong("step", SYNC_STEPS.to_vec()),
        SyncRejection::StatusNotOfStep(allowed) => {
            wrong("status", allowed.iter().copied().map(RegistrationStatus::word).collect())
        }
        SyncRejection::Over => conflict("registration_is_over", "The registration is over."),
        SyncRejection::Mandatory => {
            conflict("step_is_mandatory", "The flow demands a check that was not made.")
        }
        SyncRejection::ReviewersOnly => {
            ApiError::new(&FORBIDDEN, "Only the client or staff may override a status.")
        }
    }
}
