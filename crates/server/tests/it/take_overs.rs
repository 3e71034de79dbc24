//! Somebody who knows another's address or number does not become them, and nobody deletes what says
//! who they are.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_domain::RecordTokenScope;

use crate::bank::{Bank, REGISTRATIONS, VALIDATIONS, id, text};
use crate::given_faces::{face, take};

const VICTIM: u8 = 1;
const ATTACKER: u8 = 2;
const EXCHANGE: &str = "/v2/auth/project-login";

/// An image that nobody has sent yet.
fn fresh(of: u8) -> String {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    take(face(of), TAKEN.fetch_add(1, Ordering::SeqCst))
}

fn selfie(of: u8, force: bool) -> Value {
    json!({ "image": fresh(of), "os": "DESKTOP", "force": force })
}

/// A new registration in the bank's flow: its id and its token.
async fn register(bank: &Bank, who: Value) -> (String, String) {
    let mut body = who;
    for (name, value) in [("project", &bank.project), ("projectFlow", &bank.flow)] {
        if body[name].is_null() {
            body[name] = value.as_str().into();
        }
    }
    let answer = bank.post(&bank.token, REGISTRATIONS, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let data = answer.json()["data"].clone();
    (text(&data["appRegistration"]["_id"]), text(&data["token"]))
}

/// The status of a login of this face under this name.
async fn log_in(bank: &Bank, identifier: &str, of: u8) -> u16 {
    let opened = bank.open_validation("login", identifier).await;
    bank.validate(&text(&opened["token"]), fresh(of)).await.status
}

/// The victim's face opens what is the victim's, the attacker's does not.
async fn safe(bank: &Bank, identifier: &str) {
    assert_eq!(log_in(bank, identifier, VICTIM).await, 200, "{identifier}");
    assert_ne!(log_in(bank, identifier, ATTACKER).await, 200, "{identifier}");
}

fn victim() -> Value {
    json!({ "email": "jo@example.com", "phone": "300 123 4567", "countryCode": "+57" })
}

async fn record(bank: &Bank, registration: &str) -> Value {
    let path = format!("{REGISTRATIONS}/{registration}");
    bank.get(&bank.token, &path).await.json()["data"].clone()
}

async fn delete(bank: &Bank, token: &str, validation: &str) -> crate::answer::Answer {
    bank.call(Method::DELETE, token, &format!("{VALIDATIONS}/{validation}"), Value::Null).await
}

on_both_databases! {
    async fn who_types_anothers_contact_does_not_become_them(world) {
        let bank = Bank::open(world).await;
        let other_flow = json!({ "project": bank.project, "type": "onboarding" });
        let other_flow = id(&bank.post(&bank.token, "/v2/project-flows", other_flow).await);
        // They begin before the victim is done, when nothing is rejected yet.
        let (jo, own) = register(&bank, victim()).await;
        let mut attacks = Vec::new();
        for who in [
            json!({ "email": "JO@example.com" }),
            json!({ "email": "jo@example.com", "projectFlow": other_flow }),
            json!({ "phone": "3001234567", "countryCode": "+57" }),
            json!({ "phone": "+57 3001234567", "countryCode": "57", "projectFlow": other_flow }),
        ] {
            attacks.push(register(&bank, who).await);
        }
        // Without its country's code it is a number of another country, and of nobody here.
        let alike = register(&bank, json!({ "phone": "3001234567", "countryCode": "+58" })).await;
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200);
        // Whoever is on the way is found by nobody.
        assert_eq!(log_in(&bank, "jo@example.com", VICTIM).await, 400);
        assert_eq!(bank.finish(&jo, &own).await, "COMPLETED");
        let before = record(&bank, &jo).await;

        for (number, (registration, token)) in attacks.iter().enumerate() {
            // Each has a face of its own, which nobody knows.
            let of = ATTACKER + u8::try_from(number).expect("few");
            let enrolled = bank.enrol(token, selfie(of, true)).await;
            assert_eq!(enrolled.status, 200, "{}", enrolled.text());
            assert!(!enrolled.text().contains(&jo), "nothing of the victim's");
            // Two say that they are one: that is for the client to decide.
            assert_eq!(bank.finish(registration, token).await, "NEEDS_MANUAL_VERIFICATION");
            for name in ["jo@example.com", "+573001234567", "+57 300 123 4567", jo.as_str()] {
                assert_eq!(log_in(&bank, name, VICTIM).await, 200, "{name}");
                assert_ne!(log_in(&bank, name, of).await, 200, "{name}");
            }
            let path = format!("{REGISTRATIONS}/{registration}/sync");
            let over = json!({ "step": "adminOverride", "status": "COMPLETED" });
            let over = bank.call(Method::PUT, &bank.token, &path, over).await;
            let code = over.rejection(409);
            assert!(code.ends_with("_is_registered_already"), "{code}");
        }
        let of = 9;
        assert_eq!(bank.enrol(&alike.1, selfie(of, false)).await.status, 200);
        assert_eq!(bank.finish(&alike.0, &alike.1).await, "COMPLETED");
        assert_eq!(log_in(&bank, "3001234567", of).await, 400);
        assert_eq!(log_in(&bank, "+583001234567", of).await, 200);
        assert_eq!(log_in(&bank, "+573001234567", of).await, 400);
        safe(&bank, "+573001234567").await;
        assert_eq!(record(&bank, &jo).await, before, "the victim's record is as it was");
        let late = json!({
            "project": bank.project, "projectFlow": other_flow, "email": "jo@example.com",
        });
        let late = bank.post(&bank.token, REGISTRATIONS, late).await;
        assert_eq!(late.rejection(409), "email_is_registered_already");
    }

    async fn a_device_replaces_no_face_and_a_client_does(world) {
        let bank = Bank::open(world).await;
        let (jo, own) = register(&bank, victim()).await;
        assert_eq!(bank.enrol(&own, selfie(VICTIM, true)).await.status, 200);
        let face = text(&record(&bank, &jo).await["person"]);
        // Before the end, and after it.
        let set = bank.enrol(&own, selfie(ATTACKER, true)).await;
        assert_eq!(set.rejection(409), "person_already_set");
        assert_eq!(bank.finish(&jo, &own).await, "COMPLETED");
        assert_eq!(bank.enrol(&own, selfie(ATTACKER, true)).await.rejection(409), "Conflict");
        safe(&bank, "jo@example.com").await;
        // Somebody known is not enrolled a second time by the word of a device.
        let (_, second) = register(&bank, json!({ "email": "al@example.com" })).await;
        assert_eq!(bank.enrol(&second, selfie(VICTIM, true)).await.rejection(409), "duplicated_person");

        let by = |registration: &str, force: bool| {
            let mut body = selfie(ATTACKER, force);
            body["appRegistration"] = registration.into();
            body
        };
        let reading = vec![verax_domain::Scope::ReadValidations];
        let reading = world.token_with("acme", Some(reading), false).await;
        assert_eq!(bank.enrol(&reading, by(&jo, true)).await.rejection(403), "FORBIDDEN");
        let stranger = world.token("globex").await;
        bank.enrol(&stranger, by(&jo, true)).await.rejection(404);
        let unnamed = bank.enrol(&bank.token, selfie(ATTACKER, true)).await;
        assert_eq!(unnamed.json()["details"][0]["parameter"], "appRegistration");
        assert_eq!(bank.enrol(&bank.token, by(&jo, false)).await.rejection(409), "Conflict");
        let replaced = bank.enrol(&bank.token, by(&jo, true)).await;
        assert_eq!(replaced.status, 200, "{}", replaced.text());
        assert_ne!(replaced.json()["data"]["person"], face.as_str());
        assert_eq!(log_in(&bank, "jo@example.com", ATTACKER).await, 200);
        assert_ne!(log_in(&bank, "jo@example.com", VICTIM).await, 200);
        // One identity has one face: the other is not found by it either.
        bank.get(&bank.token, &format!("/v2/face-recognition/persons/{face}")).await.rejection(404);
    }

    async fn a_flow_may_let_its_devices_enrol_by_force(world) {
        let bank = Bank::open(world).await;
        let path = format!("/v2/project-flows/{}", bank.flow);
        let allow = json!({ "liveness": { "allowForce": true } });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, allow).await.status, 200);
        let (jo, own) = register(&bank, victim()).await;
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200);
        let (al, second) = register(&bank, json!({ "email": "jo@example.com" })).await;
        assert_eq!(bank.enrol(&second, selfie(VICTIM, true)).await.status, 200);
        assert_eq!(bank.enrol(&second, selfie(ATTACKER, true)).await.status, 200);
        assert_eq!(bank.finish(&jo, &own).await, "COMPLETED");
        // It is still their own registration's face alone.
        assert_eq!(bank.finish(&al, &second).await, "NEEDS_MANUAL_VERIFICATION");
        safe(&bank, "jo@example.com").await;
        assert_eq!(bank.get(&bank.token, "/v2/face-recognition/persons").await.total(), 2);
    }

    async fn of_two_faces_at_once_a_registration_has_one(world) {
        let bank = Bank::open(world).await;
        let (jo, own) = register(&bank, victim()).await;
        let calls = (1..=4).map(|of| bank.enrol(&own, selfie(of, false)));
        let passed = join_all(calls).await.iter().filter(|it| it.status == 200).count();
        assert_eq!(passed, 1);
        let persons = bank.get(&bank.token, "/v2/face-recognition/persons").await;
        assert_eq!(persons.ids(), [text(&record(&bank, &jo).await["person"])]);
    }

    async fn who_they_are_is_not_theirs_to_delete(world) {
        let bank = Bank::open(world).await;
        let (jo, own) = register(&bank, victim()).await;
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200);
        let first = text(&record(&bank, &jo).await["biometricValidation"]);
        // Before the end the face check is begun again: the first stays for the client to see.
        assert_eq!(delete(&bank, &own, &first).await.status, 200);
        assert_eq!(delete(&bank, &own, &first).await.status, 200);
        let aside = record(&bank, &jo).await;
        assert_eq!(aside["biometricValidation"], Value::Null);
        assert_eq!(aside["person"], Value::Null);
        assert_eq!(aside["failedBiometricValidations"], json!([first]));
        assert_eq!(bank.validation(&first).await["status"], "completed");
        assert_eq!(bank.get(&bank.token, "/v2/face-recognition/persons").await.total(), 0);
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200, "as pages do it");
        let second = text(&record(&bank, &jo).await["biometricValidation"]);
        assert_eq!(delete(&bank, &own, &second).await.status, 200);
        assert_eq!(record(&bank, &jo).await["failedBiometricValidations"], json!([first, second]));
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200);
        let third = text(&record(&bank, &jo).await["biometricValidation"]);
        assert_eq!(bank.finish(&jo, &own).await, "COMPLETED");
        for validation in [&first, &second, &third] {
            let late = delete(&bank, &own, validation).await;
            assert_eq!(late.rejection(409), "Conflict");
            assert_eq!(late.json()["message"], "registration_is_over");
            assert_eq!(bank.validation(validation).await["status"], "completed");
        }
        assert_eq!(record(&bank, &jo).await["biometricValidation"], third.as_str());
        safe(&bank, "jo@example.com").await;
        assert_eq!(delete(&bank, &bank.token, &third).await.status, 200, "its client may");
    }

    async fn setting_a_check_aside_and_ending_with_it_do_not_both_happen(world) {
        let bank = Bank::open(world).await;
        for round in 1..=6 {
            let (jo, own) = register(&bank, json!({ "email": format!("jo{round}@example.com") })).await;
            assert_eq!(bank.enrol(&own, selfie(round, false)).await.status, 200);
            let check = text(&record(&bank, &jo).await["biometricValidation"]);
            let done = json!({ "step": "end", "status": "COMPLETED" });
            let path = format!("{REGISTRATIONS}/{jo}/sync");
            futures_util::future::join(
                delete(&bank, &own, &check),
                bank.call(Method::PUT, &own, &path, done),
            )
            .await;
            let record = record(&bank, &jo).await;
            let evident = !record["biometricValidation"].is_null();
            assert!(record["status"] != "COMPLETED" || evident, "{record}");
        }
    }

    async fn a_result_is_exchanged_once_whichever_token_is_sent(world) {
        let bank = Bank::open(world).await;
        let (jo, own) = register(&bank, victim()).await;
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200);
        assert_eq!(bank.finish(&jo, &own).await, "COMPLETED");
        let opened = bank.open_validation("login", "jo@example.com").await;
        let session = text(&opened["token"]);
        let passed = bank.validate(&session, fresh(VICTIM)).await.json();
        let login = bank.get(&bank.token, "/v2/app-logins").await.ids().remove(0);
        let mut tokens = vec![text(&passed["data"]["token"])];
        for _ in 0..3 {
            tokens.push(world.record_token("acme", RecordTokenScope::Login, &login).await);
        }
        // The session that led to a login is not exchanged beside it.
        assert_eq!(bank.post(&session, EXCHANGE, json!({})).await.rejection(403), "token_not_right");
        let calls = tokens.iter().chain(&tokens).map(|it| bank.post(it, EXCHANGE, json!({})));
        let answers = join_all(calls).await;
        let mut exchanged = answers.iter().filter(|it| it.status == 200);
        let lasting = text(&exchanged.next().expect("one").json()["data"]["accessToken"]);
        assert!(exchanged.next().is_none(), "once");
        for other in answers.iter().filter(|it| it.status != 200) {
            assert!([401, 409].contains(&other.status), "{}", other.text());
        }
        assert_eq!(bank.post(&lasting, EXCHANGE, json!({})).await.rejection(409), "Conflict");
        let late = world.record_token("acme", RecordTokenScope::Login, &login).await;
        let late = bank.post(&late, EXCHANGE, json!({ "expiresIn": 12 })).await;
        assert_eq!(late.json()["message"], "token_exchanged");
        assert_eq!(bank.get(&lasting, &format!("/v2/app-logins/{login}")).await.status, 200);

        let opened = bank.open_validation("validation", "jo").await;
        let session = text(&opened["livenessSession"]["_id"]);
        let passed = bank.validate(&text(&opened["token"]), fresh(VICTIM)).await.json();
        let calls = [text(&passed["data"]["token"]), text(&opened["token"])];
        let calls = calls.iter().cycle().take(8).map(|it| bank.post(it, EXCHANGE, json!({})));
        let exchanged = join_all(calls).await.iter().filter(|it| it.status == 200).count();
        assert_eq!(exchanged, 1);
        let late = world.record_token("acme", RecordTokenScope::Session, &session).await;
        assert_eq!(bank.post(&late, EXCHANGE, json!({})).await.rejection(409), "Conflict");
    }

    async fn a_stranger_says_not_where_a_result_goes(world) {
        let bank = Bank::open(world).await;
        let path = format!("/v3/projects/{}", bank.project);
        let allow = json!({ "allowAnonymous": true });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, allow).await.status, 200);
        let (jo, own) = register(&bank, victim()).await;
        assert_eq!(bank.enrol(&own, selfie(VICTIM, false)).await.status, 200);
        assert_eq!(bank.finish(&jo, &own).await, "COMPLETED");
        let open = json!({
            "project": bank.project, "projectFlow": bank.login_flow,
            "identifier": "jo@example.com", "type": "login",
            "redirectUrl": "https://evil.example/in", "webhookUrl": "https://evil.example/hook",
        });
        for (token, kept) in [("", false), (bank.token.as_str(), true)] {
            let opened = bank.post(token, VALIDATIONS, open.clone()).await.json()["data"].clone();
            let validation = text(&opened["biometricValidation"]["_id"]);
            let passed = bank.validate(&text(&opened["token"]), fresh(VICTIM)).await;
            assert_eq!(passed.status, 200, "{}", passed.text());
            assert_eq!(passed.text().contains("evil"), kept);
            assert_eq!(bank.validation(&validation).await.to_string().contains("evil"), kept);
        }
    }

    async fn a_second_factor_is_of_its_login_for_ever_and_of_nobody_else(world) {
        let bank = Bank::open(world).await;
        for (who, image) in [(victim(), selfie(VICTIM, false)), (json!({ "email": "mal@example.com" }), selfie(ATTACKER, false))] {
            let (registration, own) = register(&bank, who).await;
            assert_eq!(bank.enrol(&own, image).await.status, 200);
            assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
        }
        let opened = bank.open_validation("login", "mal@example.com").await;
        let passed = bank.validate(&text(&opened["token"]), fresh(ATTACKER)).await.json();
        let login = text(&passed["data"]["token"]);
        let path = format!("{VALIDATIONS}/app-login");
        let mut factors = Vec::new();
        for _ in 0..2 {
            // What a device says of whom, where and until when means nothing.
            let factor = bank.post(&login, &path, json!({
                "project": bank.project, "identifier": "jo@example.com",
                "projectFlow": "another", "redirectUrl": "https://evil.example/in",
                "expiresAt": "2026-01-20T00:00:00Z",
            })).await;
            assert_eq!(factor.status, 200, "{}", factor.text());
            let factor = factor.json()["data"].clone();
            let record = bank.validation(&text(&factor["biometricValidation"]["_id"])).await;
            assert_eq!(record["identifier"], "mal@example.com");
            assert_eq!(record["projectFlow"], bank.flow);
            assert_eq!(record["redirectUrl"], Value::Null);
            assert!(text(&record["expiresAt"]).starts_with("2026-01-02"), "{record}");
            factors.push(text(&factor["token"]));
        }
        // The first of the two is no login of its own, and neither takes another's face.
        assert_eq!(bank.validate(&factors[0], fresh(VICTIM)).await.status, 400);
        assert_eq!(bank.validate(&factors[1], fresh(ATTACKER)).await.status, 200);
        assert_eq!(bank.get(&bank.token, "/v2/app-logins").await.total(), 1);
        // With its login it is over.
        let factor = bank.post(&login, &path, json!({ "project": bank.project })).await.json();
        let logins = bank.get(&bank.token, "/v2/app-logins").await.ids();
        let gone = format!("/v2/app-logins/{}", logins[0]);
        assert_eq!(bank.call(Method::DELETE, &bank.token, &gone, Value::Null).await.status, 200);
        let late = bank.validate(&text(&factor["data"]["token"]), fresh(ATTACKER)).await;
        assert!(late.status == 409 || late.status == 401, "{}", late.text());
    }

    async fn a_stranger_takes_no_flow_but_one_for_logging_in_that_is_in_use(world) {
        let bank = Bank::open(world).await;
        let path = format!("/v3/projects/{}", bank.project);
        let allow = json!({ "allowAnonymous": true });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, allow).await.status, 200);
        let open = |flow: &str| {
            let body = json!({
                "project": bank.project, "projectFlow": flow, "identifier": "jo@example.com",
                "type": "login", "expiresAt": "2026-01-20T00:00:00Z",
            });
            bank.post("", VALIDATIONS, body)
        };
        let rejected = open(&bank.flow).await;
        rejected.rejection(401);
        let path = format!("/v3/project-flows/{}", bank.login_flow);
        for status in ["draft", "paused", "inactive", "pending"] {
            let change = json!({ "status": status });
            assert_eq!(bank.call(Method::PUT, &bank.token, &path, change).await.status, 200);
            assert_eq!(open(&bank.login_flow).await.bytes, rejected.bytes, "{status}");
        }
        let change = json!({ "status": "active" });
        assert_eq!(bank.call(Method::PUT, &bank.token, &path, change).await.status, 200);
        let opened = open(&bank.login_flow).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        let until = opened.json()["data"]["livenessSession"]["expiresAt"].clone();
        assert!(text(&until).starts_with("2026-01-02"), "{until}");
    }
}
