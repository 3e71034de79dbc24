//! Random records and random requests: SQLite, PostgreSQL and a filter in memory agree on ids,
//! order and total. `VERAX_ORACLE_CASES` asks for more requests than the usual number.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use verax_domain::{Record, Timestamp, resources};
use verax_query::{Query, Resource, Tenant};
use verax_store::Database;

use crate::databases;
use crate::draw::Draw;
use crate::listing;
use crate::naive;

const RECORDS: usize = 300;
const CASES: usize = 600;

#[tokio::test(flavor = "multi_thread")]
async fn three_readings_of_a_request_agree_on_biometric_validations() {
    agree(&resources::BIOMETRIC_VALIDATIONS, validation().boxed(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_readings_of_a_request_agree_on_document_liveness() {
    agree(&resources::DOCUMENT_LIVENESS, document().boxed(), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_readings_of_a_request_agree_on_projects() {
    agree(&resources::PROJECTS, project().boxed(), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_readings_of_a_request_agree_on_persons() {
    agree(&resources::PERSONS, person().boxed(), 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_readings_of_a_request_agree_on_prompt_templates() {
    agree(&resources::PROMPT_TEMPLATES, template().boxed(), 5).await;
}

async fn agree(resource: &'static Resource, record: BoxedStrategy<Json>, seed: u8) {
    let mut draw = Draw::new(seed);
    let mut records: Vec<Json> = draw.several(&record, RECORDS);
    for (number, record) in records.iter_mut().enumerate() {
        // Ids in no order: they must not agree with createdAt by luck.
        record["_id"] = format!("{:03}-{number}", (number * 7919) % 1000).into();
        record.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    }
    let places = databases::all().await;
    let databases =
        futures_util::future::join_all(places.iter().map(databases::Fixture::open)).await;
    for database in &databases {
        store(database, resource, &records).await;
    }
    let requests = request(resource).boxed();
    let cases = std::env::var("VERAX_ORACLE_CASES").ok().and_then(|it| it.parse().ok());
    for _ in 0..cases.unwrap_or(CASES) {
        let raw = draw.one(&requests);
        let query = Query::parse(resource, &raw).unwrap_or_else(|it| panic!("{raw}: {it:?}"));
        let tenant = match draw.one(&(0..4u8).boxed()) {
            0 => Tenant::All,
            number => Tenant::Client(format!("client{}", number - 1)),
        };
        let wanted = naive::answer(&records, &query, &tenant);
        let walk = naive::walk(&records, &query, &tenant);
        for database in &databases {
            listing::agrees(database, &query, &tenant, &wanted, &raw).await;
            listing::walks(database, &query, &tenant, &walk, &raw).await;
        }
    }
}

async fn store(database: &Database, resource: &'static Resource, records: &[Json]) {
    let read = |json| Record::from_json(resource, json, None).expect("a right record");
    let records: Vec<Record> = records.iter().map(read).collect();
    database.import(&records, Timestamp(0), databases::QUIET).await.expect("an import");
}

fn word(words: &'static [&'static str]) -> BoxedStrategy<Json> {
    prop::sample::select(words.to_vec()).prop_map(Json::from).boxed()
}

fn maybe(value: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
    prop_oneof![1 => Just(Json::Null), 3 => value].boxed()
}

const CLIENTS: &[&str] = &["client0", "client1", "client2"];
// Case, wildcards, non-ASCII, what sorts differently by locale, a comma, what folds to another length, what
// looks the same, what a query turns into another text.
const TEXTS: &[&str] = &[
    "ana@example.com",
    "Ana",
    "ÉVA",
    "éva",
    "e\u{301}va",
    "a_b",
    "a%b",
    "a\\b",
    "Zoe",
    "zoe",
    "a,b",
    "",
    "ß",
    "SS",
    "ΟΔΟΣ",
    "οδος",
    "ana 1@example.com",
    "ana+1@example.com",
    "+57 300",
    "300-1234",
    "3001234",
];
/// Texts of lists: a part of another, what JSON escapes, what looks like the end of one text and the next.
const LISTED: &[&str] = &["RUT", "RU", "UT", "a\"RUT\"b", "R\\UT", "RUT\",\"RU", "Ñ", "rut"];
const TIMES: &[&str] = &[
    "2024-01-15T10:30:00Z",
    "2024-01-15T10:30:00.001Z",
    "2024-06-01T00:00:00Z",
    "2025-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999Z",
];
const BIOMETRIC: &[&str] = &["new", "pending", "completed", "failed", "expired"];
const TYPES: &[&str] = &["validation", "login", "onboarding", "oneTimeLink"];
const OUTCOMES: &[&str] = &["passed", "failed", "not_checked"];
const DOCUMENT: &[&str] = &["new", "processing", "completed", "failed"];
const IDS: &[&str] = &["p1", "p2", "P1"];

fn number() -> BoxedStrategy<Json> {
    prop::sample::select(vec![0.0, 0.05, 0.5, 1.0, 0.1 + 0.2]).prop_map(Json::from).boxed()
}

fn flag() -> BoxedStrategy<Json> {
    any::<bool>().prop_map(Json::from).boxed()
}

fn validation() -> impl Strategy<Value = Json> {
    let first = (word(CLIENTS), maybe(word(IDS)), word(BIOMETRIC), maybe(word(TYPES)));
    let second = (maybe(word(TEXTS)), maybe(flag()), maybe(number()));
    let times = (word(TIMES), maybe(word(TIMES)), maybe(word(TIMES)), maybe(word(TIMES)));
    let found = (maybe(word(OUTCOMES)), maybe(word(OUTCOMES)), maybe(word(&["good", "poor"])));
    (first, second, times, found).prop_map(|(first, second, times, found)| {
        let failed = [
            ("livenessDetection", &found.0, "failed", "passed"),
            ("antiSpoofing", &found.1, "failed", "passed"),
            ("quality", &found.2, "poor", "good"),
        ];
        let made = failed.iter().any(|(_, it, bad, good)| *it == bad || *it == good);
        let failed = failed.iter().filter(|(_, it, bad, _)| *it == bad).map(|it| it.0);
        json!({
            "client": first.0, "project": first.1, "status": first.2, "type": first.3,
            "identifier": second.0, "requires2FA": second.1, "riskScore": second.2,
            "createdAt": times.0, "updatedAt": times.1, "completedAt": times.2,
            "expiresAt": times.3,
            "verificationResults": { "livenessDetection": found.0, "antiSpoofing": found.1 },
            "biometricData": found.2.as_str().map(|quality| json!({ "quality": quality })),
            "failedChecks": if made { failed.collect() } else { Json::Null },
        })
    })
}

fn document() -> impl Strategy<Value = Json> {
    let first = (word(CLIENTS), maybe(word(IDS)), word(DOCUMENT), flag());
    let second = (maybe(number()), maybe(number()), word(TIMES), maybe(word(TIMES)));
    (first, second).prop_map(|(first, second)| {
        json!({
            "client": first.0, "appRegistration": first.1, "status": first.2,
            "imageSaved": first.3, "riskScore": second.0, "confidence": second.1,
            "createdAt": second.2, "completedAt": second.3,
        })
    })
}

fn project() -> impl Strategy<Value = Json> {
    let version = (0..3i64).prop_map(Json::from).boxed();
    let first = (word(CLIENTS), maybe(word(TEXTS)), maybe(word(TEXTS)), maybe(version));
    (first, maybe(flag()), maybe(word(TIMES))).prop_map(|(first, demo, created)| {
        json!({
            "client": first.0, "name": first.1, "description": first.2, "version": first.3,
            "demoMode": demo, "createdAt": created,
        })
    })
}

fn person() -> impl Strategy<Value = Json> {
    // What differs in case or is the beginning of another is another id.
    let ids = prop::collection::vec(prop::sample::select(vec!["p1", "P1", "p", "p_1"]), 0..3);
    let born = maybe(word(&["1990-05-01", "2000-02-29", "1970-01-01"]));
    let texts = (maybe(word(TEXTS)), maybe(word(TEXTS)), maybe(word(TEXTS)));
    let first = (word(CLIENTS), texts, maybe(ids.prop_map(Json::from).boxed()), born);
    let status = word(&["active", "inactive", "pending"]);
    (first, maybe(word(&["M", "F"])), status, word(TIMES)).prop_map(
        |(first, gender, status, at)| {
            let mut collections = first.2;
            if let Some(list) = collections.as_array_mut() {
                list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                list.dedup();
            }
            json!({
                "client": first.0, "name": first.1.0, "email": first.1.1, "phone": first.1.2,
                "collections": collections,
                "date_of_birth": first.3, "gender": gender, "status": status, "deleted": false,
                "createdAt": at,
            })
        },
    )
}

fn template() -> impl Strategy<Value = Json> {
    let types = prop::collection::vec(prop::sample::select(LISTED.to_vec()), 0..4);
    let types = types.prop_map(|mut types| {
        types.sort_unstable();
        types.dedup();
        Json::from(types)
    });
    let first = (word(CLIENTS), word(TEXTS), maybe(types.boxed()), maybe(word(TEXTS)));
    (first, maybe(flag()), word(TIMES)).prop_map(|(first, active, created)| {
        json!({
            "client": first.0, "name": first.1, "documentTypes": first.2, "country": first.3,
            "active": active, "createdAt": created,
        })
    })
}

/// A request of a few conditions that are all right, made from the resource's own fields.
fn request(resource: &'static Resource) -> impl Strategy<Value = String> {
    use verax_query::Kind;
    let mut pieces: Vec<BoxedStrategy<String>> = Vec::new();
    for field in resource.fields {
        let name = field.name;
        let values: &'static [&'static str] = match field.kind {
            Kind::Id => &["000-0", "919-1", "nobody"],
            Kind::Text => TEXTS,
            Kind::Texts => LISTED,
            Kind::Bool => &["true", "0"],
            Kind::Integer => &["0", "1", "-1"],
            Kind::Number => &["0", "0.05", "0.30000000000000004", "1"],
            Kind::Time => &["2024-01-15T10:30:00Z", "2024-06-01", "1970-01-01"],
            Kind::Word(words) => words.words,
            Kind::Set(set) => set.words,
            Kind::Date => &["1990-05-01", "2000-02-29"],
            Kind::Relation(_) | Kind::Relations(_) => &["p1", "P1", "client0", "client1"],
            Kind::Json(_) => &[],
        };
        let presence = ["where-null", "where-not-null", "?where-null"];
        pieces.push(
            prop::sample::select(presence.to_vec())
                .prop_map(move |operator| format!("{operator}_{name}"))
                .boxed(),
        );
        if values.is_empty() {
            continue;
        }
        let mut operators =
            vec!["where", "wherenot", "in", "notIn", "?where", "?wherenot", "where"];
        if matches!(field.kind, Kind::Time | Kind::Date | Kind::Number | Kind::Integer) {
            operators.extend(["where>", "where>=", "where<", "where<=", "?where>"]);
        }
        if field.folded.is_some() {
            operators.extend(["like", "notLike", "?like", "where-case-insensitive"]);
        }
        let value = prop::sample::select(values.to_vec());
        pieces.push(
            (prop::sample::select(operators), value)
                .prop_map(move |(operator, value)| {
                    let value = value.replace('%', "%25").replace('\\', "%5C");
                    format!("{operator}_{name}={value}")
                })
                .boxed(),
        );
    }
    let sorts: Vec<&str> =
        resource.fields.iter().filter(|field| field.sorts()).map(|field| field.name).collect();
    let key = (prop::sample::select(sorts), any::<bool>())
        .prop_map(|(name, down)| format!("{}{name}", if down { "-" } else { "" }));
    let sort = prop::collection::vec(key, 0..4).prop_map(|keys| format!("sort={}", keys.join(",")));
    let page = (1..8u8, 0..60u16).prop_map(|(size, skip)| format!("perPage={size}&offset={skip}"));
    let conditions = prop::collection::vec(prop::strategy::Union::new(pieces), 0..4);
    (conditions, sort, page).prop_map(|(mut all, sort, page)| {
        all.push(sort);
        all.push(page);
        all.join("&")
    })
}
