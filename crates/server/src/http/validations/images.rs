//! The image that was stored with a biometric validation.

use axum::extract::State as Extract;
use axum::response::Response;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;

use crate::app::access::Caller;
use crate::http::answers::stored_image::stored_image;
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `GET /v2/biometric-validations/{id}/image`: the face that was measured, if it was kept; to a token
/// with `media:read` alone.
pub async fn face(
    Extract(state): Extract<State>,
    caller: Caller,
    id: PathId,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(&BIOMETRIC_VALIDATIONS);
    let id = id.of(&BIOMETRIC_VALIDATIONS)?;
    let image = state.app.stored_face(&caller.tenant(), &id).await?.ok_or_else(unknown)?;
    Ok(stored_image(&image))
}
