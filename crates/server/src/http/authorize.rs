//! Who calls: the token of a request, checked, and its share of requests taken.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use verax_domain::Scope;

use super::State;
use super::error::{ApiError, FORBIDDEN, TOO_MANY_REQUESTS};
use super::limits::Allowance;
use crate::app::access::{Bearer, Caller};

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

/// For the few operations that take the token of one record too.
impl FromRequestParts<State> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Bearer, ApiError> {
        let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = state.app.identify(authorization).await?;
        take(state, bearer.token_id(), parts.extensions.get())?;
        Ok(bearer)
    }
}

/// For operations that a project may open to anybody: `None` where no token was sent at all.
pub struct MaybeBearer(pub Option<Bearer>);

impl FromRequestParts<State> for MaybeBearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<MaybeBearer, ApiError> {
        if parts.headers.contains_key(AUTHORIZATION) {
            return Ok(MaybeBearer(Some(Bearer::from_request_parts(parts, state).await?)));
        }
        Ok(MaybeBearer(None))
    }
}

/// Takes one of the token's requests, and leaves in the slot what the answer's headers will say.
pub fn take_share(
    state: &State,
    caller: &Caller,
    slot: Option<&AllowanceSlot>,
) -> Result<(), ApiError> {
    take(state, caller.token_id(), slot)
}

/// The same for whoever is counted under this name.
pub fn take(state: &State, name: &str, slot: Option<&AllowanceSlot>) -> Result<(), ApiError> {
    let limit = state.app.config.now().rate_limit.requests_per_minute;
    let (taken, allowance) = match state.limits.take(name, limit) {
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

/// Whether a caller has one of the scopes; a staff token reads everything.
pub fn may_read(caller: &Caller, scopes: &[&str]) -> bool {
    let has = |word: &&str| Scope::from_word(word).is_some_and(|scope| caller.has(scope));
    caller.has(Scope::Staff) || scopes.iter().any(has)
}

/// Refuses a caller that has none of the scopes.
pub fn require(caller: &Caller, scopes: &[&str]) -> Result<(), ApiError> {
    if may_read(caller, scopes) {
        return Ok(());
    }
    let scopes = scopes.join(" or ");
    Err(ApiError::new(&FORBIDDEN, format!("The access token needs the scope {scopes}.")))
}

/// Refuses a caller that may not write; that a staff token reads everything is another matter.
pub fn require_write(caller: &Caller) -> Result<(), ApiError> {
    require_own(caller, Scope::Write)
}

/// Refuses a caller that may not see images. A staff token alone may not.
pub fn require_media(caller: &Caller) -> Result<(), ApiError> {
    require_own(caller, Scope::ReadMedia)
}

fn require_own(caller: &Caller, scope: Scope) -> Result<(), ApiError> {
    if caller.has(scope) {
        return Ok(());
    }
    let error = format!("The access token needs the scope {}.", scope.word());
    Err(ApiError::new(&FORBIDDEN, error))
}
