//! A replica that lists are read from, only while it has all that was acknowledged.
//!
//! Two rules make what a client reads there include what it, or anybody, was told is stored,
//! whichever nodes wrote and read:
//!
//! - a node reads from the replica only while it knows that the replica has replayed all that the
//!   primary had [`FRESH`] ago or later;
//! - a write is answered when the replica has replayed it, or [`FRESH`] after its commit: then no
//!   node reads from a replica that has not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::connecting::{Role, pool};
use crate::{Options, StoreError};

/// A replica, followed by a task that ends with the last clone.
#[derive(Clone)]
pub struct Replica {
    pool: Pool,
    known: Arc<Cached>,
}

struct Cached {
    followed_since: Instant,
    /// The end of what it has replayed.
    replayed: watch::Sender<i64>,
    /// When the primary had nothing that the replica does not have now.
    had_all: Mutex<Option<Instant>>,
    /// Writes that wait for it.
    waiting: AtomicUsize,
    came: Notify,
}

/// How old the knowledge may be that the replica has everything.
const FRESH: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The same while a write waits.
const LOOK_EVERY_WAITING: Duration = Duration::from_millis(2);
const LOOK_AGAIN_AFTER_ERROR: Duration = Duration::from_millis(500);
/// A look that takes longer says nothing.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// The end of what was written, its transactions' commits included; on the primary.
pub const WRITTEN: &str = "SELECT CAST(pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bigint)";
/// Nothing of a server that is no standby: it may be the primary of another history.
const REPLAYED: &str = "SELECT CAST(pg_last_wal_replay_lsn() - '0/0'::pg_lsn AS bigint) \
                        WHERE pg_is_in_recovery()";

impl Replica {
    /// Begins to follow the replica; returns when the first look at it has ended.
    ///
    /// # Errors
    /// `Address` when its address makes no sense.
    pub async fn follow(
        url: &str,
        options: &Options,
        primary: Pool,
    ) -> Result<Replica, StoreError> {
        let known = Arc::new(Cached {
            followed_since: Instant::now(),
            replayed: watch::Sender::new(0),
            had_all: Mutex::new(None),
            waiting: AtomicUsize::new(0),
            came: Notify::new(),
        });
        let lent = pool(url, options, Role::Replica, options.connections)?;
        let probes = pool(url, options, Role::Replica, 1)?;
        let mut looks = Looks { known: Arc::downgrade(&known), primary, probes, ahead: None };
        // Not reached yet is no error: it may come later.
        let _ = looks.poll().await;
        tokio::spawn(looks.go_on());
        Ok(Replica { pool: lent, known })
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Whether it has all that was acknowledged by now.
    pub fn has_all(&self) -> bool {
        self.known.is_younger(FRESH)
    }

    /// How long ago it had all that the primary had; since it is followed, when it never had.
    pub fn lag(&self) -> Duration {
        let had_all = *self.known.had_all.lock().unwrap_or_else(PoisonError::into_inner);
        had_all.unwrap_or(self.known.followed_since).elapsed()
    }

    /// Waits until the replica has replayed what was written up to here, or no node can read from
    /// it any more.
    pub async fn wait_for(&self, written: i64) {
        // Nobody has read from it for as long: nobody would miss this.
        if !self.known.is_younger(2 * FRESH) {
            return;
        }
        let _waiting = self.known.wait();
        let mut replayed = self.known.replayed.subscribe();
        // Either end is what was waited for.
        let _ = timeout(FRESH, replayed.wait_for(|replayed| *replayed >= written)).await;
    }
}

impl Cached {
    fn is_younger(&self, age: Duration) -> bool {
        let had_all = *self.had_all.lock().unwrap_or_else(PoisonError::into_inner);
        had_all.is_some_and(|moment| moment.elapsed() < age)
    }

    fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.came.notify_one();
        Waiting(self)
    }
}

struct Waiting<'a>(&'a Cached);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Looks {
    known: Weak<Cached>,
    primary: Pool,
    probes: Pool,
    /// How far the primary was at a moment that the replica has not reached yet.
    ahead: Option<(Instant, i64)>,
}

impl Looks {
    async fn go_on(mut self) {
        loop {
            let looked = self.poll().await;
            let Some(known) = self.known.upgrade() else { return };
            if looked.is_err() {
                self.ahead = None;
                sleep(LOOK_AGAIN_AFTER_ERROR).await;
            } else if known.waiting.load(Ordering::SeqCst) > 0 {
                sleep(LOOK_EVERY_WAITING).await;
            } else {
                // Either end is a reason to look.
                let _ = timeout(LOOK_EVERY, known.came.notified()).await;
            }
        }
    }

    async fn poll(&mut self) -> Result<(), StoreError> {
        let (moment, written) = match self.ahead {
            Some(ahead) => ahead,
            None => {
                // Before the question: what is committed while it is asked may be missing.
                let moment = Instant::now();
                let written = ask(&self.primary, WRITTEN).await?;
                *self.ahead.insert((moment, written))
            }
        };
        let replayed = ask(&self.probes, REPLAYED).await?;
        let Some(known) = self.known.upgrade() else { return Ok(()) };
        known.replayed.send_replace(replayed);
        if replayed >= written {
            *known.had_all.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
            self.ahead = None;
        }
        Ok(())
    }
}

async fn ask(pool: &Pool, question: &str) -> Result<i64, StoreError> {
    let asked = async {
        let connection = pool.get().await?;
        let answer = async {
            let question = connection.prepare_cached(question).await?;
            connection.query_one(&question, &[]).await?.try_get(0)
        };
        match timeout(LOOK_MAX, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                // It may be dead: the next look makes another.
                drop(deadpool_postgres::Object::take(connection));
                Err(StoreError::Unavailable("it does not answer".to_owned()))
            }
        }
    };
    timeout(2 * LOOK_MAX, asked)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("no connection".to_owned())))
}
