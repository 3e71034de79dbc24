//! All rows of a database, out of one and into another, whichever of the two kinds each is.

pub mod blocks;

use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::blocks::{Reading, RowBlock, Step, TableDigests};
use crate::{Location, StoreError, postgres, sqlite};

/// The rows of all copied tables at one moment: when it was begun.
pub struct Dump {
    blocks: mpsc::Receiver<Reading>,
    /// The version of the schema that they have.
    pub schema_version: i64,
}

/// Rows on their way into an empty database: all of them are there at the end, or none.
pub struct Loading {
    steps: mpsc::Sender<Step>,
    done: JoinHandle<Result<(), StoreError>>,
}

/// Blocks that wait for whoever takes them.
const WAITING: usize = 2;
impl Dump {
    /// Begins with the state of this moment. SQLite is copied into the folder `scratch`, so that no
    /// snapshot keeps its log: as much space as the database is needed there.
    ///
    /// # Errors
    /// `Older` or `Newer` when the schema is not this binary's.
    pub async fn begin(location: &Location, scratch: &Path) -> Result<Dump, StoreError> {
        let (sender, blocks) = mpsc::channel(WAITING);
        let schema_version = match location {
            Location::File(path) => sqlite::bulk::dump(path, scratch, sender).await?,
            Location::Postgres(url) => postgres::bulk::dump(url, sender).await?,
        };
        Ok(Dump { blocks, schema_version })
    }

    /// The next rows; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<RowBlock>, StoreError> {
        let stopped = || Err(StoreError::Unavailable("the reading of its rows stopped".to_owned()));
        self.blocks.recv().await.unwrap_or_else(stopped)
    }
}

impl Loading {
    /// Makes the schema of this version, for which the database must be empty.
    ///
    /// # Errors
    /// `Address` when it is not empty.
    pub async fn begin(location: &Location, schema_version: i64) -> Result<Loading, StoreError> {
        let (steps, receiver) = mpsc::channel(WAITING);
        let done = match location {
            Location::File(path) => sqlite::bulk::load(path, schema_version, receiver).await?,
            Location::Postgres(url) => postgres::bulk::load(url, schema_version, receiver).await?,
        };
        Ok(Loading { steps, done })
    }

    pub async fn push(&mut self, block: RowBlock) -> Result<(), StoreError> {
        match self.steps.send(Step::Block(block)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Reads everything back, and keeps it when it is what it must be.
    pub async fn finish(mut self, expected: TableDigests) -> Result<(), StoreError> {
        if self.steps.send(Step::Finish(expected)).await.is_err() {
            return Err(self.failure().await);
        }
        drop(self.steps);
        self.done.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }

    async fn failure(&mut self) -> StoreError {
        match (&mut self.done).await {
            Ok(Err(error)) => error,
            _ => StoreError::Unavailable("the writing of rows stopped".to_owned()),
        }
    }
}

/// Whether servers are connected to this PostgreSQL database.
pub async fn is_served(location: &Location) -> Result<bool, StoreError> {
    match location {
        Location::File(_) => Ok(false),
        Location::Postgres(url) => postgres::bulk::is_served(url).await,
    }
}
