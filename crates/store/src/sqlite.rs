//! SQLite: readers that never wait, one writer that commits what is waiting in one fsync.

pub mod backup;
pub mod bulk;
pub mod connection;
mod file;
mod log;
mod statistics;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::Semaphore;
use verax_query::Tenant;

use self::connection::{Remembered, SqliteConnection};
use self::file::{Access, connect};
use crate::batch::Batch;
use crate::bells::Bells;
use crate::connection::Connection;
use crate::round_trips::RoundTrips;
use crate::tally::cached::CachedBuckets;
use crate::turns::Turns;
use crate::{Options, PoolStatus, Schema, StoreError};

/// An open SQLite database.
#[derive(Clone)]
pub struct Sqlite {
    readers: Arc<Readers>,
    writer: writer::Writer,
    log: log::Log,
    pub round_trips: RoundTrips,
    pub journaled: Arc<Bells>,
    pub is_new: bool,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Session>>,
    /// For the reads that have threads of their own: so many.
    permits_max: usize,
    permits: Arc<Semaphore>,
    /// For the same: what they hold while they have a snapshot.
    snapshots: log::Snapshots,
    turns: Turns,
    statement_limit: Duration,
    cached_buckets: Arc<CachedBuckets>,
    /// How often statistics were measured: connections that were open before do not know them.
    statistics: AtomicU64,
}

/// A connection that reads, and when it must stop.
struct Session {
    connection: rusqlite::Connection,
    opened: Instant,
    /// Nanoseconds after `opened`.
    deadline: Arc<AtomicU64>,
    remembered: Remembered,
    statistics: u64,
}

/// Virtual machine steps between two looks at the clock: some ten microseconds.
const STEPS_PER_LOOK: i32 = 1_000;

/// Most reads end well within this. Handing one to another thread and back costs more than many of
/// them, so each is tried where it is asked for; one that takes longer is begun again on a thread
/// that may block.
const SHORT: Duration = Duration::from_millis(2);

impl Sqlite {
    pub fn open(path: &Path, options: &Options) -> Result<Sqlite, StoreError> {
        if options.schema != Schema::BringUpToDate && !path.exists() {
            let folder = path.parent().unwrap_or(path);
            return Err(StoreError::Missing(folder.display().to_string()));
        }
        let mut writer = connect(path, Access::Write)?;
        let is_new = crate::migrate::sqlite(&mut writer, options.schema)?;
        let readers = Readers {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            permits_max: options.readers,
            permits: Arc::new(Semaphore::new(options.readers)),
            snapshots: Arc::default(),
            turns: Turns::of(options.readers),
            statement_limit: options.statement_limit,
            cached_buckets: Arc::default(),
            statistics: AtomicU64::default(),
        };
        let snapshots = Arc::clone(&readers.snapshots);
        let log = log::Log::start(path, snapshots, options.statement_limit)?;
        let writer = writer::Writer::start(writer, log.clone())?;
        let readers = Arc::new(readers);
        let (round_trips, journaled) = (RoundTrips::default(), Arc::default());
        Ok(Sqlite { readers, writer, log, round_trips, journaled, is_new })
    }

