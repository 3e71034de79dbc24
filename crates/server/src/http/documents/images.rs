//! Images that were kept: the URLs that open them, and the bytes.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extract};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use verax_domain::Scope;
use verax_domain::document_check::DocumentCheck;
use verax_domain::document_findings::ImageBox;
use verax_domain::records::access::Seen;
use verax_domain::records::document_check::image_path;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Audience, Tenant};
use verax_vision::document::EvidenceMap;

use crate::app::access::{AccessError, Bearer, Caller};
use crate::app::journal::Origin;
use crate::http::answers::heat_maps::{evidence_of, heat_map_png, maps_of};
use crate::http::answers::image_urls::{Signed, opens};
use crate::http::answers::stored_image::stored_image;
use crate::http::answers::{json as json_response, one};
use crate::http::error::ApiError;
use crate::http::error_codes::UNAUTHORIZED;
use crate::http::layers::allowed::require_own;
use crate::http::layers::authorize::MaybeBearer;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// What an image shows of a person is nobody's to keep but whose who asked for it.
const NO_STORE: &str = "private, no-store";

/// `GET /v2/document-liveness/{id}/image`: to whoever has a URL that has not expired, or a token
/// with `media:read`.
pub async fn image(
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    origin: Origin,
    id: PathId,
    signed: Result<Query<Signed>, QueryRejection>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(&DOCUMENT_LIVENESS);
    let id = id.of(&DOCUMENT_LIVENESS)?;
    let signed = signed.map(|Query(signed)| signed).unwrap_or_default();
    let tenant = match bearer {
        // The signature stands for the record's own client.
        _ if opens(&state, &image_path(&id), &signed) => Tenant::All,
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
    let (client, image) = state.app.stored_image(&id).await?.ok_or_else(unknown)?;
    if !matches!(&tenant, Tenant::All) && tenant != Tenant::Client(client) {
        return Err(unknown());
    }
    note(&state, &id, "image", &origin).await?;
    Ok(stored_image(&image))
}

/// Writes down that somebody looks at this part of a document check.
async fn note(state: &State, id: &str, part: &str, origin: &Origin) -> Result<(), ApiError> {
    let seen = Seen { resource: &DOCUMENT_LIVENESS, record: id, part };
    Ok(state.app.note_access(seen, None, origin).await.map(drop)?)
}

/// `GET /v2/document-liveness/{id}/evidence`: per check, where on the stored image it found what it
/// names, for a person to look at.
pub async fn evidence(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&DOCUMENT_LIVENESS)?;
    let maps = maps_of(&state, &caller.tenant(), &id, &DocumentCheck::ALL).await?;
    note(&state, &id, "evidence", &origin).await?;
    let shown = |map: EvidenceMap| {
        let name = map.check.entry().wire_name;
        let region =
            |it: ImageBox| json!({ "x": it.x, "y": it.y, "width": it.width, "height": it.height });
        let regions: Vec<Value> = map.regions.into_iter().map(region).collect();
        let png = format!("data:image/png;base64,{}", STANDARD.encode(map.png));
        (name.to_owned(), json!({ "regions": regions, "heatMap": png }))
    };
    let checks: Map<String, Value> = maps.into_iter().map(shown).collect();
    let record = json!({ "_id": id, "evidence": checks }).to_string();
    let answer = one(&state, Audience::Client, &DOCUMENT_LIVENESS, record.as_bytes());
    let mut response = json_response(answer);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    Ok(response)
}

/// `GET /v2/document-liveness/{id}/evidence/{check}`: the heat map of one check, as a PNG.
pub async fn heat_map(
    state: State,
    (caller, origin): (Caller, Origin),
    id: PathId,
    check: DocumentCheck,
) -> Result<Response, ApiError> {
    let id = id.of(&DOCUMENT_LIVENESS)?;
    let png = heat_map_png(&state, &caller.tenant(), &id, check).await?;
    note(&state, &id, &evidence_of(check), &origin).await?;
    Ok(stored_image(&png))
}
