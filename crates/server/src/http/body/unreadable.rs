//! Why a body cannot be read, in words that help: what it is instead of JSON, or where it breaks off.

use verax_query::Problem;

use crate::http::error::ApiError;
use crate::http::error_codes::{BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE};

/// Why a body is not what it must be.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is something else than JSON in UTF-8.
    Media(String),
    /// It is meant to be JSON.
    Malformed(String),
    /// It has members that are not fields, and its sender wants to be told.
    Members(Vec<Problem>),
}

const CURE: &str = "send JSON in UTF-8, with Content-Type: application/json";

impl Unreadable {
    /// A body with this coding is not decoded here: what it becomes could be any size.
    pub fn compressed(coding: &str) -> Unreadable {
        let coding: String = coding.chars().take(40).collect();
        Unreadable::Media(format!("The body is compressed ({coding}): {CURE}, not compressed."))
    }

    /// What keeps these bytes from being a JSON object.
    pub fn explain(bytes: &[u8], content_type: &str, error: &serde_json::Error) -> Unreadable {
        let media = |what: &str| Unreadable::Media(format!("The body is {what}: {CURE}."));
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let says = |name: &str| media_type.eq_ignore_ascii_case(name);
        let begins_like_json = bytes.trim_ascii_start().starts_with(b"{");
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return Unreadable::compressed("gzip");
        }
        // The Latin letters of UTF-16 have a zero before them, or behind.
        if bytes.starts_with(&[0xff, 0xfe])
            || bytes.starts_with(&[0xfe, 0xff])
            || matches!(bytes, [0, b'{', ..] | [b'{', 0, ..])
        {
            return media("in UTF-16");
        }
        if let Some(image) = image_of(bytes) {
            return Unreadable::Media(format!(
                "The body is {image} as it is: {CURE}, and the image in base64 as one of its members."
            ));
        }
        if says("multipart/form-data") || looks_multipart(bytes) {
            return media("a form (multipart/form-data)");
        }
        if !begins_like_json && (says("application/x-www-form-urlencoded") || looks_form(bytes)) {
            return media("a form (application/x-www-form-urlencoded)");
        }
        if bytes.trim_ascii_start().starts_with(b"<") {
            return media("XML or HTML");
        }
        if let Err(wrong) = std::str::from_utf8(bytes) {
            return not_utf8(bytes, wrong.valid_up_to(), content_type);
        }
        match error.is_data() {
            true => Unreadable::Malformed("The body must be a JSON object.".to_owned()),
            false => Unreadable::Malformed(format!("The body is not JSON: {error}.")),
        }
    }

    /// For the families that name what is wrong with a body among its members.
    pub fn into_problem(self) -> Result<Problem, ApiError> {
        match self {
            Unreadable::Malformed(message) => Ok(Problem { parameter: "body".to_owned(), message }),
            other => Err(other.into()),
        }
    }
}

impl From<Unreadable> for ApiError {
    fn from(unreadable: Unreadable) -> ApiError {
        match unreadable {
            Unreadable::Media(error) => ApiError::new(&UNSUPPORTED_MEDIA_TYPE, error),
            Unreadable::Malformed(error) => ApiError::new(&BAD_REQUEST, error),
            Unreadable::Members(problems) => ApiError::invalid_body(problems),
        }
    }
}

/// Formats that cameras and browsers write.
fn image_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("a JPEG image"),
        [0x89, b'P', b'N', b'G', ..] => Some("a PNG image"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("a WebP image"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("a HEIC image or a video"),
        _ => None,
    }
}

