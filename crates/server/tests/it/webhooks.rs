//! Webhooks: which events reach them, how bodies look, and how they are signed.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_server::webhook_signature::{Secret, verify};

use crate::answer::keys;
use crate::bank::{REGISTRATIONS, text};
use crate::hooks::{Hook, Hooks, Received, WEBHOOKS};
use crate::world::get;

const HOUR: i64 = 60 * 60 * 1000;

/// Whether one of the signatures is that of the secret.
fn has_mac(received: &Received, secret: &str) -> bool {
    let secret = Secret::from_text(secret).expect("a secret");
    let timestamp = received.header("webhook-timestamp").parse().expect("a time");
    let (id, header) = (received.id(), received.header("webhook-signature"));
    verify(&secret, id, timestamp, received.body.as_bytes(), header, timestamp)
}

/// Whether the signature of the key set's only key is there.
fn is_signed_by(received: &Received, key_set: &Value) -> bool {
    let x = key_set["keys"][0]["x"].as_str().expect("a key");
    let key = URL_SAFE_NO_PAD.decode(x).expect("base64url");
    let (id, timestamp) = (received.id(), received.header("webhook-timestamp"));
    let signed = format!("{id}.{timestamp}.{}", received.body);
    let header = received.header("webhook-signature");
    let value = header.split(' ').find_map(|it| it.strip_prefix("v1a,")).expect("a signature");
    let value = STANDARD.decode(value).expect("base64");
    UnparsedPublicKey::new(&ED25519, key).verify(signed.as_bytes(), &value).is_ok()
}

