//! What every answer has: ids, limits, CORS, errors of paths and methods.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

use crate::answer::{Answer, compact};
use crate::fixtures::numbered;
use crate::world::{World, get, request, send};

const LIST: &str = "/v2/biometric-validations";

async fn from_origin(router: &Router, method: Method, token: &str, origin: &str) -> Answer {
    let mut request = request(method, token, LIST);
    let headers = request.headers_mut();
    headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
    headers.insert("access-control-request-method", "GET".parse().expect("a method"));
    headers.insert("access-control-request-headers", "authorization".parse().expect("a header"));
    send(router, request).await
}

#[tokio::test]
async fn pages_of_other_origins_are_let_in_by_setting_alone() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let allowed = "access-control-allow-origin";
    let closed = from_origin(&world.router, Method::GET, &token, "https://a.example").await;
    assert_eq!((closed.status, closed.header(allowed)), (200, ""));
    let closed = from_origin(&world.router, Method::OPTIONS, "", "https://a.example").await;
    assert_eq!((closed.status, closed.header(allowed)), (204, ""));
    let some = world.beside(|config| config.http.cors_origins = vec!["https://a.example".into()]);
    let answer = from_origin(&some, Method::GET, &token, "https://a.example").await;
    assert_eq!(answer.header(allowed), "https://a.example");
    assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
    let mut vary = answer.headers.get_all("vary").iter();
    assert!(vary.any(|value| value.to_str().is_ok_and(|it| it.contains("origin"))));
    let answer = from_origin(&some, Method::GET, &token, "https://b.example").await;
    assert_eq!((answer.status, answer.header(allowed)), (200, ""));
    let preflight = from_origin(&some, Method::OPTIONS, "", "https://a.example").await;
    assert_eq!((preflight.status, preflight.header(allowed)), (200, "https://a.example"));
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    assert!(preflight.header("access-control-allow-methods").contains("GET"));
    // A rejection can be read by the page, too.
    let rejected = from_origin(&some, Method::GET, "nonsense", "https://a.example").await;
    assert_eq!((rejected.status, rejected.header(allowed)), (401, "https://a.example"));
    let all = world.beside(|config| config.http.cors_origins = vec!["*".into()]);
    let answer = from_origin(&all, Method::GET, &token, "https://b.example").await;
    assert_eq!(answer.header(allowed), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_in_the_form_of_errors() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let paths = [
        "/",
        "/v2",
        "/v2/",
        "/v2/nothing",
        "/v1/biometric-validations",
        "/v2/clients",
        "/v3/biometric-validations",
        "/v2/biometric-validations/a/b",
        "/docs/nothing.js",
        "//v1/biometric-validations",
        "//",
        "/v2/biometric-validations//a/b",
        "/..%2f..%2fetc%2fpasswd",
        "/docs/..%2f..%2fetc%2fpasswd",
    ];
    for path in paths {
        assert_eq!(world.get(&token, path).await.rejection(404), "NOT_FOUND", "{path}");
        assert_eq!(world.get("", path).await.rejection(404), "NOT_FOUND", "{path}");
    }
    for (method, path) in [
        (Method::PUT, LIST),
        (Method::DELETE, LIST),
        (Method::PUT, "/v2/document-liveness/x"),
        (Method::PATCH, "/v2/clients/me"),
        (Method::GET, "/v2/auth/renew-and-revoke"),
        (Method::POST, "/openapi.json"),
        (Method::from_bytes(b"BREW").expect("a method"), LIST),
    ] {
        let answer = world.send(request(method.clone(), &token, path)).await;
        assert_eq!(answer.rejection(405), "METHOD_NOT_ALLOWED", "{method} {path}");
        assert!(!answer.header("allow").is_empty(), "{method} {path}");
    }
    let answer = world.send(request(Method::OPTIONS, "", LIST)).await;
    assert_eq!((answer.status, answer.text(), answer.header("allow")), (204, "", "GET,HEAD,POST"));
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    numbered(&world, "acme", 3).await;
    for target in [LIST, "/v2/biometric-validations/v00", "/v2/clients/me", "/healthz"] {
        let get = world.get(&token, target).await;
        let head = world.send(request(Method::HEAD, &token, target)).await;
        assert_eq!((head.status, head.text()), (200, ""), "{target}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("content-length"), get.bytes.len().to_string());
    }
    for (target, status) in [("/v2/nothing", 404), ("/v2/biometric-validations/nobody", 404)] {
        let head = world.send(request(Method::HEAD, &token, target)).await;
        assert_eq!((head.status, head.text()), (status, ""));
    }
    let head = world.send(request(Method::HEAD, "", LIST)).await;
    assert_eq!((head.status, head.text()), (401, ""));
}

#[tokio::test]
async fn a_path_that_is_no_utf8_answers_like_an_unexisting_id() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let unknown = world.get(&token, "/v2/biometric-validations/nobody").await;
    let strange = world.get(&token, "/v2/biometric-validations/%FF").await;
    assert_eq!((strange.status, strange.text()), (404, unknown.text()));
    world.get("", "/v2/biometric-validations/%FF").await.rejection(401);
}

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_come_back() {
    let world = World::sqlite().await;
    let (token, other) = (world.token("acme").await, world.token("acme").await);
    let limits = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];
    let free = world.get(&token, LIST).await;
    assert!(limits.iter().all(|name| free.header(name).is_empty()), "off in tests");
    let router = world.beside(|config| config.rate_limit.requests_per_minute = 3);
    for remaining in ["2", "1", "0"] {
        let answer = get(&router, &token, LIST).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-limit"), "3");
        assert_eq!(answer.header("ratelimit-remaining"), remaining);
        assert!(answer.header("ratelimit-reset").parse::<u64>().is_ok_and(|it| it <= 60));
    }
    let answer = get(&router, &token, LIST).await;
    assert_eq!(answer.rejection(429), "TOO_MANY_REQUESTS");
    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(answer.header("ratelimit-remaining"), "0");
    assert_eq!(get(&router, &other, LIST).await.status, 200, "each token has its own");
    assert_eq!(get(&router, "", "/healthz").await.status, 200);
    assert_eq!(get(&router, &token, "/v2/clients/me").await.status, 429);
    assert_eq!(get(&router, &token, "/v2/auth/session").await.status, 429, "a session counts, too");
}

