//! Who calls: the token of a request, checked, and its share of requests taken.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use verax_domain::{NarrowScope, Scope};

use super::State;
use super::body::SealedBody;
use super::error::{ApiError, FORBIDDEN, TOO_MANY_REQUESTS};
use super::lifecycle_errors::access_denied;
use super::limits::Allowance;
use super::source_address::SourceAddress;
use crate::app::access::{AccessError, Bearer, Caller, Holder};
use crate::metrics::{RateLimit, TokenFailure};

/// Where the extractor leaves what the answer's headers will say.
#[derive(Clone, Default)]
pub struct AllowanceSlot(pub Arc<OnceLock<Allowance>>);

/// That somebody may do what they ask for: their token was checked, and its scope. Nobody's body is
/// read without it.
#[derive(Clone, Debug)]
pub struct Allowed {
    client: Option<String>,
    /// Of a token for one record.
    record: Option<String>,
    /// Of a call without a token.
    source: Option<IpAddr>,
}

impl Allowed {
    /// The client in whose name it is asked; `None`: nobody's.
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The record for whose token it is, as a name among those of its client.
    pub fn record(&self) -> Option<&str> {
        self.record.as_deref()
    }

    /// The source address of a call without a token.
    pub fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// For what any token of a client may do, whatever its scopes.
    pub fn caller(caller: &Caller) -> Allowed {
        Allowed { client: Some(caller.client().to_owned()), record: None, source: None }
    }

    /// For what the token of one such record may do.
    ///
    /// # Errors
    /// It is for a record of another kind.
    pub fn holder(holder: &Holder, scope: NarrowScope) -> Result<Allowed, ApiError> {
        let subject = holder.subject(scope).ok_or_else(access_denied)?;
        let record = Some(format!("{}:{subject}", scope.word()));
        Ok(Allowed { client: Some(holder.client().to_owned()), record, source: None })
    }

    /// For what may be asked without a token. It gets a small share of all bodies.
    pub fn anonymous(SourceAddress(source): SourceAddress) -> Allowed {
        Allowed { client: None, record: None, source: Some(source) }
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Caller, ApiError> {
        admit_caller(parts, state, ApiError::from).await
    }
}

/// For the few operations that take the token of one record too.
impl FromRequestParts<State> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Bearer, ApiError> {
        admit_bearer(parts, state, ApiError::from).await
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
        take_anonymous(parts, state).await?;
        Ok(MaybeBearer(None))
    }
}

/// The caller of a request, and its share of requests taken. `refuse` says what a wrong token is
/// told.
pub async fn admit_caller(
    parts: &mut Parts,
    state: &State,
    refuse: impl Fn(AccessError) -> ApiError,
) -> Result<Caller, ApiError> {
    match admit_bearer(parts, state, &refuse).await? {
        Bearer::Caller(caller) => Ok(caller),
        Bearer::Holder(_) => {
            state.metrics.token_failed(TokenFailure::OfOneRecord);
            Err(refuse(AccessError::Narrow))
        }
    }
}

/// The same where the token may be for one record.
pub async fn admit_bearer(
    parts: &mut Parts,
    state: &State,
    refuse: impl FnOnce(AccessError) -> ApiError,
) -> Result<Bearer, ApiError> {
    let identified = match authorization(parts) {
        Ok(authorization) => state.app.identify(authorization).await,
        Err(error) => Err(error),
    };
    let bearer = match identified {
        Ok(bearer) => bearer,
        Err(error) => return Err(reject(parts, state, error, refuse).await),
    };
    SealedBody::mark_authenticated(parts);
    match &bearer {
        Bearer::Caller(caller) => take_share(state, caller, parts.extensions.get())?,
        // A new token for the same record is no new share.
        Bearer::Holder(_) => {
            let name = format!("{} {}", bearer.client(), bearer.rights());
            take(state, &name, "with the tokens of this record", parts.extensions.get())?;
        }
    }
    Ok(bearer)
}

