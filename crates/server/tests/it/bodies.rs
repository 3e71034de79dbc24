//! Bodies: nothing of one is read for a stranger, and of nobody's more than there is room for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, header};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde_json::{Value, json};
use verax_domain::resources::PROJECTS;
use verax_domain::{RecordTokenScope, Scope};
use verax_server::http::openapi;
use verax_server::http::source_address::Peer;

use crate::answer::Answer;
use crate::fixtures::{one_of_each, target_of};
use crate::given_faces::{face, image, with_given_faces};
use crate::socket::post;
use crate::world::{Engine, World, request, send};

const LIVENESS: &str = "/v2/face-recognition/liveness";
const FLOWS: &str = "/v2/project-flows";
/// Longer than any body may be.
const FAR_TOO_LONG: &str = "99999999999";

struct Operation {
    method: Method,
    path: String,
    scopes: Vec<String>,
    takes_images: bool,
}

impl Operation {
    fn target(&self, client: &str) -> String {
        target_of(&self.path, client)
    }

    /// Whether anybody may call it, as far as a project allows it.
    fn is_open(&self) -> bool {
        let registers =
            ["/v2/biometric-validations", "/v2/app-registrations"].contains(&self.path.as_str());
        let takes_codes = ["/v2/email-validations", "/v2/phone-validations"].iter().any(|family| {
            self.path.starts_with(family) && !self.path.ends_with("/app-registration")
        });
        (self.method == Method::POST && registers) || (self.method != Method::GET && takes_codes)
    }
}

/// Every operation of the document that may be sent a body and needs a token.
fn operations() -> Vec<Operation> {
    let document = openapi::document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if operation["security"] == json!([]) {
                continue;
            }
            let words = operation["x-scopes"].as_array().expect("every operation names its scopes");
            let scopes = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let body = operation["requestBody"].to_string();
            all.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                scopes,
                takes_images: body.contains("\"minLength\":100"),
            });
        }
    }
    assert!(all.iter().filter(|it| it.takes_images).count() >= 15, "images are not told apart");
    all
}

/// A body that tells whether anybody has asked for it.
struct Watched(Arc<AtomicBool>);

impl Stream for Watched {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.store(true, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Bytes::from_static(b"{}"))))
    }
}

/// Calls with a body, and tells whether anybody has asked for it. The sender waits to be asked, so
/// nothing has to be taken off the connection either.
async fn call(router: &Router, mut call: Request<Body>) -> (Answer, bool) {
    let asked = Arc::new(AtomicBool::new(false));
    *call.body_mut() = Body::from_stream(Watched(Arc::clone(&asked)));
    call.headers_mut().insert(header::EXPECT, "100-continue".parse().expect("a header"));
    let answer = send(router, call).await;
    (answer, asked.load(Ordering::SeqCst))
}

async fn rejected_unread(router: &Router, operation: &Operation, token: &str, client: &str) {
    for key in [None, Some("k1")] {
        let mut wanted = request(operation.method.clone(), token, &operation.target(client));
        if let Some(key) = key {
            wanted.headers_mut().insert("idempotency-key", key.parse().expect("a header"));
        }
        let (answer, asked) = call(router, wanted).await;
        let what = format!("{} {} {key:?}", operation.method, operation.path);
        assert!(answer.status >= 400, "{what}: {}", answer.status);
        assert!(!asked, "{what} has read a body for {token:.20}: {}", answer.text());
    }
}

async fn world() -> World {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    // A stream is answered as any other, and ends at once.
    world.app.feed.close();
    world
}

