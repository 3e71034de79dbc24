//! Taking a backup apart: into a new place, or into a scratch folder to see whether it could be.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt};
use verax_store::{Loading, Location, StoreError};
use zeroize::Zeroizing;

use super::encrypted_stream::{EncryptedReader, Secret};
use super::files::BackupFile;
use super::frames::{FileName, Frame, Head, Manifest, StoreName, StoreTally, block};
use super::progress::{Phase, Progress};
use crate::clock::Random;
use crate::keys::MasterKeys;
use crate::vault::copying::{StoredAt, clients_in, stored_at};
use crate::vault::{Vault, VaultError};

/// Where what is in a backup goes. What has no store is read, and compared with the manifest.
pub struct Target {
    pub location: Location,
    pub keys: Option<Arc<dyn ObjectStore>>,
    pub objects: Option<Arc<dyn ObjectStore>>,
    pub samples: Samples,
}

/// Which objects go there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    All,
    /// A few of each client, to try their keys.
    Few,
}

/// A whole backup, as it says itself. Its rows are in the database when they are committed.
pub struct Unpacked {
    pub head: Head,
    pub manifest: Manifest,
    pub files: BTreeMap<FileName, Zeroizing<Vec<u8>>>,
    loading: Loading,
    /// A few of each client.
    samples: Vec<StoredAt>,
}

/// What opened with its keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    pub clients: u64,
    pub objects: u64,
    /// Objects whose key was destroyed while the backup was made.
    pub without_key: u64,
}

const SAMPLES_PER_CLIENT: usize = 3;
const PUTS_AT_ONCE: usize = 8;

/// # Errors
/// The backup is damaged, of a newer version, or does not fit its own manifest.
pub async fn unpack(
    file: &BackupFile,
    secret: &Secret,
    target: &Target,
    progress: &Progress,
) -> Result<Unpacked> {
    let (input, length) = file.open().await?;
    progress.begin(length);
    let mut reader = EncryptedReader::open(input, secret).await?;
    let head = reader.head().await?;
    let loading = Loading::begin(&target.location, head.schema_version).await;
    let mut loading = loading.map_err(|error| match error {
        StoreError::Newer { found, known } => anyhow::anyhow!(
            "the backup has schema version {found}, this server knows up to {known}: it was made by \
             Verax {}, restore it with that or a newer one",
            head.software
        ),
        error => error.into(),
    })?;
    let mut files = BTreeMap::new();
    let mut stored = Stored::default();
    let manifest = loop {
        let (frame, bytes) = reader.frame().await?;
        progress.add(bytes.len());
        match frame {
            Frame::Head(_) => bail!("the backup has two heads"),
            Frame::File { name } => {
                files.insert(name, bytes);
            }
            Frame::Rows { table, columns } => {
                loading.push(block(&table, columns, &bytes)?).await?;
                progress.enter(Phase::Rows);
            }
            Frame::Object { store, name } => {
                progress.enter(match store {
                    StoreName::Keys => Phase::Keys,
                    StoreName::Objects => Phase::Objects,
                });
                stored.put(target, store, &name, bytes.to_vec()).await?;
            }
            Frame::Manifest(manifest) => break manifest,
        }
    };
    progress.enter(Phase::Checking);
    if !reader.is_at_end().await? {
        bail!("something follows the end of the backup");
    }
    let names: Vec<FileName> = manifest.files.clone();
    let samples = stored.finish(&manifest).await?;
    if !names.iter().eq(files.keys()) {
        bail!("the backup does not hold the files that its manifest names");
    }
    Ok(Unpacked { head, manifest, files, loading, samples })
}

#[derive(Default)]
struct Stored {
    keys: StoreTally,
    objects: StoreTally,
    puts: FuturesUnordered<BoxFuture<'static, object_store::Result<Name>>>,
    /// Their names.
    putting: HashSet<Name>,
    samples: Vec<StoredAt>,
}

