//! All rows out of a SQLite database, and into a new one.

use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ToSql};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use verax_query::{Dialect, Sql};

use super::backup::copy;
use super::file::{Access, connect, private_file};
use crate::bulk::blocks::{
    BlockWriter, Columns, REQUEUE, REQUEUE_SINCE, Reading, RowBlock, Step, TableDigest,
    TableDigests, Value, compare, copied_tables,
};
use crate::{Schema, StoreError};

/// Sends all rows, and answers the version of the schema when the state that they are of is fixed.
pub async fn dump(
    path: &Path,
    scratch: &Path,
    blocks: mpsc::Sender<Reading>,
) -> Result<i64, StoreError> {
    let (path, scratch) = (path.to_owned(), scratch.join("copy.db"));
    let (connection, version) = blocking(move || fix(&path, &scratch)).await?;
    spawn_blocking(move || {
        let closed = |_| StoreError::Unavailable("nobody takes the rows".to_owned());
        let mut send = |block| blocks.blocking_send(Ok(Some(block))).map_err(closed);
        let read = copied_tables().try_for_each(|table| read(&connection, table, &mut send));
        // Nobody may be waiting any more.
        drop(blocks.blocking_send(read.map(|()| None)));
    });
    Ok(version)
}

/// Writes rows into a new file, and into it alone: a crash before the end leaves a file of no use.
pub async fn load(
    path: &Path,
    schema_version: i64,
    mut steps: mpsc::Receiver<Step>,
) -> Result<JoinHandle<Result<(), StoreError>>, StoreError> {
    let path = path.to_owned();
    let file = path.clone();
    let connection = blocking(move || make(&file, schema_version)).await?;
    Ok(spawn_blocking(move || {
        let mut open = Some(connection);
        while let (Some(step), Some(connection)) = (steps.blocking_recv(), &open) {
            match step {
                Step::Block(block) => write(connection, &block)?,
                Step::Finish(expected) => {
                    check(connection, &expected)?;
                    if schema_version >= REQUEUE_SINCE {
                        connection.execute_batch(REQUEUE)?;
                    }
                    connection.execute_batch("COMMIT; PRAGMA synchronous = FULL")?;
                    drop(open.take());
                    return sync(&path);
                }
            }
        }
        Err(StoreError::Unavailable("the rows did not come to their end".to_owned()))
    }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.map_err(|error| StoreError::Statement(error.to_string()))?
}

/// A copy of this moment, that nobody else sees: its file has no name any more.
fn fix(path: &Path, scratch: &Path) -> Result<(Connection, i64), StoreError> {
    if !path.exists() {
        let missing = format!("there is no database in {}", path.display());
        return Err(StoreError::Unavailable(missing));
    }
    let source = connect(path, Access::Read)?;
    let version = crate::migrate::reject_other(&source)?;
    private_file(scratch)?;
    let mut target = Connection::open(scratch)?;
    // No other file beside it, and no waiting for the disk.
    let alone = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; \
                 PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY";
    target.execute_batch(alone)?;
    copy(&source, &mut target)?;
    // The copy says that it has a write-ahead log, like its source.
    target.execute_batch("PRAGMA journal_mode = OFF")?;
    let gone = std::fs::remove_file(scratch);
    gone.map_err(|error| StoreError::Unavailable(format!("{}: {error}", scratch.display())))?;
    Ok((target, version))
}

fn read(
    connection: &Connection,
    table: &'static str,
    send: &mut impl FnMut(RowBlock) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&all_of(table).text(Dialect::Sqlite))?;
    let mut writer = BlockWriter::new(table, &statement.column_names().collect::<Vec<_>>());
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let full = writer.push(|column| match row.get_ref(column)? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(value) => Ok(Value::Integer(value)),
            ValueRef::Real(value) => Ok(Value::Number(value)),
            value @ (ValueRef::Text(_) | ValueRef::Blob(_)) => {
                let text = value.as_str();
                let text = text.map_err(|error| StoreError::Statement(format!("{table}: {error}")));
                text.map(Value::Text)
            }
        })?;
        full.map_or(Ok(()), &mut *send)?;
    }
    writer.rest().map_or(Ok(()), send)
}

fn make(path: &Path, schema_version: i64) -> Result<Connection, StoreError> {
    if path.exists() {
        let there = format!("there is a database already: {}", path.display());
        return Err(StoreError::Address(there));
    }
    private_file(path)?;
    let mut connection = Connection::open(path)?;
    // Nothing of it counts before its end, so no journal is needed.
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; \
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    crate::migrate::sqlite(&mut connection, Schema::Version(schema_version))?;
    connection.execute_batch("BEGIN")?;
    Ok(connection)
}

fn write(connection: &Connection, block: &RowBlock) -> Result<(), StoreError> {
    let described = connection.prepare_cached(&all_of(block.table).text(Dialect::Sqlite))?;
    let names: Vec<&str> = described.column_names().collect();
    let columns = Columns::matching(&names, block)?;
    let mut insert = Sql::default();
    insert.push("INSERT INTO ").push(block.table).push(" VALUES (?");
    names.iter().skip(1).for_each(|_| {
        insert.push(", ?");
    });
    insert.push(")");
    let mut insert = connection.prepare_cached(&insert.text(Dialect::Sqlite))?;
    for row in block.rows() {
        insert.execute(rusqlite::params_from_iter(columns.values(row?)?))?;
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(value) => ValueRef::Integer(*value),
            Value::Number(value) => ValueRef::Real(*value),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn check(connection: &Connection, expected: &TableDigests) -> Result<(), StoreError> {
    for table in expected.keys() {
        let mut digest = TableDigest::default();
        read(connection, table, &mut |block| digest.add(&block))?;
        compare(expected, table, digest)?;
    }
    Ok(())
}

fn sync(path: &PathBuf) -> Result<(), StoreError> {
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
}

fn all_of(table: &'static str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT * FROM ").push(table);
    sql
}
