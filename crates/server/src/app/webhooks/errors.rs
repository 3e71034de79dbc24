//! Why something is not done with a webhook.

use verax_store::StoreError;

use crate::vault::VaultError;

/// Endpoints that one client may have made.
pub const ENDPOINTS_MAX: i64 = 200;

/// Why an endpoint is not made, changed or shown.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no such webhook")]
    Gone,
    #[error("the client has {ENDPOINTS_MAX} webhooks already")]
    TooMany,
    #[error("the webhook is made by the webhookUrl of a flow or a validation: change it there")]
    NotMade,
    #[error("the webhook of the delivery was deleted")]
    Deleted,
    #[error("what waits for the webhook was made for its format")]
    OtherFormat,
    #[error("the secret before this one still counts")]
    Rotating,
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<StoreError> for WebhookError {
    fn from(error: StoreError) -> WebhookError {
        match error {
            StoreError::Conflict => WebhookError::Gone,
            error => WebhookError::Store(error),
        }
    }
}
