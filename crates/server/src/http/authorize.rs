//! Who calls: the token of a request, checked, and its share of requests taken.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use verax_domain::Scope;

use super::State;
use super::error::{ApiError, FORBIDDEN, TOO_MANY_REQUESTS};
use super::limits::Allowance;
use crate::app::access::Caller;

/// Where the extractor leaves what the answer's headers will say.
#[derive(Clone, Default)]
pub struct AllowanceSlot(pub Arc<OnceLock<Allowance>>);

impl FromRequestParts<State> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Caller, ApiError> {
        let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let caller = state.app.authenticate(authorization).await?;
        take_share(state, &caller, parts.extensions.get())?;
        Ok(caller)
    }
}

/// Takes one of the token's requests, and leaves in the slot what the answer's headers will say.
pub fn take_share(
    state: &State,
    caller: &Caller,
    slot: Option<&AllowanceSlot>,
) -> Result<(), ApiError> {
    let (taken, allowance) = match state.limits.take(caller.token_id()) {
        Ok(allowance) => (Ok(()), allowance),
        Err(allowance) => {
            let error = format!("More than {} requests in a minute.", allowance.limit);
            let error = ApiError::new(&TOO_MANY_REQUESTS, error);
            (Err(error.retry_after(allowance.reset_seconds)), Some(allowance))
        }
    };
    if let (Some(slot), Some(allowance)) = (slot, allowance) {
        // A request takes its share once.
        let _ = slot.0.set(allowance);
    }
    taken
}

/// Refuses a caller that has none of the scopes; a staff token reads everything.
pub fn require(caller: &Caller, scopes: &[&str]) -> Result<(), ApiError> {
    let has = |word: &&str| Scope::from_word(word).is_some_and(|scope| caller.has(scope));
    if caller.has(Scope::Staff) || scopes.iter().any(has) {
        return Ok(());
    }
    let scopes = scopes.join(" or ");
    Err(ApiError::new(&FORBIDDEN, format!("The access token needs the scope {scopes}.")))
}
