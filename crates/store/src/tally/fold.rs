//! Keeping the tallies: changes are folded into buckets, and all of it can be checked against the
//! records.
//!
//! Everything here runs in one transaction that sees one moment of records and changes, one at a
//! time: on SQLite in the writer, on PostgreSQL under an advisory lock.

use std::collections::{BTreeMap, HashMap, HashSet};

use verax_query::tally::{COLUMNS, EVERYBODY, LEVEL_BITS, bucket_of};
use verax_query::{Arg, Resource, Sql, Tally};

use super::buckets::{Key, LEVEL_SHIFTS, SPLIT_ABOVE, WIDTH, renew_version, table};
use super::split::split_all;
use crate::StoreError;
use crate::connection::Connection;

/// Changes folded in one transaction: more would keep other writers waiting.
pub const FOLD_MAX: i64 = 5_000;

/// What a fold has done.
#[derive(Default)]
pub struct Folded {
    /// Changes that are in the buckets now.
    pub count: usize,
    /// Buckets that hold many and have no finer ones.
    pub full: Vec<Key>,
}

struct Entry {
    split: bool,
    /// Records in it, all columns, after this fold.
    held: i64,
    added: [i64; WIDTH],
}

struct Delta {
    column: usize,
    created_at: i64,
    count: i64,
}

/// Folds the oldest changes of a resource.
pub async fn fold(
    connection: &mut Connection,
    resource: &'static Resource,
) -> Result<Folded, StoreError> {
    let Some(tally) = resource.tally else { return Ok(Folded::default()) };
    let (mut deltas, last, count) = take_changes(connection, resource, tally, FOLD_MAX).await?;
    if count == 0 {
        return Ok(Folded::default());
    }
    let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
    for level in 0..LEVEL_BITS.len() {
        let known = load(connection, resource, level, &deltas).await?;
        let mut below: HashMap<String, Vec<Delta>> = HashMap::new();
        for (scope, list) in deltas {
            for delta in list {
                let number = bucket_of(level, delta.created_at);
                let key = (scope.clone(), level, number);
                let entry = entries.entry(key).or_insert_with(|| {
                    let (split, held) =
                        known.get(&(scope.clone(), number)).copied().unwrap_or((false, 0));
                    Entry { split, held, added: [0; WIDTH] }
                });
                entry.held += delta.count;
                entry.added[delta.column] += delta.count;
                if entry.split {
                    below.entry(scope.clone()).or_default().push(delta);
                }
            }
        }
        deltas = below;
        if deltas.is_empty() {
            break;
        }
    }
    for (key, entry) in &entries {
        connection.execute(&add(resource, key, entry)).await?;
    }
    let mut sql = Sql::default();
    sql.push("DELETE FROM tally_changes WHERE resource = ").bind(table(resource));
    sql.push(" AND id <= ").bind(Arg::Integer(last));
    connection.execute(&sql).await?;
    renew_version(connection, resource).await?;
    let full = entries.into_iter().filter(|(_, entry)| !entry.split && entry.held > SPLIT_ABOVE);
    // The finest are not split.
    let full = full.map(|(key, _)| key).filter(|(_, level, _)| level + 1 < LEVEL_BITS.len());
    Ok(Folded { count, full: full.collect() })
}

/// Makes the tallies of a resource anew from its records.
pub async fn rebuild(
    connection: &mut Connection,
    resource: &'static Resource,
) -> Result<(), StoreError> {
    let Some(tally) = resource.tally else { return Ok(()) };
    for statement in
        ["DELETE FROM tallies WHERE resource = ", "DELETE FROM tally_changes WHERE resource = "]
    {
        let mut sql = Sql::default();
        sql.push(statement).bind(table(resource));
        connection.execute(&sql).await?;
    }
    for scope in ["client", "'*'"] {
        let mut sql = insert_counts(resource, tally, scope);
        sql.push(" GROUP BY 2, 4");
        connection.execute(&sql).await?;
    }
    renew_version(connection, resource).await?;
    let mut sql = Sql::default();
    sql.push("SELECT scope, level, bucket FROM tallies WHERE level = 0 AND resource = ");
    sql.bind(table(resource)).push(" AND n > ").bind(Arg::Integer(SPLIT_ABOVE));
    let full = fetch_keys(connection, &sql).await?;
    split_all(connection, resource, full).await
}

/// A bucket as it is stored, and as one reading of the records counts it: all, then per column.
#[derive(Default)]
struct Compared {
    split: bool,
    stored: [i64; WIDTH + 1],
    counted: [i64; WIDTH + 1],
}

