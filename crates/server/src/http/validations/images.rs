//! The image that was stored with a biometric validation.

use axum::extract::State as Extract;
use axum::response::Response;
use verax_domain::records::access::Seen;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::http::answers::stored_image::stored_image;
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `GET /v2/biometric-validations/{id}/image`: the face that was measured, if it was kept; to a token
/// with `media:read` alone.
pub async fn face(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(&BIOMETRIC_VALIDATIONS);
    let id = id.of(&BIOMETRIC_VALIDATIONS)?;
    let image = state.app.stored_face(&caller.tenant(), &id).await?.ok_or_else(unknown)?;
    let seen = Seen { resource: &BIOMETRIC_VALIDATIONS, record: &id, part: "image" };
    state.app.note_access(seen, None, &origin).await?;
    Ok(stored_image(&image))
}
