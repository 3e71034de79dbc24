//! SQLite: readers that never wait, one writer that commits what is waiting in one fsync.

mod backup;
mod bulk;
mod log;
mod writer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use tokio::sync::Semaphore;
use verax_query::{Arg, Dialect, Resource, Sql, Tenant};

use crate::cells::{Cells, Reader, Visit};
use crate::tally::{self, Folded, KnownBuckets};
use crate::turns::Turns;
use crate::write::Batch;
use crate::{Options, PoolStatus, Schema, StoreError};

pub use backup::{backup, restore};
pub use bulk::{dump, load};

/// An open SQLite database.
#[derive(Clone)]
pub struct Sqlite {
    readers: Arc<Readers>,
    writer: writer::Writer,
    log: log::Log,
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
    known_buckets: Arc<KnownBuckets>,
}

/// A connection that reads, and when it must stop.
struct Session {
    connection: Connection,
    opened: Instant,
    /// Nanoseconds after `opened`.
    deadline: Arc<AtomicU64>,
    remembered: Remembered,
}

/// What a connection has read and nobody has changed since.
#[derive(Default)]
struct Remembered {
    /// SQLite's number of the state of the database, as this connection counts.
    version: i64,
    texts: HashMap<String, Vec<u8>>,
}

/// More than this on one connection is forgotten rather than kept.
const REMEMBERED_MAX: usize = 1_000;

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
            known_buckets: Arc::default(),
        };
        let snapshots = Arc::clone(&readers.snapshots);
        let log = log::Log::start(path, snapshots, options.statement_limit)?;
        let writer = writer::Writer::start(writer, log.clone())?;
        Ok(Sqlite { readers: Arc::new(readers), writer, log, is_new })
    }

    /// Runs `work` with a connection: a short one here, a long one on a thread that may block; of a
    /// tenant, on one of its share of them.
    pub async fn read<T: Send + 'static>(
        &self,
        tenant: Option<&Tenant>,
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError> + Clone + Send + 'static,
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
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.transact(work).await
    }

    /// Folds the oldest changes of a resource into its tallies; answers how many. The records of a
    /// bucket that is split are counted by a reader: writers do not wait for that.
    pub async fn fold(&self, resource: &'static Resource) -> Result<u64, StoreError> {
        let fold = async move |reader: &mut Reader| tally::fold(reader, resource).await;
        let Folded { count, mut full } = self.transact(fold).await?;
        while !full.is_empty() {
            let count =
                async move |reader: &mut Reader| tally::count_split(reader, resource, full).await;
            let split = match self.read(None, count).await {
                Ok(Some(split)) => split,
                // A later fold of the bucket splits it: until then it is right, if slow to read.
                Ok(None) | Err(StoreError::Busy(_)) => break,
                Err(error) => return Err(error),
            };
            let write = async move |reader: &mut Reader| {
                tally::write_split(reader, resource, &split).await.map(|()| split.left)
            };
            full = match self.transact(write).await {
                Ok(left) => left,
                Err(StoreError::Conflict) => break,
                Err(error) => return Err(error),
            };
        }
        Ok(count as u64)
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
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError>,
        limit: Duration,
    ) -> Result<Ended<T>, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Session { connection, opened, deadline, mut remembered } = match idle {
            Some(session) => session,
            None => Session::open(&self.path)?,
        };
        let until = u64::try_from((opened.elapsed() + limit).as_nanos()).unwrap_or(u64::MAX);
        deadline.store(until, Ordering::Relaxed);
        // The clock may stop this already.
        let begun = begin(&connection, &mut remembered);
        let known_buckets = Arc::clone(&self.known_buckets);
        let mut reader = Reader::Sqlite(SqliteReader { connection, remembered, known_buckets });
        let result = begun.and_then(|()| {
            work(&mut reader).now_or_never().unwrap_or_else(|| {
                Err(StoreError::Statement("a SQLite reader waited for something".to_owned()))
            })
        });
        let late = result.is_err() && opened.elapsed().as_nanos() > u128::from(until);
        // A reader has nothing to lose: if the end fails, the connection is dropped instead.
        if let Reader::Sqlite(SqliteReader { connection, remembered, .. }) = reader
            && connection.prepare_cached("COMMIT").is_ok_and(|mut it| it.execute(()).is_ok())
        {
            let session = Session { connection, opened, deadline, remembered };
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
        if late { Ok(Ended::Late) } else { result.map(Ended::InTime) }
    }
}

/// One transaction: the page, its total and its relations are of one moment.
fn begin(connection: &Connection, remembered: &mut Remembered) -> Result<(), StoreError> {
    connection.prepare_cached("BEGIN")?.execute(())?;
    // This begins the transaction's moment: whatever was committed by then has changed it.
    let version = "PRAGMA data_version";
    let version = connection.prepare_cached(version)?.query_row((), |row| row.get(0))?;
    if remembered.version != version {
        remembered.texts.clear();
        remembered.version = version;
    }
    Ok(())
}

