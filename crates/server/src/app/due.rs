//! What has to happen by itself: sessions and validations expire, and what a crash left behind
//! ends.

use std::time::Duration;

use verax_domain::Timestamp;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;
use verax_query::Tenant;
use verax_store::{Batch, Job, JobKind, StoreError};

use super::App;
use super::biometrics::interrupted;
use super::persons::PersonError;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const JOBS_AT_ONCE: u32 = 100;
/// When another node may try again what this one has taken up, in milliseconds.
const LEASE_MS: i64 = 30_000;
/// Interrupted deletions are looked for once in so many looks.
const LOOKS_PER_RESUMPTION: u32 = 15;
/// Expired tokens are forgotten once in so many looks.
const LOOKS_PER_SWEEP: u32 = 300;

impl App {
    /// Looks after sessions and validations for as long as the server runs.
    pub async fn keep_validations(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut looks = 0u32;
        loop {
            tick.tick().await;
            if let Err(error) = self.expire_due().await {
                tracing::warn!(cause = %error, "due sessions were not looked for");
            }
            match self.abandon_validations().await {
                Ok(0) => {}
                Ok(count) => {
                    self.metrics.jobs_resumed(JobKind::BiometricCheck, count);
                    tracing::warn!(count, "face checks were interrupted");
                }
                Err(error) => {
                    tracing::warn!(cause = %error, "interrupted face checks were not looked for");
                }
            }
            if looks.is_multiple_of(LOOKS_PER_RESUMPTION)
                && let Err(error) = self.resume_deletions().await
            {
                tracing::warn!(cause = %error, "interrupted deletions were not resumed");
            }
            if looks.is_multiple_of(LOOKS_PER_SWEEP)
                && let Err(error) = self.sweep().await
            {
                tracing::warn!(cause = %error, "expired tokens and counts were not deleted");
            }
            looks = looks.wrapping_add(1);
        }
    }

    /// Forgets tokens, counts of failed logins and digests of images that mean nothing any more.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.delete_expired_narrow_tokens(now).forget_logins(self.logins_forgotten_before(now));
        batch.forget_accepted_images(self.images_forgotten_before(now));
        self.database.commit(batch).await
    }

    /// Sessions and validations that nobody came for in time become `expired`. Answers how many
    /// were due.
    pub async fn expire_due(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut count = 0;
        for kind in [JobKind::SessionExpiry, JobKind::ValidationExpiry] {
            let lease = Timestamp(now.0.saturating_add(LEASE_MS));
            for job in self.database.take_jobs(kind, now, lease, JOBS_AT_ONCE).await? {
                let mut batch = Batch::default();
                batch.expire(&job, now);
                match self.database.commit(batch).await {
                    Ok(()) => count += 1,
                    // Somebody came for it after all.
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(count)
    }

    /// Validations whose lease has run out become `failed`: their pictures are gone, and so is who
    /// was enrolled by half. Answers how many.
    pub async fn abandon_validations(&self) -> Result<u64, PersonError> {
        let now = self.clock.now();
        let (mut count, mut failed) = (0, None);
        let (kind, lease) = (JobKind::BiometricCheck, Timestamp(now.0.saturating_add(LEASE_MS)));
        for job in self.database.take_jobs(kind, now, lease, JOBS_AT_ONCE).await? {
            match self.abandon_validation(&job).await {
                Ok(true) => count += 1,
                Ok(false) => {}
                // The others do not wait for this one.
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(count),
        }
    }

    /// Whether it was left behind, and has come to its end now.
    async fn abandon_validation(&self, job: &Job) -> Result<bool, PersonError> {
        let mut batch = Batch::default();
        batch.abandon_validation(&job.client, &job.record, &interrupted(), self.clock.now());
        self.database.commit(batch).await?;
        let tenant = Tenant::Client(job.client.clone());
        let record = self.find_record(&BIOMETRIC_VALIDATIONS, &tenant, &job.record).await?;
        // What an older version began has whom it enrols under the validation's own id.
        let person = job.detail.as_deref().unwrap_or(&job.record);
        self.forget_unfinished(&job.client, &job.record, person, record.as_ref()).await?;
        let mut batch = Batch::default();
        batch.delete_job(JobKind::BiometricCheck, &job.record);
        match self.database.commit(batch).await {
            Ok(()) => Ok(true),
            // Its worker was only slow, and has ended it in between.
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
