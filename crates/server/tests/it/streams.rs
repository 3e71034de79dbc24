//! Whole lists as NDJSON and CSV, and compressed answers.

use std::io::Read;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, PROJECTS};

use crate::answer::Answer;
use crate::fixtures::{numbered, validation};
use crate::world::{World, request};

const LIST: &str = "/v2/biometric-validations";

fn with(token: &str, target: &str, name: &'static str, value: &str) -> Request<Body> {
    let mut request = request(Method::GET, token, target);
    request.headers_mut().insert(name, value.parse().expect("a header"));
    request
}

async fn stream(world: &World, token: &str, target: &str, accept: &str) -> Answer {
    world.send(with(token, target, "accept", accept)).await
}

/// More than are read at once, many of one moment.
async fn many(world: &World, client: &str) {
    let rows: Vec<Value> = (0..450)
        .map(|number| {
            let statuses = ["new", "failed", "completed"];
            let more = json!({
                "status": statuses[number % 3], "project": "p1",
                "createdAt": format!("2025-02-01T00:00:{:02}Z", number / 100),
            });
            validation(&format!("{client}{:03}", number * 7 % 450), client, more)
        })
        .collect();
    world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
}

async fn all(world: &World, token: &str, more: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let target = format!("{LIST}?perPage=100&page={page}{more}");
        let json = world.get(token, &target).await.json();
        rows.extend(json["data"].as_array().expect("rows").clone());
        if page >= json["pagination"]["pages"].as_u64().expect("pages") {
            break;
        }
    }
    rows
}

