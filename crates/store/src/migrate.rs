//! The schema: migrations in pairs, one folder per database.

use refinery::{Runner, Target};
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
    /// The version that migrations must bring it to; `None` where none must run.
    fn missing(self, schema: Schema) -> Result<Option<i64>, StoreError> {
        let SchemaState { found, known } = self;
        let older = (found < known).then_some(known);
        match schema {
            Schema::BringUpToDate => Ok(older),
            Schema::Version(version) if version > known => {
                Err(StoreError::Newer { found: version, known })
            }
            Schema::Version(version) if version < found => {
                let newer = format!("the database has schema version {found}, the rows {version}");
                Err(StoreError::Address(format!("{newer}: take a new database")))
            }
            Schema::Version(version) => Ok((found < version).then_some(version)),
            Schema::LeaveAsItIs | Schema::BringExistingUpToDate if found == 0 => {
                Err(StoreError::Missing("this file or at this address".to_owned()))
            }
            Schema::LeaveAsItIs if found < known => Err(StoreError::Older { found, known }),
            Schema::LeaveAsItIs | Schema::BringExistingUpToDate => Ok(older),
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
    let state = reject_newer(connection)?;
    if let Some(wanted) = state.missing(schema)? {
        let runner = up_to(runner, wanted);
        // Two processes may open a new database at once: the later one finds it made.
        for attempt in 0.. {
            match runner.run(connection) {
                Ok(_) => break,
                Err(_) if attempt < 5 && reject_newer(connection)?.found < wanted => {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                Err(_) if reject_newer(connection)?.found == wanted => break,
                Err(error) => return Err(StoreError::Statement(error.to_string())),
            }
        }
    }
    Ok(state.is_new())
}

pub fn reject_newer(connection: &Connection) -> Result<SchemaState, StoreError> {
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
    let state = check(found(client).await?, &runner)?;
    if let Some(wanted) = state.missing(schema)? {
        let done = up_to(runner, wanted).run_async(client).await;
        done.map_err(|error| StoreError::Statement(error.to_string()))?;
    }
    Ok(state.is_new())
}

async fn found(client: &tokio_postgres::Client) -> Result<Option<i64>, StoreError> {
    let exists = client
        .query_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[])
        .await?
        .get::<_, bool>(0);
    Ok(match exists {
        true => client.query_one(HISTORY, &[]).await?.get::<_, Option<i32>>(0).map(i64::from),
        false => None,
    })
}

/// The version of the schema, which is the one that this binary knows.
pub async fn reject_other_postgres(client: &tokio_postgres::Client) -> Result<i64, StoreError> {
    let state = check(found(client).await?, &postgres_files::migrations::runner())?;
    state.missing(Schema::LeaveAsItIs).map(|_| state.found)
}

/// The same of SQLite.
pub fn reject_other(connection: &Connection) -> Result<i64, StoreError> {
    let state = reject_newer(connection)?;
    state.missing(Schema::LeaveAsItIs).map(|_| state.found)
}

fn up_to(runner: Runner, version: i64) -> Runner {
    // A version is that of a migration, which counts from 1.
    runner.set_target(i32::try_from(version).map_or(Target::Latest, Target::Version))
}

fn check(found: Option<i64>, runner: &Runner) -> Result<SchemaState, StoreError> {
    let known = runner.get_migrations().iter().map(|file| i64::from(file.version())).max();
    let state = SchemaState { found: found.unwrap_or(0), known: known.unwrap_or(0) };
    if state.found > state.known {
        return Err(StoreError::Newer { found: state.found, known: state.known });
    }
    Ok(state)
}
