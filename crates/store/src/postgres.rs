//! PostgreSQL: a pool of connections, a transaction per batch.

mod bulk;
mod connecting;
mod replica;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use deadpool_postgres::{Object, Pool};
use futures_util::future::{FutureExt as _, try_join, try_join_all};
use futures_util::{StreamExt, pin_mut};
use tokio::runtime::Handle;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres_rustls::MakeRustlsConnect;
use verax_domain::Timestamp;
use verax_query::{Arg, Dialect, Resource, Sql, Tenant};

pub use self::bulk::{dump, is_served, load};
use self::connecting::{Role, pool, tls};
use self::replica::Replica;
use crate::cells::{Cells, Reader, Visit};
use crate::database::Location;
use crate::tally::{KnownBuckets, Upkeep};
use crate::turns::{Turn, Turns};
use crate::write::{Batch, Rows};
use crate::{Options, PoolStatus, StoreError};

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
    known_buckets: Arc<KnownBuckets>,
    pub is_new: bool,
}

/// The database ends its statements itself; what is not answered so long after it never will be.
const GRACE: Duration = Duration::from_secs(2);
/// Requests that may wait for a connection, for each that there is: those beyond it are refused at
/// once instead of late.
const WAITING_PER_CONNECTION: usize = 16;
/// A replica that has failed after so long is not followed by another try on the primary.
const SECOND_TRY: Duration = Duration::from_secs(2);

impl Postgres {
    pub async fn open(url: &str, options: &Options) -> Result<Postgres, StoreError> {
        let primary = pool(url, options, Role::Primary, options.connections)?;
        let probes = pool(url, options, Role::Primary, 2)?;
        let mut connection = primary.get().await?;
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
        let (tls, known_buckets) = (tls()?, Arc::default());
        let turns = Turns::of(options.connections);
        Ok(Postgres { primary, probes, replica, turns, patience, tls, known_buckets, is_new })
    }

    /// A tenant's turn at one of its share of the connections.
    pub async fn turn(&self, tenant: &Tenant) -> Result<Turn, StoreError> {
        self.turns.take(tenant, self.patience).await
    }

