//! What the objects of both stores are called, and how one is read, put and deleted.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};

use super::errors::VaultError;

// No subject is called so: an id holds neither a dot nor a slash, and no kind of thing is `key`.
pub const CLIENT_KEY: &str = "client.key";
/// While a client's key is rotated: the one before, and the one that takes its place.
pub const OLD_CLIENT_KEY: &str = "client.old";
pub const NEXT_CLIENT_KEY: &str = "client.next";
pub const CLIENT_KEYS: [&str; 3] = [CLIENT_KEY, OLD_CLIENT_KEY, NEXT_CLIENT_KEY];
/// A folder with the names of the subjects that were destroyed while the client's key was rotated.
pub const DESTROYED: &str = "client.destroyed";

pub fn full(client: &str, subject: &str, location: &str) -> String {
    format!("{client}/{subject}/{location}")
}

pub fn at(client: &str, subject: &str, location: &str) -> Location {
    Location::from(full(client, subject, location))
}

pub fn client_key_at(client: &str, name: &str) -> Location {
    Location::from(format!("{client}/{name}"))
}

pub fn destroyed_at(client: &str, subject: &str) -> Location {
    Location::from(format!("{client}/{DESTROYED}/{subject}"))
}

pub fn subject_key_at(client: &str, subject: &str) -> Location {
    Location::from(format!("{client}/{subject}"))
}

pub async fn get(
    store: &Arc<dyn ObjectStore>,
    location: &Location,
) -> Result<Option<Vec<u8>>, VaultError> {
    match store.get(location).await {
        Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Puts these bytes, unless somebody was faster: then answers theirs.
pub async fn put_first(
    store: &Arc<dyn ObjectStore>,
    location: &Location,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, VaultError> {
    match store.put_opts(location, bytes.clone().into(), PutMode::Create.into()).await {
        Ok(_) => Ok(bytes),
        Err(object_store::Error::AlreadyExists { .. }) => {
            get(store, location).await?.ok_or(VaultError::NoKey)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn delete(store: &Arc<dyn ObjectStore>, location: &Location) -> Result<(), VaultError> {
    match store.delete(location).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub async fn delete_under(
    store: &Arc<dyn ObjectStore>,
    prefix: &Location,
) -> Result<(), VaultError> {
    let locations = store.list(Some(prefix)).map_ok(|found| found.location).boxed();
    let deleted = store.delete_stream(locations);
    deleted
        .try_for_each(async |_| Ok(()))
        .await
        .or_else(|error| match error {
            object_store::Error::NotFound { .. } => Ok(()),
            error => Err(error),
        })
        .map_err(VaultError::from)
}
