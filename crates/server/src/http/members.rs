//! Members: who signs in, and what they may do.

pub mod calls;
pub mod errors;

use axum::extract::{RawQuery, State as Extract};
use axum::http::StatusCode;
use serde_json::json;
use verax_domain::Scope;
use verax_domain::resources::PROJECT_MEMBERS;

use self::calls::{CHANGE_BODY, INVITE_BODY};
use self::errors::{LAST_OWNER, MEMBER_EXISTS, MEMBER_JOINED, MEMBER_NOT_ACTIVE};
use super::body::table::Purpose;
use super::error_codes::{INVALID_PARAMETERS, MISSING_PARAMETER};
use super::layers::access::{Access, Clients};
use super::layers::caching::IfNoneMatch;
use super::layers::handling::RequestHandling;
use super::listing::calls::retrieve;
use super::listing::description::{list_of, retrieve_of};
use super::openapi::shapes::record;
use super::operation::{Answer, Description, Operation};
use super::path_id::PathId;
use super::state::State;
use crate::app::access::Bearer;

/// Who the members are is for those alone who may say it: not for staff, who may read all else.
const MEMBERS: Access = Access { clients: Clients::Holding(Scope::WriteMembers), ..Access::CLIENT };

pub fn operations() -> Vec<Operation> {
    let retrieving = |state: Extract<State>,
                      bearer: Bearer,
                      known: IfNoneMatch,
                      id: PathId,
                      handling: RequestHandling,
                      query: RawQuery| {
        retrieve(state, bearer, known, id, (query, handling), &PROJECT_MEMBERS)
    };
    vec![
        list_of("v2", &PROJECT_MEMBERS, MEMBERS, calls::list),
        retrieve_of("v2", &PROJECT_MEMBERS, MEMBERS, retrieving),
        Operation::post(
            "/v2/project-members",
            calls::invite,
            described("invite_project_member", "Invite a member", invited(StatusCode::CREATED))
                .doc("The link by which they join is in the answer, and nowhere else."),
        )
        .body(INVITE_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&INVALID_PARAMETERS, &MEMBER_EXISTS]),
        of_one(Operation::post(
            "/v2/project-members/{id}/invitation",
            calls::invite_again,
            described(
                "invite_project_member_again",
                "Another link for a member who has not joined",
                invited(StatusCode::OK),
            ),
        ))
        .errors(&[&MEMBER_JOINED]),
        of_one(Operation::put(
            "/v2/project-members/{id}",
            calls::change,
            described("change_project_member", "Change what a member may do", one()),
        ))
        .body(CHANGE_BODY, Purpose::Change, &INVALID_PARAMETERS)
        .errors(&[&LAST_OWNER, &MEMBER_NOT_ACTIVE]),
        of_one(Operation::delete(
            "/v2/project-members/{id}",
            calls::delete,
            described("delete_project_member", "Delete a member, who is signed out", one()),
        ))
        .errors(&[&LAST_OWNER]),
    ]
}

fn described(id: &str, summary: &str, answer: Answer) -> Description {
    Description::new(id, summary, PROJECT_MEMBERS.name, MEMBERS, answer)
}

fn of_one(operation: Operation) -> Operation {
    operation.unknown(PROJECT_MEMBERS.not_found.error)
}

fn one() -> Answer {
    Answer::data(record(&PROJECT_MEMBERS))
}

fn invited(status: StatusCode) -> Answer {
    let link = json!({
        "type": "object",
        "required": ["invitation"],
        "properties": { "invitation": {
            "type": "object",
            "required": ["url", "expiresAt"],
            "properties": {
                "url": { "type": "string", "description": "Whoever opens it joins as the member." },
                "expiresAt": { "type": "string", "format": "date-time" },
            },
        } },
    });
    let record = json!({ "allOf": [record(&PROJECT_MEMBERS), link] });
    Answer::data(record).with_status(status)
}
