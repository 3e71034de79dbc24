//! What a form sends.

use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

/// Longer than any form of the console.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// Names and values, decoded.
pub struct Form(Vec<(String, String)>);

impl Form {
    pub async fn read(unread: Unread, state: &State, allowed: &Allowed) -> Result<Form, ApiError> {
        let received = unread.read(state, allowed, FORM_BYTES_MAX).await?;
        Ok(Form::of(&String::from_utf8_lossy(&received.bytes)))
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

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
