//! What a client, a token or a receiver must not get out of webhooks, and what must not get in the others' way.

use serde_json::json;
use verax_domain::Scope;

use crate::bank::{VALIDATIONS, text};
use crate::hooks::{BROKEN, Hook, Hooks, OK, WEBHOOKS};
use crate::world::DAY;

const SECOND: i64 = 1000;

on_both_databases! {
    async fn where_records_are_sent_is_not_for_who_may_only_write(world) {
        let hooks = Hooks::open(world).await;
        let writes = world.token_with("acme", Some(vec![Scope::Write]), false).await;
        let flow = json!({
            "project": hooks.bank.project, "type": "login", "webhookUrl": "https://example.com/",
        });
        let rejected = hooks.bank.post(&writes, "/v2/project-flows", flow).await;
        assert_eq!(rejected.rejection(403), "FORBIDDEN");
        assert!(rejected.text().contains("webhooks:write"), "{}", rejected.text());
        let path = format!("/v2/project-flows/{}", hooks.bank.flow);
        for body in [json!({ "webhookUrl": "https://example.com/" }), json!({ "webhookUrl": null })] {
            let rejected = hooks.bank.call(axum::http::Method::PUT, &writes, &path, body).await;
            assert_eq!(rejected.rejection(403), "FORBIDDEN");
        }
        let validation = json!({
            "project": hooks.bank.project, "projectFlow": hooks.bank.flow, "identifier": "jo",
            "type": "validation", "webhookUrl": "https://example.com/",
        });
        let rejected = hooks.bank.post(&writes, VALIDATIONS, validation).await;
        assert_eq!(rejected.rejection(403), "FORBIDDEN");
    }

    async fn many_events_of_one_record_hold_up_no_other(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        hook.answers(BROKEN);
        let more = json!({ "format": "standard", "eventTypes": ["project.*"] });
        hooks.webhook(&hook.url(), more).await;
        let first = hooks.project("One").await;
        for number in 0..100 {
            let body = json!({ "description": format!("change {number}") });
            assert_eq!(hooks.put(&format!("/v2/projects/{first}"), body).await.status, 200);
        }
        hooks.deliver().await;
        hook.answers(OK);
        let second = hooks.project("Two").await;
        // Two looks: all that waits for the first event is out of the way by then.
        hooks.deliver().await;
        hooks.deliver().await;
        let told: Vec<String> =
            hook.received().iter().map(|it| text(&it.json()["data"]["id"])).collect();
        assert!(told.contains(&second), "{told:?}");
        world.turn_clock(6 * SECOND);
        for _ in 0..300 {
            hooks.deliver().await;
            world.turn_clock(10);
        }
        let received = hook.received();
        let sequences: Vec<i64> = received
            .iter()
            .filter(|it| it.json()["data"]["id"] == first.as_str())
            .filter_map(|it| it.json()["data"]["sequence"].as_i64())
            .collect();
        assert_eq!(sequences[0], 1);
        assert_eq!(sequences[1..], (1..=101).collect::<Vec<i64>>()[..]);
    }

    async fn a_secret_that_was_rotated_away_does_not_come_back(world) {
        let hooks = Hooks::open(world).await;
        let flow = format!("/v2/project-flows/{}", hooks.bank.flow);
        let secret = async || {
            let path = format!("{WEBHOOKS}/{}/secret", hooks.bank.flow);
            text(&hooks.data(&path).await["secret"])
        };
        let set = json!({ "webhookUrl": "https://example.com/" });
        hooks.put(&flow, set.clone()).await;
        let first = secret().await;
        hooks.put(&flow, json!({ "webhookUrl": null })).await;
        world.turn_clock(SECOND);
        hooks.put(&flow, set).await;
        assert_ne!(secret().await, first);
    }

    async fn a_second_rotation_waits_for_the_first(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = text(&hooks.webhook(&hook.url(), json!({})).await["_id"]);
        let path = format!("{WEBHOOKS}/{id}/rotate");
        assert_eq!(hooks.post(&path, json!({ "overlapHours": 24 })).await.status, 200);
        let again = hooks.post(&path, json!({ "overlapHours": 24 })).await;
        assert!(again.text().contains("webhook_is_rotating"), "{}", again.text());
        assert_eq!(again.status, 409);
        // A secret that leaked can be replaced at once.
        assert_eq!(hooks.post(&path, json!({ "overlapHours": 0 })).await.status, 200);
        world.turn_clock(DAY);
        assert_eq!(hooks.post(&path, json!({})).await.status, 200);
    }

    async fn the_format_of_a_webhook_stays(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = text(&hooks.webhook(&hook.url(), json!({})).await["_id"]);
        let path = format!("{WEBHOOKS}/{id}");
        let other = hooks.put(&path, json!({ "format": "standard" })).await;
        assert!(other.text().contains("format"), "{}", other.text());
        assert_eq!(other.status, 400);
        assert_eq!(hooks.put(&path, json!({ "format": "verifik" })).await.status, 200);
    }

    async fn what_is_recovered_keeps_its_order(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        hook.answers(BROKEN);
        let more = json!({ "format": "standard", "eventTypes": ["project.*"] });
        let id = text(&hooks.webhook(&hook.url(), more).await["_id"]);
        let project = hooks.project("One").await;
        for name in ["Two", "Three", "Four"] {
            hooks.put(&format!("/v2/projects/{project}"), json!({ "name": name })).await;
        }
        hooks.deliver().await;
        let dead = "UPDATE webhook_events SET state = 'dead', ended_at = created_at, sent_at = created_at";
        world.execute(dead).await;
        world.turn_clock(DAY);
        hook.answers(OK);
        let before = hook.received().len();
        let since = json!({ "since": "2026-01-01T00:00:00Z" });
        hooks.post(&format!("{WEBHOOKS}/{id}/recover"), since).await;
        for _ in 0..8 {
            hooks.deliver().await;
            world.turn_clock(10);
        }
        let received = hook.received();
        let sequences: Vec<i64> =
            received[before..].iter().filter_map(|it| it.json()["data"]["sequence"].as_i64()).collect();
        assert_eq!(sequences, [1, 2, 3, 4]);
    }

    async fn a_url_is_measured_as_it_is_sent(world) {
        let hooks = Hooks::open(world).await;
        let long = format!("https://example.com/{}", "\u{6f22}".repeat(600));
        let rejected = hooks.post(WEBHOOKS, json!({ "url": long })).await;
        assert!(rejected.text().contains("2048 bytes"), "{}", rejected.text());
        assert_eq!(rejected.status, 409);
    }
}
