//! Tries are counted, and what is counted is limited: on all nodes, for calls at once, and for whoever
//! is not enrolled too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_query::Sql;
use verax_server::config::Config;
use verax_server::http::{self, State};
use verax_store::{Batch, Rows};

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, VALIDATIONS, not_live, shot, text};
use crate::given_faces::{Face, encoded_again, face, image, take, with_counted_faces};
use crate::world::{DAY, Engine, World, request, send};

const UNLOCK: &str = "/v2/biometric-validations/unlock";

/// A bank on a node of its own with these settings, that counts what it measures; anybody may log in.
async fn open(world: &World, adjust: impl FnOnce(&mut Config)) -> (Bank, Arc<AtomicUsize>) {
    let node = world.node(|config| {
        config.vision.waiting_max = 64;
        adjust(config);
    });
    let (app, measured) = with_counted_faces(node.await, "given");
    let bank = Bank::with(world, app).await;
    let path = format!("/v3/projects/{}", bank.project);
    let allow = json!({ "allowAnonymous": true });
    assert_eq!(bank.call(Method::PUT, &bank.token, &path, allow).await.status, 200);
    (bank, measured)
}

/// The same with somebody who is enrolled.
async fn open_with_jo(world: &World, adjust: impl FnOnce(&mut Config)) -> (Bank, Arc<AtomicUsize>) {
    let (bank, measured) = open(world, adjust).await;
    let body = json!({
        "project": bank.project, "projectFlow": bank.flow, "email": "jo@example.com",
        "phone": "3001234567", "countryCode": "+57", "fullName": "Jo Doe",
    });
    let made = bank.post(&bank.token, REGISTRATIONS, body).await.json();
    let own = text(&made["data"]["token"]);
    let enrolled = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.text());
    let registration = text(&made["data"]["appRegistration"]["_id"]);
    assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
    measured.store(0, Ordering::SeqCst);
    (bank, measured)
}

/// The token of a session that was opened without one, and its validation's id.
async fn anonymous(bank: &Bank, identifier: &str) -> (String, String) {
    let body = json!({
        "project": bank.project, "projectFlow": bank.login_flow, "type": "login",
        "identifier": identifier,
    });
    let opened = bank.post("", VALIDATIONS, body).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let data = &opened.json()["data"];
    (text(&data["token"]), text(&data["biometricValidation"]["_id"]))
}

async fn log_in(bank: &Bank, identifier: &str, image: String) -> Answer {
    let (token, _) = anonymous(bank, identifier).await;
    bank.validate(&token, image).await
}

fn locked(answer: &Answer) -> u64 {
    assert_eq!(answer.rejection(429), "login_locked");
    answer.header("retry-after").parse().expect("seconds")
}

async fn assert_no_rows(bank: &Bank, statement: &'static str) {
    let mut sql = Sql::default();
    sql.push(statement);
    let mut batch = Batch::default();
    batch.push(sql, Rows::Exactly(0));
    bank.app.database.commit(batch).await.expect(statement);
}

/// Tries one face after another without a token, a second each.
async fn climb(world: &World, tries: u32, measured_max: usize) {
    let (bank, measured) = open_with_jo(world, |_| {}).await;
    let (mut token, _) = anonymous(&bank, "jo@example.com").await;
    let (mut rejected, mut last) = (0, 0);
    for number in 0..tries {
        // A second each: what was opened expires in between.
        world.turn_clock(1000);
        let image = if rejected == 0 { take(face(2), number) } else { "AAAA".repeat(30) };
        let mut answer = bank.validate(&token, image).await;
        if answer.status == 401 || answer.status == 409 {
            token = anonymous(&bank, "jo@example.com").await.0;
            answer = bank.validate(&token, take(face(2), number)).await;
        }
        match answer.status {
            429 => {
                rejected += 1;
                last = locked(&answer);
            }
            // The lock is over: this session's image is measured, and it is used up.
            _ => rejected = 0,
        }
    }
    let measured = measured.load(Ordering::SeqCst);
    assert!(measured <= measured_max, "{measured} were measured");
    assert!(rejected > 0 && last > 0, "it ends locked");
    // Also to whoever is right.
    locked(&bank.validate(&token, shot(1, 1)).await);
}

#[tokio::test]
async fn a_climb_of_2000_tries_ends_locked() {
    // Five before each lock of 1, 2, 4, 8 and 16 minutes, and five before the last of 32.
    climb(&World::sqlite().await, 2000, 30).await;
}

