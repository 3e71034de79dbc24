//! App registrations: their own token, their steps, what reviewers decide.

use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::Scope;

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
        assert_eq!(me.json()["data"]["project"], json!({ "_id": way.0, "name": "Bank" }));
        assert_eq!(world.get(&own, &format!("{PATH}/{id}")).await.status, 200);
        world.get(&own, PATH).await.refusal(403);

        let moved = sync(world, &own, &id, json!({ "step": "liveness", "status": "ONGOING" })).await;
        let renewed = text(&moved.json()["data"]["token"]);
        assert_eq!(moved.json(), json!({ "success": true, "data": {
            "token": renewed, "firstName": "Jo", "lastName": "Doe", "fullName": "Jo Doe",
            "step": "liveness", "steps": { "liveness": "optional" },
            "appRegistrationId": id, "status": "ONGOING",
        } }));
        let end = sync(world, &renewed, &id, json!({ "step": "end", "status": "COMPLETED" })).await;
        assert_eq!(end.json()["data"]["status"], "COMPLETED");
        let late = sync(world, &own, &id, json!({ "step": "form" })).await;
        assert_eq!(late.refusal(409), "Conflict");
        assert_eq!(late.json()["message"], "registration_is_over");

        let change = json!({ "fullName": "Jo D.", "email": "jo@d.example" });
        let changed = send(world, Method::PUT, &token, &format!("{PATH}/{id}"), change).await;
        assert_eq!(changed.json()["data"]["fullName"], "Jo D.");
        assert_eq!(changed.json()["data"]["firstName"], "Jo");
        let gone = send(world, Method::DELETE, &token, &format!("{PATH}/{id}"), Value::Null).await;
        assert_eq!(gone.json()["data"]["email"], "jo@d.example");
        world.get(&own, &format!("{PATH}/me")).await.refusal(401);
        world.get(&token, &format!("{PATH}/{id}")).await.refusal(404);
    }

    async fn the_same_address_again_is_the_same_registration_and_a_new_token(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let first = register(world, &token, &way, json!({ "email": "jo@example.com" })).await.json();
        let again = register(world, &token, &way, json!({ "email": "JO@example.com" })).await.json();
        let id = text(&first["data"]["appRegistration"]["_id"]);
        assert_eq!(again["data"]["appRegistration"]["_id"], id.as_str());
        let (old, new) = (text(&first["data"]["token"]), text(&again["data"]["token"]));
        world.get(&old, &format!("{PATH}/me")).await.refusal(401);
        assert_eq!(world.get(&new, &format!("{PATH}/me")).await.status, 200);
        let phone = json!({ "phone": "3001234567", "countryCode": "+57" });
        let phone = register(world, &token, &way, phone).await.json();
        assert_ne!(phone["data"]["appRegistration"]["_id"], id.as_str());
        assert_eq!(world.get(&token, PATH).await.total(), 2);
        world.turn_clock(24 * 3_600_000);
        world.get(&new, &format!("{PATH}/me")).await.refusal(401);
    }

    async fn a_registration_needs_an_address_and_a_project_in_use(world) {
        let token = world.token("acme").await;
        let way = way(world, &token, json!({})).await;
        let nobody = register(world, &token, &way, json!({ "phone": "30012" })).await;
        assert_eq!(nobody.refusal(409), "MissingParameter");
        assert!(text(&nobody.json()["message"]).contains("missing countryCode"));
        let nobody = register(world, &token, &way, json!({ "fullName": "Jo" })).await;
        assert!(text(&nobody.json()["message"]).contains("Needs an email or a phone at least"));
        let jo = json!({ "email": "jo@example.com" });
        let unknown = (way.0.clone(), "nothing".to_owned());
        let refused = register(world, &token, &unknown, jo.clone()).await;
        assert_eq!(refused.refusal(404), "Project_not_found_or_featured_disabled");
        let other = world.token("globex").await;
        register(world, &other, &way, jo.clone()).await.refusal(404);
        let path = format!("/v2/project-flows/{}", way.1);
        send(world, Method::PUT, &token, &path, json!({ "status": "paused" })).await;
        register(world, &token, &way, jo).await.refusal(404);
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
        sync(world, &own, &id, order.clone()).await.refusal(403);
        let reading = world.token_with("acme", Some(vec![Scope::ReadValidations]), false).await;
        sync(world, &reading, &id, order.clone()).await.refusal(403);
        let staff = world.token_with("office", Some(Vec::new()), true).await;
        sync(world, &staff, &id, json!({ "step": "form" })).await.refusal(403);
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
            (json!({ "step": "end", "status": "ONGOING" }), "status"),
            (json!({ "step": "form", "status": "COMPLETED" }), "status"),
            (json!({ "step": "form", "status": "completed" }), "status"),
        ] {
            let answer = sync(world, &own, &id, body.clone()).await;
            assert_eq!(answer.refusal(409), "MissingParameter", "{body}");
            assert_eq!(answer.json()["details"][0]["parameter"], named, "{body}");
        }
        let mine = register(world, &token, &way, json!({ "email": "al@example.com" })).await.json();
        let other = text(&mine["data"]["appRegistration"]["_id"]);
        let foreign = sync(world, &own, &other, json!({ "step": "form" })).await;
        assert_eq!(foreign.refusal(403), "Forbidden");
        assert_eq!(world.get(&own, &format!("{PATH}/{other}")).await.refusal(403), "Forbidden");
        assert_eq!(world.get(&own, &format!("{PATH}/nobody")).await.refusal(403), "Forbidden");
        assert_eq!(world.get(&token, &format!("{PATH}/me")).await.refusal(403), "token_not_right");
    }
}
