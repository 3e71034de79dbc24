//! The one writer: a thread that takes all batches that are waiting and commits them together.

use std::sync::{Arc, mpsc};
use std::thread;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::connection::{Remembered, SqliteConnection, apply};
use super::log::Log;
use crate::StoreError;
use crate::batch::Batch;
use crate::connection::Connection;

#[derive(Clone)]
pub struct Writer {
    queue: mpsc::SyncSender<Job>,
}

enum Job {
    Commit(Commit),
    /// A transaction of its own, which tells its sender how it ended.
    Transaction(Box<dyn FnOnce(&mut Connection) + Send>),
}

struct Commit {
    batch: Batch,
    done: Done<()>,
}

impl Commit {
    fn is_large(&self) -> bool {
        let values = self.batch.statements.iter().map(|(sql, _)| sql.args().len());
        values.sum::<usize>() > SHARING_MAX
    }
}

type Done<T> = oneshot::Sender<Result<T, StoreError>>;

/// Batches that may wait; one more waits outside, so that memory stays bounded.
const QUEUE_MAX: usize = 1024;
/// Batches in one commit: enough to share an fsync, few enough to answer soon.
const GROUP_MAX: usize = 128;
/// A batch of more values has a transaction of its own. Inside a savepoint each statement that
/// sets off a trigger walks, at its end, along all pages that the savepoint has changed so far: ten
/// times the work for an import.
const SHARING_MAX: usize = 2_000;

impl Writer {
    pub fn start(connection: rusqlite::Connection, log: Log) -> Result<Writer, StoreError> {
        let (queue, jobs) = mpsc::sync_channel(QUEUE_MAX);
        thread::Builder::new()
            .name("verax-writer".to_owned())
            .spawn(move || run(connection, &jobs, &log))
            .map_err(|error| StoreError::Unavailable(format!("no writer thread: {error}")))?;
        Ok(Writer { queue })
    }

    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Commit(Commit { batch, done }), answer).await
    }

    /// Reads and writes in a transaction of its own.
    pub async fn transact<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, answer) = oneshot::channel();
        // Nobody may be waiting any more; what was done stays done.
        let job = move |connection: &mut Connection| drop(done.send(transact(connection, work)));
        self.send(Job::Transaction(Box::new(job)), answer).await
    }

    async fn send<T>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let full = |_| StoreError::Busy("too many changes are waiting".to_owned());
        self.queue.try_send(job).map_err(full)?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the writer has stopped".to_owned())))
    }
}

fn run(connection: rusqlite::Connection, jobs: &mpsc::Receiver<Job>, log: &Log) {
    // It reads no lists: what it remembers stays empty.
    let (remembered, cached_buckets) = (Remembered::default(), Arc::default());
    let writing = SqliteConnection { inner: connection, remembered, cached_buckets };
    let mut writing = Connection::Sqlite(writing);
    let mut next = jobs.recv().ok();
    while let Some(job) = next.take() {
        match job {
            Job::Transaction(work) => work(&mut writing),
            Job::Commit(first) => {
                let mut group = vec![first];
                while group.len() < GROUP_MAX && next.is_none() && !group[0].is_large() {
                    match jobs.try_recv() {
                        Ok(Job::Commit(commit)) if !commit.is_large() => group.push(commit),
                        Ok(other) => next = Some(other),
                        Err(_) => break,
                    }
                }
                if let Connection::Sqlite(SqliteConnection { inner: connection, .. }) = &writing {
                    match group.pop() {
                        Some(alone) if group.is_empty() => commit_alone(connection, alone, log),
                        last => {
                            group.extend(last);
                            commit_group(connection, group, log);
                        }
                    }
                }
            }
        }
        if next.is_none() {
            next = jobs.recv().ok();
        }
    }
}

