//! Webhooks and deliveries as a dashboard asks for them, and the button that tries a URL.

use serde_json::{Value, json};

use crate::bank::text;
use crate::hooks::{BROKEN, DELIVERIES, Hook, Hooks, WEBHOOKS};
use crate::receiver::Receiver;
use crate::world::DAY;

on_both_databases! {
    async fn a_dashboard_sees_what_became_of_deliveries_by_flow_and_day(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let flow = hooks.bank.flow.clone();
        let body = json!({
            "name": "Ours", "format": "standard", "ordering": "none", "projectFlow": [flow],
            "eventTypes": ["app_registration.*"],
        });
        let id = text(&hooks.webhook(&hook.url(), body).await["_id"]);
        world.turn_clock(1);
        let all = json!({ "format": "standard", "eventTypes": ["project.created"] });
        let all = text(&hooks.webhook(&hook.url(), all).await["_id"]);
        hooks.bank.register("old@example.com").await;
        hooks.deliver_all().await;
        world.turn_clock(7 * DAY);
        let (registration, _) = hooks.bank.register("jo@example.com").await;
        hooks.project("Another").await;
        hooks.deliver_all().await;
        world.turn_clock(DAY);
        hook.answers(BROKEN);
        hooks.bank.register("bo@example.com").await;
        hooks.deliver().await;
        hooks.bank.register("queued@example.com").await;
        hooks.bank.register("waiting@example.com").await;

        let listed = hooks.data(&format!("{WEBHOOKS}?eventStatistics=7&sort=createdAt")).await;
        assert_eq!(listed[0]["statistics"], json!({ &flow: { "total": 4 } }));
        assert_eq!(listed[0]["statisticsByDay"], json!({
            "2026-01-09": { "success": 1, "failed": 0 }, "2026-01-10": { "success": 0, "failed": 1 },
        }));
        assert_eq!(listed[1]["statistics"], json!({ "none": { "total": 1 } }));
        let path = format!("{WEBHOOKS}/{id}?eventStatistics=9");
        let one = hooks.data(&path).await;
        assert_eq!(one["statistics"], json!({ &flow: { "total": 5 } }));
        let plain = hooks.data(&format!("{WEBHOOKS}/{all}")).await;
        assert!(plain.get("statistics").is_none(), "{plain}");
        for wrong in ["0", "91", "x", "", "-1", "7.5"] {
            for path in [WEBHOOKS.to_owned(), format!("{WEBHOOKS}/{id}")] {
                let path = format!("{path}?eventStatistics={wrong}");
                let answer = hooks.bank.get(&hooks.bank.token, &path).await;
                assert_eq!(answer.wrong_parameters(), ["eventStatistics"]);
            }
        }

        // As Verifik's own dashboard asks.
        let path = format!(
            "{WEBHOOKS}?eventStatistics=7&where_name=Ours&populates=projectFlow.project&\
             populateSelects=%7B%22project%22:%22name%22,%22projectFlow%22:%22project%20name%20type%22%7D"
        );
        let listed = hooks.bank.get(&hooks.bank.token, &path).await;
        let shown = hooks.data(&format!("{WEBHOOKS}/{id}")).await;
        assert_eq!(listed.json()["data"], json!([{
            "_id": id, "client": "acme", "name": "Ours", "url": hook.url(), "isActive": true,
            "projectFlow": [{
                "_id": flow, "project": { "_id": hooks.bank.project, "name": "Bank" },
                "type": "onboarding",
            }],
            "eventTypes": ["app_registration.*"], "format": "standard", "payload": "thin",
            "ordering": "none", "source": "api", "failures": 1,
            "failingSince": shown["failingSince"], "createdAt": shown["createdAt"],
            "updatedAt": shown["updatedAt"],
            "statistics": { &flow: { "total": 4 } },
            "statisticsByDay": {
                "2026-01-09": { "success": 1, "failed": 0 },
                "2026-01-10": { "success": 0, "failed": 1 },
            },
        }]));

        let count = async |filter: &str| {
            hooks.bank.get(&hooks.bank.token, &format!("{DELIVERIES}?{filter}")).await.total()
        };
        for (filter, expected) in [
            ("where_response.status=success".to_owned(), 3),
            ("where_response.status=fail".to_owned(), 1),
            (format!("where_webhook={id}"), 5),
            (format!("where_webhook={all}"), 1),
            (format!("where_projectFlow={flow}"), 5),
            (format!("where_appRegistration={registration}"), 1),
            ("where_status=sent".to_owned(), 4),
            ("where_status=pending".to_owned(), 2),
            (format!("where_webhook={id}&where_status=sent&where_response.status=success"), 2),
        ] {
            assert_eq!(count(&filter).await, expected, "{filter}");
        }
        let path = format!("{DELIVERIES}?where_response.status=x");
        assert_eq!(hooks.bank.get(&hooks.bank.token, &path).await.status, 400);
    }

    async fn a_url_can_be_tried(world) {
        let hooks = Hooks::open(world).await;
        let hook = Hook::start().await;
        let test = async |body: Value| hooks.post(&format!("{WEBHOOKS}/test"), body).await;
        let tried = async |body: Value| {
            let answer = test(body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["data"].clone()
        };
        assert_eq!(tried(json!({ "url": hook.url() })).await, json!({
            "status": "success", "statusCode": 200, "message": "It answered 200.", "body": "seen",
        }));
        let sent = hook.received().remove(0);
        assert_eq!(sent.json(), json!({
            "type": "webhook.test", "timestamp": world.app.clock.now().to_string(),
            "data": { "id": sent.id() },
        }));
        // Without a webhook there is no secret to sign with.
        assert!(sent.header("webhook-signature").starts_with("v1a,"));
        let id = hooks.of_registrations(&hook.url(), json!({})).await;
        tried(json!({ "url": hook.url(), "webhook": id })).await;
        assert!(hook.received()[1].header("webhook-signature").starts_with("v1,"));
        hook.answers(BROKEN);
        assert_eq!(tried(json!({ "url": hook.url() })).await, json!({
            "status": "fail", "statusCode": 500,
            "message": "It answered 500, which counts as a failure.", "body": "seen",
        }));
        let elsewhere = Hook::start().await;
        hook.answers(&format!("307 Temporary Redirect\r\nlocation: {}", elsewhere.url()));
        assert_eq!(tried(json!({ "url": hook.url() })).await, json!({
            "status": "fail", "statusCode": 307,
            "message": "It answered 307: redirects are not followed.", "body": "seen",
        }));
        assert_eq!(elsewhere.receiver.connections(), 0);
        assert_eq!(hooks.deliveries(&id).await, Vec::<Value>::new(), "a test is no delivery");

        let long = "x".repeat(5000);
        let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{long}");
        let long = Receiver::answering(long).await;
        let cut = tried(json!({ "url": long.url() })).await;
        assert_eq!(cut["body"].as_str().map(str::len), Some(1024));
        let closed = Receiver::start(("127.0.0.1", 0), async |_| None).await;
        assert_eq!(tried(json!({ "url": closed.url() })).await, json!({
            "status": "fail", "statusCode": null,
            "message": "The receiver closed the connection without an answer.", "body": null,
        }));

        let missing = test(json!({})).await;
        assert_eq!(missing.rejection(409), "MissingParameter");
        assert!(missing.text().contains("url"), "{}", missing.text());
        let before = hook.receiver.connections();
        let port = hook.receiver.port;
        for url in [
            format!("http://127.0.0.2:{port}/"),
            format!("http://[::1]:{port}/"),
            format!("http://user:secret@127.0.0.1:{port}/"),
            format!("ftp://127.0.0.1:{port}/"),
            "hooks".to_owned(),
        ] {
            let wrong = test(json!({ "url": url })).await;
            assert!((400..500).contains(&wrong.status), "{url}: {}", wrong.text());
            assert!(wrong.text().contains("url"), "{}", wrong.text());
        }
        assert_eq!(hook.receiver.connections(), before);
    }

    async fn a_name_that_means_an_address_that_is_not_allowed_is_not_called(world) {
        let hooks = Hooks::with(world, |config| {
            config.webhooks.allowed_networks = vec!["10.0.0.0/8".parse().expect("a network")];
        })
        .await;
        let hook = Hook::start().await;
        let url = format!("http://localhost:{}/hook", hook.receiver.port);
        let tried = hooks.post(&format!("{WEBHOOKS}/test"), json!({ "url": url })).await;
        assert_eq!(tried.json()["data"], json!({
            "status": "fail", "statusCode": null, "body": null,
            "message": "The URL, or an address of its host, is not one that this server sends \
                        webhooks to.",
        }));
        let id = hooks.of_registrations(&url, json!({})).await;
        hooks.bank.register("jo@example.com").await;
        hooks.deliver().await;
        let delivery = hooks.deliveries(&id).await.remove(0);
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&"retrying".into(), &1.into()));
        assert_eq!(hook.receiver.connections(), 0);
    }
}
