//! Every event gets one number, in the order of its record's events, whoever gives them and whoever dies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use verax_domain::events::{Entry, EventKind};
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Retrieval, Tenant};
use verax_store::{
    Batch, Database, Dump, Loading, Location, Numbered, TableDigests, copied_tables,
};

use crate::databases::{self, Fixture, stamp};
use crate::forgetting::execute;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const WRITERS: usize = 16;
const ROUNDS: usize = 6;

fn project(client: &str, id: &str) -> Record {
    let json = json!({ "_id": id, "client": client, "name": "One", "status": "active" });
    Record::from_json(&resources::PROJECTS, &json, None).expect("a record")
}

async fn create(database: &Database, client: &str, id: &str) {
    let mut batch = Batch::default();
    let entry = Entry::Event(EventKind::ProjectCreated, stamp());
    batch.insert_record(&project(client, id), NOW, entry);
    database.commit(batch).await.expect("a project");
}

async fn update(database: &Database, client: &str, id: &str) {
    let mut batch = Batch::default();
    batch.change(&project(client, id), NOW, Entry::Event(EventKind::ProjectUpdated, stamp()));
    database.commit(batch).await.expect("a change");
}

fn client(name: &str) -> Tenant {
    Tenant::Client(name.to_owned())
}

async fn number(database: &Database) -> Numbered {
    database.number_events(|| "a tag".to_owned()).await.expect("a round")
}

async fn number_all(database: &Database) {
    // A node that was stopped in a round has the lock until its connection is closed.
    while database.unnumbered().await.expect("a look").count > 0 {
        number(database).await;
        tokio::task::yield_now().await;
    }
}

/// What the feed of a tenant has, in pages.
async fn feed(database: &Database, tenant: &Tenant) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map_or(0, number_of);
        let page = database.events_after(tenant, after, 7).await.expect("a page");
        if page.is_empty() {
            return all;
        }
        for event in page {
            let json: Value = serde_json::from_slice(&event.json).expect("JSON");
            assert_eq!(number_of(&json), event.number);
            all.push(json);
        }
    }
}

fn number_of(event: &Value) -> i64 {
    event["number"].as_i64().expect("a number")
}