#[tokio::test]
async fn nothing_is_read_for_who_may_not_do_it() {
    let world = world().await;
    let router = &world.router;
    for operation in operations() {
        let wrong_scopes: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|scope| !operation.scopes.iter().any(|word| word == scope.word()))
            .filter(|scope| *scope != Scope::Staff)
            .collect();
        if !operation.is_open() {
            rejected_unread(router, &operation, "", "acme").await;
        }
        rejected_unread(router, &operation, "nonsense", "acme").await;
        let needs_scope = operation.scopes.iter().any(|word| Scope::from_word(word).is_some());
        if needs_scope {
            let token = world.token_with("acme", Some(wrong_scopes), false).await;
            rejected_unread(router, &operation, &token, "acme").await;
        }
        for scope in
            [RecordTokenScope::Registration, RecordTokenScope::Session, RecordTokenScope::Login]
        {
            if operation.scopes.iter().any(|word| word == scope.word()) {
                continue;
            }
            let subject = format!("acme-{}", scope.word());
            let token = world.record_token("acme", scope, &subject).await;
            rejected_unread(router, &operation, &token, "acme").await;
        }
    }
}

#[tokio::test]
async fn nothing_is_read_for_who_asks_too_often() {
    let world = world().await;
    let router = world.beside(|config| config.rate_limit.requests_per_minute = 1);
    // Whoever renews and revokes has no token to ask again with.
    for operation in operations().iter().filter(|it| !it.path.ends_with("/renew-and-revoke")) {
        let record_token =
            RecordTokenScope::from_word(operation.scopes.first().map_or("", String::as_str));
        let token = match record_token {
            Some(scope) => world.record_token("acme", scope, "acme-x").await,
            None => world.token("acme").await,
        };
        send(&router, request(operation.method.clone(), &token, &operation.target("acme"))).await;
        let again = request(operation.method.clone(), &token, &operation.target("acme"));
        let (answer, asked) = call(&router, again).await;
        let what = format!("{} {}", operation.method, operation.path);
        assert_eq!((answer.status, asked), (429, false), "{what}");
    }
}

#[tokio::test]
async fn a_length_that_is_too_long_is_rejected_before_anything_is_read() {
    let world = world().await;
    let plain = world.app.config.now().http.plain_body_bytes_max;
    let token = world.token("acme").await;
    for operation in operations() {
        let method = operation.method.clone();
        let reads = [Method::POST, Method::PUT].contains(&method);
        let clients = operation.scopes.is_empty() || operation.scopes[0] == "write";
        // Some look for the record first; a new token is another matter.
        if !reads || !clients || operation.path.ends_with("/sync") {
            continue;
        }
        let token = match operation.path.as_str() {
            "/v2/auth/renew-and-revoke" => world.token("other").await,
            _ => token.clone(),
        };
        let mut lengths = vec![FAR_TOO_LONG.to_owned()];
        if !operation.takes_images {
            lengths.push((plain + 1).to_string());
        }
        for length in lengths {
            let mut wanted = request(method.clone(), &token, &operation.target("acme"));
            let length = length.parse().expect("a header");
            wanted.headers_mut().insert(header::CONTENT_LENGTH, length);
            let (answer, asked) = call(&world.router, wanted).await;
            let what = format!("{method} {}", operation.path);
            assert_eq!((answer.status, asked), (413, false), "{what}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_body_without_images_has_sixty_four_kibibytes() {
    let world = world().await;
    let token = world.token("acme").await;
    let body = |length: usize| {
        let begin = r#"{"project":"acme-project","type":"login","ignored":""#;
        let body = format!("{begin}{}\"}}", "x".repeat(length - begin.len() - 2));
        assert_eq!(body.len(), length);
        // Nobody says how long it is.
        let pieces: Vec<_> = body.as_bytes().chunks(1000).map(Bytes::copy_from_slice).collect();
        Body::from_stream(stream::iter(pieces).map(Ok::<_, std::io::Error>))
    };
    let call = |length| request(Method::POST, &token, FLOWS).map(|_| body(length));
    assert_eq!(world.send(call(65_536)).await.status, 201);
    assert_eq!(world.send(call(65_537)).await.rejection(413), "BODY_TOO_LARGE");
}

/// So much of a body, and then nothing.
fn stuck(bytes: usize) -> Body {
    let begin = stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b' '; bytes]))]);
    Body::from_stream(begin.chain(stream::pending()))
}

