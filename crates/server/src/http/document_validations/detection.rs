//! `…/detect-document-type`: which document it is.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::resources::DOCUMENT_VALIDATIONS;

use super::calls::NOTHING;
use super::reading::{finish, take_document};
use super::scans::SIDES_BODY;
use crate::app::access::Caller;
use crate::http::answers::json as json_response;
use crate::http::body::reading::{read, read_measured};
use crate::http::body::table::Purpose;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::idempotency::changes_nothing;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `POST /v2/document-validations/detect-document-type`: of an image. Nothing is stored.
pub async fn detect(
    Extract(state): Extract<State>,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (sent, slot) = read_measured(&state, &allowed, body, SIDES_BODY).await?;
    let sent = take_document(&state, finish(sent)?).await?;
    let (permit, engine) = state.app.admission.try_document_permit()?;
    let permit = (permit.holding(slot), engine);
    Ok(data(&state.app.detect_document_type(sent.images, permit).await?))
}

/// `POST /v2/document-validations/{id}/detect-document-type`: of what was read before.
pub async fn detect_again(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&DOCUMENT_VALIDATIONS)?;
    let detected = state.app.detected_document_type(&caller.tenant(), &id).await?;
    read(&state, &allowed, body, NOTHING, Purpose::Change).await?;
    Ok(data(&detected))
}

fn data(detected: &Value) -> Response {
    let body = json!({ "success": true, "data": detected }).to_string();
    changes_nothing(json_response(body.into_bytes()))
}
