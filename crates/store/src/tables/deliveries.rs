//! Deliveries of events to endpoints: taken, attempted, ended, sent again, and forgotten.

use verax_domain::Timestamp;
use verax_domain::webhook::DAY_MS;
use verax_query::{Arg, Resource, Sql, Tenant};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// A delivery that somebody attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    pub client: String,
    pub webhook: String,
    pub event: String,
    /// The type as the body says it.
    pub wire_type: String,
    pub resource: String,
    pub record: String,
    pub sequence: i64,
    /// The record's status after the event.
    pub status: Option<String>,
    pub project_flow: Option<String>,
    pub app_registration: Option<String>,
    /// How often it was attempted before.
    pub attempts: i64,
    pub created_at: Timestamp,
    /// Until when it is the taker's.
    pub lease_until: Timestamp,
    /// What was prepared to be sent; `None`: nothing yet, or it was erased.
    pub body: Option<String>,
}

/// One attempt, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub number: i64,
    pub at: Timestamp,
    pub ms: i64,
    pub status_code: Option<i64>,
    /// The class of the error, where there was no answer.
    pub error: Option<String>,
    /// JSON object of headers that say nothing of persons.
    pub headers: Option<String>,
}

/// What an attempt makes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// It is attempted again at this moment.
    Retried(Timestamp),
    Dead,
}

/// What was sent, and what was answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bodies {
    pub request: String,
    pub response: Option<String>,
}

/// How many deliveries of a webhook came to what on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryCount {
    pub webhook: String,
    pub project_flow: Option<String>,
    /// Days since 1970.
    pub day: i64,
    pub response_status: Option<String>,
    pub count: i64,
}

impl Database {
    /// What was sent and answered, as long as it is kept.
    pub async fn bodies(&self, client: &str, delivery: &str) -> Result<Option<Bodies>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT request, response FROM webhook_bodies WHERE client = ").bind(text(client));
        sql.push(" AND delivery = ").bind(text(delivery));
        let bodies = |row: &dyn Cells| {
            Ok(Bodies { request: row.string(0)?, response: row.optional_string(1)? })
        };
        self.fetch_row(sql, bodies).await
    }

    /// Every attempt of a delivery, the first first.
    pub async fn attempts(&self, client: &str, delivery: &str) -> Result<Vec<Attempt>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT number, at, ms, status_code, error, headers FROM webhook_attempts ");
        sql.push("WHERE client = ").bind(text(client));
        sql.push(" AND delivery = ").bind(text(delivery)).push(" ORDER BY number");
        let attempt = |row: &dyn Cells| {
            Ok(Attempt {
                number: row.integer(0)?.unwrap_or(0),
                at: Timestamp(row.integer(1)?.unwrap_or(0)),
                ms: row.integer(2)?.unwrap_or(0),
                status_code: row.integer(3)?,
                error: row.optional_string(4)?,
                headers: row.optional_string(5)?,
            })
        };
        self.fetch_rows(sql, attempt).await
    }

    /// How many deliveries to these webhooks came to what, by flow and day, of events since `since`.
    pub async fn delivery_counts(
        &self,
        tenant: &Tenant,
        webhooks: Vec<String>,
        since: Timestamp,
    ) -> Result<Vec<DeliveryCount>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT webhook, project_flow, created_at / ").bind(Arg::Integer(DAY_MS));
        sql.push(" AS day, response_status, count(*) FROM webhook_events WHERE created_at >= ");
        sql.bind(Arg::Integer(since.0));
        if let Tenant::Client(client) = tenant {
            sql.push(" AND client = ").bind(text(client));
        }
        sql.push(" AND webhook").member_of(self.dialect(), Arg::TextList(webhooks));
        sql.push(" GROUP BY webhook, project_flow, created_at / ").again(1);
        sql.push(", response_status");
        let count = |row: &dyn Cells| {
            Ok(DeliveryCount {
                webhook: row.string(0)?,
                project_flow: row.optional_string(1)?,
                day: row.integer(2)?.unwrap_or(0),
                response_status: row.optional_string(3)?,
                count: row.integer(4)?.unwrap_or(0),
            })
        };
        self.fetch_rows(sql, count).await
    }

    /// How many deliveries to endpoints that are called have not ended, counted up to 10,000, and when
    /// the oldest of them was due.
    pub async fn open_deliveries(&self) -> Result<(i64, Option<Timestamp>), StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT count(*), min(created_at) FROM (SELECT d.created_at FROM ");
        sql.push("webhook_events AS d JOIN webhooks AS w ON w.client = d.client AND ");
        sql.push("w.id = d.webhook WHERE d.ended_at IS NULL AND w.is_active LIMIT 10000) AS open");
        let counts =
            |row: &dyn Cells| Ok((row.integer(0)?.unwrap_or(0), row.integer(1)?.map(Timestamp)));
        Ok(self.fetch_row(sql, counts).await?.unwrap_or_default())
    }

    /// Deliveries to an endpoint of events since then that were given up, or that wait for their next
    /// attempt, are due now; answers how many. What is due before the end of a lease that begins now may be
    /// under way, and comes by itself.
    pub async fn recover_deliveries(
        &self,
        (client, webhook): (&str, &str),
        since: Timestamp,
        (now, lease_until): (Timestamp, Timestamp),
    ) -> Result<u64, StoreError> {
        let mut sql = Sql::default();
        sql.push("UPDATE webhook_events SET ended_at = NULL, attempts = 0, sent_at = NULL, state = 'pending', ");
        sql.push("due_at = ").bind(Arg::Integer(now.0)).push(" WHERE client = ").bind(text(client));
        sql.push(" AND webhook = ").bind(text(webhook)).push(" AND (state = 'dead' OR ");
        sql.push("(ended_at IS NULL AND due_at > ").bind(Arg::Integer(lease_until.0));
        sql.push(")) AND created_at >= ").bind(Arg::Integer(since.0));
        self.change(async move |connection| connection.execute(&sql).await).await
    }
}

