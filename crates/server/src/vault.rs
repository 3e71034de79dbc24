//! Envelope encryption for images and templates; crypto-shredding on delete.
//!
//! A master key (a file, or the environment) wraps a key per client, which wraps a key per subject:
//! the record whose deletion must make its bytes unreadable. Wrapped keys are objects in a store of
//! their own and never in the database, so that no backup of the database outlives a deletion.

mod bucket;
pub mod copying;
mod encryption;
mod inspection;
mod locations;
mod rotation;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use zeroize::Zeroizing;

pub use self::bucket::{Versioning, versioning};
pub use self::encryption::EncryptionKey;
use self::encryption::{DoesNotOpen, KEY_BYTES};
pub use self::inspection::KeyFound;
pub use self::locations::holds_client_keys;
pub(crate) use self::locations::{Folders, store_at};
pub use self::rotation::Rotated;
use crate::clock::Random;
use crate::keys::MasterKeys;
use crate::mac_key::MacKey;

/// Cheap to clone: clones share everything.
#[derive(Clone)]
pub struct Vault {
    master: MasterKeys,
    keys: Arc<dyn ObjectStore>,
    objects: Arc<dyn ObjectStore>,
    /// Where the two are, in words.
    addresses: Arc<[String; 2]>,
    random: Random,
    /// The keys of clients, opened, and when: another node may have destroyed one since.
    clients: Arc<Mutex<OpenedKeys>>,
}

/// By client.
type OpenedKeys = HashMap<String, (Instant, Arc<EncryptionKey>)>;

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

    async fn subject_key(
        &self,
        client: &str,
        subject: &str,
        missing: Missing,
    ) -> Result<EncryptionKey, VaultError> {
        Ok(EncryptionKey::new(&*self.subject_key_bytes(client, subject, missing).await?))
    }

    async fn subject_key_bytes(
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

    async fn client_key(
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
    fn wrap_client_key(&self, client: &str, key: &[u8; KEY_BYTES]) -> Vec<u8> {
        // One that was put in front meanwhile: the one before may be about to go.
        if let Err(error) = self.master.refresh() {
            tracing::warn!(cause = %error, "the master keys could not be read again");
        }
        let (id, secret) = self.master.first();
        let encrypted = EncryptionKey::derive(&secret).encrypt(client, key, &self.random);
        [id.as_bytes(), b"\n", &encrypted].concat()
    }

    fn unwrap_client_key(
        &self,
        client: &str,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let end = wrapped.iter().position(|byte| *byte == b'\n').ok_or(DoesNotOpen)?;
        let id = std::str::from_utf8(&wrapped[..end]).map_err(|_| DoesNotOpen)?;
        let secret = self.master.with_id(id).ok_or(VaultError::NoMasterKey)?;
        key_bytes(EncryptionKey::derive(&secret).open(client, &wrapped[end + 1..])?)
    }

    fn new_key(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        self.random.fill(&mut *key);
        key
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, OpenedKeys> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's key is looked for again after so long.
const OPENED_FOR: Duration = Duration::from_secs(5);

// No subject is called so: an id holds neither a dot nor a slash, and no kind of thing is `key`.
const CLIENT_KEY: &str = "client.key";
/// While a client's key is rotated: the one before, and the one that takes its place.
const OLD_CLIENT_KEY: &str = "client.old";
const NEXT_CLIENT_KEY: &str = "client.next";
const CLIENT_KEYS: [&str; 3] = [CLIENT_KEY, OLD_CLIENT_KEY, NEXT_CLIENT_KEY];
/// A folder with the names of the subjects that were destroyed while the client's key was rotated.
const DESTROYED: &str = "client.destroyed";

/// What is done about a key that is not there.
#[derive(Clone, Copy)]
enum Missing {
    Made,
    Rejected,
}

fn full(client: &str, subject: &str, location: &str) -> String {
    format!("{client}/{subject}/{location}")
}

fn at(client: &str, subject: &str, location: &str) -> Location {
    Location::from(full(client, subject, location))
}

fn client_key_at(client: &str, name: &str) -> Location {
    Location::from(format!("{client}/{name}"))
}

fn destroyed_at(client: &str, subject: &str) -> Location {
    Location::from(format!("{client}/{DESTROYED}/{subject}"))
}

fn subject_key_at(client: &str, subject: &str) -> Location {
    Location::from(format!("{client}/{subject}"))
}

fn key_bytes(opened: Zeroizing<Vec<u8>>) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    Ok(Zeroizing::new(opened.as_slice().try_into().map_err(|_| DoesNotOpen)?))
}

async fn get(
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
async fn put_first(
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

async fn delete(store: &Arc<dyn ObjectStore>, location: &Location) -> Result<(), VaultError> {
    match store.delete(location).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn delete_under(store: &Arc<dyn ObjectStore>, prefix: &Location) -> Result<(), VaultError> {
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
