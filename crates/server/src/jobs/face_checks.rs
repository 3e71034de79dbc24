//! Face checks that a crash left behind end as failed: their images are gone.

use std::time::Duration;

use anyhow::Result;
use verax_domain::Timestamp;
use verax_store::{Job, JobKind};

use super::periodic::{Failure, Nodes, ONE, PeriodicJob};
use super::queue::{AfterFailure, Queue, run_due};
use crate::app::App;

pub static JOB: PeriodicJob = PeriodicJob {
    name: "face_checks",
    every: Duration::from_secs(1),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| {
        Box::pin(async move {
            let count = abandon(&node.app).await?;
            if count > 0 {
                node.app.metrics.jobs_resumed(JobKind::BiometricCheck, count);
                tracing::warn!(count, "face checks were interrupted");
            }
            Ok(())
        })
    },
    failure: Failure::Warning("interrupted face checks were not looked for"),
};

/// When another node may try again what this one has claimed, in milliseconds.
pub const LEASE_MS: i64 = 30_000;

/// Validations whose lease has run out become `failed`: their images are gone, and so is who was
/// enrolled by half. Answers how many.
pub async fn abandon(app: &App) -> Result<u64> {
    run_due::<FaceChecks>(app).await
}

struct FaceChecks;

impl Queue for FaceChecks {
    const KIND: JobKind = JobKind::BiometricCheck;
    const CLAIMED_AT_ONCE: u32 = 100;
    // Somebody may be enrolled by half: that is never given up.
    const TRIES_MAX: Option<i64> = None;
    const AFTER_FAILURE: AfterFailure = AfterFailure::GoOn;
    type Slot = ();

    fn slot(_: &App) -> Option<()> {
        Some(())
    }

    fn lease_until(app: &App) -> Timestamp {
        Timestamp(app.clock.now().0.saturating_add(LEASE_MS))
    }

    async fn run(app: &App, job: &Job, (): ()) -> Result<bool> {
        Ok(app.abandon_validation(job).await?)
    }
}