impl Batch {
    /// What is sent in every attempt of a delivery. The batch is a `Conflict` when the delivery has ended, and
    /// where a record of this resource is in it, when that is gone: what is sent of a record goes in the
    /// commit that deletes it.
    pub fn store_request(
        &mut self,
        delivery: &Delivery,
        request: &str,
        resource: Option<&'static Resource>,
    ) -> &mut Batch {
        if let Some(resource) = resource {
            self.hold_record(resource, &delivery.client, &delivery.record);
        }
        let mut sql = Sql::default();
        sql.push("INSERT INTO webhook_bodies (client, delivery, resource, record, ");
        sql.push("app_registration, request) SELECT d.client, d.id, d.resource, d.record, ");
        sql.push("d.app_registration, CAST(").bind(text(request)).push(" AS text) FROM ");
        sql.push("webhook_events AS d WHERE d.client = ").bind(text(&delivery.client));
        sql.push(" AND d.id = ").bind(text(&delivery.id)).push(" AND d.ended_at IS NULL");
        // Not while its client, or its webhook, is being deleted.
        sql.push_on_postgres(" FOR SHARE OF d");
        self.push(sql, Rows::Exactly(1))
    }

    /// What an attempt came to; a `Conflict` when the delivery is somebody else's by now, or has ended.
    pub fn end_attempt(
        &mut self,
        delivery: &Delivery,
        attempt: &Attempt,
        outcome: Outcome,
        (response, body): (&str, Option<&str>),
        now: Timestamp,
    ) -> &mut Batch {
        let (state, word) = match outcome {
            Outcome::Delivered => ("delivered", "success"),
            Outcome::Retried(_) => ("retrying", "fail"),
            Outcome::Dead => ("dead", "fail"),
        };
        let mut sql = Sql::default();
        sql.push("UPDATE webhook_events SET status = 'sent', state = ").bind(text(state));
        sql.push(", attempts = ").bind(Arg::Integer(attempt.number));
        sql.push(", response = ").bind(text(response));
        sql.push(", response_status = ").bind(text(word));
        sql.push(", sent_at = COALESCE(sent_at, ").bind(Arg::Integer(attempt.at.0)).push(")");
        match outcome {
            Outcome::Retried(at) => sql.push(", due_at = ").bind(Arg::Integer(at.0)),
            _ => sql.push(", ended_at = ").bind(Arg::Integer(now.0)),
        };
        sql.push(" WHERE client = ").bind(text(&delivery.client));
        sql.push(" AND id = ").bind(text(&delivery.id));
        sql.push(" AND due_at = ").bind(Arg::Integer(delivery.lease_until.0));
        sql.push(" AND ended_at IS NULL");
        self.push(sql, Rows::Exactly(1));
        let mut sql = Sql::default();
        sql.push("INSERT INTO webhook_attempts (client, delivery, number, at, ms, status_code, ");
        sql.push("error, headers) VALUES (").bind(text(&delivery.client)).push(", ");
        sql.bind(text(&delivery.id)).push(", ").bind(Arg::Integer(attempt.number)).push(", ");
        sql.bind(Arg::Integer(attempt.at.0)).push(", ").bind(Arg::Integer(attempt.ms)).push(", ");
        sql.bind(attempt.status_code.map_or(Arg::Null, Arg::Integer)).push(", ");
        sql.bind(attempt.error.as_deref().map_or(Arg::Null, text)).push(", ");
        sql.bind(attempt.headers.as_deref().map_or(Arg::Null, text));
        // A delivery that was recovered is counted from 1 again.
        sql.push(") ON CONFLICT (client, delivery, number) DO UPDATE SET at = excluded.at, ");
        sql.push("ms = excluded.ms, status_code = excluded.status_code, error = excluded.error, ");
        sql.push("headers = excluded.headers");
        self.push(sql, Rows::Any);
        let has_ended = !matches!(outcome, Outcome::Retried(_));
        let mut sql = Sql::default();
        sql.push("UPDATE webhook_bodies SET response = COALESCE(CAST(");
        sql.bind(body.map_or(Arg::Null, text)).push(" AS text), response), ended_at = CAST(");
        sql.bind(if has_ended { Arg::Integer(now.0) } else { Arg::Null }).push(" AS bigint)");
        sql.push(" WHERE client = ").bind(text(&delivery.client));
        sql.push(" AND delivery = ").bind(text(&delivery.id));
        self.push(sql, Rows::Any);
        if has_ended {
            self.release_next(delivery, now);
        }
        self
    }

