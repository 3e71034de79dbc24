//! What is encrypted, kept, read and destroyed.

use anyhow::Result;
use futures_util::TryStreamExt;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use zeroize::Zeroizing;

use super::errors::VaultError;
use super::key_tree::{Missing, Vault};
use super::objects::{
    CLIENT_KEY, at, client_key_at, delete, delete_under, destroyed_at, full, get, subject_key_at,
};
use crate::mac_key::MacKey;

impl Vault {
    /// Encrypts bytes of a client. `subject` is the record whose deletion destroys them, `location` says
    /// what they are; they open for the same three alone.
    pub async fn encrypt(
        &self,
        client: &str,
        subject: &str,
        location: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.subject_key(client, subject, Missing::Made).await?;
        Ok(key.encrypt(&full(client, subject, location), plain, &self.random))
    }

    /// # Errors
    /// `NoKey` after the subject was destroyed, `DoesNotOpen` when these are not the bytes that
    /// were encrypted.
    pub async fn decrypt(
        &self,
        client: &str,
        subject: &str,
        location: &str,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.subject_key(client, subject, Missing::Rejected).await?;
        Ok(key.open(&full(client, subject, location), encrypted)?)
    }

    /// Encrypts bytes and keeps them in the object store; what was at the location is replaced. When this
    /// returns, they are on the disk.
    pub async fn keep(
        &self,
        client: &str,
        subject: &str,
        location: &str,
        plain: &[u8],
    ) -> Result<(), VaultError> {
        let encrypted = self.encrypt(client, subject, location, plain).await?;
        self.objects.put(&at(client, subject, location), PutPayload::from(encrypted)).await?;
        Ok(())
    }

    /// What was stored; `None` when nothing is there.
    pub async fn fetch(
        &self,
        client: &str,
        subject: &str,
        location: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let Some(encrypted) = get(&self.objects, &at(client, subject, location)).await? else {
            return Ok(None);
        };
        self.decrypt(client, subject, location, &encrypted).await.map(Some)
    }

    /// Destroys the subject's key, then what was stored of it: nothing that was encrypted for it can be
    /// read again, from a backup of the database neither. Destroying nothing is no error.
    pub async fn destroy(&self, client: &str, subject: &str) -> Result<(), VaultError> {
        let key = subject_key_at(client, subject);
        delete(&self.keys, &key).await?;
        if self.is_being_rotated(client).await? {
            // Whoever rewraps may have read the key before that, and would put it back.
            self.keys.put(&destroyed_at(client, subject), PutPayload::default()).await?;
            delete(&self.keys, &key).await?;
        }
        delete_under(&self.objects, &at(client, subject, "")).await
    }

    /// Destroys the subject's key alone: of what it encrypted nothing is in the object store.
    pub async fn destroy_key(&self, client: &str, subject: &str) -> Result<(), VaultError> {
        delete(&self.keys, &subject_key_at(client, subject)).await
    }

    /// A key of the subject's that makes codes instead of encryption (HMAC-SHA-256). Use one subject for
    /// one of both.
    pub async fn code_key(&self, client: &str, subject: &str) -> Result<MacKey, VaultError> {
        let key = self.subject_key_bytes(client, subject, Missing::Made).await?;
        Ok(MacKey::new(&*key))
    }

    /// Destroys all that is a client's, its own key first.
    pub async fn destroy_client(&self, client: &str) -> Result<(), VaultError> {
        let key = client_key_at(client, CLIENT_KEY);
        delete(&self.keys, &key).await?;
        self.clients().remove(client);
        if self.is_being_rotated(client).await? {
            // Whoever rewraps removes this name, and what was put since. After the last step of a
            // rotation, or when it was killed, the name stays: it is empty.
            self.keys.put(&destroyed_at(client, CLIENT_KEY), PutPayload::default()).await?;
            let listed = self.keys.list(Some(&Location::from(client)));
            let listed = listed.try_collect::<Vec<_>>().await?;
            let is_name = |location: &Location| location.parts().count() > 2;
            for found in listed.iter().filter(|found| !is_name(&found.location)) {
                delete(&self.keys, &found.location).await?;
            }
        } else {
            delete_under(&self.keys, &Location::from(client)).await?;
        }
        delete_under(&self.objects, &Location::from(client)).await
    }
}
