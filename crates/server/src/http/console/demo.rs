//! The page behind the link of a demo, which is signed in once.

use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_pages::sign_in::Closed;

use super::answers::{html_with, see, with_session};
use super::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::state::State;

/// `GET /console/demo/{code}`.
pub async fn enter(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> Result<Response, ApiError> {
    if let Some(signed_in) = state.demo.open(&code) {
        return Ok(with_session(see("/console/"), &signed_in));
    }
    let texts = visitor.texts;
    let page = Closed {
        shell: visitor.shell(texts.get("invitation-gone")),
        text: texts.get("invitation-gone-text"),
        link: Some(("/console/sign-in".to_owned(), texts.get("sign-in"))),
    };
    html_with(StatusCode::NOT_FOUND, &page)
}