#[tokio::test]
async fn clients_that_read_flat_pagination_get_it_by_setting() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let router = world.beside(|config| {
        config.compat.flat_pagination = true;
        config.signature.issuer = "Example".to_owned();
        config.signature.time_zone = "America/Bogota".to_owned();
    });
    let answer = get(&router, &token, &format!("{LIST}?perPage=7&page=2")).await;
    let expected = r#"{
        "success": true, "data": [],
        "pagination": { "page": 2, "perPage": 7, "total": 0, "pages": 0 },
        "total": 0, "limit": 7, "page": 2, "pages": 0
    }"#;
    assert_eq!(answer.text(), compact(expected));
    let answer = get(&router, &token, "/v2/document-liveness").await;
    let expected = r#"{
        "success": true, "data": [],
        "pagination": { "page": 1, "limit": 10, "total": 0, "pages": 0 },
        "total": 0, "limit": 10, "page": 1, "pages": 0,
        "signature": { "dateTime": "January 1, 2026 10:04 PM", "message": "Certified by Example" }
    }"#;
    assert_eq!(answer.text(), compact(expected));
}

#[tokio::test]
async fn a_request_keeps_the_id_that_it_brings_and_gets_one_otherwise() {
    let world = World::sqlite().await;
    let ask = async |id: &str| {
        let request = Request::get("/healthz").header("x-request-id", id);
        let answer = world.send(request.body(Body::empty()).expect("a request")).await;
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(ask("abc-123_X").await, "abc-123_X");
    for strange in ["a b", "", "<script>", "x".repeat(65).as_str(), "a\"b"] {
        let given = ask(strange).await;
        assert_ne!(given, strange);
        assert!(given.len() == 24 && given.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}");
    }
    let one = world.get("", LIST).await;
    let two = world.get("", "/v2/nothing").await;
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

on_both_databases! {
    async fn a_failure_shows_a_request_id_and_nothing_else(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 3).await;
        world.execute("DROP TABLE biometric_validations").await;
        for target in [LIST, "/v2/biometric-validations/v00", "/v2/biometric-validations?count=1&like_identifier=x"] {
            let answer = world.get(&token, target).await;
            let expected = json!({
                "success": false,
                "error": "Something went wrong on our side.",
                "code": "internal_error",
                "message": "Something went wrong on our side.",
                "status": 500,
                "requestId": answer.header("x-request-id"),
            });
            assert_eq!((answer.status, answer.text()), (500, expected.to_string().as_str()));
            assert_eq!(answer.header("content-type"), "application/json");
        }
        assert_eq!(world.get(&token, "/v2/document-liveness").await.status, 200);
        world.execute("DROP TABLE tokens").await;
        assert_eq!(world.get(&token, LIST).await.rejection(500), "internal_error");
        world.execute("DROP TABLE heartbeats").await;
        let ready = world.get("", "/readyz").await;
        assert_eq!(ready.status, 503);
        let body = r#"{"status":"not_ready","checks":{"database":"failed"}}"#;
        assert_eq!(ready.text(), body);
        assert_eq!(world.get("", "/healthz").await.status, 200);
    }
}
