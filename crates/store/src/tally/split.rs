//! Splitting buckets that hold many: their records are counted where nobody waits for it, and what
//! was counted is written only if the tallies are as they were.

use std::collections::BTreeMap;

use verax_query::tally::{COLUMNS, EVERYBODY, LEVEL_BITS, bucket_of};
use verax_query::{Arg, Resource, Sql, Tally};

use super::buckets::{Key, LEVEL_SHIFTS, SPLIT_ABOVE, WIDTH, renew_version, table};
use crate::StoreError;
use crate::connection::Connection;

/// Buckets written in one transaction: more would keep other writers waiting.
const BUCKETS_MAX: usize = 2_000;
/// With more changes that are not folded a split waits for a later fold.
const CHANGES_MAX: usize = 5_000;
/// Buckets in one statement.
const ROWS_MAX: usize = 32;

/// Finer buckets, counted and not yet written.
pub struct Split {
    /// Of the tallies that were split.
    version: i64,
    /// Stored buckets that get finer ones.
    parents: Vec<Key>,
    children: BTreeMap<Key, Child>,
    /// What is still too full: for a next split.
    pub left: Vec<Key>,
}

#[derive(Default)]
struct Child {
    split: bool,
    counts: [i64; WIDTH],
}

/// A change that is not folded yet.
struct Change {
    client: String,
    created_at: i64,
    column: usize,
    count: i64,
}

/// Counts the finer buckets of these, and of those that hold many in turn, at one moment. `None` where
/// too much is not folded yet.
pub async fn count(
    connection: &mut Connection,
    resource: &'static Resource,
    full: Vec<Key>,
) -> Result<Option<Split>, StoreError> {
    let Some(tally) = resource.tally else { return Ok(None) };
    let changes = changes(connection, resource, tally).await?;
    if changes.len() > CHANGES_MAX {
        return Ok(None);
    }
    let version = version(connection, resource).await?;
    let (parents, children) = (Vec::new(), BTreeMap::new());
    let mut split = Split { version, parents, children, left: Vec::new() };
    let mut waiting = full;
    while let Some(key) = waiting.pop() {
        if key.1 + 1 >= LEVEL_BITS.len() {
            continue;
        }
        if split.children.len() >= BUCKETS_MAX {
            split.left.push(key);
            continue;
        }
        let finer = children_of(connection, resource, tally, &key, &changes).await?;
        match split.children.get_mut(&key) {
            Some(parent) => parent.split = true,
            None => split.parents.push(key),
        }
        let many = |child: &Child| child.counts.iter().sum::<i64>() > SPLIT_ABOVE;
        waiting.extend(finer.iter().filter(|(_, child)| many(child)).map(|(key, _)| key.clone()));
        split.children.extend(finer);
    }
    Ok(Some(split))
}

/// Writes what was counted.
///
/// # Errors
/// `Conflict` when the tallies have changed since.
pub async fn write(
    connection: &mut Connection,
    resource: &'static Resource,
    split: &Split,
) -> Result<(), StoreError> {
    if version(connection, resource).await? != split.version {
        return Err(StoreError::Conflict);
    }
    for (scope, level, number) in &split.parents {
        let mut sql = Sql::default();
        sql.push("UPDATE tallies SET split = TRUE WHERE resource = ").bind(table(resource));
        sql.push(" AND scope = ").bind(Arg::Text(scope.clone()));
        sql.push(" AND level = ").bind(Arg::Integer(*level as i64));
        sql.push(" AND bucket = ").bind(Arg::Integer(*number)).push(" AND NOT split");
        // Its client was deleted with its counts.
        if connection.execute(&sql).await? != 1 {
            return Err(StoreError::Conflict);
        }
    }
    let children: Vec<(&Key, &Child)> = split.children.iter().collect();
    for rows in children.chunks(ROWS_MAX) {
        connection.execute(&insert(resource, rows)).await?;
    }
    renew_version(connection, resource).await
}

