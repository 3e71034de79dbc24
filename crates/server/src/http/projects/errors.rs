//! Errors of projects and their flows.

use axum::http::StatusCode;

use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;

pub static UNPROCESSABLE: ErrorCode = ErrorCode {
    code: "UnprocessableEntity",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a member of a project is wrong; `details` names each",
};
pub static PROJECT_NOT_FOUND: ErrorCode = ErrorCode {
    code: "Project_not_found_or_featured_disabled",
    status: StatusCode::NOT_FOUND,
    when: "the client has no such project with this flow, or one of both is paused",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[&UNPROCESSABLE, &PROJECT_NOT_FOUND];

pub fn project_not_found() -> ApiError {
    ApiError::new(&PROJECT_NOT_FOUND, "There is no such project with this flow, or it is paused.")
        .with_member("message", PROJECT_NOT_FOUND.code.into())
}
