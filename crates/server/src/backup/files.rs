//! Where backups lie: files of a folder, or objects of a bucket.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Error, Result, anyhow, bail};
use futures_util::TryStreamExt;
use object_store::buffered::{BufReader, BufWriter};
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncRead, AsyncWriteExt};
use verax_domain::Timestamp;

use crate::vault::{Folders, VaultError, store_at};

/// One backup.
#[derive(Clone)]
pub enum BackupFile {
    Local(PathBuf),
    Bucket { store: Arc<dyn ObjectStore>, name: Name },
}

/// The backups of one installation.
pub enum BackupFolder {
    Local(PathBuf),
    Bucket(Arc<dyn ObjectStore>),
}

/// A backup that is being written: it has its name when it is finished.
pub enum Output {
    Local { file: File, partial: PathBuf, path: PathBuf },
    Bucket(Box<BufWriter>),
}

/// A bucket takes at most 10,000 parts of one object: 156 GiB of these.
const PART_BYTES: usize = 16 * 1024 * 1024;
const PARTS_AT_ONCE: usize = 2;
const PREFIX: &str = "verax-";
const SUFFIX: &str = ".backup";
const PARTIAL: &str = "partial";

impl BackupFile {
    /// A path, or `s3://bucket/prefix/name`.
    pub fn at(address: &str) -> Result<BackupFile> {
        if !address.starts_with("s3://") {
            return Ok(BackupFile::Local(PathBuf::from(address)));
        }
        let shape = "a backup in a bucket is named s3://bucket/name or s3://bucket/prefix/name";
        let (folder, name) = address.rsplit_once('/').context(shape)?;
        if name.is_empty() || folder == "s3:/" {
            bail!("{shape}");
        }
        Ok(BackupFile::Bucket { store: store_at(folder, Folders::Made)?, name: Name::parse(name)? })
    }

    /// # Errors
    /// It is there already.
    pub async fn create(&self) -> Result<Output> {
        match self {
            BackupFile::Local(path) => {
                if path.exists() {
                    bail!("{} exists already", path.display());
                }
                let mut partial = path.clone().into_os_string();
                partial.push(".");
                partial.push(PARTIAL);
                let partial = PathBuf::from(partial);
                let mut options = OpenOptions::new();
                let file = options.write(true).create(true).truncate(true).mode(0o600);
                let file = file.open(&partial).await;
                let file = file.with_context(|| format!("cannot write {}", partial.display()))?;
                Ok(Output::Local { file, partial, path: path.clone() })
            }
            BackupFile::Bucket { store, name } => {
                if store.head(name).await.is_ok() {
                    bail!("{name} exists already in the bucket");
                }
                let writer = BufWriter::with_capacity(Arc::clone(store), name.clone(), PART_BYTES);
                Ok(Output::Bucket(Box::new(writer.with_max_concurrency(PARTS_AT_ONCE))))
            }
        }
    }

    /// What is in it, and how many bytes that are.
    pub async fn open(&self) -> Result<(Box<dyn AsyncRead + Send + Unpin>, u64)> {
        match self {
            BackupFile::Local(path) => {
                let file = File::open(path).await;
                let file = file.with_context(|| format!("cannot read {}", path.display()))?;
                let length = file.metadata().await?.len();
                Ok((Box::new(tokio::io::BufReader::with_capacity(1024 * 1024, file)), length))
            }
            BackupFile::Bucket { store, name } => {
                let found = store.head(name).await.map_err(|error| match error {
                    object_store::Error::NotFound { .. } => anyhow!("the bucket has no {name}"),
                    error => VaultError::from(error).into(),
                })?;
                let reader = BufReader::with_capacity(Arc::clone(store), &found, PART_BYTES);
                Ok((Box::new(reader), found.size))
            }
        }
    }

    pub async fn delete(&self) -> Result<()> {
        match self {
            BackupFile::Local(path) => Ok(tokio::fs::remove_file(path).await?),
            BackupFile::Bucket { store, name } => {
                Ok(store.delete(name).await.map_err(VaultError::from)?)
            }
        }
    }
}

