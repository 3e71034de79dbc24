//! Deliveries that are due: taken by one node, a record's in their order.

use std::collections::HashMap;

use verax_domain::Timestamp;
use verax_domain::webhook::ORDER_WAIT_MS;
use verax_query::{Arg, Dialect, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::connection::Connection;
use crate::database::Database;
use crate::row::Cells;
use crate::tables::deliveries::Delivery;
use crate::tables::webhooks::Endpoint;

/// Deliveries that one look considers: many of one record may wait for its first.
const CONSIDERED_MAX: i64 = 64;
/// One that waits for an earlier event of its record is considered again after so long, unless that ends
/// before: meanwhile it is in nobody's way.
const CONSIDERED_AGAIN_MS: i64 = 1000;

impl Database {
    /// Takes deliveries to this endpoint that are due, the oldest first, `limit` at most: until the lease
    /// ends they are the caller's. No two nodes get the same one.
    pub async fn take_deliveries(
        &self,
        endpoint: &Endpoint,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let (dialect, endpoint) = (self.dialect(), endpoint.clone());
        let client = endpoint.client.clone();
        let work = async move |connection: &mut Connection| {
            let considered = considered_sql(dialect, &endpoint, now);
            let waits = |row: &dyn Cells| Ok((row.string(0)?, row.integer(1)? == Some(1)));
            let considered = connection.fetch_rows(&considered, waits).await?;
            let ids = |waiting: bool, limit: usize| -> Vec<String> {
                let some = considered.iter().filter(|(_, waits)| *waits == waiting);
                some.take(limit).map(|(id, _)| id.clone()).collect()
            };
            let (free, waiting) = (ids(false, limit as usize), ids(true, usize::MAX));
            if !waiting.is_empty() {
                let again = Timestamp(now.0.saturating_add(CONSIDERED_AGAIN_MS));
                connection.execute(&postpone_sql(dialect, &endpoint, waiting, again)).await?;
            }
            if free.is_empty() {
                return Ok(Vec::new());
            }
            let mut sql = postpone_sql(dialect, &endpoint, free, lease_until);
            sql.push(" RETURNING id, client, webhook, event, type, resource, record, sequence, ");
            sql.push("record_status, project_flow, app_registration, attempts, created_at");
            let read = move |row: &dyn Cells| delivery(row, lease_until);
            let mut taken = connection.fetch_rows(&sql, read).await?;
            taken.sort_by_key(|it| (it.created_at, it.sequence));
            Ok(taken)
        };
        let mut taken = self.change(work).await?;
        if taken.is_empty() {
            return Ok(taken);
        }
        // Also of a first attempt: whoever took it before may have died after sending.
        let mut sql = Sql::default();
        sql.push("SELECT delivery, request FROM webhook_bodies WHERE client = ")
            .bind(text(&client));
        sql.push(" AND delivery");
        let ids = taken.iter().map(|it| it.id.clone()).collect();
        sql.member_of(self.dialect(), Arg::TextList(ids));
        let bodies = self.fetch_rows(sql, |row| Ok((row.string(0)?, row.string(1)?))).await?;
        let mut bodies: HashMap<String, String> = bodies.into_iter().collect();
        for delivery in &mut taken {
            delivery.body = bodies.remove(&delivery.id);
        }
        Ok(taken)
    }
}

impl Batch {
    /// A delivery has ended: the next one of its record, if it waits for it, is due now.
    pub(crate) fn release_next(&mut self, ended: &Delivery, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhook_events SET due_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE client = ").bind(text(&ended.client));
        sql.push(" AND webhook = ").bind(text(&ended.webhook));
        sql.push(" AND record = ").bind(text(&ended.record));
        sql.push(" AND resource = ").bind(text(&ended.resource));
        sql.push(" AND ended_at IS NULL AND sent_at IS NULL AND due_at > ").again(1);
        // Not one that somebody has taken meanwhile: a lease is longer.
        sql.push(" AND due_at <= ").bind(Arg::Integer(now.0.saturating_add(CONSIDERED_AGAIN_MS)));
        sql.push(" AND sequence = (SELECT min(sequence) FROM webhook_events WHERE client = ");
        sql.again(2).push(" AND webhook = ").again(3).push(" AND record = ").again(4);
        sql.push(" AND resource = ").again(5).push(" AND ended_at IS NULL)");
        self.push(sql, Rows::Any)
    }
}

/// The first that are due, and whether each waits for an earlier event of its record: one that is new, or
/// has not failed for long.
fn considered_sql(dialect: Dialect, endpoint: &Endpoint, now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT d.id, ");
    if endpoint.is_ordered {
        sql.push(
            "CAST(CASE WHEN EXISTS (SELECT 1 FROM webhook_events AS p WHERE p.client = d.client ",
        );
        sql.push("AND p.webhook = d.webhook AND p.record = d.record AND p.resource = d.resource ");
        sql.push("AND p.sequence < d.sequence AND p.ended_at IS NULL AND (p.sent_at IS NULL OR ");
        sql.push("p.sent_at > ").bind(Arg::Integer(now.0.saturating_sub(ORDER_WAIT_MS)));
        sql.push(")) THEN 1 ELSE 0 END AS bigint)");
    } else {
        sql.push("CAST(0 AS bigint)");
    }
    sql.push(" FROM (SELECT id, client, webhook, record, resource, sequence, due_at, created_at ");
    sql.push("FROM webhook_events WHERE client = ").bind(text(&endpoint.client));
    sql.push(" AND webhook = ").bind(text(&endpoint.id));
    sql.push(" AND ended_at IS NULL AND due_at <= ").bind(Arg::Integer(now.0));
    sql.push(" ORDER BY due_at, created_at, sequence LIMIT ").bind(Arg::Integer(CONSIDERED_MAX));
    if dialect == Dialect::Postgres {
        // SQLite has one writer: there is nobody to skip.
        sql.push(" FOR UPDATE SKIP LOCKED");
    }
    sql.push(") AS d ORDER BY d.due_at, d.created_at, d.sequence");
    sql
}

fn postpone_sql(dialect: Dialect, endpoint: &Endpoint, ids: Vec<String>, until: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("UPDATE webhook_events SET due_at = ").bind(Arg::Integer(until.0));
    sql.push(" WHERE client = ").bind(text(&endpoint.client)).push(" AND id");
    sql.member_of(dialect, Arg::TextList(ids));
    sql
}

fn delivery(row: &dyn Cells, lease_until: Timestamp) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.string(0)?,
        client: row.string(1)?,
        webhook: row.string(2)?,
        event: row.string(3)?,
        wire_type: row.string(4)?,
        resource: row.string(5)?,
        record: row.string(6)?,
        sequence: row.integer(7)?.unwrap_or(0),
        status: row.optional_string(8)?,
        project_flow: row.optional_string(9)?,
        app_registration: row.optional_string(10)?,
        attempts: row.integer(11)?.unwrap_or(0),
        created_at: Timestamp(row.integer(12)?.unwrap_or(0)),
        lease_until,
        body: None,
    })
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
