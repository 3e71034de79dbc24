//! Around every POST: `Idempotency-Key`, in the words of the IETF's draft of that header.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use verax_query::{Problem, Resource};

use crate::app::access::Bearer;
use crate::app::idempotency::{About, Claim, Claimed, IdempotencyError, StoredAnswer};
use crate::http::error::ApiError;
use crate::http::error_codes::{IDEMPOTENCY_ANSWER_GONE, IDEMPOTENCY_CONFLICT, INVALID_PARAMETERS};
use crate::http::state::State;

pub static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
pub const KEY_CHARS_MAX: usize = 255;

/// How often a request looks whether the one before it has an answer.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The key of a request, and whose it is. It is claimed when the request's body is read: by then its
/// token, scope, limit and place were looked at, as for any other request.
pub struct Keyed {
    caller: Bearer,
    key: String,
    target: String,
    outcome: Mutex<Option<Outcome>>,
}

/// What came of the claim; nothing, where the request was rejected before.
enum Outcome {
    First(Box<Claim>),
    /// The handler's own answer is nobody's.
    Answered(StoredAnswer),
}

/// The same key and request give the answer of the first for 24 hours, or 410 when what it was about
/// was deleted; other requests 409. What comes while the first is at work waits for its answer.
pub async fn idempotent(
    Extract(state): Extract<State>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = request.headers().get(&IDEMPOTENCY_KEY).filter(|_| request.method() == Method::POST);
    let Some(key) = key else { return Ok(next.run(request).await) };
    let key = readable(key)?.to_owned();
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    // Without a caller there is nobody whose answer it is: the operation says what it thinks of it.
    let Ok(caller) = state.app.identify(authorization).await else {
        return Ok(next.run(request).await);
    };
    let (target, outcome) = (request.uri().to_string(), Mutex::default());
    let keyed = Arc::new(Keyed { caller, key, target, outcome });
    request.extensions_mut().insert(Arc::clone(&keyed));
    // A caller that goes away comes back with the same key: the work goes on without it.
    let work = tokio::spawn(async move {
        let response = next.run(request).await;
        let outcome = keyed.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        let of_bearer = About::of_bearer(&keyed.caller);
        match outcome {
            None => Ok(response),
            Some(Outcome::First(claim)) => {
                answer_and_keep(&state, &claim, of_bearer, response).await
            }
            Some(Outcome::Answered(answer)) => Ok(replay(answer)),
        }
    });
    work.await.unwrap_or_else(|_| Err(went_wrong()))
}

impl Keyed {
    /// Asks for the right to do the request with this body.
    ///
    /// # Errors
    /// It is not to be done: it was before, and its answer takes the place of this one; or the key
    /// came with another request.
    pub async fn claim(&self, state: &State, body: &[u8]) -> Result<(), ApiError> {
        let request = [self.target.as_bytes(), body];
        // A token that is made from another lives as long as that lets it: no other token is
        // answered it.
        let key = match self.target.starts_with("/v2/auth/") {
            true => format!("{} {}", self.key, self.caller.token_id()),
            false => self.key.clone(),
        };
        let named = state.app.name_request(&self.caller, &key, &request).await?;
        let outcome = loop {
            match state.app.claim_request(&named).await? {
                Claimed::First(claim) => break Outcome::First(claim),
                Claimed::Answered(answer) => break Outcome::Answered(answer),
                Claimed::Gone => return Err(gone()),
                Claimed::OtherRequest => {
                    let error = "This Idempotency-Key came with another request before.";
                    return Err(ApiError::new(&IDEMPOTENCY_CONFLICT, error));
                }
                // The request's own time limit ends this.
                Claimed::AtWork => tokio::time::sleep(LOOK_EVERY).await,
            }
        };
        let is_first = matches!(outcome, Outcome::First(_));
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        if is_first { Ok(()) } else { Err(went_wrong()) }
    }
}

fn went_wrong() -> ApiError {
    ApiError::internal()
}

/// Keeps what a repetition would be answered again; what may go better next time is not kept.
async fn answer_and_keep(
    state: &State,
    claim: &Claim,
    of_bearer: Option<About>,
    response: Response,
) -> Result<Response, ApiError> {
    let (mut parts, body) = response.into_parts();
    let about = parts.extensions.remove::<About>().or(of_bearer);
    // A rejection that names no record names nobody.
    let about = about.or_else(|| parts.status.is_client_error().then_some(About::Client));
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let text = std::str::from_utf8(&body).ok().filter(|_| is_final(parts.status));
    let stored = match text {
        Some(text) => {
            let answer = StoredAnswer {
                status: parts.status.as_u16(),
                content_type: content_type.unwrap_or_default().to_owned(),
                body: text.to_owned(),
            };
            state.app.keep_answer(claim, about.as_ref(), &answer).await
        }
        None => state.app.drop_claim(claim).await.map_err(Into::into),
    };
    if let Err(error) = stored {
        // The work is done and must be told of; a repetition waits for the lease.
        tracing::warn!(cause = %error, "an answer could not be stored for its Idempotency-Key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Says what an answer is about.
pub fn about(resource: &'static Resource, id: &str, mut response: Response) -> Response {
    response.extensions_mut().insert(About::Record(resource, id.to_owned()));
    response
}

/// Says that what was answered may be asked again: nothing was changed.
pub fn changes_nothing(mut response: Response) -> Response {
    response.extensions_mut().insert(About::Nothing);
    response
}

fn gone() -> ApiError {
    let error = "The request of this Idempotency-Key was done. Its answer is gone: what it was \
                 about was deleted, or it was not to be stored.";
    ApiError::new(&IDEMPOTENCY_ANSWER_GONE, error)
}

impl From<IdempotencyError> for ApiError {
    fn from(error: IdempotencyError) -> ApiError {
        match error {
            IdempotencyError::Store(error) => error.into(),
            IdempotencyError::Vault(error) => error.into(),
        }
    }
}

fn is_final(status: StatusCode) -> bool {
    let again = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    !status.is_server_error() && !again.contains(&status)
}

fn replay(answer: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(answer.body)).into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}

fn readable(key: &HeaderValue) -> Result<&str, ApiError> {
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    key.ok_or_else(|| {
        let problem = Problem {
            parameter: "Idempotency-Key".to_owned(),
            message: format!("must be 1 to {KEY_CHARS_MAX} visible ASCII characters"),
        };
        ApiError::body(&INVALID_PARAMETERS, "Invalid headers", vec![problem])
    })
}
