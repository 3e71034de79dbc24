//! For every operation of the table: who is rejected, and how. A new route is tested by
//! existing.

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac::{HMAC_SHA256, HMAC_SHA512};
use serde_json::{Value, json};
use verax_domain::{RecordTokenScope, Scope};
use verax_server::app::access::Claims;
use verax_server::http;
use verax_store::Batch;

use crate::answer::Answer;
use crate::fixtures::{kind_of, one_of_each, target_of};
use crate::signed_tokens::{header as header_of, signed, signing_key};
use crate::world::{DAY, World, request};

pub struct Operation {
    pub method: Method,
    pub path: String,
    scopes: Vec<Scope>,
    /// Which tokens for one record it takes too.
    record_token: Vec<RecordTokenScope>,
    /// The kind of record that the path's `{id}` stands for.
    kind: Option<String>,
    /// The operation's own example of a body, if it has one.
    pub body: Option<String>,
    /// What is answered to who sends no other.
    status_without_body: u16,
}

impl Operation {
    pub fn target(&self, client: &str) -> String {
        target_of(&self.path, client)
    }

    /// What a caller gets who may call: what needs a body is called without one.
    fn status_when_let_in(&self) -> u16 {
        match self.path.as_str() {
            // What these need is in their query, and in what is kept.
            "/v2/face-recognition/persons/lookup" | "/v2/projects/kyc" => 409,
            "/v2/face-recognition/compare/app-registration" => 409,
            // Nothing is configured to send a code by, and the registration has no number.
            "/v2/email-validations/app-registration" | "/v2/phone-validations/app-registration" => {
                409
            }
            // It was read elsewhere, and a reviewer is asked for already.
            "/v2/document-validations/{id}/validate"
            | "/v2/document-validations/{id}/manual-verification" => 409,
            // Nobody has claimed it, and nothing is proposed.
            "/v2/reviews/{id}/release" | "/v2/reviews/{id}/confirm" | "/v2/reviews/{id}/return" => {
                409
            }
            // There is no such change, and no such call any more.
            "/v2/document-validations/{id}" if self.method == Method::PUT => 405,
            "/v2/ocr/scan-studio" => 410,
            // No image of the document is kept.
            path if path.ends_with("image") || path.contains("/evidence") => 404,
            path if path.starts_with("/v2/identity-images/") => 404,
            _ => self.status_without_body,
        }
    }

    /// A token that may call it.
    async fn good_token(&self, world: &World) -> String {
        match self.record_token.first() {
            Some(scope) if self.scopes.is_empty() => {
                let subject = format!("acme-{}", scope.word());
                world.record_token("acme", *scope, &subject).await
            }
            // Renewing kills the others: each operation has a token of its own.
            _ => world.token("acme").await,
        }
    }

    /// Whether it changes persons or collections, which staff may not.
    fn changes_people(&self) -> bool {
        let people = self.path.contains("/persons") || self.path.contains("/collections");
        people && self.method != Method::GET
    }

    /// Face calls answer an expired token with 403 `token_expired`, as their chapter says.
    fn is_face_call(&self) -> bool {
        self.path.starts_with("/v2/face-recognition/")
    }

    /// Sessions answer a missing header with 409, as their chapter of the reference says.
    fn status_without_token(&self) -> u16 {
        if self.path == "/v2/auth/session" { 409 } else { 401 }
    }
}

/// Every operation that needs a token.
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for operation in http::operations() {
        let access = operation.described.access;
        if access.is_for_anybody() {
            continue;
        }
        let (mut scopes, mut record_token) = (Vec::new(), Vec::new());
        for word in access.scopes() {
            match (Scope::from_word(word), RecordTokenScope::from_word(word)) {
                (Some(scope), _) => scopes.push(scope),
                (_, Some(scope)) => record_token.push(scope),
                _ => panic!("{}: the scope {word} is not known", operation.path),
            }
        }
        let kind = operation.path.contains("{id}").then(|| kind_of(&operation.path).to_owned());
        let needed = operation.body.as_ref().filter(|it| it.is_required && it.example.is_none());
        let status_without_body = needed.map_or(200, |body| body.wrong.status.as_u16());
        let example = operation.body.and_then(|body| body.example);
        all.push(Operation {
            method: operation.method,
            path: operation.path,
            scopes,
            record_token,
            kind,
            body: example.map(|example| example.to_string()),
            status_without_body,
        });
    }
    assert!(all.len() >= 60, "the table has lost operations");
    all
}

