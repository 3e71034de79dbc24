//! Requests that were made under an Idempotency-Key, and what they were answered.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::cells::Reader;
use crate::write::{Batch, Rows};

/// A request that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The digest of the request.
    pub request: String,
    /// The sealed answer; none while somebody is at it.
    pub answer: Option<String>,
    pub created_at: Timestamp,
    /// When whoever is at it counts as gone.
    pub lease_until: Timestamp,
}

impl Batch {
    /// Takes the id for a request. A `Conflict`, unless nobody has it, or whoever had it did not
    /// reach an answer within its lease, or it was begun before `old`.
    pub fn begin_request(
        &mut self,
        id: &str,
        request: &str,
        now: Timestamp,
        lease_until: Timestamp,
        old: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO idempotency (id, request, created_at, lease_until) VALUES (");
        sql.bind(Arg::Text(id.to_owned())).push(", ");
        sql.bind(Arg::Text(request.to_owned())).push(", ");
        sql.bind(Arg::Integer(now.0)).push(", ");
        sql.bind(Arg::Integer(lease_until.0));
        sql.push(
            ") ON CONFLICT (id) DO UPDATE SET request = excluded.request, answer = NULL, \
             created_at = excluded.created_at, lease_until = excluded.lease_until \
             WHERE idempotency.created_at < ",
        );
        sql.bind(Arg::Integer(old.0));
        sql.push(
            " OR (idempotency.answer IS NULL AND idempotency.lease_until < excluded.created_at \
             AND idempotency.request = excluded.request)",
        );
        self.push(sql, Rows::Exactly(1))
    }

    /// The answer of the request that was begun with this lease.
    pub fn answer_request(&mut self, id: &str, lease_until: Timestamp, answer: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE idempotency SET answer = ").bind(Arg::Text(answer.to_owned()));
        sql.push(" WHERE answer IS NULL AND id = ").bind(Arg::Text(id.to_owned()));
        sql.push(" AND lease_until = ").bind(Arg::Integer(lease_until.0));
        self.push(sql, Rows::Exactly(1))
    }

    /// The request that was begun with this lease has no answer worth keeping: it may be repeated.
    pub fn forget_request(&mut self, id: &str, lease_until: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM idempotency WHERE id = ").bind(Arg::Text(id.to_owned()));
        sql.push(" AND lease_until = ").bind(Arg::Integer(lease_until.0));
        self.push(sql, Rows::Any)
    }

    /// Forgets what was begun before `old`.
    pub fn forget_requests(&mut self, old: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM idempotency WHERE created_at < ").bind(Arg::Integer(old.0));
        self.push(sql, Rows::Any)
    }
}

pub async fn begun(reader: &mut Reader, id: &str) -> Result<Option<Begun>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT request, answer, created_at, lease_until FROM idempotency WHERE id = ");
    sql.bind(Arg::Text(id.to_owned()));
    let mut found = None;
    reader
        .fetch(&sql, &mut |row| {
            found = Some(Begun {
                request: row.text(0)?.unwrap_or_default().to_owned(),
                answer: row.text(1)?.map(str::to_owned),
                created_at: Timestamp(row.integer(2)?.unwrap_or(0)),
                lease_until: Timestamp(row.integer(3)?.unwrap_or(0)),
            });
            Ok(())
        })
        .await?;
    Ok(found)
}
