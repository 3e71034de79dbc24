//! The answers to requests that are refused for how they are written.

use axum::http::StatusCode;

use super::error::{ApiError, ErrorCode, URI_TOO_LONG};
use super::request_line::{HEAD_BYTES_MAX, HEADERS_MAX, Refusal};

pub static MALFORMED_REQUEST: ErrorCode = ErrorCode {
    code: "MALFORMED_REQUEST",
    status: StatusCode::BAD_REQUEST,
    when: "the request is not valid HTTP/1.1, or its length could be read in two ways; the \
           connection is closed",
};
pub static HEADERS_TOO_LARGE: ErrorCode = ErrorCode {
    code: "HEADERS_TOO_LARGE",
    status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    when: "the request line and its headers are longer than 32 KiB, or there are more than 100 \
           headers; the connection is closed",
};

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        match refusal {
            Refusal::Malformed(why) => {
                ApiError::new(&MALFORMED_REQUEST, format!("The request cannot be read: {why}."))
            }
            Refusal::TargetTooLong => {
                let error = format!("The request line is longer than {HEAD_BYTES_MAX} bytes.");
                ApiError::new(&URI_TOO_LONG, error)
            }
            Refusal::HeadersTooLarge => {
                let error = format!(
                    "The request line and its headers are longer than {HEAD_BYTES_MAX} bytes, or \
                     there are more than {HEADERS_MAX} headers."
                );
                ApiError::new(&HEADERS_TOO_LARGE, error)
            }
        }
    }
}
