//! What a request says and nobody hears: it is told in a header of the answer, or is an error for who asks
//! for that (RFC 7240: `Prefer: handling=strict`).

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use verax_query::{Handling, Ignored, Problem};

use crate::http::state::State;

pub static PREFER: HeaderName = HeaderName::from_static("prefer");
pub const IGNORED_PARAMETERS: &str = "x-ignored-parameters";
pub const PREFERENCE_APPLIED: &str = "preference-applied";

/// What would end a name in the header.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b';').add(b'"').add(b'%');
const NAME_CHARS_MAX: usize = 64;
const HEADER_BYTES_MAX: usize = 2048;

/// How a request wants to be handled, and what of it was ignored so far. Clones share that.
#[derive(Clone, Default)]
pub struct RequestHandling {
    handling: Handling,
    asked: bool,
    ignored: Arc<Mutex<Vec<Ignored>>>,
}

impl RequestHandling {
    fn of(headers: &HeaderMap, strict: bool) -> RequestHandling {
        let preference = preferred(headers);
        let usual = if strict { Handling::Strict } else { Handling::Lenient };
        RequestHandling {
            handling: preference.unwrap_or(usual),
            asked: preference.is_some(),
            ignored: Arc::default(),
        }
    }

    pub fn handling(&self) -> Handling {
        self.handling
    }

    /// Takes note of what is ignored; what of it is a problem for this request.
    pub fn note(&self, ignored: impl IntoIterator<Item = Ignored>) -> Vec<Problem> {
        let ignored = ignored.into_iter();
        match self.handling {
            Handling::Strict => ignored.map(|it| it.problem()).collect(),
            Handling::Lenient => {
                self.ignored.lock().unwrap_or_else(PoisonError::into_inner).extend(ignored);
                Vec::new()
            }
        }
    }

    fn write(&self, headers: &mut HeaderMap) {
        let ignored = self.ignored.lock().unwrap_or_else(PoisonError::into_inner);
        if !ignored.is_empty()
            && let Ok(value) = HeaderValue::try_from(describe(&ignored))
        {
            headers.insert(IGNORED_PARAMETERS, value);
        }
        if self.asked {
            let applied = match self.handling {
                Handling::Strict => "handling=strict",
                Handling::Lenient => "handling=lenient",
            };
            headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static(applied));
        }
    }
}

impl<S: Sync> FromRequestParts<S> for RequestHandling {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RequestHandling, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Around every request.
pub async fn tell_ignored(
    Extract(state): Extract<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let strict = state.app.config.now().compat.strict_parameters;
    let handling = RequestHandling::of(request.headers(), strict);
    request.extensions_mut().insert(handling.clone());
    let mut response = next.run(request).await;
    handling.write(response.headers_mut());
    response
}

/// `handling=strict` or `handling=lenient` among the preferences; the first counts.
fn preferred(headers: &HeaderMap) -> Option<Handling> {
    let values = headers.get_all(&PREFER).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split([',', ';'])).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let is_handling = name.trim().eq_ignore_ascii_case("handling");
        match value.trim().trim_matches('"').to_ascii_lowercase().as_str() {
            "strict" if is_handling => Some(Handling::Strict),
            "lenient" if is_handling => Some(Handling::Lenient),
            _ => None,
        }
    })
}

/// `statu; did you mean status, utm_source`: no more than fits a header.
fn describe(ignored: &[Ignored]) -> String {
    let mut told = String::new();
    for (index, it) in ignored.iter().enumerate() {
        let name: String = it.parameter.chars().take(NAME_CHARS_MAX).collect();
        let name = utf8_percent_encode(&name, ENCODED);
        let hint = it.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        let one = format!("{name}{hint}");
        if told.len() + one.len() > HEADER_BYTES_MAX {
            // Writing to a String does not fail.
            let _ = write!(told, ", and {} more", ignored.len() - index);
            break;
        }
        let separator = if index > 0 { ", " } else { "" };
        let _ = write!(told, "{separator}{one}");
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_read_as_it_is_written() {
        for (value, handling) in [
            ("handling=strict", Some(Handling::Strict)),
            ("Handling=\"Strict\"", Some(Handling::Strict)),
            ("respond-async, handling = strict; x=1", Some(Handling::Strict)),
            ("handling=lenient, handling=strict", Some(Handling::Lenient)),
            ("handling=wild", None),
            ("return=minimal", None),
            ("strict", None),
        ] {
            let headers = HeaderMap::from_iter([(PREFER.clone(), HeaderValue::from_static(value))]);
            assert_eq!(preferred(&headers), handling, "{value}");
        }
    }

    #[test]
    fn a_header_has_an_end_and_no_name_breaks_out_of_it() {
        let long = Ignored { parameter: "é".repeat(500), hint: None };
        let all = vec![long; 100];
        let text = describe(&all);
        assert!(text.is_ascii() && text.len() < HEADER_BYTES_MAX + 64, "{}", text.len());
        assert!(text.ends_with(" more"), "{text}");
        let odd = Ignored { parameter: "a, b;c\r\nx: y".to_owned(), hint: None };
        assert_eq!(describe(&[odd]), "a%2C%20b%3Bc%0D%0Ax:%20y");
    }
}