    /// For questions about the database itself.
    pub async fn probe_reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::Postgres(self.lend(&self.probes).await?))
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

    pub async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::Postgres(self.lend(&self.primary).await?))
    }

    /// Runs `work` on the replica. `None`: there is none that has all that was acknowledged, or it
    /// does not answer.
    pub async fn look<T>(
        &self,
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        let replica = self.replica.as_ref().filter(|replica| replica.has_all())?;
        let begun = Instant::now();
        let looked = match self.lend(replica.pool()).await {
            Ok(reader) => work(&mut Reader::Postgres(reader)).await,
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

    /// Looks after the tallies in a transaction of one moment. Folding is left to another node that
    /// is at it.
    pub async fn upkeep(
        &self,
        upkeep: Upkeep,
        resource: &'static Resource,
    ) -> Result<u64, StoreError> {
        let mut reader = self.reader().await?;
        if !reader.lock_upkeep(upkeep).await? {
            return Ok(0);
        }
        let done = upkeep.run(&mut reader, resource).await?;
        reader.unlock_upkeep().await?;
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

    async fn lend(&self, pool: &Pool) -> Result<PostgresReader, StoreError> {
        let status = pool.status();
        if status.waiting >= status.max_size * WAITING_PER_CONNECTION {
            return Err(StoreError::Busy("too many requests wait for a connection".to_owned()));
        }
        let connection = Some(pool.get().await?);
        let (patience, tls) = (Some(self.patience), self.tls.clone());
        let known_buckets = Arc::clone(&self.known_buckets);
        Ok(PostgresReader {
            connection,
            wants_snapshot: false,
            in_transaction: false,
            settled: true,
            patience,
            tls,
            known_buckets,
        })
    }
}

const CLOCK: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";

pub struct PostgresReader {
    connection: Option<Object>,
    /// A snapshot was asked for; it begins with the next statement.
    wants_snapshot: bool,
    in_transaction: bool,
    /// Whether its last statement has come to an end.
    settled: bool,
    /// How long a statement is waited for; `None`: as long as it takes.
    patience: Option<Duration>,
    tls: MakeRustlsConnect,
    pub known_buckets: Arc<KnownBuckets>,
}

// A request whose caller hangs up is dropped in the middle of its statements, and a database that is
// gone does not answer. Such a connection must not go back to the pool, where the next request would
// find a transaction open, or wait for an answer that is not its own: it is closed instead.
impl Drop for PostgresReader {
    fn drop(&mut self) {
        if self.in_transaction || !self.settled {
            let Some(connection) = self.connection.take().map(Object::take) else { return };
            if let (false, Ok(runtime)) = (self.settled, Handle::try_current()) {
                // Nobody waits for the statement any more. A commit that waits for a standby would
                // keep its place for as long as the standby is away.
                let cancelling = connection.cancel_token();
                let tls = self.tls.clone();
                runtime.spawn(async move {
                    // Where nobody answers there is nothing to cancel.
                    let _ = tokio::time::timeout(CANCEL_MAX, cancelling.cancel_query(tls)).await;
                });
            }
        }
    }
}

const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const CANCEL_MAX: Duration = Duration::from_secs(5);

impl PostgresReader {
    /// Runs one statement. The connection is given up when it does not answer in time.
    async fn run<T>(
        &mut self,
        statement: impl AsyncFnOnce(&Object) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Unavailable("the connection is closed".to_owned());
        let connection = self.connection.as_ref().ok_or_else(closed)?;
        self.settled = false;
        let answered = match self.patience {
            Some(patience) => tokio::time::timeout(patience, statement(connection))
                .await
                .unwrap_or_else(|_| Err(StoreError::Unavailable("it does not answer".to_owned()))),
            None => statement(connection).await,
        };
        self.settled = !matches!(answered, Err(StoreError::Unavailable(_)));
        answered
    }

    pub async fn begin(&mut self, statement: &str) -> Result<(), StoreError> {
        self.in_transaction = true;
        self.run(async |connection| Ok(connection.batch_execute(statement).await?)).await
    }

    pub fn begin_snapshot(&mut self) {
        self.wants_snapshot = true;
    }

    /// Ends the snapshot, if it was begun. It changed nothing, so nobody waits for the answer: what
    /// the connection is asked next comes after it.
    pub fn end_snapshot(&mut self) -> Result<(), StoreError> {
        self.wants_snapshot = false;
        if let Some(connection) = &self.connection
            && std::mem::take(&mut self.in_transaction)
            && let Some(ended) = connection.batch_execute("COMMIT").now_or_never()
        {
            ended?;
        }
        Ok(())
    }

    async fn end(&mut self, statement: &str) -> Result<(), StoreError> {
        self.run(async |connection| Ok(connection.batch_execute(statement).await?)).await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn commit_batch(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.begin("BEGIN").await?;
        let applied = self.apply(batch).await;
        match &applied {
            Ok(()) => self.end("COMMIT").await?,
            Err(StoreError::Unavailable(_)) => {}
            // The connection is as good as before.
            Err(_) => self.end("ROLLBACK").await?,
        }
        applied
    }

    async fn apply(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for (sql, rows) in &batch.statements {
            let touched = self.execute(sql).await?;
            if let Rows::Exactly(wanted) = rows
                && touched != *wanted
            {
                return Err(StoreError::Conflict);
            }
        }
        Ok(())
    }

    pub async fn execute(&mut self, sql: &Sql) -> Result<u64, StoreError> {
        self.run(async |connection| {
            let statement = connection.prepare_cached(&sql.text(Dialect::Postgres)).await?;
            let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
            Ok(connection.execute_raw(&statement, &args).await?)
        })
        .await
    }

    /// Sends all statements, then reads their answers in order.
    pub async fn fetch_all(&mut self, asked: &mut [(&Sql, Visit<'_>)]) -> Result<(), StoreError> {
        let begin = std::mem::take(&mut self.wants_snapshot);
        self.in_transaction |= begin;
        self.run(async |connection| {
            let begun = async {
                if begin {
                    connection.batch_execute(BEGIN_SNAPSHOT).await?;
                }
                Ok(())
            };
            let fetched = asked.iter_mut().map(|(sql, visit)| fetch(connection, sql, &mut **visit));
            try_join(begun, try_join_all(fetched)).await.map(drop)
        })
        .await
    }

    /// The one number of the one row of a statement.
    async fn number(&mut self, statement: &str) -> Result<i64, StoreError> {
        self.run(async |connection| {
            let statement = connection.prepare_cached(statement).await?;
            Ok(connection.query_one(&statement, &[]).await?.try_get(0)?)
        })
        .await
    }
}

async fn fetch(connection: &Object, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
    let statement = connection.prepare_cached(&sql.text(Dialect::Postgres)).await?;
    let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
    let rows = connection.query_raw(&statement, &args).await?;
    pin_mut!(rows);
    while let Some(row) = rows.next().await {
        visit(&row?)?;
    }
    Ok(())
}

impl Cells for tokio_postgres::Row {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: usize) -> Result<Option<f64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn boolean(&self, column: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

impl Reader {
    /// Takes the one lock of upkeep and begins its transaction; `false`: another has the lock.
    async fn lock_upkeep(&mut self, upkeep: Upkeep) -> Result<bool, StoreError> {
        let Reader::Postgres(reader) = self else { return Ok(false) };
        // Until the lock is given back this connection must not go to another request.
        reader.in_transaction = true;
        let statement = match upkeep {
            Upkeep::Fold => "SELECT pg_try_advisory_lock(7305804386)",
            _ => "SELECT pg_advisory_lock(7305804386) IS NOT NULL",
        };
        // Counting all records again takes as long as it takes.
        reader.patience = None;
        let locked = reader
            .run(async |connection| Ok(connection.query_one(statement, &[]).await?.try_get(0)?));
        if !locked.await? {
            reader.in_transaction = false;
            return Ok(false);
        }
        // What counts whole tables is planned for what it counts.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0; \
                     SET LOCAL plan_cache_mode = auto";
        reader.begin(begin).await?;
        Ok(true)
    }

    async fn unlock_upkeep(&mut self) -> Result<(), StoreError> {
        let Reader::Postgres(reader) = self else { return Ok(()) };
        reader.end("COMMIT; SELECT pg_advisory_unlock(7305804386)").await
    }
}

#[derive(Debug)]
struct Bound<'a>(&'a Arg);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Arg::Null => Ok(IsNull::Yes),
            Arg::Text(value) => value.to_sql_checked(ty, out),
            Arg::Bool(value) => value.to_sql_checked(ty, out),
            Arg::Integer(value) => value.to_sql_checked(ty, out),
            Arg::Number(value) => value.to_sql_checked(ty, out),
            Arg::TextList(list) => list.to_sql_checked(ty, out),
            Arg::IntegerList(list) => list.to_sql_checked(ty, out),
            Arg::NumberList(list) => list.to_sql_checked(ty, out),
            Arg::BoolList(list) => list.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // The value's own type decides, in `to_sql`.
        true
    }

    to_sql_checked!();
}