async fn world() -> World {
    let world = World::sqlite().await;
    world.client("acme").await;
    one_of_each(&world, "acme").await;
    one_of_each(&world, "globex").await;
    // A stream is answered as any other, and ends at once.
    world.app.feed.close();
    world
}

async fn call(world: &World, operation: &Operation, token: &str) -> Answer {
    let request = request(operation.method.clone(), token, &operation.target("acme"));
    let body = operation.body.clone().unwrap_or_default();
    world.send(request.map(|_| Body::from(body))).await
}

/// Checks that every operation rejects this token with a 401 of the superset body.
async fn rejected_everywhere(world: &World, token: &str) {
    for operation in operations() {
        let answer = call(world, &operation, token).await;
        rejected(&operation, &answer, token);
    }
}

fn rejected(operation: &Operation, answer: &Answer, token: &str) {
    let code = answer.rejection(401);
    assert!(["UNAUTHORIZED", "Unauthorized"].contains(&code.as_str()), "{code}");
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", operation.path);
    assert!(token.len() < 20 || !answer.text().contains(token), "{}", operation.path);
}

#[tokio::test]
async fn every_operation_answers_a_good_token() {
    let world = world().await;
    for operation in operations() {
        let token = operation.good_token(&world).await;
        // What was deleted is there again.
        one_of_each(&world, "acme").await;
        let answer = call(&world, &operation, &token).await;
        let status = operation.status_when_let_in();
        assert_eq!(answer.status, status, "{}: {}", operation.path, answer.text());
    }
}

#[tokio::test]
async fn every_operation_needs_a_token() {
    let world = world().await;
    let token = world.token("acme").await;
    for operation in operations() {
        let status = operation.status_without_token();
        call(&world, &operation, "").await.rejection(status);
        for name in ["token", "access_token", "Authorization", "jwt", "accessToken"] {
            let target = format!("{}?{name}={token}", operation.target("acme"));
            let answer = world.send(request(operation.method.clone(), "", &target)).await;
            answer.rejection(status);
            assert!(!answer.text().contains(&token));
        }
        let empty = Request::builder()
            .method(operation.method.clone())
            .uri(operation.target("acme"))
            .header(header::AUTHORIZATION, "");
        world.send(empty.body(Body::empty()).expect("a request")).await.rejection(status);
    }
}

#[tokio::test]
async fn every_operation_rejects_garbage() {
    let world = world().await;
    for token in ["x", "ey.ey.ey", "e30.e30.", "null", "undefined", "Basic YTpi", "..", "a b c"] {
        rejected_everywhere(&world, token).await;
    }
}

#[tokio::test]
async fn every_operation_rejects_an_expired_token() {
    let world = world().await;
    let token = world.token("acme").await;
    world.turn_clock(30 * DAY - 1);
    for operation in operations() {
        one_of_each(&world, "acme").await;
        let record_token = operation.scopes.is_empty() && !operation.record_token.is_empty();
        if operation.path != "/v2/auth/renew-and-revoke" && !record_token {
            let status = operation.status_when_let_in();
            assert_eq!(call(&world, &operation, &token).await.status, status, "{}", operation.path);
        }
    }
    world.turn_clock(1);
    for operation in operations() {
        let answer = call(&world, &operation, &token).await;
        if operation.is_face_call() {
            assert_eq!(answer.rejection(403), "FORBIDDEN", "{}", operation.path);
            assert_eq!(answer.json()["message"], "token_expired", "{}", operation.path);
        } else {
            rejected(&operation, &answer, &token);
        }
    }
}

