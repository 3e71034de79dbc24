//! Documents that a crash left behind, or whose back did not come, end as failed: their images are gone.

use std::time::Duration;

use anyhow::Result;
use verax_domain::Timestamp;
use verax_store::{Job, JobKind};

use super::face_checks::LEASE_MS;
use super::periodic::{Failure, Nodes, ONE, PeriodicJob};
use super::queue::{AfterFailure, Queue, run_due};
use crate::app::App;

pub static JOB: PeriodicJob = PeriodicJob {
    name: "document_readings",
    every: Duration::from_secs(5),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| {
        Box::pin(async move {
            let count = abandon(&node.app).await?;
            if count > 0 {
                node.app.metrics.jobs_resumed(JobKind::DocumentReading, count);
                tracing::warn!(count, "documents were not read to their end");
            }
            Ok(())
        })
    },
    failure: Failure::Warning("documents that were not read to their end were not looked for"),
};

/// Documents whose lease has run out become `FAILED`. Answers how many.
pub async fn abandon(app: &App) -> Result<u64> {
    run_due::<DocumentReadings>(app).await
}

struct DocumentReadings;

impl Queue for DocumentReadings {
    const KIND: JobKind = JobKind::DocumentReading;
    const CLAIMED_AT_ONCE: u32 = 100;
    // Its images may be in the vault: that is never given up.
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
        Ok(app.abandon_reading(job).await?)
    }
}
