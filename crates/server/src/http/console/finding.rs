//! Records, as the visitor sees them.

use serde_json::Value;
use verax_query::{Resource, Retrieval, Tenant};

use super::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// # Errors
/// The resource's 404.
pub async fn find(
    state: &State,
    retrieval: &Retrieval,
    tenant: &Tenant,
    id: &str,
) -> Result<Value, ApiError> {
    let found = state.app.record_bytes(retrieval, tenant, id).await?;
    let bytes = found.ok_or_else(|| ApiError::not_found(retrieval.resource()))?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::internal().caused(error))
}

/// The records beside this one: those of its client, also for a visitor who sees all. That is what indexes are by.
pub fn beside(visitor: &Visitor, record: &Value) -> Result<Tenant, ApiError> {
    let own = visitor.caller()?.tenant();
    Ok(match record.get("client").and_then(Value::as_str) {
        Some(client) if own == Tenant::All => Tenant::Client(client.to_owned()),
        _ => own,
    })
}

/// The record that a form changes, if the visitor sees it: with the client whose it is.
pub async fn found(
    state: &State,
    visitor: &Visitor,
    resource: &'static Resource,
    id: PathId,
) -> Result<(String, String), ApiError> {
    let id = id.of(resource)?;
    let tenant = visitor.caller()?.tenant();
    let record = find(state, &Retrieval::whole(resource), &tenant, &id).await?;
    let client = record.get("client").and_then(Value::as_str).unwrap_or_default();
    Ok((client.to_owned(), id))
}

/// The records of a page: their JSON with commas between.
pub fn rows(rows: &[u8]) -> Result<Vec<Value>, ApiError> {
    let array = [b"[".as_slice(), rows, b"]"].concat();
    serde_json::from_slice(&array).map_err(|error| ApiError::internal().caused(error))
}