#[tokio::test]
async fn what_comes_beyond_the_room_for_bodies_is_rejected_and_others_have_room() {
    let world = World::with(Engine::Sqlite, |config| {
        config.http.body_bytes_max = 100_000;
        config.http.bodies_bytes_max = 200_000;
        config.http.body_seconds = 600;
        config.http.request_seconds = 600;
        config.vision.body_milliseconds = 600_000;
    })
    .await;
    let (acme, globex) = (world.token("acme").await, world.token("globex").await);
    let router = world.router.clone();
    let document = |token: &str, body: Body| {
        request(Method::POST, token, "/v2/document-liveness").map(|_| body)
    };
    let mut holding = Box::pin(send(&router, document(&acme, stuck(60_000))));
    assert!((&mut holding).now_or_never().is_none());
    let ask = async |token: &str, bytes: usize| {
        send(&router, document(token, Body::from("x".repeat(bytes)))).await
    };
    let rejected = ask(&acme, 60_000).await;
    assert_eq!(
        (rejected.rejection(503).as_str(), rejected.header("retry-after")),
        ("UNAVAILABLE", "1")
    );
    assert_eq!(ask(&globex, 90_000).await.status, 400, "others have their own half");
    drop(holding);
    assert_eq!(ask(&acme, 60_000).await.status, 400);
}

#[tokio::test]
async fn strangers_have_a_small_share_of_the_room() {
    let world = world().await;
    // A sixteenth of it, or one such body.
    let router = world.beside(|config| {
        config.http.body_bytes_max = 100_000;
        config.http.plain_body_bytes_max = 60_000;
        config.http.bodies_bytes_max = 200_000;
        config.http.body_seconds = 600;
        config.http.request_seconds = 600;
    });
    let open = json!({ "_id": "open", "client": "acme", "name": "Open", "allowAnonymous": true });
    world.store(&PROJECTS, &[open]).await;
    let call = |token: &str, body: Body| {
        request(Method::POST, token, "/v2/biometric-validations").map(|_| body)
    };
    let login = json!({ "project": "open", "type": "login" }).to_string();
    let ask = async || send(&router, call("", Body::from(login.clone()))).await;
    assert_eq!(ask().await.rejection(409), "MissingParameter", "it was read");
    let mut holding = Box::pin(send(&router, call("", stuck(59_990))));
    assert!((&mut holding).now_or_never().is_none());
    let rejected = ask().await;
    assert_eq!(rejected.rejection(503), "UNAVAILABLE");
    assert_eq!(rejected.header("retry-after"), "1");
    let token = world.token("acme").await;
    let known = send(&router, call(&token, Body::from("x".repeat(59_000)))).await;
    assert_eq!(known.rejection(400), "BadRequest", "known callers have room");
    drop(holding);
    assert_eq!(ask().await.rejection(409), "MissingParameter");
}

#[tokio::test]
async fn one_address_leaves_room_to_other_strangers() {
    let world = world().await;
    let router = world.beside(|config| {
        config.http.body_bytes_max = 100_000;
        config.http.plain_body_bytes_max = 10_000;
        // Of strangers 80,000, of one address 10,000.
        config.http.bodies_bytes_max = 1_280_000;
        config.http.body_seconds = 600;
        config.http.request_seconds = 600;
    });
    let open = json!({ "_id": "open", "client": "acme", "name": "Open", "allowAnonymous": true });
    world.store(&PROJECTS, &[open]).await;
    let call = |address: &str, body: Body| {
        let mut call = request(Method::POST, "", "/v2/biometric-validations").map(|_| body);
        call.extensions_mut().insert(Peer(address.parse().expect("an address")));
        send(&router, call)
    };
    let login = json!({ "project": "open", "type": "login" }).to_string();
    let mut holding = Vec::new();
    for _ in 0..20 {
        holding.push(Box::pin(call("203.0.113.1", stuck(900))));
    }
    let held = holding.iter_mut().map(|call| call.now_or_never());
    assert_eq!(held.filter(Option::is_none).count(), 11, "the address has its share");
    let rejected = call("203.0.113.1", Body::from(login.clone())).await;
    assert_eq!(rejected.status, 409, "a little is left: {}", rejected.text());
    let long = Body::from(format!("{login}{}", " ".repeat(200)));
    assert_eq!(call("203.0.113.1", long).await.rejection(503), "UNAVAILABLE");
    assert_eq!(call("203.0.113.2", stuck(9_000)).now_or_never().map(|it| it.status), None);
    let others = call("203.0.113.2", Body::from(login.clone())).await;
    assert_eq!(others.rejection(409), "MissingParameter");
    drop(holding);
}

