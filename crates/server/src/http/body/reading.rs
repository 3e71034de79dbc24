//! The body of a call, read and checked against its table.

use super::checked::CheckedBody;
use super::parse::Members;
use super::table::{BodyField, Purpose};
use super::unread::{Received, Unread};
use crate::http::error::ApiError;
use crate::http::layers::admission::{Slot, admitted_body, take_slot};
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;

/// A longer body is not parsed on a thread that answers others meanwhile.
const SHORT_BYTES: usize = 64 * 1024;

/// Reads a body. No body at all reads like `{}`, so that its answer names what is missing.
///
/// # Errors
/// It is too long or too slow, or no JSON object. What is wrong with members is in [`CheckedBody`].
pub async fn read(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    fields: &'static [BodyField],
    purpose: Purpose,
) -> Result<CheckedBody, ApiError> {
    let body = body.read(state, allowed, bytes_max(state, fields)).await?;
    parse_body(body, fields, purpose).await
}

/// The body of a call that measures, with the images that its URLs name, and its slot.
pub async fn read_measured(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    fields: &'static [BodyField],
) -> Result<(CheckedBody, Slot), ApiError> {
    let (slot, body) = admitted_body(state, allowed, body, bytes_max(state, fields)).await?;
    let sent = parse_body(body, fields, Purpose::Create).await?;
    if state.app.images.is_none() || !sent.names_urls() {
        return Ok((sent.holding(&slot), slot));
    }
    // Others are measured while somebody else's server is waited for.
    drop(slot);
    let sent = sent.with_fetched(state, allowed).await?;
    let slot = take_slot(state, allowed)?;
    Ok((sent.holding(&slot), slot))
}

/// The body of a call that analyses the images in it, if there are any.
pub async fn read_change(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    fields: &'static [BodyField],
) -> Result<CheckedBody, ApiError> {
    // What is longer than any body without images has some.
    let slot = match body.may_exceed(state.app.config.now().http.plain_body_bytes_max()) {
        true => Some(take_slot(state, allowed)?),
        false => None,
    };
    let sent = read(state, allowed, body, fields, Purpose::Change).await?;
    if state.app.images.is_some() && sent.names_urls() {
        drop(slot);
        return sent.with_fetched(state, allowed).await;
    }
    Ok(CheckedBody { slot, ..sent })
}

/// The longest body that such a table may have: a long one for images alone.
pub fn bytes_max(state: &State, fields: &[BodyField]) -> usize {
    let http = &state.app.config.now().http;
    match fields.iter().any(|member| member.rule.is_image()) {
        true => http.body_bytes_max,
        false => http.plain_body_bytes_max(),
    }
}

async fn parse_body(
    body: Received,
    fields: &'static [BodyField],
    purpose: Purpose,
) -> Result<CheckedBody, ApiError> {
    let bytes = body.bytes.len();
    let parse = move || {
        if body.bytes.trim_ascii().is_empty() {
            return Ok(CheckedBody::new(Members::default(), fields, purpose, &body));
        }
        Ok(CheckedBody::parse(&body, fields, purpose)?)
    };
    parse_apart(bytes, parse).await?
}

/// Parses so many bytes: many of them would hold up other requests of this thread.
pub async fn parse_apart<T: Send + 'static>(
    bytes: usize,
    parse: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if bytes <= SHORT_BYTES {
        return Ok(parse());
    }
    let parsed = tokio::task::spawn_blocking(parse).await;
    parsed.map_err(|_| ApiError::internal())
}
