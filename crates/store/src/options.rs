//! Where a database is, and how it is opened.

use std::path::PathBuf;
use std::time::Duration;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    File(PathBuf),
    /// `postgres://user:password@host/name`.
    Postgres(String),
}

// The address holds a password: a debug print must not show it.
impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::File(path) => write!(f, "File({})", path.display()),
            Location::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite connections that read at once.
    pub readers: usize,
    /// PostgreSQL connections in the pool.
    pub connections: usize,
    /// A streaming replica of that PostgreSQL: lists and single records are read from it.
    pub replica: Option<Location>,
    /// The longest that one request may read.
    pub statement_limit: Duration,
    pub schema: Schema,
}

/// What opening does about a schema that is older than the binary, or not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Made where there is none.
    BringUpToDate,
    /// An error where there is none.
    BringExistingUpToDate,
    /// An error where there is none, or an older one.
    LeaveAsItIs,
    /// That of this version, in a database that is empty.
    Version(i64),
}
