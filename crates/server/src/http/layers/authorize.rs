//! Authentication: the token of a request is checked against what its operation asks for.

use axum::extract::{FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use verax_domain::RecordTokenScope;

use crate::app::access::{AccessError, Bearer, Caller, RecordToken};
use crate::app::journal::Origin;
use crate::http::body::unread::UnreadBody;
use crate::http::error::ApiError;
use crate::http::layers::access::{Access, Rejection, WithoutToken};
use crate::http::layers::allowed::Allowed;
use crate::http::layers::observe::RequestId;
use crate::http::layers::quota::{take_anonymous, take_of_bearer, take_rejected};
use crate::http::layers::source_address::SourceAddress;
use crate::http::state::State;
use crate::metrics::TokenFailure;

/// Around every operation: lets those in whom its access names, and leaves the handler who calls and
/// what it is allowed.
pub async fn authorize(access: Access, state: State, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&access, &mut parts, &state).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(access: &Access, parts: &mut Parts, state: &State) -> Result<(), ApiError> {
    let may_lack_token =
        matches!(access.without_token, WithoutToken::AsProjectAllows | WithoutToken::WithSignedUrl);
    if may_lack_token && !parts.headers.contains_key(AUTHORIZATION) {
        take_anonymous(parts, state).await?;
        let Ok(source) = SourceAddress::from_request_parts(parts, state).await;
        parts.extensions.insert(Allowed::anonymous(source));
        parts.extensions.insert(Origin::anonymous(request_id(parts)));
        return Ok(());
    }
    let reject = |error| (access.wrong_token)(state, error);
    let identified = match authorization(parts) {
        Ok(authorization) => state.app.identify(authorization).await,
        Err(error) => Err(error),
    };
    let bearer = match identified {
        Ok(bearer) => bearer,
        Err(error) => {
            note_failure(parts, state, &error).await?;
            return Err(reject(error));
        }
    };
    UnreadBody::mark_authenticated(parts);
    take_of_bearer(parts, state, &bearer)?;
    let allowed = match &bearer {
        Bearer::Caller(caller) => access.check_caller(caller)?,
        Bearer::RecordToken(record_token) => {
            access.check_record_token(record_token).inspect_err(|_| {
                if matches!(access.other_records, Rejection::RecordToken) {
                    state.metrics.token_failed(TokenFailure::OfOneRecord);
                }
            })?
        }
    };
    parts.extensions.insert(allowed);
    parts.extensions.insert(Origin::token(bearer.token_id(), request_id(parts)));
    parts.extensions.insert(bearer);
    Ok(())
}

/// Counts a request with a wrong token, or without one; from an address with too many of them, that is
/// what it is told. A right token is let in from there all the same: it may be the address of many.
async fn note_failure(
    parts: &mut Parts,
    state: &State,
    error: &AccessError,
) -> Result<(), ApiError> {
    let reason = match error {
        AccessError::Store(_) => return Ok(()),
        AccessError::Missing => TokenFailure::Missing,
        AccessError::Invalid => TokenFailure::Invalid,
        AccessError::Expired => TokenFailure::Expired,
        AccessError::Revoked => TokenFailure::Revoked,
        AccessError::OldSandbox => TokenFailure::OldSandbox,
        AccessError::RecordToken => TokenFailure::OfOneRecord,
    };
    state.metrics.token_failed(reason);
    take_rejected(parts, state).await
}

fn request_id(parts: &Parts) -> Option<String> {
    parts.extensions.get().map(|RequestId(id)| id.clone())
}

/// Of two such headers a proxy in front may have read the other one.
fn authorization(parts: &Parts) -> Result<Option<&str>, AccessError> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(AccessError::Invalid),
        (value, None) => Ok(value.and_then(|value| value.to_str().ok())),
    }
}

/// A client's own token: for operations that take no other.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        match parts.extensions.remove() {
            Some(Bearer::Caller(caller)) => Ok(caller),
            _ => Err(undeclared()),
        }
    }
}

/// For the few operations that take the token of one record too.
impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Bearer, ApiError> {
        parts.extensions.remove().ok_or_else(undeclared)
    }
}

/// For operations that take the tokens of records alone.
impl<S: Sync> FromRequestParts<S> for RecordToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RecordToken, ApiError> {
        match parts.extensions.remove() {
            Some(Bearer::RecordToken(record_token)) => Ok(record_token),
            _ => Err(undeclared()),
        }
    }
}

/// The same where all are of one kind, with the id of the record.
pub struct Subject {
    pub record_token: RecordToken,
    pub id: String,
}

impl<S: Sync> FromRequestParts<S> for Subject {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Subject, ApiError> {
        let record_token = RecordToken::from_request_parts(parts, state).await?;
        let id = RecordTokenScope::ALL.into_iter().find_map(|kind| record_token.subject(kind));
        let id = id.ok_or_else(undeclared)?.to_owned();
        Ok(Subject { record_token, id })
    }
}

/// For operations that may be called without a token: `None` where none was sent.
pub struct MaybeBearer(pub Option<Bearer>);

impl<S: Sync> FromRequestParts<S> for MaybeBearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<MaybeBearer, ApiError> {
        Ok(MaybeBearer(parts.extensions.remove()))
    }
}

/// For operations that change something: who asks for it, and in which request.
impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Origin, ApiError> {
        parts.extensions.get().cloned().ok_or_else(undeclared)
    }
}

/// The handler asks for another token than its operation's access names.
fn undeclared() -> ApiError {
    ApiError::internal()
        .caused("the access of this operation admits a token that its handler does not take")
}
