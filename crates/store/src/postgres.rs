//! PostgreSQL: a pool of connections, a transaction per batch.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures_util::{StreamExt, pin_mut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres_rustls::MakeRustlsConnect;
use verax_query::{Arg, Resource, Sql};

use crate::cells::{Cells, Reader, Visit};
use crate::tally::Upkeep;
use crate::write::{Batch, Rows};
use crate::{Options, StoreError};

/// A pool of connections to one PostgreSQL.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool,
}

/// How long a request waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(5);

impl Postgres {
    pub async fn open(url: &str, options: &Options) -> Result<Postgres, StoreError> {
        let mut config = tokio_postgres::Config::from_str(url)
            // The driver's error may quote the address, and with it the password.
            .map_err(|_| StoreError::Address("the database URL is not valid".to_owned()))?;
        let limit = options.statement_limit.as_millis();
        let given = config.get_options().unwrap_or_default();
        config.options(format!("{given} -c statement_timeout={limit} -c timezone=UTC"));
        config.application_name("verax");
        config.connect_timeout(Duration::from_secs(5));
        let tls = MakeRustlsConnect::new(tls_config()?);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, tls, recycling))
            .max_size(options.connections)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .recycle_timeout(Some(POOL_WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let mut connection = pool.get().await?;
        crate::migrate::postgres(&mut connection, options.schema).await?;
        Ok(Postgres { pool })
    }

    pub async fn reader(&self) -> Result<Reader, StoreError> {
        let connection = Some(self.pool.get().await?);
        Ok(Reader::Postgres(PostgresReader { connection, in_transaction: false }))
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
        let mut connection = self.pool.get().await?;
        let transaction = connection.transaction().await?;
        for (sql, rows) in &batch.statements {
            let statement = transaction.prepare_cached(sql.text()).await?;
            let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
            let touched = transaction.execute_raw(&statement, &args).await?;
            if let Rows::Exactly(wanted) = rows
                && touched != *wanted
            {
                return Err(StoreError::Conflict);
            }
        }
        Ok(transaction.commit().await?)
    }
}

pub struct PostgresReader {
    connection: Option<Object>,
    in_transaction: bool,
}

// A request whose caller hangs up is dropped in the middle of its statements. Its connection must
// not go back to the pool with a transaction open: it is closed instead.
impl Drop for PostgresReader {
    fn drop(&mut self) {
        if self.in_transaction
            && let Some(connection) = self.connection.take()
        {
            drop(Object::take(connection));
        }
    }
}

impl PostgresReader {
    fn connection(&self) -> Result<&Object, StoreError> {
        let closed = || StoreError::Unavailable("the connection is closed".to_owned());
        self.connection.as_ref().ok_or_else(closed)
    }

    pub async fn begin(&mut self, statement: &str) -> Result<(), StoreError> {
        self.in_transaction = true;
        Ok(self.connection()?.batch_execute(statement).await?)
    }

    /// Ends the transaction, if one was begun.
    pub async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.in_transaction {
            return Ok(());
        }
        self.connection()?.batch_execute("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    pub async fn execute(&mut self, sql: &Sql) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        let statement = connection.prepare_cached(sql.text()).await?;
        let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
        Ok(connection.execute_raw(&statement, &args).await?)
    }

    pub async fn fetch(&mut self, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let statement = connection.prepare_cached(sql.text()).await?;
        let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
        let rows = connection.query_raw(&statement, &args).await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            visit(&row?)?;
        }
        Ok(())
    }
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
        if !reader.connection()?.query_one(statement, &[]).await?.get::<_, bool>(0) {
            reader.in_transaction = false;
            return Ok(false);
        }
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0";
        reader.begin(begin).await?;
        Ok(true)
    }

    async fn unlock_upkeep(&mut self) -> Result<(), StoreError> {
        let Reader::Postgres(reader) = self else { return Ok(()) };
        let end = "COMMIT; SELECT pg_advisory_unlock(7305804386)";
        reader.connection()?.batch_execute(end).await?;
        reader.in_transaction = false;
        Ok(())
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

fn tls_config() -> Result<rustls::ClientConfig, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    // A machine without certificates can still reach a database without TLS.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Unavailable(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