impl BackupFolder {
    /// A folder, which is made where there is none, or `s3://bucket/prefix`.
    pub fn at(address: &str) -> Result<BackupFolder> {
        if address.starts_with("s3://") {
            return Ok(BackupFolder::Bucket(store_at(address, Folders::Made)?));
        }
        use std::os::unix::fs::DirBuilderExt;
        let folder = Path::new(address);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("cannot make the folder {address}"))?;
        Ok(BackupFolder::Local(folder.to_owned()))
    }

    /// The backup of this moment, and its name.
    pub fn new_file(&self, now: Timestamp) -> Result<(String, BackupFile)> {
        let now = jiff::Timestamp::from_millisecond(now.0)?;
        let name = format!("{PREFIX}{}{SUFFIX}", now.strftime("%Y%m%dT%H%M%SZ"));
        Ok((name.clone(), self.file(&name)))
    }

    /// Deletes all but the newest, of the names that [`BackupFolder::new_file`] gives, and what was
    /// interrupted. Answers which. Not while another is made.
    pub async fn prune(&self, keep: usize) -> Result<Vec<String>> {
        let mut names = self.names().await?;
        let partial = |name: &String| {
            name.strip_suffix(PARTIAL).and_then(|it| it.strip_suffix('.')).is_some_and(is_scheduled)
        };
        for name in names.iter().filter(|name| partial(name)) {
            self.file(name).delete().await?;
        }
        names.retain(|name| is_scheduled(name));
        names.sort_unstable_by(|one, other| other.cmp(one));
        let old = names.split_off(keep.min(names.len()));
        for name in &old {
            self.file(name).delete().await?;
        }
        Ok(old)
    }

    async fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        match self {
            BackupFolder::Local(folder) => {
                for entry in std::fs::read_dir(folder)? {
                    names.push(entry?.file_name().to_string_lossy().into_owned());
                }
            }
            BackupFolder::Bucket(store) => {
                let mut listed = store.list(None);
                while let Some(found) = listed.try_next().await.map_err(VaultError::from)? {
                    names.push(found.location.to_string());
                }
            }
        }
        Ok(names)
    }

    fn file(&self, name: &str) -> BackupFile {
        match self {
            BackupFolder::Local(folder) => BackupFile::Local(folder.join(name)),
            BackupFolder::Bucket(store) => {
                BackupFile::Bucket { store: Arc::clone(store), name: Name::from(name) }
            }
        }
    }
}

/// Whether it is a name that a scheduled backup has, and not somebody's own file.
fn is_scheduled(name: &str) -> bool {
    let time = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    time.is_some_and(|time| {
        let is_shaped = |(at, letter): (usize, u8)| match at {
            8 => letter == b'T',
            15 => letter == b'Z',
            _ => letter.is_ascii_digit(),
        };
        time.len() == 16 && time.bytes().enumerate().all(is_shaped)
    })
}

impl Output {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match self {
            Output::Local { file, .. } => file.write_all(bytes).await,
            Output::Bucket(writer) => writer.write_all(bytes).await,
        };
        written.map_err(|error| not_written(&error))
    }

    pub async fn finish(mut self) -> Result<()> {
        match &mut self {
            Output::Local { file, partial, path } => {
                file.flush().await?;
                file.sync_all().await?;
                tokio::fs::rename(&*partial, &*path).await?;
                let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
                File::open(folder.unwrap_or(Path::new("."))).await?.sync_all().await?;
            }
            Output::Bucket(writer) => writer.shutdown().await.map_err(|it| not_written(&it))?,
        }
        Ok(())
    }

    /// Leaves nothing of it, as far as it can.
    pub async fn abandon(self) {
        match self {
            Output::Local { partial, .. } => {
                let _ = tokio::fs::remove_file(partial).await;
            }
            Output::Bucket(mut writer) => {
                let _ = writer.abort().await;
            }
        }
    }
}

/// The innermost cause: a bucket's outer texts say it again and again.
fn not_written(error: &std::io::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    anyhow!("the backup cannot be written: {cause}")
}
