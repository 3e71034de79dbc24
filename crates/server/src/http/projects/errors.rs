//! Errors of projects and their flows.

use axum::http::StatusCode;

use crate::http::error_codes::{ErrorCode, PROJECT_NOT_FOUND};
use crate::http::project_service::errors::UNPROCESSABLE;

pub static EMAIL_NOT_SENT: ErrorCode = ErrorCode {
    code: "EMAIL_NOT_SENT",
    status: StatusCode::CONFLICT,
    when: "the mail server has not taken the test email; `error` says why",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[&UNPROCESSABLE, &PROJECT_NOT_FOUND, &EMAIL_NOT_SENT];
