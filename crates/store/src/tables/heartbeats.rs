//! The rows that are written only to see whether the database takes writes.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

impl Database {
    /// Whether the database takes writes: makes one that means nothing. Answers what time the
    /// database's own clock says; SQLite has none.
    pub async fn probe(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut batch = Batch::default();
        batch.push(heartbeat("probe", now), Rows::Exactly(1));
        match self {
            Database::Sqlite(sqlite) => sqlite.commit(batch).await.map(|()| None),
            Database::Postgres(postgres) => postgres.probe(batch).await.map(Some),
        }
    }

    /// Writes a row and takes it back, each in a change of its own.
    pub async fn write_and_take_back(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.push(heartbeat("doctor", now), Rows::Exactly(1));
        self.commit(batch).await?;
        let mut sql = Sql::default();
        sql.push("DELETE FROM heartbeats WHERE id = 'doctor'");
        let mut batch = Batch::default();
        // Another doctor may have been here meanwhile.
        batch.push(sql, Rows::Any);
        self.commit(batch).await
    }

    /// The latest moment at which a server has written by its own clock, as far as that is known.
    pub async fn newest_moment(&self) -> Result<Timestamp, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT max(moment) FROM (SELECT max(beat_at) AS moment FROM heartbeats ");
        sql.push("UNION ALL SELECT max(created_at) FROM tokens) AS moments");
        self.fetch_number(sql).await.map(Timestamp)
    }
}

fn heartbeat(id: &str, now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.push("INSERT INTO heartbeats (id, beat_at) VALUES (").bind(Arg::Text(id.to_owned()));
    sql.push(", ").bind(Arg::Integer(now.0));
    sql.push(") ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at");
    sql
}
