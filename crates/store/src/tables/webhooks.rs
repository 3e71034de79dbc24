//! The endpoints that are called: as whoever calls them needs them, and how well they answer.

use verax_domain::Timestamp;
use verax_domain::events::{Certainty, Entry, EventKind};
use verax_domain::journal::Stamp;
use verax_domain::webhook::{DAY_MS, FAILURES_BEFORE_PAUSE};
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;
use crate::row::Cells;

/// An endpoint, as far as calling it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub client: String,
    pub id: String,
    pub url: String,
    pub is_active: bool,
    /// Bodies as Verifik writes them; else those of Standard Webhooks.
    pub is_verifik: bool,
    /// Whether a standard body holds the record.
    pub is_full: bool,
    /// Whether a record's events come one after the other.
    pub is_ordered: bool,
    /// `api`, `flow` or `validation`.
    pub source: String,
    /// Failed attempts in a row, and since when there was nothing else.
    pub failures: i64,
    pub failing_since: Option<Timestamp>,
    pub paused_until: Option<Timestamp>,
    /// How long the last pause was.
    pub pause_ms: i64,
    /// Which of its secrets counts, and until when the one before it does.
    pub secret_number: i64,
    pub old_secret_until: Option<Timestamp>,
}

/// Why an endpoint is not called any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled<'a> {
    ByClient,
    /// By the server, for what happened at this URL.
    Because {
        reason: &'a str,
        url: &'a str,
    },
}

const COLUMNS: &str = "SELECT w.client, w.id, w.url, w.is_active, w.format, w.payload, w.ordering, \
     w.source, w.failures, w.failing_since, w.paused_until, w.pause_ms, w.secret_number, \
     w.old_secret_until FROM webhooks AS w";

impl Endpoint {
    /// Whether it was made by hand, and not by a flow or a validation that names it.
    pub fn is_made(&self) -> bool {
        self.source == "api"
    }

    /// Whether it has failed so often that one delivery at a time is tried.
    pub fn is_failing(&self) -> bool {
        self.failures >= FAILURES_BEFORE_PAUSE
    }

    fn read(row: &dyn Cells) -> Result<Endpoint, StoreError> {
        Ok(Endpoint {
            client: row.string(0)?,
            id: row.string(1)?,
            url: row.string(2)?,
            is_active: row.boolean(3)?.unwrap_or(false),
            is_verifik: row.string(4)? == "verifik",
            is_full: row.string(5)? == "full",
            is_ordered: row.string(6)? == "record",
            source: row.string(7)?,
            failures: row.integer(8)?.unwrap_or(0),
            failing_since: row.integer(9)?.map(Timestamp),
            paused_until: row.integer(10)?.map(Timestamp),
            pause_ms: row.integer(11)?.unwrap_or(0),
            secret_number: row.integer(12)?.unwrap_or(1),
            old_secret_until: row.integer(13)?.map(Timestamp),
        })
    }
}

