//! The database's file: opened, and its owner's alone.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

pub fn connect(path: &Path, access: Access) -> Result<Connection, StoreError> {
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
pub fn private_file(path: &Path) -> Result<(), StoreError> {
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
