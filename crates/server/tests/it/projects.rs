//! Projects and flows: made, changed, deleted, shown to capture pages.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{World, request};

pub async fn send(world: &World, method: Method, token: &str, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    world.send(request(method, token, path).map(|_| Body::from(body))).await
}

pub async fn post(world: &World, token: &str, path: &str, body: Value) -> Answer {
    send(world, Method::POST, token, path, body).await
}

/// The id of what was made.
#[track_caller]
pub fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["data"]["_id"].as_str().expect("an id").to_owned()
}

on_both_databases! {
    async fn a_project_and_its_flows_live_and_go_together(world) {
        let token = world.token("acme").await;
        let project = json!({
            "name": "Bank", "contactEmail": "help@bank.example", "target": "personal",
            "privacyUrl": "https://bank.example/privacy", "allowedCountries": ["Colombia"],
            "dataProtection": { "name": "Jo", "postalCode": "110111" },
            "branding": { "bgColor": "#fff" }, "demoMode": "true", "somethingElse": 1,
        });
        let answer = post(world, &token, "/v3/projects", project).await;
        let id = made(&answer);
        let at = "2026-01-02T03:04:05Z";
        assert_eq!(answer.json(), json!({ "success": true, "data": {
            "_id": id, "client": "acme", "name": "Bank", "contactEmail": "help@bank.example",
            "privacyUrl": "https://bank.example/privacy", "allowedCountries": ["Colombia"],
            "dataProtection": { "name": "Jo", "postalCode": "110111" },
            "branding": { "bgColor": "#fff" }, "status": "draft", "target": "personal",
            "demoMode": true, "version": 2, "createdAt": at, "updatedAt": at,
        } }));

        world.turn_clock(1000);
        let path = format!("/v2/projects/{id}");
        let change = json!({ "status": "active", "branding": { "bgColor": "#000" } });
        let answer = send(world, Method::PUT, &token, &path, change).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["data"]["branding"], json!({ "bgColor": "#000" }));
        assert_eq!(answer.json()["data"]["name"], "Bank", "what is not sent stays");
        assert_eq!(answer.json()["data"]["updatedAt"], "2026-01-02T03:04:06Z");

        let flow = json!({
            "project": id, "type": "onboarding", "name": "In",
            "liveness": { "minScore": 0.65, "searchMode": "FAST", "attemptLimit": 3 },
            "steps": { "liveness": "mandatory", "document": "skip" },
            "webhookUrl": "https://bank.example/hook",
        });
        let answer = post(world, &token, "/v2/project-flows", flow).await;
        let flow = made(&answer);
        assert_eq!(answer.json()["data"]["liveness"]["minScore"], 0.65);
        assert_eq!(answer.json()["signature"]["message"], "Certified by Verax");
        let change = json!({ "status": "active" });
        let path = format!("/v3/project-flows/{flow}");
        assert_eq!(send(world, Method::PUT, &token, &path, change).await.status, 200);

        let kyc = world.get(&token, &format!("/v2/projects/kyc?id={id}")).await;
        let seen = json!({
            "_id": flow, "type": "onboarding", "status": "active", "version": 2, "name": "In",
            "liveness": { "minScore": 0.65, "searchMode": "FAST", "attemptLimit": 3 },
            "steps": { "liveness": "mandatory", "document": "skip" },
            "signUpForm": {}, "documents": {}, "integrations": {},
            "onboardingSettings": {
                "steps": { "liveness": "mandatory", "document": "skip" },
                "liveness": { "livenessMinScore": 0.65, "searchMode": "FAST", "maxAttempts": 3 },
                "signUpForm": {}, "document": {},
            },
        });
        assert_eq!(kyc.json(), json!({ "success": true, "data": {
            "_id": id, "client": "acme", "planCode": "self-hosted",
            "name": "Bank", "contactEmail": "help@bank.example",
            "privacyUrl": "https://bank.example/privacy", "allowedCountries": ["Colombia"],
            "dataProtection": { "name": "Jo", "postalCode": "110111" },
            "branding": { "bgColor": "#000" }, "status": "active", "target": "personal",
            "version": 2, "projectFlow": seen, "projectFlows": [seen],
        } }));

        let path = format!("/v3/projects/{id}");
        let answer = send(world, Method::DELETE, &token, &path, Value::Null).await;
        assert_eq!(answer.json()["data"]["_id"], id.as_str());
        world.get(&token, &format!("/v2/projects/{id}")).await.rejection(404);
        world.get(&token, &format!("/v2/project-flows/{flow}")).await.rejection(404);
    }

    async fn what_is_wrong_with_a_project_is_told_at_once(world) {
        let token = world.token("acme").await;
        let body = json!({
            "contactEmail": "nobody", "privacyUrl": "javascript:alert(1)", "status": "live",
            "dataProtection": { "postalCode": "1" }, "currentStep": 1.5, "demoMode": "maybe",
            "allowedCountries": [1], "branding": [],
        });
        let answer = post(world, &token, "/v3/projects", body).await;
        assert_eq!(answer.rejection(422), "UnprocessableEntity");
        let detail = |field: &str, rule: &str| {
            json!({ "parameter": field, "message": format!("\"{field}\" {rule}"), "field": field })
        };
        assert_eq!(answer.json()["details"], json!([
            detail("name", "is required"),
            detail("contactEmail", "must be a valid email"),
            detail("privacyUrl", "must be an absolute https URL of at most 2048 bytes, without white \
                                  space, a user or a password"),
            detail("allowedCountries", "must contain strings of 1 to 200 bytes"),
            detail("dataProtection.postalCode", "length must be at least 3 characters long"),
            detail("branding", "must be an object"),
            detail("status", "must be one of [draft, active, paused, inactive, pending]"),
            detail("currentStep", "must be an integer"),
            detail("demoMode", "must be a boolean"),
        ]));
        assert_eq!(post(world, &token, "/v3/projects", json!([])).await.rejection(400), "BadRequest");
        let long = json!({ "name": "x".repeat(61) });
        assert_eq!(post(world, &token, "/v2/projects", long).await.rejection(422), "UnprocessableEntity");
        assert_eq!(world.get(&token, "/v2/projects").await.total(), 0);
    }

    async fn an_address_inside_an_object_is_looked_at_too(world) {
        let token = world.token("acme").await;
        let answer = post(world, &token, "/v3/projects", json!({
            "name": "Bank", "branding": { "logo": { "url": "javascript:1" }, "redirectUrl": "x:y" },
            "dataProtection": { "privacyUrl": "http://bank.example" },
        })).await;
        let named = |answer: &Answer| -> Vec<Value> {
            let details = answer.json()["details"].as_array().expect("details").clone();
            details.iter().map(|detail| detail["parameter"].clone()).collect()
        };
        answer.rejection(422);
        assert_eq!(named(&answer), [
            "dataProtection.privacyUrl", "branding.logo", "branding.redirectUrl",
        ]);
        let fine = json!({ "name": "Bank", "branding": { "logoUrl": "https://bank.example/l.png" } });
        let project = made(&post(world, &token, "/v3/projects", fine).await);
        let answer = post(world, &token, "/v2/project-flows", json!({
            "project": project, "type": "onboarding",
            "loginSettings": { "redirectUrl": "http://bank.example" },
            "signUpForm": { "redirectUrl": "data:text/html," },
            "integrations": {
                "webhook": { "url": "https://10.0.0.1/" }, "webhookUrl": "https://hooks.lan/",
            },
        })).await;
        answer.rejection(400);
        assert_eq!(named(&answer), [
            "loginSettings.redirectUrl", "signUpForm.redirectUrl", "integrations.webhook",
            "integrations.webhookUrl",
        ]);
    }

    async fn a_flow_keeps_its_thresholds_in_their_ranges_and_its_project_is_ones_own(world) {
        let token = world.token("acme").await;
        let other = world.token("globex").await;
        let foreign = made(&post(world, &other, "/v2/projects", json!({ "name": "Theirs" })).await);
        let answer = post(world, &token, "/v2/project-flows", json!({
            "project": foreign, "type": "onboarding",
            "liveness": {
                "minScore": 0.51, "compareMinScore": 0.96, "searchMinScore": 0.69,
                "searchMode": "SLOW", "attemptLimit": 0,
            },
            "steps": { "document": "maybe" },
        })).await;
        assert_eq!(answer.rejection(400), "INVALID_PARAMETERS");
        let named: Vec<Value> = answer.json()["details"].as_array().expect("details").iter()
            .map(|detail| detail["parameter"].clone()).collect();
        assert_eq!(named, [
            "liveness.attemptLimit", "liveness.minScore", "liveness.compareMinScore",
            "liveness.searchMinScore", "liveness.searchMode", "steps.document", "project",
        ]);
    }

    async fn nobody_changes_or_deletes_what_is_another_clients(world) {
        let token = world.token("acme").await;
        let other = world.token("globex").await;
        let id = made(&post(world, &other, "/v2/projects", json!({ "name": "Theirs" })).await);
        let path = format!("/v3/projects/{id}");
        let change = json!({ "name": "Mine" });
        send(world, Method::PUT, &token, &path, change).await.rejection(404);
        send(world, Method::DELETE, &token, &path, Value::Null).await.rejection(404);
        let theirs = world.get(&other, &path).await.json();
        assert_eq!(theirs["data"]["name"], "Theirs");
    }

    async fn a_project_is_shown_without_a_token_only_where_it_allows_it(world) {
        let token = world.token("acme").await;
        let closed = made(&post(world, &token, "/v2/projects", json!({ "name": "A" })).await);
        let open = json!({ "name": "B", "allowAnonymous": true });
        let open = made(&post(world, &token, "/v2/projects", open).await);
        let flow = json!({
            "project": open, "type": "onboarding",
            "loginSettings": { "email": true, "searchMinScore": 0.9 },
            "liveness": { "attemptLimit": 3, "minScore": 0.6, "compareMinScore": 0.9 },
        });
        made(&post(world, &token, "/v2/project-flows", flow).await);
        let rejected = world.get("", &format!("/v2/projects/kyc?id={closed}")).await;
        rejected.rejection(401);
        let unknown = world.get("", "/v2/projects/kyc?id=nobody").await;
        assert_eq!(unknown.bytes, rejected.bytes, "it does not say what is there");
        let shown = world.get("", &format!("/v2/projects/kyc?id={open}")).await;
        assert_eq!(shown.json()["data"]["name"], "B");
        // What score is enough is not a stranger's to know.
        let flow = &shown.json()["data"]["projectFlows"][0];
        assert_eq!(flow["loginSettings"], json!({ "email": true }));
        assert_eq!(flow["liveness"], json!({ "attemptLimit": 3 }));
    }
}