/// No gap, none twice, and the events of each record in their order.
fn assert_whole(feed: &[Value], count: usize) {
    let numbers: Vec<i64> = feed.iter().map(number_of).collect();
    let all = i64::try_from(count).expect("few");
    assert_eq!(numbers, (1..=all).collect::<Vec<_>>());
    let mut sequences: BTreeMap<&str, i64> = BTreeMap::new();
    for event in feed {
        let last = sequences.entry(event["record"].as_str().expect("a record")).or_default();
        *last += 1;
        assert_eq!(event["sequence"], json!(*last), "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gap_and_the_order_of_each_record_while_many_write_and_two_number() {
    for fixture in databases::all().await {
        let writing = fixture.open().await;
        let nodes = [fixture.open().await, fixture.open().await];
        for name in ["c0", "c1"] {
            create(&writing, name, &format!("shared-{name}")).await;
        }
        let writers = (0..WRITERS).map(|writer| {
            let database = writing.clone();
            tokio::spawn(async move {
                let name = format!("c{}", writer % 2);
                create(&database, &name, &format!("p{writer}")).await;
                for _ in 0..ROUNDS {
                    update(&database, &name, &format!("shared-{name}")).await;
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let numbering = nodes.map(|node| {
            tokio::spawn(async move {
                loop {
                    number(&node).await;
                    tokio::task::yield_now().await;
                }
            })
        });
        for writer in writers {
            writer.await.expect("a writer");
        }
        numbering.iter().for_each(tokio::task::JoinHandle::abort);
        number_all(&writing).await;
        let each = WRITERS / 2 * (ROUNDS + 1) + 1;
        for name in ["c0", "c1"] {
            let events = feed(&writing, &client(name)).await;
            assert_whole(&events, each);
            assert!(events.iter().all(|event| event["client"] == name));
            let last = writing.last_event_number(&client(name)).await.expect("a number");
            assert_eq!(usize::try_from(last).expect("few"), each);
        }
        assert_whole(&feed(&writing, &Tenant::All).await, 2 * each);
        assert_eq!(writing.unnumbered().await.expect("a look").count, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_lost_writes_nothing() {
    for fixture in databases::all().await {
        let (one, two) = (fixture.open().await, fixture.open().await);
        for id in ["a", "b", "c"] {
            create(&one, "c0", id).await;
        }
        let (first, second) = tokio::join!(number(&one), number(&two));
        assert_eq!(first.count + second.count, 3, "{first:?} {second:?}");
        assert_whole(&feed(&one, &client("c0")).await, 3);
        if let Location::Postgres(url) = &fixture.location {
            create(&one, "c0", "d").await;
            let other = databases::connect(url).await;
            let lock = "SELECT pg_advisory_lock(7305804387)";
            other.batch_execute(lock).await.expect("the lock of another node");
            assert_eq!(number(&two).await, Numbered { count: 0, size: 3 });
            assert_eq!(feed(&one, &client("c0")).await.len(), 3);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_is_of_the_salt_and_the_whole_record_and_of_nothing_where_the_record_is_gone() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        create(&database, "c0", "stays").await;
        create(&database, "c0", "goes").await;
        let mut batch = Batch::default();
        let gone = Entry::Event(EventKind::ProjectDeleted, stamp());
        batch.delete(&resources::PROJECTS, ("c0", "goes"), NOW, gone);
        database.commit(batch).await.expect("a deletion");
        number_all(&database).await;
        let whole = Retrieval::whole(&resources::PROJECTS);
        let record = database.record(&whole, &client("c0"), "stays").await.expect("a read");
        let digest = Sha256::new().chain_update("5a17").chain_update(record.expect("a record"));
        let digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(digests(&fixture).await, [Some(digest), None, None]);
    }
}

/// In the order of positions.
async fn digests(fixture: &Fixture) -> Vec<Option<String>> {
    let sql = "SELECT digest FROM journal_leaves ORDER BY position";
    match &fixture.location {
        Location::Postgres(url) => {
            let rows = databases::connect(url).await.query(sql, &[]).await.expect("rows");
            rows.iter().map(|row| row.get(0)).collect()
        }
        Location::File(path) => {
            let connection = rusqlite::Connection::open(path).expect("the same file");
            let mut statement = connection.prepare(sql).expect("a statement");
            let rows = statement.query_map([], |row| row.get(0)).expect("rows");
            rows.map(|row| row.expect("a text")).collect()
        }
    }
}

async fn copy(from: &Fixture, to: &Fixture) {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut dump = Dump::begin(&from.location, scratch.path()).await.expect("a dump");
    let mut digests: TableDigests =
        copied_tables().map(|table| (table, Default::default())).collect();
    let mut loading = Loading::begin(&to.location, dump.schema_version).await.expect("a new one");
    while let Some(block) = dump.next().await.expect("a block") {
        digests.entry(block.table).or_default().add(&block).expect("whole rows");
        loading.push(block).await.expect("loaded");
    }
    loading.finish(digests).await.expect("all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_database_gives_no_number_twice_and_counts_on() {
    for source in databases::all().await {
        let database = source.open().await;
        create(&database, "c0", "a").await;
        create(&database, "c1", "b").await;
        number_all(&database).await;
        update(&database, "c0", "a").await;
        update(&database, "c0", "a").await;
        let before = feed(&database, &Tenant::All).await;
        for target in databases::both().await {
            copy(&source, &target).await;
            let copied = target.open().await;
            assert_eq!(copied.unnumbered().await.expect("a look").count, 2);
            assert_eq!(number(&copied).await, Numbered { count: 2, size: 4 });
            create(&copied, "c1", "c").await;
            number_all(&copied).await;
            let after = feed(&copied, &Tenant::All).await;
            assert_whole(&after, 5);
            assert_eq!(after[..2], before);
            assert_whole(&feed(&copied, &client("c0")).await, 3);
            assert_whole(&feed(&copied, &client("c1")).await, 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_before_the_numbers_get_theirs_in_the_order_of_each_record() {
    for fixture in databases::both().await {
        let loading = Loading::begin(&fixture.location, 21).await.expect("an older schema");
        loading.finish(TableDigests::new()).await.expect("nothing in it");
        // The node that wrote the second event had a clock that was behind.
        for (id, sequence, at) in [("e3", 3, 900), ("e2", 2, 100), ("e1", 1, 500), ("x1", 1, 600)] {
            let record = if id == "x1" { "x" } else { "e" };
            let row = format!(
                "INSERT INTO events (id, client, type, resource, record, sequence, actor, created_at) \
                 VALUES ('{id}', 'c0', 'project.updated', 'projects', '{record}', {sequence}, 'system', {at})"
            );
            execute(&fixture, &row).await;
        }
        let database = fixture.open().await;
        number_all(&database).await;
        let events = feed(&database, &client("c0")).await;
        let ids: Vec<&str> = events.iter().filter_map(|event| event["_id"].as_str()).collect();
        assert_eq!(ids, ["e1", "e2", "x1", "e3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_takes_its_numbers_and_no_position_is_given_again() {
    for fixture in databases::all().await {
        let database = fixture.open().await;
        create(&database, "goes", "a").await;
        create(&database, "stays", "b").await;
        number_all(&database).await;
        create(&database, "goes", "c").await;
        let mut batch = Batch::default();
        batch.empty_client("goes");
        database.commit(batch).await.expect("a deletion");
        assert_eq!(number(&database).await, Numbered { count: 0, size: 2 });
        assert!(feed(&database, &client("goes")).await.is_empty());
        create(&database, "stays", "d").await;
        assert_eq!(number(&database).await, Numbered { count: 1, size: 3 });
        let positions: Vec<i64> =
            feed(&database, &Tenant::All).await.iter().map(number_of).collect();
        assert_eq!(positions, [2, 3]);
        assert_whole(&feed(&database, &client("stays")).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_with_events_rings_and_one_without_does_not() {
    for fixture in databases::both().await {
        let database = fixture.open().await;
        let quiet = Batch::default();
        database.commit(quiet).await.expect("nothing");
        let rung =
            tokio::time::timeout(std::time::Duration::ZERO, database.journaled().numbering());
        assert!(rung.await.is_err());
        create(&database, "c0", "a").await;
        database.journaled().numbering().await;
        assert_eq!(database.unnumbered().await.expect("a look").oldest, Some(NOW));
    }
}