/// Splits these in the transaction of a connection that writes.
pub async fn split_all(
    connection: &mut Connection,
    resource: &'static Resource,
    mut full: Vec<Key>,
) -> Result<(), StoreError> {
    while !full.is_empty() {
        let Some(split) = count(connection, resource, full).await? else { return Ok(()) };
        write(connection, resource, &split).await?;
        full = split.left;
    }
    Ok(())
}

/// What is folded of the records in the finer buckets of one.
async fn children_of(
    connection: &mut Connection,
    resource: &'static Resource,
    tally: &'static Tally,
    (scope, level, number): &Key,
    changes: &[Change],
) -> Result<BTreeMap<Key, Child>, StoreError> {
    let from = number << LEVEL_BITS[*level];
    let until = from + (1 << LEVEL_BITS[*level]);
    let mut sql = Sql::default();
    sql.push("SELECT created_at >> ").push(LEVEL_SHIFTS[level + 1]).push(", count(*), status");
    sql.push(if tally.kind.is_some() { ", type" } else { "" });
    sql.push(" FROM ").push(resource.table);
    sql.push(" WHERE created_at >= ").bind(Arg::Integer(from));
    sql.push(" AND created_at < ").bind(Arg::Integer(until));
    if scope != EVERYBODY {
        sql.push(" AND client = ").bind(Arg::Text(scope.clone()));
    }
    sql.push(" GROUP BY 1, 3").push(if tally.kind.is_some() { ", 4" } else { "" });
    let mut children: BTreeMap<Key, Child> = BTreeMap::new();
    let mut add = |number: i64, column: usize, count: i64| {
        let child = children.entry((scope.clone(), level + 1, number)).or_default();
        child.counts[column] += count;
    };
    connection
        .fetch(&sql, &mut |row| {
            let kind = if tally.kind.is_some() { row.text(3)? } else { None };
            let column = column_of(tally, row.text(2)?, kind)?;
            add(row.integer(0)?.unwrap_or(0), column, row.integer(1)?.unwrap_or(0));
            Ok(())
        })
        .await?;
    let within = |change: &&Change| (from..until).contains(&change.created_at);
    for change in changes.iter().filter(within) {
        if scope == EVERYBODY || *scope == change.client {
            add(bucket_of(level + 1, change.created_at), change.column, -change.count);
        }
    }
    children.retain(|_, child| child.counts.iter().any(|count| *count != 0));
    Ok(children)
}

async fn changes(
    connection: &mut Connection,
    resource: &'static Resource,
    tally: &'static Tally,
) -> Result<Vec<Change>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT client, created_at, status, type, n FROM tally_changes WHERE resource = ");
    sql.bind(table(resource)).push(" LIMIT ").bind(Arg::Integer(CHANGES_MAX as i64 + 1));
    let mut changes = Vec::new();
    connection
        .fetch(&sql, &mut |row| {
            changes.push(Change {
                client: row.text(0)?.unwrap_or_default().to_owned(),
                created_at: row.integer(1)?.unwrap_or(0),
                column: column_of(tally, row.text(2)?, row.text(3)?)?,
                count: row.integer(4)?.unwrap_or(0),
            });
            Ok(())
        })
        .await?;
    Ok(changes)
}

fn column_of(
    tally: &'static Tally,
    status: Option<&str>,
    kind: Option<&str>,
) -> Result<usize, StoreError> {
    let column = tally.column(status.unwrap_or_default(), kind);
    column.ok_or_else(|| StoreError::Statement("a tally met an unknown status".to_owned()))
}

async fn version(
    connection: &mut Connection,
    resource: &'static Resource,
) -> Result<i64, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT version FROM tally_versions WHERE resource = ").bind(table(resource));
    connection.fetch_number(&sql).await
}

