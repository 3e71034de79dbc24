//! Paths of the API as clients write them: a slash too many, capitals, letters that need not be encoded.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The same request at the path that the routes know. Only below `/v2` and `/v3`: what a proxy in front
/// keeps from strangers, as `/metrics`, has one spelling.
pub fn with_canonical_path(mut request: Request) -> Request {
    if let Some(path) = canonical(request.uri().path()) {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Segments that are names of ours: the version, the resource, and what is below a family of calls. All
/// that follows may be an id, in which case matters.
const FAMILY: &str = "face-recognition";

/// `None`: it is as it should be, or none of ours.
fn canonical(path: &str) -> Option<String> {
    let is_version = |it: &str| it.eq_ignore_ascii_case("v2") || it.eq_ignore_ascii_case("v3");
    // A base address that ends with a slash, in front of a path that begins with one.
    let (version, rest) = path.trim_start_matches('/').split_once('/')?;
    let is_odd = |byte: u8| byte == b'%' || byte.is_ascii_uppercase();
    let may_differ = path.ends_with('/') || path.contains("//") || path.bytes().any(is_odd);
    if !is_version(version) || !may_differ {
        return None;
    }
    let rest = rest.trim_end_matches('/');
    let mut canonical = format!("/{}", version.to_ascii_lowercase());
    let (mut is_name, mut is_first) = (true, true);
    for segment in rest.split('/') {
        // Where an id was left out there are two slashes too: those stay, and are no other call's path.
        if is_name && segment.is_empty() {
            continue;
        }
        let segment = decoded(segment);
        canonical.push('/');
        match is_name {
            true => canonical.push_str(&segment.to_ascii_lowercase()),
            false => canonical.push_str(&segment),
        }
        is_name = is_first && segment.eq_ignore_ascii_case(FAMILY);
        is_first = false;
    }
    (canonical != path).then_some(canonical)
}

/// Letters, digits, `-`, `.`, `_` and `~` mean the same encoded and not (RFC 3986, 2.3).
fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut out = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            _ => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        for (path, form) in [
            ("/v2/app-registrations/", "/v2/app-registrations"),
            ("/v2//app-registrations", "/v2/app-registrations"),
            ("/v2/app%2Dregistrations", "/v2/app-registrations"),
            ("/v2/app%2dregistrations", "/v2/app-registrations"),
            ("/V2/App-Registrations/", "/v2/app-registrations"),
            ("/v2/App-Registrations/AbC%5F1", "/v2/app-registrations/AbC_1"),
            ("/v2/Face-Recognition/Persons/AbC", "/v2/face-recognition/persons/AbC"),
            ("/v3/Projects", "/v3/projects"),
            ("/v2/%41pp-logins", "/v2/app-logins"),
            ("/v2/a/%2fb%zz%", "/v2/a/%2fb%zz%"),
            ("/v2/app-registrations//sync/", "/v2/app-registrations//sync"),
            ("//v2/app-registrations", "/v2/app-registrations"),
            ("///v2//app-registrations//", "/v2/app-registrations"),
            ("/v2/app-registrations/abc//", "/v2/app-registrations/abc"),
            ("/v2/face-recognition//liveness", "/v2/face-recognition/liveness"),
            ("/v2//Face-Recognition///Persons//", "/v2/face-recognition/persons"),
        ] {
            let given = canonical(path).unwrap_or_else(|| path.to_owned());
            assert_eq!(given, form, "{path}");
            assert_eq!(canonical(&given), None, "{path}");
        }
        for path in [
            "/metrics/",
            "//metrics",
            "//v1//x",
            "//",
            "/Metrics",
            "/docs/",
            "/",
            "/v2",
            "/v2/projects",
            "/v2/app-registrations//sync",
            "/v1//x",
        ] {
            assert_eq!(canonical(path), None, "{path}");
        }
    }
}