#[tokio::test]
async fn every_operation_rejects_a_revoked_token() {
    let world = world().await;
    let (token, other) = (world.token("acme").await, world.token("acme").await);
    let tokens = world.app.database.tokens(Some("acme")).await.expect("tokens");
    let claims = claims(&token);
    assert!(tokens.iter().any(|known| known.id == claims.jti));
    let mut batch = Batch::default();
    batch.revoke_token(&claims.jti, world.app.clock.now());
    world.app.database.commit(batch).await.expect("a revocation");
    rejected_everywhere(&world, &token).await;
    assert_eq!(world.get(&other, "/v2/clients/me").await.status, 200);
    let mut batch = Batch::default();
    batch.revoke_tokens_of("acme", world.app.clock.now());
    world.app.database.commit(batch).await.expect("a revocation");
    rejected_everywhere(&world, &other).await;
}

#[tokio::test]
async fn every_operation_rejects_the_token_of_a_client_that_is_gone() {
    let world = world().await;
    let token = world.token("acme").await;
    let mut batch = Batch::default();
    batch.delete_client("acme");
    world.app.database.commit(batch).await.expect("a deletion");
    rejected_everywhere(&world, &token).await;
}

#[tokio::test]
async fn an_operation_needs_one_of_its_scopes() {
    let world = world().await;
    for operation in operations().iter().filter(|operation| !operation.scopes.is_empty()) {
        let others: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|scope| *scope != Scope::Staff && !operation.scopes.contains(scope))
            .collect();
        let token = world.token_with("acme", Some(others), false).await;
        let answer = call(&world, operation, &token).await;
        assert_eq!(answer.rejection(403), "FORBIDDEN", "{}", operation.path);
        // What is rejected says nothing of what is there.
        let unknown = request(operation.method.clone(), &token, &operation.target("nobody"));
        assert_eq!(world.send(unknown).await.bytes, answer.bytes);
        for scope in &operation.scopes {
            // A link lets whoever has it read the registration: making one takes that scope too.
            let link = operation.path.ends_with("/resend-link").then_some(Scope::ReadValidations);
            let scopes = [*scope].into_iter().chain(link).collect();
            let token = world.token_with("acme", Some(scopes), false).await;
            let status = operation.status_when_let_in();
            assert_eq!(call(&world, operation, &token).await.status, status, "{}", operation.path);
            if operation.method != Method::GET && status < 400 {
                one_of_each(&world, "acme").await;
            }
        }
        let staff = world.token_with("acme", Some(Vec::new()), true).await;
        // Staff reads everything; writing is another matter.
        let status = match operation.method {
            _ if operation.changes_people() => 403,
            // Images, and what is seen on them, are for their own scope.
            _ if operation.path.ends_with("image") => 403,
            _ if operation.path.contains("/evidence") => 403,
            _ if operation.path.starts_with("/v2/identity-images/") => 403,
            _ if operation.path.ends_with("/secret") => 403,
            // Nor does it see who the members are.
            _ if operation.path.starts_with("/v2/project-members") => 403,
            Method::GET => operation.status_when_let_in(),
            // What was read is only told again.
            _ if operation.path.ends_with("/{id}/detect-document-type") => 200,
            _ => 403,
        };
        assert_eq!(call(&world, operation, &staff).await.status, status, "{}", operation.path);
    }
}

#[tokio::test]
async fn a_token_for_one_record_opens_nothing_that_is_not_for_it() {
    let world = world().await;
    for (scope, subject) in [
        (RecordTokenScope::Registration, "acme-registration"),
        (RecordTokenScope::Session, "acme-session"),
        (RecordTokenScope::Login, "acme-login"),
    ] {
        let token = world.record_token("acme", scope, subject).await;
        for operation in operations().iter().filter(|it| !it.record_token.contains(&scope)) {
            let answer = call(&world, operation, &token).await;
            let code = answer.rejection(403);
            let codes = ["FORBIDDEN", "Forbidden", "token_not_right"];
            assert!(codes.contains(&code.as_str()), "{}: {code}", operation.path);
        }
    }
    // Nothing was revoked by asking for it.
    let token = world.token("acme").await;
    assert_eq!(world.get(&token, "/v2/clients/me").await.status, 200);
}

