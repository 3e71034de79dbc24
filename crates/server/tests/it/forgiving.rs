//! What clients write in another way than it is meant: understood where it can mean one thing alone, told of
//! where it means nothing.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use verax_domain::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, PROJECTS,
};
use verax_server::config::Config;

use crate::answer::Answer;
use crate::fixtures::{document, validation};
use crate::world::{World, get, request, send};

const LIST: &str = "/v2/app-registrations";
const IGNORED: &str = "x-ignored-parameters";
const APPLIED: &str = "preference-applied";

async fn registrations(world: &World, rows: &[(&str, Value)]) -> String {
    let token = world.token("acme").await;
    let rows: Vec<Value> = rows
        .iter()
        .map(|(id, more)| {
            let mut row =
                json!({ "_id": id, "client": "acme", "createdAt": "2025-06-01T00:00:00Z" });
            for (name, value) in more.as_object().into_iter().flatten() {
                row[name] = value.clone();
            }
            row
        })
        .collect();
    world.store(&APP_REGISTRATIONS, &rows).await;
    token
}

async fn matches(world: &World, token: &str, list: &str, cases: &[(&str, &str)]) {
    for (query, ids) in cases {
        let answer = world.get(token, &format!("{list}?sort=_id&{query}")).await;
        assert_eq!(answer.ids().concat(), *ids, "{query}");
        assert_eq!(answer.total(), ids.len() as u64, "{query}");
    }
}

fn preferring(token: &str, target: &str, preference: &str) -> Request<Body> {
    let mut request = request(Method::GET, token, target);
    request.headers_mut().insert("prefer", preference.parse().expect("a header"));
    request
}

async fn post(world: &World, token: &str, target: &str, prefer: &str, body: &Value) -> Answer {
    let mut request = request(Method::POST, token, target).map(|_| Body::from(body.to_string()));
    request.headers_mut().insert("prefer", prefer.parse().expect("a header"));
    world.send(request).await
}

