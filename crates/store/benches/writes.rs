//! What tallies, the journal, a webhook and numbers cost who writes: `cargo bench -p verax-store`, and for PostgreSQL
//! `cargo xtask postgres -- cargo bench -p verax-store`. `-- sqlite TalliesAndEvent` runs only these.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use verax_domain::events::{Entry, EventKind};
use verax_domain::id::new_id;
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
    /// An event with its number, and its delivery to one webhook, while others are numbered.
    TalliesEventDeliveryNumber,
    TalliesAndEvent,
    Tallies,
    Nothing,
}

impl Beside {
    const ALL: [Beside; 4] = [
        Beside::TalliesEventDeliveryNumber,
        Beside::TalliesAndEvent,
        Beside::Tallies,
        Beside::Nothing,
    ];
}

#[tokio::main]
async fn main() {
    let url = std::env::var("VERAX_TEST_DATABASE_URL").ok().map(Some);
    println!(
        "| database | written beside | single inserts/s, {WRITERS} writers | bulk records/s |"
    );
    println!("| --- | --- | --: | --: |");
    for url in [None].into_iter().chain(url) {
        let engine = if url.is_some() { "postgres" } else { "sqlite" };
        if !is_asked_for(engine, &["sqlite", "postgres"]) {
            continue;
        }
        let mut sums = [[0.0; 2]; 4];
        for round in 0..ROUNDS {
            for (index, beside) in Beside::ALL.into_iter().enumerate() {
                if !is_asked_for(&format!("{beside:?}"), &Beside::ALL.map(|it| format!("{it:?}"))) {
                    continue;
                }
                let folder = tempfile::tempdir().expect("a folder");
                let location = match &url {
                    None => Location::File(folder.path().join("verax.db")),
                    Some(url) => Location::Postgres(new_database(url, round, beside).await),
                };
                let database = Database::open(&location, &options()).await.expect("a database");
                if beside == Beside::Nothing {
                    drop_triggers(&database, url.is_some()).await;
                }
                let mut others = vec![tokio::spawn(fold(database.clone()))];
                if beside == Beside::TalliesEventDeliveryNumber {
                    add_webhook(&database).await;
                    others.push(tokio::spawn(number(database.clone())));
                }
                sums[index][0] += singles(&database, beside).await;
                others.iter().skip(1).for_each(|other| other.abort());
                sums[index][1] += bulk(&database).await;
                others.iter().for_each(|other| other.abort());
            }
        }
        for (index, beside) in Beside::ALL.into_iter().enumerate() {
            let [singles, bulk] = sums[index].map(|sum| sum / ROUNDS as f64);
            let name = if url.is_some() { "PostgreSQL" } else { "SQLite" };
            println!("| {name} | {beside:?} | {singles:.0} | {bulk:.0} |");
        }
    }
}

/// Whether the command names this, or none of its kind.
fn is_asked_for(name: &str, kind: &[impl AsRef<str>]) -> bool {
    let asked: Vec<String> = std::env::args().collect();
    let names_one = kind.iter().any(|one| asked.iter().any(|it| it == one.as_ref()));
    !names_one || asked.iter().any(|it| it == name)
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

/// As a server does: at once after a commit, but no more often than every 25 ms.
async fn number(database: Database) {
    let mut tick = tokio::time::interval(Duration::from_millis(25));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        database.journaled().numbering().await;
        let done = database.number_events(|| "00".repeat(16)).await.expect("a round");
        tokio::time::sleep(done.rest()).await;
    }
}

/// One that all events are for.
async fn add_webhook(database: &Database) {
    let json = json!({
        "_id": "6b0c45debcf2be94613bc538", "client": "acme", "url": "https://example.com/",
        "isActive": true, "format": "standard", "payload": "thin", "ordering": "record",
        "source": "api", "failures": 0, "createdAt": "2026-01-01T00:00:00.000Z",
    });
    let webhook = Record::from_json(&resources::WEBHOOKS, &json, None).expect("a right record");
    let mut batch = Batch::default();
    batch.insert_record(&webhook, Timestamp(0), Entry::quiet("a webhook of a benchmark"));
    database.commit(batch).await.expect("a webhook");
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
                        Beside::TalliesAndEvent | Beside::TalliesEventDeliveryNumber => {
                            Entry::Event(EventKind::ValidationCreated, stamp(writer, number))
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

/// An event of this record, with an id of its own.
fn stamp(writer: u64, number: u64) -> Stamp {
    let id = id(writer + 100, number);
    Stamp {
        salt: format!("{id}{}", &id[..8]),
        actor: Principal::Token(id.clone()),
        request: Some(id.clone()),
        id,
    }
}

/// As a server makes it, 4 milliseconds after the writer's last.
fn id(writer: u64, number: u64) -> String {
    let random = (writer << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    new_id(Timestamp(1_700_000_000_000 + number as i64 * 4), random >> 8)
}

fn record(writer: u64, number: u64) -> Record {
    let words = ["completed", "failed", "pending"];
    let created = Timestamp(1_700_000_000_000 + (number * 1_000 + writer * 7) as i64);
    let json = json!({
        "_id": id(writer, number),
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
