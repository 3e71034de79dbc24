//! A stored image as an answer: its bytes, and nothing that a browser would run.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

pub fn stored_image(image: &[u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(image))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        // Whatever the bytes are, a browser runs nothing of them.
        (
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
    ];
    (headers, image.to_vec()).into_response()
}

fn content_type(image: &[u8]) -> &'static str {
    match image {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => "application/octet-stream",
    }
}
