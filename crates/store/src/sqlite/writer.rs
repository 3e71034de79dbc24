//! The one writer: a thread that takes all batches that are waiting and commits them together.

use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Bound;
use crate::StoreError;
use crate::write::{Batch, Rows};

#[derive(Clone)]
pub struct Writer {
    queue: mpsc::SyncSender<Job>,
}

struct Job {
    batch: Batch,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// Batches that may wait; one more waits outside, so that memory stays bounded.
const QUEUE_MAX: usize = 1024;
/// Batches in one commit: enough to share an fsync, few enough to answer soon.
const GROUP_MAX: usize = 128;

impl Writer {
    pub fn start(connection: Connection) -> Result<Writer, StoreError> {
        let (queue, jobs) = mpsc::sync_channel(QUEUE_MAX);
        thread::Builder::new()
            .name("verax-writer".to_owned())
            .spawn(move || run(&connection, &jobs))
            .map_err(|error| StoreError::Unavailable(format!("no writer thread: {error}")))?;
        Ok(Writer { queue })
    }

    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        let full = |_| StoreError::Busy("too many changes are waiting".to_owned());
        self.queue.try_send(Job { batch, done }).map_err(full)?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the writer has stopped".to_owned())))
    }
}

fn run(connection: &Connection, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        commit_group(connection, group);
    }
}

/// Each batch in its savepoint: one that fails takes nothing with it.
fn commit_group(connection: &Connection, group: Vec<Job>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        return fail_all(group, &error);
    }
    let mut applied = Vec::with_capacity(group.len());
    for job in group {
        match apply(connection, &job.batch) {
            Ok(()) => applied.push(job),
            // Nobody may be waiting any more; the batch was rolled back either way.
            Err(error) => drop(job.done.send(Err(error))),
        }
    }
    match connection.execute_batch("COMMIT") {
        Ok(()) => {
            if applied.iter().any(|job| job.batch.erases) {
                // The log still holds what was deleted. A reader may keep it from being emptied
                // now; the next commits empty it.
                let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
            }
            applied.into_iter().for_each(|job| drop(job.done.send(Ok(()))));
        }
        Err(error) => {
            // A commit that failed for want of disk leaves the transaction open.
            let _ = connection.execute_batch("ROLLBACK");
            fail_all(applied, &error);
        }
    }
}

fn apply(connection: &Connection, batch: &Batch) -> Result<(), StoreError> {
    connection.execute_batch("SAVEPOINT batch")?;
    let result = batch.statements.iter().try_for_each(|(sql, rows)| {
        let mut statement = connection.prepare_cached(sql.text())?;
        let args = rusqlite::params_from_iter(sql.args().iter().map(Bound));
        let touched = statement.execute(args)? as u64;
        match rows {
            Rows::Exactly(wanted) if touched != *wanted => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    });
    if result.is_err() {
        connection.execute_batch("ROLLBACK TO batch")?;
    }
    connection.execute_batch("RELEASE batch")?;
    result
}

fn fail_all(group: Vec<Job>, error: &rusqlite::Error) {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    for job in group {
        let busy = matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked));
        let message = error.to_string();
        let error = if busy { StoreError::Busy(message) } else { StoreError::Unavailable(message) };
        drop(job.done.send(Err(error)));
    }
}
