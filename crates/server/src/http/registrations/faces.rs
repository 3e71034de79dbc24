//! `POST /v2/face-recognition/compare/app-registration`: a selfie and a document, of one person?

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::json;
use verax_domain::device_view::device_view;
use verax_domain::records::app_registration::COMPARISON;
use verax_domain::resources::APP_REGISTRATIONS;

use crate::app::journal::Origin;
use crate::app::registrations::faces::RegistrationFaceError;
use crate::http::answers::services::found;
use crate::http::body::reading::read_measured;
use crate::http::body::unread::Unread;
use crate::http::error::{ApiError, conflict};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::face_service::answers as face_answers;
use crate::http::face_service::errors::FACE_NOT_MEASURABLE;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::authorize::Subject;
use crate::http::state::State;

/// With the registration's token. The body says nothing that would be read.
pub async fn compare(
    Extract(state): Extract<State>,
    Subject { record_token, id: registration }: Subject,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (sent, _place) = read_measured(&state, &allowed, body, &[]).await?;
    sent.finish(&MISSING_PARAMETER)?;
    let client = record_token.client();
    let comparison = state.app.compare_registration(client, &registration, &origin).await?;
    let mut data = face_answers::comparison_for_device(&comparison.check);
    // As the registration's pages see what is kept with it.
    let kept = COMPARISON.field().name;
    data[kept] =
        device_view(&APP_REGISTRATIONS, &json!({ kept: comparison.to_json() }))[kept].take();
    Ok(found(&state, data))
}

impl From<RegistrationFaceError> for ApiError {
    fn from(error: RegistrationFaceError) -> ApiError {
        match error {
            RegistrationFaceError::NoRegistration => ApiError::not_found(&APP_REGISTRATIONS),
            RegistrationFaceError::NoFace => conflict(
                "face_not_set",
                "The registration has no face: its face check comes first.",
            ),
            RegistrationFaceError::NoDocument => conflict(
                "document_face_not_set",
                "The registration has no checked document whose image was stored.",
            ),
            RegistrationFaceError::NoPortrait => ApiError::new(
                &FACE_NOT_MEASURABLE,
                "The image of the document shows no face that can be measured.",
            ),
            RegistrationFaceError::Measure(error) => error.into(),
            RegistrationFaceError::Persons(error) => error.into(),
            RegistrationFaceError::Document(error) => error.into(),
            RegistrationFaceError::ReadDocument(error) => error.into(),
            RegistrationFaceError::Store(error) => error.into(),
        }
    }
}
