//! The page that a link in an email opens. It has a button: programs that open links confirm nothing.

use axum::extract::State as Extract;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use verax_query::is_id;

use crate::app::contacts::LinkView;
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;
use crate::messages::{escape, fill};

const PAGE: &str = include_str!("../../../assets/confirm-email.html");
const STYLE: &str = include_str!("../../../assets/confirm-email.css");
const SCRIPT: &str = include_str!("../../../assets/confirm-email.js");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The page of a link, which says for whom it confirms what, or one of its files.
pub async fn page(Extract(state): Extract<State>, id: PathId) -> Result<Response, ApiError> {
    let (media_type, text) = match id.sent().unwrap_or_default() {
        "page.css" => ("text/css", STYLE.to_owned()),
        "page.js" => ("text/javascript", SCRIPT.to_owned()),
        id => {
            let view = match is_id(id) {
                true => state.app.link_view(id).await?,
                false => None,
            };
            ("text/html; charset=utf-8", filled(view))
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, text).into_response())
}

fn filled(view: Option<LinkView>) -> String {
    let view = view.unwrap_or_default();
    let confirms = if view.is_registration { "registration" } else { "address" };
    let values =
        [("{project}", &*view.project), ("{confirms}", confirms), ("{language}", &*view.language)];
    fill(PAGE, &values, escape)
}
