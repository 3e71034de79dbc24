//! The body of a call, read and checked against its table.

use super::checked::Sent;
use super::parse::Members;
use super::table::{Member, Purpose};
use super::unread::{Received, Unread};
use crate::http::error::ApiError;
use crate::http::error_codes::INTERNAL;
use crate::http::layers::admission::{Place, admitted_body, take_place};
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;

/// A longer body is not parsed on a thread that answers others meanwhile.
const SHORT_BYTES: usize = 64 * 1024;

/// Reads a body. No body at all reads like `{}`, so that its answer names what is missing.
///
/// # Errors
/// It is too long or too slow, or no JSON object. What is wrong with members is in [`Sent`].
pub async fn read(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    known: &'static [Member],
    purpose: Purpose,
) -> Result<Sent, ApiError> {
    let body = body.read(state, allowed, bytes_max(state, known)).await?;
    parse_body(body, known, purpose).await
}

/// The body of a call that measures, with the images that its URLs name, and its place.
pub async fn read_measured(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    known: &'static [Member],
) -> Result<(Sent, Place), ApiError> {
    let (place, body) = admitted_body(state, allowed, body, bytes_max(state, known)).await?;
    let sent = parse_body(body, known, Purpose::Create).await?;
    if state.app.images.is_none() || !sent.names_urls() {
        return Ok((sent.holding(&place), place));
    }
    // Others are measured while somebody else's server is waited for.
    drop(place);
    let sent = sent.with_fetched(state, allowed).await?;
    let place = take_place(state, allowed)?;
    Ok((sent.holding(&place), place))
}

/// The body of a call that analyses the images in it, if there are any.
pub async fn read_change(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    known: &'static [Member],
) -> Result<Sent, ApiError> {
    // What is longer than any body without images has some.
    let place = match body.may_exceed(state.app.config.now().http.plain_body_bytes_max()) {
        true => Some(take_place(state, allowed)?),
        false => None,
    };
    let sent = read(state, allowed, body, known, Purpose::Change).await?;
    if state.app.images.is_some() && sent.names_urls() {
        drop(place);
        return sent.with_fetched(state, allowed).await;
    }
    Ok(Sent { place, ..sent })
}

/// The longest body that such a table may have: a long one for images alone.
pub fn bytes_max(state: &State, known: &[Member]) -> usize {
    let http = &state.app.config.now().http;
    match known.iter().any(|member| member.rule.is_picture()) {
        true => http.body_bytes_max,
        false => http.plain_body_bytes_max(),
    }
}

async fn parse_body(
    body: Received,
    known: &'static [Member],
    purpose: Purpose,
) -> Result<Sent, ApiError> {
    let bytes = body.bytes.len();
    let parse = move || {
        if body.bytes.trim_ascii().is_empty() {
            return Ok(Sent::new(Members::default(), known, purpose, body.now));
        }
        Ok(Sent::parse(&body, known, purpose)?)
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
    parsed.map_err(|_| ApiError::new(&INTERNAL, "Something went wrong on our side."))
}
