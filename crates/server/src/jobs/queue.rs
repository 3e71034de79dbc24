//! Queues of records with a lease: claimed, run, left to a later try, or buried.

use anyhow::Result;
use verax_domain::Timestamp;
use verax_store::{Job, JobKind};

use crate::app::App;

/// A kind of record that waits for work, and what the work is.
pub trait Queue {
    const KIND: JobKind;
    /// So many are claimed together.
    const CLAIMED_AT_ONCE: u32;
    /// Claims of one job before this one, after which it is buried; `None`: it is tried for ever.
    const TRIES_MAX: Option<i64>;
    /// What becomes of the others when one fails.
    const AFTER_FAILURE: AfterFailure;
    /// What one claim needs of this node, such as a permit to measure.
    type Slot: Send;

    /// `None`: this node has no room now.
    fn slot(app: &App) -> Option<Self::Slot>;

    /// Until when a job that is claimed now is this node's.
    fn lease_until(app: &App) -> Timestamp;

    /// Does the work and ends the job. Answers whether it was there to be done.
    ///
    /// # Errors
    /// It is claimed again when its lease has run out.
    fn run(app: &App, job: &Job, slot: Self::Slot) -> impl Future<Output = Result<bool>> + Send;

    /// Ends a job that was tried too often, and says so where it is looked for. Where `TRIES_MAX` is
    /// `None` there is none.
    fn bury(_app: &App, _job: &Job) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(false) }
    }
}

/// Whether a failure is the job's own, or is likely to meet the next one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// The others do not wait for this one.
    GoOn,
    /// The others are left to the next run: each claim counts as a try.
    Stop,
}

/// Works on what is due, the oldest first, until nothing is, or this node has no room. Answers how many
/// jobs were done.
///
/// # Errors
/// The last of those that jobs ended with.
pub async fn run_due<Q: Queue>(app: &App) -> Result<u64> {
    let (mut count, mut failed) = (0, None);
    while let Some(slot) = Q::slot(app) {
        let (now, lease_until) = (app.clock.now(), Q::lease_until(app));
        let claimed = app.database.take_jobs(Q::KIND, now, lease_until, Q::CLAIMED_AT_ONCE).await?;
        let is_last = claimed.len() < Q::CLAIMED_AT_ONCE as usize;
        let mut slot = Some(slot);
        for job in claimed {
            let is_hopeless = Q::TRIES_MAX.is_some_and(|max| job.attempts >= max);
            let done = match slot.take().or_else(|| Q::slot(app)) {
                _ if is_hopeless => Q::bury(app, &job).await,
                Some(slot) => Q::run(app, &job, slot).await,
                // Its lease runs out.
                None => break,
            };
            match done {
                Ok(done) => count += u64::from(done),
                Err(error) => failed = Some(error),
            }
            if failed.is_some() && Q::AFTER_FAILURE == AfterFailure::Stop {
                break;
            }
        }
        if is_last || (failed.is_some() && Q::AFTER_FAILURE == AfterFailure::Stop) {
            break;
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(count),
    }
}
