//! Document checks that a crash left behind are made by another node.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use verax_domain::Timestamp;
use verax_store::{Job, JobKind};
use verax_vision::document::DocumentEngine;
use verax_vision::workers::Permit;

use super::periodic::{Failure, Nodes, PeriodicJob, Role};
use super::queue::{AfterFailure, Queue, run_due};
use crate::app::App;

pub static JOB: PeriodicJob = PeriodicJob {
    name: "document_checks",
    every: Duration::from_secs(5),
    on: Nodes::Working,
    // A server measures for those who wait; a worker has nobody else.
    lanes: |node| if node.role == Role::Works { node.app.admission.threads() } else { 1 },
    run: |node| {
        Box::pin(async move {
            let count = resume(&node.app).await?;
            if count > 0 {
                node.app.metrics.jobs_resumed(JobKind::DocumentCheck, count);
                tracing::warn!(count, "interrupted document checks were taken up");
            }
            Ok(())
        })
    },
    failure: Failure::Warning("interrupted document checks were not taken up"),
};

/// Makes the checks whose lease has run out, one after the other, as long as there is room. Answers how
/// many jobs were ended.
pub async fn resume(app: &App) -> Result<u64> {
    run_due::<DocumentChecks>(app).await
}

struct DocumentChecks;

impl Queue for DocumentChecks {
    const KIND: JobKind = JobKind::DocumentCheck;
    const CLAIMED_AT_ONCE: u32 = 1;
    // An image that ends the server each time must not do so for ever.
    const TRIES_MAX: Option<i64> = Some(3);
    // The vault or the database: the next check would need it too.
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Slot = (Permit, Arc<DocumentEngine>);

    fn slot(app: &App) -> Option<Self::Slot> {
        // Whoever waits for an answer comes first.
        app.admission.try_document_permit().ok()
    }

    fn lease_until(app: &App) -> Timestamp {
        app.document_lease()
    }

    async fn run(app: &App, job: &Job, slot: Self::Slot) -> Result<bool> {
        app.resume_document_check(job, slot).await?;
        Ok(true)
    }

    async fn bury(app: &App, job: &Job) -> Result<bool> {
        app.bury_document_check(job).await?;
        Ok(true)
    }
}
