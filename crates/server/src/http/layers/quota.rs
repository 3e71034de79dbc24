//! The share of requests that a request takes: of its token, its client, its address.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::access::{Bearer, Caller};
use crate::http::error::ApiError;
use crate::http::error_codes::TOO_MANY_REQUESTS;
use crate::http::layers::rate_limit::Allowance;
use crate::http::layers::source_address::SourceAddress;
use crate::http::state::State;
use crate::metrics::RateLimit;

/// Where a check leaves what the answer's headers will say.
#[derive(Clone, Default)]
pub struct AllowanceSlot(pub Arc<OnceLock<Allowance>>);

/// Takes one of the requests that this token may make.
///
/// # Errors
/// It has none left.
pub fn take_of_bearer(parts: &Parts, state: &State, bearer: &Bearer) -> Result<(), ApiError> {
    match bearer {
        Bearer::Caller(caller) => take_share(state, caller, parts.extensions.get()),
        // A new token for the same record is no new share.
        Bearer::RecordToken(_) => {
            let name = format!("{} {}", bearer.client(), bearer.rights());
            take(state, &name, "with the tokens of this record", parts.extensions.get())
        }
    }
}

/// Takes one of the requests that may come from an address without a token.
pub async fn take_anonymous(parts: &mut Parts, state: &State) -> Result<(), ApiError> {
    let limit = state.app.config.now().rate_limit.anonymous_requests_per_minute;
    let Ok(SourceAddress(source)) = SourceAddress::from_request_parts(parts, state).await;
    let taken = state.limits.anonymous.take(&source.to_string(), limit);
    let taken = taken.map_err(used_up("without a token from this address", RateLimit::Anonymous));
    record_allowance(state, taken, parts.extensions.get())
}

/// Takes one of the requests with a wrong token that may come from an address.
///
/// # Errors
/// It has none left.
pub async fn take_rejected(parts: &mut Parts, state: &State) -> Result<(), ApiError> {
    let limit = state.app.config.now().rate_limit.rejected_tokens_per_minute;
    let Ok(SourceAddress(source)) = SourceAddress::from_request_parts(parts, state).await;
    match state.limits.rejected.take(&source.to_string(), limit) {
        // What is left to others at this address is not said.
        Ok(_) => Ok(()),
        Err(allowance) => {
            let counted = "with a wrong token from this address";
            Err(used_up(counted, RateLimit::RejectedTokens)(allowance).rejection(state))
        }
    }
}

/// Takes one of the answers that tell a stranger at this address that somebody is registered. They are
/// counted with wrong tokens: both are how somebody guesses.
///
/// # Errors
/// It has none left.
pub fn take_guess(state: &State, source: IpAddr) -> Result<(), ApiError> {
    let limit = state.app.config.now().rate_limit.rejected_tokens_per_minute;
    match state.limits.rejected.take(&source.to_string(), limit) {
        Ok(_) => Ok(()),
        Err(allowance) => {
            let counted = "that were rejected from this address";
            Err(used_up(counted, RateLimit::RejectedTokens)(allowance).rejection(state))
        }
    }
}

/// Takes one of the token's requests and one of its client's, and leaves in the slot what the
/// answer's headers will say: of the two, whichever is used up first.
fn take_share(
    state: &State,
    caller: &Caller,
    slot: Option<&AllowanceSlot>,
) -> Result<(), ApiError> {
    let limits = &state.app.config.now().rate_limit;
    let own = state.limits.tokens.take(caller.token_id(), limits.requests_per_minute);
    let taken = own.map_err(used_up("with this token", RateLimit::Token)).and_then(|own| {
        let limit = limits.client_requests_per_minute;
        let clients = state.limits.clients.take(caller.client(), limit);
        let counted = "with all tokens of this client";
        let clients = clients.map_err(used_up(counted, RateLimit::Client))?;
        Ok(match (own, clients) {
            (Some(own), Some(clients)) if clients.remaining < own.remaining => Some(clients),
            (own, clients) => own.or(clients),
        })
    });
    record_allowance(state, taken, slot)
}

/// Takes one of the requests of whoever is counted under this name, like a token.
pub fn take(
    state: &State,
    name: &str,
    counted: &'static str,
    slot: Option<&AllowanceSlot>,
) -> Result<(), ApiError> {
    let limit = state.app.config.now().rate_limit.requests_per_minute;
    let taken = state.limits.tokens.take(name, limit);
    record_allowance(state, taken.map_err(used_up(counted, RateLimit::Token)), slot)
}

fn record_allowance(
    state: &State,
    taken: Result<Option<Allowance>, UsedUp>,
    slot: Option<&AllowanceSlot>,
) -> Result<(), ApiError> {
    let (taken, allowance) = match taken {
        Ok(allowance) => (Ok(()), allowance),
        Err(used_up) => (Err(used_up.rejection(state)), Some(used_up.allowance)),
    };
    if let (Some(slot), Some(allowance)) = (slot, allowance) {
        // A request takes its share once.
        let _ = slot.0.set(allowance);
    }
    taken
}

/// No request is left of those that are counted so.
struct UsedUp {
    allowance: Allowance,
    counted: &'static str,
    limit: RateLimit,
}

fn used_up(counted: &'static str, limit: RateLimit) -> impl Fn(Allowance) -> UsedUp {
    move |allowance| UsedUp { allowance, counted, limit }
}

impl UsedUp {
    fn rejection(&self, state: &State) -> ApiError {
        state.metrics.rate_limited(self.limit);
        let Allowance { limit, reset_seconds, .. } = self.allowance;
        let error = format!("More than {limit} requests in a minute {}.", self.counted);
        ApiError::new(&TOO_MANY_REQUESTS, error).retry_after(reset_seconds)
    }
}
