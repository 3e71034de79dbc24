//! Projects and their flows: made and changed, and what the capture pages see of them.

pub mod calls;
pub mod errors;
pub mod kyc;
pub mod test_email;

use axum::http::StatusCode;
use serde_json::json;
use verax_domain::email_templates::EmailKind;
use verax_domain::resources::{PROJECT_FLOWS, PROJECTS};
use verax_query::Resource;

use self::errors::EMAIL_NOT_SENT;
use self::test_email::TEST_EMAIL_BODY;
use super::body::table::Purpose;
use super::error_codes::{
    INVALID_PARAMETERS, MESSAGES_NOT_SET, MISSING_PARAMETER, PROJECT_NOT_FOUND, TOO_MANY_CODES,
};
use super::layers::access::{Access, RecordKinds, Rejection, WithoutToken};
use super::openapi::shapes::{id_schema, operation_id, query, record};
use super::operation::{Answer, Description, Operation};
use super::project_service::bodies::{FLOW_BODY, PROJECT_BODY};
use super::project_service::errors::UNPROCESSABLE;
use crate::messages::LANGUAGES;

pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for version in ["v2", "v3"] {
        all.push(
            Operation::post(
                format!("/{version}/projects"),
                calls::create_project,
                creation(version, &PROJECTS),
            )
            .body(PROJECT_BODY, Purpose::Create, &UNPROCESSABLE),
        );
        all.push(
            Operation::put(
                format!("/{version}/projects/{{id}}"),
                calls::change_project,
                change(version, &PROJECTS),
            )
            .body(PROJECT_BODY, Purpose::Change, &UNPROCESSABLE)
            .unknown(PROJECTS.not_found.error),
        );
        all.push(
            Operation::put(
                format!("/{version}/project-flows/{{id}}"),
                calls::change_flow,
                change(version, &PROJECT_FLOWS),
            )
            .body(FLOW_BODY, Purpose::Change, &INVALID_PARAMETERS)
            .unknown(PROJECT_FLOWS.not_found.error),
        );
    }
    all.push(
        Operation::post("/v2/project-flows", calls::create_flow, creation("v2", &PROJECT_FLOWS))
            .body(FLOW_BODY, Purpose::Create, &INVALID_PARAMETERS),
    );
    all.push(for_testing_emails());
    all.push(for_capture());
    all
}

fn creation(version: &str, resource: &'static Resource) -> Description {
    Description::new(
        operation_id("create", version, resource),
        format!("Make a {}", resource.title.to_lowercase()),
        resource.name,
        Access::WRITE,
        Answer::data_of(resource, record(resource)).with_status(StatusCode::CREATED),
    )
}

fn change(version: &str, resource: &'static Resource) -> Description {
    Description::new(
        operation_id("change", version, resource),
        format!("Change a {}: what is not sent stays", resource.title.to_lowercase()),
        resource.name,
        Access::WRITE,
        Answer::data_of(resource, record(resource)),
    )
}

fn flow_type() -> serde_json::Value {
    json!({ "type": "string", "enum": ["login", "onboarding", "smartlink"] })
}

fn for_testing_emails() -> Operation {
    let tested = json!({
        "type": "object",
        "required": ["sent", "email", "template", "language"],
        "properties": {
            "sent": { "type": "boolean", "description": "Whether the mail server has taken it." },
            "reason": { "type": "string", "description": "Why it was not sent." },
            "email": { "type": "string" },
            "template": { "type": "string", "enum": EmailKind::WORDS },
            "language": { "type": "string", "enum": LANGUAGES },
        },
    });
    let described = Description::new(
        "test_project_flow_email",
        "Send an email of a flow with example values",
        PROJECT_FLOWS.name,
        Access::WRITE,
        Answer::data(tested),
    );
    Operation::post("/v2/project-flows/{id}/test-email", test_email::send, described)
        .body(TEST_EMAIL_BODY, Purpose::Create, &INVALID_PARAMETERS)
        .errors(&[&MESSAGES_NOT_SET, &TOO_MANY_CODES, &EMAIL_NOT_SENT])
        .unknown(PROJECT_FLOWS.not_found.error)
}

/// With any client's token that reads projects, with the token of any record, and without one where
/// the project allows it.
fn for_capture() -> Operation {
    let access = Access {
        without_token: WithoutToken::AsProjectAllows,
        ..Access::reading(PROJECTS.scopes).or_record(RecordKinds::ALL, Rejection::OtherRecord)
    };
    let described = Description::new(
        "get_project_for_capture",
        "What the capture pages need of a project and its flows",
        PROJECTS.name,
        access,
        Answer::data(json!({ "type": "object" })),
    );
    Operation::get("/v2/projects/kyc", kyc::kyc, described)
        .parameters([
            query("id", "The project's id.", id_schema()),
            query("type", "The type of the flow that is projectFlow; onboarding.", flow_type()),
        ])
        .errors(&[&PROJECT_NOT_FOUND, &MISSING_PARAMETER])
}