#[tokio::test]
async fn how_a_strangers_body_came_is_told_and_not_what_is_wrong_with_it() {
    let world = World::with(Engine::Sqlite, |config| config.http.body_seconds = 1).await;
    let open = json!({ "_id": "open", "client": "acme", "name": "Open", "allowAnonymous": true });
    world.client("acme").await;
    world.store(&PROJECTS, &[open]).await;
    let call = |body: Body| {
        world.send(request(Method::POST, "", "/v2/biometric-validations").map(|_| body))
    };
    assert_eq!(call(stuck(10)).await.rejection(408), "BODY_TOO_SLOW");
    assert_eq!(call(Body::from(" ".repeat(70_000))).await.rejection(413), "BODY_TOO_LARGE");
    for wrong in ["{", "[]", r#"{"project":"nobodys","type":"login"}"#] {
        assert_eq!(call(Body::from(wrong)).await.rejection(401), "UNAUTHORIZED", "{wrong}");
    }
}

#[tokio::test]
async fn devices_leave_room_to_their_client_and_to_other_clients() {
    let world = World::with(Engine::Sqlite, |config| {
        config.http.body_bytes_max = 100_000;
        // Of a client 400,000; of its devices 200,000, of all devices 400,000.
        config.http.bodies_bytes_max = 800_000;
        config.http.body_seconds = 600;
        config.http.request_seconds = 600;
        config.vision.body_milliseconds = 1;
    })
    .await;
    let call = |token: &str, body: Body| {
        let call = request(Method::POST, token, "/v2/document-liveness").map(|_| body);
        let router = world.router.clone();
        Box::pin(async move { send(&router, call).await })
    };
    let device = async |client: &str, record: &str| {
        world.record_token(client, RecordTokenScope::Registration, record).await
    };
    let mut holding = Vec::new();
    let clients = [world.token("acme").await, world.token("globex").await];
    let third = world.token("initech").await;
    for (client, own) in ["acme", "globex"].into_iter().zip(&clients) {
        for record in ["r1", "r2"] {
            let mut held = call(&device(client, record).await, stuck(95_000));
            assert!((&mut held).now_or_never().is_none());
            holding.push(held);
        }
        let rejected = call(&device(client, "r3").await, Body::from("x".repeat(60_000))).await;
        assert_eq!(rejected.rejection(503), "UNAVAILABLE", "{client}");
        assert_eq!(rejected.header("retry-after"), "1");
        let mut held = call(own, stuck(95_000));
        assert!((&mut held).now_or_never().is_none(), "the client's own token has room");
        assert_eq!(call(own, Body::from("x".repeat(95_000))).await.status, 400);
    }
    let body = || Body::from("x".repeat(60_000));
    let rejected = call(&device("initech", "r1").await, body()).await;
    assert_eq!(rejected.rejection(503), "UNAVAILABLE", "all devices leave half");
    assert_eq!(call(&third, body()).await.status, 400);
    holding.clear();
    // One record has the room of one body.
    let own = device("acme", "r1").await;
    let mut held = call(&own, stuck(60_000));
    assert!((&mut held).now_or_never().is_none());
    assert_eq!(call(&device("acme", "r1").await, body()).await.rejection(503), "UNAVAILABLE");
    assert_eq!(call(&device("acme", "r2").await, body()).await.status, 400);
    drop(held);
    assert_eq!(call(&own, body()).await.status, 400);
}

