//! Scheduled backups: one node at a time makes them.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use verax_domain::Timestamp;
use verax_store::{Batch, JobKind, StoreError};
use zeroize::Zeroizing;

use crate::app::App;
use crate::backup::{BackupFolder, Progress, Secret, Source, make, verify};
use crate::config;
use crate::keys::MasterKeys;

/// What the last one has left in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// In milliseconds since 1970: when its state was fixed.
    pub made_at: i64,
    pub name: String,
    pub verified: bool,
}

/// A node that has not renewed its lease for so long has died, in milliseconds.
const LEASE_MS: i64 = 300_000;
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// After a failure another try is made, in milliseconds.
const RETRY_MS: i64 = 600_000;
const HOUR_MS: i64 = 3_600_000;

/// What a schedule's backups are encrypted with.
pub fn secret_of(settings: &config::Backup) -> Result<Secret> {
    let read = |file: &str| {
        let bytes = crate::keys::read_private(std::path::Path::new(file))?;
        Ok::<_, anyhow::Error>(Zeroizing::new(bytes))
    };
    if settings.key_file.is_empty() {
        let text = read(&settings.passphrase_file)?;
        return Secret::passphrase(std::str::from_utf8(&text).context("the passphrase")?);
    }
    Secret::key(read(&settings.key_file)?)
}

impl App {
    /// Shows what other nodes have made.
    pub async fn watch_backups(&self) -> Result<(), StoreError> {
        let last = self.last_backup().await?;
        self.show_backup(last.as_ref());
        Ok(())
    }

    fn show_backup(&self, last: Option<&LastBackup>) {
        self.metrics.backup_last_success.set(last.map_or(0, |last| last.made_at / 1000));
    }

    /// The last scheduled backup of any node.
    pub async fn last_backup(&self) -> Result<Option<LastBackup>, StoreError> {
        let found = self.database.periodic_work(JobKind::Backup).await?;
        let detail = found.and_then(|(_, detail)| detail);
        Ok(detail.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Makes one when it is time, and nobody else does.
    pub async fn back_up_if_due(
        &self,
        settings: &config::Backup,
        source: &Source,
    ) -> Result<Option<LastBackup>> {
        let every_ms = i64::from(settings.every_hours) * HOUR_MS;
        let now = self.clock.now();
        let last = self.last_backup().await?;
        self.show_backup(last.as_ref());
        if last.is_some_and(|last| now.0 < last.made_at.saturating_add(every_ms)) {
            return Ok(None);
        }
        let mut batch = Batch::default();
        batch.ensure_periodic(JobKind::Backup);
        self.database.commit(batch).await?;
        let lease = Timestamp(now.0.saturating_add(LEASE_MS));
        let taken = self.database.take_jobs(JobKind::Backup, now, lease, 1).await?;
        let Some(job) = taken.into_iter().next() else { return Ok(None) };
        let mut held = job.lease_until;
        let last: Option<LastBackup> = job.detail.and_then(|text| serde_json::from_str(&text).ok());
        if last.is_some_and(|last| now.0 < last.made_at.saturating_add(every_ms)) {
            // Another node has made one since it was looked for.
            self.end_backup(held, now, None).await?;
            return Ok(None);
        }
        let made = {
            let making = self.back_up(settings, source);
            tokio::pin!(making);
            loop {
                tokio::select! {
                    made = &mut making => break made,
                    () = tokio::time::sleep(RENEW_EVERY) => {
                        let until = Timestamp(self.clock.now().0.saturating_add(LEASE_MS));
                        self.end_backup(held, until, None).await.context("another node has begun")?;
                        held = until;
                    }
                }
            }
        };
        let now = self.clock.now();
        match made {
            Ok(made) => {
                let detail = serde_json::to_string(&made)?;
                self.end_backup(held, now, Some(&detail)).await?;
                self.show_backup(Some(&made));
                Ok(Some(made))
            }
            Err(error) => {
                let retry = Timestamp(now.0.saturating_add(RETRY_MS));
                self.end_backup(held, retry, None).await?;
                Err(error)
            }
        }
    }

    async fn end_backup(
        &self,
        held: Timestamp,
        until: Timestamp,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.postpone_periodic(JobKind::Backup, held, until, detail);
        self.database.commit(batch).await
    }

    async fn back_up(&self, settings: &config::Backup, source: &Source) -> Result<LastBackup> {
        let secret = secret_of(settings)?;
        let folder = BackupFolder::at(&settings.to)?;
        let begun = self.clock.now();
        let (name, file) = folder.new_file(begun)?;
        let progress = Progress::default();
        let manifest = make(source, &file, &secret, settings.with_keys, &progress).await?;
        if manifest.missing_images > 0 || manifest.missing_keys > 0 {
            let (images, keys) = (manifest.missing_images, manifest.missing_keys);
            tracing::error!(images, keys, "records name images or keys that are not there");
        }
        if settings.verify {
            let master = MasterKeys::open_existing(&source.master_keys).ok();
            let verified = verify(&file, &secret, master.as_ref(), &source.scratch, &progress);
            verified.await.with_context(|| format!("{name} cannot be restored"))?;
        }
        let pruned = folder.prune(settings.keep as usize).await;
        let pruned = pruned.context("old backups could not be deleted")?;
        if !pruned.is_empty() {
            tracing::info!(count = pruned.len(), "old backups were deleted");
        }
        Ok(LastBackup { made_at: begun.0, name, verified: settings.verify })
    }
}
