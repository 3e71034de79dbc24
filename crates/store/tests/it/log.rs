//! SQLite's write-ahead log: emptied of what was deleted, and nobody waits for that.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Query, Tenant};
use verax_store::{Batch, Database, NewClient};

use crate::databases;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const CANARY: &str = "canary-of-the-deleted";
/// Until the log is empty after its last reader, also on a machine that is busy.
const SOON: Duration = Duration::from_secs(15);
/// Much less than a connection of ours waits for a lock, much more than a commit takes.
const NO_WAIT: Duration = Duration::from_secs(10);

fn insert(id: &str, name: &str) -> Batch {
    let mut batch = Batch::default();
    batch.insert_client(&NewClient {
        id: id.to_owned(),
        name: name.to_owned(),
        email: "one@example.com".to_owned(),
        scopes: None,
        created_at: NOW,
    });
    batch
}

fn delete(id: &str) -> Batch {
    let mut batch = Batch::default();
    batch.delete_client(id);
    batch
}

fn log_of(file: &Path) -> PathBuf {
    file.with_file_name("verax.db-wal")
}

fn holds_canary(file: &Path) -> bool {
    let bytes = std::fs::read(file).unwrap_or_default();
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// Connections that read from now on, and do not stop by themselves.
fn slow_readers(file: &Path) -> Vec<Connection> {
    let reader = |_| {
        let reader = Connection::open(file).expect("a connection");
        reader.execute_batch("BEGIN; SELECT count(*) FROM clients").expect("a snapshot");
        reader
    };
    (0..12).map(reader).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_beside_slow_readers_holds_up_no_writer_and_leaves_the_log_when_they_end() {
    let fixture = databases::sqlite();
    let file = databases::file(&fixture);
    let database = fixture.open().await;
    // What it begins with is over, and empties nothing of this test.
    assert!(database.log_emptied(SOON).await);
    database.commit(insert("gone", CANARY)).await.expect("a client");
    let readers = slow_readers(file);

    tokio::time::timeout(NO_WAIT, async {
        database.commit(delete("gone")).await.expect("a deletion");
        for number in 0..100 {
            database.commit(insert(&format!("c{number}"), "x")).await.expect("a client");
        }
    })
    .await
    .expect("a writer waits for a reader");
    assert!(!database.log_emptied(Duration::from_millis(300)).await);
    assert!(holds_canary(&log_of(file)), "the readers were in nobody's way");

    drop(readers);
    assert!(database.log_emptied(SOON).await);
    for file in [file, &log_of(file)] {
        assert!(!holds_canary(file), "{}", file.display());
    }
    assert_eq!(database.clients().await.expect("a look").len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_server_was_killed_leaves_the_log_at_the_next_start() {
    let (fixture, after) = (databases::sqlite(), databases::sqlite());
    let file = databases::file(&fixture);
    let database = fixture.open().await;
    // What it begins with is over, and empties nothing of this test.
    assert!(database.log_emptied(SOON).await);
    database.commit(insert("gone", CANARY)).await.expect("a client");
    let readers = slow_readers(file);
    database.commit(delete("gone")).await.expect("a deletion");
    // What a kill leaves: the database and its log.
    let left = databases::file(&after);
    std::fs::copy(file, left).expect("a copy");
    std::fs::copy(log_of(file), log_of(left)).expect("a copy");
    assert!(holds_canary(&log_of(left)));
    drop(readers);

    let database = after.open().await;
    assert!(database.log_emptied(SOON).await);
    for file in [left, &log_of(left)] {
        assert!(!holds_canary(file), "{}", file.display());
    }
    assert_eq!(database.clients().await.expect("a look"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_reads_that_follow_each_other_without_end_do_not_keep_what_was_deleted() {
    let fixture = databases::sqlite();
    let mut options = databases::options();
    options.statement_limit = Duration::from_secs(1);
    let database = Database::open(&fixture.location, &options).await.expect("it opens");
    let rows: Vec<Record> = (0..20_000)
        .map(|number| {
            let json = json!({ "_id": format!("p{number}"), "client": "c", "name": "some name" });
            Record::from_json(&resources::PROJECTS, &json, None).expect("a record")
        })
        .collect();
    database.import(&rows, NOW, databases::QUIET).await.expect("an import");
    database.commit(insert("gone", CANARY)).await.expect("a client");

    let over = Arc::new(AtomicBool::new(false));
    let reading = (0..6).map(|_| {
        let (database, over) = (database.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let query = Query::parse(&resources::PROJECTS, "like_name=y").expect("a request");
            let mut done = 0;
            while !over.load(Ordering::SeqCst) {
                done += u32::from(database.page(&query, &Tenant::All).await.is_ok());
            }
            done
        })
    });
    let reading: Vec<_> = reading.collect();
    // Each commit makes the next reads begin in the log again.
    let writing = {
        let (database, over) = (database.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            for number in 0.. {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                database.commit(insert(&format!("c{number}"), "x")).await.expect("a client");
            }
        })
    };
    database.commit(delete("gone")).await.expect("a deletion");
    let emptied = database.log_emptied(SOON).await;
    over.store(true, Ordering::SeqCst);
    writing.await.expect("a writer");
    for reader in reading {
        assert!(reader.await.expect("a reader") > 0, "no read was answered");
    }
    assert!(emptied);
    assert!(!holds_canary(&log_of(databases::file(&fixture))));
}

/// Another program that closes the database takes itself for the last, and deletes the log, unless
/// this process holds its lock of the file: closing any other descriptor of it drops that.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_open_database_holds_its_lock_of_the_file() {
    use std::os::unix::fs::MetadataExt;
    let fixture = databases::sqlite();
    let database = fixture.open().await;
    database.commit(insert("one", "One")).await.expect("a commit");
    database.commit(delete("one")).await.expect("a commit");
    let inode = std::fs::metadata(databases::file(&fixture)).expect("the file").ino();
    let locks = std::fs::read_to_string("/proc/locks").expect("the locks");
    let held = format!(" {} ", std::process::id());
    let ours = |line: &&str| line.contains(&held) && line.contains(&format!(":{inode} "));
    assert!(locks.lines().any(|line| ours(&line) && line.contains("READ")), "{locks}");
}
