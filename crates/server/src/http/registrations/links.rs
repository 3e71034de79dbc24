//! `POST /v2/app-registrations/{id}/resend-link`: a client lets a person go on.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::json;
use verax_domain::records::app_registration;
use verax_domain::resources::APP_REGISTRATIONS;

use crate::app::access::Caller;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::allowed::{Allowed, require};
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::registrations::calls::answer;
use crate::http::state::State;

pub static LINK_BODY: &[BodyField] =
    &[optional("sendEmail", Rule::Flag, "Not available yet: true is rejected.")];

/// The kind of access that the token gives, in the word that the capture pages read.
const ACCESS_TYPE: &str = "app_registration_created";

/// Answers a fresh token for this registration, and the link of the capture pages with it: only the
/// client knows whom to send it to.
pub async fn resend(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    // The answer says who it is, and so does the token that is in it.
    require(&caller, APP_REGISTRATIONS.scopes)?;
    let id = id.of(&APP_REGISTRATIONS)?;
    let mut sent = read(&state, &allowed, body, LINK_BODY, Purpose::Create).await?;
    if sent.flag("sendEmail") {
        sent.wrong("sendEmail", "is not available yet: this server sends no email");
    }
    sent.finish(&MISSING_PARAMETER)?;
    let resent = state.app.resend_link(caller.client(), caller.mode(), &id).await?;
    let record = &resent.registration;
    let public_url = state.app.config.now().http.public_url.clone();
    let project = record.text(app_registration::PROJECT).unwrap_or_default();
    let data = json!({
        "token": resent.token,
        "link": format!("{public_url}/sign-up/{project}?token={}", resent.token),
        "firstName": record.text(app_registration::FIRST_NAME),
        "lastName": record.text(app_registration::LAST_NAME),
        "fullName": record.text(app_registration::FULL_NAME),
        "email": record.text(app_registration::EMAIL),
        "step": record.text(app_registration::CURRENT_STEP),
        "steps": resent.flow.steps,
        "appRegistrationId": id,
        "status": record.text(app_registration::STATUS),
        "expiresAt": resent.until.to_string(),
        "accessType": ACCESS_TYPE,
        "issuedAt": state.app.clock.now().to_string(),
        "emailSent": false,
    });
    Ok(about(&APP_REGISTRATIONS, &id, answer(&data)))
}
