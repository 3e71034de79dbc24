//! All rows out of a PostgreSQL database, and into an empty one.

use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use verax_query::{Arg, Dialect, Sql};

use super::connecting::{Role, pool};
use super::connection::{BEGIN_SNAPSHOT, Bound};
use crate::bulk::blocks::{
    BlockWriter, Columns, REQUEUE, REQUEUE_SINCE, Reading, RowBlock, Step, TableDigest,
    TableDigests, Value, compare, copied_tables, not_empty,
};
use crate::{Options, Schema, StoreError};

/// Reading and writing everything takes as long as it takes, with pauses.
const UNLIMITED: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
/// Every node asks something several times a second, so one that runs has a connection.
const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND application_name = 'verax' AND pid <> pg_backend_pid()";

/// Sends all rows, and answers the version of the schema when the state that they are of is fixed.
pub async fn dump(url: &str, blocks: mpsc::Sender<Reading>) -> Result<i64, StoreError> {
    let connection = connect(url).await?;
    connection.batch_execute(BEGIN_SNAPSHOT).await?;
    let version = crate::migrate::reject_other_postgres(&connection).await?;
    tokio::spawn(async move {
        let read = read_all(&connection, &blocks).await;
        // Nobody may be waiting any more.
        drop(blocks.send(read.map(|()| None)).await);
    });
    Ok(version)
}

/// Writes rows in one transaction.
pub async fn load(
    url: &str,
    schema_version: i64,
    mut steps: mpsc::Receiver<Step>,
) -> Result<JoinHandle<Result<(), StoreError>>, StoreError> {
    let mut connection = connect(url).await?;
    for table in copied_tables() {
        if exists(&connection, table).await? && has_rows(&connection, table).await? {
            return Err(not_empty(table));
        }
    }
    crate::migrate::postgres(&mut connection, Schema::Version(schema_version)).await?;
    connection.batch_execute(UNLIMITED).await?;
    connection.batch_execute("BEGIN").await?;
    Ok(tokio::spawn(async move {
        while let Some(step) = steps.recv().await {
            match step {
                Step::Block(block) => write(&connection, &block).await?,
                Step::Finish(expected) => {
                    check(&connection, &expected).await?;
                    if schema_version >= REQUEUE_SINCE {
                        connection.batch_execute(REQUEUE).await?;
                    }
                    return Ok(connection.batch_execute("COMMIT").await?);
                }
            }
        }
        // The connection is closed with its transaction.
        Err(StoreError::Unavailable("the rows did not come to their end".to_owned()))
    }))
}

pub async fn is_served(url: &str) -> Result<bool, StoreError> {
    let connection = connect(url).await?;
    let row = connection.query_one(OTHERS, &[]).await?;
    Ok(row.try_get::<_, i64>(0)? > 0)
}

/// A connection of its own, that goes to nobody else afterwards.
async fn connect(url: &str) -> Result<ClientWrapper, StoreError> {
    let options = Options {
        readers: 1,
        connections: 1,
        replica: None,
        statement_limit: Duration::from_secs(60),
        schema: Schema::LeaveAsItIs,
    };
    let connection = Object::take(pool(url, &options, Role::Alone, 1)?.get().await?);
    connection.batch_execute(UNLIMITED).await?;
    Ok(connection)
}

async fn read_all(
    connection: &ClientWrapper,
    blocks: &mpsc::Sender<Reading>,
) -> Result<(), StoreError> {
    for table in copied_tables() {
        read(connection, table, &mut Taker::Queue(blocks)).await?;
    }
    Ok(connection.batch_execute("COMMIT").await?)
}

/// Who takes rows that are read.
enum Taker<'a> {
    Queue(&'a mpsc::Sender<Reading>),
    Digest(&'a mut TableDigest),
}

impl Taker<'_> {
    async fn take(&mut self, block: RowBlock) -> Result<(), StoreError> {
        match self {
            Taker::Digest(digest) => digest.add(&block),
            Taker::Queue(blocks) => blocks
                .send(Ok(Some(block)))
                .await
                .map_err(|_| StoreError::Unavailable("nobody takes the rows".to_owned())),
        }
    }
}

