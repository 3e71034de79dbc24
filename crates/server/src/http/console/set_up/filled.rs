//! A form that is filled in: shown, and saved.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use verax_pages::cell::{list_href, record_href};
use verax_pages::form::RecordForm;
use verax_pages::{Shell, names};
use verax_query::{Problem, Timestamp};

use super::choices;
use super::edited::Edited;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::parse_apart;
use crate::http::body::table::Purpose;
use crate::http::body::unread::Received;
use crate::http::console::answers::{confirm_path, html_with, see};
use crate::http::console::controls::{Controls, elsewhere};
use crate::http::console::form_body::FormBody;
use crate::http::console::news::CONFIRMED;
use crate::http::console::typed_form::TypedForm;
use crate::http::console::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::project_service::{Author, Present};
use crate::http::state::State;

/// A form, and what it is filled with.
pub struct Filled<'a> {
    pub edited: &'static Edited,
    /// The record that is changed; null where one is made.
    pub record: &'a Value,
    /// Where the form is, and where it is sent.
    pub path: String,
    /// What was typed, in place of what the record has.
    pub typed: Option<&'a TypedForm<'a>>,
}

impl Filled<'_> {
    fn id(&self) -> Option<&str> {
        self.record.get("_id").and_then(Value::as_str)
    }

    fn changed_at(&self) -> Option<&str> {
        self.record.get("updatedAt").and_then(Value::as_str)
    }

    /// The record that is changed, if nobody has changed it since it was read.
    fn present(&self) -> Option<Present<'_>> {
        let last_changed = self.changed_at().and_then(Timestamp::parse);
        Some(Present { id: self.id()?, last_changed })
    }

    pub fn title(&self, visitor: &Visitor) -> String {
        visitor.texts.get(self.id().map_or(self.edited.title_of_new, |_| "record-change"))
    }

    fn purpose(&self) -> Purpose {
        if self.id().is_some() { Purpose::Change } else { Purpose::Create }
    }
}

/// Makes or changes the record of this client; `None`: nobody's.
pub async fn save(
    state: &State,
    visitor: &Visitor,
    filled: &Filled<'_>,
    client: Option<String>,
    received: &Received,
) -> Result<Response, ApiError> {
    let (edited, caller, none) = (filled.edited, visitor.caller()?, TypedForm::default());
    let values = filled.typed.unwrap_or(&none);
    let shows = |name: &str| edited.shows(visitor, name);
    let body = FormBody::of(edited.fields, filled.record, values, shows);
    if !body.overtaken.is_empty() {
        let shell = visitor.shell(filled.title(visitor));
        let shell = shell.with_problem(visitor.texts.get("form-stale"));
        let page = page(state, visitor, shell, filled, &[]).await?;
        return html_with(StatusCode::CONFLICT, &page);
    }
    let asks = body.changed.iter().any(|path| edited.asks.contains(&path.as_str()));
    if asks && !is_confirmed(state, visitor)? {
        let mark = if filled.path.contains('?') { '&' } else { '?' };
        return Ok(see(&confirm_path(&format!("{}{mark}done={CONFIRMED}", filled.path))));
    }
    if let (Some(id), true) = (filled.id(), body.changed.is_empty()) {
        return Ok(saved(edited, id));
    }
    let (json, purpose) = (received.saying(&Value::Object(body.members)), filled.purpose());
    let parse = move || CheckedBody::parse(&json, edited.fields, purpose);
    let done = match parse_apart(received.bytes.len(), parse).await? {
        Err(unreadable) => Err(unreadable.into()),
        Ok(mut sent) => {
            for path in &body.kept {
                sent.wrong(path, "can be changed, but not taken away");
            }
            if client.is_none() && edited.asks_client(visitor) {
                sent.wrong("client", "must be a client of this server");
            }
            let (client, origin) = (client.as_deref(), visitor.change_origin()?);
            let client = client.unwrap_or(caller.client());
            let author = Author { caller, client, origin: &origin };
            edited.save(state, &author, filled.present(), sent).await
        }
    };
    let error = match done {
        Ok(id) => return Ok(saved(edited, &id)),
        Err(error) => error,
    };
    let problems = error.problems();
    if problems.is_empty() {
        return Err(error);
    }
    let shell = visitor.shell(filled.title(visitor));
    html_with(StatusCode::BAD_REQUEST, &page(state, visitor, shell, filled, &problems).await?)
}

fn saved(edited: &Edited, id: &str) -> Response {
    see(&format!("{}?done=saved", record_href(edited.resource, id)))
}

fn is_confirmed(state: &State, visitor: &Visitor) -> Result<bool, ApiError> {
    Ok(visitor.session()?.is_confirmed(state.app.clock.now()))
}

pub async fn page(
    state: &State,
    visitor: &Visitor,
    shell: Shell,
    filled: &Filled<'_>,
    problems: &[Problem],
) -> Result<RecordForm, ApiError> {
    let (edited, texts) = (filled.edited, visitor.texts);
    let asks = (!is_confirmed(state, visitor)?)
        .then(|| (edited.asks, texts.get("form-asks"), confirm_path(&filled.path)));
    let mut controls = Controls {
        texts,
        purpose: filled.purpose(),
        present: filled.record,
        typed: filled.typed,
        problems,
        asks,
        records: choices::of(state, visitor, edited, filled.record).await?,
        left_out: Vec::new(),
    };
    let mut all = controls.of(edited.fields, |name| edited.shows(visitor, name));
    let left_out = controls.left_out;
    if filled.id().is_none() && edited.asks_client(visitor) {
        let typed = filled.typed.and_then(|typed| typed.get("client"));
        let typed = typed.unwrap_or_default();
        all.insert(0, choices::client(state, visitor, typed, problems).await?);
    }
    let list = (list_href(edited.resource), names::plural(texts, edited.resource));
    let back = filled.id().map_or(list.0.clone(), |id| record_href(edited.resource, id));
    let mut crumbs = vec![list];
    if let Some(id) = filled.id() {
        let name = filled.record.get("name").and_then(Value::as_str).unwrap_or(id);
        crumbs.push((back.clone(), name.to_owned()));
    }
    Ok(RecordForm {
        shell,
        crumbs,
        doc: edited.resource.doc,
        action: filled.path.clone(),
        changed_at: filled.changed_at().map(str::to_owned),
        problems: elsewhere(problems, &all),
        controls: all,
        left_out,
        back,
    })
}
