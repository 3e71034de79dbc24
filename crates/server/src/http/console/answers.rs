//! Answers of the console: pages, redirects, cookies and files.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use verax_pages::{Template, assets};

use super::cookies::{LANGUAGE_COOKIE, SESSION_COOKIE};
use crate::app::members::sessions::SignedIn;
use crate::http::error::ApiError;
use crate::http::error_codes::NOT_FOUND;
use verax_pages::Language;

/// A file whose name changes with its bytes.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub fn html(page: &impl Template) -> Result<Response, ApiError> {
    html_with(StatusCode::OK, page)
}

pub fn html_with(status: StatusCode, page: &impl Template) -> Result<Response, ApiError> {
    let text = page.render().map_err(|error| ApiError::internal().caused(error))?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
    Ok((status, kind, text).into_response())
}

/// After a form: another page is got, so that a reload sends nothing again.
pub fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Where the password is given again; afterwards this page of the console is shown.
pub fn confirm_path(page: &str) -> String {
    format!("/console/account/confirm?next={}", utf8_percent_encode(page, NON_ALPHANUMERIC))
}

/// A path of the console that a visitor wanted to see; home where it is none.
pub fn path_or_home(next: &str) -> &str {
    let is_ours = next == "/console" || next.starts_with("/console/");
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let leads_back = next.starts_with("/console/sign-in") || next.starts_with("/console/join/");
    if is_ours && is_plain && !leads_back { next } else { "/console/" }
}

pub fn with_session(response: Response, signed_in: &SignedIn) -> Response {
    let value = format!("{SESSION_COOKIE}={}", signed_in.secret.as_str());
    with_cookie(response, &value)
}

pub fn without_session(response: Response) -> Response {
    with_cookie(response, &format!("{SESSION_COOKIE}=; Max-Age=0"))
}

pub fn with_language(response: Response, language: Option<Language>) -> Response {
    const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;
    let (code, seconds) = language.map_or(("", 0), |it| (it.code(), YEAR_SECONDS));
    with_cookie(response, &format!("{LANGUAGE_COOKIE}={code}; Max-Age={seconds}"))
}

fn with_cookie(mut response: Response, value: &str) -> Response {
    let text = format!("{value}; Path=/; Secure; HttpOnly; SameSite=Strict");
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `GET /console/assets/{file}`.
pub async fn asset(Path(file): Path<String>) -> Result<Response, ApiError> {
    let asset = assets::find(&file).ok_or_else(no_page)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)),
    ];
    Ok((headers, asset.bytes).into_response())
}

pub async fn not_found() -> ApiError {
    no_page()
}

fn no_page() -> ApiError {
    ApiError::new(&NOT_FOUND, "There is no such page.")
}
