//! The database, the clock, the space and the vault are looked at, and what was found is remembered.

use std::time::{Duration, Instant};

use verax_store::StoreError;

use super::{APART_MS_MAX, ProbeResult, Unhealthy};
use crate::app::App;
use crate::app::upkeep::fingerprints::explain;
use crate::clock::Clock;

/// Anybody may ask, and each look writes: one look answers all who ask within this time.
const FOUND_FOR: Duration = Duration::from_millis(500);

/// The vault may be another machine's. Once it is amiss it is looked at as often as all else.
const VAULT_FOUND_FOR: Duration = Duration::from_secs(5);

/// A database that takes longer for one row is of no use to a request.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Numbering takes less than a second.
const JOURNAL_LAG_MS_MAX: i64 = 30_000;

impl App {
    /// Looks whether the server can do its work.
    ///
    /// # Errors
    /// What is in its way.
    pub async fn look_after_health(&self) -> Result<(), Unhealthy> {
        let mut last = self.health.found.lock().await;
        let known = last.as_ref().filter(|found| found.at.elapsed() < FOUND_FOR);
        let unhealthy = match known {
            Some(found) => found.unhealthy.clone(),
            None => {
                let unhealthy = self.probe().await.err();
                *last = Some(ProbeResult { at: Instant::now(), unhealthy: unhealthy.clone() });
                unhealthy
            }
        };
        unhealthy.map_or(Ok(()), Err)
    }

    async fn probe(&self) -> Result<(), Unhealthy> {
        let late = |_| Err(StoreError::Busy("it takes too long".to_owned()));
        let probe = tokio::time::timeout(ANSWER_MAX, self.database.probe(self.clock.now()));
        let theirs = match probe.await.unwrap_or_else(late) {
            Ok(theirs) => theirs,
            // An import, or a count of all records, has the one writer: lists go on.
            Err(StoreError::Busy(_)) if !self.database.is_remote() => None,
            Err(error) => {
                tracing::error!(cause = %error, "the database does not take writes");
                return Err(Unhealthy::Database);
            }
        };
        if let (Some(theirs), Clock::System) = (theirs, &self.clock) {
            let apart_ms = self.clock.now().0 - theirs.0;
            if apart_ms.abs() > APART_MS_MAX {
                tracing::error!(apart_ms, "clock skew between this node and the database");
                return Err(Unhealthy::Clock);
            }
        }
        self.probe_space()?;
        self.probe_vault().await?;
        self.probe_journal().await
    }

    async fn probe_journal(&self) -> Result<(), Unhealthy> {
        let late = |_| Err(StoreError::Busy("it takes too long".to_owned()));
        let read = tokio::time::timeout(ANSWER_MAX, self.unnumbered_events()).await;
        let unnumbered = match read.unwrap_or_else(late) {
            Ok(unnumbered) => unnumbered,
            Err(StoreError::Busy(_)) => return Ok(()),
            Err(error) => {
                tracing::error!(cause = %error, "the journal cannot be read");
                return Err(Unhealthy::Database);
            }
        };
        let lag_ms = unnumbered.oldest.map_or(0, |oldest| self.clock.now().0 - oldest.0);
        if lag_ms > JOURNAL_LAG_MS_MAX {
            let count = unnumbered.count;
            tracing::error!(lag_ms, count, "events wait for their numbers");
            return Err(Unhealthy::Journal);
        }
        Ok(())
    }

    fn probe_space(&self) -> Result<(), Unhealthy> {
        for (folder, free) in self.health.too_full(self.config.now().disk.free_bytes_min) {
            let folder = folder.display();
            match free {
                Ok(free_bytes) => {
                    tracing::error!(%folder, free_bytes, "there is too little space");
                    return Err(Unhealthy::Space);
                }
                Err(error) => tracing::warn!(%folder, cause = %error, "its space is not known"),
            }
        }
        Ok(())
    }

    async fn probe_vault(&self) -> Result<(), Unhealthy> {
        let mut last = self.health.vault.lock().await;
        let is_known = |found: &&ProbeResult| {
            found.unhealthy.is_none() && found.at.elapsed() < VAULT_FOUND_FOR
        };
        if last.as_ref().filter(is_known).is_some() {
            return Ok(());
        }
        let looked = tokio::time::timeout(ANSWER_MAX, self.differences()).await;
        let unhealthy = match looked {
            Ok(Ok(differences)) if differences.is_empty() => None,
            Ok(Ok(differences)) => {
                tracing::error!("{}", explain(&differences));
                Some(Unhealthy::Vault)
            }
            Ok(Err(error)) => {
                tracing::error!(cause = %error, "the vault cannot be looked at");
                Some(Unhealthy::Vault)
            }
            Err(_) => {
                tracing::error!("the vault does not answer in time");
                Some(Unhealthy::Vault)
            }
        };
        *last = Some(ProbeResult { at: Instant::now(), unhealthy: unhealthy.clone() });
        unhealthy.map_or(Ok(()), Err)
    }
}
