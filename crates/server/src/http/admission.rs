//! A place among what is measured, taken before a call's body is read.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::EXPECT;
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use verax_vision::workers::Overloaded;

use super::State;
use super::error::ApiError;
use crate::app::measuring::MeasuringError;

/// Held until a call is answered: there are as many as may be measured or wait for it.
pub type Place = OwnedSemaphorePermit;

/// The body of a call that measures, and its place. A refusal costs next to nothing: the body is
/// neither kept nor parsed.
///
/// A sender that takes longer than `vision.body_milliseconds` loses its place to others, and gets
/// one again, or is refused, when all of its body is there.
pub async fn admitted_body(
    state: &State,
    request: Request,
) -> Result<(Place, Result<Bytes, BytesRejection>), ApiError> {
    let place = match take_place(state) {
        Ok(place) => place,
        Err(error) => {
            let expects = request.headers().contains_key(EXPECT);
            // Who asks first whether to send has sent nothing that would have to be taken.
            if !expects {
                tokio::spawn(discard(state.clone(), request.into_body()));
            }
            return Err(error);
        }
    };
    let patience = Duration::from_millis(state.app.config.now().vision.body_milliseconds);
    let mut reading = std::pin::pin!(Bytes::from_request(request, state));
    if let Ok(read) = tokio::time::timeout(patience, &mut reading).await {
        return Ok((place, read));
    }
    drop(place);
    let read = reading.await;
    Ok((take_place(state)?, read))
}

fn take_place(state: &State) -> Result<Place, ApiError> {
    // Work that outlives its call, or is no call's, takes room too.
    let place = state
        .app
        .measuring
        .refuse_when_full()
        .and_then(|()| Arc::clone(&state.places).try_acquire_owned().map_err(|_| Overloaded));
    place.map_err(|overloaded| MeasuringError::from(overloaded).into())
}

// Many clients read an answer only when they have sent everything: one whose connection is closed
// before would see a broken connection and not the answer.
async fn discard(state: State, body: Body) {
    let config = state.app.config.now();
    let http = &config.http;
    let mut bytes_left = http.body_bytes_max;
    let mut pieces = body.into_data_stream();
    let taking = async {
        while let Some(Ok(piece)) = pieces.next().await {
            bytes_left = bytes_left.saturating_sub(piece.len());
            if bytes_left == 0 {
                break;
            }
        }
    };
    // Too slow or too long: the connection is closed on it.
    let _ = tokio::time::timeout(Duration::from_secs(http.request_seconds), taking).await;
}
