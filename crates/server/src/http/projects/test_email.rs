//! `POST /v2/project-flows/{id}/test-email`: an email of a flow with example values.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::json;
use verax_domain::email_templates::EmailKind;
use verax_domain::records::project_flow::FlowEmails;
use verax_domain::resources::PROJECT_FLOWS;
use verax_query::Tenant;

use crate::app::access::Caller;
use crate::app::emails::EmailOutcome;
use crate::http::answers::json as json_response;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::INVALID_PARAMETERS;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::projects::errors::EMAIL_NOT_SENT;
use crate::http::state::State;
use crate::messages::LANGUAGES;

pub static TEST_EMAIL_BODY: &[BodyField] = &[
    required("email", Rule::Email, "Where it goes."),
    optional("template", Rule::Word(&EmailKind::WORDS), "Which of the flow's emails; code."),
    optional("language", Rule::Word(&LANGUAGES), "In which language; en."),
];

pub async fn send(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&PROJECT_FLOWS)?;
    let tenant = Tenant::Client(caller.client().to_owned());
    let flow: Option<FlowEmails> = state.app.find(&tenant, &id).await?;
    let flow = flow.ok_or_else(|| ApiError::not_found(&PROJECT_FLOWS))?;
    let sent = read(&state, &allowed, body, TEST_EMAIL_BODY, Purpose::Create).await?;
    let sent = sent.finish(&INVALID_PARAMETERS)?;
    let to = sent.text("email").unwrap_or_default();
    let kind = sent.text("template").and_then(EmailKind::from_word).unwrap_or(EmailKind::Code);
    let language = sent.text("language").unwrap_or(LANGUAGES[0]);
    let whose = (caller.client(), caller.mode());
    let outcome = state.app.send_test_email(whose, &flow, to, (kind, language)).await?;
    if let EmailOutcome::Rejected(error) = &outcome {
        let error = format!("The email was not sent: {error}.");
        return Err(ApiError::new(&EMAIL_NOT_SENT, error).about(&PROJECT_FLOWS, &id));
    }
    let mut data = json!({
        "sent": outcome.is_accepted(),
        "email": to,
        "template": kind.word(),
        "language": language,
    });
    if let Some(reason) = outcome.reason() {
        data["reason"] = reason.into();
    }
    let body = json!({ "success": true, "data": data }).to_string();
    Ok(about(&PROJECT_FLOWS, &id, json_response(body.into_bytes())))
}
