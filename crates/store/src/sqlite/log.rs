//! Empties the write-ahead log, on a thread and a connection of its own: it still holds what was
//! deleted, and neither a writer nor a reader waits for that.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{RwLock, watch};

use super::file::{Access, connect};
use crate::StoreError;

/// Asks for the log to be emptied. Cheap to clone; the thread ends with the last one.
#[derive(Clone)]
pub struct Log {
    asked: mpsc::SyncSender<()>,
    /// How often that was.
    asked_count: Arc<AtomicU64>,
    /// How many of these are done.
    done_count: watch::Receiver<u64>,
}

/// A slow read holds it shared while it has a snapshot. Whoever takes it alone waits until these
/// have ended, and the next ones wait for that one.
pub type Snapshots = Arc<RwLock<()>>;

struct Emptier {
    connection: Connection,
    file: PathBuf,
    asks: mpsc::Receiver<()>,
    asked_count: Arc<AtomicU64>,
    done_count: watch::Sender<u64>,
    snapshots: Snapshots,
    patience: Duration,
}

/// Emptied also when nobody asks: another process may have deleted something, and ended.
const EVERY: Duration = Duration::from_secs(30);
/// After an attempt that a reader was in the way of; doubled each time.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// After an attempt that did it: many deletions share the next one.
const REST: Duration = Duration::from_millis(100);
/// The longest that an attempt holds up writers while it waits for short reads to end.
const WRITERS_HELD_MAX: Duration = Duration::from_millis(10);

impl Log {
    /// Begins by emptying the log: the process before this one may have been killed with a deletion
    /// in it. When slow reads have followed each other for `patience`, the next ones are held back
    /// until those that are running have ended.
    pub fn start(path: &Path, snapshots: Snapshots, patience: Duration) -> Result<Log, StoreError> {
        let connection = connect(path, Access::Write)?;
        connection.busy_timeout(WRITERS_HELD_MAX)?;
        let mut file = path.as_os_str().to_owned();
        file.push("-wal");
        let (asked, asks) = mpsc::sync_channel(1);
        // The first is the one that nobody has to ask for.
        let asked_count = Arc::new(AtomicU64::new(1));
        let (done_count, done) = watch::channel(0);
        let log = Log { asked, asked_count: Arc::clone(&asked_count), done_count: done };
        let file = file.into();
        let emptier =
            Emptier { connection, file, asks, asked_count, done_count, snapshots, patience };
        thread::Builder::new()
            .name("verax-log".to_owned())
            .spawn(move || emptier.run())
            .map_err(|error| StoreError::Unavailable(format!("no thread for the log: {error}")))?;
        Ok(log)
    }

    /// Something was deleted, and that is committed.
    pub fn empty(&self) {
        self.asked_count.fetch_add(1, Ordering::SeqCst);
        // If one is waiting to be begun, it does for both.
        let _ = self.asked.try_send(());
    }

    /// Waits until what was deleted before this call has left the log. Whether it has.
    pub async fn emptied(&self, limit: Duration) -> bool {
        let wanted = self.asked_count.load(Ordering::SeqCst);
        let mut done_count = self.done_count.clone();
        let done = done_count.wait_for(|done| *done >= wanted);
        matches!(tokio::time::timeout(limit, done).await, Ok(Ok(_)))
    }
}

impl Emptier {
    fn run(&self) {
        loop {
            if !self.empty() {
                return;
            }
            let asked = self.asks.recv_timeout(EVERY);
            if asked == Err(RecvTimeoutError::Disconnected) {
                // Whoever closes a database last empties its log.
                return;
            }
            thread::sleep(REST);
        }
    }

    /// Tries until it is done; not done when the database was closed.
    fn empty(&self) -> bool {
        let mut pause = PAUSE_MIN;
        let mut waited_since = Instant::now();
        while !self.attempt() {
            thread::sleep(pause);
            if self.asks.try_recv() == Err(TryRecvError::Disconnected) {
                return false;
            }
            pause = PAUSE_MAX.min(pause * 2);
            if waited_since.elapsed() > self.patience {
                let running = Arc::clone(&self.snapshots);
                let _ended = running.blocking_write();
                if self.attempt() {
                    return true;
                }
                waited_since = Instant::now();
            }
        }
        true
    }

    /// Whether all that was committed before has left the log.
    fn attempt(&self) -> bool {
        let asked = self.asked_count.load(Ordering::SeqCst);
        // A file that cannot be looked at is dealt with like one that is not empty.
        let is_empty = std::fs::metadata(&self.file).is_ok_and(|file| file.len() == 0);
        let is_emptied = || Ok::<_, rusqlite::Error>(self.copy()? && self.truncate()?);
        let emptied = is_empty || is_emptied().unwrap_or(false);
        if emptied {
            self.done_count.send_replace(asked);
        }
        emptied
    }

    /// Copies the log into the database as far as readers let it, while writers go on. Whether that
    /// was all of it.
    fn copy(&self) -> Result<bool, rusqlite::Error> {
        let copied = |row: &rusqlite::Row<'_>| {
            let (is_busy, frames, copied): (bool, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(!is_busy && frames == copied)
        };
        self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], copied)
    }

    /// Cuts the log off. Writers are held up meanwhile: not long, as next to nothing is left to be
    /// copied, and readers are waited for no longer than the connection's busy timeout.
    fn truncate(&self) -> Result<bool, rusqlite::Error> {
        let is_done = |row: &rusqlite::Row<'_>| Ok(!row.get::<_, bool>(0)?);
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], is_done)
    }
}
