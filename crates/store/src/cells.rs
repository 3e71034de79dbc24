//! Rows of either database, read column by column.

use std::sync::Arc;

use verax_query::{Dialect, Sql};

use crate::StoreError;
use crate::postgres::PostgresReader;
use crate::sqlite::SqliteReader;
use crate::tally::KnownBuckets;

/// A row: columns are counted from 0, NULL is `None`.
pub trait Cells {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn number(&self, column: usize) -> Result<Option<f64>, StoreError>;
    fn boolean(&self, column: usize) -> Result<Option<bool>, StoreError>;
}

/// What is done with each row.
pub type Visit<'a> = &'a mut (dyn FnMut(&dyn Cells) -> Result<(), StoreError> + Send);

/// A connection at work. On SQLite its futures are ready at once.
pub enum Reader {
    Sqlite(SqliteReader),
    Postgres(PostgresReader),
}

impl Reader {
    pub fn dialect(&self) -> Dialect {
        match self {
            Reader::Sqlite(_) => Dialect::Sqlite,
            Reader::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What is remembered of the tallies of this database.
    pub fn known_buckets(&self) -> &Arc<KnownBuckets> {
        match self {
            Reader::Sqlite(reader) => &reader.known_buckets,
            Reader::Postgres(reader) => &reader.known_buckets,
        }
    }

    /// Runs a change; returns the number of rows it touched.
    pub async fn execute(&mut self, sql: &Sql) -> Result<u64, StoreError> {
        match self {
            Reader::Sqlite(reader) => reader.execute(sql),
            Reader::Postgres(reader) => reader.execute(sql).await,
        }
    }

    /// From here to [`Reader::end_snapshot`] every statement sees the same moment. A SQLite reader
    /// always does.
    pub fn begin_snapshot(&mut self) {
        if let Reader::Postgres(reader) = self {
            reader.begin_snapshot();
        }
    }

    /// Ends it, if one was begun.
    pub fn end_snapshot(&mut self) -> Result<(), StoreError> {
        match self {
            Reader::Sqlite(_) => Ok(()),
            Reader::Postgres(reader) => reader.end_snapshot(),
        }
    }

    /// What was remembered under this key while the database was as it is in this transaction.
    pub fn recall(&self, key: &str) -> Option<&[u8]> {
        match self {
            Reader::Sqlite(reader) => reader.recall(key),
            // It has no cheap way to tell that nothing has changed.
            Reader::Postgres(_) => None,
        }
    }

    pub fn remember(&mut self, key: String, text: &[u8]) {
        if let Reader::Sqlite(reader) = self {
            reader.remember(key, text);
        }
    }

    pub async fn fetch(&mut self, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
        self.fetch_all(&mut [(sql, visit)]).await
    }

    /// Runs statements that do not wait for each other's answers: PostgreSQL gets them together.
    pub async fn fetch_all(&mut self, asked: &mut [(&Sql, Visit<'_>)]) -> Result<(), StoreError> {
        match self {
            Reader::Sqlite(reader) => {
                asked.iter_mut().try_for_each(|(sql, visit)| reader.fetch(sql, &mut **visit))
            }
            Reader::Postgres(reader) => reader.fetch_all(asked).await,
        }
    }
}

/// The one number of the one row of a statement.
pub async fn fetch_number(reader: &mut Reader, sql: &Sql) -> Result<i64, StoreError> {
    let mut number = 0;
    reader
        .fetch(sql, &mut |row| {
            number = row.integer(0)?.unwrap_or(0);
            Ok(())
        })
        .await?;
    Ok(number)
}
