//! What tallies and the journal cost who writes: `cargo bench -p verax-store`, and for PostgreSQL
//! `cargo xtask postgres -- cargo bench -p verax-store`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use verax_domain::events::{Entry, EventKind};
use verax_domain::journal::{Principal, Stamp};
use verax_domain::{Record, Timestamp, resources};
use verax_query::Sql;
use verax_store::{Batch, Database, ImportEntries, Location, Options, Rows, Schema, Upkeep};

const WRITERS: u64 = 16;
const ROUNDS: u64 = 3;
const SINGLES_FOR: Duration = Duration::from_secs(4);
const BULK: u64 = 40_000;
const BULK_AT_ONCE: u64 = 1_000;
const RESOURCE: &verax_query::Resource = &resources::BIOMETRIC_VALIDATIONS;

/// What is written beside a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    TalliesAndEvent,
    Tallies,
    Nothing,
}

impl Beside {
    const ALL: [Beside; 3] = [Beside::TalliesAndEvent, Beside::Tallies, Beside::Nothing];
}

#[tokio::main]
async fn main() {
    let url = std::env::var("VERAX_TEST_DATABASE_URL").ok().map(Some);
    println!(
        "| database | written beside | single inserts/s, {WRITERS} writers | bulk records/s |"
    );
    println!("| --- | --- | --: | --: |");
    for url in [None].into_iter().chain(url) {
        let mut sums = [[0.0; 2]; 3];
        for round in 0..ROUNDS {
            for (index, beside) in Beside::ALL.into_iter().enumerate() {
                let folder = tempfile::tempdir().expect("a folder");
                let location = match &url {
                    None => Location::File(folder.path().join("verax.db")),
                    Some(url) => Location::Postgres(new_database(url, round, beside).await),
                };
                let database = Database::open(&location, &options()).await.expect("a database");
                if beside == Beside::Nothing {
                    drop_triggers(&database, url.is_some()).await;
                }
                let folding = tokio::spawn(fold(database.clone()));
                sums[index][0] += singles(&database, beside).await;
                sums[index][1] += bulk(&database).await;
                folding.abort();
            }
        }
        for (index, beside) in Beside::ALL.into_iter().enumerate() {
            let [singles, bulk] = sums[index].map(|sum| sum / ROUNDS as f64);
            let name = if url.is_some() { "PostgreSQL" } else { "SQLite" };
            println!("| {name} | {beside:?} | {singles:.0} | {bulk:.0} |");
        }
    }
}

/// As a server does while others write.
async fn fold(database: Database) {
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    loop {
        tick.tick().await;
        if database.unfolded(RESOURCE).await.is_ok_and(|count| count > 0) {
            database.upkeep(Upkeep::Fold, RESOURCE).await.expect("a fold");
        }
    }
}

/// Inserts in a second: each in a change of its own, by so many writers of one client.
async fn singles(database: &Database, beside: Beside) -> f64 {
    let start = Instant::now();
    let written = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (database, written) = (database.clone(), Arc::clone(&written));
            tokio::spawn(async move {
                for number in 0.. {
                    if start.elapsed() > SINGLES_FOR {
                        break;
                    }
                    let record = record(writer, number);
                    let entry = match beside {
                        Beside::TalliesAndEvent => {
                            Entry::Event(EventKind::ValidationCreated, stamp(&record.id))
                        }
                        _ => Entry::quiet("records of a benchmark"),
                    };
                    let mut batch = Batch::default();
                    batch.insert_record(&record, Timestamp(0), entry);
                    database.commit(batch).await.expect("an insert");
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    written.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

async fn bulk(database: &Database) -> f64 {
    let records: Vec<Record> = (0..BULK).map(|number| record(WRITERS, number)).collect();
    let start = Instant::now();
    for some in records.chunks(BULK_AT_ONCE as usize) {
        let quiet = ImportEntries::Quiet("records of a benchmark");
        database.import(some, Timestamp(0), quiet).await.expect("an import");
    }
    BULK as f64 / start.elapsed().as_secs_f64()
}

fn stamp(id: &str) -> Stamp {
    Stamp {
        id: id.to_owned(),
        salt: format!("{id}{}", &id[..8]),
        actor: Principal::Token(id.to_owned()),
        request: Some(id.to_owned()),
    }
}

fn record(writer: u64, number: u64) -> Record {
    let words = ["completed", "failed", "pending"];
    let created = Timestamp(1_700_000_000_000 + (number * 1_000 + writer * 7) as i64);
    let json = json!({
        "_id": format!("{:08x}{number:08x}{writer:08x}", number.wrapping_mul(0x9e37_79b9) as u32),
        "client": "acme",
        "project": format!("project{}", number % 4),
        "status": words[(number % 3) as usize],
        "type": "login",
        "identifier": format!("user{number}@example.com"),
        "createdAt": created.to_string(),
        "biometricData": { "quality": "good", "livenessScore": 0.5 },
    });
    Record::from_json(RESOURCE, &json, None).expect("a right record")
}

async fn drop_triggers(database: &Database, postgres: bool) {
    let statements = if postgres {
        [
            "DROP TRIGGER biometric_validations_tally_insert ON biometric_validations",
            "DROP TRIGGER biometric_validations_tally_update ON biometric_validations",
        ]
    } else {
        [
            "DROP TRIGGER biometric_validations_tally_insert",
            "DROP TRIGGER biometric_validations_tally_update",
        ]
    };
    let mut batch = Batch::default();
    for statement in statements {
        let mut sql = Sql::default();
        sql.push(statement);
        batch.push(sql, Rows::Any);
    }
    database.commit(batch).await.expect("no triggers");
}

async fn new_database(url: &str, round: u64, beside: Beside) -> String {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
    tokio::spawn(connection);
    let name = format!("writes_{}_{round}_{beside:?}", std::process::id()).to_lowercase();
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    format!("{server}/{name}")
}

fn options() -> Options {
    Options {
        readers: 2,
        connections: 20,
        replica: None,
        statement_limit: Duration::from_secs(30),
        schema: Schema::BringUpToDate,
    }
}
