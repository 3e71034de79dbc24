//! All rows of a database, out of one and into another, of either kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use verax_domain::Timestamp;
use verax_store::{
    Batch, Database, Dump, Loading, Location, NewClient, REBUILT_TABLES, RowBlock, StoreError,
    TableDigest, TableDigests, copied_tables,
};

use crate::databases::{self, Fixture};
use crate::forgetting::{execute, schema};

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_the_schema_is_copied_or_rebuilt() {
    let mut kinds = Vec::new();
    for fixture in databases::both().await {
        fixture.open().await;
        let tables = schema(&fixture).await;
        let named: BTreeSet<&str> = copied_tables().chain(REBUILT_TABLES).collect();
        assert_eq!(named, tables.keys().map(String::as_str).collect(), "a table is forgotten");
        assert_eq!(named.len(), copied_tables().count() + REBUILT_TABLES.len(), "one is both");
        let kind = |kind: &str| match kind {
            "bigint" | "boolean" | "integer" => "integer",
            "double precision" | "real" => "number",
            "text" => "text",
            other => panic!("a kind that is not copied: {other}"),
        };
        let columns: BTreeMap<String, BTreeSet<(String, &str)>> = tables
            .into_iter()
            .filter(|(table, _)| copied_tables().any(|copied| copied == table))
            .map(|(table, columns)| {
                (table, columns.into_iter().map(|(name, it, _)| (name, kind(&it))).collect())
            })
            .collect();
        kinds.push(columns);
    }
    // A row of one database is a row of the other.
    assert_eq!(kinds[0], kinds[1]);
}

/// Three rows in each table: two with something in every column, one with what it must have.
async fn fill(fixture: &Fixture) {
    fixture.open().await;
    let mut rows = String::new();
    for (table, columns) in schema(fixture).await {
        if REBUILT_TABLES.contains(&table.as_str()) {
            continue;
        }
        for row in ["canary ü \"x\"\\n", "zwei", "drei"] {
            let wanted = columns.iter().filter(|(_, _, required)| row != "drei" || *required);
            let values = wanted.map(|(column, kind, _)| {
                let value = match (kind.as_str(), row) {
                    ("text", _) => format!("'{row} {table} {column}'"),
                    ("boolean", _) => (row == "zwei").to_string(),
                    ("double precision" | "real", "zwei") => "-0.0".to_owned(),
                    ("double precision" | "real", _) => "0.1234567890123456789".to_owned(),
                    // SQLite keeps flags as numbers.
                    _ => u8::from(row == "zwei").to_string(),
                };
                (column.as_str(), value)
            });
            let (names, values): (Vec<&str>, Vec<String>) = values.unzip();
            let (names, values) = (names.join(", "), values.join(", "));
            rows += &format!("INSERT INTO {table} ({names}) VALUES ({values});\n");
        }
    }
    execute(fixture, &rows).await;
}

