//! PostgreSQL: a pool of connections, a transaction per batch.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures_util::{StreamExt, pin_mut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres_rustls::MakeRustlsConnect;
use verax_query::{Arg, Sql};

use crate::cells::{Cells, Reader, Visit};
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
        Ok(Reader::Postgres(PostgresReader { connection: self.pool.get().await? }))
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
    connection: Object,
}

impl PostgresReader {
    pub async fn fetch(&mut self, sql: &Sql, visit: Visit<'_>) -> Result<(), StoreError> {
        let statement = self.connection.prepare_cached(sql.text()).await?;
        let args: Vec<Bound<'_>> = sql.args().iter().map(Bound).collect();
        let rows = self.connection.query_raw(&statement, &args).await?;
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
            Arg::Blob(value) => value.to_sql_checked(ty, out),
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
