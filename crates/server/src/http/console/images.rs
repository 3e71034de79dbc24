//! Stored images, for members: each is written down before it is sent.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::Value;
use verax_domain::Scope;
use verax_domain::document_check::DocumentCheck;
use verax_domain::document_reading::DocumentSide;
use verax_domain::records::access::Seen;
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS};
use verax_pages::cell::record_href;
use verax_pages::names;
use verax_query::{Resource, Tenant};
use zeroize::Zeroizing;

use super::finding::found;
use super::form::Form;
use super::needs::Needs;
use super::page::Page;
use super::visitor::Visitor;
use crate::http::answers::heat_maps::{evidence_of, heat_map_png};
use crate::http::answers::stored_image::stored_image;
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// Of which record, and what of it.
type Part = (&'static Resource, &'static str);

pub const IMAGE: &str = "image";
pub const BACK_IMAGE: &str = "back-image";

static IMAGES: [Part; 4] = [
    (&DOCUMENT_VALIDATIONS, IMAGE),
    (&DOCUMENT_VALIDATIONS, BACK_IMAGE),
    (&DOCUMENT_LIVENESS, IMAGE),
    (&BIOMETRIC_VALIDATIONS, IMAGE),
];

pub fn pages() -> Vec<Page> {
    let page = |part: Part| {
        let path = format!("/console/{}/{{id}}/{}", part.0.name, part.1);
        let show = move |state: Extract<State>, visitor: Visitor, id: PathId, query: RawQuery| {
            image(state, visitor, id, query, part)
        };
        Page::get(path, Needs::Holding(Scope::ReadMedia), show)
    };
    let mut all: Vec<Page> = IMAGES.map(page).into();
    all.extend(DocumentCheck::ALL.map(heat_map_page));
    all
}

/// What a check found on the image of a document check.
fn heat_map_page(check: DocumentCheck) -> Page {
    let path = format!("/console/{}/{{id}}/{}", DOCUMENT_LIVENESS.name, evidence_of(check));
    let show = move |state: Extract<State>, visitor: Visitor, id: PathId, query: RawQuery| {
        heat_map(state, visitor, id, query, check)
    };
    Page::get(path, Needs::Holding(Scope::ReadMedia), show)
}

async fn heat_map(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    RawQuery(raw): RawQuery,
    check: DocumentCheck,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &DOCUMENT_LIVENESS, id).await?;
    let png = heat_map_png(&state, &Tenant::Client(client), &id, check).await?;
    let part = evidence_of(check);
    let seen = Seen { resource: &DOCUMENT_LIVENESS, record: &id, part: &part };
    note(&state, &visitor, seen, raw.as_deref()).await?;
    Ok(stored_image(&png))
}

/// The heat maps of the checks that were made on the image of a document check: what each is called, and its path.
pub fn heat_maps(visitor: &Visitor, record: &Value) -> Vec<(String, String)> {
    let id = record.get("_id").and_then(Value::as_str).unwrap_or_default();
    let results = record.get("validationResults");
    let made = DocumentCheck::ALL.into_iter().filter(|check| {
        let result = results.and_then(|it| it.get(check.entry().wire_name));
        result.is_some_and(|it| it.get("passed").is_some_and(Value::is_boolean))
    });
    let map = |check: DocumentCheck| {
        let name = names::field(visitor.texts, check.entry().wire_name);
        (name, format!("{}/{}", record_href(&DOCUMENT_LIVENESS, id), evidence_of(check)))
    };
    made.map(map).collect()
}

/// The stored images of a record that the visitor may open: what each shows, and its path.
pub fn links(visitor: &Visitor, resource: &Resource, record: &Value) -> Vec<(String, String)> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    if !visitor.has(Scope::ReadMedia) || record.get("imageSaved") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    // An imported record's image may be on another server.
    let url = [text("imageUrl"), text("url")].concat();
    if !url.is_empty() && !url.starts_with('/') {
        return Vec::new();
    }
    let own = IMAGES.iter().filter(|(of, part)| {
        of.name == resource.name && (*part != BACK_IMAGE || !text("backUrl").is_empty())
    });
    let link = |(of, part): &Part| {
        let title = match (of.name, *part) {
            (_, BACK_IMAGE) => "image-back",
            (name, _) if name == DOCUMENT_VALIDATIONS.name => "image-front",
            (name, _) if name == BIOMETRIC_VALIDATIONS.name => "image-face",
            _ => "image-document",
        };
        (visitor.texts.get(title), format!("{}/{part}", record_href(of, text("_id"))))
    };
    own.map(link).collect()
}

/// `GET /console/<resource>/{id}/image?for=<review>`.
async fn image(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    RawQuery(raw): RawQuery,
    (resource, part): Part,
) -> Result<Response, ApiError> {
    let (_, id) = found(&state, &visitor, resource, id).await?;
    let image = stored(&state, &visitor, &id, (resource, part)).await?;
    let image = image.ok_or_else(|| ApiError::not_found(resource))?;
    let seen = Seen { resource, record: &id, part };
    note(&state, &visitor, seen, raw.as_deref()).await?;
    Ok(stored_image(&image))
}

/// Writes down who looks, and what for: the case that the address names, if it names one.
async fn note(
    state: &State,
    visitor: &Visitor,
    seen: Seen<'_>,
    raw: Option<&str>,
) -> Result<(), ApiError> {
    let form = Form::of(raw.unwrap_or_default());
    let review = Some(form.text("for")).filter(|review| verax_query::is_id(review));
    let purpose = review.map(|review| format!("review:{review}"));
    let origin = visitor.change_origin()?;
    Ok(state.app.note_access(seen, purpose.as_deref(), &origin).await.map(drop)?)
}

async fn stored(
    state: &State,
    visitor: &Visitor,
    id: &str,
    (resource, part): Part,
) -> Result<Option<Zeroizing<Vec<u8>>>, ApiError> {
    let image = |found: Option<(String, Zeroizing<Vec<u8>>)>| found.map(|(_, image)| image);
    Ok(match resource.name {
        name if name == DOCUMENT_VALIDATIONS.name => {
            let side = if part == BACK_IMAGE { DocumentSide::Back } else { DocumentSide::Front };
            image(state.app.read_document_image(id, side).await?)
        }
        name if name == DOCUMENT_LIVENESS.name => image(state.app.stored_image(id).await?),
        _ => state.app.stored_face(&visitor.caller()?.tenant(), id).await?,
    })
}
