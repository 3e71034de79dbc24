//! PostgreSQL: a pool of connections, a transaction per batch.

pub mod bulk;
mod connecting;
pub mod connection;
mod replica;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio_postgres_rustls::MakeRustlsConnect;
use verax_domain::Timestamp;
use verax_query::Tenant;

use self::connecting::{Role, pool, tls};
use self::connection::{Lock, PostgresConnection, Singleton};
use self::replica::Replica;
use crate::batch::Batch;
use crate::bells::Bells;
use crate::connection::Connection;
use crate::round_trips::RoundTrips;
use crate::tally::cached::CachedBuckets;
use crate::turns::{Turn, Turns};
use crate::{Location, Options, PoolStatus, StoreError};

/// Pools of connections to one PostgreSQL, and to a replica of it.
#[derive(Clone)]
pub struct Postgres {
    primary: Pool,
    /// For questions about the database itself: they do not wait behind requests.
    probes: Pool,
    replica: Option<Replica>,
    turns: Turns,
    /// After which a statement's connection counts as dead.
    patience: Duration,
    tls: MakeRustlsConnect,
    cached_buckets: Arc<CachedBuckets>,
    pub round_trips: RoundTrips,
    pub journaled: Arc<Bells>,
    pub is_new: bool,
}

/// The database ends its statements itself; what is not answered so long after it never will be.
const GRACE: Duration = Duration::from_secs(2);
/// Requests that may wait for a connection, for each that there is: those beyond it are rejected at
/// once instead of late.
const WAITING_PER_CONNECTION: usize = 16;
/// A replica that has failed after so long is not followed by another try on the primary.
const SECOND_TRY: Duration = Duration::from_secs(2);

impl Postgres {
    pub async fn open(url: &str, options: &Options) -> Result<Postgres, StoreError> {
        let primary = pool(url, options, Role::Primary, options.connections)?;
        let probes = pool(url, options, Role::Primary, 2)?;
        let mut connection = pool(url, options, Role::Alone, 1)?.get().await?;
        let is_new = crate::migrate::postgres(&mut connection, options.schema).await?;
        drop(connection);
        let replica = match &options.replica {
            Some(Location::Postgres(replica)) => {
                Some(Replica::follow(replica, options, probes.clone()).await?)
            }
            Some(Location::File(_)) => {
                return Err(StoreError::Address("a replica has a PostgreSQL address".to_owned()));
            }
            None => None,
        };
        let patience = options.statement_limit + GRACE;
        let (tls, cached_buckets) = (tls()?, Arc::default());
        let turns = Turns::of(options.connections);
        let (round_trips, journaled) = (RoundTrips::default(), Arc::default());
        Ok(Postgres {
            primary,
            probes,
            replica,
            turns,
            patience,
            tls,
            cached_buckets,
            round_trips,
            journaled,
            is_new,
        })
    }

    /// A tenant's turn at one of its share of the connections.
    pub async fn turn(&self, tenant: &Tenant) -> Result<Turn, StoreError> {
        self.turns.take(tenant, self.patience).await
    }

    /// For questions about the database itself.
    pub async fn probe_connection(&self) -> Result<Connection, StoreError> {
        Ok(Connection::Postgres(self.lend(&self.probes).await?))
    }

    pub fn pools(&self) -> Vec<PoolStatus> {
        let replica = self.replica.as_ref().map(|replica| ("replica", replica.pool()));
        let pools =
            [("primary", &self.primary), ("probes", &self.probes)].into_iter().chain(replica);
        let status = pools.map(|(name, pool)| {
            let status = pool.status();
            let used = status.size.saturating_sub(status.available);
            let (idle, max) = (status.available, status.max_size);
            PoolStatus { name, used, idle, max, waiting: Some(status.waiting) }
        });
        status.collect()
    }

    pub fn replica_lag(&self) -> Option<Duration> {
        self.replica.as_ref().map(Replica::lag)
    }

    pub async fn connection(&self) -> Result<Connection, StoreError> {
        Ok(Connection::Postgres(self.lend(&self.primary).await?))
    }

