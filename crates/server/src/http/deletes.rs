//! `DELETE /v2/<resource>/{id}`: the answer is the record as it was.

use axum::extract::{Path, State as Extract};
use axum::response::Response;
use serde_json::Map;
use verax_domain::NarrowScope;
use verax_domain::resources::{
    APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, PROJECT_FLOWS,
    PROJECTS,
};
use verax_query::{Resource, Retrieval, Tenant, is_id};
use verax_store::StoreError;

use super::State;
use super::authorize::{may_read, require_write};
use super::brief::brief;
use super::error::ApiError;
use super::lifecycle_errors::{access_denied, conflict, for_clients_only, token_not_right};
use super::lists::{PathId, json, one};
use crate::app::access::Bearer;
use crate::app::persons::PersonError;
use crate::app::records::DeleteError;

/// What is deleted by id, and under which prefixes.
pub static DELETABLE: [(&Resource, &[&str]); 6] = [
    (&PROJECTS, &["v2", "v3"]),
    (&PROJECT_FLOWS, &["v2", "v3"]),
    (&APP_REGISTRATIONS, &["v2"]),
    (&APP_LOGINS, &["v2"]),
    (&BIOMETRIC_VALIDATIONS, &["v2"]),
    (&DOCUMENT_LIVENESS, &["v2"]),
];

/// A client deletes its records, and is told what they were if it may read them. A person who begins the
/// face check again sets the old one aside with the registration's token: what says who they are is not
/// theirs to delete.
pub async fn delete(
    Extract(state): Extract<State>,
    bearer: Bearer,
    id: PathId,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let registration = match &bearer {
        Bearer::Caller(caller) => {
            require_write(caller)?;
            None
        }
        Bearer::Holder(holder) if resource.name == BIOMETRIC_VALIDATIONS.name => {
            let own = holder.subject(NarrowScope::Registration);
            Some(own.ok_or_else(|| token_not_right("app registration"))?)
        }
        Bearer::Holder(_) => return Err(for_clients_only()),
    };
    let unknown = || ApiError::not_found(resource);
    let id = id.map(|Path(id)| id).ok().filter(|id| is_id(id)).ok_or_else(unknown)?;
    let client = bearer.client();
    let tenant = Tenant::Client(client.to_owned());
    let found = state.app.find_record(resource, &tenant, &id).await?;
    if let Some(own) = registration
        && found.as_ref().is_none_or(|record| record["appRegistration"] != own)
    {
        return Err(access_denied());
    }
    found.ok_or_else(unknown)?;
    let whole = Retrieval::whole(resource);
    let mut record = state.app.database.record(&whole, &tenant, &id).await?.ok_or_else(unknown)?;
    if let Bearer::Caller(caller) = &bearer
        && !may_read(caller, resource.scopes)
    {
        record = brief(&id, &Map::new()).to_string().into_bytes();
    }
    if let Some(own) = registration {
        return match state.app.set_aside_validation(client, own, &id).await {
            Ok(()) => Ok(json(one(&state, bearer.audience(), resource, &record))),
            Err(PersonError::Store(StoreError::Conflict)) => Err(conflict(
                "registration_is_over",
                "The registration is over, or its face is being measured.",
            )),
            Err(error) => Err(error.into()),
        };
    }
    match state.app.delete_record(resource, client, &id).await {
        Ok(()) => Ok(json(one(&state, bearer.audience(), resource, &record))),
        Err(DeleteError::Store(StoreError::Conflict)) => Err(unknown()),
        Err(DeleteError::Store(error)) => Err(error.into()),
        Err(DeleteError::Vault(error)) => Err(error.into()),
    }
}
