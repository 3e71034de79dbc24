//! The cookies of the console.

use axum::http::{HeaderMap, header};

/// The cookie that holds the secret of a session.
pub const SESSION_COOKIE: &str = "__Host-verax";
/// The cookie that holds the language of whoever has chosen one.
pub const LANGUAGE_COOKIE: &str = "__Host-verax-language";

/// The value of a cookie that was sent.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = values.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}
