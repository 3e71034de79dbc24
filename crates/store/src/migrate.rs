//! The schema: migrations in pairs, one folder per database.

use refinery::Runner;
use rusqlite::{Connection, OptionalExtension};

use crate::{Schema, StoreError};

mod sqlite_files {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres_files {
    refinery::embed_migrations!("migrations/postgres");
}

/// How the schema of a database relates to this binary.
#[derive(Clone, Copy)]
pub struct SchemaState {
    /// 0: nothing is there yet.
    found: i64,
    known: i64,
}

impl SchemaState {
    /// Whether migrations must run.
    fn must_run(self, schema: Schema) -> Result<bool, StoreError> {
        let SchemaState { found, known } = self;
        match schema {
            Schema::BringUpToDate => Ok(found < known),
            _ if found == 0 => Err(StoreError::Missing("this file or at this address".to_owned())),
            Schema::LeaveAsItIs if found < known => Err(StoreError::Older { found, known }),
            _ => Ok(found < known),
        }
    }

    /// Whether nothing was there.
    fn is_new(self) -> bool {
        self.found == 0
    }
}

/// Any 64-bit number will do: it names the lock that nodes starting at once take in turn. Making an index of
/// all records, or waiting for the node that does, takes as long as it takes.
const POSTGRES_LOCK: &str = "SET statement_timeout = 0; SELECT pg_advisory_lock(7305804385)";
const POSTGRES_UNLOCK: &str = "SELECT pg_advisory_unlock(7305804385); RESET statement_timeout";
const HISTORY: &str = "SELECT max(version) FROM refinery_schema_history";

/// Answers whether the database is new.
pub fn sqlite(connection: &mut Connection, schema: Schema) -> Result<bool, StoreError> {
    let runner = sqlite_files::migrations::runner();
    let state = refuse_newer(connection)?;
    if state.must_run(schema)? {
        // Two processes may open a new database at once: the later one finds it made.
        for attempt in 0.. {
            match runner.run(connection) {
                Ok(_) => break,
                Err(_) if attempt < 5 && refuse_newer(connection)?.found < state.known => {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                Err(_) if refuse_newer(connection)?.found == state.known => break,
                Err(error) => return Err(StoreError::Statement(error.to_string())),
            }
        }
    }
    Ok(state.is_new())
}

pub fn refuse_newer(connection: &Connection) -> Result<SchemaState, StoreError> {
    let exists = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |_| {
            Ok(())
        })
        .optional()?;
    let found: Option<i64> = match exists {
        Some(()) => connection.query_row(HISTORY, [], |row| row.get(0))?,
        None => None,
    };
    check(found, &sqlite_files::migrations::runner())
}

/// Answers whether the database is new.
pub async fn postgres(
    client: &mut tokio_postgres::Client,
    schema: Schema,
) -> Result<bool, StoreError> {
    client.batch_execute(POSTGRES_LOCK).await?;
    let result = postgres_locked(client, schema).await;
    client.batch_execute(POSTGRES_UNLOCK).await?;
    result
}

async fn postgres_locked(
    client: &mut tokio_postgres::Client,
    schema: Schema,
) -> Result<bool, StoreError> {
    let runner = postgres_files::migrations::runner();
    let exists = client
        .query_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[])
        .await?
        .get::<_, bool>(0);
    let found = match exists {
        true => client.query_one(HISTORY, &[]).await?.get::<_, Option<i32>>(0).map(i64::from),
        false => None,
    };
    let state = check(found, &runner)?;
    if state.must_run(schema)? {
        runner.run_async(client).await.map_err(|error| StoreError::Statement(error.to_string()))?;
    }
    Ok(state.is_new())
}

fn check(found: Option<i64>, runner: &Runner) -> Result<SchemaState, StoreError> {
    let known = runner.get_migrations().iter().map(|file| i64::from(file.version())).max();
    let state = SchemaState { found: found.unwrap_or(0), known: known.unwrap_or(0) };
    if state.found > state.known {
        return Err(StoreError::Newer { found: state.found, known: state.known });
    }
    Ok(state)
}
