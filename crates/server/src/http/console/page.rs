//! A page of the console: its path, who may see it, and its handler.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::needs::{FormAt, Needs, Proof};
use crate::http::state::State;

/// A page, or what a form of one is sent to.
pub struct Page {
    pub method: Method,
    pub path: String,
    pub needs: Needs,
    pub proof: Proof,
    pub handler: MethodRouter<State>,
}

impl Page {
    pub fn get<H: Handler<T, State>, T: 'static>(
        path: impl Into<String>,
        needs: Needs,
        handler: H,
    ) -> Page {
        let handler = on(MethodFilter::GET, handler);
        Page { method: Method::GET, path: path.into(), needs, proof: Proof::Session, handler }
    }

    pub fn post<H: Handler<T, State>, T: 'static>(
        path: impl Into<String>,
        needs: Needs,
        handler: H,
    ) -> Page {
        let handler = on(MethodFilter::POST, handler);
        Page { method: Method::POST, path: path.into(), needs, proof: Proof::Session, handler }
    }

    /// The same, for what is dangerous: its visitor must have given the password within the last minutes.
    pub fn confirmed(self, form: FormAt) -> Page {
        Page { proof: Proof::Recent(form), ..self }
    }
}
