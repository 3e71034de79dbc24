//! Deletions under way: said before the first key is destroyed, so that an interrupted one is resumed,
//! and nobody takes what it has left for a loss.

use verax_domain::Timestamp;
use verax_query::{Arg, Resource, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// A deletion that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    pub client: String,
    /// The name of the resource.
    pub resource: String,
    pub record: String,
    pub begun_at: Timestamp,
}

impl Database {
    /// Whether a deletion of this record was begun and has not come to its end.
    pub async fn is_being_deleted(
        &self,
        client: &str,
        resource: &'static Resource,
        record: &str,
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT 1 FROM deletions WHERE client = ").bind(text(client));
        sql.push(" AND resource = ").bind(text(resource.name));
        sql.push(" AND record = ").bind(text(record));
        self.has_rows(sql).await
    }

    /// Deletions that were begun before this moment, the oldest first, `limit` at most.
    pub async fn interrupted_deletions(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Deletion>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT client, resource, record, begun_at FROM deletions WHERE begun_at < ");
        sql.bind(Arg::Integer(before.0)).push(" ORDER BY begun_at LIMIT ");
        sql.bind(Arg::Integer(limit.into()));
        self.fetch_rows(sql, |row| {
            Ok(Deletion {
                client: row.string(0)?,
                resource: row.string(1)?,
                record: row.string(2)?,
                begun_at: Timestamp(row.integer(3)?.unwrap_or(0)),
            })
        })
        .await
    }
}

impl Batch {
    /// Says that the keys of this record are about to be destroyed.
    pub fn begin_deletion(
        &mut self,
        resource: &'static Resource,
        client: &str,
        record: &str,
        now: Timestamp,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO deletions (client, resource, record, begun_at) VALUES (");
        sql.bind(text(client)).push(", ").bind(text(resource.name)).push(", ");
        sql.bind(text(record)).push(", ").bind(Arg::Integer(now.0));
        sql.push(") ON CONFLICT (client, resource, record) DO UPDATE SET ");
        sql.push("begun_at = excluded.begun_at");
        self.push(sql, Rows::Exactly(1))
    }

    /// Resumes an interrupted deletion; a `Conflict` when another node has done so.
    pub fn resume_deletion(&mut self, deletion: &Deletion, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE deletions SET begun_at = ").bind(Arg::Integer(now.0));
        sql.push(" WHERE client = ").bind(text(&deletion.client));
        sql.push(" AND resource = ").bind(text(&deletion.resource));
        sql.push(" AND record = ").bind(text(&deletion.record));
        sql.push(" AND begun_at = ").bind(Arg::Integer(deletion.begun_at.0));
        self.push(sql, Rows::Exactly(1))
    }

    /// The deletion has come to its end.
    pub fn end_deletion(&mut self, resource: &str, client: &str, record: &str) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM deletions WHERE client = ").bind(text(client));
        sql.push(" AND resource = ").bind(text(resource));
        sql.push(" AND record = ").bind(text(record));
        self.push(sql, Rows::Any)
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
