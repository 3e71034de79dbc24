//! What of deliveries is over is ended and forgotten.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::connection::Connection;
use crate::database::Database;

/// Rows of one statement: more would keep other writers waiting.
const ROWS_AT_ONCE: u64 = 1000;

/// Until when what is kept how long.
#[derive(Clone, Copy, Debug)]
pub struct SweepTimes {
    pub now: Timestamp,
    /// What is held since before is given up.
    pub held_since: Timestamp,
    /// Bodies of deliveries that ended before go.
    pub bodies_ended: Timestamp,
    /// Deliveries that ended before go, with their attempts.
    pub history_ended: Timestamp,
}

impl Database {
    /// Gives up what was held too long, cancels what has no endpoint any more, and forgets what is old, until
    /// there is no more of it.
    pub async fn sweep_deliveries(&self, times: SweepTimes) -> Result<(), StoreError> {
        loop {
            let rows = self.change(async move |connection| sweep_some(connection, times).await);
            if rows.await? < ROWS_AT_ONCE {
                return Ok(());
            }
        }
    }
}

/// The most rows that one of the statements has changed.
async fn sweep_some(connection: &mut Connection, times: SweepTimes) -> Result<u64, StoreError> {
    let now = Arg::Integer(times.now.0);
    let mut held = Sql::default();
    held.push("UPDATE webhook_events SET state = 'dead', ended_at = ").bind(now.clone());
    held.push(" WHERE ended_at IS NULL AND id IN (SELECT d.id FROM webhook_events AS d JOIN ");
    held.push("webhooks AS w ON w.client = d.client AND w.id = d.webhook WHERE d.ended_at IS ");
    held.push("NULL AND NOT w.is_active AND d.created_at < ");
    held.bind(Arg::Integer(times.held_since.0)).push(" LIMIT 1000)");
    let mut lost = Sql::default();
    lost.push("UPDATE webhook_events SET state = 'cancelled', ended_at = ").bind(now.clone());
    lost.push(" WHERE ended_at IS NULL AND id IN (SELECT d.id FROM webhook_events AS d WHERE ");
    lost.push("d.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM webhooks AS w WHERE w.client = ");
    lost.push("d.client AND w.id = d.webhook) LIMIT 1000)");
    // What did not end by an attempt has not said so to its body.
    let mut ended = Sql::default();
    ended.push("UPDATE webhook_bodies SET ended_at = ").bind(now);
    ended.push(" WHERE ended_at IS NULL AND (client, delivery) IN (SELECT b.client, b.delivery ");
    ended.push("FROM webhook_bodies AS b WHERE b.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM ");
    ended.push("webhook_events AS d WHERE d.client = b.client AND d.id = b.delivery AND ");
    ended.push("d.ended_at IS NULL) LIMIT 1000)");
    let mut bodies = Sql::default();
    bodies.push("DELETE FROM webhook_bodies WHERE (client, delivery) IN (SELECT client, delivery ");
    bodies.push("FROM webhook_bodies WHERE ended_at < ").bind(Arg::Integer(times.bodies_ended.0));
    bodies.push(" ORDER BY ended_at, delivery LIMIT 1000)");
    let old = |rows: &'static str| {
        let mut sql = Sql::default();
        sql.push("DELETE FROM ").push(rows).push(" FROM webhook_events WHERE ended_at < ");
        sql.bind(Arg::Integer(times.history_ended.0)).push(" ORDER BY ended_at, id LIMIT 1000)");
        sql
    };
    let attempts = old("webhook_attempts WHERE (client, delivery) IN (SELECT client, id");
    let history = old("webhook_events WHERE id IN (SELECT id");
    let mut most = 0;
    for sql in [held, lost, ended, bodies] {
        most = most.max(connection.execute(&sql).await?);
    }
    // They go with their deliveries, which are counted.
    connection.execute(&attempts).await?;
    Ok(most.max(connection.execute(&history).await?))
}
