//! Images that were stored of a document, and where on them each value stands.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::document_reading::{
    Corners, DocumentSide, ReadValue, SideReading, tenths, thousandths,
};
use verax_domain::records::access::Seen;
use verax_domain::records::document_validation::image_path;
use verax_domain::resources::DOCUMENT_VALIDATIONS;
use verax_query::{Audience, Tenant};

use crate::app::access::{AccessError, Bearer, Caller};
use crate::app::journal::Origin;
use crate::http::answers::image_urls::{Signed, opens};
use crate::http::answers::stored_image::stored_image;
use crate::http::answers::{json as json_response, one};
use crate::http::error::ApiError;
use crate::http::error_codes::UNAUTHORIZED;
use crate::http::layers::admission::take_slot;
use crate::http::layers::allowed::{Allowed, require_own};
use crate::http::layers::authorize::MaybeBearer;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// What is read of a person is nobody's to keep but whose who asked for it.
const NO_STORE: &str = "private, no-store";

/// `GET /v2/document-validations/{id}/image` and `…/back-image`: to whoever has a URL that has not expired, or
/// a token with `media:read`.
pub async fn image(
    side: DocumentSide,
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    origin: Origin,
    id: PathId,
    signed: Result<Query<Signed>, QueryRejection>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(&DOCUMENT_VALIDATIONS);
    let id = id.of(&DOCUMENT_VALIDATIONS)?;
    let signed = signed.map(|Query(signed)| signed).unwrap_or_default();
    let tenant = match bearer {
        // The signature stands for the record's own client.
        _ if opens(&state, &image_path(&id, side), &signed) => Tenant::All,
        Some(Bearer::RecordToken(_)) => return Err(AccessError::RecordToken.into()),
        Some(Bearer::Caller(caller)) => {
            require_own(&caller, Scope::ReadMedia)?;
            caller.tenant()
        }
        None if signed.signature.is_some() => {
            let error = "This address has expired, or was changed: retrieve the record again.";
            return Err(ApiError::new(&UNAUTHORIZED, error));
        }
        None => return Err(AccessError::Missing.into()),
    };
    let found = state.app.read_document_image(&id, side).await?;
    let (client, image) = found.ok_or_else(unknown)?;
    if !matches!(&tenant, Tenant::All) && tenant != Tenant::Client(client) {
        return Err(unknown());
    }
    let part = match side {
        DocumentSide::Front => "image",
        DocumentSide::Back => "back-image",
    };
    let seen = Seen { resource: &DOCUMENT_VALIDATIONS, record: &id, part };
    state.app.note_access(seen, None, &origin).await?;
    Ok(stored_image(&image))
}

/// `GET /v2/document-validations/{id}/evidence`: what stands where, for a person to look at. The slot bounds
/// how many images are in memory at once.
pub async fn evidence(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(&DOCUMENT_VALIDATIONS);
    let id = id.of(&DOCUMENT_VALIDATIONS)?;
    let _slot = take_slot(&state, &allowed)?;
    let found = state.app.read_document_evidence(&caller.tenant(), &id).await?;
    let found = found.ok_or_else(unknown)?;
    let seen = Seen { resource: &DOCUMENT_VALIDATIONS, record: &id, part: "evidence" };
    state.app.note_access(seen, None, &origin).await?;
    let sides: Vec<Value> = found
        .reading
        .sides
        .iter()
        .map(|reading| {
            let image = found.images.iter().find(|(side, _)| *side == reading.side);
            side_json(reading, image.map(|(_, image)| image.as_slice()))
        })
        .collect();
    let record = json!({ "_id": id, "sides": sides }).to_string();
    let body = one(&state, Audience::Client, &DOCUMENT_VALIDATIONS, record.as_bytes());
    let mut response = json_response(body);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    Ok(response)
}

fn side_json(reading: &SideReading, image: Option<&[u8]>) -> Value {
    let values: Vec<Value> = reading.values.iter().map(value_json).collect();
    let lines = reading.lines.iter().map(|line| {
        json!({
            "text": line.text, "corners": corners(&line.corners), "confidence": thousandths(line.confidence),
        })
    });
    let barcodes = reading
        .barcodes
        .iter()
        .map(|it| json!({ "format": it.format, "corners": corners(&it.corners) }));
    json!({
        "side": reading.side,
        "textState": reading.text_state,
        "image": image.map(|image| STANDARD.encode(image)),
        "document": reading.document.as_ref().map(corners),
        "machineReadableZone": reading.mrz,
        "barcodes": barcodes.collect::<Vec<_>>(),
        "values": values,
        "lines": lines.collect::<Vec<_>>(),
    })
}

fn value_json(value: &ReadValue) -> Value {
    json!({
        "field": value.field,
        "source": value.source,
        "text": value.text,
        "value": value.value,
        "corners": value.corners.as_ref().map(corners),
        "confidence": thousandths(value.confidence),
        "checkDigit": value.check_digit,
    })
}

fn corners(corners: &Corners) -> Value {
    corners.iter().map(|(x, y)| json!({ "x": tenths(*x), "y": tenths(*y) })).collect()
}
