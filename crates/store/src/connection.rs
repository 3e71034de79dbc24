//! A connection to either database, which reads and writes.

use std::sync::Arc;

use verax_query::{Dialect, Sql};

use crate::StoreError;
use crate::batch::Batch;
use crate::postgres::connection::PostgresConnection;
use crate::row::{Cells, Visit};
use crate::sqlite::connection::SqliteConnection;
use crate::tally::cached::CachedBuckets;

/// A connection at work. On SQLite its futures are ready at once.
pub enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PostgresConnection),
}

impl Connection {
    pub fn dialect(&self) -> Dialect {
        match self {
            Connection::Sqlite(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What is remembered of the tallies of this database.
    pub fn cached_buckets(&self) -> &Arc<CachedBuckets> {
        match self {
            Connection::Sqlite(connection) => &connection.cached_buckets,
            Connection::Postgres(connection) => &connection.cached_buckets,
        }
    }

    /// Runs a change; returns the number of rows it touched.
    pub async fn execute(&mut self, sql: &Sql) -> Result<u64, StoreError> {
        match self {
            Connection::Sqlite(connection) => connection.execute(sql),
            Connection::Postgres(connection) => connection.execute(sql).await,
        }
    }

    /// Makes the changes of a batch in the transaction of this connection: PostgreSQL gets them together.
    ///
    /// # Errors
    /// `Conflict` when a statement touched another number of rows than it must: the transaction must not be
    /// committed.
    pub async fn apply(&mut self, batch: &Batch) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => connection.apply(&batch.statements),
            Connection::Postgres(connection) => connection.apply(&batch.statements).await,
        }
    }

    /// From here to [`Connection::end_snapshot`] every statement sees the same moment. On SQLite
    /// they always do.
    pub fn begin_snapshot(&mut self) {
        if let Connection::Postgres(connection) = self {
            connection.begin_snapshot();
        }
    }

    /// Ends it, if one was begun.
    pub fn end_snapshot(&mut self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(connection) => connection.end_snapshot(),
        }
    }

    /// What was remembered under this key while the database was as it is in this transaction.
    pub fn recall(&self, key: &str) -> Option<&[u8]> {
        match self {
            Connection::Sqlite(connection) => connection.recall(key),
            // It has no cheap way to tell that nothing has changed.
            Connection::Postgres(_) => None,
        }
    }

    pub fn remember(&mut self, key: String, text: &[u8]) {
        if let Connection::Sqlite(connection) = self {
            connection.remember(key, text);
        }
    }

    pub async fn fetch(&mut self, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
        self.fetch_all(&mut [(sql, visit)]).await
    }

    /// Runs statements that do not wait for each other's answers: PostgreSQL gets them together.
    pub async fn fetch_all(&mut self, asked: &mut [(&Sql, Visit<'_>)]) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(connection) => {
                asked.iter_mut().try_for_each(|(sql, visit)| connection.fetch(sql, &mut **visit))
            }
            Connection::Postgres(connection) => connection.fetch_all(asked).await,
        }
    }

    /// The one number of the one row of a statement.
    pub async fn fetch_number(&mut self, sql: &Sql) -> Result<i64, StoreError> {
        let mut number = 0;
        self.fetch(sql, &mut |row| {
            number = row.integer(0)?.unwrap_or(0);
            Ok(())
        })
        .await?;
        Ok(number)
    }

    /// All rows of a statement, each as `read` reads it.
    pub async fn fetch_rows<T: Send>(
        &mut self,
        sql: &Sql,
        read: impl Fn(&dyn Cells) -> Result<T, StoreError> + Send + Sync,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.fetch(sql, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }
}
