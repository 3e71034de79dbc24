//! What the console rejects in words of its own.

use axum::http::StatusCode;
use verax_pages::Texts;

use crate::app::members::errors::MemberError;
use crate::app::members::passwords::PasswordProblem;
use crate::http::error::ApiError;
use crate::http::error_codes::{ErrorCode, FORBIDDEN};

pub static CODES: &[&ErrorCode] = &[&CROSS_SITE];

pub static CROSS_SITE: ErrorCode = ErrorCode {
    code: "CROSS_SITE",
    status: StatusCode::FORBIDDEN,
    when: "a form of the console was sent by a page of another site",
};

/// For members who see the records of all clients.
pub fn of_all_alone() -> ApiError {
    ApiError::new(&FORBIDDEN, "This is for members of the whole server, not of one client.")
}

/// What the visitor can mend, in words of a form's; what cannot be helped is an error page.
pub fn told(texts: Texts, error: MemberError) -> Result<String, ApiError> {
    let id = match error {
        MemberError::Store(error) => return Err(error.into()),
        MemberError::Vault(error) => return Err(error.into()),
        MemberError::Password(PasswordProblem::TooShort) => "problem-password-short",
        MemberError::Password(_) => "problem-password",
        MemberError::NameInvalid => "problem-name",
        MemberError::EmailInvalid => "problem-email",
        MemberError::EmailTaken => "problem-email-taken",
        MemberError::LastOwner => "problem-last-owner",
        MemberError::CodeWrong => "sign-in-code-failed",
        MemberError::Joined => "problem-joined",
        MemberError::NotActive => "problem-not-active",
        MemberError::Overloaded => "error-unavailable",
        MemberError::NoTotp => "totp-is-off",
        // The guard asks before: that was so at this moment.
        MemberError::ConfirmFirst => "confirm-why",
        MemberError::LinkInvalid | MemberError::Gone | MemberError::NoClient => {
            "invitation-gone-text"
        }
    };
    Ok(texts.get(id))
}
