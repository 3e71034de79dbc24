//! What a form sends.

use verax_query::Problem;

use crate::http::body::reading::parse_apart;
use crate::http::body::unread::{Received, Unread};
use crate::http::error::ApiError;
use crate::http::error_codes::UNSUPPORTED_MEDIA_TYPE;
use crate::http::layers::allowed::Allowed;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

/// Longer than any form of the console.
const FORM_BYTES_MAX: usize = 16 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

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
    ///
    /// # Errors
    /// It is in another format than browsers send: nothing in it would be found.
    pub async fn receive(
        unread: Unread,
        state: &State,
        allowed: &Allowed,
        bytes_max: usize,
    ) -> Result<(Form, Received), ApiError> {
        let received = unread.read(state, allowed, bytes_max).await?;
        let (bytes, media_type) = (received.bytes.clone(), received.content_type.split(';').next());
        let is_form =
            media_type.is_none_or(|it| ["", FORM].contains(&it.trim().to_lowercase().as_str()));
        let parse = move || {
            let text = str::from_utf8(&bytes).ok().filter(|text| is_form && !text.contains('\0'));
            text.map(Form::of)
        };
        let form = parse_apart(received.bytes.len(), parse).await?.ok_or_else(|| {
            ApiError::new(&UNSUPPORTED_MEDIA_TYPE, format!("A form is sent as {FORM}, in UTF-8."))
        })?;
        Ok((form, received))
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
