//! A client's key is replaced: every key that it wraps is wrapped with a new one, while other nodes
//! go on encryption, opening and destroying.
//!
//! The key before lies beside the new one as `client.old` from the first step to the last, so a
//! rotation that was killed goes on where it was. No step relies on how long another node takes.
//! Whoever makes a key looks, after it is there, whether the client's key is still the one that
//! wraps it; whoever rewraps has put the new one there before looking for what to rewrap: one of
//! the two sees the other. In the same way, whoever destroys a key leaves its name before deleting
//! it a second time, and whoever rewraps looks for that name after putting the key. Whoever destroys a
//! client does the same with its key.

use futures_util::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path as Location;
use zeroize::Zeroizing;

use super::encryption::{EncryptionKey, KEY_BYTES};
use super::errors::VaultError;
use super::key_tree::Vault;
use super::objects::{
    CLIENT_KEY, CLIENT_KEYS, DESTROYED, NEXT_CLIENT_KEY, OLD_CLIENT_KEY, client_key_at, delete,
    delete_under, destroyed_at, full, get, put_first, subject_key_at,
};

/// What came of a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Keys that are wrapped with the new one now.
    pub rewrapped: u64,
    /// Keys that neither the old nor the new one opens: they were damaged before.
    pub unreadable: u64,
}

/// Keys that are rewrapped at once: each waits for the disk, or for another machine.
const AT_ONCE: usize = 8;

type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

enum Outcome {
    Rewrapped,
    /// It is wrapped with the new key, or destroyed.
    NothingToDo,
    Unreadable,
}

impl Vault {
    /// Puts a new key in the place of the client's, wraps every key of its with it, and destroys the
    /// old one at the end. Run again after it was interrupted, it goes on. Not for two at once.
    ///
    /// # Errors
    /// `NoKey` when nothing was ever encrypted for the client, or it was destroyed meanwhile;
    /// `OtherRotation` when another rotation has changed the key: nothing is lost, run it again.
    pub async fn rotate_client_key(&self, client: &str) -> Result<Rotated, VaultError> {
        let current = client_key_at(client, CLIENT_KEY);
        let old = client_key_at(client, OLD_CLIENT_KEY);
        let wrapped = get(&self.keys, &current).await?.ok_or(VaultError::NoKey)?;
        if get(&self.keys, &old).await?.is_none() {
            // Left by somebody who was slower than the rotation before.
            delete_under(&self.keys, &client_key_at(client, DESTROYED)).await?;
        }
        let outcome = self.rewrap_all(client, wrapped).await;
        // In this order: whoever destroys a client leaves its name before anything else goes. And
        // nobody else takes its key away.
        let is_being_rotated = self.is_being_rotated(client).await?;
        let destroyed = get(&self.keys, &destroyed_at(client, CLIENT_KEY)).await?.is_some();
        let Some(last) = get(&self.keys, &current).await?.filter(|_| !destroyed) else {
            // What was put since must not stay.
            self.clients().remove(client);
            delete_under(&self.keys, &Location::from(client)).await?;
            return Err(VaultError::NoKey);
        };
        let (rotated, new_key) = outcome?;
        let is_ours = *self.unwrap_client_key(client, &last)? == *new_key;
        if !is_ours || !is_being_rotated {
            return Err(VaultError::OtherRotation);
        }
        delete(&self.keys, &client_key_at(client, NEXT_CLIENT_KEY)).await?;
        delete(&self.keys, &old).await?;
        delete_under(&self.keys, &client_key_at(client, DESTROYED)).await?;
        self.clients().remove(client);
        Ok(rotated)
    }

    /// Up to the moment when nothing is wrapped with the old key. From its first step on the key
    /// counts as being rotated.
    async fn rewrap_all(
        &self,
        client: &str,
        wrapped: Vec<u8>,
    ) -> Result<(Rotated, KeyBytes), VaultError> {
        let old = client_key_at(client, OLD_CLIENT_KEY);
        let old_wrapped = put_first(&self.keys, &old, wrapped).await?;
        let old_key = self.unwrap_client_key(client, &old_wrapped)?;
        let new_key = self.new_client_key(client, &old_key).await?;
        let keys = (EncryptionKey::new(&old_key), EncryptionKey::new(&new_key));
        let prefix = Location::from(client);
        let listed = self.keys.list(Some(&prefix)).map_err(VaultError::from);
        let outcomes = listed
            .try_filter_map(async |found| Ok(subject_of(&found.location)))
            .map_ok(|subject| self.rewrap_subject(client, subject, &keys))
            .try_buffer_unordered(AT_ONCE);
        let rotated = outcomes.try_fold(Rotated::default(), async |mut rotated, outcome| {
            match outcome {
                Outcome::Rewrapped => rotated.rewrapped += 1,
                Outcome::NothingToDo => {}
                Outcome::Unreadable => rotated.unreadable += 1,
            }
            Ok(rotated)
        });
        Ok((rotated.await?, new_key))
    }

    /// The key that takes the place of the old one; it is there from now on.
    async fn new_client_key(
        &self,
        client: &str,
        old_key: &[u8; KEY_BYTES],
    ) -> Result<KeyBytes, VaultError> {
        let current = client_key_at(client, CLIENT_KEY);
        let next = client_key_at(client, NEXT_CLIENT_KEY);
        let read = async || {
            let wrapped = get(&self.keys, &current).await?.ok_or(VaultError::NoKey)?;
            self.unwrap_client_key(client, &wrapped)
        };
        if *read().await? == *old_key {
            let made = self.wrap_client_key(client, &self.new_key());
            // One that was made before an interruption may be known to others already.
            let made = put_first(&self.keys, &next, made).await?;
            if *read().await? == *old_key {
                self.keys.put(&current, made.into()).await?;
            }
        }
        self.clients().remove(client);
        read().await
    }

    async fn rewrap_subject(
        &self,
        client: &str,
        subject: String,
        (old, new): &(EncryptionKey, EncryptionKey),
    ) -> Result<Outcome, VaultError> {
        let (location, name) = (subject_key_at(client, &subject), full(client, &subject, "key"));
        let destroyed = destroyed_at(client, &subject);
        let is_destroyed =
            async || Ok::<_, VaultError>(get(&self.keys, &destroyed).await?.is_some());
        if is_destroyed().await? {
            return Ok(Outcome::NothingToDo);
        }
        let Some(wrapped) = get(&self.keys, &location).await? else {
            return Ok(Outcome::NothingToDo);
        };
        if new.open(&name, &wrapped).is_ok() {
            return Ok(Outcome::NothingToDo);
        }
        let Ok(key) = old.open(&name, &wrapped) else { return Ok(Outcome::Unreadable) };
        self.keys.put(&location, new.encrypt(&name, &key, &self.random).into()).await?;
        if is_destroyed().await? {
            delete(&self.keys, &location).await?;
        }
        Ok(Outcome::Rewrapped)
    }
}

/// The subject whose key lies here, if one does.
fn subject_of(location: &Location) -> Option<String> {
    let mut parts = location.parts().skip(1);
    let subject = parts.next()?.as_ref().to_owned();
    let is_key = parts.next().is_none() && !CLIENT_KEYS.contains(&subject.as_str());
    is_key.then_some(subject)
}
