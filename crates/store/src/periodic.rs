//! Work that one node does now and then: its row is a lease, and says what came of the last time.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::cells::Reader;
use crate::jobs::JobKind;
use crate::write::{Batch, Rows};
use crate::{Database, StoreError};

/// Periodic work is a job of no record.
const NO_RECORD: &str = "periodic";

impl Database {
    /// What the last time has left, and until when somebody has the work; `None` before the first time.
    pub async fn periodic_work(
        &self,
        kind: JobKind,
    ) -> Result<Option<(Timestamp, Option<String>)>, StoreError> {
        self.read(async move |reader| periodic_work(reader, kind).await).await
    }
}

impl Batch {
    /// Makes the row, if there is none: whoever comes first may take it.
    pub fn ensure_periodic_work(&mut self, kind: JobKind) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO jobs (kind, record, client, lease_until) VALUES (").bind(kind.word());
        sql.push(", ").bind(Arg::Text(NO_RECORD.to_owned()));
        sql.push(", '', 0) ON CONFLICT (kind, record) DO NOTHING");
        self.push(sql, Rows::Any)
    }

    /// Changes the lease of whoever holds it until `held`, and what the row says; a `Conflict` when
    /// another has it by now.
    pub fn change_periodic_work(
        &mut self,
        kind: JobKind,
        held: Timestamp,
        until: Timestamp,
        detail: Option<&str>,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("UPDATE jobs SET lease_until = ").bind(Arg::Integer(until.0));
        if let Some(detail) = detail {
            sql.push(", detail = ").bind(Arg::Text(detail.to_owned()));
        }
        sql.push(" WHERE kind = ").bind(kind.word());
        sql.push(" AND record = ").bind(Arg::Text(NO_RECORD.to_owned()));
        sql.push(" AND lease_until = ").bind(Arg::Integer(held.0));
        self.push(sql, Rows::Exactly(1))
    }
}

async fn periodic_work(
    reader: &mut Reader,
    kind: JobKind,
) -> Result<Option<(Timestamp, Option<String>)>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT lease_until, detail FROM jobs WHERE kind = ").bind(kind.word());
    sql.push(" AND record = ").bind(Arg::Text(NO_RECORD.to_owned()));
    let mut found = None;
    reader
        .fetch(&sql, &mut |row| {
            let until = Timestamp(row.integer(0)?.unwrap_or(0));
            found = Some((until, row.text(1)?.map(str::to_owned)));
            Ok(())
        })
        .await?;
    Ok(found)
}
