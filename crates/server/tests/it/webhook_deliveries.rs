//! What becomes of a delivery: attempted again, in order, by another node, sent again, cancelled.

use serde_json::{Value, json};
use verax_domain::Timestamp;
use verax_domain::webhook::RETRY_DELAYS_MS;

use crate::bank::text;
use crate::hooks::{BROKEN, DELIVERIES, Hook, Hooks, OK, WEBHOOKS, deliver, local};
use crate::world::{DAY, NOW, World};

const SECOND: i64 = 1000;

/// Turns the clock to this many milliseconds after the beginning of the test.
fn turn_to(world: &World, millis: i64) {
    world.turn_clock(NOW + millis - world.app.clock.now().0);
}

/// When the only open delivery to a webhook is attempted next, in milliseconds after now.
async fn waits(hooks: &Hooks, webhook: &str) -> i64 {
    let open = hooks.deliveries(webhook).await;
    let open: Vec<&Value> = open.iter().filter(|it| it.get("endedAt").is_none()).collect();
    let [one] = open[..] else { panic!("{open:?}") };
    let due: Timestamp = Timestamp::parse(&text(&one["dueAt"])).expect("a time");
    due.0 - hooks.bank.app.clock.now().0
}

on_both_databases! {
    async fn a_failed_delivery_is_attempted_eleven_times_with_the_same_bytes(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        hook.answers(BROKEN);
        let body = json!({ "payload": "full", "eventTypes": ["app_registration.created"] });
        let id = hooks.of_registrations(&hook.url(), body).await;
        let (registration, own) = hooks.bank.register("jo@example.com").await;
        for attempt in 1..=11_usize {
            hooks.deliver().await;
            assert_eq!(hook.received().len(), attempt);
            hooks.deliver().await;
            assert_eq!(hook.received().len(), attempt, "the next one is not due");
            let Some(delay) = RETRY_DELAYS_MS.get(attempt - 1) else { break };
            let waits = waits(&hooks, &id).await;
            assert!((*delay..=delay + delay / 5).contains(&waits), "{waits} after {attempt}");
            assert_eq!(hooks.states(&id).await, ["retrying"]);
            if attempt == 1 {
                hooks.step(&registration, &own, "instructions").await;
            }
            // A pause of the webhook, which is another test's, is over by then.
            world.turn_clock(waits.max(15 * 60 * SECOND));
        }
        let received = hook.received();
        assert!(received.iter().all(|it| it.body == received[0].body && it.id() == received[0].id()));
        assert_eq!(received[0].json()["data"]["object"]["status"], "STARTED");
        let delivery = hooks.deliveries(&id).await.remove(0);
        assert_eq!(delivery["state"], "dead");
        assert_eq!(delivery["status"], "sent");
        assert_eq!(delivery["attempts"], 11);
        assert_eq!(delivery["response"], json!({ "status": "fail", "statusCode": 500 }));
        assert_eq!(delivery["endedAt"], world.app.clock.now().to_string());
        world.turn_clock(40 * DAY);
        hooks.deliver().await;
        assert_eq!(hook.received().len(), 11);
    }

    async fn a_delivery_says_what_was_sent_and_answered_in_every_attempt(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({})).await;
        let (registration, _) = hooks.bank.register("jo@example.com").await;
        hook.answers("302 Found\r\nlocation: http://127.0.0.1/else\r\nretry-after: 5\r\nserver: theirs");
        hooks.deliver().await;
        assert_eq!(hooks.states(&id).await, ["retrying"], "a redirect is no success");
        world.turn_clock(6 * SECOND);
        hook.answers("204 No Content");
        hooks.deliver().await;
        assert_eq!(hook.received().len(), 2);
        let listed = hooks.deliveries(&id).await.remove(0);
        let event = hooks.data("/v2/events?where_type=app_registration.created").await[0].clone();
        let at = |millis: i64| Timestamp(NOW + millis).to_string();
        let expected = json!({
            "_id": listed["_id"], "client": "acme", "type": "app_registration.created",
            "webhook": id, "event": event["_id"], "projectFlow": hooks.bank.flow,
            "appRegistration": registration, "resource": "app-registrations",
            "record": registration, "sequence": 1, "recordStatus": "STARTED", "status": "sent",
            "state": "delivered", "attempts": 2,
            "response": { "status": "success", "statusCode": 204 },
            "responseStatus": "success", "dueAt": listed["dueAt"], "sentAt": at(0),
            "endedAt": at(6000), "createdAt": at(0),
        });
        assert_eq!(listed, expected);
        let path = format!("{DELIVERIES}/{}", text(&listed["_id"]));
        let mut shown = hooks.data(&path).await;
        for attempt in shown["attemptLog"].as_array_mut().expect("attempts") {
            assert!(attempt["milliseconds"].as_i64().is_some_and(|ms| ms < 15_000));
            attempt["milliseconds"] = 7.into();
        }
        let mut whole = expected;
        whole["attemptLog"] = json!([
            { "number": 1, "at": at(0), "milliseconds": 7, "statusCode": 302,
              "headers": { "retry-after": "5" } },
            { "number": 2, "at": at(6000), "milliseconds": 7, "statusCode": 204, "headers": {} },
        ]);
        whole["body"] = hook.received()[0].json();
        whole["response"]["body"] = "".into();
        assert_eq!(shown, whole);
        // Who may not read registrations sees that it was delivered, and no more.
        let reading = world.token_with("acme", Some(vec![verax_domain::Scope::ReadEvents]), false).await;
        let mut brief = hooks.bank.get(&reading, &path).await.json()["data"].clone();
        assert!(brief.as_object_mut().expect("a record").remove("body").is_none());
        assert_eq!(brief["response"], json!({ "status": "success", "statusCode": 204 }));
        // A part of it has the attempts of the whole.
        let part = hooks.data(&format!("{path}?columns=type")).await;
        assert_eq!(part["attemptLog"].as_array().map(Vec::len), Some(2), "{part}");
        let same = hooks.data(&format!("{path}?allSameEvents=true")).await;
        assert_eq!(same["sameEvents"], json!([listed]));
        // Bodies are kept for seven days, and the rest for thirty.
        world.turn_clock(8 * DAY);
        hooks.bank.app.sweep_webhooks().await.expect("a sweep");
        let shown = hooks.data(&path).await;
        assert!(shown.get("body").is_none() && shown["attemptLog"].as_array().is_some());
        world.turn_clock(23 * DAY);
        let token = world.token("acme").await;
        hooks.bank.app.sweep_webhooks().await.expect("a sweep");
        assert_eq!(hooks.bank.get(&token, &path).await.status, 404);
    }

    async fn a_receiver_may_ask_for_time_up_to_a_day(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let cases = [
            ("90".to_owned(), 90 * SECOND),
            ("86400".to_owned(), DAY),
            ("99999999".to_owned(), DAY),
            (date(world, 120), 120 * SECOND),
            (date(world, 10 * 24 * 3600), DAY),
        ];
        for (number, (value, expected)) in cases.into_iter().enumerate() {
            let id = hooks.of_registrations(&hook.url(), json!({ "ordering": "none" })).await;
            hook.answers(&format!("503 Service Unavailable\r\nretry-after: {value}"));
            hooks.bank.register(&format!("jo{number}@example.com")).await;
            hooks.deliver().await;
            assert_eq!(waits(&hooks, &id).await, expected, "{value}");
            hooks.delete(&format!("{WEBHOOKS}/{id}")).await;
        }
        for value in ["1", "-5", "soon", "Fri, 02 Jan 1970 03:04:05 GMT"] {
            let id = hooks.of_registrations(&hook.url(), json!({})).await;
            hook.answers(&format!("503 Service Unavailable\r\nretry-after: {value}"));
            hooks.bank.register(&format!("{}@example.com", value.len())).await;
            hooks.deliver().await;
            let waits = waits(&hooks, &id).await;
            assert!((5 * SECOND..=6 * SECOND).contains(&waits), "{value}: {waits}");
            hooks.delete(&format!("{WEBHOOKS}/{id}")).await;
        }
    }

    async fn a_records_next_event_waits_for_the_one_that_fails_a_minute_at_most(world) {
        let hooks = Hooks::open(world).await;
        let [ordered, free] = [Hook::start().await, Hook::start().await];
        let id = hooks.of_registrations(&ordered.url(), json!({})).await;
        hooks.of_registrations(&free.url(), json!({ "ordering": "none" })).await;
        for hook in [&ordered, &free] {
            hook.answers(BROKEN);
        }
        let (registration, own) = hooks.bank.register("jo@example.com").await;
        hooks.deliver().await;
        world.turn_clock(SECOND);
        hooks.step(&registration, &own, "instructions").await;
        let told = async |hook: &Hook, of: &str| -> Vec<i64> {
            let bodies = hook.received().into_iter().map(|it| it.json()["data"].clone());
            let own = bodies.filter(|data| data["id"] == of);
            own.map(|data| data["sequence"].as_i64().expect("a number")).collect()
        };
        for hook in [&ordered, &free] {
            hook.answers(OK);
        }
        hooks.deliver_all().await;
        assert_eq!(told(&ordered, &registration).await, [1], "the second waits");
        assert_eq!(told(&free, &registration).await, [1, 2]);
        let (other, _) = hooks.bank.register("bo@example.com").await;
        hooks.deliver_all().await;
        assert_eq!(told(&ordered, &other).await, [1], "another record does not wait");
        turn_to(world, 7 * SECOND);
        hooks.deliver_all().await;
        assert_eq!(told(&ordered, &registration).await, [1, 1, 2]);
        assert_eq!(told(&free, &registration).await, [1, 2, 1]);

        // What goes on failing is overtaken.
        ordered.answers(BROKEN);
        hooks.step(&registration, &own, "signUpForm").await;
        hooks.deliver().await;
        ordered.answers("503 Busy\r\nretry-after: 3600");
        world.turn_clock(7 * SECOND);
        hooks.deliver().await;
        ordered.answers(OK);
        hooks.step(&registration, &own, "document").await;
        let begun = 7 * SECOND;
        for (after, expected) in [(50 * SECOND, 5), (52 * SECOND, 5), (54 * SECOND, 6)] {
            turn_to(world, 7 * SECOND + begun + after);
            hooks.deliver_all().await;
            assert_eq!(told(&ordered, &registration).await.len(), expected, "{after}");
        }
        assert_eq!(told(&ordered, &registration).await, [1, 1, 2, 3, 3, 4]);
        assert_eq!(hooks.states(&id).await.iter().filter(|it| *it == "retrying").count(), 1);
    }

    async fn what_a_dead_node_has_taken_is_sent_by_another_with_the_same_bytes(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let body = json!({ "payload": "full", "ordering": "none" });
        let id = hooks.of_registrations(&hook.url(), body).await;
        let mut registrations = Vec::new();
        for number in 0..12 {
            registrations.push(hooks.bank.register(&format!("jo{number}@example.com")).await);
        }
        let [one, two] = [world.node(local).await, world.node(local).await];
        let now = world.app.clock.now();
        let endpoint = one.database.endpoint("acme", &id).await.expect("a look").expect("an endpoint");
        let lease = Timestamp(now.0 + 30_000);
        let (a, b) = tokio::join!(
            one.database.take_deliveries(&endpoint, now, lease, 8),
            two.database.take_deliveries(&endpoint, now, lease, 8),
        );
        let mut taken: Vec<_> = a.expect("deliveries").into_iter().chain(b.expect("deliveries")).collect();
        // Whoever looks while another does passes over what that one looks at.
        let rest = two.database.take_deliveries(&endpoint, now, lease, 8).await;
        taken.extend(rest.expect("deliveries"));
        let mut ids: Vec<&str> = taken.iter().map(|it| it.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), taken.len()), (12, 12), "nobody has another's");
        // One of them died when it had written down what it sends.
        let delivery = taken.remove(0);
        let (prepared, resource) = one.delivery_body(&endpoint, &delivery).await.expect("a body");
        let mut batch = verax_store::Batch::default();
        batch.store_request(&delivery, &prepared, resource);
        one.database.commit(batch).await.expect("a commit");
        let (registration, own) = registrations
            .iter()
            .find(|(registration, _)| *registration == delivery.record)
            .expect("its registration");
        hooks.step(registration, own, "instructions").await;
        deliver(&two).await;
        let first = |received: &crate::hooks::Received| received.json()["data"]["sequence"] == 1;
        assert_eq!(hook.received().iter().filter(|it| first(it)).count(), 0, "they are another's");
        world.turn_clock(30_000);
        for _ in 0..3 {
            deliver(&two).await;
        }
        let received: Vec<_> = hook.received().into_iter().filter(first).collect();
        assert_eq!(received.len(), 12);
        let again = received.iter().find(|it| it.id() == delivery.event).expect("the same id");
        assert_eq!(again.body, prepared, "the same bytes");
    }

    async fn a_delivery_can_be_sent_again_and_what_is_dead_recovered(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let id = hooks.of_registrations(&hook.url(), json!({ "payload": "full" })).await;
        let (registration, own) = hooks.bank.register("jo@example.com").await;
        hooks.deliver_all().await;
        let first = text(&hooks.deliveries(&id).await[0]["_id"]);
        hooks.step(&registration, &own, "instructions").await;
        hooks.deliver_all().await;
        let again = hooks.put(&format!("{DELIVERIES}/{first}/resend"), Value::Null).await;
        assert_eq!(again.status, 200, "{}", again.text());
        let again = again.json()["data"].clone();
        assert_ne!(again["_id"], first.as_str());
        assert_eq!((&again["state"], &again["attempts"]), (&"pending".into(), &0.into()));
        hooks.deliver_all().await;
        let received = hook.received();
        assert_eq!(received.len(), 3);
        assert_eq!((received[2].id(), &received[2].body), (received[0].id(), &received[0].body));
        let unknown = hooks.put(&format!("{DELIVERIES}/none/resend"), Value::Null).await;
        assert_eq!(unknown.rejection(404), "webhook_event_not_found");

        // Three events: one before the moment, two after it, all given up; one is delivered.
        hook.answers(BROKEN);
        for at in [1, 2, 3_i64] {
            turn_to(world, at * 60 * SECOND);
            hooks.bank.register(&format!("no{at}@example.com")).await;
        }
        let dead = "UPDATE webhook_events SET state = 'dead', ended_at = due_at \
                    WHERE ended_at IS NULL";
        world.execute(dead).await;
        hook.answers(OK);
        let since = Timestamp(NOW + 120 * SECOND).to_string();
        let path = format!("{WEBHOOKS}/{id}/recover");
        let recovered = hooks.post(&path, json!({ "since": since })).await;
        assert_eq!(recovered.json(), json!({ "success": true, "data": { "recovered": 2 } }));
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 5);
        let states = hooks.states(&id).await;
        assert_eq!(states.iter().filter(|it| *it == "dead").count(), 1);
        assert_eq!(states.iter().filter(|it| *it == "delivered").count(), 5);
        let wrong = hooks.post(&path, json!({ "since": "yesterday" })).await;
        assert!(wrong.text().contains("since"), "{}", wrong.text());

        // What waits for a webhook that is deleted goes nowhere.
        hooks.bank.register("last@example.com").await;
        assert_eq!(hooks.delete(&format!("{WEBHOOKS}/{id}")).await.status, 200);
        world.turn_clock(DAY);
        hooks.deliver_all().await;
        assert_eq!(hook.received().len(), 5);
        let states = hooks.states(&id).await;
        assert_eq!(states.iter().filter(|it| *it == "cancelled").count(), 1);
        let gone = hooks.put(&format!("{DELIVERIES}/{first}/resend"), Value::Null).await;
        assert_eq!(gone.status, 409);
        assert!(gone.text().contains("webhook_is_deleted"), "{}", gone.text());
    }
}

/// So many seconds after now, as HTTP writes it.
fn date(world: &World, seconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(world.app.clock.now().0 + seconds * SECOND);
    at.expect("a time").strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
