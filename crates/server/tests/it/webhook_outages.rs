//! Receivers that fail, for a while or for good, and a vault that does.

use axum::http::Method;
use serde_json::json;
use verax_domain::webhook::PAUSE_MS_MAX;

use crate::bank::text;
use crate::hooks::{BROKEN, Hook, Hooks, OK, WEBHOOKS, deliver, local};
use crate::world::{DAY, World};

const SECOND: i64 = 1000;

/// Attempts that were made for a webhook, as its deliveries count them.
async fn attempts(hooks: &Hooks, webhook: &str) -> i64 {
    hooks.deliveries(webhook).await.iter().filter_map(|it| it["attempts"].as_i64()).sum()
}

/// How long a webhook is paused from now on, in milliseconds; 0: it is not.
async fn pause_of(world: &World, hooks: &Hooks, webhook: &str) -> i64 {
    let endpoint = hooks.bank.app.database.endpoint("acme", webhook).await.expect("a look");
    let until = endpoint.expect("an endpoint").paused_until;
    until.map_or(0, |until| until.0 - world.app.clock.now().0)
}

on_both_databases! {
    async fn five_failures_pause_a_webhook_and_one_delivery_probes_it(world) {
        let hooks = Hooks::open(world).await;
        let [hook, other] = [Hook::start().await, Hook::start().await];
        hook.answers(BROKEN);
        let id = hooks.of_registrations(&hook.url(), json!({ "ordering": "none" })).await;
        hooks.of_registrations(&other.url(), json!({})).await;
        for number in 0..5 {
            hooks.bank.register(&format!("jo{number}@example.com")).await;
        }
        hooks.deliver().await;
        assert_eq!((hook.received().len(), other.received().len()), (5, 5));
        assert_eq!(pause_of(world, &hooks, &id).await, 30 * SECOND);
        let shown = hooks.data(&format!("{WEBHOOKS}/{id}")).await;
        assert_eq!(shown["failures"], 5);
        assert_eq!((&shown["isActive"], shown.get("disabledAt")), (&true.into(), None));
        // Meanwhile everything waits, and uses up no attempts; others are called.
        hooks.bank.register("next@example.com").await;
        world.turn_clock(29 * SECOND);
        hooks.deliver().await;
        assert_eq!((hook.received().len(), other.received().len()), (5, 6));
        assert_eq!(attempts(&hooks, &id).await, 5);

        // After it one tries, of all nodes.
        let nodes = [world.node(local).await, world.node(local).await];
        let mut pause = 30 * SECOND;
        let mut received = 5;
        for _ in 0..7 {
            world.turn_clock(pause_of(world, &hooks, &id).await);
            tokio::join!(deliver(&nodes[0]), deliver(&nodes[1]));
            received += 1;
            assert_eq!(hook.received().len(), received);
            pause = (pause * 2).min(PAUSE_MS_MAX);
            assert_eq!(pause_of(world, &hooks, &id).await, pause);
        }
        assert_eq!(pause, PAUSE_MS_MAX);
        world.turn_clock(pause);
        hook.answers(OK);
        deliver(&nodes[0]).await;
        received += 1;
        assert_eq!(hook.received().len(), received, "one alone");
        assert_eq!(pause_of(world, &hooks, &id).await, 0);
        let shown = hooks.data(&format!("{WEBHOOKS}/{id}")).await;
        assert_eq!(shown["failures"], 0);
        assert!(shown.get("failingSince").is_none() && shown.get("pausedUntil").is_none());
        deliver(&nodes[1]).await;
        assert!(hook.received().len() > received + 1, "then the others at once");
        // The next outage begins with a short pause.
        hook.answers(BROKEN);
        for number in 0..5 {
            hooks.bank.register(&format!("bo{number}@example.com")).await;
        }
        hooks.deliver_all().await;
        for _ in 0..5 {
            hooks.deliver().await;
        }
        assert_eq!(pause_of(world, &hooks, &id).await, 30 * SECOND);
    }

    async fn a_node_that_dies_while_it_probes_holds_nobody_up(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        hook.answers(BROKEN);
        let id = hooks.of_registrations(&hook.url(), json!({ "ordering": "none" })).await;
        for number in 0..5 {
            hooks.bank.register(&format!("jo{number}@example.com")).await;
        }
        hooks.deliver().await;
        world.turn_clock(30 * SECOND);
        let endpoint = hooks.bank.app.database.endpoint("acme", &id).await.expect("a look");
        let endpoint = endpoint.expect("an endpoint");
        let until = verax_domain::Timestamp(world.app.clock.now().0 + 30 * SECOND);
        let mut batch = verax_store::Batch::default();
        batch.begin_probe(&endpoint, until);
        hooks.bank.app.database.commit(batch).await.expect("a probe");
        hook.answers(OK);
        hooks.deliver().await;
        assert_eq!(hook.received().len(), 5, "another probes");
        world.turn_clock(30 * SECOND);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 10);
    }

    async fn who_answers_410_is_called_no_more_and_what_happens_is_held(world) {
        let hooks = Hooks::open(world).await;
        let [hook, other] = [Hook::start().await, Hook::start().await];
        let body = json!({ "ordering": "none" });
        let id = hooks.of_registrations(&hook.url(), body).await;
        hooks.of_registrations(&other.url(), json!({ "eventTypes": ["webhook.*"] })).await;
        hook.answers("410 Gone");
        hooks.bank.register("jo@example.com").await;
        hooks.deliver_all().await;
        let shown = hooks.data(&format!("{WEBHOOKS}/{id}")).await;
        assert_eq!(shown["isActive"], false);
        assert_eq!(shown["disabledReason"], "it answered 410");
        assert_eq!(shown["disabledAt"], world.app.clock.now().to_string());
        hooks.deliver_all().await;
        let told = other.received();
        assert_eq!(other.types(), ["webhook.disabled"]);
        assert_eq!(told[0].json()["data"]["id"], id.as_str());
        let event = hooks.data("/v2/events?where_type=webhook.disabled").await;
        assert_eq!(event.as_array().map(Vec::len), Some(1));
        assert_eq!((&event[0]["record"], &event[0]["actor"]), (&id.as_str().into(), &"system".into()));
        let mut emails = Vec::new();
        for number in 0..3 {
            world.turn_clock(SECOND);
            let (registration, _) = hooks.bank.register(&format!("bo{number}@example.com")).await;
            emails.push(registration);
        }
        world.turn_clock(DAY);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 1);
        assert_eq!(hooks.states(&id).await, ["held"; 4]);
        let paused = hooks.bank.app.webhook_load().await.expect("the load");
        assert_eq!((paused.pending, paused.disabled), (0, 1));

        hook.answers(OK);
        let enabled = hooks.put(&format!("{WEBHOOKS}/{id}"), json!({ "isActive": true })).await;
        let enabled = enabled.json()["data"].clone();
        assert_eq!((&enabled["isActive"], enabled.get("disabledReason")), (&true.into(), None));
        let states = hooks.states(&id).await;
        assert_eq!(states, ["retrying", "pending", "pending", "pending"]);
        hooks.deliver_all().await;
        let ids: Vec<String> = hook.received()[1..].iter().map(|it| text(&it.json()["data"]["id"])).collect();
        let released: Vec<&String> = ids.iter().filter(|it| emails.contains(it)).collect();
        assert_eq!(released.len(), 3, "{ids:?}");
        assert_eq!(hooks.states(&id).await, ["delivered"; 4]);
        hooks.deliver_all().await;
        assert_eq!(other.types(), ["webhook.disabled", "webhook.enabled"]);
    }

    async fn what_was_held_goes_out_oldest_first_and_not_after_thirty_days(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({})).await;
        let path = format!("{WEBHOOKS}/{id}");
        assert_eq!(hooks.put(&path, json!({ "isActive": false })).await.status, 200);
        let shown = hooks.data(&path).await;
        assert!(shown.get("disabledReason").is_none() && shown.get("disabledAt").is_some());
        let mut registrations = Vec::new();
        for number in 0..10 {
            registrations.push(hooks.bank.register(&format!("jo{number}@example.com")).await.0);
            world.turn_clock(SECOND);
        }
        // Somebody may not get them all at once.
        assert_eq!(hooks.put(&path, json!({ "isActive": true })).await.status, 200);
        hooks.deliver().await;
        let sent = |from: usize| -> Vec<String> {
            hook.received()[from..].iter().map(|it| text(&it.json()["data"]["id"])).collect()
        };
        let mut first = sent(0);
        first.sort_unstable();
        let mut oldest = registrations[..8].to_vec();
        oldest.sort_unstable();
        assert_eq!(first, oldest);
        hooks.deliver().await;
        assert_eq!(hook.received().len(), 10);

        assert_eq!(hooks.put(&path, json!({ "isActive": false })).await.status, 200);
        hooks.bank.register("old@example.com").await;
        world.turn_clock(20 * DAY);
        hooks.bank.register("new@example.com").await;
        world.turn_clock(10 * DAY + SECOND);
        hooks.bank.app.sweep_webhooks().await.expect("a sweep");
        let token = world.token("acme").await;
        let listed = format!("/v2/webhook-events?where_webhook={id}&sort=createdAt&limit=100");
        let listed = hooks.bank.get(&token, &listed).await.json()["data"].clone();
        let listed = listed.as_array().expect("a list");
        let states: Vec<String> = listed.iter().map(|it| text(&it["state"])).collect();
        assert_eq!(states[states.len() - 2..], ["dead", "held"]);
        let enable = json!({ "isActive": true });
        assert_eq!(hooks.bank.call(Method::PUT, &token, &path, enable).await.status, 200);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 11);
    }

    async fn five_days_of_nothing_but_failures_disable_a_webhook(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({ "ordering": "none" })).await;
        hook.answers(BROKEN);
        let is_active = async || hooks.data(&format!("{WEBHOOKS}/{id}")).await["isActive"].clone();
        for day in 0..5 {
            hooks.bank.register(&format!("jo{day}@example.com")).await;
            hooks.deliver().await;
            assert_eq!(is_active().await, true, "{day}");
            world.turn_clock(DAY);
        }
        // One success, and the five days begin again.
        hook.answers(OK);
        hooks.deliver().await;
        hook.answers(BROKEN);
        hooks.deliver_all().await;
        assert_eq!(is_active().await, true);
        world.turn_clock(5 * DAY - 1);
        hooks.deliver().await;
        assert_eq!(is_active().await, true);
        world.turn_clock(DAY);
        hooks.bank.register("last@example.com").await;
        hooks.deliver().await;
        let shown = hooks.data(&format!("{WEBHOOKS}/{id}")).await;
        assert_eq!(shown["isActive"], false);
        assert_eq!(shown["disabledReason"], "every attempt of five days has failed");
        assert!(hooks.states(&id).await.iter().any(|it| it == "held"));
    }

    async fn nothing_leaves_unsigned_while_the_vault_does_not_answer(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({})).await;
        hooks.bank.register("jo@example.com").await;
        // One that has read no key yet.
        let node = world.node(local).await;
        let (stored, away) = (world.folder.path().join("keys"), world.folder.path().join("away"));
        std::fs::rename(&stored, &away).expect("a folder");
        std::fs::write(&stored, "no folder").expect("a file");
        deliver(&node).await;
        assert_eq!(hook.receiver.connections(), 0);
        assert_eq!(attempts(&hooks, &id).await, 0);
        assert_eq!(hooks.states(&id).await, ["pending"]);
        assert_eq!(pause_of(world, &hooks, &id).await, 0);
        std::fs::remove_file(&stored).expect("a file");
        std::fs::rename(&away, &stored).expect("a folder");
        world.turn_clock(60 * SECOND);
        deliver(&node).await;
        assert_eq!(hook.received().len(), 1);
        assert!(!hook.received()[0].header("webhook-signature").is_empty());
    }
}