async fn all(location: &Location) -> (i64, Vec<RowBlock>, TableDigests) {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut dump = Dump::begin(location, scratch.path()).await.expect("a dump");
    let mut digests: TableDigests =
        copied_tables().map(|table| (table, TableDigest::default())).collect();
    let mut blocks = Vec::new();
    while let Some(block) = dump.next().await.expect("a block") {
        digests.entry(block.table).or_default().add(&block).expect("whole rows");
        blocks.push(block);
    }
    // No copy of the rows stays, and none had a name while it was read.
    let left: Vec<_> = std::fs::read_dir(scratch.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    (dump.schema_version, blocks, digests)
}

async fn load(
    location: &Location,
    version: i64,
    blocks: &[RowBlock],
) -> Result<Loading, StoreError> {
    let mut loading = Loading::begin(location, version).await?;
    for block in blocks {
        loading.push(block.clone()).await?;
    }
    Ok(loading)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_every_table_is_the_same_in_the_other_database() {
    for source in databases::both().await {
        fill(&source).await;
        let (version, blocks, digests) = all(&source.location).await;
        assert!(digests.values().all(|digest| digest.rows == 3), "{digests:?}");
        for target in databases::both().await {
            let loading = load(&target.location, version, &blocks).await.expect("loaded");
            loading.finish(digests.clone()).await.expect("all of it");
            let (_, mut found, again) = all(&target.location).await;
            assert_eq!(again, digests);
            let mut wanted = blocks.clone();
            // A table without an order of its own may be read in another.
            wanted.sort_by_key(|block| block.table);
            found.sort_by_key(|block| block.table);
            let bytes = |blocks: &[RowBlock]| blocks.iter().map(|it| it.bytes.len()).sum::<usize>();
            assert_eq!(bytes(&found), bytes(&wanted));
            // What triggers keep is there too, and nobody counts the rows twice.
            let database = target.open().await;
            for resource in verax_domain::resources::ALL {
                if resource.tally.is_some() {
                    assert_eq!(database.unfolded(resource).await.expect("a count"), 3);
                }
            }
            // It is not empty any more.
            let second = load(&target.location, version, &blocks).await.err();
            assert!(matches!(second, Some(StoreError::Address(_))), "{second:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_those_that_were_promised_leave_nothing() {
    let source = databases::sqlite();
    fill(&source).await;
    let (version, blocks, digests) = all(&source.location).await;
    let mut short = blocks.clone();
    short.pop();
    let mut cut = blocks.clone();
    cut[0].bytes.pop();
    let mut other = blocks.clone();
    let last = other[0].bytes.len() - 1;
    other[0].bytes[last] ^= 1;
    let mut columns = blocks.clone();
    columns[0].columns[0].push('x');
    for (wrong, version) in [(short, version), (cut, version), (other, version), (columns, version)]
    {
        for target in databases::both().await {
            let done = match load(&target.location, version, &wrong).await {
                Ok(loading) => loading.finish(digests.clone()).await,
                Err(error) => Err(error),
            };
            assert!(done.is_err());
            if let Location::Postgres(_) = target.location {
                let (_, _, left) = all(&target.location).await;
                assert!(left.values().all(|digest| digest.rows == 0), "{left:?}");
            }
        }
    }
    let target = databases::sqlite();
    let newer = Loading::begin(&target.location, version + 1000).await.err();
    assert!(matches!(newer, Some(StoreError::Newer { .. })), "{newer:?}");
}

/// The columns of clients before they had sandboxes.
const OLD_CLIENTS: [&str; 13] = [
    "company",
    "country_code",
    "created_at",
    "email",
    "email_folded",
    "id",
    "language",
    "name",
    "name_folded",
    "phone",
    "scopes",
    "status",
    "updated_at",
];

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_older_schema_are_loaded_into_it_and_then_brought_up_to_date() {
    let values = OLD_CLIENTS.map(|column| match column {
        "id" | "name" => [&[3][..], &4u32.to_le_bytes(), b"acme"].concat(),
        _ => vec![0],
    });
    let row = values.concat();
    let length = u32::try_from(row.len()).expect("short").to_le_bytes();
    let columns = OLD_CLIENTS.map(str::to_owned).to_vec();
    let block = RowBlock { table: "clients", columns, bytes: [&length[..], &row].concat() };
    let mut digest = TableDigest::default();
    digest.add(&block).expect("a whole row");
    for target in databases::both().await {
        let loading = load(&target.location, 12, std::slice::from_ref(&block)).await;
        let digests = TableDigests::from([("clients", digest)]);
        loading.expect("loaded").finish(digests).await.expect("all of it");
        let database = target.open().await;
        let client = database.client("acme").await.expect("the clients").expect("a client");
        assert_eq!(client.name.as_deref(), Some("acme"));
        assert_eq!(all(&target.location).await.2["clients"].rows, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_dump_is_in_it_while_others_write() {
    for fixture in databases::both().await {
        let database: Database = fixture.open().await;
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let (database, stop) = (database.clone(), Arc::clone(&stop));
                let acknowledged = Arc::clone(&acknowledged);
                tokio::spawn(async move {
                    for number in 0.. {
                        if stop.load(Ordering::SeqCst) {
                            return number;
                        }
                        let mut batch = Batch::default();
                        batch.insert_client(&NewClient {
                            id: format!("w{writer}-{number}"),
                            name: "x".repeat(500),
                            email: format!("w{writer}-{number}@a.example"),
                            scopes: None,
                            created_at: Timestamp(0),
                        });
                        database.commit(batch).await.expect("a commit");
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                    }
                    0u64
                })
            })
            .collect();
        for _ in 0..5 {
            while acknowledged.load(Ordering::SeqCst) < 50 {
                tokio::task::yield_now().await;
            }
            let before = acknowledged.load(Ordering::SeqCst);
            let (_, _, digests) = all(&fixture.location).await;
            let after = acknowledged.load(Ordering::SeqCst);
            let found = digests["clients"].rows;
            // Each writer may have one that is committed and not counted yet.
            assert!(before <= found && found <= after + 2, "{before} {found} {after}");
        }
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.expect("a writer");
        }
    }
}
