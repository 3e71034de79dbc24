//! The vault, and the keys in it: the master key wraps a client's, which wraps a subject's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use zeroize::Zeroizing;

use super::encryption::{DoesNotOpen, EncryptionKey, KEY_BYTES};
use super::errors::VaultError;
use super::locations::{Folders, store_at};
use super::objects::{
    CLIENT_KEY, CLIENT_KEYS, OLD_CLIENT_KEY, client_key_at, delete, full, get, put_first,
    subject_key_at,
};
use crate::clock::Random;
use crate::keys::MasterKeys;

/// Cheap to clone: clones share everything.
#[derive(Clone)]
pub struct Vault {
    master: MasterKeys,
    pub(super) keys: Arc<dyn ObjectStore>,
    pub(super) objects: Arc<dyn ObjectStore>,
    /// Where the two are, in words.
    pub(super) addresses: Arc<[String; 2]>,
    pub(super) random: Random,
    /// The keys of clients, opened, and when: another node may have destroyed one since.
    clients: Arc<Mutex<OpenedKeys>>,
}

/// By client.
pub(super) type OpenedKeys = HashMap<String, (Instant, Arc<EncryptionKey>)>;

impl Vault {
    /// # Errors
    /// A folder cannot be made, or an address makes no sense.
    pub fn open(master: MasterKeys, keys: &str, objects: &str, random: Random) -> Result<Vault> {
        Vault::open_with(master, keys, objects, random, Folders::Made)
    }

    /// The same; makes no folder and changes none.
    pub fn open_existing(
        master: MasterKeys,
        keys: &str,
        objects: &str,
        random: Random,
    ) -> Result<Vault> {
        Vault::open_with(master, keys, objects, random, Folders::Expected)
    }

    fn open_with(
        master: MasterKeys,
        keys: &str,
        objects: &str,
        random: Random,
        folders: Folders,
    ) -> Result<Vault> {
        let addresses = [keys.to_owned(), objects.to_owned()];
        let (keys, objects) = (store_at(keys, folders)?, store_at(objects, folders)?);
        Ok(Vault { addresses: Arc::new(addresses), ..Vault::over(master, keys, objects, random) })
    }

    /// A vault that forgets everything with the process, its master key too.
    pub fn in_memory(random: Random) -> Vault {
        let (keys, objects) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
        Vault::over(MasterKeys::of_this_process(&random), keys, objects, random)
    }

    pub(crate) fn over(
        master: MasterKeys,
        keys: Arc<dyn ObjectStore>,
        objects: Arc<dyn ObjectStore>,
        random: Random,
    ) -> Vault {
        let addresses = Arc::new(["memory".to_owned(), "memory".to_owned()]);
        Vault { master, keys, objects, addresses, random, clients: Arc::default() }
    }

    pub fn master_keys(&self) -> &MasterKeys {
        &self.master
    }

    /// Puts a new master key in front and answers its id.
    pub fn rotate_master_key(&self) -> Result<String> {
        self.master.rotate(&self.random)
    }

    /// Wraps the key of every client with the first master key, so that older ones can go. Answers
    /// how many were wrapped with another.
    pub async fn rewrap(&self) -> Result<u64, VaultError> {
        let listed: Vec<_> = self.keys.list_with_delimiter(None).await?.common_prefixes;
        let mut count = 0;
        for client in listed.iter().filter_map(|prefix| prefix.filename()) {
            let mut rewrapped = false;
            // Also those of a rotation that has not come to its end.
            for name in CLIENT_KEYS {
                let location = client_key_at(client, name);
                let Some(wrapped) = get(&self.keys, &location).await? else { continue };
                if !wrapped.starts_with(format!("{}\n", self.master.first().0).as_bytes()) {
                    let key = self.unwrap_client_key(client, &wrapped)?;
                    self.keys.put(&location, self.wrap_client_key(client, &key).into()).await?;
                    rewrapped = true;
                }
            }
            count += u64::from(rewrapped);
        }
        Ok(count)
    }

    pub(super) async fn subject_key(
        &self,
        client: &str,
        subject: &str,
        missing: Missing,
    ) -> Result<EncryptionKey, VaultError> {
        Ok(EncryptionKey::new(&*self.subject_key_bytes(client, subject, missing).await?))
    }

    pub(super) async fn subject_key_bytes(
        &self,
        client: &str,
        subject: &str,
        missing: Missing,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let client_key = self.client_key(client, missing).await?;
        let location = subject_key_at(client, subject);
        match (get(&self.keys, &location).await?, missing) {
            (Some(wrapped), _) => self.open_key(client, subject, &client_key, &wrapped).await,
            (None, Missing::Rejected) => Err(VaultError::NoKey),
            (None, Missing::Made) => {
                let (key, name) = (self.new_key(), full(client, subject, "key"));
                let wrapped = client_key.encrypt(&name, &*key, &self.random);
                let first = put_first(&self.keys, &location, wrapped.clone()).await?;
                if first != wrapped {
                    return self.open_key(client, subject, &client_key, &first).await;
                }
                self.rewrap_new(client, subject, &wrapped, &key).await?;
                Ok(key)
            }
        }
    }