async fn read(
    connection: &ClientWrapper,
    table: &'static str,
    taker: &mut Taker<'_>,
) -> Result<(), StoreError> {
    let statement = connection.prepare(&all_of(table).text(Dialect::Postgres)).await?;
    let names: Vec<&str> = statement.columns().iter().map(|column| column.name()).collect();
    let mut writer = BlockWriter::new(table, &names);
    let nothing: [&(dyn ToSql + Sync); 0] = [];
    let mut rows = pin!(connection.query_raw(&statement, nothing).await?);
    while let Some(row) = rows.next().await {
        let row = row?;
        let full =
            writer.push(|column| value(&row, column, statement.columns()[column].type_()))?;
        if let Some(block) = full {
            taker.take(block).await?;
        }
    }
    match writer.rest() {
        Some(block) => taker.take(block).await,
        None => Ok(()),
    }
}

fn value<'a>(
    row: &'a tokio_postgres::Row,
    column: usize,
    kind: &Type,
) -> Result<Value<'a>, StoreError> {
    let value = match *kind {
        Type::BOOL => row.try_get::<_, Option<bool>>(column)?.map(i64::from).map(Value::Integer),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(column)?.map(Value::Number),
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.map(Value::Integer),
        _ => row.try_get::<_, Option<&str>>(column)?.map(Value::Text),
    };
    Ok(value.unwrap_or(Value::Null))
}

async fn write(connection: &ClientWrapper, block: &RowBlock) -> Result<(), StoreError> {
    let described = connection.prepare_cached(&all_of(block.table).text(Dialect::Postgres)).await?;
    let names: Vec<&str> = described.columns().iter().map(|column| column.name()).collect();
    let types: Vec<Type> = described.columns().iter().map(|it| it.type_().clone()).collect();
    let columns = Columns::matching(&names, block)?;
    let mut sql = Sql::default();
    sql.push("COPY ").push(block.table).push(" FROM STDIN BINARY");
    let copy = connection.prepare_cached(&sql.text(Dialect::Postgres)).await?;
    let sink = connection.copy_in::<_, bytes::Bytes>(&copy).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for row in block.rows() {
        let values = columns.values(row?)?;
        let values: Vec<Arg> = values.iter().zip(&types).map(|(it, kind)| arg(it, kind)).collect();
        let bound: Vec<Bound<'_>> = values.iter().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|it| it as _).collect();
        writer.as_mut().write(&bound).await?;
    }
    writer.finish().await?;
    Ok(())
}

fn arg(value: &Value<'_>, kind: &Type) -> Arg {
    match (value, kind) {
        (Value::Null, _) => Arg::Null,
        (Value::Integer(value), &Type::BOOL) => Arg::Bool(*value != 0),
        (Value::Integer(value), _) => Arg::Integer(*value),
        (Value::Number(value), _) => Arg::Number(*value),
        (Value::Text(text), _) => Arg::Text((*text).to_owned()),
    }
}

async fn check(connection: &ClientWrapper, expected: &TableDigests) -> Result<(), StoreError> {
    for table in expected.keys() {
        let mut digest = TableDigest::default();
        read(connection, table, &mut Taker::Digest(&mut digest)).await?;
        compare(expected, table, digest)?;
    }
    Ok(())
}

async fn exists(connection: &ClientWrapper, table: &'static str) -> Result<bool, StoreError> {
    let row = connection.query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&table]).await?;
    Ok(row.try_get(0)?)
}

async fn has_rows(connection: &ClientWrapper, table: &'static str) -> Result<bool, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT EXISTS (SELECT 1 FROM ").push(table).push(")");
    let statement = connection.prepare(&sql.text(Dialect::Postgres)).await?;
    let row = connection.query_one(&statement, &[]).await?;
    Ok(row.try_get(0)?)
}

fn all_of(table: &'static str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT * FROM ").push(table);
    sql
}
