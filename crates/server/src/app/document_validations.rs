//! Identity documents that are read: for a registration, or for whoever asks what stands on one.

pub mod changes;
mod concluding;
pub mod images;
pub mod making;
mod measuring;
mod numbers;
mod portraits;
pub mod reading;
mod recovery;
pub mod unstored;

use verax_domain::records::IllegalTransition;
use verax_store::StoreError;
use verax_vision::image::ImageError;

use crate::app::persons::PersonError;
use crate::vault::VaultError;

/// Where the vault has the images of a record.
pub(in crate::app) const FRONT: &str = "picture";
pub(in crate::app) const BACK: &str = "back";
/// Where it has the template of the portrait.
pub(in crate::app) const PORTRAIT: &str = "portrait";
/// Whose key makes digests of numbers: the client's own.
pub(in crate::app) const NUMBERS: &str = ".document-numbers";

/// Why a document is not read, or its record not changed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentValidationError {
    #[error("nothing that reads documents is set up")]
    NoReader,
    #[error("there is no such registration")]
    NoRegistration,
    #[error("the registration's project or flow is not there, or is paused")]
    NoProject,
    #[error("the registration is over")]
    RegistrationOver,
    #[error("the registration has a document")]
    AlreadyExists,
    #[error("the image of the front comes first")]
    NoFront,
    #[error("the registration's device has had as many documents read as it may")]
    NoAttemptsLeft,
    #[error("there is no such record")]
    NotFound,
    /// The record is `FAILED` and says so.
    #[error("{side}: {error}")]
    Image {
        /// The member of the body that it came in.
        side: &'static str,
        error: ImageError,
    },
    /// The record is `FAILED` and says so.
    #[error("reading stopped before its end")]
    Stopped,
    /// The record stands where this cannot be done: it is being read, or was rejected.
    #[error(transparent)]
    Status(#[from] IllegalTransition),
    /// Somebody else has ended, changed or deleted it.
    #[error("the record was changed by somebody else")]
    Ended,
    #[error(transparent)]
    Persons(#[from] PersonError),
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<StoreError> for DocumentValidationError {
    fn from(error: StoreError) -> DocumentValidationError {
        match error {
            StoreError::Conflict => DocumentValidationError::Ended,
            error => DocumentValidationError::Store(error),
        }
    }
}
