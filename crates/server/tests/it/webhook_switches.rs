//! What is switched by hand: URLs that are taken away, pauses that are ended, what waits hurried on.

use serde_json::{Value, json};

use crate::bank::text;
use crate::hooks::{BROKEN, Hook, Hooks, OK, WEBHOOKS};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

on_both_databases! {
    async fn a_flow_loses_its_url_by_null_and_by_an_empty_text(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let flow = format!("/v2/project-flows/{}", hooks.bank.flow);
        for nothing in [Value::Null, json!("")] {
            let set = hooks.put(&flow, json!({ "webhookUrl": hook.url() })).await;
            assert_eq!(set.status, 200, "{}", set.text());
            let named = hooks.data(&format!("{WEBHOOKS}?where_source=flow")).await;
            assert_eq!(named.as_array().map(Vec::len), Some(1));
            let taken = hooks.put(&flow, json!({ "webhookUrl": nothing })).await;
            assert_eq!(taken.status, 200, "{}", taken.text());
            assert!(taken.json()["data"].get("webhookUrl").is_none(), "{}", taken.text());
            assert_eq!(hooks.data(&format!("{WEBHOOKS}?where_source=flow")).await, json!([]));
        }
        hooks.bank.register("jo@example.com").await;
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 0);
    }

    async fn a_flows_webhook_is_switched_and_not_changed(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let flow = hooks.bank.flow.clone();
        hooks.put(&format!("/v2/project-flows/{flow}"), json!({ "webhookUrl": hook.url() })).await;
        let path = format!("{WEBHOOKS}/{flow}");
        hook.answers("410 Gone");
        hooks.bank.register("jo@example.com").await;
        hooks.deliver_all().await;
        assert_eq!(hooks.data(&path).await["isActive"], false);
        hook.answers(OK);
        let enabled = hooks.put(&path, json!({ "isActive": true })).await;
        assert_eq!(enabled.json()["data"]["isActive"], true, "{}", enabled.text());
        world.turn_clock(6 * SECOND);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 2, "what was answered 410 comes again");
        let both = hooks.put(&path, json!({ "isActive": false, "name": "Mine" })).await;
        assert_eq!(both.rejection(409), "webhook_of_another_record");
    }

    async fn null_asks_for_all_types_and_all_flows_again(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let more = json!({ "format": "standard", "eventTypes": ["project.*"], "projectFlow": [] });
        let id = text(&hooks.webhook(&hook.url(), more).await["_id"]);
        let path = format!("{WEBHOOKS}/{id}");
        hooks.project("One").await;
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 0);
        let changed = hooks.put(&path, json!({ "eventTypes": null, "projectFlow": null })).await;
        let record = &changed.json()["data"];
        assert!(record.get("eventTypes").is_none() && record.get("projectFlow").is_none());
        assert_eq!(record["url"], hook.url());
        hooks.bank.register("jo@example.com").await;
        hooks.deliver_all().await;
        assert_eq!(hook.types(), ["app_registration.created"]);
        let none = hooks.put(&path, json!({ "eventTypes": [] })).await;
        assert!(none.text().contains("eventTypes"), "{}", none.text());
        assert_eq!(none.status, 400);
    }

    async fn enabling_ends_a_pause_and_sends_what_waits_for_hours(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({ "ordering": "none" })).await;
        hook.answers("503 Busy\r\nretry-after: 86400");
        for number in 0..5 {
            hooks.bank.register(&format!("jo{number}@example.com")).await;
        }
        hooks.deliver().await;
        assert_eq!(hook.received().len(), 5);
        let path = format!("{WEBHOOKS}/{id}");
        assert!(hooks.data(&path).await.get("pausedUntil").is_some());
        hook.answers(OK);
        world.turn_clock(MINUTE);
        let enabled = hooks.put(&path, json!({ "isActive": true })).await;
        assert!(enabled.json()["data"].get("pausedUntil").is_none(), "{}", enabled.text());
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 10);
    }

    async fn recovering_sends_at_once_what_waits_for_its_next_attempt(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({})).await;
        hook.answers("503 Busy\r\nretry-after: 86400");
        hooks.bank.register("jo@example.com").await;
        hooks.deliver().await;
        hook.answers(OK);
        world.turn_clock(MINUTE);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 1);
        let path = format!("{WEBHOOKS}/{id}/recover");
        let recovered = hooks.post(&path, json!({ "since": "2026-01-01T00:00:00Z" })).await;
        assert_eq!(recovered.json()["data"]["recovered"], 1);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 2);
        assert_eq!(hooks.states(&id).await, ["delivered"]);
    }

    async fn the_event_of_a_webhook_belongs_to_no_flow(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let flows = json!({ "link": [hooks.bank.flow] });
        let id = text(&hooks.webhook(&hook.url(), flows).await["_id"]);
        let events = hooks.data(&format!("/v2/events?where_record={id}")).await;
        assert_eq!(events[0]["type"], "webhook.created");
        assert!(events[0].get("projectFlow").is_none(), "{events}");
    }

    async fn a_test_of_a_saved_url_is_signed_with_its_secret(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        hook.answers(BROKEN);
        hooks.webhook(&hook.url(), json!({})).await;
        let tried = hooks.post(&format!("{WEBHOOKS}/test"), json!({ "url": hook.url() })).await;
        assert_eq!(tried.json()["data"]["status"], "fail", "{}", tried.text());
        let received = hook.received();
        let signature = received[0].header("webhook-signature");
        assert!(signature.starts_with("v1,") && signature.contains(" v1a,"), "{signature}");
    }

    async fn webhooks_are_found_by_a_part_of_their_name(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        hooks.webhook(&hook.url(), json!({ "name": "Ledger of the bank" })).await;
        hooks.webhook(&hook.url(), json!({ "name": "Other" })).await;
        let found = hooks.data(&format!("{WEBHOOKS}?like_name=LEDGER")).await;
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    }
}
