//! Members through the API: who may ask for them, and what is told of them.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::role::Role;
use verax_server::app::members::invitations::LINK_PATH;

use crate::answer::Answer;
use crate::members::member;
use crate::world::{World, request};

const MEMBERS: &str = "/v2/project-members";

async fn call(world: &World, method: Method, token: &str, target: &str, body: Value) -> Answer {
    let mut sent: Request<Body> = request(method, token, target);
    *sent.body_mut() = Body::from(body.to_string());
    world.send(sent).await
}

async fn managing(world: &World, client: &str) -> String {
    world.token_with(client, Some(vec![Scope::WriteMembers, Scope::ReadEvents]), false).await
}

on_both_databases! {
    async fn a_member_is_invited_changed_and_deleted(world) {
        let token = managing(world, "acme").await;
        let body = json!({ "email": "ana@example.com", "role": "editor", "name": "Ana" });
        let made = call(world, Method::POST, &token, MEMBERS, body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json()["data"].clone();
        assert!(made["invitation"]["url"].as_str().expect("a link").starts_with(LINK_PATH));
        let id = made["_id"].as_str().expect("an id").to_owned();
        let one = format!("{MEMBERS}/{id}");
        let record = world.get(&token, &one).await.json()["data"].clone();
        assert_eq!(record, json!({
            "_id": id, "client": "acme", "name": "Ana", "email": "ana@example.com", "role": "editor",
            "status": "invited", "hasTotp": false, "createdAt": "2026-01-02T03:04:05Z",
            "updatedAt": "2026-01-02T03:04:05Z",
        }));
        let twice = call(world, Method::POST, &token, MEMBERS, body).await;
        assert_eq!((twice.status, twice.json()["code"].clone()), (409, json!("project_member_exists")));
        let wrong = json!({ "email": "ana", "role": "god" });
        let wrong = call(world, Method::POST, &token, MEMBERS, wrong).await;
        assert_eq!(wrong.json()["details"].as_array().map(Vec::len), Some(2), "{}", wrong.text());
        let again = call(world, Method::POST, &token, &format!("{one}/invitation"), json!({})).await;
        assert_eq!(again.status, 200, "{}", again.text());
        assert_ne!(again.json()["data"]["invitation"], made["invitation"]);
        let disabled = call(world, Method::PUT, &token, &one, json!({ "status": "disabled" })).await;
        assert_eq!(disabled.json()["code"], "project_member_not_active", "{}", disabled.text());
        let changed = call(world, Method::PUT, &token, &one, json!({ "role": "admin" })).await;
        assert_eq!(changed.json()["data"]["role"], "admin", "{}", changed.text());
        let listed = world.get(&token, &format!("{MEMBERS}?where_role=admin&where_email=ana@example.com")).await;
        assert_eq!((listed.ids(), listed.total()), (vec![id.clone()], 1));
        let deleted = call(world, Method::DELETE, &token, &one, json!({})).await;
        assert_eq!(deleted.json()["data"]["_id"], json!(id), "{}", deleted.text());
        assert_eq!(world.get(&token, &one).await.status, 404);
        let events = world.get(&token, "/v2/events?sort=createdAt").await.json()["data"].clone();
        let types: Vec<&str> = events.as_array().expect("a list").iter()
            .filter_map(|event| event["type"].as_str()).collect();
        assert_eq!(types.len(), 4, "{types:?}");
        for kind in ["created", "updated", "role_changed", "deleted"] {
            assert!(types.contains(&format!("project_member.{kind}").as_str()), "{types:?}");
        }
    }

    async fn who_the_members_are_is_for_those_who_may_change_them(world) {
        let ours = managing(world, "acme").await;
        let foreign = managing(world, "globex").await;
        let ana = member(world, Some("acme"), "ana@example.com", Role::Owner).await;
        let id = world.app.session(&ana.secret).await.expect("a session").member.id;
        let one = format!("{MEMBERS}/{id}");
        let plain = world.token_with("acme", None, false).await;
        let staff = world.token_with("acme", None, true).await;
        for token in [plain, staff] {
            assert_eq!(world.get(&token, MEMBERS).await.status, 403);
            assert_eq!(world.get(&token, &one).await.status, 403);
            let body = json!({ "email": "bo@example.com", "role": "owner" });
            assert_eq!(call(world, Method::POST, &token, MEMBERS, body).await.status, 403);
        }
        assert_eq!(world.get(&ours, MEMBERS).await.total(), 1);
        assert_eq!(world.get(&foreign, MEMBERS).await.total(), 0);
        for (method, body) in [(Method::GET, json!({})), (Method::PUT, json!({ "role": "viewer" })), (Method::DELETE, json!({}))] {
            assert_eq!(call(world, method, &foreign, &one, body).await.status, 404);
        }
        let last = call(world, Method::DELETE, &ours, &one, json!({})).await;
        assert_eq!((last.status, last.json()["code"].clone()), (409, json!("last_owner")));
        // What a member does says who it was.
        let session = world.app.session(&ana.secret).await.expect("a session");
        let invite = verax_server::app::members::invitations::Invite {
            client: Some("acme"), email: "bo@example.com", name: None, role: Role::Viewer,
        };
        world.app.invite_member(invite, &session.origin(Some("r1".to_owned()))).await.expect("invited");
        let target = format!("/v2/events?where_actor=member:{id}&where_request=r1");
        assert_eq!(world.get(&ours, &target).await.total(), 1);
    }
}