impl Session {
    fn open(path: &Path) -> Result<Session, StoreError> {
        let mut connection = connect(path, Access::Read)?;
        let opened = Instant::now();
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let seen = Arc::clone(&deadline);
        let is_late =
            move || opened.elapsed().as_nanos() > u128::from(seen.load(Ordering::Relaxed));
        connection.progress_handler(STEPS_PER_LOOK, Some(is_late))?;
        Ok(Session { connection, opened, deadline, remembered: Remembered::default() })
    }
}

/// A connection in the middle of one read transaction.
pub struct SqliteReader {
    connection: Connection,
    remembered: Remembered,
    pub known_buckets: Arc<KnownBuckets>,
}

impl SqliteReader {
    /// What was remembered under this key, at a moment at which the database was as it is now.
    pub fn recall(&self, key: &str) -> Option<&[u8]> {
        self.remembered.texts.get(key).map(Vec::as_slice)
    }

    pub fn remember(&mut self, key: String, text: &[u8]) {
        if self.remembered.texts.len() >= REMEMBERED_MAX {
            self.remembered.texts.clear();
        }
        self.remembered.texts.insert(key, text.to_vec());
    }

    pub fn execute(&mut self, sql: &Sql) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(&sql.text(Dialect::Sqlite))?;
        let args = rusqlite::params_from_iter(sql.args().iter().map(Bound));
        Ok(statement.execute(args)? as u64)
    }

    pub fn fetch(&mut self, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(&sql.text(Dialect::Sqlite))?;
        let mut rows = statement.query(rusqlite::params_from_iter(sql.args().iter().map(Bound)))?;
        while let Some(row) = rows.next()? {
            visit(row)?;
        }
        Ok(())
    }
}

impl Cells for rusqlite::Row<'_> {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.get_ref(column)? {
            ValueRef::Null => Ok(None),
            value => value
                .as_str()
                .map(Some)
                .map_err(|error| StoreError::Statement(format!("column {column}: {error}"))),
        }
    }

    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get(column)?)
    }

    fn number(&self, column: usize) -> Result<Option<f64>, StoreError> {
        Ok(self.get(column)?)
    }

    fn boolean(&self, column: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.get(column)?)
    }
}

struct Bound<'a>(&'a Arg);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Arg::Text(text) => ValueRef::Text(text.as_bytes()),
            Arg::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Arg::Integer(value) => ValueRef::Integer(*value),
            Arg::Number(value) => ValueRef::Real(*value),
            // Lists arrive as JSON text: `Sql::member_of` has seen to it.
            Arg::Null
            | Arg::TextList(_)
            | Arg::IntegerList(_)
            | Arg::NumberList(_)
            | Arg::BoolList(_) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

fn connect(path: &Path, access: Access) -> Result<Connection, StoreError> {
    let flags = match access {
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        // Not READ_ONLY: a reader may have to make the shared memory of the write-ahead log.
        Access::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    if access == Access::Write {
        private_file(path)?;
    }
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| {
            StoreError::Unavailable(format!("cannot open {}: {error}", path.display()))
        })?;
    connection.busy_timeout(Duration::from_secs(20))?;
    connection.set_prepared_statement_cache_capacity(256);
    // Without it a statement with a bound LIMIT is planned anew each time that it is run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF;",
    )?;
    connection.execute_batch(match access {
        Access::Read => "PRAGMA query_only = ON",
        // What is deleted is personal data: its bytes are overwritten, not only forgotten. Records
        // come in no order of their indexes, so an import touches many pages again and again: the
        // larger cache and the rarer checkpoint write each of them less often.
        Access::Write => {
            "PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; \
             PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864;"
        }
    })?;
    Ok(connection)
}

/// Makes the file, if there is none, readable by its owner alone; SQLite gives the files beside it
/// the same mode. What was there with another mode, the files beside it included, loses the rights of
/// others. A file that is there is never opened here: closing it would drop the locks of all
/// connections of this process (POSIX), and another program that then closes the database takes
/// itself for the last, and deletes the log that this server goes on writing to.
fn private_file(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Unavailable(format!(
                "cannot open {}: {error}",
                path.display()
            )));
        }
        _ => {}
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        let mode = match std::fs::metadata(&file) {
            Ok(found) => found.permissions().mode(),
            Err(_) => continue,
        };
        if mode & 0o077 != 0 {
            // Whoever may use the file without owning it cannot: `doctor --security` reports it.
            let _ = std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode & 0o700));
        }
    }
    Ok(())
}
