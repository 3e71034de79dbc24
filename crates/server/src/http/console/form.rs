//! What a form sends.

use std::collections::HashMap;

use verax_query::Problem;

use crate::http::body::reading::parse_apart;
use crate::http::body::unread::{Received, Unread};
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

/// Longer than any form of the console.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// Names and values, decoded.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// # Errors
    /// A text with a NUL character, which PostgreSQL cannot hold; too long a form.
    pub async fn read(unread: Unread, state: &State, allowed: &Allowed) -> Result<Form, ApiError> {
        let form = Form::receive(unread, state, allowed, FORM_BYTES_MAX).await?.0;
        let has_nul = |(name, value): &(&str, &str)| name.contains('\0') || value.contains('\0');
        let problem = form.pairs().find(has_nul).map(|(name, _)| Problem {
            parameter: name.replace('\0', ""),
            message: "must not contain a NUL character".to_owned(),
        });
        problem.map_or(Ok(form), |problem| Err(ApiError::invalid(vec![problem])))
    }

    /// A form of so many bytes at most, and what was received.
    pub async fn receive(
        unread: Unread,
        state: &State,
        allowed: &Allowed,
        bytes_max: usize,
    ) -> Result<(Form, Received), ApiError> {
        let received = unread.read(state, allowed, bytes_max).await?;
        let bytes = received.bytes.clone();
        let parse = move || Form::of(&String::from_utf8_lossy(&bytes));
        Ok((parse_apart(received.bytes.len(), parse).await?, received))
    }

    /// What stands in a query string.
    pub fn of(text: &str) -> Form {
        Form(parts(text).filter(|part| !part.is_empty()).filter_map(decoded).collect())
    }

    /// The value of the first of this name; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    /// The values by their names; of several with one name the first.
    pub fn by_name(&self) -> HashMap<&str, &str> {
        self.pairs().collect::<Vec<_>>().into_iter().rev().collect()
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
