//! `DELETE /v2/<resource>/{id}`: the answer is the record as it was.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::Map;
use verax_domain::openers::openers;
use verax_query::{Resource, Retrieval, Tenant};

use crate::app::access::Bearer;
use crate::app::journal::Origin;
use crate::app::lists::records::RecordError;
use crate::app::persons::PersonError;
use crate::http::answers::brief::brief;
use crate::http::answers::{json, one};
use crate::http::error::{ApiError, access_denied, conflict};
use crate::http::layers::access::{Access, RecordKinds, Rejection};
use crate::http::layers::allowed::may_read;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// A client's token that may write; where a record may be set aside with the registration's token, that
/// one too.
pub fn access(resource: &Resource) -> Access {
    let records = RecordKinds::of(openers(resource).filter(|it| it.may_delete).map(|it| it.kind));
    let needed = records.iter().next();
    let others = needed.map_or(Rejection::ClientsOnly, |it| Rejection::NotRight(it.title()));
    Access::WRITE.or_record(records, others)
}

/// A client deletes its records, and is told what they were if it may read them. A person who begins the
/// face check again sets the old one aside with the registration's token: what says who they are is not
/// theirs to delete.
pub async fn delete(
    Extract(state): Extract<State>,
    (bearer, origin): (Bearer, Origin),
    id: PathId,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let owner = match &bearer {
        Bearer::Caller(_) => None,
        Bearer::RecordToken(record_token) => {
            let mut openers = openers(resource).filter(|opener| opener.may_delete);
            let owner = openers.find_map(|it| Some((it, record_token.subject(it.kind)?)));
            Some(owner.ok_or_else(access_denied)?)
        }
    };
    let unknown = || ApiError::not_found(resource);
    let id = id.of(resource)?;
    let client = bearer.client();
    let tenant = Tenant::Client(client.to_owned());
    let found = state.app.find_record(resource, &tenant, &id).await?;
    if let Some((opener, own)) = owner
        && found.as_ref().is_none_or(|record| opener.subject_of(record) != Some(own))
    {
        return Err(access_denied());
    }
    found.ok_or_else(unknown)?;
    let whole = Retrieval::whole(resource);
    let mut record = state.app.record_bytes(&whole, &tenant, &id).await?.ok_or_else(unknown)?;
    if let Bearer::Caller(caller) = &bearer
        && !may_read(caller, resource.scopes)
    {
        record = brief(&id, &Map::new()).to_string().into_bytes();
    }
    if let Some((_, own)) = owner {
        return match state.app.set_aside_validation(client, own, &id, &origin).await {
            Ok(()) => Ok(json(one(&state, bearer.audience(), resource, &record))),
            Err(PersonError::Contended) => Err(conflict(
                "registration_is_over",
                "The registration is over, or its face is being measured.",
            )),
            Err(error) => Err(error.into()),
        };
    }
    match state.app.delete_record(resource, client, &id, &origin).await {
        Ok(()) => Ok(json(one(&state, bearer.audience(), resource, &record))),
        Err(RecordError::Gone) => Err(unknown()),
        Err(error) => Err(error.into()),
    }
}
