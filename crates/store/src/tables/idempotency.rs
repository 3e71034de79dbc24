//! Requests that were made under an Idempotency-Key, and what they were answered.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// A request that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The keyed digest of the request.
    pub request: String,
    /// The id of the record that the answer is about; empty: of none.
    pub record: String,
    /// The HTTP status of the answer; none while the request is running.
    pub status: Option<i64>,
    /// The encrypted answer; none when it was not stored, or was deleted since.
    pub answer: Option<String>,
    pub created_at: Timestamp,
    /// When whoever runs it counts as gone.
    pub lease_until: Timestamp,
}

/// An answer that is a day old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredAnswer {
    pub id: String,
    pub client: String,
    /// Empty: it is about none.
    pub record: String,
    /// Whether younger answers are encrypted under the same key.
    pub key_is_in_use: bool,
}

/// What a request was answered, and about which record (empty: none).
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub record: &'a str,
    pub status: u16,
    /// Encrypted; none when only the status is stored.
    pub body: Option<&'a str>,
}

impl Database {
    /// What is known of the request with this id.
    pub async fn begun_request(&self, id: &str) -> Result<Option<Begun>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT request, record, status, answer, created_at, lease_until ");
        sql.push("FROM idempotency WHERE id = ").bind(Arg::Text(id.to_owned()));
        self.fetch_row(sql, |row| {
            Ok(Begun {
                request: row.string(0)?,
                record: row.string(1)?,
                status: row.integer(2)?,
                answer: row.optional_string(3)?,
                created_at: Timestamp(row.integer(4)?.unwrap_or(0)),
                lease_until: Timestamp(row.integer(5)?.unwrap_or(0)),
            })
        })
        .await
    }

    /// Answers of requests that were begun before `old`, the oldest first, `limit` at most.
    pub async fn expired_answers(
        &self,
        old: Timestamp,
        limit: u32,
    ) -> Result<Vec<ExpiredAnswer>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT id, client, record, EXISTS (SELECT 1 FROM idempotency AS younger ");
        sql.push("WHERE younger.client = expired.client AND younger.record = expired.record ");
        sql.push("AND younger.created_at >= ").bind(Arg::Integer(old.0));
        sql.push(") FROM idempotency AS expired WHERE answer IS NOT NULL AND created_at < ");
        sql.again(1).push(" ORDER BY created_at LIMIT ").bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, |row| {
            Ok(ExpiredAnswer {
                id: row.string(0)?,
                client: row.string(1)?,
                record: row.string(2)?,
                key_is_in_use: row.boolean(3)?.unwrap_or(true),
            })
        })
        .await
    }
}

impl Batch {
    /// Takes the id for a request of this client. A `Conflict`, unless nobody has it, or whoever had
    /// it did not reach an answer within its lease, or it was begun before `old`.
    pub fn begin_request(
        &mut self,
        id: &str,
        client: &str,
        request: &str,
        (now, lease_until, old): (Timestamp, Timestamp, Timestamp),
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO idempotency (id, client, request, created_at, lease_until) VALUES (");
        sql.bind(Arg::Text(id.to_owned())).push(", ");
        sql.bind(Arg::Text(client.to_owned())).push(", ");
        sql.bind(Arg::Text(request.to_owned())).push(", ");
        sql.bind(Arg::Integer(now.0)).push(", ");
        sql.bind(Arg::Integer(lease_until.0));
        sql.push(
            ") ON CONFLICT (id) DO UPDATE SET request = excluded.request, record = '', \
             status = NULL, answer = NULL, created_at = excluded.created_at, \
             lease_until = excluded.lease_until WHERE idempotency.created_at < ",
        );
        sql.bind(Arg::Integer(old.0));
        sql.push(
            " OR (idempotency.status IS NULL AND idempotency.lease_until < excluded.created_at \
             AND idempotency.request = excluded.request)",
        );
        self.push(sql, Rows::Exactly(1))
    }

    /// The answer of the request that was begun with this lease.
    pub fn answer_request(
        &mut self,
        id: &str,
        lease_until: Timestamp,
        answer: Answer<'_>,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE idempotency SET status = ").bind(Arg::Integer(answer.status.into()));
        sql.push(", record = ").bind(Arg::Text(answer.record.to_owned()));
        let body = answer.body.map(|body| Arg::Text(body.to_owned()));
        sql.push(", answer = ").bind(body.unwrap_or(Arg::Null));
        sql.push(" WHERE status IS NULL AND id = ").bind(Arg::Text(id.to_owned()));
        sql.push(" AND lease_until = ").bind(Arg::Integer(lease_until.0));
        self.push(sql, Rows::Exactly(1))
    }

    /// The request that was begun with this lease has no answer worth storing: it may be repeated.
    pub fn forget_request(&mut self, id: &str, lease_until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM idempotency WHERE id = ").bind(Arg::Text(id.to_owned()));
        sql.push(" AND lease_until = ").bind(Arg::Integer(lease_until.0));
        self.push(sql, Rows::Any)
    }

    /// Forgets an answer that has expired, unless the id was taken again since.
    pub fn forget_expired(&mut self, id: &str, old: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM idempotency WHERE id = ").bind(Arg::Text(id.to_owned()));
        sql.push(" AND created_at < ").bind(Arg::Integer(old.0));
        self.push(sql, Rows::Any)
    }

    /// Forgets requests without a stored answer that were begun before `old`.
    pub fn forget_requests(&mut self, old: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM idempotency WHERE answer IS NULL AND created_at < ");
        sql.bind(Arg::Integer(old.0));
        self.push(sql, Rows::Any)
    }
}
