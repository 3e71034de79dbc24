//! A connection to PostgreSQL: one statement, several at once, or a batch in a transaction.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::Object;
use futures_util::future::{FutureExt as _, join, join_all, ready, try_join_all};
use futures_util::{StreamExt, pin_mut};
use tokio::runtime::Handle;
use tokio_postgres::Statement;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres_rustls::MakeRustlsConnect;
use verax_query::{Arg, Dialect, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::row::{Cells, Visit};
use crate::tally::cached::CachedBuckets;

/// What one node does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Singleton {
    Upkeep,
    Numbering,
}

/// How its lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Not at all where another node has it.
    IfFree,
    Wait,
}

/// A connection that goes back to its pool when it is dropped, unless something is still open on it.
pub struct PostgresConnection {
    lent: Option<Object>,
    /// A snapshot was asked for; it begins with the next statement.
    wants_snapshot: bool,
    in_transaction: bool,
    /// Whether its last statement has come to an end.
    settled: bool,
    /// How long a statement is waited for; `None`: as long as it takes.
    patience: Option<Duration>,
    tls: MakeRustlsConnect,
    pub cached_buckets: Arc<CachedBuckets>,
}

// A request whose caller hangs up is dropped in the middle of its statements, and a database that is
// gone does not answer. Such a connection must not go back to the pool, where the next request would
// find a transaction open, or wait for an answer that is not its own: it is closed instead.
impl Drop for PostgresConnection {
    fn drop(&mut self) {
        if self.in_transaction || !self.settled {
            let Some(connection) = self.lent.take().map(Object::take) else { return };
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

impl Singleton {
    /// Any number names a lock; that of the migrations comes before these.
    fn lock_number(self) -> i64 {
        match self {
            Singleton::Upkeep => 7_305_804_386,
            Singleton::Numbering => 7_305_804_387,
        }
    }
}

/// What says that it does not write may write nothing: see [`super::connecting::Role`].
const BEGIN: &str = "BEGIN READ WRITE";
pub const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const CANCEL_MAX: Duration = Duration::from_secs(5);
/// Statements of a batch that are under way together: more would only fill memory.
const TOGETHER_MAX: usize = 64;

impl PostgresConnection {
    /// A connection whose statements are waited for so long.
    pub fn new(
        lent: Object,
        patience: Duration,
        tls: MakeRustlsConnect,
        cached_buckets: Arc<CachedBuckets>,
    ) -> PostgresConnection {
        PostgresConnection {
            lent: Some(lent),
            wants_snapshot: false,
            in_transaction: false,
            settled: true,
            patience: Some(patience),
            tls,
            cached_buckets,
        }
    }

    /// Runs one statement. The connection is given up when it does not answer in time.
    async fn run<T>(
        &mut self,
        statement: impl AsyncFnOnce(&Object) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Unavailable("the connection is closed".to_owned());
        let connection = self.lent.as_ref().ok_or_else(closed)?;
        self.settled = false;
        let answered = match self.patience {
            Some(patience) => tokio::time::timeout(patience, statement(connection))
                .await
                .unwrap_or_else(|_| Err(no_answer())),
            None => statement(connection).await,
        };
        self.settled = !matches!(answered, Err(StoreError::Unavailable(_)));
        answered
    }

    /// Begins a transaction that writes.
    pub async fn begin(&mut self) -> Result<(), StoreError> {
        self.begin_with(BEGIN).await
    }

    pub async fn commit(&mut self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    async fn begin_with(&mut self, statement: &str) -> Result<(), StoreError> {
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
        if let Some(connection) = &self.lent
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

    /// Makes the changes of a batch, all or none.
    pub async fn commit_batch(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut applied = Ok(());
        for statements in batch.statements.chunks(TOGETHER_MAX) {
            applied = self.apply(statements).await;
            if applied.is_err() {
                break;
            }
        }
        match &applied {
            Ok(()) if !self.in_transaction => {}
            Ok(()) => self.commit().await?,
            Err(StoreError::Unavailable(_)) => {}
            // The connection is as good as before.
            Err(_) => self.end("ROLLBACK").await?,
        }
        applied
    }

    /// Sends the beginning of a transaction, if none has begun, and these statements, then reads their
    /// answers: it waits for the server once, not once for each. Where the transaction does not begin
    /// they are rejected, as [`Role::Primary`](super::connecting::Role) says; where one fails, those
    /// after it are.
    pub async fn apply(&mut self, statements: &[(Sql, Rows)]) -> Result<(), StoreError> {
        let prepared = self.prepare(statements).await?;
        let closed = || StoreError::Unavailable("the connection is closed".to_owned());
        let connection = self.lent.as_ref().ok_or_else(closed)?;
        self.settled = false;
        let mut sent: Vec<(Answer<'_>, Rows)> = Vec::with_capacity(statements.len() + 1);
        if !std::mem::replace(&mut self.in_transaction, true) {
            let begin = async { connection.batch_execute(BEGIN).await.map(|()| 0) };
            sent.push((send(begin), Rows::Any));
        }
        for ((sql, rows), statement) in statements.iter().zip(&prepared) {
            let execute = async move {
                let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
                connection.execute_raw(statement, &args).await
            };
            sent.push((send(execute), *rows));
        }
        let mut applied = Ok(());
        for (answer, rows) in sent {
            let touched = match self.patience {
                None => answer.await,
                // Each has as long, from the end of the one before it.
                Some(patience) => match tokio::time::timeout(patience, answer).await {
                    Ok(touched) => touched,
                    Err(_) => return Err(no_answer()),
                },
            };
            let touched = match (touched.map_err(StoreError::from), rows) {
                (Ok(touched), Rows::Exactly(wanted)) if touched != wanted => {
                    Err(StoreError::Conflict)
                }
                (touched, _) => touched.map(drop),
            };
            // The first failure is the cause of the others.
            applied = applied.and(touched);
        }
        self.settled = !matches!(applied, Err(StoreError::Unavailable(_)));
        applied
    }

    /// The statements as the server knows them: those that it does not know yet are sent together.
    async fn prepare(&mut self, statements: &[(Sql, Rows)]) -> Result<Vec<Statement>, StoreError> {
        self.run(async |connection| {
            let prepared = statements.iter().map(async |(sql, _)| {
                connection.prepare_cached(&sql.text(Dialect::Postgres)).await
            });
            Ok(try_join_all(prepared).await?)
        })
        .await
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
            let (begun, fetched) = join(begun, join_all(fetched)).await;
            let failures = [begun].into_iter().chain(fetched).filter_map(Result::err);
            // Whichever is read first, the cause is what made the transaction fail.
            let cause = failures.min_by_key(|it| matches!(it, StoreError::FailedTransaction(_)));
            cause.map_or(Ok(()), Err)
        })
        .await
    }

    /// The one number of the one row of a statement.
    pub async fn number(&mut self, statement: &str) -> Result<i64, StoreError> {
        self.run(async |connection| {
            let statement = connection.prepare_cached(statement).await?;
            Ok(connection.query_one(&statement, &[]).await?.try_get(0)?)
        })
        .await
    }

    /// Takes the lock of this, which one node has at a time, and begins a transaction of one moment;
    /// `false`: another has the lock.
    pub async fn begin_alone(&mut self, what: Singleton, lock: Lock) -> Result<bool, StoreError> {
        // Until the lock is given back this connection must not go to another request.
        self.in_transaction = true;
        let statement = match lock {
            Lock::IfFree => format!("SELECT pg_try_advisory_lock({})", what.lock_number()),
            Lock::Wait => format!("SELECT pg_advisory_lock({}) IS NOT NULL", what.lock_number()),
        };
        // Counting all records again takes as long as it takes.
        self.patience = None;
        let locked = self
            .run(async |connection| Ok(connection.query_one(&statement, &[]).await?.try_get(0)?));
        if !locked.await? {
            self.in_transaction = false;
            return Ok(false);
        }
        // What counts whole tables is planned for what it counts.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; SET LOCAL statement_timeout = 0; \
                     SET LOCAL plan_cache_mode = auto";
        self.begin_with(begin).await?;
        Ok(true)
    }

    pub async fn end_alone(&mut self, what: Singleton) -> Result<(), StoreError> {
        self.end(&format!("COMMIT; SELECT pg_advisory_unlock({})", what.lock_number())).await
    }
}

/// How many rows a statement has touched, when that is known.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>>;

/// Sends a statement. Statements that are sent one after the other are made in this order, whoever waits
/// for which answer first.
fn send<'a>(
    statement: impl Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a,
) -> Answer<'a> {
    let mut answer: Answer<'a> = Box::pin(statement);
    // Its first poll sends it.
    match (&mut answer).now_or_never() {
        Some(answered) => Box::pin(ready(answered)),
        None => answer,
    }
}

fn no_answer() -> StoreError {
    StoreError::Unavailable("it does not answer".to_owned())
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

#[derive(Debug)]
pub struct Bound<'a>(pub &'a Arg);

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
