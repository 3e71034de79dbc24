//! Making a backup: the database of one moment, then keys, then objects.
//!
//! In this order what a row names is there when it is copied, unless the record was deleted meanwhile;
//! what was stored since comes without a row, and `verax vault sweep` finds it.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use verax_store::{Database, Dump, Encrypted, EncryptedRow, Location, TableDigests};
use zeroize::Zeroizing;

use super::encrypted_stream::{EncryptedWriter, Secret};
use super::files::BackupFile;
use super::frames::{FORMAT, FileName, Frame, Head, Manifest, StoreName, StoreTally, TableCount};
use super::progress::{Phase, Progress};
use crate::app::upkeep::stored_objects::objects_of;
use crate::clock::{Clock, Random};
use crate::keys::{MasterKeys, SigningKeys};
use crate::vault::VaultError;
use crate::vault::copying::{client_keys_in, clients_in, get_bytes, key_name, object_name};

/// What a backup is made of.
#[derive(Clone)]
pub struct Source {
    pub location: Location,
    pub database: Database,
    pub keys: Arc<dyn ObjectStore>,
    pub objects: Arc<dyn ObjectStore>,
    /// A folder for a copy of SQLite.
    pub scratch: PathBuf,
    pub settings: Option<PathBuf>,
    pub master_keys: PathBuf,
    pub signing_keys: PathBuf,
}

/// Objects that are read at once: each waits for the disk, or for another machine.
const AT_ONCE: usize = 16;
/// How often the keys of a client are copied again because its own key was replaced meanwhile.
const ROTATIONS_MAX: u32 = 5;
/// Rows that are looked through at once for what they name.
const PAGE: u32 = 1000;

/// Writes a backup. A file that is not finished has not got its name.
pub async fn make(
    source: &Source,
    file: &BackupFile,
    secret: &Secret,
    with_keys: bool,
    progress: &Progress,
) -> Result<Manifest> {
    let files = read_files(source, with_keys).await?;
    let scratch = tempfile::Builder::new().prefix("backup-").tempdir_in(&source.scratch);
    let scratch = scratch.context("cannot make a folder for a copy of the database")?;
    let mut out = EncryptedWriter::begin(file.create().await?, secret, &Random::System).await?;
    let written = Making { source, out: &mut out, manifest: Manifest::default(), progress };
    match written.run(files, with_keys, scratch.path()).await {
        Ok(manifest) => {
            out.finish().await?;
            Ok(manifest)
        }
        Err(error) => {
            out.abandon().await;
            Err(error)
        }
    }
}

async fn read_files(
    source: &Source,
    with_keys: bool,
) -> Result<Vec<(FileName, Zeroizing<Vec<u8>>)>> {
    let mut files = Vec::new();
    if let Some(path) = &source.settings {
        let text = tokio::fs::read(path).await;
        let text = text.with_context(|| format!("the settings in {}", path.display()))?;
        files.push((FileName::Settings, Zeroizing::new(text)));
    }
    if with_keys {
        files.push((FileName::MasterKeys, MasterKeys::open_existing(&source.master_keys)?.text()?));
        let signing = SigningKeys::open_existing(&source.signing_keys)?;
        files.push((FileName::SigningKeys, signing.text()?));
    }
    Ok(files)
}

struct Making<'a> {
    source: &'a Source,
    out: &'a mut EncryptedWriter,
    manifest: Manifest,
    progress: &'a Progress,
}

impl Making<'_> {
    async fn run(
        mut self,
        files: Vec<(FileName, Zeroizing<Vec<u8>>)>,
        with_keys: bool,
        scratch: &std::path::Path,
    ) -> Result<Manifest> {
        self.progress.begin(0);
        let mut dump = Dump::begin(&self.source.location, scratch).await?;
        let head = Head {
            format: FORMAT,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: dump.schema_version,
            created_at: Clock::System.now().0,
            with_keys,
        };
        self.out.frame(&Frame::Head(head), &[]).await?;
        for (name, bytes) in files {
            self.out.frame(&Frame::File { name }, &bytes).await?;
            self.manifest.files.push(name);
        }
        self.progress.enter(Phase::Rows);
        self.copy_rows(&mut dump).await?;
        drop(dump);
        self.progress.enter(Phase::Keys);
        self.copy_keys().await?;
        self.progress.enter(Phase::Objects);
        self.copy_objects().await?;
        self.progress.enter(Phase::Checking);
        (self.manifest.missing_images, self.manifest.missing_keys) = missing(self.source).await?;
        self.out.frame(&Frame::Manifest(self.manifest.clone()), &[]).await?;
        Ok(self.manifest)
    }

    async fn copy_rows(&mut self, dump: &mut Dump) -> Result<()> {
        // A table without rows is named too.
        let mut digests: TableDigests =
            verax_store::copied_tables().map(|table| (table, Default::default())).collect();
        while let Some(block) = dump.next().await? {
            digests.entry(block.table).or_default().add(&block)?;
            let (table, columns) = (block.table.to_owned(), block.columns);
            self.out.frame(&Frame::Rows { table, columns }, &block.bytes).await?;
            self.progress.add(block.bytes.len());
        }
        for (table, digest) in digests {
            let count = TableCount { rows: digest.rows, digest: digest.sum() };
            self.manifest.tables.insert(table.to_owned(), count);
        }
        Ok(())
    }

    /// The keys of one client after the other. If its own key is replaced meanwhile, some may be wrapped
    /// with one that was not copied: then all of them are copied again, over the ones before.
    async fn copy_keys(&mut self) -> Result<()> {
        let (keys, mut tally) = (Arc::clone(&self.source.keys), StoreTally::default());
        for client in clients_in(&keys).await? {
            let mut own = client_keys_in(&keys, &client).await?;
            for round in 0.. {
                self.copy_store(StoreName::Keys, Some(&client), &mut tally).await?;
                let own_now = client_keys_in(&keys, &client).await?;
                if own == own_now {
                    break;
                }
                if round == ROTATIONS_MAX {
                    bail!("the key of the client {client} is replaced again and again meanwhile");
                }
                own = own_now;
            }
        }
        self.manifest.keys = tally.count();
        Ok(())
    }

    async fn copy_objects(&mut self) -> Result<()> {
        let mut tally = StoreTally::default();
        self.copy_store(StoreName::Objects, None, &mut tally).await?;
        self.manifest.objects = tally.count();
        Ok(())
    }

    async fn copy_store(
        &mut self,
        name: StoreName,
        client: Option<&str>,
        tally: &mut StoreTally,
    ) -> Result<()> {
        let store = match name {
            StoreName::Keys => Arc::clone(&self.source.keys),
            StoreName::Objects => Arc::clone(&self.source.objects),
        };
        let mut read = pin!(read_all(&store, client));
        while let Some((object, bytes)) = read.try_next().await? {
            let Some(bytes) = bytes else {
                self.manifest.vanished += 1;
                continue;
            };
            tally.add(object.as_ref(), &bytes);
            let frame = Frame::Object { store: name, name: object.to_string() };
            self.out.frame(&frame, &bytes).await?;
            self.progress.add(bytes.len());
        }
        Ok(())
    }
}

