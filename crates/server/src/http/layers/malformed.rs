//! The answers to requests that are rejected for how they are written.

use axum::http::Request;
use axum::http::header::HOST;

use crate::http::error::ApiError;
use crate::http::error_codes::{HEADERS_TOO_LARGE, MALFORMED_REQUEST, URI_TOO_LONG};
use crate::http::layers::request_line::{HEAD_BYTES_MAX, HEADERS_MAX, NO_HOST, Rejection, is_host};

/// Why a request over HTTP/2 is rejected: for what one over HTTP/1.1 is, as far as both have it.
pub fn rejection_of_http2<B>(request: &Request<B>) -> Option<Rejection> {
    if request.headers().len() > HEADERS_MAX {
        return Some(Rejection::HeadersTooLarge);
    }
    let authority = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut hosts = request.headers().get_all(HOST).iter().map(|host| host.as_bytes());
    let (host, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Some(Rejection::Malformed("there is more than one Host"));
    }
    if authority.is_none() && host.is_none() {
        return Some(Rejection::Malformed("there is no :authority and no Host"));
    }
    let all_hosts = authority.into_iter().chain(host).all(is_host);
    (!all_hosts).then_some(Rejection::Malformed(NO_HOST))
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> ApiError {
        match rejection {
            Rejection::Malformed(why) => {
                ApiError::new(&MALFORMED_REQUEST, format!("The request cannot be read: {why}."))
            }
            Rejection::TargetTooLong => {
                let error = format!("The request line is longer than {HEAD_BYTES_MAX} bytes.");
                ApiError::new(&URI_TOO_LONG, error)
            }
            Rejection::HeadersTooLarge => {
                let error = format!(
                    "The request line and its headers are longer than {HEAD_BYTES_MAX} bytes, or \
                     there are more than {HEADERS_MAX} headers."
                );
                ApiError::new(&HEADERS_TOO_LARGE, error)
            }
        }
    }
}