    pub(super) async fn client_key(
        &self,
        client: &str,
        missing: Missing,
    ) -> Result<Arc<EncryptionKey>, VaultError> {
        if let Some((opened, key)) = self.clients().get(client)
            && opened.elapsed() < OPENED_FOR
        {
            return Ok(Arc::clone(key));
        }
        let location = client_key_at(client, CLIENT_KEY);
        let wrapped = match (get(&self.keys, &location).await?, missing) {
            (Some(wrapped), _) => wrapped,
            (None, Missing::Rejected) => return Err(VaultError::NoKey),
            (None, Missing::Made) => {
                let wrapped = self.wrap_client_key(client, &self.new_key());
                put_first(&self.keys, &location, wrapped).await?
            }
        };
        let key = Arc::new(EncryptionKey::new(&*self.unwrap_client_key(client, &wrapped)?));
        self.clients().insert(client.to_owned(), (Instant::now(), Arc::clone(&key)));
        Ok(key)
    }

    /// The id of the master key, a line end, and the encrypted key.
    pub(super) fn wrap_client_key(&self, client: &str, key: &[u8; KEY_BYTES]) -> Vec<u8> {
        // One that was put in front meanwhile: the one before may be about to go.
        if let Err(error) = self.master.refresh() {
            tracing::warn!(cause = %error, "the master keys could not be read again");
        }
        let (id, secret) = self.master.first();
        let encrypted = EncryptionKey::derive(&secret).encrypt(client, key, &self.random);
        [id.as_bytes(), b"\n", &encrypted].concat()
    }

    pub(super) fn unwrap_client_key(
        &self,
        client: &str,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let end = wrapped.iter().position(|byte| *byte == b'\n').ok_or(DoesNotOpen)?;
        let id = std::str::from_utf8(&wrapped[..end]).map_err(|_| DoesNotOpen)?;
        let secret = self.master.with_id(id).ok_or(VaultError::NoMasterKey)?;
        key_bytes(EncryptionKey::derive(&secret).open(client, &wrapped[end + 1..])?)
    }

    /// Whether a rotation has begun and not come to its end.
    pub(super) async fn is_being_rotated(&self, client: &str) -> Result<bool, VaultError> {
        Ok(get(&self.keys, &client_key_at(client, OLD_CLIENT_KEY)).await?.is_some())
    }

    /// The key of a subject, wrapped with the client's key as it is remembered, or as it is now, or,
    /// while that is rotated, as it was before.
    async fn open_key(
        &self,
        client: &str,
        subject: &str,
        remembered: &EncryptionKey,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let name = full(client, subject, "key");
        let opened = match remembered.open(&name, wrapped) {
            Ok(opened) => opened,
            Err(DoesNotOpen) => {
                self.clients().remove(client);
                let mut keys = Vec::new();
                for it in [CLIENT_KEY, OLD_CLIENT_KEY] {
                    if let Some(wrapped) = get(&self.keys, &client_key_at(client, it)).await? {
                        keys.push(EncryptionKey::new(&*self.unwrap_client_key(client, &wrapped)?));
                    }
                }
                // It may have been rewrapped in between. Read last, it is wrapped with one of them.
                let wrapped = get(&self.keys, &subject_key_at(client, subject)).await?;
                let wrapped = wrapped.ok_or(VaultError::NoKey)?;
                let opened = keys.iter().find_map(|key| key.open(&name, &wrapped).ok());
                opened.ok_or(DoesNotOpen)?
            }
        };
        key_bytes(opened)
    }

    /// Wraps a key that was made just now with the client's key of this moment, if it was made with
    /// one that has been replaced.
    async fn rewrap_new(
        &self,
        client: &str,
        subject: &str,
        wrapped: &[u8],
        key: &[u8; KEY_BYTES],
    ) -> Result<(), VaultError> {
        let (location, name) = (subject_key_at(client, subject), full(client, subject, "key"));
        let Some(current) = get(&self.keys, &client_key_at(client, CLIENT_KEY)).await? else {
            // The client was destroyed: nothing of it may come after that.
            self.clients().remove(client);
            delete(&self.keys, &location).await?;
            return Err(VaultError::NoKey);
        };
        let current = EncryptionKey::new(&*self.unwrap_client_key(client, &current)?);
        if current.open(&name, wrapped).is_err() {
            self.clients().remove(client);
            self.keys.put(&location, current.encrypt(&name, key, &self.random).into()).await?;
        }
        Ok(())
    }

    pub(super) fn new_key(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        self.random.fill(&mut *key);
        key
    }

    pub(super) fn clients(&self) -> std::sync::MutexGuard<'_, OpenedKeys> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's key is looked for again after so long.
const OPENED_FOR: Duration = Duration::from_secs(5);

/// What is done about a key that is not there.
#[derive(Clone, Copy)]
pub(super) enum Missing {
    Made,
    Rejected,
}

pub(super) fn key_bytes(
    opened: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    Ok(Zeroizing::new(opened.as_slice().try_into().map_err(|_| DoesNotOpen)?))
}
