//! Proof that a request may do what it asks for, and the checks that give it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use verax_domain::{RecordTokenScope, Scope};

use crate::app::access::{Caller, RecordToken};
use crate::http::error::{ApiError, access_denied};
use crate::http::error_codes::FORBIDDEN;
use crate::http::layers::source_address::SourceAddress;

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
    pub fn record_token(
        record_token: &RecordToken,
        scope: RecordTokenScope,
    ) -> Result<Allowed, ApiError> {
        let subject = record_token.subject(scope).ok_or_else(access_denied)?;
        let record = Some(format!("{}:{subject}", scope.word()));
        Ok(Allowed { client: Some(record_token.client().to_owned()), record, source: None })
    }

    /// For what may be asked without a token. It gets a small share of all bodies.
    pub fn anonymous(SourceAddress(source): SourceAddress) -> Allowed {
        Allowed { client: None, record: None, source: Some(source) }
    }
}

/// What the operation's access has granted; nothing where no operation is called.
impl<S: Sync> FromRequestParts<S> for Allowed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Allowed, ApiError> {
        parts.extensions.get().cloned().ok_or_else(access_denied)
    }
}

/// Whether a caller has one of the scopes; a staff token reads everything.
pub fn may_read(caller: &Caller, scopes: &[&str]) -> bool {
    let has = |word: &&str| Scope::from_word(word).is_some_and(|scope| caller.has(scope));
    caller.has(Scope::Staff) || scopes.iter().any(has)
}

/// Rejects a caller that has none of the scopes.
pub fn require(caller: &Caller, scopes: &[&str]) -> Result<Allowed, ApiError> {
    if may_read(caller, scopes) {
        return Ok(Allowed::caller(caller));
    }
    let scopes = scopes.join(" or ");
    Err(ApiError::new(&FORBIDDEN, format!("The access token needs the scope {scopes}.")))
}

/// Rejects a caller without this scope itself: that a staff token reads everything is another matter.
pub fn require_own(caller: &Caller, scope: Scope) -> Result<Allowed, ApiError> {
    if caller.has(scope) {
        return Ok(Allowed::caller(caller));
    }
    let error = format!("The access token needs the scope {}.", scope.word());
    Err(ApiError::new(&FORBIDDEN, error))
}
