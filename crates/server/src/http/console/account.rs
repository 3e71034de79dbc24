//! The visitor's own account: language, password, second factor, sessions.

use axum::extract::{RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_pages::account::{Account, Codes, Confirm, SessionRow, Totp};
use verax_pages::cell::moment;
use verax_pages::{Language, Shell};

use super::answers::{html, html_with, path_or_home, see, with_language};
use super::errors::told;
use super::form::Form;
use super::needs::{FormAt, Needs};
use super::news::with_news;
use super::page::Page;
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

pub fn pages() -> Vec<Page> {
    let needs = Needs::SignedIn;
    vec![
        Page::get("/console/account", needs, page),
        Page::post("/console/account/profile", needs, profile),
        Page::post("/console/account/password", needs, password).confirmed(FormAt::Above),
        Page::get("/console/account/totp", needs, begin_totp).confirmed(FormAt::Same),
        Page::post("/console/account/totp", needs, confirm_totp).confirmed(FormAt::Same),
        Page::post("/console/account/totp/remove", needs, remove_totp).confirmed(FormAt::TwoAbove),
        Page::post("/console/account/codes", needs, renew_codes).confirmed(FormAt::Above),
        Page::post("/console/account/sessions", needs, end_sessions),
        Page::get("/console/account/confirm", needs, confirm_page),
        Page::post("/console/account/confirm", needs, confirm),
    ]
}

/// `GET /console/account`.
async fn page(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let shell = with_news(visitor.shell(visitor.texts.get("account")), raw.as_deref());
    html(&account(&state, &visitor, shell).await?)
}

async fn account(state: &State, visitor: &Visitor, shell: Shell) -> Result<Account, ApiError> {
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
        name: session.member.name.clone().unwrap_or_default(),
        has_totp: session.member.has_totp,
        codes_left,
        password_min: CHARS_MIN,
        sessions: sessions.iter().map(row).collect(),
        chosen: session.member.language.as_deref().and_then(Language::from_code),
        shell,
    })
}

/// `POST /console/account/profile`: the name, and the language on every browser.
async fn profile(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    let language = Language::from_code(form.text("language"));
    let changed = (form.text("name"), language.map(Language::code));
    match state.app.change_profile(session.key(), changed, &origin).await {
        // What this browser was told before does not go before what the member says now.
        Ok(()) => Ok(with_language(see(&format!("{HOME}?done=saved")), None)),
        Err(error) => rejected(&state, &visitor, error).await,
    }
}

/// The page again, with what was wrong.
async fn rejected(
    state: &State,
    visitor: &Visitor,
    error: MemberError,
) -> Result<Response, ApiError> {
    let problem = told(visitor.texts, error)?;
    let shell = visitor.shell(visitor.texts.get("account")).with_problem(problem);
    html_with(StatusCode::BAD_REQUEST, &account(state, visitor, shell).await?)
}

/// `POST /console/account/password`.
async fn password(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.change_password(session, form.text("password"), &origin).await {
        Ok(()) => Ok(see(&format!("{HOME}?done=password-changed"))),
        Err(error) => rejected(&state, &visitor, error).await,
    }
}

/// `GET /console/account/totp`: a new secret, which counts when it is confirmed.
async fn begin_totp(
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
        Err(error) => Err(broken(visitor, error)?),
    }
}

/// `POST /console/account/totp`: the first code. The answer has the recovery codes. A wrong one begins
/// with another secret, so that nobody tries codes against one.
async fn confirm_totp(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.confirm_totp(session, form.text("code"), &origin).await {
        Ok(codes) => codes_page(&visitor, codes),
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
async fn renew_codes(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.renew_recovery_codes(session, &origin).await {
        Ok(codes) => codes_page(&visitor, codes),
        Err(error) => Err(broken(&visitor, error)?),
    }
}

/// `POST /console/account/totp/remove`.
async fn remove_totp(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let (session, origin) = (visitor.session()?, visitor.change_origin()?);
    match state.app.remove_totp(session, &origin).await {
        Ok(()) | Err(MemberError::NoTotp) => Ok(see(&format!("{HOME}?done=totp-removed"))),
        Err(error) => Err(broken(&visitor, error)?),
    }
}

/// `POST /console/account/sessions`: ends all but this one.
async fn end_sessions(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let session = visitor.session()?;
    state.app.revoke_sessions(session.key(), Some(&session.id)).await?;
    Ok(see(&format!("{HOME}?done=sessions-ended")))
}

/// `GET /console/account/confirm`: who has signed in long ago proves again who they are.
async fn confirm_page(visitor: Visitor, RawQuery(raw): RawQuery) -> Result<Response, ApiError> {
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
async fn confirm(
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

/// What no form can mend.
fn broken(visitor: &Visitor, error: MemberError) -> Result<ApiError, ApiError> {
    Ok(crate::http::error::conflict("account_not_changed", &told(visitor.texts, error)?))
}
