//! Forms that make and change projects and flows. What they say is checked and done as a call of the API that
//! says the same.

mod choices;
mod edited;
mod filled;

use axum::extract::{RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use verax_domain::Scope;
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_pages::cell::{list_href, record_href};
use verax_pages::record::Action;
use verax_query::{Resource, Retrieval, is_id};

use self::edited::{Edited, FLOW, PROJECT};
use self::filled::{Filled, page, save};
use super::answers::html;
use super::finding::find;
use super::form::Form;
use super::needs::Needs;
use super::news::with_news;
use super::page::Page;
use super::typed_form::TypedForm;
use super::visitor::Visitor;
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::layers::allowed::Allowed;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// An object of a record has 64 KiB at most, which a form may write in three times as many bytes.
const FORM_BYTES_MAX: usize = 512 * 1024;
/// More changes of others than this do not come between the reading and the writing of a record.
const TRIES_MAX: u32 = 8;

pub fn pages() -> Vec<Page> {
    [&PROJECT, &FLOW].into_iter().flat_map(of).collect()
}

fn of(edited: &'static Edited) -> [Page; 4] {
    let needs = Needs::Holding(Scope::Write);
    let list = list_href(edited.resource);
    let (new, edit) = (format!("{list}/-/new"), format!("{list}/{{id}}/edit"));
    let blank = move |state: Extract<State>, visitor: Visitor, query: RawQuery| {
        blank(state, visitor, query, edited)
    };
    let create =
        move |state: Extract<State>,
              visitor: Visitor,
              query: RawQuery,
              allowed: Allowed,
              body: Unread| { create(state, visitor, query, (allowed, body), edited) };
    let present = move |state: Extract<State>, visitor: Visitor, id: PathId, query: RawQuery| {
        present(state, visitor, id, query, edited)
    };
    let change =
        move |state: Extract<State>,
              visitor: Visitor,
              id: PathId,
              allowed: Allowed,
              body: Unread| { change(state, visitor, id, (allowed, body), edited) };
    [
        Page::get(new.clone(), needs, blank),
        Page::post(new, needs, create),
        Page::get(edit.clone(), needs, present),
        Page::post(edit, needs, change),
    ]
}

/// What may be made where records of this resource are listed.
pub fn list_actions(visitor: &Visitor, resource: &Resource) -> Vec<Action> {
    let made = [&PROJECT, &FLOW].into_iter().find(|it| it.resource.name == resource.name);
    let made = made.filter(|_| visitor.has(Scope::Write));
    let action = |it: &Edited| Action::open(it.new_path(""), visitor.texts.get(it.title_of_new));
    made.map(action).into_iter().collect()
}

/// What may be done with a record.
pub fn record_actions(visitor: &Visitor, resource: &Resource, record: &Value) -> Vec<Action> {
    if !visitor.has(Scope::Write) {
        return Vec::new();
    }
    let id = record.get("_id").and_then(Value::as_str).unwrap_or_default();
    let edit = || {
        let href = format!("{}/edit", record_href(resource, id));
        Action::open(href, visitor.texts.get("record-change"))
    };
    match resource.name {
        name if name == PROJECTS.name => {
            let flow = Action::open(FLOW.new_path(id), visitor.texts.get(FLOW.title_of_new));
            vec![edit(), flow]
        }
        name if name == PROJECT_FLOWS.name => vec![edit()],
        _ => Vec::new(),
    }
}

/// `GET /console/<resource>/-/new`.
async fn blank(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
    edited: &'static Edited,
) -> Result<Response, ApiError> {
    let project = project_of(raw.as_deref());
    let typed = TypedForm::with("project", &project);
    let path = edited.new_path(&project);
    let filled = Filled { edited, record: &Value::Null, path, typed: Some(&typed) };
    let shell = with_news(visitor.shell(filled.title(&visitor)), raw.as_deref());
    html(&page(&state, &visitor, shell, &filled, &[]).await?)
}

/// The project for which a flow is made, as the address says; empty where it does not.
fn project_of(raw: Option<&str>) -> String {
    let form = Form::of(raw.unwrap_or_default());
    Some(form.text("project")).filter(|id| is_id(id)).unwrap_or_default().to_owned()
}

/// `POST /console/<resource>/-/new`.
async fn create(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
    (allowed, body): (Allowed, Unread),
    edited: &'static Edited,
) -> Result<Response, ApiError> {
    let (form, received) = Form::receive(body, &state, &allowed, FORM_BYTES_MAX).await?;
    let values = TypedForm::of(&form);
    let path = edited.new_path(&project_of(raw.as_deref()));
    let filled = Filled { edited, record: &Value::Null, path, typed: Some(&values) };
    let client = edited.client_of_new(&state, &visitor, &values).await?;
    save(&state, &visitor, &filled, client, &received).await
}

/// `GET /console/<resource>/{id}/edit`.
async fn present(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    RawQuery(raw): RawQuery,
    edited: &'static Edited,
) -> Result<Response, ApiError> {
    let record = record(&state, &visitor, &id.of(edited.resource)?, edited).await?;
    let filled = Filled { edited, record: &record, path: edit_path(edited, &record), typed: None };
    let shell = with_news(visitor.shell(filled.title(&visitor)), raw.as_deref());
    html(&page(&state, &visitor, shell, &filled, &[]).await?)
}

/// `POST /console/<resource>/{id}/edit`: what was not changed is not sent.
async fn change(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    (allowed, body): (Allowed, Unread),
    edited: &'static Edited,
) -> Result<Response, ApiError> {
    let (form, received) = Form::receive(body, &state, &allowed, FORM_BYTES_MAX).await?;
    let values = TypedForm::of(&form);
    let id = id.of(edited.resource)?;
    let mut tries = 1;
    loop {
        let record = record(&state, &visitor, &id, edited).await?;
        let path = edit_path(edited, &record);
        let filled = Filled { edited, record: &record, path, typed: Some(&values) };
        let client = record.get("client").and_then(Value::as_str).map(str::to_owned);
        match save(&state, &visitor, &filled, client, &received).await {
            // Somebody changed it after it was read: what was typed is put into what they made of it.
            Err(error) if error.status() == StatusCode::NOT_FOUND && tries < TRIES_MAX => {
                tries += 1
            }
            done => return done,
        }
    }
}

async fn record(
    state: &State,
    visitor: &Visitor,
    id: &str,
    edited: &'static Edited,
) -> Result<Value, ApiError> {
    let tenant = visitor.caller()?.tenant();
    find(state, &Retrieval::whole(edited.resource), &tenant, id).await
}

fn edit_path(edited: &Edited, record: &Value) -> String {
    let id = record.get("_id").and_then(Value::as_str).unwrap_or_default();
    format!("{}/edit", record_href(edited.resource, id))
}
