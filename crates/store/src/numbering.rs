//! Numbers for events: a round takes those that have none, in the order in which they were written, and
//! gives them the next ones.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use verax_domain::{Timestamp, resources};
use verax_query::{Arg, Dialect, Included, Retrieval, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::connection::Connection;
use crate::database::Database;
use crate::postgres::connection::{Lock, Singleton};
use crate::render::{Draft, Layout};

/// Events that get their numbers in one round: more would keep other writers waiting.
pub const NUMBERED_MAX: usize = 1_000;

/// From so many events in a round on, there is no hurry: many more share the next one.
const MANY: usize = 32;
const REST: Duration = Duration::from_millis(75);

/// Events without a number are counted so far.
pub const UNNUMBERED_COUNTED_MAX: u64 = 10_000;

/// What a round has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Events that have their numbers now.
    pub count: usize,
    /// Events of all clients that had a number when the round was over.
    pub size: i64,
}

/// Events that have no number yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unnumbered {
    /// No more than [`UNNUMBERED_COUNTED_MAX`].
    pub count: u64,
    /// When the oldest of these happened.
    pub oldest: Option<Timestamp>,
}

impl Numbered {
    /// How long the next round can wait: while much is written, a commit for few numbers costs who writes.
    pub fn rest(&self) -> Duration {
        if (MANY..NUMBERED_MAX).contains(&self.count) { REST } else { Duration::ZERO }
    }
}

impl Database {
    /// One round; `new_tag` makes 128 random bits, in hexadecimal, for a client's first event. Nothing is
    /// written where another node is at it.
    pub async fn number_events(
        &self,
        new_tag: impl Fn() -> String + Sync,
    ) -> Result<Numbered, StoreError> {
        let done = match self {
            Database::Sqlite(sqlite) => {
                let round = self.read(async |connection| Round::read(connection).await).await?;
                if round.leaves.is_empty() {
                    return Ok(Numbered { count: 0, size: round.size });
                }
                let batch = round.batch(Dialect::Sqlite, &new_tag);
                sqlite.commit(batch).await.map(|()| round.numbered())
            }
            Database::Postgres(postgres) => {
                let state = async |connection: &mut Connection| state(connection).await;
                let (size, is_waiting) = self.read(state).await?;
                let nothing = Numbered { count: 0, size };
                if !is_waiting {
                    return Ok(nothing);
                }
                let work = async |connection: &mut Connection| {
                    let round = Round::read(connection).await?;
                    connection.apply(&round.batch(Dialect::Postgres, &new_tag)).await?;
                    Ok(round.numbered())
                };
                let done = postgres.transact_alone(Singleton::Numbering, Lock::IfFree, work).await;
                done.map(|done| done.unwrap_or(nothing))
            }
        };
        match done {
            // Another node was faster, or a client was deleted meanwhile: the next round reads again.
            Err(StoreError::Conflict) => {
                Ok(Numbered { count: 0, size: self.journal_size().await? })
            }
            done => done,
        }
    }

    /// How many events of all clients have had a number.
    pub async fn journal_size(&self) -> Result<i64, StoreError> {
        let mut sql = Sql::default();
        sql.push(SIZE);
        self.fetch_number(sql).await
    }

    /// The events without a number.
    pub async fn unnumbered(&self) -> Result<Unnumbered, StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.read(None, unnumbered).await,
            Database::Postgres(postgres) => {
                unnumbered(&mut postgres.probe_connection().await?).await
            }
        }
    }
}

const SIZE: &str = "SELECT COALESCE(max(size), 0) FROM journal_tree";

/// The size of the tree, and whether anything waits for a number.
async fn state(connection: &mut Connection) -> Result<(i64, bool), StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT (").push(SIZE).push("), EXISTS (SELECT 1 FROM journal_new)");
    let state = |row: &dyn crate::row::Cells| {
        Ok((row.integer(0)?.unwrap_or(0), row.boolean(1)?.unwrap_or(false)))
    };
    Ok(connection.fetch_rows(&sql, state).await?.pop().unwrap_or_default())
}