on_both_databases! {
    async fn a_name_may_have_a_comma(world) {
        let token = registrations(world, &[
            ("a", json!({ "fullName": "Doe, John", "status": "STARTED" })),
            ("b", json!({ "fullName": "Doe", "status": "ONGOING" })),
            ("c", json!({ "fullName": "John", "status": "FAILED" })),
            ("d", json!({ "fullName": " Ana ", "status": "FAILED" })),
        ]).await;
        matches(world, &token, LIST, &[
            ("in_fullName[]=Doe%2C%20John", "a"),
            ("in_fullName=Doe%2C%20John", "a"),
            ("in_fullName=Doe,John", ""),
            ("in_fullName[]=Doe&in_fullName[]=John", "bc"),
            ("in_fullName=Doe&in_fullName=Doe, John", "ab"),
            ("notIn_fullName[]=Doe%2C%20John&like_fullName=doe", "b"),
            ("in_fullName=%20Ana%20", "d"),
            ("in_status=STARTED,FAILED", "acd"),
            ("in_status[]=STARTED, ONGOING", "ab"),
        ]).await;
    }

    async fn letters_that_look_alike_are_found_alike(world) {
        let token = registrations(world, &[
            ("a", json!({ "fullName": "ΟΔΥΣΣΕΥΣ" })),
            ("b", json!({ "fullName": "José García" })),
            ("c", json!({ "fullName": "Jose\u{301} Garci\u{301}a" })),
            ("d", json!({ "fullName": "Weißstraße" })),
            ("e", json!({ "fullName": "İlhan Işık" })),
            ("f", json!({ "fullName": "ＡＢＣ　Ｌｔｄ" })),
        ]).await;
        matches(world, &token, LIST, &[
            ("like_fullName=ΟΔΥΣΣ", "a"),
            ("like_fullName=οδυσσ", "a"),
            ("where-case-insensitive_fullName=οδυσσευσ", "a"),
            ("where-case-insensitive_fullName=Οδυσσευς", "a"),
            ("like_fullName=garcía", "bc"),
            ("like_fullName=garci%CC%81a", "bc"),
            ("like_fullName=GARCIA", "bc"),
            ("search=jose", "bc"),
            ("where_fullName=José García", "bc"),
            ("where_fullName=Jose%CC%81 Garci%CC%81a", "bc"),
            ("where_fullName=Jose Garcia", ""),
            ("notLike_fullName=garcia", "adef"),
            ("like_fullName=WEISSSTRASSE", "d"),
            ("like_fullName=ilhan isik", "e"),
            ("like_fullName=abc ltd", "f"),
        ].map(|(query, ids)| (query, ids))).await;
        // What came in decomposed is shown composed.
        let name = &world.get(&token, &format!("{LIST}/c")).await.json()["data"]["fullName"];
        assert_eq!(name, "José García");
    }

    async fn a_raw_plus_is_a_plus_where_there_can_be_no_space(world) {
        let token = registrations(world, &[
            ("a", json!({ "email": "jo+1@example.com", "countryCode": "+57", "phone": "3001234567" })),
            ("b", json!({ "email": "jo@example.com", "countryCode": "+49", "phone": "300 765" })),
        ]).await;
        matches(world, &token, LIST, &[
            ("countryCode=+57", "a"),
            ("countryCode=%2B57", "a"),
            ("where_countryCode=57", "a"),
            ("countryCode=0057", "a"),
            ("wherenot_countryCode=+57", "b"),
            ("in_countryCode[]=+57&in_countryCode[]=+49", "ab"),
            ("email=jo+1@example.com", "a"),
            ("email=jo%2B1@example.com", "a"),
            ("like_email=jo+1", "a"),
            ("?like_email=jo+1@&?like_phone=nobody", "a"),
            ("search=jo+1@example", "a"),
            ("phone=300 123 4567", "a"),
            ("phone=300-123-45-67", "a"),
            ("like_phone=300 123", "a"),
            ("phone=300 765", "b"),
            ("like_phone=300765", "b"),
            ("where-case-insensitive_phone=300765", "b"),
        ]).await;
        let row = validation("v", "acme", json!({ "identifier": "jo+1@example.com" }));
        let phone = validation("w", "acme", json!({ "identifier": "+573001234567" }));
        world.store(&BIOMETRIC_VALIDATIONS, &[row, phone]).await;
        matches(world, &token, "/v2/biometric-validations", &[
            ("identifier=jo+1@example.com", "v"),
            ("like_identifier=jo+1@example", "v"),
            ("where_identifier=+573001234567", "w"),
        ]).await;
    }

    async fn a_day_is_all_of_it(world) {
        let token = registrations(world, &[
            ("a", json!({ "createdAt": "2026-01-09T23:59:59.999Z" })),
            ("b", json!({ "createdAt": "2026-01-10T00:00:00Z" })),
            ("c", json!({ "createdAt": "2026-01-10T15:00:00Z" })),
            ("d", json!({ "createdAt": "2026-01-10T23:59:59.999Z" })),
            ("e", json!({ "createdAt": "2026-01-11T00:00:00Z" })),
        ]).await;
        let cases = [
            ("whereGTE_createdAt=2026-01-10&whereLTE_createdAt=2026-01-10", "bcd"),
            ("where<=_createdAt=2026-01-10", "abcd"),
            ("createdAt=2026-01-10", "bcd"),
            ("where_createdAt=2026-01-10", "bcd"),
            ("wherenot_createdAt=2026-01-10", "ae"),
            ("in_createdAt=2026-01-09,2026-01-11", "ae"),
            ("in_createdAt[]=2026-01-09&in_createdAt[]=2026-01-10T15:00:00Z", "ac"),
            ("createdAt=2026-01-10T15:00:00Z", "c"),
            // As Verifik's documentation has it: more than its midnight, less than its midnight.
            ("where>_createdAt=2026-01-10", "cde"),
            ("where<_createdAt=2026-01-10", "a"),
            ("where<_createdAt=2026-01-10T24:00:00Z", "abcd"),
            ("where<=_createdAt=2026-01-10T23:59:60Z", "abcde"),
            ("whereLTE_createdAt=2026-01-10T00:00:00Z", "ab"),
        ];
        matches(world, &token, LIST, &cases).await;
        // The same where totals come from tallies.
        let rows: Vec<Value> = [("a", "2026-01-09T23:59:59.999Z"), ("b", "2026-01-10T00:00:00Z"),
            ("c", "2026-01-10T15:00:00Z"), ("d", "2026-01-10T23:59:59.999Z"), ("e", "2026-01-11T00:00:00Z")]
            .map(|(id, at)| validation(id, "acme", json!({ "createdAt": at }))).to_vec();
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        for (query, ids) in cases {
            let target = format!("/v2/biometric-validations?sort=createdAt&{query}");
            let answer = world.get(&token, &target).await;
            assert_eq!((answer.ids().concat(), answer.total()), (ids.to_owned(), ids.len() as u64), "{query}");
        }
    }

    async fn what_is_ignored_is_told_of(world) {
        let token = registrations(world, &[("a", json!({ "status": "STARTED" }))]).await;
        for (query, told) in [
            ("statu=FAILED", "statu; did you mean status"),
            ("status=", "status; is empty"),
            ("search=&per_page=3&utm_medium=x", "search; is empty, per_page; did you mean perPage, utm_medium"),
            ("status=STARTED", ""),
        ] {
            let answer = world.get(&token, &format!("{LIST}?{query}")).await;
            assert_eq!(answer.ids(), ["a"], "{query}");
            assert_eq!(answer.header(IGNORED), told, "{query}");
            assert_eq!(answer.header(APPLIED), "");
        }
        let one = world.get(&token, &format!("{LIST}/a?populate=project&page=1")).await;
        assert_eq!((one.status, one.header(IGNORED)), (200, "populate; did you mean populates"));

        for preference in ["handling=strict", "return=minimal, handling=\"strict\""] {
            let strict = preferring(&token, &format!("{LIST}?statu=FAILED&page=-1&status="), preference);
            let answer = world.send(strict).await;
            assert_eq!(answer.wrong_parameters(), ["statu", "status", "page"]);
            assert_eq!((answer.header(APPLIED), answer.header(IGNORED)), ("handling=strict", ""));
            let message = &answer.json()["details"][0]["message"];
            assert_eq!(message, "is not known here; did you mean status?");
        }
        let strict = preferring(&token, &format!("{LIST}?status=STARTED"), "handling=strict");
        let answer = world.send(strict).await;
        assert_eq!((answer.status, answer.header(APPLIED)), (200, "handling=strict"));
        let strict = preferring(&token, &format!("{LIST}/a?populate=project"), "handling=strict");
        assert_eq!(world.send(strict).await.wrong_parameters(), ["populate"]);
    }

    async fn members_of_a_body_are_told_of_too(world) {
        let token = world.token("acme").await;
        let body = json!({ "name": "Bank", "identifer": "x", "contact_email": 7 });
        let answer = post(world, &token, "/v3/projects", "handling=lenient", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(
            answer.header(IGNORED),
            "identifer; did you mean identifier, contact_email; did you mean contactEmail"
        );
        assert_eq!(answer.header(APPLIED), "handling=lenient");
        let body = json!({ "name": 7, "identifer": "x" });
        let answer = post(world, &token, "/v3/projects", "handling=strict", &body).await;
        assert_eq!(answer.rejection(400), "INVALID_PARAMETERS");
        let details: Vec<String> = answer.json()["details"].as_array().expect("details").iter()
            .map(|it| it["parameter"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(details, ["identifer", "name"]);
        assert_eq!(world.get(&token, "/v2/projects").await.total(), 1);
    }

    async fn a_list_without_searched_text_has_no_search(world) {
        let token = world.token("acme").await;
        world.store(&DOCUMENT_LIVENESS, &[document("d", "acme", json!({}))]).await;
        let answer = world.get(&token, "/v2/document-liveness?search=zzz").await;
        assert_eq!(answer.wrong_parameters(), ["search"]);
        let message = answer.json()["details"][0]["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains("no text to search"), "{message}");
        assert_eq!(world.get(&token, "/v2/document-liveness?search=").await.ids(), ["d"]);
    }
}

#[tokio::test]
async fn the_operator_may_be_strict_for_all() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let strict = world.beside(|config: &mut Config| config.compat.strict_parameters = true);
    let target = format!("{LIST}?statu=FAILED");
    let rejected = get(&strict, &token, &target).await;
    assert_eq!(rejected.wrong_parameters(), ["statu"]);
    // Nothing was asked for.
    assert_eq!(rejected.header(APPLIED), "");
    let answer = send(&strict, preferring(&token, &target, "handling=lenient")).await;
    assert_eq!((answer.status, answer.header(APPLIED)), (200, "handling=lenient"));
}

#[tokio::test]
async fn pages_of_other_origins_may_read_what_was_ignored() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let open = world.beside(|config: &mut Config| config.http.cors_origins = vec!["*".to_owned()]);
    let mut asked = request(Method::GET, &token, &format!("{LIST}?statu=x"));
    asked.headers_mut().insert("origin", "https://app.example.com".parse().expect("a header"));
    let answer = send(&open, asked).await;
    let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
    assert!(exposed.contains(IGNORED) && exposed.contains(APPLIED), "{exposed}");
    let mut preflight = request(Method::OPTIONS, "", LIST);
    for (name, value) in [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "prefer"),
    ] {
        preflight.headers_mut().insert(name, value.parse().expect("a header"));
    }
    let answer = send(&open, preflight).await;
    let allowed = answer.header("access-control-allow-headers").to_ascii_lowercase();
    assert!(allowed.contains("prefer"), "{allowed}");
}

#[tokio::test]
async fn a_path_is_found_as_clients_write_it() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    world.store(&PROJECTS, &[json!({ "_id": "AbC", "client": "acme", "name": "Bank" })]).await;
    for path in [
        "/v2/projects/?limit=1",
        "/v2/projects//",
        "/v2//projects",
        // A base address that ends with a slash.
        "//v2/projects",
        "/v2/face-recognition//persons",
        "/V2/Projects",
        "/v3/PROJECTS/",
        "/v2/%70rojects",
        "/v2/app%2Dregistrations",
        "/v2/App-Registrations/",
        "/v2/face%2Drecognition/persons",
        "/v2/Face-Recognition/Persons/",
    ] {
        let answer = world.get(&token, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    for path in ["/v2/Projects/AbC/", "/v2/projects/%41bC"] {
        assert_eq!(world.get(&token, path).await.json()["data"]["_id"], "AbC", "{path}");
    }
    for path in [
        // Case matters in an id.
        "/v2/projects/abc",
        // An id that was left out is not another call.
        "/v2/projects//AbC",
        "/v2/app-registrations//me",
        "/v2/nothing/",
        "/v1/projects/",
        "/metrics/",
        "//metrics",
        "/Metrics",
        "//v1/projects",
    ] {
        assert_eq!(world.get(&token, path).await.status, 404, "{path}");
    }
    let named = request(Method::PATCH, &token, "/v2/Projects/");
    assert_eq!(world.send(named).await.rejection(405), "METHOD_NOT_ALLOWED");
}
