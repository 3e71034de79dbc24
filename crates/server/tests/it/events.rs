//! The journal: what has happened to records, as `GET /v2/events` shows it.

use std::io::Cursor;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::resources::{APP_REGISTRATIONS, PROJECTS};
use verax_domain::{RecordTokenScope, Scope};
use verax_server::app::import::Import;

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, VALIDATIONS, not_live, shot, text};
use crate::world::{World, request};

const EVENTS: &str = "/v2/events";

/// The events of one record in their order.
async fn events_of(world: &World, token: &str, record: &str) -> Vec<Value> {
    let path = format!("{EVENTS}?where_record={record}&sort=sequence&limit=100");
    let listed = world.get(token, &path).await;
    listed.ids();
    let events = listed.json()["data"].as_array().expect("a list").clone();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], json!(index + 1), "{event}");
    }
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

on_both_databases! {
    async fn a_registration_tells_of_each_step_of_its_life(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let path = format!("{REGISTRATIONS}/{registration}");
        for step in ["instructions", "signUpForm"] {
            let told = json!({ "step": step });
            let done = bank.call(Method::PUT, &own, &format!("{path}/sync"), told).await;
            assert_eq!(done.status, 200, "{}", done.text());
        }
        let face = bank.enrol(&own, json!({ "image": shot(1, 1), "os": "DESKTOP" })).await;
        assert_eq!(face.status, 200, "{}", face.text());
        assert_eq!(bank.finish(&registration, &own).await, "COMPLETED");
        let events = events_of(world, &bank.token, &registration).await;
        assert_eq!(
            types(&events),
            [
                "app_registration.created",
                "app_registration.sync_instructions",
                "app_registration.sync_sign_up_form",
                "app_registration.updated",
                "app_registration.completed",
            ]
        );
        let statuses: Vec<&Value> = events.iter().map(|event| &event["status"]).collect();
        assert_eq!(json!(statuses), json!(["STARTED", "ONGOING", "ONGOING", "ONGOING", "COMPLETED"]));
        for event in &events {
            assert_eq!(event["resource"], "app-registrations");
            assert_eq!(event["client"], "acme");
            assert_eq!(event["projectFlow"], json!(bank.flow));
            assert_eq!(event["appRegistration"], json!(registration));
            assert!(event.get("salt").is_none() && event.get("digest").is_none(), "{event}");
        }
        // The client has made it, its device has moved it on.
        let actors: Vec<String> = events.iter().map(|event| text(&event["actor"])).collect();
        assert!(actors.iter().all(|actor| actor.starts_with("token:")), "{actors:?}");
        assert_ne!(actors[0], actors[1]);
        assert_eq!(actors[1], actors[4]);

        let validation = text(&face.json()["data"]["biometricValidation"]["_id"]);
        let events = events_of(world, &bank.token, &validation).await;
        let told = [
            "biometric_validation.created",
            "biometric_validation.started",
            "biometric_validation.completed",
        ];
        assert_eq!(types(&events), told);
        assert_eq!(events[0]["status"], "new", "as it was, and not as it is");
        assert_eq!(events[2]["appRegistration"], json!(registration));
        let record = bank.get(&bank.token, &path).await.json()["data"].clone();
        let person = text(&record["person"]);
        assert_eq!(types(&events_of(world, &bank.token, &person).await), ["person.created"]);
    }

    async fn a_login_tells_of_its_second_factor(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let selfie = json!({ "image": shot(1, 0), "os": "IOS" });
        assert_eq!(bank.enrol(&own, selfie).await.status, 200);
        bank.finish(&registration, &own).await;
        let opened = bank.open_validation("login", "jo@example.com").await;
        let passed = bank.validate(&text(&opened["token"]), shot(1, 2)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let token = text(&passed.json()["data"]["token"]);
        let login = bank.get(&bank.token, "/v2/app-logins").await.ids().remove(0);
        assert_eq!(types(&events_of(world, &bank.token, &login).await), ["app_login.completed"]);
        let second = json!({ "project": bank.project });
        let opened = bank.post(&token, &format!("{VALIDATIONS}/app-login"), second).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        let session = text(&opened.json()["data"]["token"]);
        let rejected = bank.validate(&session, not_live(1)).await;
        assert!(rejected.status >= 400, "{}", rejected.text());
        let events = events_of(world, &bank.token, &login).await;
        let told = ["app_login.completed", "app_login.pending", "app_login.failed"];
        assert_eq!(types(&events), told);
        assert!(events.iter().all(|event| event["projectFlow"] == json!(bank.flow)));
        let failed = text(&opened.json()["data"]["biometricValidation"]["_id"]);
        let told = ["created", "started", "failed"].map(|it| format!("biometric_validation.{it}"));
        assert_eq!(types(&events_of(world, &bank.token, &failed).await), told);
    }

    async fn what_is_deleted_keeps_its_events_and_tells_of_its_end(world) {
        let token = world.token("acme").await;
        let call = async |method: Method, path: &str, body: Value| -> Answer {
            world.send(request(method, &token, path).map(|_| Body::from(body.to_string()))).await
        };
        let made = call(Method::POST, "/v2/projects", json!({ "name": "Bank" })).await;
        let project = text(&made.json()["data"]["_id"]);
        let flow = json!({ "project": project, "type": "login" });
        let flow = text(&call(Method::POST, "/v2/project-flows", flow).await.json()["data"]["_id"]);
        let path = format!("/v2/projects/{project}");
        assert_eq!(call(Method::PUT, &path, json!({ "status": "active" })).await.status, 200);
        assert_eq!(call(Method::DELETE, &path, Value::Null).await.status, 200);
        let events = events_of(world, &token, &project).await;
        assert_eq!(types(&events), ["project.created", "project.updated", "project.deleted"]);
        let statuses: Vec<&Value> = events.iter().map(|event| &event["status"]).collect();
        assert_eq!(json!(statuses), json!(["draft", "active", null]));
        // What goes with the project is the project's one event.
        assert_eq!(types(&events_of(world, &token, &flow).await), ["project_flow.created"]);
        let gone = call(Method::DELETE, &path, Value::Null).await;
        assert_eq!(gone.status, 404);
        assert_eq!(events_of(world, &token, &project).await.len(), 3, "nothing was done");
    }

    async fn a_request_is_found_by_its_id(world) {
        let token = world.token("acme").await;
        let body = json!({ "name": "Bank" }).to_string();
        let mut call = request(Method::POST, &token, "/v2/projects").map(|_| Body::from(body));
        call.headers_mut().insert("x-request-id", "order-17".parse().expect("a header"));
        assert_eq!(world.send(call).await.status, 201);
        let found = world.get(&token, &format!("{EVENTS}?where_request=order-17")).await;
        assert_eq!(found.ids().len(), 1);
        let event = format!("{EVENTS}/{}", found.ids()[0]);
        assert_eq!(world.get(&token, &event).await.json()["data"]["type"], "project.created");
    }

    async fn events_are_their_clients_and_ask_for_their_scope(world) {
        let bank = Bank::open(world).await;
        let (registration, own) = bank.register("jo@example.com").await;
        let event = events_of(world, &bank.token, &registration).await[0].clone();
        let path = format!("{EVENTS}/{}", text(&event["_id"]));
        let others = world.token("other").await;
        assert_eq!(world.get(&others, EVENTS).await.ids(), [""; 0]);
        assert_eq!(world.get(&others, &path).await.status, 404);
        let validations_alone = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
        let login = world.record_token("acme", RecordTokenScope::Login, "l").await;
        for token in [&validations_alone, &own, &login] {
            for path in [EVENTS, path.as_str()] {
                assert_eq!(world.get(token, path).await.status, 403, "{path}");
            }
        }
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = world.send(request(method.clone(), &bank.token, &path)).await;
            assert_eq!(answer.status, 405, "{method}: nobody writes events");
        }
    }

    async fn an_import_is_one_event_for_each_client(world) {
        let input = "{\"_id\":\"p1\",\"client\":\"a\",\"name\":\"One\"}\n\
                     {\"_id\":\"p2\",\"client\":\"b\",\"name\":\"Two\"}\n\
                     {\"_id\":\"p3\",\"client\":\"a\",\"name\":\"Three\"}\n";
        let import =
            Import { resource: &PROJECTS, client: None, skip_bad: false, progress: &|_| {} };
        world.app.import(&mut Cursor::new(input), &import).await.expect("an import");
        let token = world.token("a").await;
        let listed = world.get(&token, &format!("{EVENTS}?where_type=records.imported")).await;
        let [id] = &listed.ids()[..] else { panic!("{}", listed.text()) };
        let event = world.get(&token, &format!("{EVENTS}/{id}")).await.json()["data"].clone();
        assert_eq!(event["count"], 2);
        assert_eq!(event["resource"], PROJECTS.name);
        assert_eq!(event["record"], json!(id));
        assert_eq!(event["actor"], "command");
        let digest = verax_server::installed_models::sha256_hex(input.as_bytes());
        assert_eq!(event["digest"], json!(digest));
        assert_eq!(world.get(&world.token("b").await, EVENTS).await.ids().len(), 1);
        // One that is stopped by its records has done nothing.
        let wrong = Import { resource: &APP_REGISTRATIONS, ..import };
        world.app.import(&mut Cursor::new("{\"client\":\"a\"}\n"), &wrong).await.expect("a report");
        assert_eq!(world.get(&token, EVENTS).await.ids().len(), 1);
    }

    async fn what_expires_tells_of_it_once(world) {
        let bank = Bank::open(world).await;
        let opened = bank.open_validation("validation", "jo").await;
        let id = text(&opened["biometricValidation"]["_id"]);
        world.turn_clock(crate::world::DAY);
        assert_eq!(bank.validate(&text(&opened["token"]), shot(1, 1)).await.status, 401);
        for _ in 0..2 {
            bank.app
                .expire(verax_store::JobKind::ValidationExpiry, "acme", &id)
                .await
                .expect("an expiry");
        }
        let events = events_of(world, &bank.token, &id).await;
        assert_eq!(types(&events), ["biometric_validation.created", "biometric_validation.expired"]);
        assert_eq!(events[1]["actor"], "system");
        let listed = bank.get(&bank.token, &format!("{VALIDATIONS}/{id}")).await;
        assert_eq!(listed.json()["data"]["status"], "expired");
    }
}
