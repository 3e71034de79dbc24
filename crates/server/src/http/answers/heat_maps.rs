//! Where on the image of a document the checks found what they name.

use verax_domain::document_check::DocumentCheck;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::Tenant;
use verax_vision::document::EvidenceMap;

use crate::http::error::ApiError;
use crate::http::state::State;

/// The part of a record that an access to the heat map of a check names.
pub fn evidence_of(check: DocumentCheck) -> String {
    format!("evidence/{}", check.entry().wire_name)
}

/// The heat map of one check.
///
/// # Errors
/// The 404 of the resource where there is none.
pub async fn heat_map_png(
    state: &State,
    tenant: &Tenant,
    id: &str,
    check: DocumentCheck,
) -> Result<Vec<u8>, ApiError> {
    let maps = maps_of(state, tenant, id, &[check]).await?;
    let map = maps.into_iter().find(|map| map.check == check);
    Ok(map.ok_or_else(|| ApiError::not_found(&DOCUMENT_LIVENESS))?.png)
}

/// The maps of these checks: as they are stored, or made now.
///
/// # Errors
/// The 404 of the resource where there is no such image.
pub async fn maps_of(
    state: &State,
    tenant: &Tenant,
    id: &str,
    wanted: &[DocumentCheck],
) -> Result<Vec<EvidenceMap>, ApiError> {
    if let Some(maps) = state.app.stored_evidence(tenant, id, wanted).await? {
        return Ok(maps);
    }
    let permit = state.app.admission.try_document_permit()?;
    let made = state.app.make_evidence(tenant, id, permit).await?;
    made.ok_or_else(|| ApiError::not_found(&DOCUMENT_LIVENESS))
}
