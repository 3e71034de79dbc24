//! Totals and deep pages by tallies: exact while records come, change and go.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use verax_domain::events::Entry;
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Query, Tenant};
use verax_store::{Batch, Database, Upkeep};

use crate::databases;
use crate::draw::Draw;
use crate::listing;
use crate::naive;

const STATUS: &[&str] = &["new", "pending", "completed", "failed", "expired"];
const TYPES: &[&str] = &["validation", "login", "onboarding", "oneTimeLink"];

/// Creation times that make buckets of every size: years apart, and many in one millisecond.
fn time() -> BoxedStrategy<i64> {
    let noon = 1_700_000_000_000i64;
    prop_oneof![
        2 => Just(noon),
        2 => noon..noon + 300,
        2 => noon..noon + 4_000_000,
        1 => noon - 100_000_000_000..noon,
        1 => -5_000i64..5_000,
    ]
    .boxed()
}

fn record(number: usize) -> BoxedStrategy<Json> {
    let words = (prop::sample::select(STATUS), prop::option::of(prop::sample::select(TYPES)));
    (words, time(), 0..3u8)
        .prop_map(move |((status, kind), time, client)| {
            let mut record = json!({
                "_id": format!("{:05}", (number * 7919) % 100_000), "status": status,
                "client": format!("client{}", client.saturating_sub(1)),
                "createdAt": Timestamp(time).to_string(),
            });
            if let Some(kind) = kind {
                record["type"] = kind.into();
            }
            record
        })
        .boxed()
}

fn request() -> BoxedStrategy<(String, u8)> {
    let span = (prop::sample::select(vec!["where>", "where>=", "where<", "where<="]), time())
        .prop_map(|(operator, time)| format!("{operator}_createdAt={}", Timestamp(time)));
    let piece = prop_oneof![
        prop::sample::subsequence(STATUS, 1..4)
            .prop_map(|it| format!("in_status={}", it.join(","))),
        prop::sample::subsequence(TYPES, 1..3)
            .prop_map(|it| format!("notIn_type={}", it.join(","))),
        prop::sample::select(TYPES).prop_map(|kind| format!("where_type={kind}")),
        Just("where-null_type=".to_owned()),
        Just("where_client=client0".to_owned()),
        span.clone(),
        span,
    ];
    let sort = prop::sample::select(vec!["", "&sort=createdAt", "&sort=-createdAt,-_id"]);
    let page = (1..40u8, prop_oneof![0..60u32, 0..1800u32]);
    (prop::collection::vec(piece, 0..4), sort, page, 0..4u8)
        .prop_map(|(pieces, sort, (size, skip), tenant)| {
            (format!("{}&perPage={size}&offset={skip}{sort}", pieces.join("&")), tenant)
        })
        .boxed()
}

async fn store(database: &Database, records: &[Json]) {
    let read = |json: &Json| Record::from_json(&resources::BIOMETRIC_VALIDATIONS, json, None);
    let records: Vec<Record> = records.iter().map(|json| read(json).expect("right")).collect();
    database.import(&records, Timestamp(0), databases::QUIET).await.expect("an import");
}

async fn fold(database: &Database) {
    let resource = &resources::BIOMETRIC_VALIDATIONS;
    while database.upkeep(Upkeep::Fold, resource).await.expect("a fold") > 0 {}
}

/// Asked again in every state of the records: what is remembered of them must not be wrong then. Their
/// spans end within buckets.
fn again() -> Vec<(String, u8)> {
    let span = |from: i64, until: i64| {
        let (from, until) =
            (Timestamp(1_700_000_000_000 + from), Timestamp(1_700_000_000_000 + until));
        format!("where>=_createdAt={from}&where<_createdAt={until}")
    };
    let spans = [span(0, 40), span(100, 2_000_003), span(-50_000_000_001, 7)];
    let statuses = ["", "&in_status=completed,failed", "&where_status=expired&where_type=login"];
    let all = spans.iter().flat_map(|span| statuses.map(|status| format!("{span}{status}")));
    all.flat_map(|raw| [(raw.clone(), 0), (raw, 1)]).collect()
}

async fn agree(database: &Database, records: &[Json], draw: &mut Draw, cases: usize) {
    let requests = request();
    for _ in 0..cases {
        let asked = draw.one(&requests);
        let (query, tenant) = agrees(database, records, &asked).await;
        let walk = naive::walk(records, &query, &tenant);
        listing::walks(database, &query, &tenant, &walk, &asked.0).await;
    }
    for asked in again() {
        agrees(database, records, &asked).await;
    }
}

async fn agrees(
    database: &Database,
    records: &[Json],
    (raw, tenant): &(String, u8),
) -> (Query, Tenant) {
    let query = Query::parse(&resources::BIOMETRIC_VALIDATIONS, raw).expect("right");
    let tenant = match tenant {
        0 => Tenant::All,
        number => Tenant::Client(format!("client{}", number - 1)),
    };
    assert!(query.slice(&tenant).is_some(), "{raw} is for the tallies");
    let wanted = naive::answer(records, &query, &tenant);
    listing::agrees(database, &query, &tenant, &wanted, raw).await;
    (query, tenant)
}

async fn wrong(database: &Database) -> u64 {
    let resource = &resources::BIOMETRIC_VALIDATIONS;
    database.upkeep(Upkeep::Check, resource).await.expect("a check")
}