on_both_databases! {
    async fn an_event_reaches_the_endpoints_that_it_is_for_and_no_others(world) {
        let hooks = Hooks::open(world).await;
        let flow = hooks.bank.flow.as_str();
        let kinds = [
            ("all", json!({})),
            ("type", json!({ "eventTypes": ["app_registration.created"] })),
            ("other type", json!({ "eventTypes": ["app_registration.completed"] })),
            ("resource", json!({ "eventTypes": ["app_registration.*", "person.created"] })),
            ("other resource", json!({ "eventTypes": ["person.*"] })),
            ("flow", json!({ "projectFlow": [flow] })),
            ("other flow", json!({ "projectFlow": [hooks.bank.login_flow] })),
            ("no flow", json!({ "projectFlow": [] })),
            ("inactive", json!({ "isActive": false })),
            ("verifik", json!({ "format": "verifik" })),
            ("verifik of a flow", json!({ "format": "verifik", "projectFlow": [flow] })),
        ];
        let mut all = Vec::new();
        for (name, more) in kinds {
            let hook = Hook::start().await;
            let mut body = json!({ "format": "standard", "ordering": "none" });
            for (name, value) in more.as_object().expect("members") {
                body[name] = value.clone();
            }
            hooks.webhook(&hook.url(), body).await;
            all.push((name, hook));
        }
        // What is told of the making of webhooks themselves is not of interest here.
        hooks.deliver_all().await;
        let counts: Vec<usize> = all.iter().map(|(_, hook)| hook.received().len()).collect();
        let others = world.token("other").await;
        hooks.bank.register("jo@example.com").await;
        hooks.project("Another").await;
        assert_eq!(hooks.bank.post(&others, "/v2/projects", json!({ "name": "Theirs" })).await.status, 201);
        hooks.deliver_all().await;
        let received: Vec<(&str, String)> = all.iter().zip(counts).map(|((name, hook), before)| {
            let mut types: Vec<String> = hook.types().into_iter().skip(before).collect();
            // Events of different records have no order.
            types.sort();
            (*name, types.join(" "))
        }).collect();
        assert_eq!(received, [
            ("all", "app_registration.created project.created".to_owned()),
            ("type", "app_registration.created".to_owned()),
            ("other type", String::new()),
            ("resource", "app_registration.created".to_owned()),
            ("other resource", String::new()),
            ("flow", "app_registration.created".to_owned()),
            ("other flow", String::new()),
            ("no flow", String::new()),
            ("inactive", String::new()),
            ("verifik", "onboarding_app_registration_created".to_owned()),
            ("verifik of a flow", "onboarding_app_registration_created".to_owned()),
        ]);
    }

    async fn bodies_are_those_of_verifik_or_of_standard_webhooks(world) {
        let hooks = Hooks::open(world).await;
        let [theirs, thin, full] = [Hook::start().await, Hook::start().await, Hook::start().await];
        let of = json!(["app_registration.*"]);
        hooks.webhook(&theirs.url(), json!({ "eventTypes": of })).await;
        hooks.webhook(&thin.url(), json!({ "eventTypes": of, "format": "standard" })).await;
        let body = json!({ "eventTypes": of, "format": "standard", "payload": "full" });
        hooks.webhook(&full.url(), body).await;
        let (registration, own) = hooks.bank.register("jo@example.com").await;
        let path = format!("{REGISTRATIONS}/{registration}");
        let record = hooks.data(&path).await;
        hooks.step(&registration, &own, "instructions").await;
        hooks.deliver_all().await;

        let body = &theirs.received()[0].body;
        // Prepared after the second event: the record as it is, with the status of the first.
        let mut object = hooks.data(&path).await;
        assert_eq!(object["status"], "ONGOING");
        object["status"] = "STARTED".into();
        assert_eq!(*body, json!({
            "type": "onboarding_app_registration_created", "object": object,
        }).to_string());
        let members = [
            "_id", "client", "project", "projectFlow", "fullName", "email", "status",
            "createdAt", "updatedAt",
        ];
        for name in members {
            assert!(object.get(name).is_some(), "{name} is not in {object}");
        }
        assert_eq!(theirs.types()[1], "onboarding_app_registration_sync_instructions");
        let second = theirs.received()[1].json();
        assert_eq!(second["object"]["status"], "ONGOING");

        let data = json!({
            "id": registration, "resource": "app-registrations", "status": "STARTED",
            "sequence": 1, "projectFlow": hooks.bank.flow, "appRegistration": registration,
        });
        assert_eq!(thin.received()[0].body, json!({
            "type": "app_registration.created", "timestamp": record["createdAt"], "data": data,
        }).to_string());
        let mut with_object = data;
        with_object["object"] = object;
        assert_eq!(full.received()[0].body, json!({
            "type": "app_registration.created", "timestamp": record["createdAt"],
            "data": with_object,
        }).to_string());
        // What belongs to no flow says so by having none.
        let all = Hook::start().await;
        hooks.webhook(&all.url(), json!({ "format": "standard", "eventTypes": ["project.*"] })).await;
        let project = hooks.project("Another").await;
        hooks.deliver_all().await;
        assert_eq!(all.received()[0].json()["data"], json!({
            "id": project, "resource": "projects", "status": "draft", "sequence": 1,
        }));
    }

    async fn every_attempt_is_signed_with_the_secret_and_with_the_clients_key(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let router = &hooks.bank.router;
        let key_set = "/.well-known/webhooks/acme.json";
        let stranger = get(router, "", key_set).await;
        assert_eq!(stranger.status, 404, "acme has no webhook");
        assert!(!hooks.bank.app.vault.holds_key("acme", ".webhook").await.expect("a look"));
        for other in ["nobody.json", "acme", "acme.txt", "..json", ".json"] {
            assert_eq!(get(router, "", &format!("/.well-known/webhooks/{other}")).await.status, 404);
        }
        let body = json!({ "eventTypes": ["app_registration.created"] });
        let made = hooks.webhook(&hook.url(), body).await;
        let (id, secret) = (text(&made["_id"]), text(&made["secret"]));
        let keys_path = get(router, "", key_set).await.json();
        assert_eq!(keys(&keys_path), ["keys"]);
        assert_eq!(keys(&keys_path["keys"][0]), ["kty", "crv", "x", "kid", "alg", "use"]);
        let x = URL_SAFE_NO_PAD.decode(keys_path["keys"][0]["x"].as_str().expect("a key"));
        let public = format!("whpk_{}", STANDARD.encode(x.expect("base64url")));
        assert_eq!(made["publicKey"], public.as_str());
        assert_eq!(
            hooks.data(&format!("{WEBHOOKS}/{id}/secret")).await,
            json!({ "secret": secret, "publicKey": public }),
        );
        hook.answers(crate::hooks::BROKEN);
        hooks.bank.register("jo@example.com").await;
        hooks.deliver().await;
        world.turn_clock(10_000);
        hooks.deliver().await;
        let received = hook.received();
        assert_eq!(received.len(), 2);
        let event = hooks.data("/v2/events?where_type=app_registration.created").await[0].clone();
        let time = |it: &Received| it.header("webhook-timestamp").parse::<i64>().expect("a time");
        let times: Vec<i64> = received.iter().map(time).collect();
        assert_eq!(times[1] - times[0], 10);
        assert_eq!(times[0] * 1000, crate::world::NOW / 1000 * 1000);
        for received in &received {
            assert_eq!(received.id(), text(&event["_id"]));
            assert_eq!(received.body, hook.received()[0].body);
            assert_eq!(received.header("verax-sequence"), "1");
            assert_eq!(received.header("content-type"), "application/json");
            assert_eq!(received.header("webhook-signature").split(' ').count(), 2);
            assert!(has_mac(received, &secret));
            assert!(is_signed_by(received, &keys_path));
        }

        // While the secret is rotated, both count; after that only the new one.
        hook.answers(crate::hooks::OK);
        let path = format!("{WEBHOOKS}/{id}/rotate");
        let rotated = hooks.post(&path, json!({ "overlapHours": 2 })).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text());
        let new = text(&rotated.json()["data"]["secret"]);
        assert_ne!(new, secret);
        let last = async |email: &str| {
            hooks.bank.register(email).await;
            hooks.deliver_all().await;
            hook.received().pop().expect("a delivery")
        };
        let overlapping = last("bo@example.com").await;
        assert_eq!(overlapping.header("webhook-signature").split(' ').count(), 3);
        assert!(has_mac(&overlapping, &new) && has_mac(&overlapping, &secret));
        world.turn_clock(2 * HOUR);
        let after = last("mo@example.com").await;
        assert!(has_mac(&after, &new) && !has_mac(&after, &secret));
        assert!(is_signed_by(&after, &keys_path));
        let wrong = hooks.post(&path, json!({ "overlapHours": 169 })).await;
        assert_eq!(wrong.status, 400, "{}", wrong.text());
        assert!(wrong.text().contains("overlapHours"), "{}", wrong.text());
    }

    async fn webhooks_are_their_clients_and_ask_for_their_scope(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({})).await;
        let (_, own) = hooks.bank.register("jo@example.com").await;
        hooks.deliver_all().await;
        let delivery = text(&hooks.deliveries(&id).await[0]["_id"]);
        let others = world.token("other").await;
        let reading = world.token_with("acme", Some(vec![Scope::ReadEvents]), false).await;
        let writing = world.token_with("acme", Some(vec![Scope::ReadEvents, Scope::Write]), false).await;
        let hooked = format!("{WEBHOOKS}/{id}");
        let url = json!({ "url": hook.url() });
        let calls = [
            (Method::GET, hooked.clone(), Value::Null),
            (Method::GET, format!("/v2/webhook-events/{delivery}"), Value::Null),
            (Method::PUT, hooked.clone(), json!({ "name": "Mine" })),
            (Method::GET, format!("{hooked}/secret"), Value::Null),
            (Method::POST, format!("{hooked}/rotate"), json!({})),
            (Method::POST, format!("{hooked}/recover"), json!({ "since": "2025-01-01T00:00:00Z" })),
            (Method::PUT, format!("/v2/webhook-events/{delivery}/resend"), Value::Null),
            (Method::DELETE, hooked.clone(), Value::Null),
        ];
        for (method, path, body) in &calls {
            let call = async |token: &str| {
                hooks.bank.call(method.clone(), token, path, body.clone()).await.status
            };
            assert_eq!(call(&others).await, 404, "{method} {path}");
            assert_eq!(call(&own).await, 403, "{method} {path} of a device");
            let expected = if *method == Method::GET && !path.ends_with("/secret") { 200 } else { 403 };
            for token in [&reading, &writing] {
                assert_eq!(call(token).await, expected, "{method} {path}");
            }
        }
        for path in [WEBHOOKS.to_owned(), format!("{WEBHOOKS}/test")] {
            for token in [&own, &reading, &writing] {
                assert_eq!(hooks.bank.post(token, &path, url.clone()).await.status, 403, "{path}");
            }
        }
        for path in [WEBHOOKS, "/v2/webhook-events"] {
            assert_eq!(hooks.bank.get(&others, path).await.total(), 0);
            assert_eq!(hooks.bank.get(&own, path).await.status, 403);
        }
        let staff = world.staff_token("other").await;
        assert_eq!(hooks.bank.get(&staff, WEBHOOKS).await.ids(), [id]);
        assert_eq!(hooks.bank.get(&staff, "/v2/webhook-events").await.ids(), [delivery]);
        assert_eq!(hook.received().len(), 1, "nobody has made it send again");
        // Another client's webhook is nobody whose signature can be tried.
        let test = json!({ "url": hook.url(), "webhook": hooks.data(WEBHOOKS).await[0]["_id"] });
        let tried = hooks.bank.post(&others, &format!("{WEBHOOKS}/test"), test).await;
        assert!((400..500).contains(&tried.status) && tried.text().contains("webhook"), "{}", tried.text());
        assert_eq!(hook.received().len(), 1);
    }

    async fn a_client_has_two_hundred_webhooks_at_most(world) {
        let hooks = Hooks::open(world).await;
        let url = "https://hooks.example/verax";
        for _ in 0..200 {
            hooks.webhook(url, json!({ "isActive": false })).await;
        }
        let more = hooks.post(WEBHOOKS, json!({ "url": url })).await;
        assert_eq!(more.rejection(409), "webhooks_too_many");
        let one = hooks.data(&format!("{WEBHOOKS}?limit=1")).await[0]["_id"].clone();
        assert_eq!(hooks.delete(&format!("{WEBHOOKS}/{}", text(&one))).await.status, 200);
        hooks.webhook(url, json!({})).await;
        // The clients are counted each on their own.
        let others = world.token("other").await;
        let theirs = hooks.bank.post(&others, WEBHOOKS, json!({ "url": url })).await;
        assert_eq!(theirs.status, 201, "{}", theirs.text());
    }

    async fn making_a_webhook_twice_under_a_key_makes_one_until_it_is_deleted(world) {
        let hooks = Hooks::open(world).await;
        let body = json!({ "url": "https://hooks.example/verax" });
        let send = async || {
            let mut call = crate::world::request(Method::POST, &hooks.bank.token, WEBHOOKS);
            call.headers_mut().insert("idempotency-key", "k1".parse().expect("a header"));
            let call = call.map(|_| axum::body::Body::from(body.to_string()));
            crate::world::send(&hooks.bank.router, call).await
        };
        let first = send().await;
        assert_eq!(first.status, 201, "{}", first.text());
        let again = send().await;
        assert_eq!((again.text(), again.header("idempotency-replayed")), (first.text(), "true"));
        let id = text(&first.json()["data"]["_id"]);
        let secret = text(&first.json()["data"]["secret"]);
        let deleted = hooks.delete(&format!("{WEBHOOKS}/{id}")).await;
        assert_eq!(deleted.json()["data"]["_id"], id.as_str());
        assert!(deleted.json()["data"].get("secret").is_none());
        let gone = send().await;
        assert!(!gone.text().contains(&secret), "{}", gone.text());
        assert_eq!(gone.status, 410, "{}", gone.text());
        assert!(!hooks.bank.app.vault.holds_key("acme", &format!("{id}.webhook")).await.expect("a look"));
    }
}
