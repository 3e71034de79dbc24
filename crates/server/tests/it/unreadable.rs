//! A face that cannot be opened could be anybody's: searches fail closed, nobody has failed by it, and an
//! operator mends it.

use std::fs;
use std::path::PathBuf;

use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::resources::PERSONS;
use verax_store::Batch;

use crate::bank::{Bank, VALIDATIONS, shot};
use crate::given_faces::{face, image};
use crate::world::{World, get};

const PERSONS_PATH: &str = "/v2/face-recognition/persons";

fn key_of(world: &World, subject: &str) -> PathBuf {
    world.folder.path().join("keys").join("acme").join(subject)
}

/// Enrols a face under this name; the id of the person.
async fn enrol(bank: &Bank, name: &str, of: u8, collections: &[&str]) -> String {
    let body = json!({ "name": name, "images": [image(&[face(of)])], "collections": collections });
    let made = bank.post(&bank.token, PERSONS_PATH, body).await;
    assert!(made.status < 300, "{}", made.text());
    made.json()["data"]["_id"].as_str().expect("an id").to_owned()
}

async fn search(bank: &Bank, of: u8, collection: Option<&str>) -> crate::answer::Answer {
    let mut body =
        json!({ "images": [image(&[face(of)])], "min_score": 0.85, "search_mode": "FAST" });
    if let Some(collection) = collection {
        body["collection_id"] = collection.into();
    }
    bank.post(&bank.token, "/v2/face-recognition/search", body).await
}

async fn found(bank: &Bank, of: u8) -> usize {
    let answer = search(bank, of, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].as_array().expect("a list").len()
}

