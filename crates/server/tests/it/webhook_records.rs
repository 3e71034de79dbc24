//! The webhooks that flows and validations name, and what of persons is in bodies and beside them.

use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::resources::PROJECT_FLOWS;
use verax_query::Kind;

use crate::bank::{REGISTRATIONS, VALIDATIONS, shot, text};
use crate::hooks::{DELIVERIES, Hook, Hooks, WEBHOOKS};
use crate::logs::Captured;

const FLOWS: &str = "/v2/project-flows";

/// The webhooks of flows, or of validations, as they are listed.
async fn named_by(hooks: &Hooks, source: &str) -> Vec<Value> {
    let listed = hooks.data(&format!("{WEBHOOKS}?where_source={source}&sort=createdAt")).await;
    listed.as_array().expect("a list").clone()
}

/// Which records were told of.
fn told(hook: &Hook) -> Vec<String> {
    hook.received().iter().map(|it| text(&it.json()["object"]["_id"])).collect()
}

on_both_databases! {
    async fn a_flows_url_is_told_of_that_flow_alone(world) {
        let hooks = Hooks::open(world).await;
        let [first, second] = [Hook::start().await, Hook::start().await];
        let flow = hooks.bank.flow.clone();
        let path = format!("{FLOWS}/{flow}");
        let set = async |url: Value| {
            let set = hooks.put(&path, json!({ "webhookUrl": url })).await;
            assert_eq!(set.status, 200, "{}", set.text());
        };
        assert_eq!(named_by(&hooks, "flow").await, Vec::<Value>::new());
        set(first.url().into()).await;
        let made = named_by(&hooks, "flow").await;
        assert_eq!(made.len(), 1);
        assert_eq!((&made[0]["_id"], &made[0]["projectFlow"]), (&flow.as_str().into(), &json!([flow])));
        assert_eq!(hooks.data(WEBHOOKS).await, json!([]), "it is none that was made by hand");
        let (registration, _) = hooks.bank.register("jo@example.com").await;
        // Of another flow, and of none.
        let body = json!({
            "project": hooks.bank.project, "projectFlow": hooks.bank.login_flow,
            "identifier": "x", "type": "login",
        });
        assert_eq!(hooks.post(VALIDATIONS, body).await.status, 200);
        hooks.project("Another").await;
        hooks.deliver_all().await;
        assert_eq!(told(&first), [registration]);
        assert_eq!(first.types(), ["onboarding_app_registration_created"]);

        // It is changed where it was named.
        for (method, more) in [(Method::PUT, json!({ "name": "Mine" })), (Method::DELETE, Value::Null)] {
            let path = format!("{WEBHOOKS}/{flow}");
            let rejected = hooks.bank.call(method, &hooks.bank.token, &path, more).await;
            assert_eq!(rejected.rejection(409), "webhook_of_another_record");
        }
        first.answers("410 Gone");
        hooks.bank.register("bo@example.com").await;
        hooks.deliver_all().await;
        assert_eq!(named_by(&hooks, "flow").await[0]["isActive"], false);
        set(second.url().into()).await;
        assert_eq!(named_by(&hooks, "flow").await[0]["isActive"], true, "another URL is a new beginning");
        assert_eq!(named_by(&hooks, "flow").await[0]["url"], second.url());
        let (registration, _) = hooks.bank.register("mo@example.com").await;
        hooks.deliver_all().await;
        assert_eq!(first.received().len(), 2);
        assert!(told(&second).contains(&registration));

        // A flow that is changed otherwise keeps it as it is.
        let before = named_by(&hooks, "flow").await;
        assert_eq!(hooks.put(&path, json!({ "name": "In" })).await.status, 200);
        assert_eq!(named_by(&hooks, "flow").await[0]["updatedAt"], before[0]["updatedAt"]);
        assert_eq!(hooks.delete(&path).await.status, 200);
        assert_eq!(named_by(&hooks, "flow").await, Vec::<Value>::new());
    }

    async fn a_flows_webhook_goes_with_its_project_and_comes_with_an_import(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let path = format!("{FLOWS}/{}", hooks.bank.flow);
        assert_eq!(hooks.put(&path, json!({ "webhookUrl": hook.url() })).await.status, 200);
        hooks.bank.register("jo@example.com").await;
        let gone = hooks.delete(&format!("/v2/projects/{}", hooks.bank.project)).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        assert_eq!(named_by(&hooks, "flow").await, Vec::<Value>::new());
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 0);
        hooks.bank.app.sweep_webhooks().await.expect("a sweep");
        assert_eq!(hooks.states(&hooks.bank.flow).await, ["cancelled"]);

        let flow = json!({
            "_id": "f1", "client": "acme", "type": "onboarding", "webhookUrl": hook.url(),
            "createdAt": "2025-05-01T08:00:00Z",
        });
        world.store(&PROJECT_FLOWS, &[flow]).await;
        for _ in 0..2 {
            hooks.bank.app.sweep_webhooks().await.expect("a sweep");
            let made = named_by(&hooks, "flow").await;
            assert_eq!(made.len(), 1);
            assert_eq!((&made[0]["_id"], &made[0]["url"]), (&"f1".into(), &hook.url().into()));
        }
        world.execute("UPDATE project_flows SET webhook_url = NULL").await;
        hooks.bank.app.sweep_webhooks().await.expect("a sweep");
        assert_eq!(named_by(&hooks, "flow").await, Vec::<Value>::new());
    }

    async fn a_validations_url_is_told_of_that_validation_alone(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let open = async |identifier: &str, url: Option<String>| {
            let mut body = json!({
                "project": hooks.bank.project, "projectFlow": hooks.bank.flow,
                "identifier": identifier, "type": "validation",
            });
            if let Some(url) = url {
                body["webhookUrl"] = url.into();
            }
            let opened = hooks.post(VALIDATIONS, body).await;
            assert_eq!(opened.status, 200, "{}", opened.text());
            opened.json()["data"].clone()
        };
        let opened = open("jo", Some(hook.url())).await;
        open("bo", None).await;
        hooks.bank.register("mo@example.com").await;
        let validation = text(&opened["biometricValidation"]["_id"]);
        let passed = hooks.bank.validate(&text(&opened["token"]), shot(1, 1)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        hooks.deliver_all().await;
        assert_eq!(told(&hook), [validation.as_str(), validation.as_str()]);
        assert_eq!(hook.types(), [
            "onboarding_biometric_validation_new", "onboarding_biometric_validation_validated",
        ]);
        // The same URL is one webhook, and each is told once.
        let again = text(&open("ho", Some(hook.url())).await["biometricValidation"]["_id"]);
        hooks.deliver_all().await;
        assert_eq!(told(&hook)[2..], [again]);
        let made = named_by(&hooks, "validation").await;
        assert_eq!(made.len(), 1);
        let path = format!("{WEBHOOKS}/{}", text(&made[0]["_id"]));
        assert_eq!(hooks.delete(&path).await.rejection(409), "webhook_of_another_record");
        assert_eq!(hooks.data(WEBHOOKS).await, json!([]));

        // A stranger names nobody.
        let project = format!("/v3/projects/{}", hooks.bank.project);
        assert_eq!(hooks.put(&project, json!({ "allowAnonymous": true })).await.status, 200);
        let login = json!({
            "project": hooks.bank.project, "projectFlow": hooks.bank.login_flow, "type": "login",
            "identifier": "zo", "webhookUrl": hook.url(),
        });
        let opened = hooks.bank.post("", VALIDATIONS, login).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 3);
        let id = text(&opened.json()["data"]["biometricValidation"]["_id"]);
        assert!(hooks.bank.validation(&id).await.get("webhookUrl").is_none());
    }

    async fn what_is_deleted_is_erased_from_bodies_and_told_of_no_more(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let body = json!({ "payload": "full", "ordering": "none" });
        let id = hooks.of_registrations(&hook.url(), body).await;
        let (registration, own) = hooks.bank.register("canary@example.com").await;
        hooks.deliver_all().await;
        assert!(hook.received()[0].body.contains("canary@example.com"));
        // One more is queued, another was attempted and failed.
        hook.answers(crate::hooks::BROKEN);
        hooks.step(&registration, &own, "instructions").await;
        hooks.deliver().await;
        hooks.step(&registration, &own, "signUpForm").await;
        let bodies = async || {
            let mut found = 0;
            for delivery in hooks.deliveries(&id).await {
                let bodies = hooks.bank.app.database.bodies("acme", &text(&delivery["_id"])).await;
                found += usize::from(bodies.expect("a look").is_some());
            }
            found
        };
        assert_eq!(bodies().await, 2);
        let deleted = hooks.delete(&format!("{REGISTRATIONS}/{registration}")).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text());
        assert_eq!(bodies().await, 0);
        hook.answers(crate::hooks::OK);
        world.turn_clock(60_000);
        let before = hook.received().len();
        hooks.deliver_all().await;
        let after = hook.received()[before..].to_vec();
        assert_eq!(after.len(), 3);
        for received in after {
            let data = received.json()["data"].clone();
            let object = json!({ "_id": registration, "status": data.get("status") });
            assert_eq!(data["object"], object, "{received:?}");
            assert!(!received.body.contains("canary"), "{received:?}");
        }
    }

    async fn no_secret_and_no_person_is_in_logs_lists_or_attempts(world) {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(captured.clone())
            .json()
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let url = format!("{}?key=canary-of-the-url", hook.url());
        let made = hooks.webhook(&url, json!({ "format": "standard", "payload": "full" })).await;
        let id = text(&made["_id"]);
        let secret = text(&made["secret"]);
        let rotated = hooks.post(&format!("{WEBHOOKS}/{id}/rotate"), json!({})).await;
        let rotated = text(&rotated.json()["data"]["secret"]);
        hook.answers("500 canary@example.com\r\nx-echo: canary@example.com\r\nlocation: /canary@example.com");
        hooks.bank.register("canary@example.com").await;
        hooks.deliver_all().await;
        hook.answers("410 Gone");
        world.turn_clock(60_000);
        hooks.deliver_all().await;
        hooks.data(&format!("{WEBHOOKS}/{id}/secret")).await;
        drop(guard);
        assert!(!hook.received().is_empty());
        let mut attempts = String::new();
        for delivery in hooks.deliveries(&id).await {
            let details = hooks.bank.app.delivery_details("acme", &text(&delivery["_id"])).await;
            attempts += &format!("{:?}", details.expect("details").attempts);
        }
        assert!(attempts.contains("500") && attempts.contains("410"), "{attempts}");
        let lists = [
            hooks.data(WEBHOOKS).await.to_string(),
            hooks.data(&format!("{WEBHOOKS}/{id}")).await.to_string(),
            hooks.data(&format!("{DELIVERIES}?limit=100")).await.to_string(),
            hooks.data("/v2/events?limit=100").await.to_string(),
        ];
        let log = captured.text();
        assert!(log.contains("a webhook was disabled"), "something is logged");
        for text in lists.iter().chain([&attempts, &log]) {
            let names = ["whsec_", &secret, &rotated, "canary@example.com"];
            assert!(names.iter().all(|it| !text.contains(it)), "{text}");
        }
        assert!(!log.contains("canary-of-the-url"), "the URL may hold a secret");
        // The database holds no secret either: it follows from a key of the vault.
        let bytes = world.database_bytes().await;
        for secret in [&secret, &rotated] {
            let raw = secret.trim_start_matches("whsec_").as_bytes();
            assert!(!bytes.windows(raw.len()).any(|it| it == raw));
        }
    }

    async fn a_server_that_sends_no_personal_data_sends_no_texts(world) {
        let hooks = Hooks::with(world, |config| config.webhooks.personal_data = false).await;
        let [theirs, standard] = [Hook::start().await, Hook::start().await];
        hooks.webhook(&theirs.url(), json!({})).await;
        let body = json!({ "format": "standard", "payload": "full", "ordering": "none" });
        hooks.webhook(&standard.url(), body).await;
        let (registration, own) = hooks.bank.register("jo@example.com").await;
        let face = hooks.bank.enrol(&own, json!({ "image": shot(1, 1), "os": "DESKTOP" })).await;
        assert_eq!(face.status, 200, "{}", face.text());
        hooks.bank.finish(&registration, &own).await;
        hooks.deliver_all().await;
        let received: Vec<_> = theirs.received().into_iter().chain(standard.received()).collect();
        assert!(received.len() > 8);
        for received in received {
            let body = received.json();
            let object = body.get("object").unwrap_or(&body["data"]["object"]);
            let kind = received.json()["type"].as_str().expect("a type").to_owned();
            let of = [
                ("app_registration", "app-registrations"),
                ("biometric_validation", "biometric-validations"),
                ("person", "persons"),
                ("webhook", "webhooks"),
            ];
            let (_, name) = of.iter().find(|(word, _)| kind.contains(word)).expect("a resource");
            let resource = verax_domain::resources::by_name(name).expect("a resource");
            for (member, value) in object.as_object().expect("an object") {
                let field = resource.field(member).expect("a field");
                let is_personal = matches!(field.kind, Kind::Text | Kind::Json(_) | Kind::Date);
                assert!(!is_personal || member == "_id", "{kind}: {member} {value}");
            }
            assert!(object.get("_id").is_some());
            for canary in ["jo@example.com", "Jo Doe"] {
                assert!(!received.body.contains(canary), "{}", received.body);
            }
        }
    }
}
