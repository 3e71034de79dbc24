//! `/v2/ocr` and `/v3/ocr`: what stands on a document, for a client that asks.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::json;
use verax_domain::records::document_validation::ReadingPurpose;

use super::errors::REMOVED;
use super::reading::{
    BACK, FRONT, INPUT, SAVE, about_document, await_reading, finish, shown_record, take_document,
};
use crate::app::access::{Bearer, Caller};
use crate::app::journal::Origin;
use crate::http::answers::services::answer;
use crate::http::body::reading::read_measured;
use crate::http::body::table::{BodyField, Rule, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;

/// Where the protocol's newer call is.
pub const SCAN_STUDIO: &str = "/v3/ocr/scan-studio";
/// From this day on the older one is gone.
const REMOVED_ON: &str = "2026-11-25";

pub static SCAN_BODY: &[BodyField] = &[
    FRONT.required(),
    BACK,
    optional(
        "documentType",
        Rule::Text(1, 64),
        "What the document is, in the caller's words: it stays its documentType.",
    ),
    INPUT,
    SAVE,
];

/// Reads a document that is no registration's.
pub async fn scan(
    purpose: ReadingPurpose,
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (sent, slot) = read_measured(&state, &allowed, body, SCAN_BODY).await?;
    let sent = finish(sent)?;
    let document_type = sent.text("documentType").map(str::to_owned);
    let sent = take_document(&state, sent).await?;
    let (permit, engine) = state.app.admission.try_document_permit()?;
    let permit = (permit.holding(slot), engine);
    let order = (purpose, document_type);
    let begun = state.app.scan_document(caller.client(), order, sent, permit, &origin).await?;
    let id = begun.0.clone();
    let status = await_reading(&state, begun).await?;
    let bearer = Bearer::Caller(caller);
    let mut record = shown_record(&state, &bearer, &id).await?;
    if purpose == ReadingPurpose::ScanStudio {
        // No register is asked about the holder.
        record["infoValidationSupported"] = false.into();
    }
    let mut response = answer(&state, record);
    *response.status_mut() = status;
    Ok(about_document(&id, response))
}

/// `POST /v2/ocr/scan-studio`: removed, with its replacement.
pub async fn removed(_: Caller) -> ApiError {
    let message = format!("This endpoint was removed. Use POST {SCAN_STUDIO}.");
    let deprecation = json!({
        "message": message,
        "code": REMOVED.code,
        "deadline": REMOVED_ON,
        "details": {
            "documentation": "/docs",
            "endpoint": "/v2/ocr/scan-studio",
            "replacement": SCAN_STUDIO,
        },
    });
    ApiError::new(&REMOVED, message.clone())
        .with_member("message", REMOVED.code.into())
        .with_member("deprecation", deprecation)
}
