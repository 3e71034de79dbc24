//! The visitor's own account: language, password, second factor, sessions.

use axum::extract::{RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_pages::account::{Account, Codes, Confirm, SessionRow, Totp};
use verax_pages::cell::moment;
use verax_pages::{Language, Shell};

use super::answers::{html, html_with, path_or_home, see, with_language};
use super::cookies::{LANGUAGE_COOKIE, cookie};
use super::errors::told;
use super::form::Form;
use super::sign_in::unavailable;
use super::visitor::Visitor;
use crate::app::members::errors::{MemberError, SignInError};
use crate::app::members::passwords::CHARS_MIN;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::source_address::SourceAddress;
use crate::http::state::State;

const HOME: &str = "/console/account";

/// What was done, as the page that follows says it.
const DONE: [&str; 4] = ["saved", "password-changed", "totp-removed", "sessions-ended"];

/// `GET /console/account`.
pub async fn page(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
    headers: axum::http::HeaderMap,
) -> Result<Response, ApiError> {
    let form = Form::of(raw.as_deref().unwrap_or_default());
    let mut shell = visitor.shell(visitor.texts.get("account"));
    if let Some(done) = DONE.iter().find(|done| **done == form.text("done")) {
        shell = shell.with_news(visitor.texts.get(done));
    }
    let chosen = cookie(&headers, LANGUAGE_COOKIE).and_then(Language::from_code);
    html(&account(&state, &visitor, shell, chosen).await?)
}

async fn account(
    state: &State,
    visitor: &Visitor,
    shell: Shell,
    chosen: Option<Language>,
) -> Result<Account, ApiError> {
    let session = visitor.session()?;
    let sessions = state.app.sessions_of(session.key()).await?;
    let row = |it: &crate::app::members::sessions::MemberSession| SessionRow {
        since: moment(&it.created_at.to_string()),
        until: moment(&it.expires_at.to_string()),
        is_this: it.id == session.id,
    };
    let codes_left = match session.member.has_totp {
        true => state.app.recovery_codes_left(session).await.unwrap_or_default(),
        false => 0,
    };
    Ok(Account {
        email: session.member.email.clone(),
        has_totp: session.member.has_totp,
        codes_left,
        password_min: CHARS_MIN,
        sessions: sessions.iter().map(row).collect(),
        chosen,
        shell,
    })
}

/// `POST /console/account/language`: for this browser.
pub async fn language(
    Extract(state): Extract<State>,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let language = Language::from_code(form.text("language"));
    Ok(with_language(see(&format!("{HOME}?done=saved")), language))
}

/// `POST /console/account/password`.
pub async fn password(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.change_password(session, form.text("password"), &origin).await {
        Ok(()) => Ok(see(&format!("{HOME}?done=password-changed"))),
        Err(MemberError::ConfirmFirst) => Ok(confirm_first(HOME)),
        Err(error) => {
            let problem = told(visitor.texts, error)?;
            let shell = visitor.shell(visitor.texts.get("account")).with_problem(problem);
            let page = account(&state, &visitor, shell, None).await?;
            html_with(StatusCode::BAD_REQUEST, &page)
        }
    }
}

/// `GET /console/account/totp`: a new secret, which counts when it is confirmed.
pub async fn begin_totp(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let shell = visitor.shell(visitor.texts.get("totp"));
    totp_page(&state, &visitor, shell, StatusCode::OK).await
}

async fn totp_page(
    state: &State,
    visitor: &Visitor,
    shell: Shell,
    status: StatusCode,
) -> Result<Response, ApiError> {
    match state.app.begin_totp(visitor.session()?).await {
        Ok(secret) => {
            let page = Totp::of(shell, secret.uri.as_str().to_owned(), &secret.base32);
            html_with(status, &page)
        }
        Err(MemberError::ConfirmFirst) => Ok(confirm_first("/console/account/totp")),
        Err(error) => Err(broken(visitor, error)?),
    }
}

/// `POST /console/account/totp`: the first code. The answer has the recovery codes. A wrong one begins
/// with another secret, so that nobody tries codes against one.
pub async fn confirm_totp(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.confirm_totp(session, form.text("code"), &origin).await {
        Ok(codes) => codes_page(&visitor, codes),
        Err(MemberError::ConfirmFirst) => Ok(confirm_first("/console/account/totp")),
        Err(MemberError::CodeWrong) => {
            let shell = visitor.shell(visitor.texts.get("totp"));
            let shell = shell.with_problem(visitor.texts.get("totp-code-failed"));
            totp_page(&state, &visitor, shell, StatusCode::BAD_REQUEST).await
        }
        Err(error) => Err(broken(&visitor, error)?),
    }
}

fn codes_page(visitor: &Visitor, codes: Vec<String>) -> Result<Response, ApiError> {
    html(&Codes { shell: visitor.shell(visitor.texts.get("codes")), codes })
}

/// `POST /console/account/codes`: other recovery codes.
pub async fn renew_codes(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.renew_recovery_codes(session, &origin).await {
        Ok(codes) => codes_page(&visitor, codes),
        Err(MemberError::ConfirmFirst) => Ok(confirm_first(HOME)),
        Err(error) => Err(broken(&visitor, error)?),
    }
}

/// `POST /console/account/totp/remove`.
pub async fn remove_totp(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.remove_totp(session, &origin).await {
        Ok(()) | Err(MemberError::NoTotp) => Ok(see(&format!("{HOME}?done=totp-removed"))),
        Err(MemberError::ConfirmFirst) => Ok(confirm_first(HOME)),
        Err(error) => Err(broken(&visitor, error)?),
    }
}

/// `POST /console/account/sessions`: ends all but this one.
pub async fn end_sessions(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let session = visitor.session()?;
    state.app.revoke_sessions(session.key(), Some(&session.id)).await?;
    Ok(see(&format!("{HOME}?done=sessions-ended")))
}

/// `GET /console/account/confirm`: who has signed in long ago proves again who they are.
pub async fn confirm_page(visitor: Visitor, RawQuery(raw): RawQuery) -> Result<Response, ApiError> {
    let form = Form::of(raw.as_deref().unwrap_or_default());
    let shell = visitor.shell(visitor.texts.get("confirm"));
    html(&confirm_form(&visitor, shell, form.text("next"))?)
}

fn confirm_form(visitor: &Visitor, shell: Shell, next: &str) -> Result<Confirm, ApiError> {
    let member = &visitor.session()?.member;
    let (asks_code, email) = (member.has_totp, member.email.clone());
    Ok(Confirm { shell, next: path_or_home(next).to_owned(), email, asks_code })
}

/// `POST /console/account/confirm`.
pub async fn confirm(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    SourceAddress(address): SourceAddress,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let code = Some(form.text("code")).filter(|code| !code.is_empty());
    let proof = (form.text("password"), code);
    let id = match state.app.confirm_password(visitor.session()?, proof, address).await {
        Ok(()) => return Ok(see(path_or_home(form.text("next")))),
        Err(SignInError::Rejected) => "password-wrong",
        Err(SignInError::CodeWrong | SignInError::CodeNeeded) => "sign-in-code-failed",
        Err(SignInError::Locked { .. }) => "sign-in-locked",
        Err(error) => return Err(unavailable(error)),
    };
    let shell = visitor.shell(visitor.texts.get("confirm")).with_problem(visitor.texts.get(id));
    html_with(StatusCode::FORBIDDEN, &confirm_form(&visitor, shell, form.text("next"))?)
}

fn confirm_first(next: &str) -> Response {
    see(&format!("/console/account/confirm?next={next}"))
}

/// What no form can mend.
fn broken(visitor: &Visitor, error: MemberError) -> Result<ApiError, ApiError> {
    Ok(crate::http::error::conflict("account_not_changed", &told(visitor.texts, error)?))
}
