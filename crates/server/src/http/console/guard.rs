//! In front of every page: who has signed in, whether they may see it, and whether a form came from one of
//! our own pages. Behind it: the headers of every answer, and errors as pages.

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http_body_util::BodyExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use verax_domain::Scope;
use verax_pages::message::Message;
use verax_pages::{CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY, Template as _};

use super::answers::{confirm_path, see};
use super::cookies::{SESSION_COOKIE, cookie};
use super::errors::CROSS_SITE;
use super::needs::{FormAt, Needs, Proof};
use super::news::CONFIRMED;
use super::visitor::{Visitor, language};
use crate::app::access::{AccessError, Bearer};
use crate::app::members::sessions::Session;
use crate::http::body::unread::UnreadBody;
use crate::http::error::{ApiError, Failure, Rejected};
use crate::http::layers::allowed::{Allowed, require, require_own};
use crate::http::layers::observe::RequestId;
use crate::http::layers::quota::{take_anonymous, take_of_bearer, take_rejected};
use crate::http::layers::source_address::SourceAddress;
use crate::http::state::State;

/// An error is a page of a few lines.
const ERROR_BYTES_MAX: usize = 64 * 1024;

pub async fn guard(
    (needs, proof): (Needs, Proof),
    state: State,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let (path, chosen) = (parts.uri.path().to_owned(), language(&parts, None));
    let admitted = admit((needs, proof), &mut parts, &state).await;
    let visitor = parts.extensions.get::<Visitor>().cloned();
    let response = match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(Rejection::SignIn) => Redirect::to(&sign_in_path(&parts)).into_response(),
        Err(Rejection::Confirm(form)) => see(&confirm_path(&form)),
        Err(Rejection::Error(error)) => error.into_response(),
    };
    let visitor = visitor.unwrap_or_else(|| Visitor::stranger(&state, chosen, &path));
    let is_error = response.extensions().get::<Rejected>().is_some();
    let mut response = match is_error {
        true => page_of_error(response, &visitor).await,
        false => response,
    };
    set_headers(response.headers_mut());
    response
}

enum Rejection {
    /// Nobody has signed in, or not any more.
    SignIn,
    /// It was too long ago that the visitor has proved who they are; afterwards they go here.
    Confirm(String),
    Error(ApiError),
}

impl From<ApiError> for Rejection {
    fn from(error: ApiError) -> Rejection {
        Rejection::Error(error)
    }
}

async fn admit(
    (needs, proof): (Needs, Proof),
    parts: &mut Parts,
    state: &State,
) -> Result<(), Rejection> {
    if !parts.method.is_safe() && !is_of_our_own(parts, &state.app.config.now().http.public_url) {
        let error = "The form did not come from a page of this server.";
        return Err(ApiError::new(&CROSS_SITE, error).into());
    }
    if matches!(needs, Needs::Nothing) {
        return admit_stranger(parts, state).await;
    }
    let session = match state.app.session(session_secret(&parts.headers)).await {
        Ok(session) => session,
        Err(AccessError::Store(error)) => return Err(ApiError::from(error).into()),
        Err(AccessError::Missing) => return Err(Rejection::SignIn),
        Err(_) => {
            take_rejected(parts, state).await?;
            return Err(Rejection::SignIn);
        }
    };
    UnreadBody::mark_authenticated(parts);
    let caller = session.caller.clone();
    take_of_bearer(parts, state, &Bearer::Caller(caller.clone()))?;
    let is_confirmed = session.is_confirmed(state.app.clock.now());
    enter(parts, state, session);
    let allowed = match needs {
        Needs::Nothing | Needs::SignedIn => Allowed::caller(&caller),
        Needs::Reading(resource) if resource.scopes == [Scope::WriteMembers.word()] => {
            require_own(&caller, Scope::WriteMembers)?
        }
        Needs::Reading(resource) => require(&caller, resource.scopes)?,
        Needs::Holding(scope) => require_own(&caller, scope)?,
        Needs::OfAll(scope) => {
            let allowed = require_own(&caller, scope)?;
            let sees_all = caller.tenant() == verax_query::Tenant::All;
            sees_all.then_some(allowed).ok_or_else(super::errors::of_all_alone)?
        }
    };
    if let (Proof::Recent(form), false) = (proof, is_confirmed) {
        return Err(Rejection::Confirm(form_path(parts, form)));
    }
    parts.extensions.insert(allowed);
    Ok(())
}

/// A page for anybody has a visitor too: nobody, in a language.
async fn admit_stranger(parts: &mut Parts, state: &State) -> Result<(), Rejection> {
    take_anonymous(parts, state).await?;
    let Ok(source) = SourceAddress::from_request_parts(parts, state).await;
    parts.extensions.insert(Allowed::anonymous(source));
    let (chosen, path) = (language(parts, None), parts.uri.path().to_owned());
    parts.extensions.insert(Visitor::stranger(state, chosen, &path));
    Ok(())
}

