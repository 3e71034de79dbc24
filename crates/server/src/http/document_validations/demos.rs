//! The twins of calls for pages that show what the server can do.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::records::document_validation::{DocumentValidation, ReadingPurpose};
use verax_domain::resources::DOCUMENT_VALIDATIONS;

use super::reading::{about_document, await_reading, finish, shown_record, take_document};
use super::scans::SIDES_BODY;
use crate::app::access::{Bearer, Caller};
use crate::app::document_validations::making::{ScanOrder, SentDocument};
use crate::app::journal::Origin;
use crate::http::answers::services::{answer, found};
use crate::http::answers::{json as json_response, one};
use crate::http::body::reading::read_measured;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::{Allowed, require_own};
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `POST /v2/ocr/scan-demo`: a document is read, and nothing is stored but where the operator wants it.
pub async fn scan(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let makes_record = state.app.config.now().documents.demo_records;
    if makes_record {
        require_own(&caller, Scope::Write)?;
    }
    let (sent, slot) = read_measured(&state, &allowed, body, SIDES_BODY).await?;
    let sent = take_document(&state, finish(sent)?).await?;
    let (permit, engine) = state.app.admission.try_document_permit()?;
    let permit = (permit.holding(slot), engine);
    if !makes_record {
        let result = state.app.read_for_demo(sent.images, permit).await?;
        return Ok(found(&state, json!({ "result": result })));
    }
    let order =
        ScanOrder { purpose: ReadingPurpose::Demo, document_type: None, labels: Vec::new() };
    let sent = SentDocument { save_images: false, ..sent };
    let begun = state.app.scan_document(caller.client(), order, sent, permit, &origin).await?;
    let id = begun.0.clone();
    let status = await_reading(&state, begun).await?;
    let mut record = shown_record(&state, &Bearer::Caller(caller), &id).await?;
    let mut result = record["OCRExtraction"].clone();
    if !result.is_object() {
        result = json!({});
    }
    result["status"] = record["status"].clone();
    record["result"] = result;
    let mut response = answer(&state, record);
    *response.status_mut() = status;
    Ok(about_document(&id, response))
}

/// `GET /v2/document-validations/demo/{id}`: what such a call has made.
pub async fn retrieve(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&DOCUMENT_VALIDATIONS)?;
    let tenant = caller.tenant();
    let found: Option<DocumentValidation> = state.app.find(&tenant, &id).await?;
    if !found.is_some_and(|it| it.is_demo) {
        return Err(ApiError::not_found(&DOCUMENT_VALIDATIONS));
    }
    let bearer = Bearer::Caller(caller);
    let record: Value = shown_record(&state, &bearer, &id).await?;
    let record = record.to_string();
    let body = one(&state, bearer.audience(), &DOCUMENT_VALIDATIONS, record.as_bytes());
    Ok(json_response(body))
}
