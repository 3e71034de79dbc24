//! One interface to both databases.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use verax_query::{Dialect, Sql, Tenant};

use crate::batch::Batch;
use crate::bells::Bells;
use crate::connection::Connection;
use crate::postgres::Postgres;
use crate::receivers;
use crate::round_trips::RoundTrips;
use crate::row::Cells;
use crate::sqlite::{self, Sqlite};
use crate::{Location, Options, PoolStatus, StoreError};

/// An open database. Cheap to clone: clones share connections.
#[derive(Clone)]
pub enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    /// Connects to it, and does to its schema what the options say. Its text is as it was.
    pub(crate) async fn connect(
        location: &Location,
        options: &Options,
    ) -> Result<Database, StoreError> {
        match location {
            Location::File(_) if options.replica.is_some() => {
                Err(StoreError::Address("only PostgreSQL has replicas".to_owned()))
            }
            Location::File(path) => {
                let (path, options) = (path.clone(), options.clone());
                let opened =
                    tokio::task::spawn_blocking(move || Sqlite::open(&path, &options)).await;
                let opened = opened.map_err(|error| StoreError::Statement(error.to_string()))?;
                Ok(Database::Sqlite(opened?))
            }
            Location::Postgres(url) => Ok(Database::Postgres(Postgres::open(url, options).await?)),
        }
    }

    /// Makes the changes of a batch, all or none. When this returns, they are on the disk.
    ///
    /// # Errors
    /// `Conflict` when a statement touched another number of rows than it must.
    pub async fn commit(&self, mut batch: Batch) -> Result<(), StoreError> {
        self.round_trips().count();
        let is_journaled = !batch.events.is_empty();
        receivers::tell(&mut batch, receivers::RECEIVERS);
        let committed = match self {
            Database::Sqlite(sqlite) => sqlite.commit(batch).await,
            Database::Postgres(postgres) => postgres.commit(batch).await,
        };
        if is_journaled {
            self.journaled().ring();
        }
        committed
    }

    /// Rings when this process has committed something that has events.
    pub fn journaled(&self) -> &Bells {
        match self {
            Database::Sqlite(sqlite) => &sqlite.journaled,
            Database::Postgres(postgres) => &postgres.journaled,
        }
    }

    /// Waits until nothing of what was deleted is in SQLite's write-ahead log any more. Whether that
    /// is so within the limit: a connection of another process can keep it there.
    pub async fn log_emptied(&self, limit: Duration) -> bool {
        match self {
            Database::Sqlite(sqlite) => sqlite.log_emptied(limit).await,
            Database::Postgres(_) => true,
        }
    }

    /// The rows of a statement that reads, each as `read` reads it.
    pub(crate) async fn fetch_rows<T: Send + 'static>(
        &self,
        sql: Sql,
        read: impl Fn(&dyn Cells) -> Result<T, StoreError> + Clone + Send + Sync + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let sql = Arc::new(sql);
        self.read(async move |connection| connection.fetch_rows(&sql, read).await).await
    }

    /// The last of them, where there is one at most.
    pub(crate) async fn fetch_row<T: Send + 'static>(
        &self,
        sql: Sql,
        read: impl Fn(&dyn Cells) -> Result<T, StoreError> + Clone + Send + Sync + 'static,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.fetch_rows(sql, read).await?.pop())
    }

    /// The one number of the one row of a statement that reads.
    pub(crate) async fn fetch_number(&self, sql: Sql) -> Result<i64, StoreError> {
        let sql = Arc::new(sql);
        self.read(async move |connection| connection.fetch_number(&sql).await).await
    }

    /// Whether a statement that reads has any row.
    pub(crate) async fn has_rows(&self, sql: Sql) -> Result<bool, StoreError> {
        Ok(self.fetch_row(sql, |_| Ok(())).await?.is_some())
    }

    /// Runs `work` with a connection. On SQLite it may be begun a second time.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.round_trips().count();
        match self {
            Database::Sqlite(sqlite) => sqlite.read(None, work).await,
            Database::Postgres(postgres) => work(&mut postgres.connection().await?).await,
        }
    }

    /// Runs `work`, which only looks at records of this tenant, on one of the tenant's share of
    /// readers: on the replica where there is one that has all that was acknowledged; else as
    /// [`Database::read`] does.
    pub(crate) async fn read_replica<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.round_trips().count();
        match self {
            Database::Sqlite(sqlite) => sqlite.read(Some(tenant), work).await,
            Database::Postgres(postgres) => {
                let _turn = postgres.turn(tenant).await?;
                match postgres.read_replica(work.clone()).await {
                    Some(done) => done,
                    None => work(&mut postgres.connection().await?).await,
                }
            }
        }
    }

    /// Runs `work`, which reads records of this tenant as they are now, on one of the tenant's share of
    /// readers, and never on a replica.
    pub(crate) async fn read_primary<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.round_trips().count();
        match self {
            Database::Sqlite(sqlite) => sqlite.read(Some(tenant), work).await,
            Database::Postgres(postgres) => {
                let _turn = postgres.turn(tenant).await?;
                work(&mut postgres.connection().await?).await
            }
        }
    }

    /// Runs `work`, which reads and writes, in a transaction.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.round_trips().count();
        match self {
            Database::Sqlite(sqlite) => sqlite.transact(work).await,
            Database::Postgres(postgres) => postgres.transact(work).await,
        }
    }

    /// How many reads and batches this process has asked of it: each is one round trip, or a few that do not
    /// wait for each other.
    pub fn asked(&self) -> u64 {
        self.round_trips().total()
    }

    fn round_trips(&self) -> &RoundTrips {
        match self {
            Database::Sqlite(sqlite) => &sqlite.round_trips,
            Database::Postgres(postgres) => &postgres.round_trips,
        }
    }

    /// Which of the two it is.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Database::Sqlite(_) => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Measures how selective indexes are, by which statements are planned. PostgreSQL does it by itself.
    pub async fn measure_statistics(&self) -> Result<(), StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.measure_statistics().await,
            Database::Postgres(_) => Ok(()),
        }
    }

    /// The pools of connections, from memory.
    pub fn pools(&self) -> Vec<PoolStatus> {
        match self {
            Database::Sqlite(sqlite) => vec![sqlite.pool()],
            Database::Postgres(postgres) => postgres.pools(),
        }
    }

    /// How long ago the replica had all that the primary had; `None`: there is no replica.
    pub fn replica_lag(&self) -> Option<Duration> {
        match self {
            Database::Sqlite(_) => None,
            Database::Postgres(postgres) => postgres.replica_lag(),
        }
    }

    /// Whether opening it has made it.
    pub fn is_new(&self) -> bool {
        match self {
            Database::Sqlite(sqlite) => sqlite.is_new,
            Database::Postgres(postgres) => postgres.is_new,
        }
    }

    /// Whether it is a process of its own, that may be on another machine.
    pub fn is_remote(&self) -> bool {
        matches!(self, Database::Postgres(_))
    }

    pub fn backup(from: &Path, to: &Path) -> Result<u64, StoreError> {
        sqlite::backup::backup(from, to)
    }

    pub fn restore(from: &Path, to: &Path) -> Result<u64, StoreError> {
        sqlite::backup::restore(from, to)
    }
}
