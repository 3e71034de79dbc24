//! Face logins that find the person among many, as Verifik's login pages ask for them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bank::{Bank, VALIDATIONS, not_live, text};
use crate::given_faces::{face, take};
use crate::world::World;

const LOGINS: &str = "/v2/app-logins";

/// A bank whose login flow searches, open to strangers.
async fn open_bank(world: &World, settings: Value) -> Bank {
    let bank = Bank::open(world).await;
    let path = format!("/v3/project-flows/{}", bank.login_flow);
    let changed = bank.call(Method::PUT, &bank.token, &path, json!({ "loginSettings": settings }));
    assert_eq!(changed.await.status, 200);
    let path = format!("/v3/projects/{}", bank.project);
    let open = json!({ "allowAnonymous": true });
    assert_eq!(bank.call(Method::PUT, &bank.token, &path, open).await.status, 200);
    bank
}

/// Somebody with this face, whose registration is completed; who they are.
async fn enrolled(bank: &Bank, email: &str, of: u8) -> String {
    let (registration, own) = bank.register(email).await;
    let selfie = json!({ "image": take(face(of), 0), "os": "DESKTOP" });
    assert_eq!(bank.enrol(&own, selfie).await.status, 200);
    assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
    let path = format!("/v2/app-registrations/{registration}");
    text(&bank.get(&bank.token, &path).await.json()["data"]["person"])
}

/// As a login page does it: a word for the device, and no token.
async fn log_in(bank: &Bank, identifier: &str, image: String) -> Answer {
    let body = json!({
        "identifier": identifier, "type": "login", "project": bank.project,
        "projectFlow": bank.login_flow,
    });
    let opened = bank.post("", VALIDATIONS, body).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let body = json!({ "image": image, "os": "DESKTOP", "location": { "country": "CO" } });
    let token = text(&opened.json()["data"]["token"]);
    bank.post(&token, &format!("{VALIDATIONS}/validate"), body).await
}

on_both_databases! {
    async fn a_person_is_found_among_all_whatever_the_device_is_called(world) {
        let bank = open_bank(world, json!({ "searchMode": "FAST", "searchMinScore": 0.85 })).await;
        let jo = enrolled(&bank, "jo@example.com", 1).await;
        let ana = enrolled(&bank, "ana@example.com", 2).await;
        for (number, (of, person)) in [(1, &jo), (2, &ana), (1, &jo)].into_iter().enumerate() {
            let shot = u32::try_from(number).expect("few") + 1;
            // The name of somebody else is a word as any other.
            let passed = log_in(&bank, "ana@example.com", take(face(of), shot)).await;
            assert_eq!(passed.status, 200, "{}", passed.text());
            assert!(!passed.text().contains(person.as_str()), "a device is not told who it is");
            let newest = bank.get(&bank.token, &format!("{LOGINS}?limit=1")).await.json();
            assert_eq!(newest["data"][0]["person"], person.as_str());
            assert_eq!(newest["data"][0]["status"], "completed");
            let token = text(&passed.json()["data"]["token"]);
            let exchanged = bank.post(&token, "/v2/auth/project-login", json!({})).await;
            assert_eq!(exchanged.status, 200, "{}", exchanged.text());
            let email = &exchanged.json()["data"]["appRegistration"]["email"];
            assert_eq!(email, if of == 1 { "jo@example.com" } else { "ana@example.com" });
            world.turn_clock(1000);
        }
        let stranger = log_in(&bank, "device", take(face(9), 7)).await;
        assert_eq!(stranger.rejection(400), "IDENTITY_VERIFICATION_FAILED");
        assert_eq!(stranger.json()["message"], "person_not_found");
        let printed = log_in(&bank, "device", not_live(1)).await;
        assert_eq!(printed.rejection(400), "LIVENESS_DETECTION_FAILED");
        // What was accepted once is not accepted again.
        let replayed = log_in(&bank, "device", take(face(1), 1)).await;
        assert_eq!(replayed.rejection(409), "image_replayed");
    }

    async fn nobody_on_the_way_and_nobody_with_a_double_is_found(world) {
        let bank = open_bank(world, json!({ "searchMode": "ACCURATE" })).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let selfie = json!({ "image": take(face(1), 0), "os": "DESKTOP" });
        assert_eq!(bank.enrol(&own, selfie).await.status, 200);
        assert_eq!(log_in(&bank, "device", take(face(1), 1)).await.status, 400);
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
        assert_eq!(log_in(&bank, "device", take(face(1), 2)).await.status, 200);
        // The client enrols the same face under another name.
        let (twin, _) = bank.register("twin@example.com").await;
        let force = json!({
            "image": take(face(1), 3), "os": "DESKTOP", "force": true, "appRegistration": twin,
        });
        let forced = bank.enrol(&bank.token, force).await;
        assert_eq!(forced.status, 200, "{}", forced.text());
        assert_eq!(log_in(&bank, "device", take(face(1), 4)).await.status, 400);
    }

    async fn a_flow_that_does_not_search_compares_with_the_identifier(world) {
        let bank = open_bank(world, json!({ "faceLiveness": true })).await;
        enrolled(&bank, "jo@example.com", 1).await;
        assert_eq!(log_in(&bank, "device", take(face(1), 1)).await.status, 400);
        assert_eq!(log_in(&bank, "jo@example.com", take(face(1), 2)).await.status, 200);
    }

    async fn a_flow_that_searches_needs_a_collection(world) {
        let bank = open_bank(world, json!({ "searchMode": "FAST" })).await;
        enrolled(&bank, "jo@example.com", 1).await;
        let path = format!("/v2/face-recognition/collections/{}", bank.collection);
        assert_eq!(bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.status, 200);
        let answer = log_in(&bank, "device", take(face(1), 1)).await;
        assert_eq!(answer.rejection(409), "collection_not_set");
    }

    async fn tries_from_one_address_are_limited_under_whatever_names(world) {
        let bank = open_bank(world, json!({ "searchMode": "FAST" })).await;
        enrolled(&bank, "jo@example.com", 1).await;
        let mut locked = None;
        for number in 0..60_u32 {
            let answer = log_in(&bank, &format!("device {number}"), take(face(9), number)).await;
            if answer.status == 429 {
                locked = Some((number, answer));
                break;
            }
            assert_eq!(answer.status, 400, "{}", answer.text());
        }
        let (tries, answer) = locked.expect("a lock");
        assert_eq!((tries, answer.rejection(429).as_str()), (50, "login_locked"));
        // Its client lifts it by the address.
        let lift = json!({ "ipAddress": "127.0.0.1" });
        let path = format!("{VALIDATIONS}/unlock");
        let lifted = bank.post(&bank.token, &path, lift).await;
        assert_eq!(lifted.status, 200, "{}", lifted.text());
    }
}