/// Every object, or those of one client; without bytes when it has gone since it was listed.
fn read_all(
    store: &Arc<dyn ObjectStore>,
    client: Option<&str>,
) -> impl futures_util::Stream<Item = Result<(Name, Option<Vec<u8>>)>> {
    let prefix = client.map(Name::from);
    let read = move |name: Name| async move {
        let bytes = get_bytes(store, &name).await?;
        Ok((name, bytes))
    };
    let listed = store.list(prefix.as_ref()).map_err(|error| VaultError::from(error).into());
    listed.map_ok(move |found| read(found.location)).try_buffered(AT_ONCE)
}

/// Copies everything in one store into another. What is there already must be the same. Answers how
/// many there are.
pub async fn copy_store(
    from: &Arc<dyn ObjectStore>,
    to: &Arc<dyn ObjectStore>,
    progress: &Progress,
) -> Result<u64> {
    let copy = |name: Name| async move {
        let bytes = get_bytes(from, &name).await?;
        let bytes = bytes.with_context(|| "something was deleted from the source meanwhile")?;
        let length = bytes.len();
        match to.put_opts(&name, bytes.clone().into(), PutMode::Create.into()).await {
            Ok(_) => {}
            Err(object_store::Error::AlreadyExists { .. }) => {
                if get_bytes(to, &name).await? != Some(bytes) {
                    bail!("the target has something else under a name of the source");
                }
            }
            Err(error) => return Err(VaultError::from(error).into()),
        }
        progress.add(length);
        Ok(())
    };
    let listed = from.list(None).map_err(|error| anyhow::Error::from(VaultError::from(error)));
    let copied = listed.map_ok(|found| copy(found.location)).try_buffer_unordered(AT_ONCE);
    copied.try_fold(0, async |count, _| Ok(count + 1)).await
}

/// How many images, and keys of templates, rows name that are not there.
async fn missing(source: &Source) -> Result<(u64, u64)> {
    let (mut images, mut keys) = (0, 0);
    for encrypted in Encrypted::ALL {
        let mut after = String::new();
        loop {
            let rows = source.database.encrypted_rows(encrypted, &after, PAGE).await?;
            let Some(last) = rows.last().map(|row| row.id.clone()) else { break };
            let checks = rows.into_iter().map(|row| async move {
                Ok::<_, anyhow::Error>(is_missing(source, encrypted, &row).await?.then_some(row))
            });
            let lost: Vec<Option<EncryptedRow>> =
                futures_util::stream::iter(checks).buffered(AT_ONCE).try_collect().await?;
            let lost: Vec<EncryptedRow> = lost.into_iter().flatten().collect();
            if !lost.is_empty() {
                // Of a record that was deleted just now nothing is missing.
                let now = source.database.encrypted_rows(encrypted, &after, PAGE).await?;
                let count = lost.iter().filter(|row| now.contains(row)).count() as u64;
                *if encrypted == Encrypted::Template { &mut keys } else { &mut images } += count;
            }
            after = last;
        }
    }
    Ok((images, keys))
}

async fn is_missing(source: &Source, encrypted: Encrypted, row: &EncryptedRow) -> Result<bool> {
    let (subject, place) = objects_of(encrypted, row);
    let has = async |store: &Arc<dyn ObjectStore>, name: &Name| match store.head(name).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(VaultError::from(error)),
    };
    let has_key = has(&source.keys, &key_name(&row.client, &subject)).await?;
    Ok(match place {
        // A record that was imported says that an image is stored, elsewhere: it has no key here.
        Some(place) => {
            has_key && !has(&source.objects, &object_name(&row.client, &subject, &place)).await?
        }
        None => !has_key,
    })
}
