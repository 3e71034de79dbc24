//! What can go wrong in a database, named by what the caller can do about it.

/// An error of the store. Its text may name tables and columns, never a record's values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record is not in the state that the change expected, or is there already: read it again.
    #[error("the record was changed by somebody else")]
    Conflict,
    /// It took too long, or there was no connection to be had: try again later.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached or does not work: an operator must look.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// There is no database there, and none was to be made.
    #[error("there is no database in {0}")]
    Missing(String),
    /// The database was made by a newer version of the server.
    #[error(
        "the database has schema version {found}, this server knows up to {known}: \
         use the newer server, or restore a backup"
    )]
    Newer { found: i64, known: i64 },
    /// The database was made by an older version of the server, or is empty.
    #[error(
        "the database has schema version {found}, this server needs {known}: run `verax migrate`"
    )]
    Older { found: i64, known: i64 },
    /// The address of the database, or what lies there, makes no sense.
    #[error("{0}")]
    Address(String),
    /// A statement before this one has failed, and with it the transaction of both.
    #[error("the transaction had failed before: {0}")]
    FailedTransaction(String),
    /// A defect in this crate.
    #[error("a statement failed: {0}")]
    Statement(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OperationInterrupted, ReadOnly,
            SystemIoFailure,
        };
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        if let Some(SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE) =
            error.sqlite_error().map(|error| error.extended_code)
        {
            return StoreError::Conflict;
        }
        match error.sqlite_error_code() {
            Some(OperationInterrupted) => {
                StoreError::Busy("the statement ran into its time limit".to_owned())
            }
            Some(DatabaseBusy | DatabaseLocked) => StoreError::Busy(error.to_string()),
            Some(DiskFull | ReadOnly | CannotOpen | SystemIoFailure) => {
                StoreError::Unavailable(error.to_string())
            }
            _ => StoreError::Statement(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> StoreError {
        use tokio_postgres::error::SqlState;
        let Some(db) = error.as_db_error() else {
            return StoreError::Unavailable(error.to_string());
        };
        let code = db.code();
        // The server's own words for a failed statement: its `detail` may quote a record's values.
        let message = format!("{} ({})", db.message(), code.code());
        if *code == SqlState::UNIQUE_VIOLATION {
            StoreError::Conflict
        } else if *code == SqlState::QUERY_CANCELED
            || *code == SqlState::T_R_DEADLOCK_DETECTED
            || *code == SqlState::T_R_SERIALIZATION_FAILURE
        {
            StoreError::Busy(message)
        } else if *code == SqlState::IN_FAILED_SQL_TRANSACTION {
            StoreError::FailedTransaction(message)
        } else if ["08", "53", "57", "25"].contains(&&code.code()[..2]) {
            StoreError::Unavailable(message)
        } else {
            StoreError::Statement(message)
        }
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(error: deadpool_postgres::PoolError) -> StoreError {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            deadpool_postgres::PoolError::Timeout(_) => {
                StoreError::Busy("no connection became free in time".to_owned())
            }
            error => StoreError::Unavailable(error.to_string()),
        }
    }
}
