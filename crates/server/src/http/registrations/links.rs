//! `POST /v2/app-registrations/{id}/resend-link`: a client lets a person go on.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::json;
use verax_domain::records::app_registration;
use verax_domain::resources::APP_REGISTRATIONS;

use crate::app::access::{Caller, PageAccess};
use crate::app::emails::EmailOutcome;
use crate::app::registrations::links::LinkDelivery;
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

pub static LINK_BODY: &[BodyField] = &[optional(
    "sendEmail",
    Rule::Flag,
    "Whether the link is sent to the registration's email address besides; false.",
)];

/// Answers a fresh token for this registration, and the link of the capture pages with it, which goes to
/// the registration's address where the client asks for that.
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
    let sent = read(&state, &allowed, body, LINK_BODY, Purpose::Create).await?;
    let sent = sent.finish(&MISSING_PARAMETER)?;
    let delivery = match sent.flag("sendEmail") {
        true => LinkDelivery::ByEmail,
        false => LinkDelivery::ByClient,
    };
    let resent = state.app.resend_link(caller.client(), caller.mode(), &id, delivery).await?;
    let record = &resent.registration;
    let mut data = json!({
        "token": resent.token,
        "link": resent.link,
        "firstName": record.text(app_registration::FIRST_NAME),
        "lastName": record.text(app_registration::LAST_NAME),
        "fullName": record.text(app_registration::FULL_NAME),
        "email": record.text(app_registration::EMAIL),
        "step": record.text(app_registration::CURRENT_STEP),
        "steps": resent.flow.steps,
        "appRegistrationId": id,
        "status": record.text(app_registration::STATUS),
        "expiresAt": resent.until.to_string(),
        "accessType": PageAccess::Linked.word(),
        "issuedAt": state.app.clock.now().to_string(),
        "emailSent": resent.email.as_ref().is_some_and(EmailOutcome::is_accepted),
    });
    if let Some(reason) = resent.email.as_ref().and_then(EmailOutcome::reason) {
        data["emailReason"] = reason.into();
    }
    Ok(about(&APP_REGISTRATIONS, &id, answer(&data)))
}