/// How many buckets say something else than the records; the changes that are not folded yet are
/// folded first. The records are read once, in whatever order they lie.
pub async fn check(
    connection: &mut Connection,
    resource: &'static Resource,
) -> Result<u64, StoreError> {
    let Some(tally) = resource.tally else { return Ok(0) };
    while fold(connection, resource).await?.count > 0 {}
    let mut scopes = stored_buckets(connection, resource).await?;
    let mut sql = Sql::default();
    sql.push("SELECT client, created_at, status, ");
    sql.push(if tally.kind.is_some() { "type" } else { "NULL" }).push(" FROM ");
    sql.push(resource.table);
    connection
        .fetch(&sql, &mut |row| {
            let created_at = row.integer(1)?.unwrap_or(0);
            let column = tally.column(row.text(2)?.unwrap_or_default(), row.text(3)?);
            for scope in [row.text(0)?.unwrap_or_default(), EVERYBODY] {
                if !scopes.contains_key(scope) {
                    scopes.insert(scope.to_owned(), HashMap::new());
                }
                let Some(buckets) = scopes.get_mut(scope) else { continue };
                for level in 0..LEVEL_BITS.len() {
                    let bucket = buckets.entry((level, bucket_of(level, created_at))).or_default();
                    bucket.counted[0] += 1;
                    if let Some(column) = column {
                        bucket.counted[1 + column] += 1;
                    }
                    if !bucket.split {
                        break;
                    }
                }
            }
            Ok(())
        })
        .await?;
    let buckets = scopes.values().flat_map(HashMap::values);
    Ok(buckets.filter(|bucket| bucket.stored != bucket.counted).count() as u64)
}

/// How many changes are not folded yet.
pub fn pending(resource: &'static Resource) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT count(*) FROM tally_changes WHERE resource = ").bind(table(resource));
    sql
}

/// The oldest changes by scope, the last one's number, and how many there are.
async fn take_changes(
    connection: &mut Connection,
    resource: &'static Resource,
    tally: &'static Tally,
    limit: i64,
) -> Result<(HashMap<String, Vec<Delta>>, i64, usize), StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT id, client, status, type, created_at, n FROM tally_changes WHERE resource = ");
    sql.bind(table(resource)).push(" ORDER BY id LIMIT ").bind(Arg::Integer(limit));
    let mut deltas: HashMap<String, Vec<Delta>> = HashMap::new();
    let (mut last, mut count) = (0, 0);
    connection
        .fetch(&sql, &mut |row| {
            last = row.integer(0)?.unwrap_or(0);
            count += 1;
            let status = row.text(2)?.unwrap_or_default();
            let Some(column) = tally.column(status, row.text(3)?) else {
                return Err(StoreError::Statement("a tally met an unknown status".to_owned()));
            };
            let client = row.text(1)?.unwrap_or_default();
            let created_at = row.integer(4)?.unwrap_or(0);
            let count = row.integer(5)?.unwrap_or(0);
            for scope in [client, EVERYBODY] {
                let delta = Delta { column, created_at, count };
                deltas.entry(scope.to_owned()).or_default().push(delta);
            }
            Ok(())
        })
        .await?;
    Ok((deltas, last, count))
}

/// Split and size of the buckets that these changes fall into.
async fn load(
    connection: &mut Connection,
    resource: &'static Resource,
    level: usize,
    deltas: &HashMap<String, Vec<Delta>>,
) -> Result<HashMap<(String, i64), (bool, i64)>, StoreError> {
    let numbers: HashSet<i64> =
        deltas.values().flatten().map(|delta| bucket_of(level, delta.created_at)).collect();
    let mut sql = Sql::default();
    sql.push("SELECT scope, bucket, split, n FROM tallies WHERE resource = ");
    sql.bind(table(resource)).push(" AND level = ").bind(Arg::Integer(level as i64));
    let dialect = connection.dialect();
    sql.push(" AND scope").member_of(dialect, Arg::TextList(deltas.keys().cloned().collect()));
    sql.push(" AND bucket").member_of(dialect, Arg::IntegerList(numbers.into_iter().collect()));
    let mut known = HashMap::new();
    connection
        .fetch(&sql, &mut |row| {
            let scope = row.text(0)?.unwrap_or_default().to_owned();
            let number = row.integer(1)?.unwrap_or(0);
            let split = row.boolean(2)?.unwrap_or(false);
            known.insert((scope, number), (split, row.integer(3)?.unwrap_or(0)));
            Ok(())
        })
        .await?;
    Ok(known)
}

