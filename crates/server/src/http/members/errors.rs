//! Errors of members.

use axum::http::StatusCode;
use verax_domain::resources::PROJECT_MEMBERS;
use verax_query::Problem;

use crate::app::members::MemberError;
use crate::http::error::ApiError;
use crate::http::error_codes::{ErrorCode, UNAVAILABLE};

pub static MEMBER_EXISTS: ErrorCode = ErrorCode {
    code: "project_member_exists",
    status: StatusCode::CONFLICT,
    when: "the client has a member with this address",
};
pub static MEMBER_JOINED: ErrorCode = ErrorCode {
    code: "project_member_joined",
    status: StatusCode::CONFLICT,
    when: "the member has joined already: no link is needed",
};
pub static MEMBER_NOT_ACTIVE: ErrorCode = ErrorCode {
    code: "project_member_not_active",
    status: StatusCode::CONFLICT,
    when: "the member has not joined yet: delete them instead",
};
pub static LAST_OWNER: ErrorCode = ErrorCode {
    code: "last_owner",
    status: StatusCode::CONFLICT,
    when: "the client would be left without an active owner",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] =
    &[&MEMBER_EXISTS, &MEMBER_JOINED, &MEMBER_NOT_ACTIVE, &LAST_OWNER];

impl From<MemberError> for ApiError {
    fn from(error: MemberError) -> ApiError {
        let invalid = |name: &str, error: MemberError| {
            let (parameter, message) = (name.to_owned(), error.to_string());
            ApiError::invalid_body(vec![Problem { parameter, message }])
        };
        match error {
            MemberError::Gone => ApiError::not_found(&PROJECT_MEMBERS),
            MemberError::EmailTaken => {
                ApiError::new(&MEMBER_EXISTS, "There is a member with this address.")
            }
            MemberError::Joined => ApiError::new(&MEMBER_JOINED, "The member has joined already."),
            MemberError::NotActive => {
                ApiError::new(&MEMBER_NOT_ACTIVE, "The member has not joined yet: delete them.")
            }
            MemberError::LastOwner => {
                ApiError::new(&LAST_OWNER, "The member is the last owner: make another one first.")
            }
            MemberError::EmailInvalid => invalid("email", error),
            MemberError::NameInvalid => invalid("name", error),
            MemberError::Overloaded => ApiError::new(&UNAVAILABLE, "Too many sign in at once."),
            // No call of the API asks for them.
            MemberError::NoClient
            | MemberError::Password(_)
            | MemberError::LinkInvalid
            | MemberError::CodeWrong
            | MemberError::ConfirmFirst
            | MemberError::NoTotp => ApiError::internal().caused(error),
            MemberError::Store(error) => error.into(),
            MemberError::Vault(error) => error.into(),
        }
    }
}
