//! The body of a document that is to be read, and the work that follows.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use verax_domain::records::document_validation::InputMethod;
use verax_domain::resources::DOCUMENT_VALIDATIONS;
use verax_query::{Audience, Problem, Retrieval, Tenant};
use verax_vision::image::{DecodeLimits, Image};

use super::errors::DOCUMENT_PARAMETER_MISSING;
use crate::app::access::{Bearer, ImageUrls};
use crate::app::document_validations::DocumentValidationError;
use crate::app::document_validations::making::{BegunReading, SentDocument};
use crate::app::document_validations::reading::SideImages;
use crate::app::faces::{SentImage, decode_base64};
use crate::http::answers::image_urls::sign_image_urls;
use crate::http::answers::shown;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::parse_apart;
use crate::http::body::table::{BodyField, Default, Rule, optional};
use crate::http::error::ApiError;
use crate::http::error_codes::INVALID_IMAGE_FORMAT;
use crate::http::layers::idempotency::about;
use crate::http::state::State;

pub(super) const FRONT: BodyField = optional(
    "image",
    Rule::Image,
    "The front: a JPEG, PNG or WebP in base64, bare or as a data URI.",
);
pub(super) const BACK: BodyField =
    optional("backImage", Rule::Image, "The back, in the same form.");
pub(super) const INPUT: BodyField =
    optional("inputMethod", Rule::Word(&InputMethod::WORDS), "Where the images come from.")
        .or(Default::Word("NOT_SET"));
pub(super) const SAVE: BodyField = optional(
    "saveImage",
    Rule::Flag,
    "Whether the images are stored encrypted; where it is not sent, the setting documents.keep_images.",
);

/// The images of a body, decoded from base64 and looked at; no pixels.
///
/// # Errors
/// One is no image, or too large.
pub(super) async fn take_document(
    state: &State,
    mut sent: CheckedBody,
) -> Result<SentDocument, ApiError> {
    let config = state.app.config.now();
    let force = sent.flag("force");
    let save_images = match sent.members.get("saveImage") {
        Some(Value::Bool(save)) => *save,
        _ => config.documents.keep_images,
    };
    let input = InputMethod::from_word(sent.text("inputMethod").unwrap_or_default());
    let (front, back) = (sent.images("image").pop(), sent.images("backImage").pop());
    let chars = [&front, &back].into_iter().flatten();
    let length = chars.map(|image| image.base64.as_str().len()).sum();
    let limits = config.images.decode_limits();
    let decode = move || -> Result<SideImages, ApiError> {
        let decoded = |image: Option<SentImage>| image.map(|it| decoded(&it, &limits)).transpose();
        Ok(SideImages { front: decoded(front)?, back: decoded(back)? })
    };
    let images = parse_apart(length, decode).await??;
    Ok(SentDocument { images, input, force, save_images })
}

fn decoded(image: &SentImage, limits: &DecodeLimits) -> Result<Vec<u8>, ApiError> {
    let Some(bytes) = decode_base64(image.base64.as_str()) else {
        let parameter = image.parameter.clone();
        let message = format!("\"{parameter}\" must be a JPEG, PNG or WebP image in base64");
        let problem = vec![Problem { parameter, message }];
        return Err(ApiError::body(&INVALID_IMAGE_FORMAT, "The image cannot be used", problem));
    };
    let side = if image.parameter.starts_with("back") { "backImage" } else { "image" };
    match Image::inspect(&bytes, limits) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(DocumentValidationError::Image { side, error }.into()),
    }
}

/// Waits for the work as long as the setting `documents.wait_seconds` says: 200 when it is done, 202 with the
/// record as it stands when it takes longer.
pub(super) async fn await_reading(
    state: &State,
    (_, work): BegunReading,
) -> Result<StatusCode, ApiError> {
    let settings = state.app.config.now();
    // An answer must be out before the request's own time is over.
    let wait = settings.documents.wait_seconds.min(settings.http.request_seconds * 2 / 3);
    match tokio::time::timeout(Duration::from_secs(wait), work).await {
        // Somebody else has written the end of it: the record says which.
        Ok(Ok(Ok(()) | Err(DocumentValidationError::Ended))) => Ok(StatusCode::OK),
        // The work has logged its error itself.
        Ok(Ok(Err(error))) => Err(ApiError::from(error).logged()),
        Ok(Err(_)) => Err(ApiError::internal()),
        Err(_) => Ok(StatusCode::ACCEPTED),
    }
}

/// A record as its caller may see it, with the URLs of its images as they may have them.
pub(super) async fn shown_record(
    state: &State,
    bearer: &Bearer,
    id: &str,
) -> Result<Value, ApiError> {
    let tenant = Tenant::Client(bearer.client().to_owned());
    let whole = Retrieval::whole(&DOCUMENT_VALIDATIONS);
    let record = state.app.record_bytes(&whole, &tenant, id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(&DOCUMENT_VALIDATIONS))?;
    let urls = match bearer.audience() {
        Audience::Client => bearer.image_urls(),
        Audience::Device => ImageUrls::Unsigned,
    };
    let signed = sign_image_urls(state, &DOCUMENT_VALIDATIONS, urls, &record);
    let record =
        serde_json::from_slice(&signed).map_err(|error| ApiError::internal().caused(error))?;
    Ok(shown(bearer.audience(), &DOCUMENT_VALIDATIONS, record))
}

/// The same, as an answer about this record.
pub(super) fn about_document(id: &str, response: Response) -> Response {
    about(&DOCUMENT_VALIDATIONS, id, response)
}

/// What is wrong with the members of such a body.
pub(super) fn finish(sent: CheckedBody) -> Result<CheckedBody, ApiError> {
    sent.finish(&DOCUMENT_PARAMETER_MISSING)
}