#[tokio::test]
async fn every_retrieve_answers_another_clients_record_like_an_unexisting_id() {
    let world = world().await;
    let token = world.token("acme").await;
    for operation in operations().iter().filter(|operation| operation.kind.is_some()) {
        let get =
            |client: &str| request(operation.method.clone(), &token, &operation.target(client));
        if operation.scopes.is_empty() {
            // It is for the token of one record, and rejects every other.
            continue;
        }
        let foreign = world.send(get("globex")).await;
        foreign.rejection(404);
        assert_eq!(foreign.bytes, world.send(get("nobody")).await.bytes, "{}", operation.path);
    }
}

#[tokio::test]
async fn a_token_is_taken_in_every_form_that_clients_send() {
    let world = world().await;
    let token = world.token("acme").await;
    for form in
        ["Bearer ", "bearer ", "BEARER ", "JWT ", "jwt ", "Jwt ", "", "Bearer   ", "Bearer\t"]
    {
        let request =
            Request::get("/v2/clients/me").header(header::AUTHORIZATION, format!("{form}{token}"));
        let answer = world.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, 200, "{form:?}");
    }
    for form in ["Basic ", "Token ", "Bearer Bearer ", "Bearer,", "\""] {
        let request =
            Request::get("/v2/clients/me").header(header::AUTHORIZATION, format!("{form}{token}"));
        world.send(request.body(Body::empty()).expect("a request")).await.rejection(401);
    }
}

#[tokio::test]
async fn unsigned_forged_and_changed_tokens_are_rejected() {
    let world = world().await;
    let token = world.token("acme").await;
    let claims = claims(&token);
    let parts: Vec<&str> = token.split('.').collect();
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let kid = header_of(&token)["kid"].clone();
    let sign = |kid: Value| {
        let header = json!({ "typ": "JWT", "alg": "HS256", "kid": kid });
        signed(&header, &claims, HMAC_SHA256, &[42; 32])
    };
    let (right_key_id, right_key) = signing_key(&world);
    let longer = json!({ "typ": "JWT", "alg": "HS512", "kid": right_key_id });
    let mut greedy = claims.clone();
    greedy.scopes.push("staff".to_owned());
    let greedy = encode(serde_json::to_value(&greedy).expect("claims"));
    let none = encode(json!({ "alg": "none", "typ": "JWT", "kid": kid }));
    let upper = encode(json!({ "alg": "NONE", "typ": "JWT", "kid": kid }));
    let public = encode(json!({ "alg": "RS256", "typ": "JWT", "kid": kid }));
    let without_kid = encode(json!({ "alg": "HS256", "typ": "JWT" }));
    for forged in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{none}.{greedy}."),
        format!("{upper}.{}.", parts[1]),
        format!("{public}.{}.{}", parts[1], parts[2]),
        format!("{without_kid}.{}.{}", parts[1], parts[2]),
        format!("{}.{greedy}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}x"),
        sign(kid.clone()),
        sign(Value::Null),
        sign("another".into()),
        signed(&longer, &claims, HMAC_SHA512, &right_key),
    ] {
        world.get(&forged, "/v2/clients/me").await.rejection(401);
        world.get(&forged, "/v2/biometric-validations").await.rejection(401);
    }
    assert_eq!(world.get(&token, "/v2/clients/me").await.status, 200);
}

#[tokio::test]
async fn a_signed_token_that_was_never_handed_out_is_rejected() {
    let world = world().await;
    let mut claims = claims(&world.token("acme").await);
    claims.jti = "0123456789abcdef0123456789abcdef".to_owned();
    let (kid, key) = signing_key(&world);
    let header = json!({ "typ": "JWT", "alg": "HS256", "kid": kid });
    let token = signed(&header, &claims, HMAC_SHA256, &key);
    rejected_everywhere(&world, &token).await;
}

fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("claims")
}

#[tokio::test]
async fn two_tokens_in_one_request_are_none() {
    let world = World::sqlite().await;
    let (one, other) = (world.token("acme").await, world.token("globex").await);
    for tokens in [[&one, &other], [&one, &one]] {
        for path in ["/v2/clients/me", "/v2/auth/session", "/v2/projects/kyc?id=nobody"] {
            let mut call = request(Method::GET, tokens[0], path);
            let second = format!("Bearer {}", tokens[1]).parse().expect("a header");
            call.headers_mut().append("authorization", second);
            assert_eq!(world.send(call).await.status, 401, "{path}");
        }
    }
}
