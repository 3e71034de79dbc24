//! Records to choose from, where there are few.

use std::collections::HashMap;

use serde_json::Value;
use verax_domain::resources::{CLIENTS, PROJECT_FLOWS, PROJECTS};
use verax_domain::role::SERVER_WIDE;
use verax_pages::form::{Control, Input};
use verax_pages::names;
use verax_query::{Problem, Query, Resource, Tenant};

use super::edited::Edited;
use crate::http::console::controls::menu;
use crate::http::console::finding::{beside, rows};
use crate::http::console::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::state::State;

/// A menu has no more; of more the id is typed.
const MENU_MAX: u32 = 100;

/// What the members of a form may name: of the client of this record, or of all that the visitor sees.
pub async fn of(
    state: &State,
    visitor: &Visitor,
    edited: &Edited,
    record: &Value,
) -> Result<HashMap<&'static str, Vec<(String, String)>>, ApiError> {
    if edited.resource.name != PROJECT_FLOWS.name || !visitor.may_read(&PROJECTS) {
        return Ok(HashMap::new());
    }
    let projects = few(state, &beside(visitor, record)?, &PROJECTS).await?;
    Ok(projects.map(|projects| ("project", projects)).into_iter().collect())
}

/// Whose a new record is.
pub async fn client(
    state: &State,
    visitor: &Visitor,
    typed: &str,
    problems: &[Problem],
) -> Result<Control, ApiError> {
    let (texts, value) = (visitor.texts, typed.to_owned());
    let clients = few(state, &visitor.caller()?.tenant(), &CLIENTS).await?;
    let input = match clients {
        Some(clients) => menu(texts, clients, typed, true),
        None => Input::Line { kind: "text", value, chars_max: Some(64) },
    };
    let of = problems.iter().filter(|problem| problem.parameter == "client");
    Ok(Control {
        name: "client".to_owned(),
        label: names::field(texts, "client"),
        doc: String::new(),
        hint: texts.get("form-client"),
        is_required: true,
        was: String::new(),
        problems: of.map(|problem| problem.message.clone()).collect(),
        asks: None,
        input,
    })
}

/// Ids and names of the records of a resource; `None`: there are too many for a menu.
async fn few(
    state: &State,
    tenant: &Tenant,
    resource: &'static Resource,
) -> Result<Option<Vec<(String, String)>>, ApiError> {
    let query = Query::of(resource).at_most(MENU_MAX + 1).without_total();
    let found = rows(&state.app.page(&query, tenant).await?.rows)?;
    if found.len() > MENU_MAX as usize {
        return Ok(None);
    }
    let text = |record: &Value, name: &str| record.get(name)?.as_str().map(str::to_owned);
    let choice = |record: &Value| {
        let id = text(record, "_id").filter(|id| id != SERVER_WIDE)?;
        let name = text(record, "name").map_or(id.clone(), |name| format!("{name} · {id}"));
        Some((id, name))
    };
    Ok(Some(found.iter().filter_map(choice).collect()))
}
