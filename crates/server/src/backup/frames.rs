//! What a backup is made of, in this order: a head, files, rows, keys, objects, a manifest.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use verax_domain::Timestamp;
use verax_store::{RowBlock, TableDigest, TableDigests, copied_table};
use zeroize::Zeroizing;

use super::encrypted_stream::{EncryptedReader, EncryptedWriter};

/// Each is followed by its bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Frame {
    Head(Head),
    File { name: FileName },
    Rows { table: String, columns: Vec<String> },
    Object { store: StoreName, name: String },
    Manifest(Manifest),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub format: u32,
    /// The version of the server that made it.
    pub software: String,
    pub schema_version: i64,
    /// When its state was fixed, in milliseconds since 1970.
    pub created_at: i64,
    /// Whether the master keys and the signing keys are inside.
    pub with_keys: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileName {
    Settings,
    MasterKeys,
    SigningKeys,
}

/// The vault's two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreName {
    Keys,
    Objects,
}

/// What there must have been before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub files: Vec<FileName>,
    pub tables: BTreeMap<String, TableCount>,
    pub keys: StoreCount,
    pub objects: StoreCount,
    /// Keys and objects that were deleted between being listed and being read.
    pub vanished: u64,
    /// Images that rows name and whose keys are there, but not they.
    pub missing_images: u64,
    /// Templates in rows whose keys are not there.
    pub missing_keys: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableCount {
    pub rows: u64,
    pub digest: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreCount {
    pub count: u64,
    pub bytes: u64,
    /// SHA-256 over all names and bytes.
    pub digest: String,
}

/// Counts what goes by of one store.
#[derive(Default)]
pub struct StoreTally {
    count: u64,
    bytes: u64,
    digest: Sha256,
}

pub const FORMAT: u32 = 1;

impl Head {
    pub fn created_at(&self) -> String {
        Timestamp(self.created_at).to_string()
    }
}

impl StoreTally {
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        self.count += 1;
        self.bytes += bytes.len() as u64;
        self.digest.update((name.len() as u64).to_be_bytes());
        self.digest.update(name);
        self.digest.update((bytes.len() as u64).to_be_bytes());
        self.digest.update(bytes);
    }

    pub fn count(self) -> StoreCount {
        let digest = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        StoreCount { count: self.count, bytes: self.bytes, digest }
    }
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.rows).sum()
    }

    /// # Errors
    /// A table that this version does not know.
    pub fn table_digests(&self) -> Result<TableDigests> {
        let mut digests = TableDigests::new();
        for (name, count) in &self.tables {
            let digest = TableDigest::read(count.rows, &count.digest);
            digests.insert(table(name)?, digest.context("the manifest is damaged")?);
        }
        Ok(digests)
    }
}

/// # Errors
/// A table that this version does not know.
pub fn block(name: &str, columns: Vec<String>, bytes: &[u8]) -> Result<RowBlock> {
    Ok(RowBlock { table: table(name)?, columns, bytes: bytes.to_vec() })
}

fn table(name: &str) -> Result<&'static str> {
    copied_table(name).with_context(|| format!("this version has no table {name} to restore"))
}

impl EncryptedWriter {
    pub async fn frame(&mut self, frame: &Frame, bytes: &[u8]) -> Result<()> {
        let text = serde_json::to_vec(frame)?;
        self.write(&u32::try_from(text.len())?.to_be_bytes()).await?;
        self.write(&text).await?;
        self.write(&(bytes.len() as u64).to_be_bytes()).await?;
        self.write(bytes).await
    }
}

impl EncryptedReader {
    /// The next frame and its bytes.
    ///
    /// # Errors
    /// There is none: the manifest comes last, and whoever has it asks no more.
    pub async fn frame(&mut self) -> Result<(Frame, Zeroizing<Vec<u8>>)> {
        let length = u32::from_be_bytes(self.take(4).await?.as_slice().try_into()?);
        let text = self.take(length.into()).await?;
        let frame = serde_json::from_slice(&text);
        let frame = frame.context("a part of the backup is of a kind that this version lacks")?;
        let length = u64::from_be_bytes(self.take(8).await?.as_slice().try_into()?);
        Ok((frame, self.take(length).await?))
    }

    pub async fn head(&mut self) -> Result<Head> {
        let (Frame::Head(head), _) = self.frame().await? else { bail!("the backup has no head") };
        if head.format > FORMAT {
            let version = &head.software;
            bail!(
                "the backup was made by a newer version of Verax ({version}): restore it with that"
            );
        }
        Ok(head)
    }
}
