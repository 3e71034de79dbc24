//! Why a case is not decided.

use verax_domain::Timestamp;
use verax_domain::records::IllegalTransition;
use verax_store::StoreError;

use crate::app::registrations::RegistrationError;
use crate::vault::VaultError;

#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("there is no such review")]
    NotFound,
    /// Until then, or until they leave it.
    #[error("another reviewer is at it")]
    Claimed(Timestamp),
    #[error("only who has claimed the review decides it, while the claim is valid")]
    NotClaimed,
    #[error("the review's state does not allow it: {0}")]
    State(#[from] IllegalTransition),
    #[error("who has proposed a decision neither confirms nor returns it")]
    OwnProposal,
    /// The review is open again.
    #[error("the evidence is not what the reviewer was shown")]
    EvidenceChanged,
    /// What it is about is gone.
    #[error("the review was withdrawn")]
    Withdrawn,
    #[error("the registration was not moved: {0}")]
    Registration(RegistrationError),
    /// It was changed by somebody else: read it again.
    #[error("the review was changed by somebody else")]
    Moved,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ReviewError {
    fn from(error: StoreError) -> ReviewError {
        match error {
            StoreError::Conflict => ReviewError::Moved,
            error => ReviewError::Store(error),
        }
    }
}

impl From<RegistrationError> for ReviewError {
    fn from(error: RegistrationError) -> ReviewError {
        match error {
            RegistrationError::Moved => ReviewError::Moved,
            RegistrationError::Store(error) => ReviewError::Store(error),
            error => ReviewError::Registration(error),
        }
    }
}