impl Database {
    /// The client's endpoint with this id.
    pub async fn endpoint(&self, client: &str, id: &str) -> Result<Option<Endpoint>, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).push(" WHERE w.client = ").bind(text(client));
        sql.push(" AND w.id = ").bind(text(id));
        self.fetch_row(sql, Endpoint::read).await
    }

    /// The client's endpoint with this URL; of several the one that was made first.
    pub async fn endpoint_at(
        &self,
        client: &str,
        url: &str,
    ) -> Result<Option<Endpoint>, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).push(" WHERE w.client = ").bind(text(client));
        sql.push(" AND w.url = ").bind(text(url)).push(" ORDER BY w.created_at, w.id LIMIT 1");
        self.fetch_row(sql, Endpoint::read).await
    }

    /// Endpoints that may be called now and for which something waits, `limit` at most, in the order of
    /// their ids after `after`.
    pub async fn due_endpoints(
        &self,
        now: Timestamp,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let mut sql = Sql::default();
        sql.push(COLUMNS).push(" WHERE w.id > ").bind(text(after));
        sql.push(" AND w.is_active AND (w.paused_until IS NULL OR w.paused_until <= ");
        // One row of each endpoint's index is enough, however much is held for others.
        sql.bind(Arg::Integer(now.0)).push(") AND (SELECT d.id FROM webhook_events AS d WHERE ");
        sql.push(
            "d.client = w.client AND d.webhook = w.id AND d.ended_at IS NULL AND d.due_at <= ",
        );
        sql.again(2).push(" ORDER BY d.due_at LIMIT 1) IS NOT NULL ORDER BY w.id LIMIT ");
        sql.bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, Endpoint::read).await
    }

    /// How many endpoints of this source a client has.
    pub async fn count_endpoints(&self, client: &str, source: &str) -> Result<i64, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT count(*) FROM webhooks WHERE client = ").bind(text(client));
        sql.push(" AND source = ").bind(text(source));
        self.fetch_number(sql).await
    }

    /// Whether there is an endpoint of this client, whoever has made it.
    pub async fn has_endpoints(&self, client: &str) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT 1 FROM webhooks WHERE client = ").bind(text(client)).push(" LIMIT 1");
        self.has_rows(sql).await
    }

    /// Endpoints of all clients that are paused now, and that the server has disabled.
    pub async fn resting_endpoints(&self, now: Timestamp) -> Result<(i64, i64), StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT CAST(COALESCE(sum(CASE WHEN is_active AND paused_until > ");
        sql.bind(Arg::Integer(now.0)).push(" THEN 1 ELSE 0 END), 0) AS bigint), CAST(COALESCE(");
        sql.push("sum(CASE WHEN disabled_reason IS NULL THEN 0 ELSE 1 END), 0) AS bigint) FROM ");
        sql.push("webhooks");
        let counts = self
            .fetch_row(sql, |row| Ok((row.integer(0)?.unwrap_or(0), row.integer(1)?.unwrap_or(0))));
        Ok(counts.await?.unwrap_or_default())
    }
}

impl Batch {
    /// A `Conflict` when the client has made more endpoints than these; nobody else makes one until this is
    /// committed.
    pub fn limit_endpoints(&mut self, client: &str, max: i64) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE clients SET id = id WHERE id = ").bind(text(client));
        self.push(sql, Rows::Exactly(1));
        let mut sql = Sql::default();
        sql.push("UPDATE clients SET id = id WHERE id = ").bind(text(client));
        sql.push(" AND (SELECT count(*) FROM webhooks WHERE source = 'api' AND client = ").again(1);
        sql.push(") < ").bind(Arg::Integer(max));
        self.push(sql, Rows::Exactly(1))
    }

    /// The endpoint that a validation names, for all validations of the client that name the same: its id
    /// follows from both.
    pub fn ensure_validation_endpoint(
        &mut self,
        (client, id): (&str, &str),
        url: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO webhooks (id, client, name, url, source, created_at, updated_at, ");
        // Its secrets are others each time that it is made: one that leaked does not come back.
        sql.push("secret_number) VALUES (").bind(text(id)).push(", ").bind(text(client));
        sql.push(", 'Validations', ").bind(text(url)).push(", 'validation', ");
        sql.bind(Arg::Integer(now.0))
            .push(", ")
            .again(4)
            .push(", ")
            .again(4)
            .push(") ON CONFLICT (");
        sql.push_on_postgres("client, ").push("id) DO UPDATE SET updated_at = ");
        // The same few endpoints are named over and over: once a day their row says so.
        sql.push("excluded.updated_at WHERE webhooks.updated_at < ");
        sql.bind(Arg::Integer(now.0.saturating_sub(DAY_MS)));
        self.push(sql, Rows::Any)
    }

    /// Whoever sees the old end of the pause may try one delivery until `until`: a `Conflict` when
    /// another has it.
    pub fn begin_probe(&mut self, endpoint: &Endpoint, until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhooks SET paused_until = ").bind(Arg::Integer(until.0));
        push_key(&mut sql, endpoint);
        sql.push(" AND is_active AND paused_until");
        match endpoint.paused_until {
            Some(seen) => sql.push(" = ").bind(Arg::Integer(seen.0)),
            None => sql.push(" IS NULL"),
        };
        self.push(sql, Rows::Exactly(1))
    }

    /// It has answered well.
    pub fn endpoint_answered(&mut self, endpoint: &Endpoint) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhooks SET failures = 0, failing_since = NULL, paused_until = NULL, ");
        sql.push("pause_ms = 0");
        push_key(&mut sql, endpoint);
        // A row that is as it should be is not written anew.
        sql.push(" AND (failures > 0 OR paused_until IS NOT NULL)");
        self.push(sql, Rows::Any)
    }

    /// It has not answered, or not well. `pause_ms` is how long it rests where that was once too often;
    /// `is_probe`: it was tried after a pause.
    pub fn endpoint_failed(
        &mut self,
        endpoint: &Endpoint,
        now: Timestamp,
        pause_ms: i64,
        is_probe: bool,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhooks SET failing_since = COALESCE(failing_since, ");
        sql.bind(Arg::Integer(now.0)).push(")");
        let until = now.0.saturating_add(pause_ms);
        if is_probe {
            sql.push(", paused_until = ").bind(Arg::Integer(until));
            sql.push(", pause_ms = ").bind(Arg::Integer(pause_ms));
        } else {
            // Of those that fail together one begins the pause.
            let is_first = " = CASE WHEN failures + 1 >= 5 AND paused_until IS NULL THEN CAST(";
            sql.push(", paused_until").push(is_first).bind(Arg::Integer(until));
            sql.push(" AS bigint) ELSE paused_until END");
            sql.push(", pause_ms").push(is_first).bind(Arg::Integer(pause_ms));
            sql.push(" AS bigint) ELSE pause_ms END");
        }
        sql.push(", failures = failures + 1");
        push_key(&mut sql, endpoint);
        // What the old URL did is nothing of the new one.
        sql.push(" AND url = ").bind(text(&endpoint.url));
        self.push(sql, Rows::Any)
    }

    /// It is not called any more, until it is enabled; a `Conflict` when it is not called already.
    pub fn disable_endpoint(
        &mut self,
        (client, id): (&str, &str),
        why: Disabled<'_>,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhooks SET is_active = FALSE, disabled_at = ").bind(Arg::Integer(now.0));
        sql.push(", disabled_reason = ").bind(match why {
            Disabled::ByClient => Arg::Null,
            Disabled::Because { reason, .. } => text(reason),
        });
        sql.push(", updated_at = ").again(1);
        sql.push(" WHERE client = ").bind(text(client)).push(" AND id = ").bind(text(id));
        sql.push(" AND is_active");
        if let Disabled::Because { url, .. } = why {
            sql.push(" AND url = ").bind(text(url));
        }
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::WebhookDisabled, stamp);
        self.journal(entry, (client, id), Certainty::Changed, now)
    }

    /// It is called again, as if it had never failed; a `Conflict` when it is called already.
    pub fn enable_endpoint(
        &mut self,
        (client, id): (&str, &str),
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhooks SET is_active = TRUE, failures = 0, failing_since = NULL, ");
        sql.push("paused_until = NULL, pause_ms = 0, disabled_at = NULL, disabled_reason = NULL, ");
        sql.push("updated_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE client = ").bind(text(client)).push(" AND id = ").bind(text(id));
        // Also one that is paused: who enables it knows that it answers.
        sql.push(" AND (NOT is_active OR paused_until IS NOT NULL)");
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::WebhookEnabled, stamp);
        self.journal(entry, (client, id), Certainty::Changed, now)
    }

    /// A new secret counts from now on, and the one that counted until now until `until`.
    pub fn rotate_secret(
        &mut self,
        endpoint: &Endpoint,
        until: Timestamp,
        now: Timestamp,
        stamp: Stamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE webhooks SET secret_number = secret_number + 1, old_secret_until = ");
        sql.bind(Arg::Integer(until.0)).push(", updated_at = ").bind(Arg::Integer(now.0));
        push_key(&mut sql, endpoint);
        sql.push(" AND secret_number = ").bind(Arg::Integer(endpoint.secret_number));
        self.push(sql, Rows::Exactly(1));
        let entry = Entry::Event(EventKind::WebhookSecretRotated, stamp);
        self.journal(entry, (&endpoint.client, &endpoint.id), Certainty::Changed, now)
    }

    /// Somebody is shown the secret.
    pub fn show_secret(&mut self, endpoint: &Endpoint, now: Timestamp, stamp: Stamp) -> &mut Batch {
        let entry = Entry::Event(EventKind::WebhookSecretShown, stamp);
        self.journal(entry, (&endpoint.client, &endpoint.id), Certainty::Changed, now)
    }

    /// Endpoints of validations that none has named since then, and for which nothing waits.
    pub fn drop_old_validation_endpoints(&mut self, before: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM webhooks WHERE source = 'validation' AND updated_at < ");
        sql.bind(Arg::Integer(before.0));
        sql.push(" AND NOT EXISTS (SELECT 1 FROM webhook_events AS d WHERE d.client = ");
        sql.push("webhooks.client AND d.webhook = webhooks.id AND d.ended_at IS NULL)");
        self.push(sql, Rows::Any)
    }
}

fn push_key(sql: &mut Sql, endpoint: &Endpoint) {
    sql.push(" WHERE client = ").bind(text(&endpoint.client));
    sql.push(" AND id = ").bind(text(&endpoint.id));
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
