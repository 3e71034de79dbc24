//! The envelope around one record, and what of a record an audience sees.

pub mod brief;
pub mod heat_maps;
pub mod image_urls;
pub mod services;
pub mod signature;
pub mod stored_image;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use verax_domain::device_view::device_view;
use verax_domain::document_summary::document_summary;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Audience, Resource};

use crate::app::access::ImageUrls;
use crate::http::answers::image_urls::sign_image_urls;
use crate::http::answers::signature::signature;
use crate::http::layers::caching::PRIVATE;
use crate::http::state::State;

/// The envelope around one record, as this audience may see it; no URL in it opens an image.
pub fn one(
    state: &State,
    audience: Audience,
    resource: &'static Resource,
    record: &[u8],
) -> Vec<u8> {
    one_with_images(state, audience, ImageUrls::Unsigned, resource, record)
}

/// The envelope around one record, with the URLs of its images as the caller may have them.
pub fn one_with_images(
    state: &State,
    audience: Audience,
    urls: ImageUrls,
    resource: &'static Resource,
    record: &[u8],
) -> Vec<u8> {
    let mut body = open(state, audience, urls, resource, record);
    close(state, resource, &mut body);
    body
}

/// The same without its end.
pub fn open(
    state: &State,
    audience: Audience,
    urls: ImageUrls,
    resource: &'static Resource,
    record: &[u8],
) -> Vec<u8> {
    let mut body = br#"{"success":true,"data":"#.to_vec();
    match audience {
        Audience::Client => {
            body.extend_from_slice(&sign_image_urls(state, resource, urls, record));
            if resource.name == DOCUMENT_LIVENESS.name {
                add_summary(&mut body, record);
            }
        }
        Audience::Device => {
            let record = serde_json::from_slice(record).unwrap_or_default();
            body.extend_from_slice(device_view(resource, &record).to_string().as_bytes());
        }
    }
    body
}

/// Appends what the protocol says of a document check besides its record, which ends the body.
fn add_summary(body: &mut Vec<u8>, record: &[u8]) {
    let record = serde_json::from_slice(record).unwrap_or_default();
    let summary = document_summary(&record);
    if body.last() != Some(&b'}') || summary.is_empty() {
        return;
    }
    body.pop();
    let members = Value::Object(summary).to_string();
    body.push(b',');
    body.extend_from_slice(members.trim_start_matches('{').as_bytes());
}

/// A record that was read, as this audience may see it.
pub fn shown(audience: Audience, resource: &'static Resource, record: Value) -> Value {
    match audience {
        Audience::Client => record,
        Audience::Device => device_view(resource, &record),
    }
}

/// The end of an envelope, with its signature where the resource says so.
pub fn close(state: &State, resource: &Resource, body: &mut Vec<u8>) {
    if resource.signed {
        body.extend_from_slice(br#","signature":"#);
        let text = signature(&state.app.config.now().signature, state.app.clock.now());
        body.extend_from_slice(text.as_bytes());
    }
    body.push(b'}');
}

/// A JSON answer about a client's own records: never for a shared cache.
pub fn json(body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, PRIVATE),
    ];
    (headers, body).into_response()
}
