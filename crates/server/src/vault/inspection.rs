//! What a vault holds, looked at from outside: which keys are there, and whether they open.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use object_store::path::Path as Location;
use verax_domain::Timestamp;

use super::encryption::{DoesNotOpen, EncryptionKey};
use super::errors::VaultError;
use super::key_tree::{Vault, key_bytes};
use super::objects::{
    CLIENT_KEY, CLIENT_KEYS, at, client_key_at, delete, full, get, subject_key_at,
};

/// What became of the look at a client's key.
#[derive(Debug)]
pub enum KeyFound {
    Opens,
    /// Nothing was ever encrypted for the client, or its key is lost.
    Missing,
    /// It is there, and does not open.
    Unreadable(VaultError),
}

impl Vault {
    /// Which clients have a folder here, in the order of their ids.
    pub async fn clients_with_keys(&self) -> Result<Vec<String>, VaultError> {
        let listed = self.keys.list_with_delimiter(None).await?.common_prefixes;
        Ok(listed.iter().filter_map(|prefix| prefix.filename()).map(str::to_owned).collect())
    }

    /// Whether the client's key opens with a master key that is here, asked of the store itself.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn look_at_client_key(&self, client: &str) -> Result<KeyFound, VaultError> {
        let Some(wrapped) = get(&self.keys, &client_key_at(client, CLIENT_KEY)).await? else {
            return Ok(KeyFound::Missing);
        };
        Ok(match self.unwrap_client_key(client, &wrapped) {
            Ok(_) => KeyFound::Opens,
            Err(error) => KeyFound::Unreadable(error),
        })
    }

    /// Opens one wrapped key of a record of the client's, if it has any. `None`: it has none.
    pub async fn look_at_a_subject_key(
        &self,
        client: &str,
    ) -> Result<Option<Result<(), VaultError>>, VaultError> {
        let mut subjects = self.keys.list(Some(&Location::from(client)));
        while let Some(found) = subjects.try_next().await? {
            let Some((_, subject)) = client_and_subject(&found.location) else { continue };
            let Some(wrapped) = get(&self.keys, &found.location).await? else { continue };
            let key = match get(&self.keys, &client_key_at(client, CLIENT_KEY)).await? {
                Some(key) => self.unwrap_client_key(client, &key),
                None => Err(VaultError::NotHeld),
            };
            let opened = key.and_then(|key| {
                let name = full(client, &subject, "key");
                let opened = EncryptionKey::new(&key).open(&name, &wrapped);
                key_bytes(opened.map_err(|DoesNotOpen| VaultError::DoesNotOpen(DoesNotOpen))?)
            });
            return Ok(Some(opened.map(drop)));
        }
        Ok(None)
    }

    /// Whether the key of this record is here.
    pub async fn holds_key(&self, client: &str, subject: &str) -> Result<bool, VaultError> {
        match self.keys.head(&subject_key_at(client, subject)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the bytes of this record are here.
    pub async fn holds_object(
        &self,
        client: &str,
        subject: &str,
        location: &str,
    ) -> Result<bool, VaultError> {
        match self.objects.head(&at(client, subject, location)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Every client and subject whose key was made before this moment.
    pub fn subjects_before(
        &self,
        before: Timestamp,
    ) -> BoxStream<'static, Result<(String, String), VaultError>> {
        let listed = self.keys.list(None).map_err(VaultError::from);
        listed
            .try_filter_map(move |key| async move {
                let is_old = key.last_modified.timestamp_millis() < before.0;
                Ok(client_and_subject(&key.location).filter(|_| is_old))
            })
            .boxed()
    }

    /// Writes an object to each of the two locations and takes it back.
    pub async fn write_and_take_back(&self) -> Result<(), (&str, VaultError)> {
        let name = Location::from(format!("write.{:016x}", self.random.number()));
        for (kind, store) in self.locations() {
            let written = async {
                store.put(&name, "written by verax doctor".into()).await?;
                delete(store, &name).await
            };
            written.await.map_err(|error| (self.address(kind), error))?;
        }
        Ok(())
    }
}

/// Whose key lies here, if it is a record's.
fn client_and_subject(location: &Location) -> Option<(String, String)> {
    let mut parts = location.parts();
    let client = parts.next()?.as_ref().to_owned();
    let subject = parts.next()?.as_ref().to_owned();
    let is_key = parts.next().is_none() && !CLIENT_KEYS.contains(&subject.as_str());
    is_key.then_some((client, subject))
}
