//! The list of a resource, its CSV, and the forms above it.

use axum::extract::{RawQuery, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use verax_domain::Scope;
use verax_domain::resources::PROJECT_MEMBERS;
use verax_pages::cell::list_href;
use verax_pages::list::{List, Listed, SavedView, ViewDraft, Views, visible};
use verax_pages::record::Action;
use verax_pages::{Shell, names};
use verax_query::{Query, Resource};

use super::actors::name_actors;
use super::answers::{html, html_with, see};
use super::finding::rows;
use super::form::Form;
use super::news::with_news;
use super::set_up;
use super::visitor::Visitor;
use crate::app::views::View;
use crate::http::error::ApiError;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::listing::calls::{answer_list, read_page, short};
use crate::http::listing::streams::{Format, Mark};
use crate::http::query_string::parts;
use crate::http::state::State;

/// `GET /console/<resource>`: the query string is that of `GET /v2/<resource>`.
pub async fn list(
    Extract(state): Extract<State>,
    visitor: Visitor,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let sent = short(raw)?;
    let raw = of_the_api(&sent);
    let query = match Query::parse_as(resource, &raw, handling.handling()) {
        Ok(query) => query,
        Err(problems) => {
            let shell = visitor.shell(names::plural(visitor.texts, resource));
            let views = views(&state, &visitor, resource, None, ViewDraft::default()).await?;
            let page = List::wrong(shell, resource, raw, problems).with_views(views);
            return html_with(StatusCode::BAD_REQUEST, &page);
        }
    };
    let mut list = page(&state, &visitor, &handling, &query, ViewDraft::default()).await?;
    list.shell = with_news(list.shell, Some(&sent));
    html(&list)
}

/// The page of the list that a query asks for, with what was typed into the form of a view.
pub async fn page(
    state: &State,
    visitor: &Visitor,
    handling: &RequestHandling,
    query: &Query,
    draft: ViewDraft,
) -> Result<List, ApiError> {
    let resource = query.resource();
    let shell = visitor.shell(names::plural(visitor.texts, resource));
    let (caller, may_open) = (visitor.caller()?, |it: &Resource| visitor.may_read(it));
    let shown = visible(query);
    let named = query.clone().populating(|field, relation| {
        shown.contains(&field) && visitor.may_read(relation.resource)
    });
    let found = read_page(state, caller, handling, &named).await?;
    let mut rows = rows(&found.rows)?;
    name_actors(state, visitor, &mut rows).await?;
    let total = found.total.unwrap_or(query.page().skip + rows.len() as u64);
    let listed = Listed { query, rows: &rows, total, origin: &visitor.origin };
    let page = List::of(shell, &visitor.reader(&may_open), &listed);
    let actions = actions(visitor, resource, &page.shell);
    let views = views(state, visitor, resource, Some(query), draft).await?;
    Ok(page.with_actions(actions).with_views(views))
}

/// The views of a resource that the visitor sees. The one that asks for what is shown is marked, on whichever
/// of its pages.
async fn views(
    state: &State,
    visitor: &Visitor,
    resource: &'static Resource,
    shown: Option<&Query>,
    draft: ViewDraft,
) -> Result<Views, ApiError> {
    let (_, member) = visitor.session()?.key();
    let shown = shown.map(|query| query.clone().from_the_beginning());
    let href = list_href(resource);
    let all = state.app.views(visitor.session()?.key(), resource).await?;
    let saved = |view: View| {
        let is_own = view.member == member;
        let mark = match (is_own, view.is_shared) {
            (true, false) => String::new(),
            (true, true) => visitor.texts.get("view-shared"),
            (false, _) => visitor.texts.get("view-of-colleague"),
        };
        let may_delete = is_own || visitor.has(Scope::WriteMembers);
        SavedView {
            href: format!("{href}?{}", view.query),
            is_current: shown.is_some() && Query::parse(resource, &view.query).ok() == shown,
            delete_href: match may_delete {
                true => format!("{href}/-/views/{}/delete", view.id),
                false => String::new(),
            },
            name: view.name,
            mark,
        }
    };
    let may_share = visitor.has(Scope::Write);
    Ok(Views { all: all.into_iter().map(saved).collect(), may_share, draft })
}

fn actions(visitor: &Visitor, resource: &Resource, shell: &Shell) -> Vec<Action> {
    let mut actions = set_up::list_actions(visitor, resource);
    if resource.name == PROJECT_MEMBERS.name && visitor.has(Scope::WriteMembers) {
        let href = "/console/project-members/-/invite".to_owned();
        actions.push(Action::open(href, shell.t("invite")));
    }
    actions
}

/// The query without what is the console's own.
fn of_the_api(raw: &str) -> String {
    let is_own = |part: &&str| matches!(part.split('=').next(), Some("lang" | "done"));
    parts(raw).filter(|part| !is_own(part)).collect::<Vec<_>>().join("&")
}

/// `GET /console/<resource>.csv`: the whole list, as the API streams it, for a spreadsheet.
pub async fn csv(
    Extract(state): Extract<State>,
    visitor: Visitor,
    (known, handling): (IfNoneMatch, RequestHandling),
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let raw = of_the_api(&short(raw)?);
    let query = Query::parse_as(resource, &raw, handling.handling()).map_err(ApiError::invalid)?;
    let format = Format::Csv(Mark::Marked);
    let mut response =
        answer_list(&state, visitor.caller()?, format, &known, &handling, query).await?;
    let name = format!("attachment; filename=\"{}.csv\"", resource.name);
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// `GET /console/<resource>/-/filter`: what a form above the list sends, as the list's own query. Fields
/// that were left empty are left out.
pub async fn filter(
    RawQuery(raw): RawQuery,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let form = Form::of(&short(raw)?);
    let mut query: Vec<String> = Vec::new();
    query.extend(Some(form.text("query").to_owned()).filter(|rest| !rest.is_empty()));
    for (name, value) in form.pairs() {
        let is_own = matches!(name, "query" | "field" | "operator" | "value" | "lang");
        if !is_own && !value.is_empty() {
            query.push(pair(name, value));
        }
    }
    let (field, operator) = (form.text("field"), form.text("operator"));
    if !field.is_empty() {
        query.push(pair(&format!("{operator}{field}"), form.text("value")));
    }
    Ok(see(&format!("{}?{}", list_href(resource), query.join("&"))))
}

fn pair(name: &str, value: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    format!("{}={}", encoded(name), encoded(value))
}