    /// Runs `work` on the replica. `None`: there is none that has all that was acknowledged, or it
    /// does not answer.
    pub async fn read_replica<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        let replica = self.replica.as_ref().filter(|replica| replica.has_all())?;
        let begun = Instant::now();
        let looked = match self.lend(replica.pool()).await {
            Ok(lent) => work(&mut Connection::Postgres(lent)).await,
            Err(error) => Err(error),
        };
        match looked {
            Err(StoreError::Busy(_) | StoreError::Unavailable(_))
                if begun.elapsed() < SECOND_TRY =>
            {
                None
            }
            done => Some(done),
        }
    }

    /// Runs `work` in a transaction of one moment, on one node at a time; `None`: it is left to another
    /// node.
    pub async fn transact_alone<T>(
        &self,
        what: Singleton,
        lock: Lock,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut lent = self.lend(&self.primary).await?;
        if !lent.begin_alone(what, lock).await? {
            return Ok(None);
        }
        let mut connection = Connection::Postgres(lent);
        let done = work(&mut connection).await?;
        if let Connection::Postgres(mut lent) = connection {
            lent.end_alone(what).await?;
        }
        Ok(Some(done))
    }

    /// Runs `work`, which writes, in a transaction.
    pub async fn transact<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lent = self.lend(&self.primary).await?;
        lent.begin().await?;
        let mut connection = Connection::Postgres(lent);
        let done = work(&mut connection).await?;
        if let Connection::Postgres(mut lent) = connection {
            lent.commit().await?;
        }
        Ok(done)
    }

    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut connection = self.lend(&self.primary).await?;
        connection.commit_batch(&batch).await?;
        if let Some(replica) = &self.replica {
            let written = connection.number(replica::WRITTEN).await?;
            // Others may have the connection while this waits.
            drop(connection);
            replica.wait_for(written).await;
        }
        Ok(())
    }

    /// Commits a batch on a connection apart from those of requests, and answers what time it is
    /// there.
    pub async fn probe(&self, batch: Batch) -> Result<Timestamp, StoreError> {
        let mut connection = self.lend(&self.probes).await?;
        connection.commit_batch(&batch).await?;
        connection.number(CLOCK).await.map(Timestamp)
    }

    async fn lend(&self, pool: &Pool) -> Result<PostgresConnection, StoreError> {
        let status = pool.status();
        if status.waiting >= status.max_size * WAITING_PER_CONNECTION {
            return Err(StoreError::Busy("too many requests wait for a connection".to_owned()));
        }
        let connection = pool.get().await?;
        let cached_buckets = Arc::clone(&self.cached_buckets);
        Ok(PostgresConnection::new(connection, self.patience, self.tls.clone(), cached_buckets))
    }
}

const CLOCK: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";

#[cfg(test)]
mod tests {
    use verax_query::Sql;

    use super::*;
    use crate::Schema;

    #[tokio::test]
    async fn a_read_that_fails_tells_the_cause_and_not_what_follows_from_it() {
        let url = std::env::var("VERAX_TEST_DATABASE_URL").expect("`cargo xtask postgres`");
        let options = Options {
            readers: 1,
            connections: 1,
            replica: None,
            statement_limit: Duration::from_secs(30),
            schema: Schema::LeaveAsItIs,
        };
        let primary = pool(&url, &options, Role::Primary, 1).expect("an address");
        let lent = primary.get().await.expect("PostgreSQL");
        let tls = tls().expect("TLS");
        let mut connection = PostgresConnection::new(lent, Duration::MAX, tls, Arc::default());
        connection.begin_snapshot();
        let [mut right, mut wrong] = [Sql::default(), Sql::default()];
        right.push("SELECT 1");
        wrong.push("SELECT 1 FROM no_such_table");
        // The first is planned before the second fails, and run after.
        let mut asked: [(&Sql, crate::row::Visit<'_>); 2] =
            [(&right, &mut |_| Ok(())), (&wrong, &mut |_| Ok(()))];
        let failed = connection.fetch_all(&mut asked).await.expect_err("there is no such table");
        assert!(failed.to_string().contains("no_such_table"), "{failed}");
    }
}