#[tokio::test(flavor = "multi_thread")]
async fn tallies_are_exact_while_records_come_change_and_go() {
    for (seed, fixture) in databases::all().await.iter().enumerate() {
        // Another node folds: what this one remembers must not outlive it.
        let (database, other) = (fixture.open().await, fixture.open().await);
        let mut draw = Draw::new(seed as u8 + 40);
        let mut records: Vec<Json> = (0..1800).map(|number| draw.one(&record(number))).collect();
        store(&database, &records[..900]).await;
        agree(&database, &records[..900], &mut draw, 20).await;
        fold(&other).await;
        agree(&database, &records[..900], &mut draw, 30).await;
        store(&database, &records[900..]).await;
        agree(&database, &records, &mut draw, 20).await;
        fold(&other).await;
        assert_eq!(wrong(&other).await, 0);
        agree(&database, &records, &mut draw, 30).await;

        // Every third record gets another status, by the same statement that an import uses.
        for record in records.iter_mut().step_by(3) {
            record["status"] = "expired".into();
        }
        let changed: Vec<Json> = records.iter().step_by(3).cloned().collect();
        store(&database, &changed).await;
        agree(&database, &records, &mut draw, 20).await;
        fold(&other).await;
        agree(&database, &records, &mut draw, 30).await;

        let mut batch = Batch::default();
        batch.delete_client("client1");
        database.commit(batch).await.expect("a deletion");
        records.retain(|record| record["client"] != "client1");
        agree(&database, &records, &mut draw, 20).await;
        fold(&other).await;
        assert_eq!(wrong(&other).await, 0);
        agree(&database, &records, &mut draw, 30).await;

        let resource = &resources::BIOMETRIC_VALIDATIONS;
        other.upkeep(Upkeep::Rebuild, resource).await.expect("a rebuild");
        assert_eq!(wrong(&other).await, 0);
        agree(&database, &records, &mut draw, 30).await;
    }
}

/// So many records of a client with one and the same time.
fn at_once(client: &str, count: usize, time: i64) -> Vec<Json> {
    let record = |number| {
        json!({
            "_id": format!("{client}-{number}"), "client": client, "status": "completed",
            "type": "login", "createdAt": Timestamp(time).to_string(),
        })
    };
    (0..count).map(record).collect()
}

/// Buckets that hold many and have no finer ones.
fn unsplit(fixture: &databases::Fixture) -> i64 {
    let connection = rusqlite::Connection::open(databases::file(fixture)).expect("the file");
    let sql = "SELECT count(*) FROM tallies WHERE n > 512 AND NOT split AND level < 6";
    connection.query_row(sql, [], |row| row.get(0)).expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn many_records_of_one_moment_are_split_when_one_of_them_goes() {
    let fixture = databases::sqlite();
    let database = fixture.open().await;
    let (noon, later) = (1_700_000_000_000, 1_900_000_000_000);
    store(&database, &at_once("client0", 1_000, noon)).await;
    store(&database, &at_once("client1", 10_000, later)).await;
    fold(&database).await;
    assert_ne!(unsplit(&fixture), 0, "folded with more than a split takes on");
    let mut batch = Batch::default();
    let gone = ("client0", "client0-7");
    batch.delete(&resources::BIOMETRIC_VALIDATIONS, gone, Timestamp(0), Entry::quiet("a test"));
    database.commit(batch).await.expect("a deletion");
    // What comes before the fold is no change of the buckets that are split by it.
    store(&database, &at_once("client2", 300, noon + 1)).await;
    fold(&database).await;
    assert_eq!(unsplit(&fixture), 0);
    assert_eq!(wrong(&database).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_folded_while_a_bucket_is_counted_is_not_lost() {
    let fixture = databases::sqlite();
    let (database, other) = (fixture.open().await, fixture.open().await);
    let resource = &resources::BIOMETRIC_VALIDATIONS;
    let folding = [&database, &other].map(|database| {
        let database = database.clone();
        tokio::spawn(async move {
            for _ in 0..60 {
                database.upkeep(Upkeep::Fold, resource).await.expect("a fold");
            }
        })
    });
    let mut draw = Draw::new(90);
    for round in 0..12 {
        let records: Vec<Json> =
            (0..150).map(|number| draw.one(&record(round * 150 + number))).collect();
        store(&database, &records).await;
    }
    for folding in folding {
        folding.await.expect("no panic");
    }
    fold(&database).await;
    assert_eq!(wrong(&database).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tally_is_found() {
    let fixture = databases::sqlite();
    let database = fixture.open().await;
    let mut draw = Draw::new(7);
    let records: Vec<Json> = (0..600).map(|number| draw.one(&record(number))).collect();
    store(&database, &records).await;
    fold(&database).await;
    assert_eq!(wrong(&database).await, 0);
    let connection = rusqlite::Connection::open(databases::file(&fixture)).expect("the file");
    let sql = "UPDATE tallies SET c3 = c3 + 1 WHERE scope = '*' AND level = 0";
    let spoilt = connection.execute(sql, []).expect("a change") as u64;
    assert_eq!(wrong(&database).await, spoilt);
}

#[test]
fn every_status_and_type_has_a_column() {
    for resource in resources::ALL {
        let Some(tally) = resource.tally else { continue };
        let kinds: Vec<Option<&str>> = match tally.kind {
            None => vec![None],
            Some(kinds) => kinds.words.iter().copied().map(Some).chain([None]).collect(),
        };
        let statuses = tally.status.words.iter();
        let columns: Vec<Option<usize>> = statuses
            .flat_map(|status| kinds.iter().map(|kind| tally.column(status, *kind)))
            .collect();
        let wanted: Vec<Option<usize>> = (0..tally.width()).map(Some).collect();
        assert_eq!(columns, wanted, "{}", resource.name);
        assert!(tally.width() <= verax_query::tally::COLUMNS.len(), "{}", resource.name);
    }
}
