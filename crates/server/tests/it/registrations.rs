//! App registrations: their own token, their steps, what reviewers decide.

use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::APP_REGISTRATIONS;

use crate::answer::Answer;
use crate::projects::{made, post, send};
use crate::world::World;

const PATH: &str = "/v2/app-registrations";

/// A project and a flow of this client whose face check is as `steps` says.
async fn way(world: &World, token: &str, steps: Value) -> (String, String) {
    let project = made(&post(world, token, "/v3/projects", json!({ "name": "Bank" })).await);
    let flow = json!({ "project": project, "type": "onboarding", "steps": steps });
    let flow = made(&post(world, token, "/v2/project-flows", flow).await);
    (project, flow)
}

async fn register(world: &World, token: &str, way: &(String, String), who: Value) -> Answer {
    let mut body = who;
    body["project"] = json!(way.0);
    body["projectFlow"] = json!(way.1);
    post(world, token, PATH, body).await
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn sync(world: &World, token: &str, id: &str, body: Value) -> Answer {
    send(world, Method::PUT, token, &format!("{PATH}/{id}/sync"), body).await
}

on_both_databases! {
    async fn an_address_is_one_however_its_letters_are_made(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let first = register(world, &token, &way, json!({ "email": "josé@example.com" })).await;
        assert_eq!(first.json()["data"]["appRegistration"]["email"], "josé@example.com");
        let id = text(&first.json()["data"]["appRegistration"]["_id"]);
        let step = json!({ "step": "adminOverride", "status": "COMPLETED", "note": "seen" });
        assert_eq!(sync(world, &token, &id, step).await.status, 200);
        for email in ["jose\u{301}@example.com", "JOSÉ@Example.com", "jo\u{200b}sé@example.com"] {
            let again = register(world, &token, &way, json!({ "email": email })).await;
            assert_eq!(again.rejection(409), "email_is_registered_already", "{email}");
        }
        let found = world.get(&token, &format!("{PATH}?email=jose%CC%81@example.com")).await;
        assert_eq!(found.ids(), [id]);
        // Another mailbox: whoever has the one need not have the other.
        let other = register(world, &token, &way, json!({ "email": "jose@example.com" })).await;
        assert_eq!(other.status, 200, "{}", other.text());
    }

    async fn an_imported_registration_holds_its_contact_however_that_was_typed(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let phones = [
            json!({ "countryCode": "+57", "phone": "+573007770001" }),
            json!({ "countryCode": "57", "phone": "(300) 777 0002" }),
            json!({ "countryCode": "+57", "phone": "300/777.00-03" }),
            json!({ "countryCode": "+57", "phone": "0057 300 777 0004" }),
            json!({ "countryCode": "0057", "phone": "3007770005" }),
            json!({ "phone": "+57 300 777 0006" }),
            json!({ "countryCode": "+57", "phone": "0300 777 0007" }),
        ];
        for (number, phone) in (1..).zip(phones) {
            let mut row = phone.clone();
            row["_id"] = format!("imported-{number}").into();
            for (name, value) in
                [("client", "acme"), ("project", &*way.0), ("status", "COMPLETED")]
            {
                row[name] = value.into();
            }
            world.store(&APP_REGISTRATIONS, &[row]).await;
            let who = json!({ "countryCode": "+57", "phone": format!("300777000{number}") });
            let again = register(world, &token, &way, who).await;
            assert_eq!(again.rejection(409), "phone_is_registered_already", "{phone}");
        }
        for (number, email) in [("a", " zoe@example.com"), ("b", "an\u{200b}a@Example.com ")] {
            let row = json!({
                "_id": number, "client": "acme", "project": way.0, "status": "COMPLETED",
                "email": email,
            });
            world.store(&APP_REGISTRATIONS, &[row]).await;
        }
        for email in ["zoe@example.com", "ana@example.com"] {
            let again = register(world, &token, &way, json!({ "email": email })).await;
            assert_eq!(again.rejection(409), "email_is_registered_already", "{email}");
        }
    }

    async fn a_person_registers_and_is_moved_on_with_a_token_of_the_registration(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({ "liveness": "optional" })).await;
        let who = json!({ "email": "Jo@example.com", "firstName": "Jo", "lastName": "Doe" });
        let answer = register(world, &token, &way, who).await;
        let data = answer.json()["data"].clone();
        let (id, own) = (text(&data["appRegistration"]["_id"]), text(&data["token"]));
        let at = "2026-01-02T03:04:05Z";
        assert_eq!(answer.json(), json!({ "success": true, "data": {
            "appRegistration": {
                "_id": id, "client": "acme", "project": way.0, "projectFlow": way.1,
                "status": "STARTED", "fullName": "Jo Doe", "firstName": "Jo", "lastName": "Doe",
                "email": "Jo@example.com", "language": "en", "currentStep": "1",
                "createdAt": at, "updatedAt": at,
            },
            "informationValidation": null,
            "token": own,
        } }));

        for method in [Method::GET, Method::POST] {
            let me = send(world, method, &own, &format!("{PATH}/me"), Value::Null).await;
            assert_eq!(me.json()["data"], data["appRegistration"]);
        }
        let me = world.get(&own, &format!("{PATH}/me?populates[]=project")).await;
        let project = &me.json()["data"]["project"];
        assert_eq!((&project["_id"], &project["name"]), (&json!(way.0), &json!("Bank")));
        assert_eq!(world.get(&own, &format!("{PATH}/{id}")).await.status, 200);
        world.get(&own, PATH).await.rejection(403);

        let moved = sync(world, &own, &id, json!({ "step": "liveness", "status": "ONGOING" })).await;
        let renewed = text(&moved.json()["data"]["token"]);
        assert_eq!(moved.json(), json!({ "success": true, "data": {
            "token": renewed, "firstName": "Jo", "lastName": "Doe", "fullName": "Jo Doe",
            "step": "liveness", "steps": { "liveness": "optional" },
            "appRegistrationId": id, "status": "ONGOING",
        } }));
        // Nothing was checked: its word alone does not complete it.
        let end = sync(world, &renewed, &id, json!({ "step": "end", "status": "COMPLETED" })).await;
        assert_eq!(end.json()["data"]["status"], "NEEDS_MANUAL_VERIFICATION");
        let late = sync(world, &own, &id, json!({ "step": "form" })).await;
        assert_eq!(late.rejection(409), "Conflict");
        assert_eq!(late.json()["message"], "registration_is_over");

        let change = json!({ "fullName": "Jo D.", "email": "jo@d.example" });
        let changed = send(world, Method::PUT, &token, &format!("{PATH}/{id}"), change).await;
        assert_eq!(changed.json()["data"]["fullName"], "Jo D.");
        assert_eq!(changed.json()["data"]["firstName"], "Jo");
        let gone = send(world, Method::DELETE, &token, &format!("{PATH}/{id}"), Value::Null).await;
        assert_eq!(gone.json()["data"]["email"], "jo@d.example");
        world.get(&own, &format!("{PATH}/me")).await.rejection(401);
        world.get(&token, &format!("{PATH}/{id}")).await.rejection(404);
    }

    async fn the_same_address_again_is_another_registration_that_knows_nothing_of_the_first(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let jo = json!({ "email": "jo@example.com", "fullName": "Jo Doe" });
        let first = register(world, &token, &way, jo).await.json()["data"].clone();
        let again = register(world, &token, &way, json!({ "email": " JO@example.com\u{200b}" })).await;
        let again = again.json()["data"].clone();
        let at = "2026-01-02T03:04:05Z";
        assert_eq!(again["appRegistration"], json!({
            "_id": again["appRegistration"]["_id"], "client": "acme", "project": way.0,
            "projectFlow": way.1, "status": "STARTED", "email": "JO@example.com", "language": "en",
            "currentStep": "1", "createdAt": at, "updatedAt": at,
        }));
        assert_ne!(again["appRegistration"]["_id"], first["appRegistration"]["_id"]);
        for one in [&first, &again] {
            let me = world.get(&text(&one["token"]), &format!("{PATH}/me")).await;
            assert_eq!(me.json()["data"], one["appRegistration"]);
        }
        world.turn_clock(24 * 3_600_000);
        world.get(&text(&first["token"]), &format!("{PATH}/me")).await.rejection(401);
    }

    async fn an_address_and_a_number_of_a_completed_registration_are_taken(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let done = json!({ "step": "end", "status": "COMPLETED" });
        let jo = json!({ "email": "jo@example.com", "phone": "300 123 4567", "countryCode": "57" });
        let jo = register(world, &token, &way, jo).await.json()["data"]["appRegistration"].clone();
        assert_eq!((&jo["phone"], &jo["countryCode"]), (&json!("3001234567"), &json!("+57")));
        assert_eq!(sync(world, &token, &text(&jo["_id"]), done.clone()).await.status, 200);

        let flow = json!({ "project": way.0, "type": "onboarding" });
        let other_flow = (way.0.clone(), made(&post(world, &token, "/v2/project-flows", flow).await));
        let (email, phone) = ("email_is_registered_already", "phone_is_registered_already");
        for (who, code) in [
            (json!({ "email": "JO@example.com" }), email),
            (json!({ "email": "\u{feff}jo@exam\u{ad}ple.com" }), email),
            (json!({ "email": "al@example.com", "phone": "3001234567", "countryCode": "+57" }), phone),
            (json!({ "phone": "+57 300 123 4567", "countryCode": "+57" }), phone),
            (json!({ "phone": "03001234567", "countryCode": "0057" }), phone),
        ] {
            for way in [&way, &other_flow] {
                let rejected = register(world, &token, way, who.clone()).await;
                assert_eq!(rejected.rejection(409), code, "{who}");
                assert_eq!(rejected.json()["message"], code);
                assert!(!rejected.text().contains(&text(&jo["_id"])), "nothing of the record");
            }
        }
        // Another country, another project.
        let alike = json!({ "phone": "3001234567", "countryCode": "+58" });
        assert_eq!(register(world, &token, &way, alike).await.status, 200);
        let elsewhere = self::way(world, &token, json!({})).await;
        let there = register(world, &token, &elsewhere, json!({ "email": "jo@example.com" })).await;
        assert_eq!(there.status, 200);
        for (phone, code, parameter) in [
            ("+13001234567", "+57", "phone"),
            // Another way to split the same digits.
            ("73001234567", "+5", "countryCode"),
        ] {
            let wrong = json!({ "phone": phone, "countryCode": code });
            let wrong = register(world, &token, &way, wrong).await;
            assert_eq!(wrong.rejection(409), "MissingParameter");
            assert_eq!(wrong.json()["details"][0]["parameter"], parameter);
        }

        // The client alone moves it.
        let path = format!("{PATH}/{}", text(&jo["_id"]));
        let moved = json!({ "email": "new@example.com", "phone": "3009999999" });
        let moved = send(world, Method::PUT, &token, &path, moved).await;
        assert_eq!(moved.json()["data"]["countryCode"], "+57");
        let fresh = register(world, &token, &way, json!({ "email": "jo@example.com" })).await;
        assert_eq!(fresh.status, 200, "{}", fresh.text());
        let taken = register(world, &token, &way, json!({ "email": "new@example.com" })).await;
        assert_eq!(taken.rejection(409), email);
        let back = text(&fresh.json()["data"]["appRegistration"]["_id"]);
        assert_eq!(sync(world, &token, &back, done).await.json()["data"]["status"], "COMPLETED");
        let back = send(world, Method::PUT, &token, &path, json!({ "email": "jo@example.com" })).await;
        assert_eq!(back.rejection(409), email);
        assert_eq!(world.get(&token, &path).await.json()["data"]["email"], "new@example.com");
        // Who is no longer completed holds nothing.
        let failed = json!({ "step": "adminOverride", "status": "FAILED" });
        assert_eq!(sync(world, &token, &text(&jo["_id"]), failed).await.status, 200);
        let free = register(world, &token, &way, json!({ "email": "new@example.com" })).await;
        assert_eq!(free.status, 200);
    }

    async fn of_two_who_complete_with_one_address_one_holds_it(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let done = json!({ "step": "end", "status": "COMPLETED" });
        for round in 0..5 {
            let email = json!({ "email": format!("jo{round}@example.com") });
            let mut ids = Vec::new();
            for _ in 0..4 {
                let one = register(world, &token, &way, email.clone()).await.json();
                ids.push(text(&one["data"]["appRegistration"]["_id"]));
            }
            let calls = ids.iter().map(|id| sync(world, &token, id, done.clone()));
            let answers = futures_util::future::join_all(calls).await;
            let mut statuses: Vec<u16> = answers.iter().map(|it| it.status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409, 409, 409]);
            let late = answers.iter().find(|it| it.status == 409).expect("one");
            assert_eq!(late.rejection(409), "email_is_registered_already");
        }
        let path = format!("{PATH}?where_status=COMPLETED");
        assert_eq!(world.get(&token, &path).await.total(), 5);
    }

    async fn an_imported_registration_holds_its_contact_unless_another_does(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let row = |id: &str, status: &str, email: &str| json!({
            "_id": id, "client": "acme", "project": way.0, "projectFlow": way.1,
            "status": status, "email": email, "phone": "300 123", "countryCode": "+57",
            "createdAt": "2025-06-01T00:00:00Z",
        });
        let rows = [
            row("r1", "ONGOING", "one@example.com"),
            row("r2", "COMPLETED", "two@example.com"),
            row("r3", "COMPLETED", "two@example.com"),
        ];
        let resource = &verax_domain::resources::APP_REGISTRATIONS;
        world.store(resource, &rows).await;
        world.store(resource, &rows).await;
        let by = |email: &str| json!({ "email": email });
        assert_eq!(register(world, &token, &way, by("one@example.com")).await.status, 200);
        let taken = register(world, &token, &way, by("Two@example.com")).await;
        assert_eq!(taken.rejection(409), "email_is_registered_already");
        let taken = json!({ "phone": "300123", "countryCode": "+57" });
        let taken = register(world, &token, &way, taken).await;
        assert_eq!(taken.rejection(409), "phone_is_registered_already");
        send(world, Method::DELETE, &token, &format!("{PATH}/r2"), Value::Null).await;
        assert_eq!(register(world, &token, &way, by("two@example.com")).await.status, 200);
    }

    async fn a_client_lets_a_person_go_on_with_a_fresh_token(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({ "liveness": "optional" })).await;
        let jo = json!({ "email": "jo@example.com", "firstName": "Jo", "lastName": "Doe" });
        let jo = register(world, &token, &way, jo).await.json()["data"].clone();
        let (id, own) = (text(&jo["appRegistration"]["_id"]), text(&jo["token"]));
        let path = format!("{PATH}/{id}/resend-link");
        let denied = post(world, &own, &path, json!({})).await;
        assert_eq!(denied.rejection(403), "Forbidden");
        assert_eq!(denied.json()["message"], "access_denied");
        let reading = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
        assert_eq!(post(world, &reading, &path, json!({})).await.rejection(403), "FORBIDDEN");
        let stranger = world.token("globex").await;
        post(world, &stranger, &path, json!({})).await.rejection(404);
        let mail = post(world, &token, &path, json!({ "sendEmail": "true" })).await;
        assert_eq!(mail.rejection(409), "messages_not_set");
        assert_eq!(world.get(&own, &format!("{PATH}/me")).await.status, 200, "nothing has changed");

        let resent = post(world, &token, &path, json!({ "sendEmail": false })).await;
        let fresh = text(&resent.json()["data"]["token"]);
        assert_eq!(resent.json(), json!({ "success": true, "data": {
            "token": fresh, "link": format!("/sign-up/{}?token={fresh}", way.0),
            "firstName": "Jo", "lastName": "Doe", "fullName": "Jo Doe", "email": "jo@example.com",
            "step": "1", "steps": { "liveness": "optional" }, "appRegistrationId": id,
            "status": "STARTED", "expiresAt": "2026-01-02T03:34:05Z",
            "accessType": "app_registration_initiated", "issuedAt": "2026-01-02T03:04:05Z",
            "emailSent": false,
        } }));
        world.get(&own, &format!("{PATH}/me")).await.rejection(401);
        assert_eq!(world.get(&fresh, &format!("{PATH}/me")).await.json()["data"]["_id"], id.as_str());
        world.turn_clock(30 * 60_000);
        world.get(&fresh, &format!("{PATH}/me")).await.rejection(401);

        let done = json!({ "step": "end", "status": "COMPLETED" });
        assert_eq!(sync(world, &token, &id, done).await.status, 200);
        let over = post(world, &token, &path, json!({})).await;
        assert_eq!(over.rejection(409), "cannot_resend_link_for_this_status");
        assert_eq!(over.json()["message"], "cannot_resend_link_for_this_status");
        post(world, &token, &format!("{PATH}/nobody/resend-link"), json!({})).await.rejection(404);
    }

    async fn a_registration_needs_an_address_and_a_project_in_use(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let nobody = register(world, &token, &way, json!({ "phone": "30012" })).await;
        assert_eq!(nobody.rejection(409), "MissingParameter");
        assert!(text(&nobody.json()["message"]).contains("missing countryCode"));
        let nobody = register(world, &token, &way, json!({ "fullName": "Jo" })).await;
        assert!(text(&nobody.json()["message"]).contains("Needs an email or a phone at least"));
        let jo = json!({ "email": "jo@example.com" });
        let unknown = (way.0.clone(), "nothing".to_owned());
        let rejected = register(world, &token, &unknown, jo.clone()).await;
        assert_eq!(rejected.rejection(404), "Project_not_found_or_featured_disabled");
        let other = world.token("globex").await;
        register(world, &other, &way, jo.clone()).await.rejection(404);
        let path = format!("/v2/project-flows/{}", way.1);
        send(world, Method::PUT, &token, &path, json!({ "status": "paused" })).await;
        register(world, &token, &way, jo).await.rejection(404);
    }

    async fn what_the_flow_demands_is_reviewed_and_the_review_is_kept(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({ "liveness": "mandatory" })).await;
        let jo = register(world, &token, &way, json!({ "email": "jo@example.com" })).await.json();
        let (id, own) = (text(&jo["data"]["appRegistration"]["_id"]), text(&jo["data"]["token"]));
        let skipped = sync(world, &own, &id, json!({ "step": "skipKYC" })).await;
        assert_eq!(skipped.json()["message"], "step_is_mandatory");
        let end = sync(world, &own, &id, json!({ "step": "end", "status": "COMPLETED" })).await;
        assert_eq!(end.json()["data"]["status"], "NEEDS_MANUAL_VERIFICATION");
        let order = json!({ "step": "adminOverride", "status": "COMPLETED", "note": "Seen in person" });
        sync(world, &own, &id, order.clone()).await.rejection(403);
        let reading = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
        sync(world, &reading, &id, order.clone()).await.rejection(403);
        let staff = world.token_with("office", Some(Vec::new()), true).await;
        sync(world, &staff, &id, json!({ "step": "form" })).await.rejection(403);
        let reviewed = sync(world, &staff, &id, order).await.json()["data"].clone();
        assert_eq!(reviewed["status"], "COMPLETED");
        assert_eq!(reviewed["token"], Value::Null, "who may not write gets nothing that writes");
        let record = world.get(&token, &format!("{PATH}/{id}")).await.json()["data"].clone();
        assert_eq!(record["status"], "COMPLETED");
        assert_eq!(record["currentStep"], "end");
        assert_eq!(record["manualReviewLog"], json!([{
            "previousStatus": "NEEDS_MANUAL_VERIFICATION", "newStatus": "COMPLETED",
            "note": "Seen in person", "reviewedByStaff": "office",
            "createdAt": "2026-01-02T03:04:05Z",
        }]));
    }

    async fn a_step_and_its_status_belong_together(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let jo = register(world, &token, &way, json!({ "email": "jo@example.com" })).await.json();
        let (id, own) = (text(&jo["data"]["appRegistration"]["_id"]), text(&jo["data"]["token"]));
        for (body, named) in [
            (json!({}), "step"),
            (json!({ "step": "dance" }), "step"),
            (json!({ "step": "end" }), "status"),
            (json!({ "step": "end", "status": "EXPIRED" }), "status"),
            (json!({ "step": "form", "status": "COMPLETED" }), "status"),
            (json!({ "step": "form", "status": "completed" }), "status"),
        ] {
            let answer = sync(world, &own, &id, body.clone()).await;
            assert_eq!(answer.rejection(409), "MissingParameter", "{body}");
            assert_eq!(answer.json()["details"][0]["parameter"], named, "{body}");
        }
        let mine = register(world, &token, &way, json!({ "email": "al@example.com" })).await.json();
        let other = text(&mine["data"]["appRegistration"]["_id"]);
        let foreign = sync(world, &own, &other, json!({ "step": "form" })).await;
        assert_eq!(foreign.rejection(403), "Forbidden");
        assert_eq!(world.get(&own, &format!("{PATH}/{other}")).await.rejection(403), "Forbidden");
        assert_eq!(world.get(&own, &format!("{PATH}/nobody")).await.rejection(403), "Forbidden");
        assert_eq!(world.get(&token, &format!("{PATH}/me")).await.rejection(403), "token_not_right");
    }
}