fn enter(parts: &mut Parts, state: &State, session: Session) {
    let request = parts.extensions.get().map(|RequestId(id)| id.clone());
    let chosen = language(parts, session.member.language.as_deref());
    let path = parts.uri.path().to_owned();
    let origin = own_origin(parts, &state.app.config.now().http.public_url);
    let visitor = Visitor::stranger(state, chosen, &path).signed_in(session, origin, request);
    parts.extensions.insert(visitor);
}

/// The value of the cookie; nothing where there is none.
pub fn session_secret(headers: &HeaderMap) -> &str {
    cookie(headers, SESSION_COOKIE).unwrap_or_default()
}

/// Where to sign in, and come back from.
fn sign_in_path(parts: &Parts) -> String {
    // What a form was sent to is no page to come back to.
    let next = match parts.method {
        Method::GET => parts.uri.path_and_query().map_or("", |it| it.as_str()),
        _ => "",
    };
    match next {
        "" | "/console" | "/console/" => "/console/sign-in".to_owned(),
        next => format!("/console/sign-in?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC)),
    }
}

/// Where the form is that was sent: the page says, when its visitor comes back to it, that nothing was done yet.
fn form_path(parts: &Parts, form: FormAt) -> String {
    let path = form.path(parts.uri.path());
    let query = parts.uri.query().filter(|_| form == FormAt::Same);
    match (query, &parts.method) {
        (None, &Method::GET) => path.to_owned(),
        (Some(query), &Method::GET) => format!("{path}?{query}"),
        (None, _) => format!("{path}?done={CONFIRMED}"),
        (Some(query), _) => format!("{path}?{query}&done={CONFIRMED}"),
    }
}

/// Whether a form was sent by a page of this server. Browsers say so in `Sec-Fetch-Site`; their `Origin` is
/// `null`, as our pages tell nobody where they are. Those that do not say so send an `Origin`.
fn is_of_our_own(parts: &Parts, public_url: &str) -> bool {
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (_, Some(_)) => return false,
        (Some(origin), None) => Some(origin.to_str().unwrap_or_default()),
        (None, None) => None,
    };
    let site = parts.headers.get("sec-fetch-site");
    match (site, origin) {
        (Some(site), None | Some("null")) => site == "same-origin",
        (Some(site), Some(origin)) => {
            site == "same-origin" && is_our_origin(parts, origin, public_url)
        }
        (None, Some(origin)) => is_our_origin(parts, origin, public_url),
        (None, None) => false,
    }
}

fn is_our_origin(parts: &Parts, origin: &str, public_url: &str) -> bool {
    let Ok(sent) = origin.parse::<Uri>() else { return false };
    let Some(authority) = sent.authority() else { return false };
    let is_public = !public_url.is_empty() && origin == public_url;
    is_public || host(parts).is_some_and(|host| host.eq_ignore_ascii_case(authority.as_str()))
}

fn host(parts: &Parts) -> Option<&str> {
    let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 has it in its own place.
    named.or_else(|| parts.uri.authority().map(|it| it.as_str()))
}

/// Where this server is, as calls of it are shown.
fn own_origin(parts: &Parts, public_url: &str) -> String {
    match (public_url, host(parts)) {
        ("", Some(host)) => {
            let is_local = ["localhost", "127.0.0.1", "[::1]"];
            let local = is_local.iter().any(|it| host.split(':').next() == Some(it));
            format!("{}://{host}", if local { "http" } else { "https" })
        }
        ("", None) => "http://127.0.0.1:8080".to_owned(),
        (public_url, _) => public_url.to_owned(),
    }
}

/// The same answer as a page, in the API's words.
async fn page_of_error(response: Response, visitor: &Visitor) -> Response {
    let (mut parts, body) = response.into_parts();
    let limited = http_body_util::Limited::new(body, ERROR_BYTES_MAX);
    let bytes = limited.collect().await.map(|it| it.to_bytes()).unwrap_or_default();
    let told: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    // The page is answered in the place of the JSON that would be.
    parts.extensions.remove::<Failure>();
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let details = told.get("details").and_then(Value::as_array).into_iter().flatten();
    let details = details.map(|it| (text(it, "parameter"), text(it, "message")));
    let page = Message {
        shell: visitor.shell(visitor.texts.get(title_of(parts.status.as_u16()))),
        status: parts.status.as_u16(),
        code: text(&told, "code"),
        text: text(&told, "error"),
        details: details.collect(),
    };
    let rendered = page.render().unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    parts.headers.insert(header::CONTENT_TYPE, kind);
    Response::from_parts(parts, Body::from(rendered))
}

fn title_of(status: u16) -> &'static str {
    match status {
        403 => "error-forbidden",
        404 => "error-not-found",
        429 | 503 => "error-unavailable",
        _ => "error",
    }
}

fn set_headers(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Assets say for themselves how long they may be kept.
    let is_kept =
        headers.get(header::CACHE_CONTROL).is_some_and(|it| it == super::answers::FOR_EVER);
    if !is_kept {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.remove(header::ETAG);
    }
}
