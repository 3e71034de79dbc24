//! `/v2/identity-images`: the images of a person, as far as they are stored.

use axum::extract::State as Extract;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verax_domain::records::access::Seen;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS,
};
use verax_query::{Resource, Tenant};

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::registrations::images::{Face, IdentityImage};
use crate::http::answers::json as json_response;
use crate::http::error::ApiError;
use crate::http::layers::admission::take_slot;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::authorize::Subject;
use crate::http::layers::idempotency::changes_nothing;
use crate::http::path_id::PathId;
use crate::http::registrations::errors::IDENTITY_IMAGE_NOT_FOUND;
use crate::http::state::State;

/// A face is nobody's to keep but whose who asked for it.
pub const NO_STORE: &str = "private, no-store";

/// `GET /v2/identity-images`, with the registration's token: the person's own. What is not stored is not
/// there. The slot bounds how many images are in memory at once.
pub async fn own(
    Extract(state): Extract<State>,
    Subject { record_token, id }: Subject,
    allowed: Allowed,
    origin: Origin,
) -> Result<Response, ApiError> {
    let tenant = Tenant::Client(record_token.client().to_owned());
    let found: Option<AppRegistration> = state.app.find(&tenant, &id).await?;
    let found = found.ok_or_else(|| ApiError::not_found(&APP_REGISTRATIONS))?;
    let _slot = take_slot(&state, &allowed)?;
    let mut images = Vec::new();
    for face in Face::ALL {
        let image = state.app.image_of_registration(&found, face).await?;
        if let Some(image) = image {
            note(&state, &image, &origin).await?;
            images.push(image_json(&image));
        }
    }
    Ok(changes_nothing(answer(&images.into())))
}

/// `GET /v2/identity-images/{id}`: one, to a client's token with `media:read` alone.
pub async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::new(&IDENTITY_IMAGE_NOT_FOUND, "Identity image not found");
    let id = id.sent().ok_or_else(unknown)?;
    let _slot = take_slot(&state, &allowed)?;
    let image = state.app.identity_image(&caller.tenant(), id).await?.ok_or_else(unknown)?;
    note(&state, &image, &origin).await?;
    Ok(answer(&image_json(&image)))
}

/// Writes down that somebody looks at a face: that of a face check, or one on a document that was read or checked.
async fn note(state: &State, image: &IdentityImage, origin: &Origin) -> Result<(), ApiError> {
    let resources: &[&'static Resource] = match image.face {
        Face::Taken => &[&BIOMETRIC_VALIDATIONS],
        Face::OnDocument => &[&DOCUMENT_VALIDATIONS, &DOCUMENT_LIVENESS],
    };
    for resource in resources {
        let seen = Seen { resource, record: &image.id, part: "face" };
        if state.app.note_access(seen, None, origin).await? {
            break;
        }
    }
    Ok(())
}

pub fn image_json(image: &IdentityImage) -> Value {
    json!({
        "_id": image.id,
        "category": image.face.word(),
        "base64": STANDARD.encode(&*image.bytes),
    })
}

fn answer(data: &Value) -> Response {
    let body = json!({ "success": true, "data": data }).to_string();
    let mut response = json_response(body.into_bytes());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    response
}