impl Stored {
    async fn put(
        &mut self,
        target: &Target,
        store: StoreName,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<()> {
        // Names of parents are rejected by this.
        let place = Name::parse(name)?;
        let to = match store {
            StoreName::Keys => {
                self.keys.add(name, &bytes);
                &target.keys
            }
            StoreName::Objects => {
                self.objects.add(name, &bytes);
                let is_sample = self.is_sample(&place);
                let is_wanted = is_sample || target.samples == Samples::All;
                if is_wanted { &target.objects } else { &None }
            }
        };
        if let Some(to) = to.clone() {
            // A key that comes a second time replaces the first: one after the other.
            while self.puts.len() >= PUTS_AT_ONCE || self.putting.contains(&place) {
                self.end_one_put().await?;
            }
            self.putting.insert(place.clone());
            let put = async move { to.put(&place, bytes.into()).await.map(|_| place) };
            self.puts.push(Box::pin(put));
        }
        Ok(())
    }

    async fn end_one_put(&mut self) -> Result<()> {
        if let Some(name) = self.puts.try_next().await.map_err(VaultError::from)? {
            self.putting.remove(&name);
        }
        Ok(())
    }

    fn is_sample(&mut self, name: &Name) -> bool {
        let Some(at) = stored_at(name) else { return false };
        // They come in the order of their clients, or nearly so.
        let of_client = self.samples.iter().rev().take_while(|it| it.client == at.client).count();
        let is_sample = of_client < SAMPLES_PER_CLIENT;
        if is_sample {
            self.samples.push(at);
        }
        is_sample
    }

    async fn finish(mut self, manifest: &Manifest) -> Result<Vec<StoredAt>> {
        while !self.puts.is_empty() {
            self.end_one_put().await?;
        }
        if self.keys.count() != manifest.keys || self.objects.count() != manifest.objects {
            bail!("the keys or the objects of the backup are not those that its manifest names");
        }
        Ok(self.samples)
    }
}

impl Unpacked {
    /// Opens the key of every client.
    ///
    /// # Errors
    /// One does not open: names the client.
    pub async fn open_clients(&self, vault: &Vault) -> Result<Opened> {
        let mut opened = Opened::default();
        for client in clients_in(&vault.stores()[0]).await? {
            match vault.open_client_key(&client).await {
                Ok(()) => opened.clients += 1,
                // It was deleted while the backup was made, or its key is made and not used yet.
                Err(VaultError::NoKey) => opened.without_key += 1,
                Err(error) => bail!("the key of the client {client} does not open: {error}"),
            }
        }
        Ok(opened)
    }

    /// Opens the key of every client, and a few objects of each.
    ///
    /// # Errors
    /// One does not open: names the client.
    pub async fn open_samples(&self, vault: &Vault) -> Result<Opened> {
        let mut opened = self.open_clients(vault).await?;
        for StoredAt { client, subject, location } in &self.samples {
            match vault.fetch(client, subject, location).await {
                Ok(Some(_)) => opened.objects += 1,
                Ok(None) => bail!("an object of the client {client} was not stored"),
                Err(VaultError::NoKey) => opened.without_key += 1,
                Err(error) => bail!("an object of the client {client} does not open: {error}"),
            }
        }
        Ok(opened)
    }

    /// Reads all rows back, and keeps them if they are those of the manifest.
    pub async fn commit(self) -> Result<(Head, Manifest)> {
        self.loading.finish(self.manifest.table_digests()?).await?;
        Ok((self.head, self.manifest))
    }
}

/// Restores into a scratch folder: all rows, all keys, and a few objects of each client. `None` where no
/// master key opens anything, as none is known.
pub async fn verify(
    file: &BackupFile,
    secret: &Secret,
    master: Option<&MasterKeys>,
    scratch: &Path,
    progress: &Progress,
) -> Result<(Head, Manifest, Option<Opened>)> {
    let scratch = tempfile::Builder::new().prefix("verify-").tempdir_in(scratch)?;
    let store = |name: &str| -> Result<Arc<dyn ObjectStore>> {
        let folder = scratch.path().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?))
    };
    let (keys, objects) = (store("keys")?, store("objects")?);
    let target = Target {
        location: Location::File(scratch.path().join("verax.db")),
        keys: Some(Arc::clone(&keys)),
        objects: Some(Arc::clone(&objects)),
        samples: Samples::Few,
    };
    let unpacked = unpack(file, secret, &target, progress).await?;
    let inside = unpacked.files.get(&FileName::MasterKeys);
    let inside =
        inside.map(|text| MasterKeys::from_text(std::str::from_utf8(text)?)).transpose()?;
    let opened = match inside.as_ref().or(master) {
        Some(master) => {
            let vault = Vault::over(master.clone(), keys, objects, Random::System);
            Some(unpacked.open_samples(&vault).await?)
        }
        None => None,
    };
    let (head, manifest) = unpacked.commit().await?;
    Ok((head, manifest, opened))
}
