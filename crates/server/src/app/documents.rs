//! Checking a photographed document, and why there is no completed record.

mod evidence;
mod images;
mod measurement;
mod order;
mod recovery;
mod running;

use verax_store::StoreError;
use verax_vision::image::ImageError;

pub use self::measurement::{CheckMade, find, made_checks, policy};
pub use self::order::{DocumentOrder, calibrations};
use crate::vault::VaultError;

/// Why there is no completed record.
#[derive(Debug, thiserror::Error)]
pub enum DocumentCheckError {
    /// The record is `failed` and says so.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The record is `failed` and says so.
    #[error("the measurement of a document stopped before its end")]
    Stopped,
    #[error("the registration is over, or is not there")]
    RegistrationOver,
    #[error("the registration's device has begun {0} document checks")]
    ChecksLimit(u32),
    #[error("the registration's device has stored {0} images")]
    ImagesLimit(u32),
    /// Somebody else has written its end, or has deleted the record.
    #[error("the record was changed by somebody else")]
    Ended,
    #[error(transparent)]
    Store(StoreError),
    /// The record is `failed`, or its job will be taken up.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<StoreError> for DocumentCheckError {
    fn from(error: StoreError) -> DocumentCheckError {
        match error {
            StoreError::Conflict => DocumentCheckError::Ended,
            error => DocumentCheckError::Store(error),
        }
    }
}

/// Where the vault has the image of a record.
pub(in crate::app) const IMAGE: &str = "picture";