#[tokio::test]
async fn what_comes_fast_is_no_credit_for_standing_still() {
    let world = World::with(Engine::Sqlite, |config| {
        config.http.body_seconds = 1;
        config.http.request_seconds = 600;
    })
    .await;
    let token = world.token("acme").await;
    // At the slowest rate that is waited for, 64 seconds' worth.
    let call = request(Method::POST, &token, "/v2/document-liveness").map(|_| stuck(4 << 20));
    let answer = tokio::time::timeout(Duration::from_secs(20), world.send(call)).await;
    assert_eq!(answer.expect("in time").rejection(408), "BODY_TOO_SLOW");
}

#[tokio::test]
async fn the_rest_of_a_rejected_body_is_not_waited_for() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let server = world.listen().await;
    let mut wire = server.connect().await;
    let long = post(&token, "/v2/projects", "");
    wire.send(&long.replace("ength: 0", "ength: 70000")).await;
    wire.send(&" ".repeat(1000)).await;
    assert_eq!(wire.answer().await.rejection(413), "BODY_TOO_LARGE");
    let closed = tokio::time::timeout(Duration::from_secs(15), wire.is_closed()).await;
    assert!(closed.expect("in time"));
    // One that comes all the same is taken off: who sends all before reading sees the answer.
    let mut wire = server.connect().await;
    wire.send(&post(&token, "/v2/projects", &" ".repeat(70_000))).await;
    assert_eq!(wire.answer().await.rejection(413), "BODY_TOO_LARGE");
    wire.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn a_body_that_drips_is_not_waited_for() {
    let world = World::with(Engine::Sqlite, |config| {
        config.http.body_seconds = 1;
        config.vision.body_milliseconds = 100;
    })
    .await;
    let token = world.token("acme").await;
    for path in ["/v2/projects", LIVENESS, "/v2/document-liveness"] {
        let call = request(Method::POST, &token, path).map(|_| stuck(100));
        assert_eq!(world.send(call).await.rejection(408), "BODY_TOO_SLOW", "{path}");
    }
}