fn not_utf8(bytes: &[u8], at: usize, content_type: &str) -> Unreadable {
    let before = &bytes[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    let byte = bytes.get(at).copied().unwrap_or_default();
    let position = format!("byte {byte:#04x} at line {line} column {column}");
    match charset(content_type) {
        Some(charset) => Unreadable::Media(format!(
            "The body is in {charset}, as its Content-Type says ({position}): {CURE}."
        )),
        None => Unreadable::Media(format!(
            "The body is not in UTF-8 ({position}; ISO-8859-1 or Windows-1252?): {CURE}."
        )),
    }
}

/// The charset that a content type names, unless it is UTF-8.
fn charset(content_type: &str) -> Option<String> {
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    let is_utf8 = ["utf-8", "utf8"].iter().any(|it| charset.eq_ignore_ascii_case(it));
    (!is_utf8).then(|| charset.chars().take(40).collect())
}

fn looks_multipart(bytes: &[u8]) -> bool {
    const HEAD_BYTES: usize = 512;
    let head = bytes[..bytes.len().min(HEAD_BYTES)].to_ascii_lowercase();
    head.starts_with(b"--") && memchr::memmem::find(&head, b"content-disposition:").is_some()
}

/// `name=value&…`, as a form without a content type.
fn looks_form(bytes: &[u8]) -> bool {
    const NAME_BYTES_MAX: usize = 64;
    let end = bytes.iter().take(NAME_BYTES_MAX).position(|byte| *byte == b'=');
    end.is_some_and(|end| {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte);
        end > 0 && bytes[..end].iter().all(is_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(bytes: &[u8], content_type: &str) -> String {
        let error = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes);
        let error = error.expect_err("it is no JSON object");
        match Unreadable::explain(bytes, content_type, &error) {
            Unreadable::Media(text) => format!("415 {text}"),
            Unreadable::Malformed(text) => format!("400 {text}"),
            Unreadable::Members(problems) => format!("{problems:?}"),
        }
    }

    #[test]
    fn a_body_is_told_what_it_is() {
        const FORM: &str = "application/x-www-form-urlencoded";
        for (bytes, content_type, begin) in [
            (&b"os=IOS&image=abc"[..], FORM, "415 The body is a form (application/x-www"),
            (b"os=IOS", "", "415 The body is a form (application/x-www"),
            (
                b"--x\r\nContent-Disposition: form-data; name=os\r\n\r\nIOS\r\n--x--",
                "",
                "415 The body is a form (multipart/form-data)",
            ),
            (
                b"anything",
                "multipart/form-data; boundary=x",
                "415 The body is a form (multipart/form-data)",
            ),
            (&[0x1f, 0x8b, 8, 0], "application/json", "415 The body is compressed (gzip)"),
            (b"\xff\xfe{\0}\0", "", "415 The body is in UTF-16"),
            (b"{\0}\0", "", "415 The body is in UTF-16"),
            (b"\0{\0}", "", "415 The body is in UTF-16"),
            (b"\xff\xd8\xff\xe0", "image/jpeg", "415 The body is a JPEG image as it is: send JSON"),
            (b"\x89PNG\r\n", "application/octet-stream", "415 The body is a PNG image as it is"),
            (b"RIFF\0\0\0\0WEBP", "", "415 The body is a WebP image as it is"),
            (b"\0\0\0\x18ftypheic", "", "415 The body is a HEIC image or a video as it is"),
            (b"<a/>", "text/xml", "415 The body is XML or HTML"),
            (
                b"{\"a\":\"\xe9\"}",
                "application/json; charset=ISO-8859-1",
                "415 The body is in ISO-8859-1, as its Content-Type says (byte 0xe9 at line 1 column 7)",
            ),
            (
                b"{\n\"a\":\"\xe9\"}",
                "application/json",
                "415 The body is not in UTF-8 (byte 0xe9 at line 2 column 6; ISO-8859-1",
            ),
            (
                b"{\"a\":1,}",
                "application/json",
                "400 The body is not JSON: trailing comma at line 1 column 8.",
            ),
            // What curl says of JSON that it was given with -d.
            (b"{\"a\":1,}", FORM, "400 The body is not JSON: trailing comma at line 1 column 8."),
            (
                b"{\"a\":1}\n{",
                "",
                "400 The body is not JSON: trailing characters at line 2 column 1.",
            ),
            (
                b"{\"a\":",
                "",
                "400 The body is not JSON: EOF while parsing a value at line 1 column 5.",
            ),
            (b"{'a':1}", "", "400 The body is not JSON: key must be a string at line 1 column 2."),
            (b"[1]", "", "400 The body must be a JSON object."),
            (b"7", "", "400 The body must be a JSON object."),
        ] {
            let told = explained(bytes, content_type);
            assert!(told.starts_with(begin), "{told}");
        }
    }
}
