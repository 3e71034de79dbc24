//! Collections and persons of the projects that have a flow of one type: what a dashboard's pages show.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use verax_domain::resources::{COLLECTIONS, PERSONS};
use verax_query::Resource;

use crate::app::access::Caller;
use crate::http::error::ApiError;
use crate::http::layers::access::Access;
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::listing::calls::{list, short};
use crate::http::listing::description::list_of;
use crate::http::listing::streams::Format;
use crate::http::operation::Operation;
use crate::http::state::State;

const FLOW_TYPES: [&str; 3] = ["login", "onboarding", "smartlink"];
/// No collection has it.
const NO_ID: &str = "-";

/// The lists of both for each type of flow.
pub fn operations(read: Access) -> Vec<Operation> {
    let listed: [(&'static Resource, &'static str); 2] =
        [(&COLLECTIONS, "in__id"), (&PERSONS, "in_collections")];
    let mut all = Vec::new();
    for (resource, filter) in listed {
        for flow_type in FLOW_TYPES {
            let handler = move |state: Extract<State>,
                                caller: Caller,
                                format: Format,
                                known: IfNoneMatch,
                                handling: RequestHandling,
                                query: RawQuery| {
                let wanted = Wanted { resource, filter, flow_type };
                list_of_type(state, caller, (format, known, handling), query, wanted)
            };
            let mut operation = list_of("v2/face-recognition", resource, read, handler);
            operation.path = format!("{}/project-type/{flow_type}", operation.path);
            operation.described.id = format!("{}_of_{flow_type}", operation.described.id);
            operation.described.summary = format!(
                "{} of projects with a flow of type {flow_type}",
                operation.described.summary
            );
            all.push(operation);
        }
    }
    all
}

struct Wanted {
    resource: &'static Resource,
    /// What compares with the ids of collections.
    filter: &'static str,
    flow_type: &'static str,
}

async fn list_of_type(
    Extract(state): Extract<State>,
    caller: Caller,
    (format, known, handling): (Format, IfNoneMatch, RequestHandling),
    RawQuery(raw): RawQuery,
    Wanted { resource, filter, flow_type }: Wanted,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let ids = state.app.collections_of_flows(&caller.tenant(), flow_type).await?;
    let ids = if ids.is_empty() { NO_ID.to_owned() } else { ids.join(",") };
    let raw = format!("{filter}={ids}&{raw}");
    list(Extract(state), caller, format, known, (RawQuery(Some(raw)), handling), resource).await
}