#[tokio::test]
async fn a_climb_of_300_tries_on_postgres_ends_locked() {
    let world = World::on(Engine::Postgres).await;
    // Before the locks of 1, 2 and 4 minutes.
    climb(&world, 300, 15).await;
    world.end().await;
}

on_both_databases! {
    async fn of_200_tries_over_two_nodes_no_more_than_five_are_measured(world) {
        let (bank, one) = open_with_jo(world, |_| {}).await;
        let node = world.node(|config| config.vision.waiting_max = 64).await;
        let (other, two) = with_counted_faces(node, "given");
        let other = http::router(State::new(other));
        let mut tokens = Vec::new();
        for _ in 0..50 {
            tokens.push(anonymous(&bank, "jo@example.com").await.0);
        }
        let mut statuses = Vec::new();
        for round in 0..25 {
            // Eight at once, four on each node; a session that is locked out can be tried again.
            let calls = (0..8).map(|call| {
                let image = json!({ "image": take(face(2), round * 8 + call) }).to_string();
                let token = &tokens[(round * 8 + call) as usize % tokens.len()];
                let path = format!("{VALIDATIONS}/validate");
                let call_of = request(Method::POST, token, &path).map(|_| Body::from(image));
                send(if call % 2 == 0 { &bank.router } else { &other }, call_of)
            });
            statuses.extend(join_all(calls).await.iter().map(|it| it.status));
        }
        let tries = statuses.len();
        let count = |status: u16| statuses.iter().filter(|it| **it == status).count();
        assert_eq!((tries, count(400)), (200, 5));
        // Those whose session is used up are told so.
        assert_eq!(count(429) + count(409), 195, "{statuses:?}");
        assert_eq!(one.load(Ordering::SeqCst) + two.load(Ordering::SeqCst), 5);
    }

    async fn whoever_is_not_enrolled_is_locked_alike(world) {
        let (bank, measured) = open_with_jo(world, |_| {}).await;
        let mut seen = Vec::new();
        for who in ["jo@example.com", "nobody@example.com"] {
            let mut answers = Vec::new();
            for number in 0..7 {
                let answer = log_in(&bank, who, take(face(2), number)).await;
                let after = answer.header("retry-after").to_owned();
                answers.push((answer.status, answer.bytes, after));
            }
            seen.push(answers);
        }
        assert_eq!(seen[0], seen[1]);
        let statuses: Vec<u16> = seen[0].iter().map(|(status, ..)| *status).collect();
        assert_eq!(statuses, [400, 400, 400, 400, 400, 429, 429]);
        assert_eq!(measured.load(Ordering::SeqCst), 10);
        // Another spelling of the same is the same.
        locked(&log_in(&bank, "JO@Example.com", shot(1, 1)).await);
    }

    async fn a_lock_doubles_and_a_passed_login_forgets_what_failed(world) {
        let (bank, _) = open_with_jo(world, |_| {}).await;
        let fail = async |times: u32| {
            for number in 0..times {
                let answer = log_in(&bank, "jo@example.com", take(face(2), number)).await;
                assert_eq!(answer.status, 400, "{}", answer.text());
            }
        };
        fail(5).await;
        assert_eq!(locked(&log_in(&bank, "jo@example.com", shot(1, 1)).await), 60);
        world.turn_clock(59_999);
        assert_eq!(locked(&log_in(&bank, "jo@example.com", shot(1, 1)).await), 1);
        world.turn_clock(1);
        fail(5).await;
        assert_eq!(locked(&log_in(&bank, "jo@example.com", shot(1, 1)).await), 120);
        world.turn_clock(120_000);
        fail(4).await;
        assert_eq!(log_in(&bank, "jo@example.com", shot(1, 1)).await.status, 200);
        fail(5).await;
        assert_eq!(locked(&log_in(&bank, "jo@example.com", shot(1, 2)).await), 60);
        // What failed long ago is forgotten, and its row goes.
        world.turn_clock(DAY + 60_000);
        bank.app.sweep().await.expect("a sweep");
        assert_no_rows(&bank, "DELETE FROM login_attempts WHERE failed > 0").await;
        fail(4).await;
        assert_eq!(log_in(&bank, "jo@example.com", shot(1, 3)).await.status, 200);
    }

    async fn a_client_lifts_a_lock(world) {
        let (bank, _) = open_with_jo(world, |_| {}).await;
        for number in 0..5 {
            log_in(&bank, "jo@example.com", take(face(2), number)).await.rejection(400);
        }
        let (token, _) = anonymous(&bank, "jo@example.com").await;
        locked(&bank.validate(&token, shot(1, 1)).await);
        let jo = json!({ "project": bank.project, "identifier": "jo@example.com" });
        bank.post(&token, UNLOCK, jo.clone()).await.rejection(403);
        let other = world.token("globex").await;
        assert_eq!(bank.post(&other, UNLOCK, jo.clone()).await.json()["data"]["lifted"], 0);
        locked(&bank.validate(&token, shot(1, 1)).await);
        let lifted = bank.post(&bank.token, UNLOCK, jo.clone()).await;
        assert_eq!(lifted.json(), json!({ "success": true, "data": { "lifted": 1 } }));
        assert_eq!(bank.validate(&token, shot(1, 1)).await.status, 200);
        assert_eq!(bank.post(&bank.token, UNLOCK, jo).await.json()["data"]["lifted"], 0);
        for (body, named) in [
            (json!({}), "identifier"),
            (json!({ "project": bank.project }), "identifier"),
            (json!({ "identifier": "jo" }), "project"),
            (json!({ "ipAddress": "nowhere" }), "ipAddress"),
        ] {
            let answer = bank.post(&bank.token, UNLOCK, body).await;
            assert_eq!(answer.rejection(409), "MissingParameter");
            assert_eq!(answer.json()["details"][0]["parameter"], named);
        }
    }

    async fn a_person_is_locked_under_all_identifiers_and_nobody_is_told(world) {
        let (bank, _) = open_with_jo(world, |config| config.logins.failures_per_person_max = 3).await;
        let person = bank.get(&bank.token, "/v2/face-recognition/persons").await.ids()[0].clone();
        for number in 0..3 {
            log_in(&bank, "jo@example.com", take(face(2), number)).await.rejection(400);
        }
        let (token, id) = anonymous(&bank, "+573001234567").await;
        let silent = bank.validate(&token, shot(1, 1)).await;
        let unknown = log_in(&bank, "nobody@example.com", shot(1, 1)).await;
        assert_eq!((silent.status, &silent.bytes), (400, &unknown.bytes));
        let record = bank.validation(&id).await;
        assert_eq!(record["reasons"][0]["advice"], "locked: too many logins of this person have failed");
        assert_eq!(record["verificationResults"]["identityMatch"], "not_checked");
        let lifted = bank.post(&bank.token, UNLOCK, json!({ "person": person })).await.json();
        assert_eq!(lifted["data"]["lifted"], 1);
        let passed = log_in(&bank, "+573001234567", shot(1, 1)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }

    async fn an_address_is_locked_for_whoever_is_tried_from_it(world) {
        let (bank, measured) = open_with_jo(world, |config| {
            config.logins.failures_per_address_max = 3;
            config.http.trusted_proxies = vec!["::1/128".parse().expect("a net")];
        }).await;
        let from = async |address: &str, who: &str, image: String| {
            let (token, _) = anonymous(&bank, who).await;
            bank.validate_from(address, &token, image).await
        };
        for (number, who) in ["a", "b", "c"].into_iter().enumerate() {
            from("198.51.100.1", who, take(face(2), number as u32)).await.rejection(400);
            // Passing in between does not make up for what failed.
            if number < 2 {
                let passed = from("198.51.100.1", "jo@example.com", shot(1, 1 + number as u8)).await;
                assert_eq!(passed.status, 200, "{}", passed.text());
            }
        }
        let before = measured.load(Ordering::SeqCst);
        locked(&from("198.51.100.1", "jo@example.com", shot(1, 5)).await);
        assert_eq!(measured.load(Ordering::SeqCst), before);
        assert_eq!(from("198.51.100.2", "jo@example.com", shot(1, 5)).await.status, 200);
        let address = json!({ "ipAddress": "198.51.100.1" });
        assert_eq!(bank.post(&bank.token, UNLOCK, address).await.json()["data"]["lifted"], 1);
        assert_eq!(from("198.51.100.1", "jo@example.com", shot(1, 6)).await.status, 200);
    }

    async fn attempts_at_once_never_exceed_the_limit_of_a_registration(world) {
        let (bank, measured) = open(world, |_| {}).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let limit = json!({ "liveness": { "attemptLimit": 3 } });
        let path = format!("/v2/project-flows/{}", bank.flow);
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, limit).await.status, 200);
        let mut rejected = 0;
        for round in 0..3 {
            let calls = (0..8).map(|call| {
                let forged = Face { of: 1, shot: 0, live: 5 };
                bank.enrol(&own, json!({ "image": take(forged, round * 8 + call), "os": "IOS" }))
            });
            for answer in join_all(calls).await {
                rejected += usize::from(answer.json()["message"] == "no_attempts_left");
            }
        }
        assert_eq!((measured.load(Ordering::SeqCst), rejected), (3, 21));
        // What was deleted counts all the same.
        let record = bank.get(&own, &format!("{REGISTRATIONS}/{registration}")).await.json();
        let all = record["data"]["failedBiometricValidations"].as_array().expect("a list");
        assert_eq!(all.len(), 3, "each that failed is named");
        let failed = text(&all[0]);
        let path = format!("{VALIDATIONS}/{failed}");
        bank.call(Method::DELETE, &own, &path, Value::Null).await;
        let last = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!(last.json()["message"], "no_attempts_left");
        // A flow that says nothing has a limit too.
        let path = format!("/v2/project-flows/{}", bank.flow);
        let none = json!({ "liveness": {} });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, none).await.status, 200);
        let (_, own) = bank.register("al@example.com").await;
        for number in 0..10 {
            let image = if number % 2 == 0 { not_live(1) } else { image(&[]) };
            let answer = bank.enrol(&own, json!({ "image": image, "os": "IOS" })).await;
            assert_ne!(answer.json()["message"], "no_attempts_left", "{number}");
        }
        let over = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!(over.json()["message"], "no_attempts_left");
    }

    async fn images_without_a_face_are_counted_for_where_they_come_from(world) {
        let (bank, measured) = open_with_jo(world, |config| {
            config.logins.failures_per_address_max = 8;
            config.logins.failures_per_identifier_max = 2;
            config.logins.failures_per_person_max = 2;
            config.http.trusted_proxies = vec!["::1/128".parse().expect("a net")];
        }).await;
        let (mut token, mut statuses) = (String::new(), Vec::new());
        for number in 0..12 {
            // A new session, whenever one has had its five.
            if number % 5 == 0 {
                token = anonymous(&bank, "jo@example.com").await.0;
            }
            let image = if number % 2 == 0 { image(&[]) } else { "AAAA".repeat(30) };
            statuses.push(bank.validate_from("198.51.100.1", &token, image).await.status);
        }
        assert_eq!(statuses, [422, 400, 422, 400, 422, 400, 422, 400, 429, 429, 429, 429]);
        assert_eq!(measured.load(Ordering::SeqCst), 4, "what is no image is not measured");
        // Neither the identifier nor the person has failed.
        let (token, _) = anonymous(&bank, "jo@example.com").await;
        let passed = bank.validate_from("198.51.100.2", &token, shot(1, 1)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }

    async fn a_session_takes_five_images_without_a_face(world) {
        let (bank, measured) =
            open_with_jo(world, |config| config.logins.failures_per_address_max = 0).await;
        let (token, id) = anonymous(&bank, "jo@example.com").await;
        for _ in 0..5 {
            assert_eq!(bank.validate(&token, image(&[])).await.rejection(422), "NO_FACE");
        }
        assert_eq!(bank.validate(&token, shot(1, 1)).await.json()["message"], "session_used");
        assert_eq!(measured.load(Ordering::SeqCst), 5);
        let record = bank.validation(&id).await;
        assert_eq!(record["status"], "failed");
        let advice = text(&record["reasons"][1]["advice"]);
        assert_eq!(advice, "the session has had as many such images as it may");
        // None of them was a login that failed.
        assert_no_rows(&bank, "DELETE FROM login_attempts WHERE failed > 0").await;
        let (token, _) = anonymous(&bank, "jo@example.com").await;
        for _ in 0..4 {
            bank.validate(&token, image(&[])).await.rejection(422);
        }
        assert_eq!(bank.validate(&token, shot(1, 1)).await.status, 200);
    }

    async fn an_accepted_image_is_never_accepted_again(world) {
        let (bank, _) = open_with_jo(world, |_| {}).await;
        let image = shot(1, 1);
        assert_eq!(log_in(&bank, "jo@example.com", image.clone()).await.status, 200);
        for again in [image.clone(), encoded_again(&image), shot(1, 0)] {
            let (token, id) = anonymous(&bank, "jo@example.com").await;
            let rejected = bank.validate(&token, again).await;
            assert_eq!(rejected.rejection(409), "image_replayed");
            // Whoever's it is: nobody learns it with an image that was taken from somebody.
            let other = log_in(&bank, "nobody@example.com", image.clone()).await;
            assert_eq!(other.bytes, rejected.bytes);
            let record = bank.validation(&id).await;
            assert_eq!(record["status"], "failed");
            assert_eq!(record["reasons"][0]["advice"], "this image was accepted before");
            let lifted = json!({ "project": bank.project, "identifier": "nobody@example.com" });
            assert_eq!(bank.post(&bank.token, UNLOCK, lifted).await.status, 200);
        }
        let opened = bank.open_validation("validation", "jo").await;
        let rejected = bank.validate(&text(&opened["token"]), image.clone()).await;
        assert_eq!(rejected.rejection(409), "image_replayed");
        let (_, own) = bank.register("al@example.com").await;
        let rejected = bank.enrol(&own, json!({ "image": image, "os": "IOS" })).await;
        assert_eq!(rejected.rejection(409), "image_replayed");
        // One that was rejected may be tried again: the name may have been wrong.
        log_in(&bank, "nobody@example.com", shot(1, 2)).await.rejection(400);
        assert_eq!(log_in(&bank, "jo@example.com", shot(1, 2)).await.status, 200);
        // After its time, its digest means nothing.
        world.turn_clock(400 * DAY);
        bank.app.sweep().await.expect("a sweep");
        assert_no_rows(&bank, "DELETE FROM accepted_images WHERE accepted_at > 0").await;
    }

    async fn of_one_image_sent_twice_at_once_one_is_accepted(world) {
        let (bank, _) = open(world, |_| {}).await;
        for round in 0..4 {
            let (one, two) = tokio::join!(
                bank.open_validation("onboarding", "jo"), bank.open_validation("validation", "jo")
            );
            let image = image(&[face(10 + round)]);
            let tokens = (text(&one["token"]), text(&two["token"]));
            let (one, two) = tokio::join!(
                bank.validate(&tokens.0, image.clone()), bank.validate(&tokens.1, image.clone())
            );
            let mut statuses = [one.status, two.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "{} {}", one.text(), two.text());
            let persons = bank.get(&bank.token, "/v2/face-recognition/persons").await.total();
            let enrolled = bank.get(&bank.token, &format!(
                "{VALIDATIONS}?where_status=completed&where_type=onboarding"
            )).await.total();
            assert_eq!(persons, enrolled, "nobody is left enrolled by what was rejected");
        }
    }

    async fn who_is_not_active_cannot_log_in(world) {
        let (bank, _) = open_with_jo(world, |_| {}).await;
        let persons = bank.get(&bank.token, "/v2/face-recognition/persons").await.json();
        let path = format!("/v2/face-recognition/persons/{}", text(&persons["data"][0]["_id"]));
        for status in ["inactive", "pending"] {
            let changed = bank.call(Method::PUT, &bank.token, &path, json!({ "status": status }));
            assert_eq!(changed.await.status, 200);
            let rejected = log_in(&bank, "jo@example.com", shot(1, 1)).await;
            let nobody = log_in(&bank, "nobody@example.com", shot(1, 1)).await;
            rejected.rejection(400);
            assert_eq!(rejected.bytes, nobody.bytes);
        }
        let changed = bank.call(Method::PUT, &bank.token, &path, json!({ "status": "active" }));
        assert_eq!(changed.await.status, 200);
        assert_eq!(log_in(&bank, "jo@example.com", shot(1, 1)).await.status, 200);
    }

    async fn what_was_counted_goes_with_its_client(world) {
        let (bank, _) = open_with_jo(world, |_| {}).await;
        log_in(&bank, "jo@example.com", take(face(2), 0)).await.rejection(400);
        bank.app.delete_client("acme").await.expect("a client");
        assert_no_rows(&bank, "DELETE FROM login_attempts").await;
        assert_no_rows(&bank, "DELETE FROM accepted_images").await;
    }
}
