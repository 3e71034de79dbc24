//! Tokens of programs, which an owner looks at and revokes.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use verax_domain::{Scope, Timestamp};
use verax_pages::Texts;
use verax_pages::cell::{Cell, moment};
use verax_pages::names::Tone;
use verax_pages::tokens::{TokenRow, Tokens};
use verax_query::Tenant;

use super::answers::{html, see};
use super::needs::{FormAt, Needs};
use super::news::with_news;
use super::page::Page;
use super::visitor::Visitor;
use crate::app::access::Token;
use crate::http::error::ApiError;
use crate::http::error_codes::NOT_FOUND;
use crate::http::path_id::PathId;
use crate::http::state::State;

pub fn pages() -> Vec<Page> {
    let needs = Needs::Holding(Scope::WriteMembers);
    vec![
        Page::get("/console/tokens", needs, tokens),
        Page::post("/console/tokens/{id}/revoke", needs, revoke).confirmed(FormAt::TwoAbove),
    ]
}

/// `GET /console/tokens`.
async fn tokens(
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
async fn revoke(
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
