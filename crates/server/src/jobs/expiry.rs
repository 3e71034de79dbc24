//! Sessions and validations that nobody came for in time expire.

use std::time::Duration;

use anyhow::Result;
use verax_domain::Timestamp;
use verax_store::{Job, JobKind};

use super::face_checks::LEASE_MS;
use super::periodic::{Failure, Nodes, ONE, PeriodicJob};
use super::queue::{AfterFailure, Queue, run_due};
use crate::app::App;

pub static JOB: PeriodicJob = PeriodicJob {
    name: "expiry",
    every: Duration::from_secs(1),
    on: Nodes::Working,
    lanes: ONE,
    run: |node| Box::pin(async move { expire(&node.app).await.map(drop) }),
    failure: Failure::Warning("due sessions were not looked for"),
};

/// What is due becomes `expired`. Answers how many were due.
pub async fn expire(app: &App) -> Result<u64> {
    Ok(run_due::<Sessions>(app).await? + run_due::<Validations>(app).await?)
}

struct Sessions;
struct Validations;

impl Queue for Sessions {
    const KIND: JobKind = JobKind::SessionExpiry;
    const CLAIMED_AT_ONCE: u32 = 100;
    const TRIES_MAX: Option<i64> = None;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Slot = ();

    fn slot(_: &App) -> Option<()> {
        Some(())
    }

    fn lease_until(app: &App) -> Timestamp {
        Timestamp(app.clock.now().0.saturating_add(LEASE_MS))
    }

    async fn run(app: &App, job: &Job, (): ()) -> Result<bool> {
        Ok(app.expire(job.kind, &job.client, &job.record).await?)
    }
}

impl Queue for Validations {
    const KIND: JobKind = JobKind::ValidationExpiry;
    const CLAIMED_AT_ONCE: u32 = 100;
    const TRIES_MAX: Option<i64> = None;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Slot = ();

    fn slot(_: &App) -> Option<()> {
        Some(())
    }

    fn lease_until(app: &App) -> Timestamp {
        Timestamp(app.clock.now().0.saturating_add(LEASE_MS))
    }

    async fn run(app: &App, job: &Job, (): ()) -> Result<bool> {
        Ok(app.expire(job.kind, &job.client, &job.record).await?)
    }
}