    /// Runs `work` with a connection: a short one here, a long one on a thread that may block; of a
    /// tenant, on one of its share of them.
    pub async fn read<T: Send + 'static>(
        &self,
        tenant: Option<&Tenant>,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.readers.run(work.clone(), SHORT.min(self.readers.statement_limit)) {
            Ok(Ended::InTime(done)) => return Ok(done),
            Ok(Ended::Late) => {}
            Err(error) => return Err(error),
        }
        let closed = |_| StoreError::Unavailable("the database is closed".to_owned());
        let readers = Arc::clone(&self.readers);
        let turn = match tenant {
            Some(tenant) => Some(readers.turns.take(tenant, readers.statement_limit).await?),
            None => None,
        };
        let wait = async {
            let permit = Arc::clone(&readers.permits).acquire_owned().await;
            (permit, Arc::clone(&readers.snapshots).read_owned().await)
        };
        let (permit, snapshot) = match tokio::time::timeout(readers.statement_limit, wait).await {
            Ok((permit, snapshot)) => (permit.map_err(closed)?, snapshot),
            Err(_) => return Err(StoreError::Busy("all readers are at work".to_owned())),
        };
        let work_readers = Arc::clone(&self.readers);
        let run = move || {
            let done = work_readers.run(work, work_readers.statement_limit);
            // Not sooner, also when nobody waits for the answer any more.
            drop((snapshot, permit, turn));
            done
        };
        let done = tokio::task::spawn_blocking(run).await;
        match done.map_err(|error| StoreError::Statement(format!("a reader stopped: {error}")))? {
            Ok(Ended::InTime(done)) => Ok(done),
            Ok(Ended::Late) => {
                Err(StoreError::Busy("the statement ran into its time limit".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// Measures how selective the indexes are. Statements that begin from now on are planned by it.
    pub async fn measure_statistics(&self) -> Result<(), StoreError> {
        let path = self.readers.path.clone();
        let measured = tokio::task::spawn_blocking(move || statistics::measure(&path)).await;
        measured.map_err(|error| StoreError::Statement(format!("ANALYZE stopped: {error}")))??;
        self.readers.statistics.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// The readers that have threads of their own.
    pub fn pool(&self) -> PoolStatus {
        let Readers { permits, permits_max, .. } = &*self.readers;
        let idle = permits.available_permits();
        let (max, used) = (*permits_max, permits_max.saturating_sub(idle));
        PoolStatus { name: "readers", used, idle, max, waiting: None }
    }

    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.writer.commit(batch).await
    }

    /// Waits until what was deleted has left the write-ahead log. Whether it has within the limit.
    pub async fn log_emptied(&self, limit: Duration) -> bool {
        self.log.emptied(limit).await
    }

    /// Reads and writes in a transaction of its own, after what was asked before.
    pub async fn transact<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.transact(work).await
    }
}

/// How a read ended.
enum Ended<T> {
    InTime(T),
    /// Stopped by the clock; nothing of it remains.
    Late,
}

impl Readers {
    fn run<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
        limit: Duration,
    ) -> Result<Ended<T>, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let known = self.statistics.load(Ordering::Acquire);
        let idle = idle.filter(|session| session.statistics == known);
        let Session { connection, opened, deadline, mut remembered, statistics } = match idle {
            Some(session) => session,
            None => Session::open(&self.path, known)?,
        };
        let until = u64::try_from((opened.elapsed() + limit).as_nanos()).unwrap_or(u64::MAX);
        deadline.store(until, Ordering::Relaxed);
        // The clock may stop this already.
        let begun = begin(&connection, &mut remembered);
        let cached_buckets = Arc::clone(&self.cached_buckets);
        let mut lent =
            Connection::Sqlite(SqliteConnection { inner: connection, remembered, cached_buckets });
        let result = begun.and_then(|()| {
            work(&mut lent).now_or_never().unwrap_or_else(|| {
                Err(StoreError::Statement("a SQLite reader waited for something".to_owned()))
            })
        });
        let late = result.is_err() && opened.elapsed().as_nanos() > u128::from(until);
        // A reader has nothing to lose: if the end fails, the connection is dropped instead.
        if let Connection::Sqlite(SqliteConnection { inner: connection, remembered, .. }) = lent
            && connection.prepare_cached("COMMIT").is_ok_and(|mut it| it.execute(()).is_ok())
        {
            let session = Session { connection, opened, deadline, remembered, statistics };
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
        if late { Ok(Ended::Late) } else { result.map(Ended::InTime) }
    }
}

/// One transaction: the page, its total and its relations are of one moment.
fn begin(connection: &rusqlite::Connection, remembered: &mut Remembered) -> Result<(), StoreError> {
    connection.prepare_cached("BEGIN")?.execute(())?;
    // This begins the transaction's moment: whatever was committed by then has changed it.
    let version = "PRAGMA data_version";
    let version = connection.prepare_cached(version)?.query_row((), |row| row.get(0))?;
    remembered.begin(version);
    Ok(())
}

impl Session {
    fn open(path: &Path, statistics: u64) -> Result<Session, StoreError> {
        let mut connection = connect(path, Access::Read)?;
        let opened = Instant::now();
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let seen = Arc::clone(&deadline);
        let is_late =
            move || opened.elapsed().as_nanos() > u128::from(seen.load(Ordering::Relaxed));
        connection.progress_handler(STEPS_PER_LOOK, Some(is_late))?;
        let remembered = Remembered::default();
        Ok(Session { connection, opened, deadline, remembered, statistics })
    }
}
