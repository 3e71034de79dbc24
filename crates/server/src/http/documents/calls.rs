//! `POST /v2/document-liveness`: a photographed document is checked.

use std::time::Duration;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use verax_domain::RecordTokenScope;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Retrieval, Tenant};

use crate::app::access::Bearer;
use crate::app::documents::DocumentCheckError;
use crate::app::journal::Origin;
use crate::http::answers::{json, one_with_images};
use crate::http::body::reading::{bytes_max, parse_apart};
use crate::http::body::unread::{BodyError, Unread};
use crate::http::documents::order::{DOCUMENT_BODY, read_document_order};
use crate::http::error::ApiError;
use crate::http::error_codes::IMAGE_TOO_LARGE;
use crate::http::layers::admission::admitted_body;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::idempotency::about;
use crate::http::state::State;

/// Answers the whole record, like a retrieve: 200 when the checks are made, 202 when they take
/// longer than the setting `documents.wait_seconds`. The token of an app registration makes the check
/// that registration's.
pub async fn create(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let registration = match &bearer {
        Bearer::Caller(_) => None,
        Bearer::RecordToken(record_token) => record_token.subject(RecordTokenScope::Registration),
    };
    let limit = bytes_max(&state, DOCUMENT_BODY);
    let admitted = admitted_body(&state, &allowed, body, limit).await;
    let (slot, body) = admitted.map_err(rejected_body)?;
    let app = &state.app;
    let (permit, engine) = app.admission.try_document_permit()?;
    let (bytes, limits) = (body.bytes.len(), app.config.now().images.decode_limits());
    let mut order = parse_apart(bytes, move || read_document_order(&body, &limits)).await??;
    order.app_registration = registration.map(str::to_owned);
    // The work goes on although its caller does not wait: its slot is taken until then.
    let permit = (permit.holding(slot), engine);

    let client = bearer.client().to_owned();
    let (id, work) = app.check_document(&client, order, permit, &origin).await?;
    let settings = app.config.now();
    // An answer must be out before the request's own time is over.
    let wait = settings.documents.wait_seconds.min(settings.http.request_seconds * 2 / 3);
    let wait = Duration::from_secs(wait);
    let status = match tokio::time::timeout(wait, work).await {
        // Somebody else has written the end of it: the record says which.
        Ok(Ok(Ok(()) | Err(DocumentCheckError::Ended))) => StatusCode::OK,
        Ok(Ok(Err(error))) => return Err(error.into()),
        Ok(Err(_)) => return Err(ApiError::internal()),
        Err(_) => StatusCode::ACCEPTED,
    };

    let tenant = Tenant::Client(client);
    let record = app.record_bytes(&Retrieval::whole(&DOCUMENT_LIVENESS), &tenant, &id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(&DOCUMENT_LIVENESS))?;
    // All of it comes from what was sent: whoever may write may see it, but for the image.
    let (audience, urls) = (bearer.audience(), bearer.image_urls());
    let mut response = json(one_with_images(&state, audience, urls, &DOCUMENT_LIVENESS, &record));
    *response.status_mut() = status;
    Ok(about(&DOCUMENT_LIVENESS, &id, response))
}

fn rejected_body(error: BodyError) -> ApiError {
    match error {
        BodyError::TooLong(limit) => {
            let error = format!("The body with its image is longer than {limit} bytes.");
            ApiError::new(&IMAGE_TOO_LARGE, error)
        }
        error => error.into(),
    }
}