async fn unnumbered(connection: &mut Connection) -> Result<Unnumbered, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT count(*), min(created_at) FROM (SELECT e.created_at FROM journal_new AS q ");
    sql.push("JOIN events AS e ON e.client = q.client AND e.id = q.id ORDER BY q.position LIMIT ");
    sql.bind(Arg::Integer(UNNUMBERED_COUNTED_MAX as i64)).push(") AS waiting");
    let read = |row: &dyn crate::row::Cells| {
        let count = u64::try_from(row.integer(0)?.unwrap_or(0)).unwrap_or(0);
        Ok(Unnumbered { count, oldest: row.integer(1)?.map(Timestamp) })
    };
    Ok(connection.fetch_rows(&sql, read).await?.pop().unwrap_or_default())
}

/// What is to be written, of one moment.
struct Round {
    /// Of the tree before it.
    size: i64,
    leaves: Vec<Leaf>,
}

/// An event that gets its number.
struct Leaf {
    /// Its place in the queue, whose order is that of the numbers.
    queued: i64,
    client: String,
    source: String,
    id: String,
    resource: String,
    record: String,
    salt: String,
    /// The client's last number; `None`: this is the first event of a client.
    head: Option<i64>,
    digest: Option<String>,
}

impl Round {
    async fn read(connection: &mut Connection) -> Result<Round, StoreError> {
        let mut sql = Sql::default();
        sql.push(SIZE);
        let size = connection.fetch_number(&sql).await?;
        let mut sql = Sql::default();
        sql.push("SELECT q.position, q.client, q.source, q.id, e.resource, e.record, e.salt, ");
        sql.push("h.number FROM journal_new AS q LEFT JOIN events AS e ON e.client = q.client ");
        sql.push("AND e.id = q.id LEFT JOIN journal_heads AS h ON h.client = q.client ");
        sql.push("ORDER BY q.position LIMIT ").bind(Arg::Integer(NUMBERED_MAX as i64));
        let leaf = |row: &dyn crate::row::Cells| {
            Ok(Leaf {
                queued: row.integer(0)?.unwrap_or(0),
                client: row.string(1)?,
                source: row.string(2)?,
                id: row.string(3)?,
                resource: row.string(4)?,
                record: row.string(5)?,
                salt: row.string(6)?,
                head: row.integer(7)?,
                digest: None,
            })
        };
        let leaves = connection.fetch_rows(&sql, leaf).await?;
        let mut round = Round { size, leaves };
        round.read_digests(connection).await?;
        Ok(round)
    }

    /// Reads the records that the events are about, one statement for each resource, and makes the
    /// digests of them.
    async fn read_digests(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut wanted: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        for leaf in &self.leaves {
            wanted.entry(&leaf.resource).or_default().insert(&leaf.record);
        }
        let mut records: HashMap<(&str, String, String), Vec<u8>> = HashMap::new();
        for (name, ids) in wanted {
            let Some(resource) = resources::by_name(name) else { continue };
            let ids = ids.into_iter().map(str::to_owned).collect();
            let statement = Retrieval::whole(resource).records_sql(connection.dialect(), ids);
            let owner = statement.fields.iter().position(|it| it.column == resource.tenant_column);
            let read = &mut |row: &dyn crate::row::Cells| {
                let mut draft = Draft::new(Layout::Array);
                draft.push_row(row, 0, &statement.fields, &Included::default())?;
                let key = (resource.name, row.string(owner.unwrap_or(0))?, row.string(0)?);
                records.insert(key, draft.finish(&Vec::new(), false));
                Ok(())
            };
            connection.fetch(&statement.sql, read).await?;
        }
        let digests = self.leaves.iter().map(|leaf| {
            let resource = resources::by_name(&leaf.resource)?;
            let key = (resource.name, leaf.client.clone(), leaf.record.clone());
            records.get(&key).map(|record| salted_digest(&leaf.salt, record))
        });
        let digests: Vec<Option<String>> = digests.collect();
        for (leaf, digest) in self.leaves.iter_mut().zip(digests) {
            leaf.digest = digest;
        }
        Ok(())
    }

    fn numbered(&self) -> Numbered {
        let count = self.leaves.len();
        Numbered { count, size: self.size + count as i64 }
    }

