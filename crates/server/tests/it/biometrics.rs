//! Biometric validations: a whole life, and everything that may not happen in one. What the models
//! would say of a face is given.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::Timestamp;
use verax_domain::records::biometric_validation::{BiometricValidation, CheckResult};
use verax_domain::records::person::PersonDetails;
use verax_query::Tenant;
use verax_server::app::journal::Origin;
use verax_server::app::persons::NewPerson;
use verax_server::app::upkeep::sweeping::Orphans;
use verax_server::http::{self, State};
use verax_server::jobs::{expiry, face_checks};
use verax_store::{Batch, StoreError};

use crate::bank::{Bank, REGISTRATIONS, VALIDATIONS, not_live, shot, text};
use crate::given_faces::{Face, face, filling, image, take, with_given_faces};
use crate::world::{World, request};

/// A validation as it is stored.
async fn stored(bank: &Bank, id: &str) -> BiometricValidation {
    let tenant = Tenant::Client("acme".to_owned());
    bank.app.database.find(&tenant, id).await.expect("a look").expect("it is there")
}

on_both_databases! {
    async fn a_person_registers_is_enrolled_logs_in_and_is_forgotten(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;

        let selfie = json!({ "image": format!("data:image/png;base64,{}", shot(1, 0)), "os": "IOS" });
        let enrolled = bank.enrol(&own, selfie).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.text());
        let record = enrolled.json()["data"].clone();
        let validation = text(&record["biometricValidation"]["_id"]);
        assert_eq!((&record["_id"], &record["person"]), (&json!(registration), &Value::Null));
        let path = format!("{REGISTRATIONS}/{registration}");
        let record = bank.get(&bank.token, &path).await.json()["data"].clone();
        let person = text(&record["person"]);
        assert_ne!(person, validation);
        let person = bank.get(&bank.token, &format!("/v2/face-recognition/persons/{person}")).await;
        assert_eq!(person.json()["data"]["name"], "Jo Doe");
        let own_validation = bank.get(&own, &format!("{VALIDATIONS}/{validation}")).await.json();
        assert_eq!(own_validation["data"]["status"], "completed");
        assert_eq!(own_validation["data"]["verificationResults"]["identityMatch"], "not_checked");
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");

        let opened = bank.open_validation("login", "jo@example.com").await;
        let (session, validation, token) = (
            text(&opened["livenessSession"]["_id"]),
            text(&opened["biometricValidation"]["_id"]),
            text(&opened["token"]),
        );
        let (at, until) = ("2026-01-02T03:04:05Z", "2026-01-02T03:14:05Z");
        assert_eq!(opened, json!({
            "livenessSession": {
                "_id": session, "client": "acme", "project": bank.project,
                "projectFlow": bank.flow, "identifier": "jo@example.com", "status": "active",
                "expiresAt": until, "createdAt": at, "updatedAt": at,
            },
            "biometricValidation": {
                "_id": validation, "client": "acme", "project": bank.project,
                "projectFlow": bank.flow, "livenessSession": session, "status": "new",
                "identifier": "jo@example.com", "type": "login", "expiresAt": until,
                "requires2FA": false, "language": "en", "assignedCollection": bank.collection,
                "collectionCode": opened["biometricValidation"]["collectionCode"],
                "createdAt": at, "updatedAt": at,
            },
            "token": token,
        }));
        assert!(opened["biometricValidation"]["collectionCode"].is_string());

        world.turn_clock(1000);
        let passed = bank.validate(&token, shot(1, 2)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let data = passed.json()["data"].clone();
        let login_token = text(&data["token"]);
        assert_eq!(data, json!({
            "_id": validation, "status": "completed", "type": "login",
            "verificationResults": {
                "livenessDetection": "passed", "identityMatch": "passed",
                "antiSpoofing": "passed",
            },
            "biometricData": { "quality": "good" }, "completedAt": "2026-01-02T03:04:06Z",
            "token": login_token,
        }));
        // The session is used up; its token shows what became of it and nothing else.
        assert_eq!(bank.validate(&token, shot(1, 3)).await.json()["message"], "session_used");
        let seen = bank.get(&token, &format!("{VALIDATIONS}/{validation}")).await.json();
        assert_eq!(seen["data"]["status"], "completed");
        let session = bank.get(&token, &format!("/v2/liveness-sessions/{session}")).await.json();
        assert_eq!(session["data"]["status"], "completed");

        let logins = bank.get(&bank.token, "/v2/app-logins?where-exists_biometricValidation=1");
        let logins = logins.await.json()["data"].clone();
        let login = text(&logins[0]["_id"]);
        assert_eq!(logins, json!([{
            "_id": login, "client": "acme", "name": "jo@example.com", "status": "completed",
            "project": bank.project, "projectFlow": bank.flow, "type": "faceLiveness",
            "biometricValidation": validation, "person": record["person"],
            "createdAt": "2026-01-02T03:04:06Z", "updatedAt": "2026-01-02T03:04:06Z",
        }]));
        assert_eq!(bank.get(&login_token, &format!("/v2/app-logins/{login}")).await.status, 200);

        // A second factor for that login.
        let path = format!("{VALIDATIONS}/app-login");
        let wrong = bank.post(&own, &path, json!({ "project": bank.project })).await;
        assert_eq!(wrong.rejection(403), "token_not_right");
        let again = bank.post(&login_token, &path, json!({ "project": bank.project })).await;
        let again = again.json()["data"].clone();
        assert_eq!(again["biometricValidation"]["identifier"], "jo@example.com");
        let pending = bank.get(&bank.token, &format!("/v2/app-logins/{login}")).await.json();
        assert_eq!(pending["data"]["status"], "pending");
        assert_eq!(bank.validate(&text(&again["token"]), shot(1, 4)).await.status, 200);
        let both = bank.get(&bank.token, "/v2/app-logins").await;
        assert_eq!(both.json()["data"][0]["status"], "completed");
        assert_eq!(both.total(), 1, "the second factor is of the same login");

        for path in [
            format!("{VALIDATIONS}/{validation}"),
            format!("/v2/app-logins/{login}"),
            format!("{REGISTRATIONS}/{registration}"),
            format!("/v3/project-flows/{}", bank.flow),
            format!("/v3/projects/{}", bank.project),
        ] {
            let gone = bank.call(Method::DELETE, &bank.token, &path, Value::Null).await;
            assert_eq!(gone.status, 200, "{path}: {}", gone.text());
            bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.rejection(404);
        }
        for dead in [&token, &own, &login_token] {
            bank.get(dead, &format!("{REGISTRATIONS}/me")).await.rejection(401);
        }
    }

    async fn what_is_not_live_fails_and_says_to_the_client_which_limit_it_missed(world) {
        let bank = Bank::open(world).await;
        let opened = bank.open_validation("validation", "jo").await;
        let token = text(&opened["token"]);
        let rejected = bank.validate(&token, not_live(1)).await;
        assert_eq!(rejected.rejection(400), "LIVENESS_DETECTION_FAILED");
        assert_eq!(rejected.json()["message"], "liveness_failed");
        assert_eq!(rejected.json()["details"], json!([{
            "parameter": "image",
            "message": "show the face itself to the camera, not a print or a screen",
            "reason": "liveness_failed",
        }]));
        let record = bank.validation(&text(&opened["biometricValidation"]["_id"])).await;
        assert_eq!(record["status"], "failed");
        assert_eq!(record["verificationResults"]["antiSpoofing"], "failed");
        assert_eq!(record["verificationResults"]["livenessDetection"], "failed");
        assert_eq!(record["verificationResults"]["identityMatch"], "not_checked");
        assert_eq!(record["reasons"][0]["measurement"], "livenessScore");
        assert_eq!(record["reasons"][0]["limit"], 0.6);
        assert!(record["reasons"][0]["value"].as_f64().expect("a score") < 0.6);
        assert_eq!(record["completedAt"], Value::Null);
        let again = bank.validate(&token, shot(1, 0)).await;
        assert_eq!(again.rejection(409), "Conflict");
        assert_eq!(again.json()["message"], "session_used");
    }

    async fn a_flows_own_limits_decide(world) {
        let bank = Bank::open(world).await;
        let path = format!("/v2/project-flows/{}", bank.flow);
        let strict = json!({ "liveness": { "minScore": 0.9 } });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, strict).await.status, 200);
        let opened = bank.open_validation("validation", "jo").await;
        let barely = image(&[Face { of: 1, shot: 0, live: 200 }]);
        let rejected = bank.validate(&text(&opened["token"]), barely).await;
        assert_eq!(rejected.rejection(400), "LIVENESS_DETECTION_FAILED");
        let record = bank.validation(&text(&opened["biometricValidation"]["_id"])).await;
        assert_eq!(record["reasons"][0]["limit"], 0.9);
    }

    async fn a_login_is_rejected_to_another_face_and_where_nobody_is_enrolled(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let enrolled = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.text());
        bank.finish(&registration, &own).await;
        let opened = bank.open_validation("login", "JO@example.com").await;
        let other = bank.validate(&text(&opened["token"]), shot(2, 0)).await;
        assert_eq!(other.rejection(400), "IDENTITY_VERIFICATION_FAILED");
        assert_eq!(other.json()["message"], "person_not_found");
        let record = bank.validation(&text(&opened["biometricValidation"]["_id"])).await;
        assert_eq!(record["status"], "failed");
        assert_eq!(record["verificationResults"]["livenessDetection"], "passed");
        assert_eq!(record["verificationResults"]["identityMatch"], "failed");
        let opened = bank.open_validation("login", "al@example.com").await;
        let nobody = bank.validate(&text(&opened["token"]), shot(2, 0)).await;
        assert_eq!((nobody.status, nobody.bytes), (other.status, other.bytes));
        let record = bank.validation(&text(&opened["biometricValidation"]["_id"])).await;
        assert_eq!(record["verificationResults"]["identityMatch"], "not_checked");
        assert_eq!(bank.get(&bank.token, "/v2/app-logins").await.total(), 0);
    }

    async fn whom_the_collection_knows_is_enrolled_again_only_by_force(world) {
        let bank = Bank::open(world).await;
        let (first, own) = bank.register("jo@example.com").await;
        let first_selfie = json!({ "image": shot(1, 1), "os": "IOS" });
        assert_eq!(bank.enrol(&own, first_selfie).await.status, 200);
        let selfie = |force: bool| json!({ "image": shot(1, 0), "os": "IOS", "force": force });
        let set = bank.enrol(&own, selfie(false)).await;
        assert_eq!(set.rejection(409), "person_already_set");
        let (second, other) = bank.register("al@example.com").await;
        let known = bank.enrol(&other, selfie(false)).await;
        assert_eq!(known.rejection(409), "duplicated_person");
        assert_eq!(known.json()["message"], "duplicated_person");
        let path = format!("{REGISTRATIONS}/{second}");
        let record = bank.get(&bank.token, &path).await.json()["data"].clone();
        assert_eq!(record["person"], Value::Null);
        let failed = record["failedBiometricValidations"].as_array().expect("a list");
        let failed = bank.validation(&text(&failed[0])).await;
        assert_eq!((&failed["status"], &failed["appRegistration"]), (&json!("failed"), &json!(second)));
        let forged = bank.enrol(&other, json!({ "image": not_live(3), "os": "IOS" })).await;
        assert_eq!(forged.rejection(409), "liveness_failed");
        assert_eq!(forged.json()["message"], "liveness_failed");
        // A device says it with every image: it counts from the client alone.
        assert_eq!(bank.enrol(&other, selfie(true)).await.rejection(409), "duplicated_person");
        assert_eq!(bank.enrol(&own, selfie(true)).await.rejection(409), "person_already_set");
        let mut by_client = selfie(true);
        by_client["appRegistration"] = second.as_str().into();
        let forced = bank.enrol(&bank.token, by_client).await;
        assert_eq!(forced.status, 200, "{}", forced.text());
        assert_eq!(bank.get(&bank.token, "/v2/face-recognition/persons").await.total(), 2);
        let record = bank.get(&own, &format!("{REGISTRATIONS}/me")).await.json()["data"].clone();
        let path = format!("{VALIDATIONS}/{}", text(&record["biometricValidation"]));
        assert_eq!(bank.call(Method::DELETE, &other, &path, Value::Null).await.rejection(403), "Forbidden");
        assert_eq!(bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.status, 200);
        let record = bank.get(&bank.token, &format!("{REGISTRATIONS}/{first}")).await.json();
        assert_eq!(record["data"]["biometricValidation"], Value::Null);
    }

    async fn an_image_without_a_face_leaves_the_session_open(world) {
        let bank = Bank::open(world).await;
        let opened = bank.open_validation("validation", "jo").await;
        let (id, token) = (text(&opened["biometricValidation"]["_id"]), text(&opened["token"]));
        assert_eq!(bank.validate(&token, image(&[])).await.rejection(422), "NO_FACE");
        assert_eq!(bank.validation(&id).await["status"], "new");
        for (image, status, code) in [
            (json!("https://example.com/me.jpg"), 400, "INVALID_IMAGE_FORMAT"),
            (json!("x"), 400, "INVALID_IMAGE_FORMAT"),
            (json!("A".repeat(400)), 400, "INVALID_IMAGE_FORMAT"),
            (json!(7), 409, "MissingParameter"),
            (Value::Null, 409, "MissingParameter"),
        ] {
            let path = format!("{VALIDATIONS}/validate");
            let answer = bank.post(&token, &path, json!({ "image": image })).await;
            assert_eq!(answer.rejection(status), code, "{}", answer.text());
        }
        let path = format!("{VALIDATIONS}/{id}/validate");
        let body = json!({ "image": shot(1, 0), "os": "DESKTOP" });
        assert_eq!(bank.post(&token, &path, body).await.status, 200);
        assert_eq!(bank.validation(&id).await["status"], "completed");
    }

    async fn a_face_that_fills_the_image_is_no_attack_and_leaves_the_session_open(world) {
        let bank = Bank::open(world).await;
        let opened = bank.open_validation("validation", "jo").await;
        let (id, token) = (text(&opened["biometricValidation"]["_id"]), text(&opened["token"]));
        let near = bank.validate(&token, image(&[filling(1)])).await;
        assert_eq!(near.rejection(422), "FACE_TOO_CLOSE");
        assert_eq!(near.json()["details"], json!([{
            "parameter": "image",
            "message": "the face is too close: hold the camera further away",
            "reason": "face_too_close",
        }]));
        let open = bank.validation(&id).await;
        assert_eq!(open["status"], "new");
        assert_eq!(open.get("livenessScore").cloned().unwrap_or_default(), Value::Null);
        assert_eq!(bank.validate(&token, shot(1, 0)).await.status, 200);
        assert_eq!(bank.validation(&id).await["status"], "completed");
    }

    async fn the_token_of_a_passed_login_is_exchanged_once(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let selfie = json!({ "image": shot(1, 0), "os": "IOS" });
        assert_eq!(bank.enrol(&own, selfie).await.status, 200);
        bank.finish(&registration, &own).await;
        let opened = bank.open_validation("login", "jo@example.com").await;
        let (session, path) = (text(&opened["token"]), "/v2/auth/project-login");
        let early = bank.post(&session, path, json!({})).await;
        assert_eq!(early.rejection(409), "Conflict");
        assert_eq!(early.json()["message"], "not_validated");
        let passed = bank.validate(&session, shot(1, 2)).await.json();
        let login = text(&passed["data"]["token"]);
        assert_eq!(bank.post(&own, path, json!({})).await.rejection(403), "token_not_right");
        assert_eq!(bank.post(&bank.token, path, json!({})).await.rejection(403), "token_not_right");
        let wrong = bank.post(&login, path, json!({ "expiresIn": 13 })).await;
        assert_eq!(wrong.rejection(409), "MissingParameter");

        let exchanged = bank.post(&login, path, json!({ "expiresIn": 2 })).await;
        assert_eq!(exchanged.status, 200, "{}", exchanged.text());
        let lasting = text(&exchanged.json()["data"]["accessToken"]);
        assert_eq!(exchanged.json(), json!({ "success": true, "data": {
            "accessToken": lasting, "tokenType": "bearer",
            "appRegistration": {
                "_id": registration, "fullName": "Jo Doe", "email": "jo@example.com",
                "status": "COMPLETED",
            },
        } }));
        // The old one, which was in a redirect's address, opens nothing any more.
        bank.post(&login, path, json!({})).await.rejection(401);
        // A validation that was passed has such a token too.
        let opened = bank.open_validation("validation", "jo").await;
        let passed = bank.validate(&text(&opened["token"]), shot(1, 5)).await.json();
        let token = text(&passed["data"]["token"]);
        let exchanged = bank.post(&token, path, json!({})).await.json();
        let other = text(&exchanged["data"]["accessToken"]);
        let id = text(&opened["biometricValidation"]["_id"]);
        assert_eq!(bank.get(&other, &format!("{VALIDATIONS}/{id}")).await.status, 200);
        world.turn_clock(59 * crate::world::DAY);
        let logins = bank.get(&lasting, "/v2/app-logins").await;
        assert_eq!(logins.rejection(403), "FORBIDDEN", "it is no client's token");
        world.turn_clock(2 * crate::world::DAY);
        bank.get(&lasting, "/v2/app-logins").await.rejection(401);
    }

    async fn a_registrations_face_is_compared_with_its_document(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let path = "/v2/face-recognition/compare/app-registration";
        let faceless = bank.post(&own, path, json!({})).await;
        assert_eq!(faceless.rejection(409), "Conflict");
        assert_eq!(faceless.json()["message"], "face_not_set");
        let selfie = json!({ "image": shot(1, 0), "os": "IOS" });
        assert_eq!(bank.enrol(&own, selfie).await.status, 200);
        let bare = bank.post(&own, path, json!({})).await;
        assert_eq!(bare.rejection(409), "Conflict");
        assert_eq!(bare.json()["message"], "document_face_not_set");
        bank.post(&bank.token, path, json!({})).await.rejection(403);

        let document = |of: u8, kept: bool| json!({
            "image": shot(of, 1), "saveImage": kept,
            "validatePortraitSubstitution": false, "validateScreenReplay": false,
            "validatePrintedCopy": false,
        });
        let documents = "/v2/document-liveness";
        let made = bank.post(&own, documents, document(1, false)).await.json();
        assert_eq!(made["data"]["appRegistration"], registration.as_str());
        assert_eq!(bank.post(&own, path, json!({})).await.json()["message"], "document_face_not_set");
        assert_eq!(bank.post(&own, documents, document(1, true)).await.status, 200);
        let same = bank.post(&own, path, json!({})).await;
        assert_eq!(same.status, 200, "{}", same.text());
        assert_eq!(same.json()["data"]["passed"], true);
        assert_eq!(same.json()["data"]["compare_min_score"], 0.85);
        assert!(same.json()["signature"].is_object());
        // The newest document counts.
        world.turn_clock(1000);
        assert_eq!(bank.post(&own, documents, document(2, true)).await.status, 200);
        assert_eq!(bank.post(&own, path, json!({})).await.json()["data"]["passed"], false);
    }

    async fn a_face_is_kept_where_the_operator_asks_and_goes_with_its_record(world) {
        let mut keeping = with_given_faces(world.app.clone(), "given");
        let mut config = crate::world::settings();
        config.validations.keep_images = true;
        keeping.config = verax_server::app::settings::Settings::new(config);
        let mut bank = Bank::open(world).await;
        let opened = bank.open_validation("validation", "jo").await;
        let id = text(&opened["biometricValidation"]["_id"]);
        assert_eq!(bank.validate(&text(&opened["token"]), shot(1, 9)).await.status, 200);
        assert_eq!(bank.validation(&id).await.get("imageSaved"), None);
        bank.get(&bank.token, &format!("{VALIDATIONS}/{id}/image")).await.rejection(404);

        bank.router = http::router(State::new(keeping));
        let (_, own) = bank.register("jo@example.com").await;
        let enrolled = bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await.json();
        let id = text(&enrolled["data"]["biometricValidation"]["_id"]);
        assert_eq!(bank.validation(&id).await["imageSaved"], true);
        let path = format!("{VALIDATIONS}/{id}/image");
        let image = bank.get(&bank.token, &path).await;
        assert_eq!(image.header("content-type"), "image/png");
        assert_eq!(image.header("cache-control"), "private, no-store");
        assert_eq!(base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &image.bytes), shot(1, 0));
        let seeing = vec![verax_domain::Scope::ReadValidations];
        let blind = world.token_with("acme", Some(seeing), false).await;
        assert_eq!(bank.get(&blind, &path).await.rejection(403), "FORBIDDEN");
        bank.get(&own, &path).await.rejection(403);
        let other = world.token("globex").await;
        bank.get(&other, &path).await.rejection(404);
        // What it shows is nowhere in the clear, and nobody takes it for something left behind.
        let soon = Timestamp(world.app.clock.now().0 + i64::from(u32::MAX) * 1000);
        let swept = world.app.sweep_vault(soon, Orphans::Counted).await.expect("a look");
        assert_eq!(swept.orphans, 0);

        let own_path = format!("{VALIDATIONS}/{id}");
        let gone = bank.call(Method::DELETE, &bank.token, &own_path, Value::Null).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        bank.get(&bank.token, &path).await.rejection(404);
        let kept = bank.app.vault.fetch("acme", &format!("{id}.face"), "picture").await;
        assert!(matches!(kept, Ok(None)), "the image is destroyed");
        // The person was enrolled by it, and stays.
        assert_eq!(bank.get(&bank.token, "/v2/face-recognition/persons").await.total(), 1);

        let opened = bank.open_validation("validation", "jo").await;
        assert_eq!(bank.validate(&text(&opened["token"]), not_live(1)).await.status, 400);
        let id = text(&opened["biometricValidation"]["_id"]);
        assert_eq!(bank.validation(&id).await["imageSaved"], true, "a failed one is looked at too");
    }

    async fn a_flow_says_whether_faces_are_kept_and_else_the_server(world) {
        let mut bank = Bank::open(world).await;
        let mut keeping = with_given_faces(world.app.clone(), "given");
        let mut config = crate::world::settings();
        config.validations.keep_images = true;
        keeping.config = verax_server::app::settings::Settings::new(config);
        let flow = format!("/v2/project-flows/{}", bank.flow);
        let plain = bank.router.clone();
        let keeping = http::router(State::new(keeping));
        let cases = [
            (&plain, json!(true), json!(true)),
            (&plain, json!(false), Value::Null),
            (&keeping, json!(false), Value::Null),
            (&keeping, json!(true), json!(true)),
        ];
        for (number, (router, asked, saved)) in cases.into_iter().enumerate() {
            bank.router = router.clone();
            let limits = json!({ "liveness": { "saveImage": asked } });
            assert_eq!(bank.call(Method::PUT, &bank.token, &flow, limits).await.status, 200);
            let opened = bank.open_validation("validation", "jo").await;
            let shot = shot(1, 20 + u8::try_from(number).expect("few"));
            assert_eq!(bank.validate(&text(&opened["token"]), shot).await.status, 200);
            let id = text(&opened["biometricValidation"]["_id"]);
            assert_eq!(bank.validation(&id).await["imageSaved"], saved, "{number}");
            let image = bank.get(&bank.token, &format!("{VALIDATIONS}/{id}/image")).await;
            assert_eq!(image.status, if saved == true { 200 } else { 404 }, "{number}");
        }
    }

    async fn what_nobody_came_for_expires_and_stays_so(world) {
        let bank = Bank::open(world).await;
        let opened = bank.open_validation("validation", "jo").await;
        let token = text(&opened["token"]);
        let id = text(&opened["biometricValidation"]["_id"]);
        let fresh = stored(&bank, &id).await;
        world.turn_clock(599_999);
        assert_eq!(expiry::expire(&bank.app).await.expect("a look"), 0);
        assert_eq!(bank.validation(&id).await["status"], "new");
        world.turn_clock(1);
        bank.validate(&token, shot(1, 0)).await.rejection(401);
        assert_eq!(expiry::expire(&bank.app).await.expect("a look"), 2);
        assert_eq!(expiry::expire(&bank.app).await.expect("a look"), 0);
        assert_eq!(bank.validation(&id).await["status"], "expired");
        let sessions = bank.get(&bank.token, "/v2/liveness-sessions?where_status=expired").await;
        assert_eq!(sessions.total(), 1);
        let listed = bank.get(&bank.token, &format!("{VALIDATIONS}?where_status=expired")).await;
        assert_eq!(listed.ids(), [id.as_str()]);
        let mut batch = Batch::default();
        let now = bank.app.clock.now();
        let begun = fresh.begin(now).expect("it was new");
        batch.begin_validation(&begun, None, now, now, world.app.stamp(&Origin::system()));
        let late = bank.app.database.commit(batch).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        // What is asked for lives longer, within limits.
        let open = |until: &str| json!({
            "project": bank.project, "projectFlow": bank.flow, "identifier": "jo",
            "type": "oneTimeLink", "expiresAt": until,
        });
        for wrong in ["2026-01-02T03:00:00Z", "2026-03-02T03:00:00Z", "tomorrow"] {
            let answer = bank.post(&bank.token, VALIDATIONS, open(wrong)).await;
            assert_eq!(answer.rejection(409), "MissingParameter");
            assert_eq!(answer.json()["details"][0]["parameter"], "expiresAt");
        }
        let longer = bank.post(&bank.token, VALIDATIONS, open("2026-01-03T00:00:00Z")).await.json();
        world.turn_clock(3_600_000);
        let passed = bank.validate(&text(&longer["data"]["token"]), shot(1, 0)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }

    async fn of_two_images_at_once_one_is_measured(world) {
        let bank = Bank::open(world).await;
        for round in 0..5 {
            let opened = bank.open_validation("validation", "jo").await;
            let token = text(&opened["token"]);
            let calls = (0..4).map(|number| bank.validate(&token, take(face(1), round * 4 + number)));
            let mut statuses: Vec<u16> =
                futures_util::future::join_all(calls).await.iter().map(|it| it.status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409, 409, 409]);
        }
    }

    async fn what_a_crash_interrupted_fails_once_and_leaves_nobody_enrolled(world) {
        let bank = Bank::open(world).await;
        let opened = bank.open_validation("onboarding", "jo").await;
        let id = text(&opened["biometricValidation"]["_id"]);
        let now = bank.app.clock.now();
        let mut batch = Batch::default();
        let enrolled = bank.app.new_id();
        let begun = stored(&bank, &id).await.begin(now).expect("it is new");
        let (until, stamp) = (Timestamp(now.0 + 60_000), world.app.stamp(&Origin::system()));
        batch.begin_validation(&begun, Some(&enrolled), now, until, stamp);
        bank.app.database.commit(batch).await.expect("it is new");
        // The process ended after the person was enrolled, before the validation was.
        let images = vec![verax_server::app::faces::SentImage {
            parameter: "image".to_owned(), base64: shot(1, 0).into(),
        }];
        let wanted = verax_vision::faces::Wanted::No;
        let faces = bank.app.analyse_portraits(images, wanted).await.expect("a face");
        let details = PersonDetails {
            name: Some("Jo".to_owned()), collections: Some(vec![bank.collection.clone()]),
            ..PersonDetails::default()
        };
        let person = NewPerson { details, ..NewPerson::default() };
        let (enrolled, origin) = (("acme", enrolled), Origin::system());
        let enrolling = bank.app.enrol_person_as(enrolled, person, faces, None, &origin);
        enrolling.await.expect("a person");

        assert_eq!(face_checks::abandon(&bank.app).await.expect("a look"), 0);
        world.turn_clock(60_001);
        assert_eq!(face_checks::abandon(&bank.app).await.expect("a look"), 1);
        assert_eq!(face_checks::abandon(&bank.app).await.expect("a look"), 0);
        let record = bank.validation(&id).await;
        assert_eq!(record["status"], "failed");
        assert_eq!(record["reasons"][0]["advice"], "the server stopped before the face was measured");
        assert_eq!(bank.get(&bank.token, "/v2/face-recognition/persons").await.total(), 0);
        assert_eq!(bank.validate(&text(&opened["token"]), shot(1, 0)).await.rejection(409), "Conflict");
        // A worker that was only slow changes nothing any more.
        let (now, found) = (bank.app.clock.now(), CheckResult::default());
        for end in [begun.after.complete(found.clone(), now), begun.after.fail(found, now)] {
            let mut batch = Batch::default();
            let (end, stamp) = (end.expect("it was pending"), world.app.stamp(&Origin::system()));
            batch.end_validation(&end, now, stamp);
            let late = bank.app.database.commit(batch).await;
            assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        }
        let opened = bank.open_validation("onboarding", "jo").await;
        let passed = bank.validate(&text(&opened["token"]), shot(1, 0)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }

    async fn nobody_logs_in_without_a_token_where_the_project_does_not_allow_it(world) {
        let bank = Bank::open(world).await;
        let open = |kind: &str, project: &str| json!({
            "project": project, "projectFlow": bank.login_flow, "identifier": "jo@example.com",
            "type": kind,
        });
        let rejected = bank.post("", VALIDATIONS, open("login", &bank.project)).await;
        rejected.rejection(401);
        let unknown = bank.post("", VALIDATIONS, open("login", "nobody")).await;
        assert_eq!(unknown.bytes, rejected.bytes);
        let allow = json!({ "allowAnonymous": true });
        let path = format!("/v3/projects/{}", bank.project);
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, allow).await.status, 200);
        bank.post("", VALIDATIONS, open("validation", &bank.project)).await.rejection(401);
        let opened = bank.post("", VALIDATIONS, open("login", &bank.project)).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        assert_eq!(opened.json()["data"]["biometricValidation"]["client"], "acme");
        let token = text(&opened.json()["data"]["token"]);
        let nobody = bank.validate(&token, shot(1, 0)).await;
        assert_eq!(nobody.rejection(400), "IDENTITY_VERIFICATION_FAILED");
    }

    async fn what_is_given_is_kept_and_what_is_wrong_is_told_at_once(world) {
        let bank = Bank::open(world).await;
        let answer = bank.post(&bank.token, VALIDATIONS, json!({
            "project": bank.project, "projectFlow": bank.flow, "identifier": "jo",
            "type": "validation", "redirectUrl": "https://bank.example/in?x=1",
            "webhookUrl": "https://bank.example/hook", "requires2FA": "true", "ipAddress": "2001:db8::1",
            "language": "es", "email": "jo@example.com", "location": { "lat": 1 },
        })).await;
        let record = answer.json()["data"]["biometricValidation"].clone();
        assert_eq!(record["redirectUrl"], "https://bank.example/in?x=1");
        assert_eq!(record["webhookUrl"], "https://bank.example/hook");
        assert_eq!(record["requires2FA"], true);
        assert_eq!(record["ipAddress"], "2001:db8::1");
        assert_eq!(record["language"], "es");
        let wrong = bank.post(&bank.token, VALIDATIONS, json!({
            "identifier": "", "type": "signup", "redirectUrl": "ftp://x", "webhookUrl": "https://10.0.0.1/hook", "ipAddress": "1.2.3",
            "sendViaEmail": true, "email": "nobody", "language": "de",
        })).await;
        assert_eq!(wrong.rejection(409), "MissingParameter");
        let named: Vec<Value> = wrong.json()["details"].as_array().expect("details").iter()
            .map(|detail| detail["parameter"].clone()).collect();
        assert_eq!(named, [
            "project", "projectFlow", "identifier", "type", "email", "redirectUrl", "webhookUrl",
            "ipAddress", "language", "sendViaEmail",
        ]);
        let unknown = json!({
            "project": "nobody", "projectFlow": bank.flow, "identifier": "jo", "type": "login",
        });
        let unknown = bank.post(&bank.token, VALIDATIONS, unknown).await;
        assert_eq!(unknown.rejection(404), "Project_not_found_or_featured_disabled");
        let session = json!({ "project": bank.project, "projectFlow": bank.flow });
        let session = bank.post(&bank.token, "/v2/liveness-sessions", session).await.json();
        assert_eq!(session["data"]["livenessSession"]["status"], "active");
        let token = text(&session["data"]["token"]);
        assert_eq!(bank.validate(&token, shot(1, 0)).await.status, 200);
    }
}

#[tokio::test]
async fn without_models_nothing_is_begun() {
    let world = World::sqlite().await;
    let bank = Bank::open(&world).await;
    let opened = bank.open_validation("validation", "jo").await;
    let body = json!({ "image": shot(1, 0) }).to_string();
    let path = format!("{VALIDATIONS}/validate");
    let call = request(Method::POST, &text(&opened["token"]), &path).map(|_| Body::from(body));
    assert_eq!(world.send(call).await.rejection(503), "MODELS_MISSING");
    let id = text(&opened["biometricValidation"]["_id"]);
    assert_eq!(bank.validation(&id).await["status"], "new");
}
