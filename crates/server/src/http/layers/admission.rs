//! Admission control: a permit is taken before the body is read.

use std::sync::Arc;
use std::time::Duration;

use verax_vision::workers::Overloaded;

use crate::app::admission::AdmissionError;
use crate::http::body::unread::{BodyError, Received, Unread};
use crate::http::error::ApiError;
use crate::http::error_codes::UNAVAILABLE;
use crate::http::layers::allowed::Allowed;
use crate::http::state::{FETCHING_MAX, State};
use crate::metrics::Scarce;
use crate::shares::Share;

/// Held until a call is answered and its work has ended: there are as many as may be measured or
/// wait for it.
pub type Slot = Arc<Share>;

/// The body of a call that measures, and its slot. A rejection costs next to nothing: the body is
/// neither kept nor parsed. What a known caller sends all the same is taken off the connection and
/// thrown away, a stranger's only as far as it is short.
///
/// A sender that takes longer than `vision.body_milliseconds` loses its slot to others, and gets
/// one again, or is rejected, when all of its body is there.
pub async fn admitted_body(
    state: &State,
    allowed: &Allowed,
    body: Unread,
    bytes_max: usize,
) -> Result<(Slot, Received), BodyError> {
    let take = || take_slot(state, allowed).map_err(BodyError::Rejected);
    let slot = take()?;
    let patience = Duration::from_millis(state.app.config.now().vision.body_milliseconds);
    let mut reading = std::pin::pin!(body.read(state, allowed, bytes_max));
    if let Ok(read) = tokio::time::timeout(patience, &mut reading).await {
        return Ok((slot, read?));
    }
    drop(slot);
    let read = reading.await?;
    Ok((take()?, read))
}

/// A slot for this caller's client, of whom others have room beside it.
pub fn take_slot(state: &State, allowed: &Allowed) -> Result<Slot, ApiError> {
    // Work that is no call's takes room too.
    let slot = state.app.admission.reject_when_full().and_then(|()| {
        let client = allowed.client().unwrap_or_default();
        let own = client_max(state.app.admission.threads(), state.slots.max());
        state.slots.take(client, 1, own).map(Arc::new).ok_or(Overloaded)
    });
    slot.map_err(|overloaded| AdmissionError::from(overloaded).into())
}

/// How many of all slots one client may have: half of them, and as many as there are threads to
/// measure on; but never the last one, unless that is the only one.
fn client_max(threads: usize, slots: usize) -> usize {
    threads.max(slots / 2).min(slots.saturating_sub(1)).max(1)
}

/// Leave to wait for images of other servers. Nothing that others need is held meanwhile.
pub fn may_fetch(state: &State, allowed: &Allowed) -> Result<Share, ApiError> {
    let client = allowed.client().unwrap_or_default();
    state.fetching.take(client, 1, FETCHING_MAX / 2).ok_or_else(|| {
        let error = "The server is fetching as many images as it can. Try again in a moment.";
        ApiError::new(&UNAVAILABLE, error).lacking(Scarce::Fetching).retry_after(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_leaves_a_place_and_idles_no_thread() {
        for (threads, waiting, own) in [(2, 8, 5), (1, 8, 4), (16, 8, 16), (2, 0, 1), (1, 1, 1)] {
            assert_eq!(client_max(threads, threads + waiting), own, "{threads} + {waiting}");
        }
        assert_eq!(client_max(1, 1), 1, "the only one is anybody's");
    }
}
