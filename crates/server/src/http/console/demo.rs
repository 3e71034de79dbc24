//! The door of a demo: a link that is signed in, once.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_pages::sign_in::Closed;

use super::answers::{html_with, see, with_session};
use super::visitor::Visitor;
use crate::app::members::sessions::SignedIn;
use crate::http::error::ApiError;
use crate::http::state::State;

/// Nothing where the server is no demo. Clones share it.
#[derive(Clone, Default)]
pub struct DemoDoor(Option<Arc<Door>>);

struct Door {
    code: String,
    /// Taken by the first who comes.
    signed_in: Mutex<Option<SignedIn>>,
}

impl DemoDoor {
    pub fn new(code: String, signed_in: SignedIn) -> DemoDoor {
        let signed_in = Mutex::new(Some(signed_in));
        DemoDoor(Some(Arc::new(Door { code, signed_in })))
    }

    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    fn open(&self, code: &str) -> Option<SignedIn> {
        let door = self.0.as_ref().filter(|door| door.code == code)?;
        door.signed_in.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

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
