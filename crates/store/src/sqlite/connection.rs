//! A connection to SQLite, and what it remembers of what it has read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use verax_query::{Arg, Dialect, Sql};

use crate::StoreError;
use crate::batch::Rows;
use crate::row::{Cells, Visit};
use crate::tally::cached::CachedBuckets;

/// A connection in the middle of one read transaction.
pub struct SqliteConnection {
    pub inner: rusqlite::Connection,
    pub remembered: Remembered,
    pub cached_buckets: Arc<CachedBuckets>,
}

impl SqliteConnection {
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
        let mut statement = self.inner.prepare_cached(&sql.text(Dialect::Sqlite))?;
        let args = rusqlite::params_from_iter(sql.args().iter().map(Bound));
        Ok(statement.execute(args)? as u64)
    }

    pub fn apply(&mut self, statements: &[(Sql, Rows)]) -> Result<(), StoreError> {
        apply(&self.inner, statements)
    }

    pub fn fetch(&mut self, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut statement = self.inner.prepare_cached(&sql.text(Dialect::Sqlite))?;
        let mut rows = statement.query(rusqlite::params_from_iter(sql.args().iter().map(Bound)))?;
        while let Some(row) = rows.next()? {
            visit(row)?;
        }
        Ok(())
    }
}

/// Makes changes in the transaction of a connection.
pub fn apply(
    connection: &rusqlite::Connection,
    statements: &[(Sql, Rows)],
) -> Result<(), StoreError> {
    statements.iter().try_for_each(|(sql, rows)| {
        let mut statement = connection.prepare_cached(&failing(&sql.text(Dialect::Sqlite)))?;
        let args = rusqlite::params_from_iter(sql.args().iter().map(Bound));
        let touched = statement.execute(args)? as u64;
        match rows {
            Rows::Exactly(wanted) if touched != *wanted => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    })
}

/// The statement, without the copies of pages by which SQLite would undo it alone: where it fails, all that was
/// applied with it is rolled back.
fn failing(text: &str) -> Cow<'_, str> {
    match text.split_once(' ') {
        Some((verb @ ("INSERT" | "UPDATE"), rest)) => Cow::Owned(format!("{verb} OR FAIL {rest}")),
        _ => Cow::Borrowed(text),
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

pub struct Bound<'a>(pub &'a Arg);

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

/// What a connection has read and nobody has changed since.
#[derive(Default)]
pub struct Remembered {
    /// SQLite's number of the state of the database, as this connection counts.
    version: i64,
    texts: HashMap<String, Vec<u8>>,
}

/// More than this on one connection is forgotten rather than kept.
const REMEMBERED_MAX: usize = 1_000;

impl Remembered {
    /// Forgets what was read of another state of the database than this one.
    pub fn begin(&mut self, version: i64) {
        if self.version != version {
            self.texts.clear();
            self.version = version;
        }
    }
}
