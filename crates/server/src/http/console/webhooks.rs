//! What may be done with webhooks and what is delivered to them, and how deliveries have gone.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::{WEBHOOK_EVENTS, WEBHOOKS};
use verax_pages::cell::record_href;
use verax_pages::record::Action;
use verax_query::Resource;

use super::answers::see;
use super::finding::found;
use super::needs::Needs;
use super::page::Page;
use super::visitor::Visitor;
use crate::app::webhooks::{Disabled, WebhookError};
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;

pub fn pages() -> Vec<Page> {
    let needs = Needs::Holding(Scope::WriteWebhooks);
    vec![
        Page::post("/console/webhooks/{id}/enable", needs, enable),
        Page::post("/console/webhooks/{id}/disable", needs, disable),
        Page::post("/console/webhook-events/{id}/resend", needs, resend),
    ]
}

/// The buttons beside a webhook or a delivery.
pub fn actions(visitor: &Visitor, resource: &Resource, record: &Value) -> Vec<Action> {
    if !visitor.has(Scope::WriteWebhooks) {
        return Vec::new();
    }
    let id = record.get("_id").and_then(Value::as_str).unwrap_or_default();
    let (verb, label) = match record.get("isActive").and_then(Value::as_bool) {
        None => ("resend", "resend"),
        Some(true) => ("disable", "webhook-disable"),
        Some(false) => ("enable", "webhook-enable"),
    };
    let href = format!("{}/{verb}", record_href(resource, id));
    vec![Action { href, label: visitor.texts.get(label), ..Action::default() }]
}

/// How each attempt of a delivery went: what the API says as `attemptLog`.
pub async fn attempts(
    state: &State,
    visitor: &Visitor,
    resource: &Resource,
    record: &Value,
) -> Result<Option<(String, Value)>, ApiError> {
    if resource.name != WEBHOOK_EVENTS.name {
        return Ok(None);
    }
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let details = state.app.delivery_details(text("client"), text("_id")).await?;
    let attempts = details.attempts.iter().map(|attempt| {
        json!({
            "number": attempt.number,
            "at": attempt.at.to_string(),
            "milliseconds": attempt.ms,
            "statusCode": attempt.status_code,
            "error": attempt.error,
        })
    });
    Ok(Some((visitor.texts.get("field-attempts"), attempts.collect())))
}

async fn enable(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &WEBHOOKS, id).await?;
    let done = state.app.enable_webhook((&client, &id), &visitor.change_origin()?).await;
    done.map_err(ApiError::from)?;
    Ok(see(&format!("{}?done=webhook-changed", record_href(&WEBHOOKS, &id))))
}

async fn disable(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &WEBHOOKS, id).await?;
    let origin = visitor.change_origin()?;
    let done = state.app.disable_webhook((&client, &id), Disabled::ByClient, &origin).await;
    done.map_err(ApiError::from)?;
    Ok(see(&format!("{}?done=webhook-changed", record_href(&WEBHOOKS, &id))))
}

/// Leads to the new delivery.
async fn resend(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let (client, id) = found(&state, &visitor, &WEBHOOK_EVENTS, id).await?;
    let new = state.app.resend_delivery(&client, &id).await.map_err(|error| match error {
        WebhookError::Gone => ApiError::not_found(&WEBHOOK_EVENTS),
        error => error.into(),
    })?;
    Ok(see(&format!("{}?done=resent", record_href(&WEBHOOK_EVENTS, &new))))
}
