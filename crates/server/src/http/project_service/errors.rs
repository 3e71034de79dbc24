//! Errors of projects that are made and changed.

use axum::http::StatusCode;

use crate::http::error_codes::ErrorCode;

pub static UNPROCESSABLE: ErrorCode = ErrorCode {
    code: "UnprocessableEntity",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    when: "a member of a project is wrong; `details` names each",
};
