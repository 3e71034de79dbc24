//! `POST /v2/document-liveness`: a photographed document is checked.

use std::time::Duration;

use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_domain::NarrowScope;
use verax_domain::resources::DOCUMENT_LIVENESS;
use verax_query::{Retrieval, Tenant};
use verax_store::StoreError;

use super::State;
use super::admission::admitted_body;
use super::authorize::require_write;
use super::document_order::read_document_order;
use super::error::{ApiError, BODY_TOO_LARGE, IMAGE_TOO_LARGE, INTERNAL};
use super::idempotency::about;
use super::lifecycle_errors::access_denied;
use super::lists::{json, one};
use crate::app::access::Bearer;
use crate::app::document_checks::DocumentCheckError;

/// Answers the whole record, like a retrieve: 200 when the checks are made, 202 when they take
/// longer than the setting `documents.wait_seconds`. The token of an app registration makes the check
/// that registration's.
pub async fn create(
    Extract(state): Extract<State>,
    bearer: Bearer,
    request: Request,
) -> Result<Response, ApiError> {
    let registration = match &bearer {
        Bearer::Caller(caller) => {
            require_write(caller)?;
            None
        }
        Bearer::Holder(holder) => {
            Some(holder.subject(NarrowScope::Registration).ok_or_else(access_denied)?)
        }
    };
    let (_place, body) = admitted_body(&state, request).await?;
    let body = body.map_err(|rejection| refused_body(&state, &rejection))?;
    let app = &state.app;
    let permit = app.measuring.try_document_permit()?;
    // Megabytes of base64 would hold up other requests of this thread.
    let reading = tokio::task::spawn_blocking(move || read_document_order(&body)).await;
    let mut order =
        reading.map_err(|_| ApiError::new(&INTERNAL, "Something went wrong on our side."))??;
    order.app_registration = registration.map(str::to_owned);

    let client = bearer.client().to_owned();
    let (id, work) = app.check_document(&client, order, permit).await?;
    let settings = app.config.now();
    // An answer must be out before the request's own time is over.
    let wait = settings.documents.wait_seconds.min(settings.http.request_seconds * 2 / 3);
    let wait = Duration::from_secs(wait);
    let status = match tokio::time::timeout(wait, work).await {
        // Somebody else has written the end of it: the record says which.
        Ok(Ok(Ok(()) | Err(DocumentCheckError::Store(StoreError::Conflict)))) => StatusCode::OK,
        Ok(Ok(Err(error))) => return Err(error.into()),
        Ok(Err(_)) => return Err(ApiError::new(&INTERNAL, "Something went wrong on our side.")),
        Err(_) => StatusCode::ACCEPTED,
    };

    let tenant = Tenant::Client(client);
    let record = app.database.record(&Retrieval::whole(&DOCUMENT_LIVENESS), &tenant, &id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(&DOCUMENT_LIVENESS))?;
    let mut response = json(one(&state, &DOCUMENT_LIVENESS, &record));
    *response.status_mut() = status;
    Ok(about(&DOCUMENT_LIVENESS, &id, response))
}

fn refused_body(state: &State, rejection: &BytesRejection) -> ApiError {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            let limit = state.app.config.now().http.body_bytes_max;
            let error = format!("The body with its picture is longer than {limit} bytes.");
            ApiError::new(&IMAGE_TOO_LARGE, error)
        }
        _ => ApiError::new(&BODY_TOO_LARGE, "The body was cut off."),
    }
}
