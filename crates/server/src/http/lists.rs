//! What every resource has: its list, its records, and the deletion of one.

pub mod deletes;

use axum::extract::{RawQuery, State as Extract};
use verax_domain::openers::openers;
use verax_domain::resources::{
    self, EVENTS, PROJECT_MEMBERS, PROMPT_TEMPLATES, WEBHOOK_EVENTS, WEBHOOKS,
};
use verax_query::Resource;

use super::layers::access::{Access, RecordKinds, Rejection};
use super::layers::caching::IfNoneMatch;
use super::layers::handling::RequestHandling;
use super::listing::calls;
use super::listing::description::{list_of, retrieve_of};
use super::listing::streams::Format;
use super::openapi::shapes::{operation_id, record};
use super::operation::{Answer, Description, Operation};
use super::path_id::PathId;
use super::state::State;
use crate::app::access::{Bearer, Caller};
use crate::app::journal::Origin;

/// Persons and collections are below it, and answer in the way of the face calls: with handlers of
/// their own.
const FACE_RECOGNITION: &str = "v2/face-recognition";

/// Whose family adds something to the list (the feed, and what was delivered), or lets others in.
static LISTED_ELSEWHERE: [&Resource; 4] = [&EVENTS, &PROJECT_MEMBERS, &WEBHOOKS, &WEBHOOK_EVENTS];
/// And to one of them.
static RETRIEVED_ELSEWHERE: [&Resource; 3] = [&PROJECT_MEMBERS, &WEBHOOKS, &WEBHOOK_EVENTS];

/// Where the protocol has a resource under another address, too.
struct OtherAddress {
    resource: &'static Resource,
    list: &'static str,
    /// Of one record, without its id.
    one: &'static str,
    /// Behind the verb in `operationId`: of the list, and of one.
    names: (&'static str, &'static str),
}

static OTHER_ADDRESSES: [OtherAddress; 1] = [OtherAddress {
    resource: &PROMPT_TEMPLATES,
    list: "/v2/ocr/scan-prompt/templates",
    one: "/v2/ocr/scan-prompt/template",
    names: ("scan_prompt_templates", "scan_prompt_template"),
}];

/// The calls of all resources.
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for other in &OTHER_ADDRESSES {
        all.push(readdress(list("v2", other.resource), other.list, ("list", other.names.0)));
        let one = format!("{}/{{id}}", other.one);
        all.push(readdress(retrieve("v2", other.resource), &one, ("get", other.names.1)));
        all.push(readdress(delete("v2", other.resource), &one, ("delete", other.names.1)));
    }
    let has = |some: &[&Resource], one: &Resource| some.iter().any(|it| it.name == one.name);
    for resource in resources::ALL {
        for version in resource.versions.iter().filter(|it| **it != FACE_RECOGNITION) {
            let is_listed = !has(&LISTED_ELSEWHERE, resource);
            let is_retrieved = !has(&RETRIEVED_ELSEWHERE, resource);
            all.extend(is_listed.then(|| list(version, resource)));
            all.extend(is_retrieved.then(|| retrieve(version, resource)));
        }
        all.extend(resource.deleted_under().iter().map(|version| delete(version, resource)));
    }
    all
}

/// The same call under another address, and with an id of its own.
fn readdress(operation: Operation, path: &str, (verb, name): (&str, &str)) -> Operation {
    let described = Description { id: format!("{verb}_{name}"), ..operation.described };
    Operation { path: path.to_owned(), described, ..operation }
}

fn list(version: &str, resource: &'static Resource) -> Operation {
    let list = move |state: Extract<State>,
                     caller: Caller,
                     format: Format,
                     known: IfNoneMatch,
                     handling: RequestHandling,
                     query: RawQuery| {
        calls::list(state, caller, format, known, (query, handling), resource)
    };
    list_of(version, resource, Access::reading(resource.scopes), list).compressed()
}

fn retrieve(version: &str, resource: &'static Resource) -> Operation {
    let retrieve = move |state: Extract<State>,
                         bearer: Bearer,
                         known: IfNoneMatch,
                         id: PathId,
                         handling: RequestHandling,
                         query: RawQuery| {
        calls::retrieve(state, bearer, known, id, (query, handling), resource)
    };
    let records = RecordKinds::of(openers(resource).map(|opener| opener.kind));
    let access = Access::reading(resource.scopes).or_record(records, Rejection::OtherRecord);
    retrieve_of(version, resource, access, retrieve).compressed()
}

fn delete(version: &str, resource: &'static Resource) -> Operation {
    let delete = move |state: Extract<State>, bearer: Bearer, origin: Origin, id: PathId| {
        deletes::delete(state, (bearer, origin), id, resource)
    };
    let id = operation_id("delete", version, resource);
    let summary = format!("Delete one: {}", resource.title.to_lowercase());
    let answer = Answer::data_of(resource, record(resource));
    let described = Description::new(id, summary, resource.name, deletes::access(resource), answer);
    Operation::delete(format!("/{version}/{}/{{id}}", resource.name), delete, described)
        .unknown(resource.not_found.error)
}
