//! What lies in the vault's two stores, as it lies there, for copies of all of it.

use std::sync::Arc;

use futures_util::StreamExt;
use object_store::ObjectStore;
use object_store::path::Path as Location;

use super::errors::VaultError;
use super::key_tree::{Missing, Vault};
use super::objects::{CLIENT_KEYS, at, client_key_at, get, subject_key_at};

/// Where the bytes of one thing lie.
pub struct StoredAt {
    pub client: String,
    pub subject: String,
    pub location: String,
}

impl Vault {
    /// Whether the client's key opens with one of the master keys.
    pub async fn open_client_key(&self, client: &str) -> Result<(), VaultError> {
        self.client_key(client, Missing::Rejected).await.map(drop)
    }

    pub fn stores(&self) -> [Arc<dyn ObjectStore>; 2] {
        [Arc::clone(&self.keys), Arc::clone(&self.objects)]
    }
}

/// The clients that have something in a store.
pub async fn clients_in(store: &Arc<dyn ObjectStore>) -> Result<Vec<String>, VaultError> {
    let found = store.list_with_delimiter(None).await?.common_prefixes;
    Ok(found.iter().filter_map(|prefix| prefix.filename().map(str::to_owned)).collect())
}

/// The wrapped keys of the client itself: while one is replaced there are several.
pub async fn client_keys_in(
    keys: &Arc<dyn ObjectStore>,
    client: &str,
) -> Result<Vec<Option<Vec<u8>>>, VaultError> {
    let mut found = Vec::new();
    for name in CLIENT_KEYS {
        found.push(get(keys, &client_key_at(client, name)).await?);
    }
    Ok(found)
}

pub async fn is_empty(store: &Arc<dyn ObjectStore>) -> Result<bool, VaultError> {
    Ok(store.list(None).next().await.transpose()?.is_none())
}

/// The name of what was kept at this location of the object store.
pub fn stored_at(location: &Location) -> Option<StoredAt> {
    let mut parts = location.parts().map(|part| part.as_ref().to_owned());
    let (client, subject) = (parts.next()?, parts.next()?);
    let location = parts.collect::<Vec<_>>().join("/");
    (!location.is_empty()).then_some(StoredAt { client, subject, location })
}

/// Where the key of a subject lies, and what was kept of it.
pub fn key_name(client: &str, subject: &str) -> Location {
    subject_key_at(client, subject)
}

pub fn object_name(client: &str, subject: &str, location: &str) -> Location {
    at(client, subject, location)
}

pub async fn get_bytes(
    store: &Arc<dyn ObjectStore>,
    location: &Location,
) -> Result<Option<Vec<u8>>, VaultError> {
    get(store, location).await
}
