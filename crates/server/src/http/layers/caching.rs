//! Validators: a weak ETag of what is answered, and 304 for a caller who has it already.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What a caller says that it has.
#[derive(Default)]
pub struct IfNoneMatch(Vec<HeaderValue>);

/// Never for a shared cache; a caller's own asks whether it is still right.
pub const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What else than the address an answer depends on.
pub const VARY: HeaderValue = HeaderValue::from_static("Authorization, Accept, Accept-Encoding");

const TAG_BYTES: usize = 16;

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfNoneMatch, Infallible> {
        Ok(IfNoneMatch(parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()))
    }
}

impl IfNoneMatch {
    /// The answer, or 304 when the caller has it. `told` is what makes it another answer (the time
    /// of a signature does not); `finish` makes the body of it.
    pub fn answer(&self, told: Vec<u8>, finish: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Response {
        let tag = tag(&told);
        if self.holds(&tag) {
            return (StatusCode::NOT_MODIFIED, headers(&tag)).into_response();
        }
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (headers(&tag), kind, finish(told)).into_response()
    }

    /// Compares weakly: `W/` does not matter.
    fn holds(&self, tag: &str) -> bool {
        let values = self.0.iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    }
}

/// A strong digest: two answers that differ have different tags. Still a weak ETag, because the
/// bytes on the wire may be compressed or signed at another time.
fn tag(told: &[u8]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(told)[..TAG_BYTES]))
}

fn headers(tag: &str) -> [(HeaderName, HeaderValue); 3] {
    let etag = HeaderValue::try_from(format!("W/{tag}"));
    [
        (header::ETAG, etag.unwrap_or(HeaderValue::from_static("W/\"\""))),
        (header::CACHE_CONTROL, PRIVATE),
        (header::VARY, VARY),
    ]
}
