//! Why something was not kept, read or destroyed.

use super::encryption::DoesNotOpen;

/// Why something was not kept, read or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// An operator must look: the store does not answer, is full or rejects.
    #[error("the object store: {0}")]
    Store(String),
    #[error(transparent)]
    DoesNotOpen(#[from] DoesNotOpen),
    /// The key was destroyed, or never made.
    #[error("there is no key for what was stored")]
    NoKey,
    #[error("it was encrypted with a master key that is not here any more")]
    NoMasterKey,
    /// Something is stored, and the key that opens it is not here: it was lost, or this is another vault.
    #[error("the vault does not hold the key of what is stored")]
    NotHeld,
    #[error("another rotation has changed the client's key meanwhile: run it again")]
    OtherRotation,
}

impl From<object_store::Error> for VaultError {
    fn from(error: object_store::Error) -> VaultError {
        // The outer texts name the object's location, and ids do not belong into a log.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        VaultError::Store(cause.to_string())
    }
}
