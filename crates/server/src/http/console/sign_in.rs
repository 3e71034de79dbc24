//! In front of the door: signing in and out, and joining by a link.

use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_pages::Shell;
use verax_pages::sign_in::{Closed, Invitation as InvitationPage, SignIn as SignInPage};

use super::answers::{
    html, html_with, path_or_home, see, with_language, with_session, without_session,
};
use super::errors::told;
use super::form::Form;
use super::guard::session_secret;
use super::visitor::{Visitor, asked_language};
use crate::app::members::errors::{MemberError, SignInError};
use crate::app::members::invitations::{Acceptance, Invitation};
use crate::app::members::passwords::CHARS_MIN;
use crate::app::members::signing_in::SignIn;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::UNAVAILABLE;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::source_address::SourceAddress;
use crate::http::state::State;

/// `GET /console/sign-in`. Who has signed in is led on.
pub async fn page(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
    headers: axum::http::HeaderMap,
) -> Result<Response, ApiError> {
    let asked = Form::of(query.as_deref().unwrap_or_default());
    let next = path_or_home(asked.text("next"));
    let secret = session_secret(&headers);
    if !secret.is_empty() && state.app.session(secret).await.is_ok() {
        return Ok(see(next));
    }
    let mut shell = visitor.shell(visitor.texts.get("sign-in"));
    if asked.text("out") == "1" {
        shell = shell.with_news(visitor.texts.get("signed-out"));
    }
    let (email, password, next) = (String::new(), String::new(), next.to_owned());
    let page = html(&SignInPage { shell, email, password, asks_code: false, next })?;
    Ok(match asked_language(query.as_deref()) {
        Some(language) => with_language(page, Some(language)),
        None => page,
    })
}

/// `POST /console/sign-in`.
pub async fn sign_in(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    SourceAddress(address): SourceAddress,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let next = path_or_home(form.text("next")).to_owned();
    let (email, password) = (form.text("email").trim(), form.text("password"));
    let code = Some(form.text("code")).filter(|code| !code.is_empty());
    let asked = SignIn { email, password, code, address };
    let error = match state.app.sign_in(asked, visitor.request()).await {
        Ok(signed_in) => return Ok(with_session(see(&next), &signed_in)),
        Err(error) => error,
    };
    let texts = visitor.texts;
    let shell = visitor.shell(texts.get("sign-in"));
    let (status, shell, asks_code) = match error {
        SignInError::CodeNeeded => (StatusCode::OK, shell, true),
        SignInError::CodeWrong => {
            (StatusCode::FORBIDDEN, shell.with_problem(texts.get("sign-in-code-failed")), true)
        }
        SignInError::Rejected => {
            (StatusCode::FORBIDDEN, shell.with_problem(texts.get("sign-in-failed")), false)
        }
        SignInError::Locked { .. } => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            (status, shell.with_problem(texts.get("sign-in-locked")), false)
        }
        other => return Err(unavailable(other)),
    };
    let password = if asks_code { password.to_owned() } else { String::new() };
    let page = SignInPage { shell, email: email.to_owned(), password, asks_code, next };
    html_with(status, &page)
}

/// Why nobody can sign in at the moment.
pub fn unavailable(error: SignInError) -> ApiError {
    match error {
        SignInError::Store(error) => error.into(),
        SignInError::Vault(error) => error.into(),
        error => ApiError::new(&UNAVAILABLE, "Too many sign in at once. Try again in a moment.")
            .retry_after(1)
            .caused(error),
    }
}

/// `POST /console/sign-out`. That nobody has signed in is no error.
pub async fn sign_out(
    Extract(state): Extract<State>,
    headers: axum::http::HeaderMap,
) -> Result<Response, ApiError> {
    state.app.sign_out(session_secret(&headers)).await?;
    Ok(without_session(see("/console/sign-in?out=1")))
}

/// `GET /console/join/{secret}`. Looking uses nothing up: programs that open links join nobody.
pub async fn invitation(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Path(secret): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let page = match state.app.open_invitation(&secret).await {
        Ok(invitation) => {
            let shell = visitor.shell(visitor.texts.get("invitation"));
            html(&invitation_page(shell, secret, &invitation, None))?
        }
        Err(error) => gone(&visitor, error)?,
    };
    Ok(match asked_language(query.as_deref()) {
        Some(language) => with_language(page, Some(language)),
        None => page,
    })
}

/// `POST /console/join/{secret}`.
pub async fn join(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Path(secret): Path<String>,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let (name, password) = (form.text("name"), form.text("password"));
    let acceptance = Acceptance { email: Some(form.text("email")), name, password };
    let error = match state.app.accept_invitation(&secret, acceptance, visitor.request()).await {
        Ok(Some(signed_in)) => return Ok(with_session(see("/console/"), &signed_in)),
        // They have a second factor, which they sign in with.
        Ok(None) => return Ok(see("/console/sign-in")),
        Err(error) => error,
    };
    let problem = match error {
        MemberError::LinkInvalid => return gone(&visitor, error),
        error => told(visitor.texts, error)?,
    };
    let invitation = match state.app.open_invitation(&secret).await {
        Ok(invitation) => invitation,
        Err(error) => return gone(&visitor, error),
    };
    let shell = visitor.shell(visitor.texts.get("invitation")).with_problem(problem);
    let page = invitation_page(shell, secret, &invitation, Some(&form));
    html_with(StatusCode::BAD_REQUEST, &page)
}

fn invitation_page(
    shell: Shell,
    secret: String,
    invitation: &Invitation,
    typed: Option<&Form>,
) -> InvitationPage {
    let texts = shell.texts;
    let typed_name = typed.map(|form| form.text("name").to_owned());
    InvitationPage {
        email: invitation.email.clone().unwrap_or_default(),
        typed_email: typed.map_or(String::new(), |form| form.text("email").to_owned()),
        name: typed_name.or_else(|| invitation.name.clone()).unwrap_or_default(),
        role: texts.get(&format!("role-{}", invitation.role.word())),
        is_first: invitation.is_first_owner(),
        has_joined: invitation.has_joined,
        password_min: CHARS_MIN,
        secret,
        shell,
    }
}

fn gone(visitor: &Visitor, error: MemberError) -> Result<Response, ApiError> {
    let texts = visitor.texts;
    told(texts, error)?;
    let page = Closed {
        shell: visitor.shell(texts.get("invitation-gone")),
        text: texts.get("invitation-gone-text"),
        link: Some(("/console/sign-in".to_owned(), texts.get("sign-in"))),
    };
    html_with(StatusCode::NOT_FOUND, &page)
}
