//! `POST /v2/biometric-validations/unlock`: a client lifts the locks that failed logins have brought.

use std::net::IpAddr;

use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use crate::app::access::Caller;
use crate::app::validations::LockedLogin;
use crate::http::answers::json as json_response;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, optional};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::allowed::Allowed;
use crate::http::layers::idempotency::changes_nothing;
use crate::http::layers::source_address::SourceAddress;
use crate::http::state::State;

pub static UNLOCK_BODY: &[BodyField] = &[
    optional("project", Rule::Id, "The project of the identifier."),
    optional(
        "identifier",
        Rule::Text(1, 256),
        "The identifier that is locked in the project; the person who is enrolled under it too.",
    ),
    optional("person", Rule::Id, "The person who is locked."),
    optional("ipAddress", Rule::Address, "The source address that is locked."),
];

/// One of the three that may be locked, or several.
pub async fn unlock(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let mut sent = read(&state, &allowed, body, UNLOCK_BODY, Purpose::Create).await?;
    let text = |name: &str| sent.text(name).map(str::to_owned);
    let (project, identifier, person) = (text("project"), text("identifier"), text("person"));
    let address = sent.text("ipAddress").and_then(|address| address.parse::<IpAddr>().ok());
    match (&project, &identifier) {
        (None, Some(_)) => sent.wrong("project", "is required with an identifier"),
        (Some(_), None) => sent.wrong("identifier", "is required with a project"),
        (None, None) if person.is_none() && address.is_none() && sent.fits() => {
            sent.wrong("identifier", "with \"project\", \"person\" or \"ipAddress\" is required");
        }
        _ => {}
    }
    sent.finish(&MISSING_PARAMETER)?;
    let locked = LockedLogin {
        identifier: project.zip(identifier),
        person,
        address: address.map(|it| SourceAddress::of(it, &HeaderMap::new(), &[]).0),
    };
    let lifted = state.app.unlock_logins(caller.client(), &locked).await?;
    let body = json!({ "success": true, "data": { "lifted": lifted } });
    // To lift what is lifted does nothing.
    Ok(changes_nothing(json_response(body.to_string().into_bytes())))
}