fn transact<T>(
    connection: &mut Connection,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let result = work(connection).now_or_never().unwrap_or_else(|| {
        Err(StoreError::Statement("the SQLite writer waited for something".to_owned()))
    });
    execute(connection, if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result
}

fn execute(connection: &Connection, statement: &str) -> Result<(), StoreError> {
    match connection {
        Connection::Sqlite(SqliteConnection { inner, .. }) => Ok(inner.execute_batch(statement)?),
        Connection::Postgres(_) => Ok(()),
    }
}

/// One batch is the whole transaction.
fn commit_alone(connection: &rusqlite::Connection, Commit { batch, done }: Commit, log: &Log) {
    let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| outage(&error));
    let applied = begun.and_then(|()| apply(connection, &batch.statements));
    let commit = || connection.execute_batch("COMMIT").map_err(|error| outage(&error));
    let committed = applied.and_then(|()| commit());
    if committed.is_ok() && batch.erases {
        log.empty();
    }
    if committed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    // Nobody may be waiting any more.
    drop(done.send(committed));
}

/// All batches in one transaction. Nearly always each of them applies: savepoints, which copy every page that a
/// batch changes, are for the group in which one does not.
fn commit_group(connection: &rusqlite::Connection, group: Vec<Commit>, log: &Log) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        return fail_all(group, &error);
    }
    if group.iter().all(|job| apply(connection, &job.batch.statements).is_ok()) {
        return end_group(connection, group, Vec::new(), log);
    }
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    commit_in_savepoints(connection, group.into_iter(), log);
}

/// Each batch in its savepoint: one that fails takes nothing with it.
fn commit_in_savepoints(
    connection: &rusqlite::Connection,
    mut group: impl Iterator<Item = Commit>,
    log: &Log,
) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        return fail_all(group, &error);
    }
    let (mut applied, mut rejected) = (Vec::new(), Vec::new());
    while let Some(job) = group.next() {
        match apply_in_savepoint(connection, &job.batch) {
            Ok(()) => applied.push(job),
            // A disk that fails may end the whole transaction: nothing of the group is kept then,
            // and what comes after must not be committed alone.
            Err(error) if connection.is_autocommit() => {
                drop(job.done.send(Err(error)));
                let why = "the disk has failed";
                let rejected = rejected.into_iter().map(|(job, _)| job);
                for job in applied.into_iter().chain(rejected).chain(group) {
                    drop(job.done.send(Err(StoreError::Unavailable(why.to_owned()))));
                }
                return;
            }
            // The batch was rolled back. Whoever it meets in this group is not there for others yet.
            Err(error) => rejected.push((job, error)),
        }
    }
    end_group(connection, applied, rejected, log);
}

fn end_group(
    connection: &rusqlite::Connection,
    applied: Vec<Commit>,
    rejected: Vec<(Commit, StoreError)>,
    log: &Log,
) {
    match connection.execute_batch("COMMIT") {
        Ok(()) => {
            if applied.iter().any(|job| job.batch.erases) {
                log.empty();
            }
            // Nobody may be waiting any more.
            applied.into_iter().for_each(|job| drop(job.done.send(Ok(()))));
            rejected.into_iter().for_each(|(job, error)| drop(job.done.send(Err(error))));
        }
        Err(error) => {
            // A commit that failed for want of disk leaves the transaction open.
            let _ = connection.execute_batch("ROLLBACK");
            fail_all(applied.into_iter().chain(rejected.into_iter().map(|(job, _)| job)), &error);
        }
    }
}

fn apply_in_savepoint(connection: &rusqlite::Connection, batch: &Batch) -> Result<(), StoreError> {
    connection.execute_batch("SAVEPOINT batch")?;
    let result = apply(connection, &batch.statements);
    if connection.is_autocommit() {
        return result;
    }
    if result.is_err() {
        connection.execute_batch("ROLLBACK TO batch")?;
    }
    connection.execute_batch("RELEASE batch")?;
    result
}

fn fail_all(group: impl IntoIterator<Item = Commit>, error: &rusqlite::Error) {
    for job in group {
        drop(job.done.send(Err(outage(error))));
    }
}

/// Why a transaction cannot begin or end.
fn outage(error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    let busy = matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked));
    let message = error.to_string();
    if busy { StoreError::Busy(message) } else { StoreError::Unavailable(message) }
}
