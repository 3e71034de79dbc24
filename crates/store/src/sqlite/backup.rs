//! Backups of a database that is in use, read back before they count.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;
use verax_domain::resources;
use verax_query::Dialect;

use super::file::{Access, connect, private_file};
use crate::{Schema, StoreError};

/// Copies the database at `from` to the new file `to` while it is in use, then reads the copy
/// back. Returns the number of records in it.
pub fn backup(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let source = connect(from, Access::Read)?;
    private_file(to)?;
    let mut target = Connection::open(to)?;
    copy(&source, &mut target)?;
    // A backup is one file: no write-ahead log beside it.
    target.execute_batch("PRAGMA journal_mode = DELETE")?;
    drop(target);
    verify(&Connection::open(to)?)
}

/// Replaces the database at `to` by the backup `from`, which is verified first.
pub fn restore(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let source = Connection::open(from)?;
    verify(&source)?;
    crate::migrate::reject_newer(&source)?;
    let mut target = connect(to, Access::Write)?;
    copy(&source, &mut target)?;
    drop(target);
    // Opening it again replays nothing and migrates an older backup.
    let mut target = connect(to, Access::Write)?;
    crate::migrate::sqlite(&mut target, Schema::BringUpToDate)?;
    verify(&target)
}

/// Copies all pages in one step: nobody waits for it, as readers of a write-ahead log are in nobody's
/// way. In several steps it would begin again with each change of others, and reach no end while they
/// write.
pub(super) fn copy(source: &Connection, target: &mut Connection) -> Result<(), StoreError> {
    let backup = Backup::new(source, target)?;
    backup.run_to_completion(i32::MAX, Duration::from_millis(2), None)?;
    Ok(())
}

fn verify(connection: &Connection) -> Result<u64, StoreError> {
    let damaged = |_| StoreError::Address("the file is damaged, or is no database".to_owned());
    let verdict = connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    let verdict = verdict.map_err(damaged)?;
    if verdict != "ok" {
        return Err(StoreError::Unavailable(format!("the file is damaged: {verdict}")));
    }
    let mut records = 0;
    // What is told of them is no record, and an older file has nothing of it.
    for resource in resources::ALL.iter().filter(|it| !resources::is_of_this_server(it)) {
        let mut sql = verax_query::Sql::default();
        sql.push("SELECT count(*) FROM ").push(resource.table);
        let count: i64 = connection
            .query_row(&sql.text(Dialect::Sqlite), [], |row| row.get(0))
            .map_err(|_| StoreError::Address("the file is no Verax database".to_owned()))?;
        records += u64::try_from(count).unwrap_or(0);
    }
    Ok(records)
}
