//! ETags: a caller who has an answer is told so, and never when it has changed.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, PROJECTS};

use crate::answer::Answer;
use crate::fixtures::{document, numbered, validation};
use crate::world::{DAY, World, request};

const LIST: &str = "/v2/biometric-validations";

fn conditional(token: &str, target: &str, known: &str) -> Request<Body> {
    let mut request = request(Method::GET, token, target);
    request.headers_mut().insert("if-none-match", known.parse().expect("a header"));
    request
}

async fn ask(world: &World, token: &str, target: &str, known: &str) -> Answer {
    world.send(conditional(token, target, known)).await
}

on_both_databases! {
    async fn who_has_the_answer_is_not_sent_it_again(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 5).await;
        let targets = ["?perPage=2", "?count=true", "?cursor=*", "/v01", "/v01?columns=status"];
        for target in targets.map(|it| format!("{LIST}{it}")) {
            let whole = world.get(&token, &target).await;
            let tag = whole.header("etag").to_owned();
            assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{target}: {tag}");
            for known in [tag.clone(), tag[2..].to_owned(), format!("\"x\", {tag}"), "*".to_owned()] {
                let answer = ask(world, &token, &target, &known).await;
                assert_eq!((answer.status, answer.text()), (304, ""), "{target} {known}");
                assert_eq!(answer.header("etag"), tag);
                assert_eq!(answer.header("cache-control"), "private, no-cache");
                assert_eq!(answer.header("vary"), "Authorization, Accept, Accept-Encoding");
                assert_eq!(answer.header("content-type"), "");
            }
            for known in ["\"x\"", "W/\"\"", "x", ""] {
                let answer = ask(world, &token, &target, known).await;
                assert_eq!((answer.status, answer.text()), (200, whole.text()), "{target} {known}");
            }
        }
    }

    async fn every_change_makes_another_tag(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 3).await;
        let target = format!("{LIST}?populates[]=project&perPage=2");
        let mut tag = world.get(&token, &target).await.header("etag").to_owned();
        let row = |more| validation("v02", "acme", more);
        let changes = [
            // The project appears, and is another then.
            row(json!({ "project": "p1", "createdAt": "2025-01-03T12:00:00Z" })),
            row(json!({ "riskScore": 0.5, "createdAt": "2025-01-03T12:00:00Z" })),
            row(json!({ "riskScore": 0.25, "createdAt": "2025-01-03T12:00:00Z" })),
            // Not on the page: the total says it.
            validation("older", "acme", json!({ "createdAt": "2024-01-01T12:00:00Z" })),
        ];
        for change in changes {
            world.store(&BIOMETRIC_VALIDATIONS, &[change]).await;
            let answer = ask(world, &token, &target, &tag).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            tag = answer.header("etag").to_owned();
        }
        for name in ["Bank", "Shop"] {
            let project = json!({ "_id": "p1", "client": "acme", "name": name });
            world.store(&PROJECTS, &[project]).await;
            let answer = ask(world, &token, &target, &tag).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            tag = answer.header("etag").to_owned();
        }
        assert_eq!(ask(world, &token, &target, &tag).await.status, 304);
    }

    async fn the_time_of_a_signature_is_no_change(world) {
        let token = world.token("acme").await;
        world.store(&verax_domain::resources::DOCUMENT_LIVENESS,
            &[document("d1", "acme", json!({}))]).await;
        for target in ["/v2/document-liveness", "/v2/document-liveness/d1"] {
            let tag = world.get(&token, target).await.header("etag").to_owned();
            world.turn_clock(DAY);
            let later = world.get(&token, target).await;
            assert!(later.text().contains("signature"));
            assert_eq!(later.header("etag"), tag, "{target}");
            assert_eq!(ask(world, &token, target, &tag).await.status, 304);
        }
    }

    async fn a_tag_opens_nothing(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 3).await;
        let tag = world.get(&token, LIST).await.header("etag").to_owned();
        assert_eq!(ask(world, "", LIST, &tag).await.status, 401);
        assert_eq!(ask(world, "", LIST, "*").await.status, 401);
        let other = world.token("globex").await;
        assert_eq!(ask(world, &other, LIST, &tag).await.status, 200);
        assert_eq!(ask(world, &other, &format!("{LIST}/v01"), "*").await.status, 404);
    }
}
