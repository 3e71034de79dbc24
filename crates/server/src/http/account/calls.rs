//! The caller's own account: `clients/me`, sessions.

use std::time::Duration;

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use axum::{Extension, Json};
use serde_json::{Value, json};
use verax_domain::RecordTokenScope;
use verax_domain::resources::CLIENTS;
use verax_query::{Problem, Retrieval, Tenant};

use crate::app::access::{AccessError, Caller, MintError, RecordToken};
use crate::app::account::project_login::ExchangeError;
use crate::app::idempotency::About;
use crate::http::answers::json as json_response;
use crate::http::answers::signature::signature;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, optional};
use crate::http::body::unread::Unread;
use crate::http::error::{ApiError, conflict, token_not_right};
use crate::http::error_codes::{MISSING_PARAMETER, SESSION_UNAUTHORIZED};
use crate::http::layers::allowed::Allowed;
use crate::http::query_string::value_of;
use crate::http::state::State;

const DAY: u64 = 24 * 60 * 60;
const MONTH_DAYS: u64 = 30;
const MONTHS_MAX: u64 = 12;

/// `GET /v2/clients/me`. What is populated elsewhere (plans, settings) is not kept here, and what
/// is not kept is absent; secrets have no field to be in.
pub async fn me(Extract(state): Extract<State>, caller: Caller) -> Result<Response, ApiError> {
    let mut client = own_record(&state, &caller).await?;
    // Clients of the protocol read it; a secret is never shown.
    client.truncate(client.len().saturating_sub(1));
    client.extend_from_slice(br#","secretKey":null}"#);
    let mut body = br#"{"success":true,"data":"#.to_vec();
    body.extend_from_slice(&client);
    body.push(b'}');
    Ok(json_response(body))
}

/// An answer with a token of the client's own.
type ClientToken = (Extension<About>, Json<Value>);

/// `GET` and `POST /v2/auth/session`: a new token for one that is still valid.
pub async fn session(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    RawQuery(raw): RawQuery,
    body: Unread,
) -> Result<ClientToken, ApiError> {
    let limit = state.app.config.now().http.plain_body_bytes_max();
    let body = body.read(&state, &allowed, limit).await?;
    let wish = SessionWish::read(&raw.unwrap_or_default(), &body.bytes)?;
    let valid = match wish.months {
        Some(months) => Duration::from_secs(months * MONTH_DAYS * DAY),
        None => Duration::from_secs(u64::from(state.app.config.now().tokens.days) * DAY),
    };
    let token = match state.app.renew_token(&caller, valid).await {
        Err(MintError::Revoked) => return Err(unauthorized(&state)),
        renewed => renewed?,
    };
    let mut answer = json!({ "accessToken": token, "tokenType": "bearer" });
    if wish.with_user {
        let user = own_record(&state, &caller).await?;
        answer["user"] = serde_json::from_slice(&user).unwrap_or_default();
        answer["settings"] = json!({});
    }
    Ok((Extension(About::Client), Json(answer)))
}

/// What a session is rejected with: who renews without a header is told what is missing.
pub fn rejected_session(state: &State, error: AccessError) -> ApiError {
    match error {
        AccessError::Missing => ApiError::new(&MISSING_PARAMETER, "missing Authorization header"),
        error @ (AccessError::Store(_) | AccessError::RecordToken) => error.into(),
        _ => unauthorized(state),
    }
}

fn unauthorized(state: &State) -> ApiError {
    let text = signature(&state.app.config.now().signature, state.app.clock.now());
    let signature = serde_json::from_str(&text).unwrap_or_default();
    // The protocol documents this sentence where others have a word.
    let sentence = "Invalid or expired token.";
    ApiError::new(&SESSION_UNAUTHORIZED, sentence)
        .with_member("message", sentence.into())
        .with_member("signature", signature)
}

/// `POST /v2/auth/renew-and-revoke`: a new token; all older ones of the client are dead. A token that
/// only reads must not end what others work with.
pub async fn renew_and_revoke(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<ClientToken, ApiError> {
    let limit = state.app.config.now().http.plain_body_bytes_max();
    // It says nothing.
    body.read(&state, &allowed, limit).await?;
    let valid = Duration::from_secs(u64::from(state.app.config.now().tokens.days) * DAY);
    let token = state.app.renew_and_revoke(&caller, valid).await?;
    let answer = json!({ "token": token, "accessToken": token, "tokenType": "bearer" });
    Ok((Extension(About::Client), Json(answer)))
}

pub static PROJECT_LOGIN_BODY: &[BodyField] = &[optional(
    "expiresIn",
    Rule::Integer(1, MONTHS_MAX as i64),
    "Months that the new token is valid; absent: as long as the setting validations.login_seconds \
     says.",
)];

/// `POST /v2/auth/project-login`: the token of a passed login or validation, exchanged once.
pub async fn project_login(
    Extract(state): Extract<State>,
    record_token: RecordToken,
    allowed: Allowed,
    body: Unread,
) -> Result<Json<Value>, ApiError> {
    let sent = read(&state, &allowed, body, PROJECT_LOGIN_BODY, Purpose::Create).await?;
    let sent = sent.finish(&MISSING_PARAMETER)?;
    let months = sent.members.get("expiresIn").and_then(Value::as_u64);
    let valid = months.map(|months| Duration::from_secs(months * MONTH_DAYS * DAY));
    let exchanged = state.app.exchange_token(&record_token, valid).await?;
    let mut data = json!({ "accessToken": exchanged.token, "tokenType": "bearer" });
    if let Some(registration) = exchanged.registration {
        data["appRegistration"] = registration;
    }
    Ok(Json(json!({ "success": true, "data": data })))
}

impl From<ExchangeError> for ApiError {
    fn from(error: ExchangeError) -> ApiError {
        match error {
            ExchangeError::OtherToken => token_not_right(RecordTokenScope::Login.title()),
            ExchangeError::NotPassed => conflict("not_validated", "The check was not passed."),
            ExchangeError::Exchanged => conflict("token_exchanged", "The token was exchanged."),
            ExchangeError::Mint(error) => error.into(),
            ExchangeError::Store(error) => error.into(),
        }
    }
}

pub(super) async fn own_record(state: &State, caller: &Caller) -> Result<Vec<u8>, ApiError> {
    let id = caller.client();
    let tenant = Tenant::Client(id.to_owned());
    let whole = Retrieval::whole(&CLIENTS);
    let record = state.app.record_bytes(&whole, &tenant, id).await?;
    record.ok_or_else(|| ApiError::not_found(&CLIENTS))
}

/// `origin` and `expiresIn`, from the query string or a JSON body.
#[derive(Default)]
struct SessionWish {
    months: Option<u64>,
    with_user: bool,
}

impl SessionWish {
    fn read(raw: &str, body: &[u8]) -> Result<SessionWish, ApiError> {
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let query = |name: &str| value_of(raw, name).map(str::to_owned);
        let member = |name: &str| match &sent[name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let read = |name: &str| query(name).or_else(|| member(name));
        let mut problems = Vec::new();
        let mut wrong = |parameter: &str, message: &str| {
            problems.push(Problem { parameter: parameter.to_owned(), message: message.to_owned() });
        };
        let mut wish = SessionWish::default();
        match read("origin").as_deref() {
            None | Some("refresh") => {}
            Some("app") => wish.with_user = true,
            Some(_) => wrong("origin", "must be refresh or app"),
        }
        match read("expiresIn").map(|text| text.parse()) {
            None => {}
            Some(Ok(months @ 1..=MONTHS_MAX)) => wish.months = Some(months),
            Some(_) => wrong("expiresIn", "must be a number of months from 1 to 12"),
        }
        if problems.is_empty() { Ok(wish) } else { Err(ApiError::invalid(problems)) }
    }
}
