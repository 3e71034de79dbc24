//! Why a contact is not validated, in the words that the capture pages compare `message` with.

use axum::http::StatusCode;
use verax_domain::records::contact_validation::Channel;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::Problem;

use crate::app::contacts::ContactError;
use crate::http::error::{
    ApiError, address_not_allowed, conflict, messages_not_set, project_not_found, too_many_codes,
};
use crate::http::error_codes::{ErrorCode, MESSAGES_NOT_SET, TOO_MANY_CODES};

pub static INVALID_CODE: ErrorCode = ErrorCode {
    code: "INVALID_CODE",
    status: StatusCode::BAD_REQUEST,
    when: "the code is another; `message` is `otp_does_not_match`",
};
pub static CODE_EXPIRED: ErrorCode = ErrorCode {
    code: "CODE_EXPIRED",
    status: StatusCode::CONFLICT,
    when: "the code is not taken any more; `message` is `emailValidation_has_expired` or \
           `phoneValidation_has_expired`",
};
pub static CODE_NOT_SENT: ErrorCode = ErrorCode {
    code: "CODE_NOT_SENT",
    status: StatusCode::CONFLICT,
    when: "the code could not be sent: ask for another",
};
pub static MAX_ATTEMPTS_EXCEEDED: ErrorCode = ErrorCode {
    code: "MAX_ATTEMPTS_EXCEEDED",
    status: StatusCode::GONE,
    when: "wrong codes came too often: ask for another",
};
pub static CODES_LOCKED: ErrorCode = ErrorCode {
    code: "codes_locked",
    status: StatusCode::TOO_MANY_REQUESTS,
    when: "so many wrong codes came that none is taken now; `Retry-After` says for how many seconds",
};
pub static COUNTRY_NOT_ALLOWED: ErrorCode = ErrorCode {
    code: "country_not_allowed",
    status: StatusCode::CONFLICT,
    when: "the project's allowedCountries do not have the number's country",
};
/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[
    &INVALID_CODE,
    &CODE_EXPIRED,
    &CODE_NOT_SENT,
    &MAX_ATTEMPTS_EXCEEDED,
    &TOO_MANY_CODES,
    &CODES_LOCKED,
    &COUNTRY_NOT_ALLOWED,
    &MESSAGES_NOT_SET,
];

impl From<ContactError> for ApiError {
    fn from(error: ContactError) -> ApiError {
        let worded = |code: &'static ErrorCode, message: &str, error: &str| {
            ApiError::new(code, error).with_member("message", message.into())
        };
        match error {
            ContactError::NoProject => project_not_found(),
            ContactError::AddressNotAllowed => address_not_allowed(),
            ContactError::NoRegistration => ApiError::not_found(&APP_REGISTRATIONS),
            ContactError::RegistrationOver => {
                conflict("registration_is_over", "The registration is over.")
            }
            ContactError::OtherContact => conflict(
                "contact_is_another",
                "The registration has another address or number: change it there first.",
            ),
            ContactError::NotConfigured => messages_not_set(),
            ContactError::TakesNoTexts => {
                let message =
                    "must be a number that somebody has in the country of countryCode, and none \
                               of a service: no premium rate, no free call"
                        .to_owned();
                ApiError::invalid(vec![Problem { parameter: "phone".to_owned(), message }])
            }
            ContactError::CountryNotAllowed => worded(
                &COUNTRY_NOT_ALLOWED,
                COUNTRY_NOT_ALLOWED.code,
                "The project sends nothing to this country: its allowedCountries say where to.",
            ),
            ContactError::TooManyCodes { seconds } => too_many_codes(seconds),
            ContactError::Locked { seconds } => worded(
                &CODES_LOCKED,
                CODES_LOCKED.code,
                "So many wrong codes came that none is taken now. Try again later.",
            )
            .retry_after(seconds),
            ContactError::NotFound(channel) => ApiError::not_found(channel.resource()),
            ContactError::AlreadyValidated => {
                conflict("already_validated", "The address or number is validated.")
            }
            ContactError::Expired(channel) => {
                let message = match channel {
                    Channel::Email => "emailValidation_has_expired",
                    Channel::Phone => "phoneValidation_has_expired",
                };
                worded(&CODE_EXPIRED, message, "The code has expired. Ask for another.")
            }
            ContactError::NotSent => worded(
                &CODE_NOT_SENT,
                CODE_NOT_SENT.code,
                "The code could not be sent. Ask for another.",
            ),
            ContactError::NoAttemptsLeft => worded(
                &MAX_ATTEMPTS_EXCEEDED,
                MAX_ATTEMPTS_EXCEEDED.code,
                "Wrong codes came too often. Ask for another.",
            ),
            ContactError::WrongCode => {
                worded(&INVALID_CODE, "otp_does_not_match", "The code is not right.")
            }
            ContactError::Moved => {
                conflict("validation_has_moved", "Somebody else has changed it. Try again.")
            }
            ContactError::Mint(error) => error.into(),
            ContactError::Store(error) => error.into(),
        }
    }
}
