//! Why a message was not sent.

/// Why a message was not sent. It holds no address, no code and no secret.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    pub reason: String,
    /// Whether another try would fail too.
    pub is_final: bool,
}

impl SendError {
    pub(super) fn for_good(reason: impl Into<String>) -> SendError {
        SendError { reason: reason.into(), is_final: true }
    }

    pub(super) fn for_now(reason: impl Into<String>) -> SendError {
        SendError { reason: reason.into(), is_final: false }
    }
}
