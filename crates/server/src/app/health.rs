//! Whether the server can do its work: its database takes writes, and agrees with it about the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use verax_store::StoreError;

use super::App;
use crate::clock::Clock;

/// What was found last. Cheap to clone: clones share it.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<Option<Found>>>);

struct Found {
    at: Instant,
    unwell: Option<Unwell>,
}

/// Why the server should get no requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwell {
    /// It does not answer, or takes no writes.
    Database,
    /// Its clock and this machine's are further apart than leases allow for.
    Clock,
}

/// Anybody may ask, and each look writes: one look answers all who ask within this time.
const FOUND_FOR: Duration = Duration::from_millis(500);
/// A database that takes longer for one row is of no use to a request.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// Leases last 30 seconds and more, and nodes compare them with their own clocks.
const APART_MS_MAX: i64 = 10_000;

impl App {
    /// Looks whether the server can do its work.
    ///
    /// # Errors
    /// What is in its way.
    pub async fn look_after_health(&self) -> Result<(), Unwell> {
        let mut last = self.health.0.lock().await;
        let known = last.as_ref().filter(|found| found.at.elapsed() < FOUND_FOR);
        let unwell = match known {
            Some(found) => found.unwell.clone(),
            None => {
                let unwell = self.probe().await.err();
                *last = Some(Found { at: Instant::now(), unwell: unwell.clone() });
                unwell
            }
        };
        unwell.map_or(Ok(()), Err)
    }

    async fn probe(&self) -> Result<(), Unwell> {
        let late = |_| Err(StoreError::Busy("it takes too long".to_owned()));
        let probe = tokio::time::timeout(ANSWER_MAX, self.database.probe(self.clock.now()));
        let theirs = match probe.await.unwrap_or_else(late) {
            Ok(theirs) => theirs,
            // An import, or a count of all records, has the one writer: lists go on.
            Err(StoreError::Busy(_)) if !self.database.is_remote() => return Ok(()),
            Err(error) => {
                tracing::error!(cause = %error, "the database does not take writes");
                return Err(Unwell::Database);
            }
        };
        if let (Some(theirs), Clock::System) = (theirs, &self.clock) {
            let apart_ms = self.clock.now().0 - theirs.0;
            if apart_ms.abs() > APART_MS_MAX {
                tracing::error!(apart_ms, "this machine's clock is not the database's");
                return Err(Unwell::Clock);
            }
        }
        Ok(())
    }
}