/// Takes one of the requests that may come from an address without a token.
pub async fn take_anonymous(parts: &mut Parts, state: &State) -> Result<(), ApiError> {
    let limit = state.app.config.now().rate_limit.anonymous_requests_per_minute;
    let Ok(SourceAddress(source)) = SourceAddress::from_request_parts(parts, state).await;
    let taken = state.limits.anonymous.take(&source.to_string(), limit);
    let taken = taken.map_err(used_up("without a token from this address", RateLimit::Anonymous));
    record_allowance(state, taken, parts.extensions.get())
}

/// Of two such headers a proxy in front may have read the other one.
fn authorization(parts: &Parts) -> Result<Option<&str>, AccessError> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(AccessError::Invalid),
        (value, None) => Ok(value.and_then(|value| value.to_str().ok())),
    }
}

/// What a request with a wrong token, or without one, is told; from an address with too many of
/// them, that. A right token is let in from there all the same: it may be the address of many.
async fn reject(
    parts: &mut Parts,
    state: &State,
    error: AccessError,
    refuse: impl FnOnce(AccessError) -> ApiError,
) -> ApiError {
    let reason = match &error {
        AccessError::Store(_) => return refuse(error),
        AccessError::Missing => TokenFailure::Missing,
        AccessError::Invalid => TokenFailure::Invalid,
        AccessError::Expired => TokenFailure::Expired,
        AccessError::Revoked => TokenFailure::Revoked,
        AccessError::OldSandbox => TokenFailure::OldSandbox,
        AccessError::Narrow => TokenFailure::OfOneRecord,
    };
    state.metrics.token_failed(reason);
    let limit = state.app.config.now().rate_limit.rejected_tokens_per_minute;
    let Ok(SourceAddress(source)) = SourceAddress::from_request_parts(parts, state).await;
    match state.limits.rejected.take(&source.to_string(), limit) {
        // What is left to others at this address is not said.
        Ok(_) => refuse(error),
        Err(allowance) => {
            let counted = "with a wrong token from this address";
            used_up(counted, RateLimit::RejectedTokens)(allowance).refusal(state)
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
        Err(used_up) => (Err(used_up.refusal(state)), Some(used_up.allowance)),
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
    fn refusal(&self, state: &State) -> ApiError {
        state.metrics.rate_limited(self.limit);
        let Allowance { limit, reset_seconds, .. } = self.allowance;
        let error = format!("More than {limit} requests in a minute {}.", self.counted);
        ApiError::new(&TOO_MANY_REQUESTS, error).retry_after(reset_seconds)
    }
}

/// Whether a caller has one of the scopes; a staff token reads everything.
pub fn may_read(caller: &Caller, scopes: &[&str]) -> bool {
    let has = |word: &&str| Scope::from_word(word).is_some_and(|scope| caller.has(scope));
    caller.has(Scope::Staff) || scopes.iter().any(has)
}

/// Refuses a caller that has none of the scopes.
pub fn require(caller: &Caller, scopes: &[&str]) -> Result<Allowed, ApiError> {
    if may_read(caller, scopes) {
        return Ok(Allowed::caller(caller));
    }
    let scopes = scopes.join(" or ");
    Err(ApiError::new(&FORBIDDEN, format!("The access token needs the scope {scopes}.")))
}

/// Refuses a caller that may not write; that a staff token reads everything is another matter.
pub fn require_write(caller: &Caller) -> Result<Allowed, ApiError> {
    require_own(caller, Scope::Write)
}

/// Refuses a caller that may not see images. A staff token alone may not.
pub fn require_media(caller: &Caller) -> Result<Allowed, ApiError> {
    require_own(caller, Scope::ReadMedia)
}

fn require_own(caller: &Caller, scope: Scope) -> Result<Allowed, ApiError> {
    if caller.has(scope) {
        return Ok(Allowed::caller(caller));
    }
    let error = format!("The access token needs the scope {}.", scope.word());
    Err(ApiError::new(&FORBIDDEN, error))
}