fn insert(resource: &'static Resource, rows: &[(&Key, &Child)]) -> Sql {
    let mut sql = Sql::default();
    sql.push("INSERT INTO tallies (resource, scope, level, bucket, split, n");
    for column in COLUMNS {
        sql.push(", ").push(column);
    }
    sql.push(") VALUES ");
    for (index, ((scope, level, number), child)) in rows.iter().enumerate() {
        sql.push(if index > 0 { ", (" } else { "(" }).bind(table(resource));
        sql.push(", ").bind(Arg::Text(scope.clone()));
        sql.push(", ").bind(Arg::Integer(*level as i64));
        sql.push(", ").bind(Arg::Integer(*number));
        sql.push(if child.split { ", TRUE, " } else { ", FALSE, " });
        sql.bind(Arg::Integer(child.counts.iter().sum()));
        for count in child.counts {
            sql.push(", ").bind(Arg::Integer(count));
        }
        sql.push(")");
    }
    sql
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use verax_domain::events::Entry;
    use verax_domain::{Record, Timestamp, resources};

    use super::*;
    use crate::sqlite::Sqlite;
    use crate::tally::fold::fold;
    use crate::tally::upkeep::Upkeep;
    use crate::{Options, Schema};

    const RESOURCE: &Resource = &resources::BIOMETRIC_VALIDATIONS;

    async fn store(sqlite: &Sqlite, from: usize, count: usize) {
        let record = |number| {
            let row = json!({
                "_id": format!("v{number}"), "client": "acme", "status": "completed",
                "createdAt": "2026-01-02T03:04:05Z",
            });
            Record::from_json(RESOURCE, &row, None).expect("a record")
        };
        let records: Vec<Record> = (from..from + count).map(record).collect();
        let mut batch = crate::Batch::default();
        for record in &records {
            batch.insert_record(record, Timestamp(0), Entry::quiet("a test"));
        }
        sqlite.commit(batch).await.expect("records");
    }

    async fn folded(sqlite: &Sqlite) -> Vec<Key> {
        let folding = async |connection: &mut Connection| fold(connection, RESOURCE).await;
        sqlite.transact(folding).await.expect("a fold").full
    }

    async fn counted(sqlite: &Sqlite, full: Vec<Key>) -> Split {
        let counting =
            async move |connection: &mut Connection| count(connection, RESOURCE, full).await;
        sqlite.read(None, counting).await.expect("a count").expect("few changes")
    }

    async fn written(sqlite: &Sqlite, split: Split) -> Result<(), StoreError> {
        sqlite
            .transact(async move |connection: &mut Connection| {
                write(connection, RESOURCE, &split).await
            })
            .await
    }

    async fn wrong(sqlite: &Sqlite) -> u64 {
        let check =
            async |connection: &mut Connection| Upkeep::Check.run(connection, RESOURCE).await;
        sqlite.transact(check).await.expect("a check")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_split_is_of_what_was_folded_and_of_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            readers: 2,
            connections: 1,
            replica: None,
            statement_limit: Duration::from_secs(20),
            schema: Schema::BringUpToDate,
        };
        let sqlite = Sqlite::open(&folder.path().join("verax.db"), &options).expect("a database");
        store(&sqlite, 0, 600).await;
        let full = folded(&sqlite).await;
        assert_eq!(full.len(), 2, "of the client and of everybody");
        let split = counted(&sqlite, full.clone()).await;
        assert_eq!(split.children.len(), 12, "six finer levels of each");
        // What is folded meanwhile was not counted.
        store(&sqlite, 600, 5).await;
        folded(&sqlite).await;
        assert!(matches!(written(&sqlite, split).await, Err(StoreError::Conflict)));
        assert_eq!(wrong(&sqlite).await, 0);
        // What is not folded yet was counted, and is folded later.
        store(&sqlite, 605, 5).await;
        let split = counted(&sqlite, full).await;
        written(&sqlite, split).await.expect("the tallies are as they were");
        store(&sqlite, 610, 5).await;
        assert_eq!(folded(&sqlite).await, Vec::<Key>::new(), "all are split");
        assert_eq!(wrong(&sqlite).await, 0);
    }
}
