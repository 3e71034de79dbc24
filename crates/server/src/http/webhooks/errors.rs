//! Errors of webhooks.

use axum::http::StatusCode;
use verax_domain::resources::WEBHOOKS;
use verax_query::Problem;

use crate::app::webhooks::WebhookError;
use crate::http::error::{ApiError, conflict};
use crate::http::error_codes::ErrorCode;

pub static WEBHOOKS_TOO_MANY: ErrorCode = ErrorCode {
    code: "webhooks_too_many",
    status: StatusCode::CONFLICT,
    when: "the client has 200 webhooks",
};
pub static WEBHOOK_NOT_MADE: ErrorCode = ErrorCode {
    code: "webhook_of_another_record",
    status: StatusCode::CONFLICT,
    when: "the webhook is the `webhookUrl` of a flow or a validation: it is changed there",
};

pub const NO_KEYS: &str = "There are no webhook keys of such a client.";

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[&WEBHOOKS_TOO_MANY, &WEBHOOK_NOT_MADE];

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> ApiError {
        match error {
            WebhookError::Gone => ApiError::not_found(&WEBHOOKS),
            WebhookError::TooMany => {
                ApiError::new(&WEBHOOKS_TOO_MANY, "There are 200 webhooks: delete one first.")
            }
            WebhookError::NotMade => ApiError::new(
                &WEBHOOK_NOT_MADE,
                "The webhook is the webhookUrl of a flow or a validation: change it there.",
            ),
            WebhookError::Deleted => {
                conflict("webhook_is_deleted", "The webhook of this event was deleted.")
            }
            WebhookError::OtherFormat => {
                let message = "cannot be changed: make another webhook".to_owned();
                ApiError::invalid_body(vec![Problem { parameter: "format".to_owned(), message }])
            }
            WebhookError::Rotating => conflict(
                "webhook_is_rotating",
                "The secret before this one still counts: wait, or rotate with overlapHours 0.",
            ),
            WebhookError::Store(error) => error.into(),
            WebhookError::Vault(error) => error.into(),
        }
    }
}
