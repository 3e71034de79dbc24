//! The settings of the server, and those that are set for all nodes.

use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use verax_domain::Scope;
use verax_pages::Shell;
use verax_pages::settings::{Setting, SettingKind, SettingSection, SettingValue, Settings};

use super::answers::{html, html_with, see};
use super::form::Form;
use super::needs::{FormAt, Needs};
use super::news::with_news;
use super::page::Page;
use super::visitor::Visitor;
use crate::app::settings::shared::SettingError;
use crate::config::{SharedKind, SharedSetting, described, shared_names};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::NOT_FOUND;
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;

const HOME: &str = "/console/settings";

pub fn pages() -> Vec<Page> {
    let needs = Needs::OfAll(Scope::WriteMembers);
    vec![
        Page::get(HOME, needs, page),
        Page::post("/console/settings/{name}", needs, set).confirmed(FormAt::Above),
        Page::post("/console/settings/{name}/unset", needs, unset).confirmed(FormAt::TwoAbove),
    ]
}

/// What was typed for a setting, and why it is not taken.
struct Rejected<'a> {
    name: &'a str,
    typed: &'a str,
    problem: String,
}

/// `GET /console/settings`. Only those that all nodes can share are shown with their values: others may
/// hold secrets, and are another node's on each.
async fn page(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let shell = with_news(visitor.shell(visitor.texts.get("settings")), raw.as_deref());
    let changed = Form::of(raw.as_deref().unwrap_or_default());
    html(&settings(&state, shell, changed.text("name"), None).await?)
}

/// All settings; the section of the one that is named is open.
async fn settings(
    state: &State,
    shell: Shell,
    named: &str,
    rejected: Option<Rejected<'_>>,
) -> Result<Settings, ApiError> {
    let for_all = state.app.settings_of_all_nodes().await?;
    let shared = state.app.config.now().shared();
    let value = |name: &str| {
        let setting = shared.iter().find(|it| it.name == name)?;
        let is_set = for_all.iter().any(|it| it == name);
        let rejected = rejected.as_ref().filter(|it| it.name == name);
        Some(shown(&shell, setting, is_set, rejected))
    };
    let section = |section: described::Section| {
        let name_of = |key: &str| format!("{}.{key}", section.name);
        let is_open = section.settings.iter().any(|it| name_of(&it.key) == named);
        let setting = |it: described::Described| {
            let name = name_of(&it.key);
            Setting { value: value(&name), doc: it.doc, default: it.default, name }
        };
        let settings = section.settings.into_iter().map(setting).collect();
        SettingSection { name: section.name.clone(), doc: section.doc, is_open, settings }
    };
    let sections = described::sections().into_iter().map(section).collect();
    Ok(Settings { sections, shell })
}

fn shown(
    shell: &Shell,
    setting: &SharedSetting,
    is_set: bool,
    rejected: Option<&Rejected<'_>>,
) -> SettingValue {
    let source = if is_set { "setting-from-database" } else { "setting-from-node" };
    SettingValue {
        kind: match setting.kind {
            SharedKind::Number => SettingKind::Number,
            SharedKind::Switch => SettingKind::Switch,
            SharedKind::Text => SettingKind::Text,
        },
        value: setting.value.clone(),
        typed: rejected.map_or(setting.value.clone(), |it| it.typed.to_owned()),
        source: shell.t(source),
        is_set,
        problem: rejected.map(|it| it.problem.clone()),
    }
}

/// `POST /console/settings/{name}`: this node uses it at once, the others within seconds.
async fn set(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Path(name): Path<String>,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let name = shared_name(&name)?;
    let typed = form.text("value").trim();
    match state.app.set_setting(name, typed, &visitor.change_origin()?).await {
        Ok(()) => {
            state.app.read_settings().await?;
            Ok(changed("setting-was-set", name))
        }
        Err(SettingError::Store(error)) => Err(error.into()),
        Err(SettingError::Invalid(problem) | SettingError::NotSet(problem)) => {
            let texts = visitor.texts;
            let shell = visitor.shell(texts.get("settings")).with_problem(texts.get("not-saved"));
            let rejected = Rejected { name, typed, problem };
            let page = settings(&state, shell, name, Some(rejected)).await?;
            html_with(StatusCode::BAD_REQUEST, &page)
        }
    }
}

/// `POST /console/settings/{name}/unset`: each node has its own again.
async fn unset(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Path(name): Path<String>,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    unread.ignore(&state, &allowed).await?;
    let name = shared_name(&name)?;
    match state.app.unset_setting(name, &visitor.change_origin()?).await {
        Err(SettingError::Store(error)) => return Err(error.into()),
        // Somebody else was faster.
        Ok(()) | Err(SettingError::NotSet(_) | SettingError::Invalid(_)) => {}
    }
    state.app.read_settings().await?;
    Ok(changed("setting-was-unset", name))
}

fn shared_name(name: &str) -> Result<&'static str, ApiError> {
    let missing = || ApiError::new(&NOT_FOUND, "There is no such setting of all nodes.");
    shared_names().into_iter().find(|shared| *shared == name).ok_or_else(missing)
}

fn changed(done: &str, name: &str) -> Response {
    see(&format!("{HOME}?done={done}&name={name}#{name}"))
}
