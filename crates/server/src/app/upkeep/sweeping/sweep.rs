//! A walk over all keys of the vault, at once or in turns with other nodes.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use futures_util::TryStreamExt as _;
use verax_domain::{Timestamp, resources};
use verax_store::{Batch, JobKind, StoreError};

use super::{Orphans, Swept};
use crate::app::App;
use crate::app::upkeep::stored_objects::record_of_subject;

/// What is younger may belong to a record that is just being made.
const SWEPT_AFTER_MS: i64 = 60 * 60 * 1000;

/// Keys that are looked at together, and the pause after them: others want the database and the store too.
const CHUNK: usize = 1000;

const PAUSE: Duration = Duration::from_millis(200);

/// A chunk takes less; a node that has died is replaced by another after it.
const LEASE_MS: i64 = 120_000;

impl App {
    /// Looks for what the vault holds of nobody every `vault.sweep_hours`, if it is due and no other node
    /// is doing it. Answers whether it did.
    pub async fn sweep_vault_when_due(&self) -> Result<bool> {
        let config = self.config.now();
        if config.vault.sweep_hours == 0 {
            return Ok(false);
        }
        let (kind, now) = (JobKind::VaultSweep, self.clock.now());
        let mut batch = Batch::default();
        batch.ensure_periodic(kind);
        self.database.commit(batch).await?;
        let lease = Timestamp(now.0.saturating_add(LEASE_MS));
        let Some(job) = self.database.take_jobs(kind, now, lease, 1).await?.pop() else {
            // Another node has looked, or is looking.
            let last = self.database.periodic_work(kind).await?;
            self.learn(last.and_then(|(_, detail)| detail).as_deref());
            return Ok(false);
        };
        let mut held = job.lease_until;
        let orphans = match config.vault.sweep_destroys {
            true => Orphans::Destroyed,
            false => Orphans::Counted,
        };
        let before = Timestamp(now.0.saturating_sub(SWEPT_AFTER_MS));
        let mut swept = Swept { orphans: 0, destroyed: 0 };
        let mut subjects = self.vault.subjects_before(before).try_chunks(CHUNK);
        while let Some(some) = subjects.try_next().await.map_err(|error| error.1)? {
            self.sweep_some(&some, orphans, &mut swept).await?;
            let until = Timestamp(self.clock.now().0.saturating_add(LEASE_MS));
            let mut batch = Batch::default();
            batch.postpone_periodic(kind, held, until, None);
            match self.database.commit(batch).await {
                // It took so long that another node has begun.
                Err(StoreError::Conflict) => return Ok(false),
                postponed => postponed?,
            }
            held = until;
            tokio::time::sleep(PAUSE).await;
        }
        if swept.orphans > 0 {
            let Swept { orphans, destroyed } = swept;
            tracing::warn!(
                orphans,
                destroyed,
                "the vault holds keys of records that are not there"
            );
        }
        let hours = i64::from(config.vault.sweep_hours);
        let next = Timestamp(now.0.saturating_add(hours * 60 * 60 * 1000));
        let detail = serde_json::to_string(&swept)?;
        self.learn(Some(&detail));
        let mut batch = Batch::default();
        batch.postpone_periodic(kind, held, next, Some(&detail));
        match self.database.commit(batch).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The whole vault at once, for whoever asks: keys that were made before this moment.
    pub async fn sweep_vault(&self, before: Timestamp, orphans: Orphans) -> Result<Swept> {
        let mut swept = Swept { orphans: 0, destroyed: 0 };
        let mut subjects = self.vault.subjects_before(before).try_chunks(CHUNK);
        while let Some(some) = subjects.try_next().await.map_err(|error| error.1)? {
            self.sweep_some(&some, orphans, &mut swept).await?;
        }
        Ok(swept)
    }

    /// The keys of an hour ago and more.
    pub async fn sweep_vault_now(&self, orphans: Orphans) -> Result<Swept> {
        let before = Timestamp(self.clock.now().0.saturating_sub(SWEPT_AFTER_MS));
        self.sweep_vault(before, orphans).await
    }

    async fn sweep_some(
        &self,
        some: &[(String, String)],
        orphans: Orphans,
        swept: &mut Swept,
    ) -> Result<()> {
        for (client, subject) in self.without_record(some).await? {
            swept.orphans += 1;
            if orphans == Orphans::Destroyed {
                self.vault.destroy(&client, &subject).await?;
                swept.destroyed += 1;
            }
        }
        Ok(())
    }

    /// Of whom there is no record, as client and subject.
    async fn without_record(
        &self,
        some: &[(String, String)],
    ) -> Result<Vec<(String, String)>, StoreError> {
        let of = |subject: &str| record_of_subject(subject).to_owned();
        // A client's own goes with the client.
        let some: Vec<_> = some.iter().filter(|(_, it)| !of(it).is_empty()).collect();
        let ids: Vec<String> = some.iter().map(|(_, subject)| of(subject)).collect();
        let mut known = HashSet::new();
        for resource in resources::ALL.into_iter().filter(|it| it.tenant_column != "id") {
            let owners = self.database.owners(resource, ids.clone()).await?;
            known.extend(owners.into_iter().map(|(id, client)| (client, id)));
        }
        let orphan = |it: &&(String, String)| !known.contains(&(it.0.clone(), of(&it.1)));
        Ok(some.into_iter().filter(orphan).cloned().collect())
    }

    fn learn(&self, detail: Option<&str>) {
        let swept = detail.and_then(|text| serde_json::from_str::<Swept>(text).ok());
        if let Some(swept) = swept {
            let left = swept.orphans.saturating_sub(swept.destroyed);
            self.sweeps.0.store(i64::try_from(left).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }
}
