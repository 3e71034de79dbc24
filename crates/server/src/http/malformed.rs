//! The answers to requests that are refused for how they are written.

use axum::http::header::HOST;
use axum::http::{Request, StatusCode};

use super::error::{ApiError, ErrorCode, URI_TOO_LONG};
use super::request_line::{HEAD_BYTES_MAX, HEADERS_MAX, NO_HOST, Refusal, is_host};

pub static MALFORMED_REQUEST: ErrorCode = ErrorCode {
    code: "MALFORMED_REQUEST",
    status: StatusCode::BAD_REQUEST,
    when: "the request is not valid HTTP, or its length could be read in two ways; over HTTP/1.1 the \
           connection is closed",
};
pub static HEADERS_TOO_LARGE: ErrorCode = ErrorCode {
    code: "HEADERS_TOO_LARGE",
    status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    when: "the request line and its headers are longer than 32 KiB, or there are more than 100 \
           headers; over HTTP/1.1 the connection is closed",
};

/// Why a request over HTTP/2 is refused: for what one over HTTP/1.1 is, as far as both have it.
pub fn refusal_of_http2<B>(request: &Request<B>) -> Option<Refusal> {
    if request.headers().len() > HEADERS_MAX {
        return Some(Refusal::HeadersTooLarge);
    }
    let authority = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut hosts = request.headers().get_all(HOST).iter().map(|host| host.as_bytes());
    let (host, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Some(Refusal::Malformed("there is more than one Host"));
    }
    if authority.is_none() && host.is_none() {
        return Some(Refusal::Malformed("there is no :authority and no Host"));
    }
    let all_hosts = authority.into_iter().chain(host).all(is_host);
    (!all_hosts).then_some(Refusal::Malformed(NO_HOST))
}

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