    /// Writes all of it, or nothing: where the tree has grown since, or what is in the queue has changed, it
    /// is a conflict.
    fn batch(&self, dialect: Dialect, new_tag: &impl Fn() -> String) -> Batch {
        let mut batch = Batch::default();
        if self.leaves.is_empty() {
            return batch;
        }
        let count = self.leaves.len();
        let mut sql = Sql::default();
        sql.push("INSERT INTO journal_tree (id, size) VALUES ('events', ");
        sql.bind(Arg::Integer(self.size + count as i64));
        sql.push(
            ") ON CONFLICT (id) DO UPDATE SET size = excluded.size WHERE journal_tree.size = ",
        );
        sql.bind(Arg::Integer(self.size));
        batch.push(sql, Rows::Exactly(1));
        // By both: SQLite gives a place in the queue again when its row is gone.
        let mut sql = Sql::default();
        let queued = self.leaves.iter().map(|leaf| leaf.queued).collect();
        let ids = self.leaves.iter().map(|leaf| leaf.id.clone()).collect();
        sql.push("DELETE FROM journal_new WHERE position");
        sql.member_of(dialect, Arg::IntegerList(queued)).push(" AND id");
        sql.member_of(dialect, Arg::TextList(ids));
        batch.push(sql, Rows::Exactly(count as u64));

        let mut heads: BTreeMap<&str, (Option<i64>, i64)> = BTreeMap::new();
        let leaves = self.leaves.iter().enumerate().map(|(index, leaf)| {
            let before = leaf.head.unwrap_or(0);
            let (_, number) = heads.entry(&leaf.client).or_insert((leaf.head, before));
            *number += 1;
            let position = self.size + index as i64 + 1;
            json!([position, leaf.client, *number, leaf.source, leaf.id, leaf.digest])
        });
        let leaves: Vec<serde_json::Value> = leaves.collect();
        let mut sql = Sql::default();
        sql.push("INSERT INTO journal_leaves (position, client, number, source, id, digest) ");
        sql.push("SELECT CAST(value ->> 0 AS bigint), value ->> 1, CAST(value ->> 2 AS bigint), ");
        sql.push("value ->> 3, value ->> 4, value ->> 5");
        push_rows(&mut sql, dialect, leaves);
        batch.push(sql, Rows::Exactly(count as u64));

        let (mut first, mut later) = (Vec::new(), Vec::new());
        for (client, (before, number)) in heads {
            match before {
                None => first.push(json!([client, number, new_tag()])),
                Some(before) => later.push(json!([client, number, before])),
            }
        }
        if !first.is_empty() {
            let count = first.len() as u64;
            let mut sql = Sql::default();
            sql.push("INSERT INTO journal_heads (client, number, tag) SELECT value ->> 0, ");
            sql.push("CAST(value ->> 1 AS bigint), value ->> 2");
            push_rows(&mut sql, dialect, first);
            batch.push(sql, Rows::Exactly(count));
        }
        if !later.is_empty() {
            let count = later.len() as u64;
            let mut sql = Sql::default();
            sql.push("UPDATE journal_heads SET number = later.number FROM (SELECT ");
            sql.push("value ->> 0 AS client, CAST(value ->> 1 AS bigint) AS number, ");
            sql.push("CAST(value ->> 2 AS bigint) AS before");
            push_rows(&mut sql, dialect, later);
            sql.push(") AS later WHERE journal_heads.client = later.client ");
            sql.push("AND journal_heads.number = later.before");
            batch.push(sql, Rows::Exactly(count));
        }
        batch
    }
}

/// Appends where rows come from: `value` is one of them, a JSON array.
fn push_rows(sql: &mut Sql, dialect: Dialect, rows: Vec<serde_json::Value>) {
    let rows = Arg::Text(serde_json::Value::Array(rows).to_string());
    match dialect {
        Dialect::Sqlite => sql.push(" FROM json_each(").bind(rows).push(")"),
        Dialect::Postgres => {
            sql.push(" FROM jsonb_array_elements(CAST(CAST(").bind(rows);
            sql.push(" AS text) AS jsonb)) AS rows(value)")
        }
    };
}

/// SHA-256 over the event's salt and the record as its resource renders it whole. A digest of the record
/// alone would confirm a guess of what a deleted record said; whoever does not know the salt learns nothing
/// from this one, and nobody does when the event's salt is gone.
fn salted_digest(salt: &str, record: &[u8]) -> String {
    let digest = Sha256::new().chain_update(salt).chain_update(record).finalize();
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
