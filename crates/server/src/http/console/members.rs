//! Inviting members, and changing what they may do.

use axum::extract::{RawQuery, State as Extract};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use verax_domain::Scope;
use verax_domain::resources::PROJECT_MEMBERS;
use verax_domain::role::{Role, SERVER_WIDE};
use verax_pages::Shell;
use verax_pages::cell::{moment, record_href};
use verax_pages::members::{Invite as InvitePage, Invited};
use verax_pages::record::{Action, ActionMenu};

use super::answers::{html, html_with, see};
use super::errors::told;
use super::finding::found;
use super::form::Form;
use super::needs::{FormAt, Needs};
use super::news::with_news;
use super::page::Page;
use super::visitor::Visitor;
use crate::app::members::errors::MemberError;
use crate::app::members::invitations::{InvitationLink, Invite};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::path_id::PathId;
use crate::http::state::State;

pub fn pages() -> Vec<Page> {
    let needs = Needs::Holding(Scope::WriteMembers);
    vec![
        Page::get("/console/project-members/-/invite", needs, page),
        Page::post("/console/project-members/-/invite", needs, invite).confirmed(FormAt::Same),
        of_member("link", needs, invite_again),
        of_member("role", needs, change_role),
        of_member("disable", needs, disable),
        of_member("enable", needs, enable),
        of_member("delete", needs, delete),
    ]
}

/// What a button beside a member is sent to.
fn of_member<H: Handler<T, State>, T: 'static>(verb: &str, needs: Needs, handler: H) -> Page {
    let path = format!("/console/project-members/{{id}}/{verb}");
    Page::post(path, needs, handler).confirmed(FormAt::Above)
}

/// The buttons beside a member.
pub fn actions(visitor: &Visitor, record: &Value) -> Vec<Action> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let (texts, base) = (visitor.texts, record_href(&PROJECT_MEMBERS, text("_id")));
    let action = |verb: &str, label: &str| {
        let (href, label) = (format!("{base}/{verb}"), texts.get(label));
        Action { href, label, ..Action::default() }
    };
    let choices = Role::ALL.map(|role| {
        let word = role.word();
        (word, texts.get(&format!("role-{word}")), word == text("role"))
    });
    let menu = ActionMenu { name: "role", label: texts.get("role"), choices: choices.to_vec() };
    let change = Action { menu: Some(menu), ..action("role", "member-role") };
    let asks = Some(texts.get("member-delete-ask"));
    let delete = Action { asks, ..action("delete", "member-delete") };
    let other = match text("status") {
        "invited" => action("link", "member-link"),
        "disabled" => action("enable", "member-enable"),
        _ => action("disable", "member-disable"),
    };
    vec![change, other, delete]
}

async fn page(visitor: Visitor, RawQuery(raw): RawQuery) -> Result<Response, ApiError> {
    let shell = visitor.shell(visitor.texts.get("invite"));
    html(&form_page(with_news(shell, raw.as_deref()), ""))
}

fn form_page(shell: Shell, email: &str) -> InvitePage {
    let texts = shell.texts;
    let roles = Role::ALL.map(|role| {
        let word = role.word();
        let doc = texts.get(&format!("role-{word}-doc"));
        (word, texts.get(&format!("role-{word}")), doc, role == Role::Viewer)
    });
    InvitePage { shell, email: email.to_owned(), roles: roles.to_vec() }
}

async fn invite(
    Extract(state): Extract<State>,
    visitor: Visitor,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let own = visitor.session()?.member.client.clone();
    let email = form.text("email").trim();
    let invite = Invite {
        client: (own != SERVER_WIDE).then_some(own.as_str()),
        email,
        name: None,
        role: Role::from_word(form.text("role")).unwrap_or(Role::Viewer),
    };
    match state.app.invite_member(invite, &visitor.change_origin()?).await {
        Ok(link) => invited(&visitor, email, &link),
        Err(error) => {
            let problem = told(visitor.texts, error)?;
            let shell = visitor.shell(visitor.texts.get("invite")).with_problem(problem);
            html_with(StatusCode::BAD_REQUEST, &form_page(shell, email))
        }
    }
}

/// The link, which is shown once.
fn invited(visitor: &Visitor, email: &str, link: &InvitationLink) -> Result<Response, ApiError> {
    let url = match link.url.starts_with('/') {
        true => format!("{}{}", visitor.origin, link.url),
        false => link.url.clone(),
    };
    html(&Invited {
        shell: visitor.shell(visitor.texts.get("invited")),
        email: email.to_owned(),
        link: url,
        until: moment(&link.expires_at.to_string()),
    })
}

async fn invite_again(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &PROJECT_MEMBERS, id).await?;
    let link = state.app.invite_again((&client, &id), &visitor.change_origin()?).await;
    match link {
        Ok(link) => {
            let member = state.app.member((&client, &id)).await;
            let email = member.map_or(String::new(), |member| member.email);
            invited(&visitor, &email, &link)
        }
        Err(error) => rejected(&visitor, error),
    }
}

async fn change_role(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &PROJECT_MEMBERS, id).await?;
    let form = Form::read(unread, &state, &allowed).await?;
    let Some(role) = Role::from_word(form.text("role")) else {
        return Ok(see(&record_href(&PROJECT_MEMBERS, &id)));
    };
    let done = state.app.change_role((&client, &id), role, &visitor.change_origin()?).await;
    changed(&visitor, &id, done)
}

async fn disable(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &PROJECT_MEMBERS, id).await?;
    let done = state.app.disable_member((&client, &id), &visitor.change_origin()?).await;
    changed(&visitor, &id, done)
}

async fn enable(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &PROJECT_MEMBERS, id).await?;
    let done = state.app.enable_member((&client, &id), &visitor.change_origin()?).await;
    changed(&visitor, &id, done)
}

async fn delete(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &PROJECT_MEMBERS, id).await?;
    match state.app.delete_member((&client, &id), &visitor.change_origin()?).await {
        Ok(()) => Ok(see("/console/project-members")),
        Err(error) => rejected(&visitor, error),
    }
}

fn changed(
    visitor: &Visitor,
    id: &str,
    done: Result<(), MemberError>,
) -> Result<Response, ApiError> {
    match done {
        Ok(()) => Ok(see(&format!("{}?done=member-changed", record_href(&PROJECT_MEMBERS, id)))),
        Err(error) => rejected(visitor, error),
    }
}

fn rejected(visitor: &Visitor, error: MemberError) -> Result<Response, ApiError> {
    if matches!(error, MemberError::Gone) {
        return Err(ApiError::not_found(&PROJECT_MEMBERS));
    }
    Err(crate::http::error::conflict("member_not_changed", &told(visitor.texts, error)?))
}