#[tokio::test]
async fn what_no_rule_looks_at_is_read_over() {
    let world = World::sqlite().await;
    let app = with_given_faces(world.app.clone(), "a test's");
    let router = verax_server::http::router(verax_server::http::State::new(app));
    let token = world.token("acme").await;
    let ask = async |path: &str, body: String| {
        send(&router, request(Method::POST, &token, path).map(|_| Body::from(body))).await
    };
    let numbers = vec!["0"; 2_000_000].join(",");
    let nested = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let image = image(&[face(1)]);
    for ignored in [format!("[{numbers}]"), nested.clone(), format!("{{\"a\":{nested}}}")] {
        let body = format!(r#"{{"os":"IOS","ignored":{ignored},"image":"{image}"}}"#);
        assert_eq!(ask(LIVENESS, body).await.status, 200);
    }
    // What is looked at is told of in the words of its rule, as if it were short.
    for (body, told) in [
        (format!(r#"{{"image":[{numbers}]}}"#), "\"os\" is required|\"image\" must be a string"),
        (
            format!(r#"{{"os":[{numbers}],"image":{{"a":[{numbers}]}}}}"#),
            "\"os\" must be a string|\"image\" must be a string",
        ),
    ] {
        let answer = ask(LIVENESS, body).await;
        let details = answer.json()["details"].clone();
        let reported: Vec<&str> = details
            .as_array()
            .expect("details")
            .iter()
            .filter_map(|it| it["message"].as_str())
            .collect();
        assert_eq!((answer.status, reported.join("|").as_str()), (409, told));
    }
    let gallery = format!(r#"{{"probe":"{image}","gallery":[{numbers}]}}"#);
    let answer = ask("/v2/face-recognition/compare", gallery).await;
    assert_eq!(answer.json()["error"], "\"gallery\" must contain less than or equal to 10 items");
    // It is JSON all the same, or it is rejected.
    for cut in [format!("[{numbers}"), nested[1..].to_owned(), "\u{1}".to_owned()] {
        let answer = ask(LIVENESS, format!(r#"{{"ignored":{cut}}}"#)).await;
        assert_eq!(answer.rejection(400), "BadRequest");
    }
}

#[tokio::test]
async fn images_are_found_however_their_text_is_written() {
    let world = World::sqlite().await;
    let app = with_given_faces(world.app.clone(), "a test's");
    let router = verax_server::http::router(verax_server::http::State::new(app));
    let token = world.token("acme").await;
    let image = image(&[face(1)]);
    // PHP escapes slashes; any letter may be.
    let escaped = image.replace('/', "\\/").replacen('i', "\\u0069", 1);
    for text in [
        format!("\"{image}\""),
        format!("\"{escaped}\""),
        format!("[\"{image}\"]"),
        format!("[[\"{escaped}\"]]"),
        format!("\" data:image/png;base64,{image} \""),
        format!("null,\"image\":\"{image}\""),
    ] {
        let body = format!(r#"{{"os":"IOS","image":{text}}}"#);
        let call = request(Method::POST, &token, LIVENESS).map(|_| Body::from(body));
        let answer = send(&router, call).await;
        assert_eq!(answer.status, 200, "{text:.40}: {}", answer.text());
    }
    let body = format!(r#"{{"os":"IOS","image":"{image}","image":null}}"#);
    let call = request(Method::POST, &token, LIVENESS).map(|_| Body::from(body));
    assert_eq!(
        send(&router, call).await.json()["error"],
        "\"image\" is required",
        "the last counts"
    );
}

#[tokio::test]
async fn a_stranger_who_sends_little_reads_the_rejection_and_keeps_the_connection() {
    let world = World::sqlite().await;
    let server = world.listen().await;
    let mut wire = server.connect().await;
    for _ in 0..3 {
        wire.send(&post("nonsense", LIVENESS, &"x".repeat(60_000))).await;
        assert_eq!(wire.answer().await.rejection(401), "UNAUTHORIZED");
    }
    let long = post("nonsense", LIVENESS, "");
    wire.send(&long.replace("ength: 0", "ength: 16000000")).await;
    assert_eq!(wire.answer().await.rejection(401), "UNAUTHORIZED");
    let closed = tokio::time::timeout(Duration::from_secs(20), wire.is_closed()).await;
    assert!(closed.expect("in time"), "of a stranger not more than a little is taken");
}

#[tokio::test]
async fn every_post_under_a_key_is_done_once() {
    let world = world().await;
    for operation in operations().iter().filter(|it| it.method == Method::POST) {
        let record_token =
            operation.scopes.iter().find_map(|word| RecordTokenScope::from_word(word));
        let token = match record_token.filter(|_| operation.scopes.len() == 1) {
            Some(scope) => {
                let subject = format!("acme-{}", scope.word());
                world.record_token("acme", scope, &subject).await
            }
            None => world.token("acme").await,
        };
        // What is told of a body is told again.
        let ask = async || {
            let mut call = request(Method::POST, &token, &operation.target("acme"));
            let key = operation.path.parse().expect("a header");
            call.headers_mut().insert("idempotency-key", key);
            world.send(call.map(|_| Body::from("{}"))).await
        };
        let first = ask().await;
        if first.status == 401 || first.status == 403 || first.status >= 500 {
            continue;
        }
        // Renewing ends the token that asks; its answer is its client's.
        let again = match operation.path.as_str() {
            "/v2/auth/renew-and-revoke" => continue,
            // It changes nothing, so it is done again.
            "/v2/app-registrations/me" | "/v2/document-validations/{id}/detect-document-type" => {
                continue;
            }
            _ => ask().await,
        };
        assert_eq!(again.header("idempotency-replayed"), "true", "{}", operation.path);
        assert_eq!(again.text(), first.text(), "{}", operation.path);
    }
}
