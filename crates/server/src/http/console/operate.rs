//! What an owner looks at: tokens of programs, and the settings of the server.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use verax_domain::Timestamp;
use verax_pages::Texts;
use verax_pages::cell::{Cell, moment};
use verax_pages::names::Tone;
use verax_pages::settings::{Setting, SettingSection, Settings};
use verax_pages::tokens::{TokenRow, Tokens};
use verax_query::Tenant;

use super::answers::{html, see};
use super::records::with_news;
use super::visitor::Visitor;
use crate::app::access::Token;
use crate::config::described;
use crate::http::error::ApiError;
use crate::http::error_codes::NOT_FOUND;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `GET /console/tokens`.
pub async fn tokens(
    Extract(state): Extract<State>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let (texts, now) = (visitor.texts, state.app.clock.now());
    let rows = state.app.client_tokens(&visitor.caller()?.tenant()).await?;
    let shell = with_news(visitor.shell(texts.get("tokens")), raw.as_deref());
    let shows_clients = visitor.caller()?.tenant() == Tenant::All;
    let rows = rows.iter().map(|token| row(texts, token, now)).collect();
    html(&Tokens { shell, rows, shows_clients })
}

fn row(texts: Texts, token: &Token, now: Timestamp) -> TokenRow {
    let (word, tone) = match token.revoked_at {
        Some(_) => ("token-revoked", Tone::Bad),
        None if token.is_valid(now) => ("token-live", Tone::Good),
        None => ("token-expired", Tone::Plain),
    };
    TokenRow {
        id: token.id.clone(),
        client: token.client.clone(),
        mode: token.mode.clone(),
        scopes: token.scopes.split(' ').map(str::to_owned).collect(),
        created: moment(&token.created_at.to_string()),
        expires: moment(&token.expires_at.to_string()),
        state: Cell::Word { label: texts.get(word), tone },
        is_live: word == "token-live",
    }
}

/// `POST /console/tokens/{id}/revoke`: with all that were made from it.
pub async fn revoke(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.sent().unwrap_or_default();
    match state.app.revoke_client_token(&visitor.caller()?.tenant(), id).await? {
        true => Ok(see("/console/tokens?done=token-was-revoked")),
        false => Err(ApiError::new(&NOT_FOUND, "There is no such token.")),
    }
}

/// `GET /console/settings`. Only those that all nodes can share are shown with their values: others may
/// hold secrets, and are another node's on each.
pub async fn settings(
    Extract(state): Extract<State>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    let texts = visitor.texts;
    let for_all = state.app.settings_of_all_nodes().await?;
    let shared = state.app.config.now().shared();
    let sections = described::sections().into_iter().map(|section| SettingSection {
        settings: section
            .settings
            .into_iter()
            .map(|setting| {
                let name = format!("{}.{}", section.name, setting.key);
                let value = shared.iter().find(|(known, _)| *known == name);
                let source = match for_all.contains(&name) {
                    true => "setting-from-database",
                    false => "setting-from-node",
                };
                Setting {
                    source: value.map(|_| texts.get(source)),
                    value: value.map(|(_, value)| value.clone()),
                    doc: setting.doc,
                    default: setting.default,
                    name,
                }
            })
            .collect(),
        name: section.name,
        doc: section.doc,
    });
    let sections = sections.collect();
    html(&Settings { shell: visitor.shell(texts.get("settings")), sections })
}
