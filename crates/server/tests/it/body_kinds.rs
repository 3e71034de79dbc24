//! Bodies that are something else than JSON in UTF-8 are told what they are, and where JSON breaks off.

use axum::body::Body;
use axum::http::{Method, header};

use crate::answer::Answer;
use crate::world::{World, request};

const PROJECTS: &str = "/v3/projects";
const DOCUMENTS: &str = "/v2/document-liveness";

async fn post(
    world: &World,
    token: &str,
    target: &str,
    kind: &str,
    coding: &str,
    body: &[u8],
) -> Answer {
    let mut request = request(Method::POST, token, target).map(|_| Body::from(body.to_vec()));
    for (name, value) in [(header::CONTENT_TYPE, kind), (header::CONTENT_ENCODING, coding)] {
        if !value.is_empty() {
            request.headers_mut().insert(name, value.parse().expect("a header"));
        }
    }
    world.send(request).await
}

#[tokio::test]
async fn a_body_of_another_kind_is_named() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let cases: [(&str, &str, &[u8], &str); 9] = [
        ("application/x-www-form-urlencoded", "", b"name=Bank", "x-www-form-urlencoded"),
        ("", "", b"name=Bank", "x-www-form-urlencoded"),
        ("multipart/form-data; boundary=x", "", b"--x\r\n", "multipart/form-data"),
        ("application/json", "gzip", b"\x1f\x8b\x08\x00", "compressed (gzip)"),
        ("application/json", "br", b"{\"name\":\"Bank\"}", "compressed (br)"),
        ("application/json", "", b"\x1f\x8b\x08\x00", "compressed (gzip)"),
        ("application/json", "", b"\xff\xfe{\0}\0", "UTF-16"),
        ("application/json; charset=ISO-8859-1", "", b"{\"name\":\"Jos\xe9\"}", "ISO-8859-1"),
        ("application/json", "", b"{\"name\":\"Jos\xe9\"}", "byte 0xe9 at line 1 column 13"),
    ];
    for target in [PROJECTS, DOCUMENTS] {
        for (kind, coding, body, named) in cases {
            let answer = post(&world, &token, target, kind, coding, body).await;
            assert_eq!(answer.rejection(415), "UNSUPPORTED_MEDIA_TYPE", "{target} {named}");
            let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
            assert!(error.contains(named) && error.contains("UTF-8"), "{error}");
        }
    }
}

#[tokio::test]
async fn broken_json_is_told_where_it_breaks() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (body, place) in [
        (&b"{\"name\":\"Bank\",}"[..], "trailing comma at line 1 column 16"),
        (b"{\n  \"name\": \"Bank\"\n  \"status\": 1\n}", "line 3 column 3"),
        (b"{\"name\":", "line 1 column 8"),
        (b"{\"name\":\"Bank\"} {", "trailing characters at line 1 column 17"),
    ] {
        let answer = post(&world, &token, PROJECTS, "application/json", "", body).await;
        assert_eq!(answer.rejection(400), "BadRequest");
        let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.starts_with("The body is not JSON: ") && error.contains(place), "{error}");
        // The document calls name it among their details.
        let answer = post(&world, &token, DOCUMENTS, "application/json", "", body).await;
        assert_eq!(answer.rejection(400), "INVALID_PARAMETERS");
        let detail = &answer.json()["details"][0];
        assert_eq!(detail["parameter"], "body");
        assert!(detail["message"].as_str().is_some_and(|it| it.contains(place)), "{detail}");
    }
    let list = post(&world, &token, PROJECTS, "application/json", "", b"[]").await;
    assert_eq!(list.json()["error"], "The body must be a JSON object.");
}

#[tokio::test]
async fn json_is_json_whatever_is_said_of_it() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for (kind, coding, body) in [
        ("", "", "{\"name\":\"Bank\"}"),
        // What curl says of all that it is given with -d.
        ("application/x-www-form-urlencoded", "", "{\"name\":\"Bank\"}"),
        ("text/plain", "", " \n{\"name\":\"Bank\"}\n"),
        ("application/json; charset=utf-8", "identity", "{\"name\":\"Bank\"}"),
        ("application/json; charset=ISO-8859-1", "", "{\"name\":\"Bank\"}"),
        ("application/json", "", "\u{feff}{\"name\":\"Jos\u{e9}\"}"),
    ] {
        let answer = post(&world, &token, PROJECTS, kind, coding, body.as_bytes()).await;
        assert_eq!(answer.status, 201, "{kind} {body}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_stranger_is_told_nothing_of_a_body() {
    let world = World::sqlite().await;
    let answer = post(&world, "", PROJECTS, "", "gzip", b"\x1f\x8b").await;
    answer.rejection(401);
}
