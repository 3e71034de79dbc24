//! Envelope encryption for images and templates; crypto-shredding on delete.
//!
//! A master key (a file, or the environment) wraps a key per client, which wraps a key per subject:
//! the record whose deletion must make its bytes unreadable. Wrapped keys are objects in a store of
//! their own and never in the database, so that no backup of the database outlives a deletion.

mod bucket;
mod contents;
pub mod copying;
mod encryption;
mod errors;
mod identity;
mod inspection;
mod key_tree;
mod locations;
mod objects;
mod rotation;

pub use self::bucket::{Versioning, versioning};
pub use self::encryption::EncryptionKey;
pub use self::errors::VaultError;
pub use self::inspection::KeyFound;
pub use self::key_tree::Vault;
pub use self::locations::holds_client_keys;
pub(crate) use self::locations::{Folders, store_at};
pub use self::rotation::Rotated;