on_both_databases! {
    async fn nobody_is_enrolled_twice_because_a_key_is_missing(world) {
        let bank = Bank::open(world).await;
        let (_, own) = bank.register("jo@example.com").await;
        let first = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let persons = async || bank.get(&bank.token, PERSONS_PATH).await.total();
        assert_eq!(persons().await, 1);
        let list = bank.get(&bank.token, PERSONS_PATH).await.json();
        let person = list["data"][0]["_id"].as_str().expect("an id").to_owned();

        // A database that was restored without the folder of keys: another node knows nothing yet.
        let key = key_of(world, &person);
        let kept = fs::read(&key).expect("a key");
        for damage in [None, Some(kept[1..].to_vec()), Some(Vec::new())] {
            match &damage {
                None => fs::remove_file(&key).expect("a key"),
                Some(bytes) => fs::write(&key, bytes).expect("a key"),
            }
            let restored = crate::given_faces::with_given_faces(world.node(|_| {}).await, "given");
            let router = verax_server::http::router(verax_server::http::State::new(restored));
            let bank = Bank { router, ..bank.clone() };
            let (again, own) = bank.register(&format!("again{}@example.com", damage.map_or(9, |it| it.len()))).await;
            for take in [1, 2] {
                // As often as anybody likes: it counts for nothing.
                let rejected = bank.enrol(&own, json!({ "image": shot(1, take), "os": "IOS" })).await;
                assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE", "{}", rejected.text());
                assert_eq!(rejected.header("retry-after"), "60");
            }
            let registration = bank.get(&bank.token, &format!("{}/{again}", crate::bank::REGISTRATIONS)).await;
            assert_eq!(registration.json()["data"]["person"], Value::Null);
            let session = bank.open_validation("onboarding", "another@example.com").await;
            let token = session["token"].as_str().expect("a token");
            let rejected = bank.validate(token, shot(1, 3)).await;
            assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE");
            let id = session["biometricValidation"]["_id"].as_str().expect("an id");
            assert_eq!(bank.validation(id).await["status"], "new", "the session is not used up");
            for path in ["search-live-face", "search-active-user"] {
                let body = json!({
                    "image": image(&[face(1)]), "os": "DESKTOP", "min_score": 0.85,
                    "liveness_min_score": 0.6, "search_mode": "FAST",
                });
                let body = match path {
                    "search-active-user" => {
                        let mut body = body;
                        body.as_object_mut().expect("an object").remove("liveness_min_score");
                        body
                    }
                    _ => body,
                };
                let rejected = bank.post(&bank.token, &format!("/v2/face-recognition/{path}"), body).await;
                assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE", "{path}");
            }
            let body = json!({ "image": image(&[face(1)]), "min_score": 0.85, "search_mode": "FAST" });
            let rejected = bank.post(&bank.token, "/v2/face-recognition/detect", body).await;
            assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE");
            let body = json!({ "id": person, "images": [image(&[face(1)])], "min_score": 0.85, "search_mode": "FAST" });
            let rejected = bank.post(&bank.token, "/v2/face-recognition/verify", body).await;
            assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE");
            assert_eq!(persons().await, 1, "the same face is there twice");
            let metrics = get(&bank.router, "", "/metrics").await;
            assert!(metrics.text().contains("verax_templates_unreadable 1\n"), "{}", metrics.text());

            // The key is put back: it is seen without a restart.
            fs::write(&key, &kept).expect("a key");
            world.turn_clock(2_000);
            let rejected = bank.validate(token, shot(1, 4)).await;
            assert_eq!(rejected.rejection(409), "duplicated_person");
            let metrics = get(&bank.router, "", "/metrics").await;
            assert!(metrics.text().contains("verax_templates_unreadable 0\n"), "{}", metrics.text());
        }
    }

    async fn a_login_whose_face_cannot_be_opened_has_not_failed(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let first = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!(first.status, 200, "{}", first.text());
        bank.finish(&registration, &own).await;
        let list = bank.get(&bank.token, PERSONS_PATH).await.json();
        let key = key_of(world, list["data"][0]["_id"].as_str().expect("an id"));
        let kept = fs::read(&key).expect("a key");
        fs::remove_file(&key).expect("a key");
        // More often than may fail.
        let session = bank.open_validation("login", "jo@example.com").await;
        let token = session["token"].as_str().expect("a token");
        for take in 1..12 {
            let rejected = bank.validate(token, shot(1, take)).await;
            assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE", "{}", rejected.text());
        }
        fs::write(&key, kept).expect("a key");
        let passed = bank.validate(token, shot(1, 12)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }

    async fn what_cannot_be_opened_closes_what_it_may_be_in_alone_and_hides_no_other(world) {
        let bank = Bank::open(world).await;
        let other = bank.post(&bank.token, "/v2/face-recognition/collections", json!({ "name": "Staff" }));
        let other = other.await.json()["data"]["_id"].as_str().expect("an id").to_owned();
        let lost = enrol(&bank, "Al", 1, &[&bank.collection]).await;
        let second = enrol(&bank, "Bo", 2, &[&bank.collection]).await;
        enrol(&bank, "Cy", 3, &[&other]).await;
        assert_eq!(found(&bank, 3).await, 1);
        for person in [&lost, &second] {
            fs::remove_file(key_of(world, person)).expect("a key");
        }
        let fresh = crate::given_faces::with_given_faces(world.node(|_| {}).await, "given");
        let router = verax_server::http::router(verax_server::http::State::new(fresh.clone()));
        let bank = Bank { router, ..bank.clone() };
        assert_eq!(search(&bank, 3, None).await.rejection(503), "VAULT_UNREADABLE");
        assert_eq!(search(&bank, 3, Some(&bank.collection)).await.rejection(503), "VAULT_UNREADABLE");
        let staff = search(&bank, 3, Some(&other)).await;
        assert_eq!(staff.json()["data"].as_array().map(Vec::len), Some(1), "{}", staff.text());
        assert_eq!(fresh.galleries.templates_unreadable(), 2);

        let inspected = fresh.find_unreadable(None, u64::MAX).await.expect("a look");
        let mut named: Vec<&str> = inspected.unreadable.iter().map(|it| it.record.as_str()).collect();
        named.sort_unstable();
        let mut expected = [lost.as_str(), second.as_str()];
        expected.sort_unstable();
        assert_eq!((inspected.templates, named), (3, expected.to_vec()));
        // Their client cannot delete them: who knows where their keys are.
        let path = format!("{PERSONS_PATH}/{lost}");
        let rejected = bank.call(Method::DELETE, &bank.token, &path, Value::Null).await;
        assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE");

        fresh.forget_unreadable(&inspected.unreadable).await.expect("given up");
        assert_eq!(fresh.find_unreadable(None, u64::MAX).await.expect("a look").unreadable.len(), 0);
        assert_eq!(found(&bank, 3).await, 1);
        assert_eq!(found(&bank, 1).await, 0);
        let gone = bank.call(Method::DELETE, &bank.token, &path, Value::Null).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
    }

    async fn a_deletion_that_a_crash_has_cut_off_closes_nothing_and_is_resumed(world) {
        let bank = Bank::open(world).await;
        let going = enrol(&bank, "Al", 1, &[]).await;
        enrol(&bank, "Bo", 2, &[]).await;
        let mut batch = Batch::default();
        batch.begin_deletion(&PERSONS, "acme", &going, world.app.clock.now());
        world.app.database.commit(batch).await.expect("begun");
        fs::remove_file(key_of(world, &going)).expect("a key");
        assert_eq!(found(&bank, 2).await, 1);
        assert_eq!(found(&bank, 1).await, 0);
        assert_eq!(bank.app.resume_deletions().await.expect("a look"), 0, "it may be running");
        world.turn_clock(61_000);
        assert_eq!(bank.app.resume_deletions().await.expect("a look"), 1);
        assert_eq!(bank.get(&bank.token, PERSONS_PATH).await.total(), 1);
        assert_eq!(world.node(|_| {}).await.resume_deletions().await.expect("a look"), 0);
    }

    async fn a_lost_image_can_be_deleted_when_an_operator_has_given_it_up(world) {
        let app = world.node(|config| config.validations.keep_images = true).await;
        let bank = Bank::with(world, crate::given_faces::with_given_faces(app, "given")).await;
        let session = bank.open_validation("onboarding", "jo@example.com").await;
        let passed = bank.validate(session["token"].as_str().expect("a token"), shot(1, 0)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let id = session["biometricValidation"]["_id"].as_str().expect("an id");
        fs::remove_file(key_of(world, &format!("{id}.face"))).expect("a key");
        let path = format!("{VALIDATIONS}/{id}");
        let rejected = bank.call(Method::DELETE, &bank.token, &path, Value::Null).await;
        assert_eq!(rejected.rejection(503), "VAULT_UNREADABLE");
        let inspected = bank.app.find_unreadable(Some("acme"), u64::MAX).await.expect("a look");
        assert_eq!(inspected.unreadable.len(), 1, "{inspected:?}");
        assert_eq!((inspected.unreadable[0].resource, inspected.unreadable[0].record.as_str()), ("biometric-validations", id));
        bank.app.forget_unreadable(&inspected.unreadable).await.expect("given up");
        let gone = bank.call(Method::DELETE, &bank.token, &path, Value::Null).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
    }
}