on_both_databases! {
    async fn a_list_streams_whole_as_ndjson(world) {
        let token = world.token("acme").await;
        many(world, "acme").await;
        many(world, "globex").await;
        world.store(&PROJECTS, &[json!({ "_id": "p1", "client": "acme", "name": "Bank" })]).await;
        for more in ["", "&sort=createdAt", "&in_status[]=new,failed", "&populates[]=project"] {
            let target = format!("{LIST}?perPage=3{more}");
            let answer = stream(world, &token, &target, "application/x-ndjson").await;
            assert_eq!(answer.header("content-type"), "application/x-ndjson");
            assert_eq!(answer.header("cache-control"), "private, no-cache");
            assert_eq!(answer.header("vary"), "Authorization, Accept, Accept-Encoding");
            let lines = answer.text().strip_suffix('\n').expect("lines").split('\n');
            let rows: Vec<Value> =
                lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
            assert_eq!(rows, all(world, &token, more).await, "{more}");
        }
    }

    async fn a_list_streams_whole_as_csv(world) {
        let token = world.token("acme").await;
        many(world, "acme").await;
        let target = format!("{LIST}?columns=_id,status,createdAt");
        let answer = stream(world, &token, &target, "text/csv").await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        let mut lines = answer.text().split("\r\n");
        assert_eq!(lines.next(), Some("_id,status,createdAt"));
        let rows = all(world, &token, "").await;
        for (line, row) in lines.by_ref().zip(&rows) {
            let cell = |name: &str| row[name].as_str().expect("text").to_owned();
            let (id, status, created) = (cell("_id"), cell("status"), cell("createdAt"));
            assert_eq!(line, format!("{id},{status},\"{created}\""));
        }
        assert_eq!(answer.text().matches("\r\n").count(), rows.len() + 1);
    }

    async fn a_csv_has_a_column_for_every_field_of_the_list(world) {
        let token = world.token("acme").await;
        let row = validation("v1", "acme", json!({
            "project": "p1", "identifier": "=cmd, \"x\"", "requires2FA": true, "riskScore": 0.25,
            "biometricData": { "quality": "good", "livenessScore": 0.5 },
        }));
        world.store(&BIOMETRIC_VALIDATIONS, &[row]).await;
        world.store(&PROJECTS, &[json!({ "_id": "p1", "client": "acme", "name": "Bank" })]).await;
        let columns = "columns=project,identifier,type,requires2FA,riskScore,biometricData";
        let target = format!("{LIST}?{columns}&populates[]=project");
        let answer = stream(world, &token, &target, "text/csv").await;
        let expected = "_id,project,identifier,type,requires2FA,biometricData,riskScore\r\n\
            v1,\"{\"\"_id\"\":\"\"p1\"\",\"\"name\"\":\"\"Bank\"\"}\",\"'=cmd, \"\"x\"\"\",,true,\
            \"{\"\"quality\"\":\"\"good\"\",\"\"livenessScore\"\":0.5}\",0.25\r\n";
        assert_eq!(answer.text(), expected);
        let target = format!("{LIST}?columns=_id&status=new&type=login");
        let none = stream(world, &token, &target, "text/csv").await;
        assert_eq!(none.text(), "_id\r\n");
        let target = "/v2/projects?columns=_id,name&with[]=projectFlows";
        let answer = stream(world, &token, target, "text/csv").await;
        assert_eq!(answer.text(), "_id,name,projectFlows\r\np1,Bank,[]\r\n");
    }

    async fn a_csv_begins_with_a_mark_where_that_is_wanted(world) {
        let token = world.token("acme").await;
        let row = validation("v1", "acme", json!({ "identifier": "x;=1+1;José", "status": "new" }));
        world.store(&BIOMETRIC_VALIDATIONS, &[row]).await;
        let target = format!("{LIST}?columns=identifier");
        let bare = "_id,identifier\r\nv1,\"x;'=1+1;José\"\r\n";
        for (accept, mark) in [
            ("text/csv", ""),
            ("text/csv; bom=0", ""),
            ("text/csv; bom=1", "\u{feff}"),
            ("text/csv;header=present;charset=utf-8;BOM=true", "\u{feff}"),
            ("text/csv; bom=\"1\"; q=0.9, text/html", "\u{feff}"),
            ("text/csv;q=0.5, text/csv;bom=1", "\u{feff}"),
        ] {
            let answer = stream(world, &token, &target, accept).await;
            assert_eq!(answer.text(), format!("{mark}{bare}"), "{accept}");
            assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        }
    }

    async fn a_stream_is_asked_for_by_name_alone(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 3).await;
        for (accept, kind) in [
            ("*/*", "application/json"),
            ("text/html, */*;q=0.8", "application/json"),
            ("image/png", "application/json"),
            ("application/json, text/csv", "application/json"),
            ("text/csv, application/json", "text/csv; charset=utf-8"),
            ("text/csv;q=0.2, application/json;q=0.9", "application/json"),
            ("text/csv;q=0", "application/json"),
            ("Application/X-NDJSON; q=0.5, */*", "application/x-ndjson"),
        ] {
            let answer = stream(world, &token, LIST, accept).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{accept}");
        }
    }

    async fn what_a_stream_cannot_do_is_said(world) {
        let token = world.token("acme").await;
        let accept = "application/x-ndjson";
        let answer = stream(world, &token, &format!("{LIST}?sort=status"), accept).await;
        assert_eq!(answer.wrong_parameters(), ["sort"]);
        let answer = stream(world, &token, &format!("{LIST}?where_status=x"), accept).await;
        assert_eq!(answer.wrong_parameters(), ["where_status"]);
        assert_eq!(stream(world, "", LIST, accept).await.rejection(401), "UNAUTHORIZED");
    }

    async fn a_long_answer_is_compressed_for_those_who_can_read_it(world) {
        let token = world.token("acme").await;
        many(world, "acme").await;
        let target = format!("{LIST}?perPage=50");
        let plain = world.get(&token, &target).await;
        assert_eq!(plain.header("content-encoding"), "");
        let packed = world.send(with(&token, &target, "accept-encoding", "br, gzip;q=0.5")).await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        assert_eq!(packed.header("etag"), plain.header("etag"));
        assert!(packed.bytes.len() * 4 < plain.bytes.len(), "{}", packed.bytes.len());
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed.bytes[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, plain.text());
        let short = format!("{LIST}?perPage=1&columns=_id");
        let answer = world.send(with(&token, &short, "accept-encoding", "gzip")).await;
        assert_eq!(answer.header("content-encoding"), "");
        let answer = world.send(with(&token, &target, "accept-encoding", "gzip;q=0")).await;
        assert_eq!(answer.text(), plain.text());
    }
}