    /// The same event again to the same endpoint, as a delivery with this id; a `Conflict` when there is
    /// no such delivery, or no such endpoint any more.
    pub fn resend(&mut self, client: &str, of: &str, id: &str, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push(
            "INSERT INTO webhook_events (id, client, webhook, event, type, resource, record, ",
        );
        sql.push("sequence, record_status, project_flow, app_registration, state, due_at, ");
        sql.push("created_at) SELECT CAST(")
            .bind(text(id))
            .push(" AS text), d.client, d.webhook, ");
        sql.push("d.event, d.type, d.resource, d.record, d.sequence, d.record_status, ");
        sql.push("d.project_flow, d.app_registration, CASE WHEN w.is_active THEN 'pending' ELSE ");
        sql.push("'held' END, CAST(").bind(Arg::Integer(now.0)).push(" AS bigint), CAST(");
        sql.again(2).push(" AS bigint) FROM webhook_events AS d JOIN webhooks AS w ON ");
        sql.push("w.client = d.client AND w.id = d.webhook WHERE d.client = ").bind(text(client));
        sql.push(" AND d.id = ").bind(text(of));
        self.push(sql, Rows::Exactly(1));
        // The bytes are those that were sent, as long as they are there.
        let mut sql = Sql::default();
        sql.push("INSERT INTO webhook_bodies (client, delivery, resource, record, ");
        sql.push("app_registration, request) SELECT client, CAST(").bind(text(id));
        sql.push(" AS text), resource, record, app_registration, request FROM webhook_bodies ");
        sql.push("WHERE client = ").bind(text(client)).push(" AND delivery = ").bind(text(of));
        self.push(sql, Rows::Any)
    }

    /// What waits for its next attempt at an endpoint is due now, as far as it cannot be under way: see
    /// [`Database::recover_deliveries`].
    pub fn hasten_deliveries(
        &mut self,
        (client, webhook): (&str, &str),
        lease_until: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        // In the order of their events, not of their next attempts.
        sql.push("UPDATE webhook_events SET due_at = created_at WHERE client = ");
        sql.bind(text(client)).push(" AND webhook = ").bind(text(webhook));
        sql.push(" AND ended_at IS NULL AND due_at > ").bind(Arg::Integer(lease_until.0));
        self.push(sql, Rows::Any)
    }

    /// What waits says what it waits for: `held` where the endpoint is not called, and otherwise not.
    /// 1,000 rows at most; of this endpoint, or of all.
    pub fn mark_held(&mut self, of: Option<(&str, &str)>) -> &mut Batch {
        for (state, rows) in [
            (
                "UPDATE webhook_events SET state = 'held' WHERE ended_at IS NULL AND id IN (SELECT ",
                "d.state <> 'held' AND NOT w.is_active",
            ),
            (
                "UPDATE webhook_events SET state = CASE WHEN attempts > 0 THEN 'retrying' ELSE \
                 'pending' END WHERE ended_at IS NULL AND id IN (SELECT ",
                "d.state = 'held' AND w.is_active",
            ),
        ] {
            let mut sql = Sql::default();
            sql.push(state).push("d.id FROM webhook_events AS d JOIN webhooks AS w ON w.client = ");
            sql.push("d.client AND w.id = d.webhook WHERE d.ended_at IS NULL AND ").push(rows);
            if let Some((client, webhook)) = of {
                sql.push(" AND d.client = ").bind(text(client));
                sql.push(" AND d.webhook = ").bind(text(webhook));
            }
            sql.push(" LIMIT 1000)");
            self.push(sql, Rows::Any);
        }
        self
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