fn add(resource: &'static Resource, (scope, level, number): &Key, entry: &Entry) -> Sql {
    let mut sql = Sql::default();
    sql.push("INSERT INTO tallies (resource, scope, level, bucket, n");
    for column in COLUMNS {
        sql.push(", ").push(column);
    }
    sql.push(") VALUES (").bind(table(resource)).push(", ").bind(Arg::Text(scope.clone()));
    sql.push(", ").bind(Arg::Integer(*level as i64)).push(", ").bind(Arg::Integer(*number));
    sql.push(", ").bind(Arg::Integer(entry.added.iter().sum()));
    for added in entry.added {
        sql.push(", ").bind(Arg::Integer(added));
    }
    sql.push(") ON CONFLICT (resource, scope, level, bucket) DO UPDATE SET ");
    sql.push("n = tallies.n + excluded.n");
    for column in COLUMNS {
        sql.push(", ").push(column).push(" = tallies.").push(column);
        sql.push(" + excluded.").push(column);
    }
    sql
}

fn insert_counts(resource: &'static Resource, tally: &'static Tally, scope: &'static str) -> Sql {
    let mut sql = Sql::default();
    sql.push("INSERT INTO tallies (resource, scope, level, bucket, split, n");
    for column in COLUMNS {
        sql.push(", ").push(column);
    }
    sql.push(") ");
    push_counts(&mut sql, resource, tally, scope);
    sql
}

/// `SELECT resource, scope, level, bucket, FALSE, n, c0 … FROM records`: the counts themselves.
fn push_counts(
    sql: &mut Sql,
    resource: &'static Resource,
    tally: &'static Tally,
    scope: &'static str,
) {
    sql.push("SELECT '").push(resource.table).push("', ").push(scope).push(", 0");
    sql.push(", created_at >> ").push(LEVEL_SHIFTS[0]).push(", FALSE, count(*)");
    for column in 0..WIDTH {
        match pair(tally, column) {
            None => sql.push(", 0"),
            Some((status, kind)) => {
                sql.push(", count(*) FILTER (WHERE status = '").push(status).push("'");
                match (tally.kind, kind) {
                    (None, _) => {}
                    (Some(_), None) => drop(sql.push(" AND type IS NULL")),
                    (Some(_), Some(kind)) => drop(sql.push(" AND type = '").push(kind).push("'")),
                }
                sql.push(")")
            }
        };
    }
    sql.push(" FROM ").push(resource.table);
}

/// Status and type of a column.
fn pair(tally: &'static Tally, column: usize) -> Option<(&'static str, Option<&'static str>)> {
    let kinds = tally.kind.map_or(1, |kinds| kinds.words.len() + 1);
    let status = tally.status.words.get(column / kinds)?;
    let kind = tally.kind.and_then(|words| words.words.get(column % kinds));
    Some((*status, kind.copied()))
}

async fn fetch_keys(connection: &mut Connection, sql: &Sql) -> Result<Vec<Key>, StoreError> {
    let mut keys = Vec::new();
    connection
        .fetch(sql, &mut |row| {
            let scope = row.text(0)?.unwrap_or_default().to_owned();
            let level = usize::try_from(row.integer(1)?.unwrap_or(0)).unwrap_or(0);
            keys.push((scope, level, row.integer(2)?.unwrap_or(0)));
            Ok(())
        })
        .await?;
    Ok(keys)
}

/// All buckets by scope, then by level and number; nothing is counted yet.
async fn stored_buckets(
    connection: &mut Connection,
    resource: &'static Resource,
) -> Result<HashMap<String, HashMap<(usize, i64), Compared>>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT scope, level, bucket, split, n");
    for column in COLUMNS {
        sql.push(", ").push(column);
    }
    sql.push(" FROM tallies WHERE resource = ").bind(table(resource));
    let mut scopes: HashMap<String, HashMap<(usize, i64), Compared>> = HashMap::new();
    connection
        .fetch(&sql, &mut |row| {
            let scope = row.text(0)?.unwrap_or_default().to_owned();
            let level = usize::try_from(row.integer(1)?.unwrap_or(0)).unwrap_or(0);
            let mut bucket =
                Compared { split: row.boolean(3)?.unwrap_or(false), ..Compared::default() };
            for (place, count) in bucket.stored.iter_mut().enumerate() {
                *count = row.integer(4 + place)?.unwrap_or(0);
            }
            scopes.entry(scope).or_default().insert((level, row.integer(2)?.unwrap_or(0)), bucket);
            Ok(())
        })
        .await?;
    Ok(scopes)
}
