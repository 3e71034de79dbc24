//! A sandbox is a client of its own: what is in it and what is live never meet.

use axum::body::Body;
use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_domain::resources::{ALL, OF_THIS_SERVER};
use verax_domain::{RecordTokenScope, Scope};
use verax_server::app::access::{Mint, MintError, RecordTokenMint, SANDBOX};
use verax_store::Batch;

use crate::fixtures::one_of_each;
use crate::projects::{made, post, send};
use crate::world::{World, all_scopes, request};

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("claims")
}

async fn mint(world: &World, scopes: Option<Vec<Scope>>, staff: bool) -> Result<String, MintError> {
    let valid = std::time::Duration::from_secs(3600);
    let mint = Mint { client: "acme", scopes, staff, mode: SANDBOX, valid, renewable: None };
    world.app.mint_token(&mint).await
}

pub async fn sandbox_token(world: &World) -> String {
    mint(world, None, false).await.expect("a token")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

on_both_databases! {
    async fn a_sandbox_and_its_live_client_see_and_change_nothing_of_each_other(world) {
        let live = world.token("acme").await;
        one_of_each(world, "acme").await;
        let sandbox = mint(world, Some(all_scopes()), false).await.expect("a token");
        let id = text(&payload(&sandbox)["clientId"]);
        one_of_each(world, &id).await;
        let sides = [(&live, "acme", id.as_str()), (&sandbox, id.as_str(), "acme")];
        for (token, own, other) in sides {
            for resource in ALL.into_iter().filter(|resource| !resource.versions.is_empty()) {
                let path = format!("/{}/{}", resource.versions[0], resource.name);
                let listed = world.get(token, &path).await;
                assert_eq!(listed.total(), 1, "{path}");
                let mine = listed.ids()[0].clone();
                assert!(mine.starts_with(own), "{mine}");
                assert!(!listed.text().contains(&format!("{other}-")), "{path}");
                let filtered = world.get(token, &format!("{path}?where_client={other}")).await;
                assert_eq!(filtered.total(), 0, "{path}");
                // The id that the token, `clients/me` and the records name is one.
                let filtered = world.get(token, &format!("{path}?where_client={own}")).await;
                assert_eq!(filtered.total(), 1, "{path}");
                let theirs = format!("{path}/{}", mine.replacen(own, other, 1));
                for method in [Method::GET, Method::PUT, Method::DELETE] {
                    let body = Body::from("{}");
                    let sent = request(method.clone(), token, &theirs).map(|_| body);
                    let answer = world.send(sent).await;
                    assert!([404, 405].contains(&answer.status), "{method} {theirs}");
                }
            }
            let me = world.get(token, "/v2/clients/me").await.json();
            assert_eq!(me["data"]["_id"], own);
            assert_eq!(crate::answer::keys(&me["data"]), [
                "_id", "name", "email", "status", "createdAt", "updatedAt", "secretKey",
            ]);
        }
        let me = world.get(&sandbox, "/v2/clients/me").await.json();
        assert_eq!(me["data"]["name"], "acme Ltd (sandbox)");
        let claims = payload(&sandbox);
        assert_eq!(crate::answer::keys(&claims), ["clientId", "jti", "iat", "exp", "scopes", "mode"]);
        assert_eq!(payload(&sandbox)["mode"], "sandbox");

        // Renewed, it stays where it is, and ends nothing that is live.
        let session = world.get(&sandbox, "/v2/auth/session").await.json();
        let renewed = payload(&text(&session["accessToken"]));
        assert_eq!((&renewed["clientId"], &renewed["mode"]), (&id.as_str().into(), &"sandbox".into()));
        let revoke = request(Method::POST, &sandbox, "/v2/auth/renew-and-revoke");
        assert_eq!(world.send(revoke).await.status, 200);
        world.get(&sandbox, "/v2/clients/me").await.rejection(401);
        assert_eq!(world.get(&live, "/v2/clients/me").await.status, 200);
    }

    async fn a_client_has_one_sandbox_whoever_asks_first(world) {
        world.client("acme").await;
        let tokens = join_all((0..6).map(|_| sandbox_token(world))).await;
        let first = payload(&tokens[0])["clientId"].clone();
        assert!(tokens.iter().all(|token| payload(token)["clientId"] == first));
        assert_eq!(world.app.database.clients().await.expect("clients").len(), 2);
    }

    async fn a_sandbox_token_is_never_staff_and_has_its_clients_scopes(world) {
        world.client("acme").await;
        for (scopes, staff) in [(None, true), (Some(vec![Scope::Staff]), false)] {
            let rejected = mint(world, scopes, staff).await;
            assert!(matches!(rejected, Err(MintError::SandboxStaff)));
        }
        world.execute("UPDATE clients SET scopes = 'documents:read' WHERE id = 'acme'").await;
        let wide = mint(world, Some(vec![Scope::Write]), false).await;
        assert!(matches!(wide, Err(MintError::NotTheClients { .. })));
        let token = sandbox_token(world).await;
        assert_eq!(payload(&token)["scopes"], json!(["documents:read"]));
        world.get(&token, "/v2/biometric-validations").await.rejection(403);
    }

    async fn a_sandbox_token_of_a_live_client_is_rejected_and_told_why(world) {
        one_of_each(world, "acme").await;
        let (token, live) = (world.token("acme").await, world.token("acme").await);
        let device =
            world.record_token("acme", RecordTokenScope::Registration, "acme-registration").await;
        // As it was made before sandboxes were clients.
        world.execute("UPDATE tokens SET mode = 'sandbox'").await;
        for token in [&token, &device, &live] {
            let answer = world.get(token, "/v2/biometric-validations/acme-validation").await;
            assert_eq!(answer.rejection(401), "UNAUTHORIZED");
            assert!(answer.text().contains("token create --sandbox"), "{}", answer.text());
            assert_eq!(world.get(token, "/v2/auth/session").await.rejection(401), "Unauthorized");
        }
        world.execute("UPDATE tokens SET mode = 'live'").await;
        assert_eq!(world.get(&token, "/v2/clients/me").await.status, 200);
        // And no live token is of a sandbox.
        let sandbox = sandbox_token(world).await;
        world.execute("UPDATE tokens SET mode = 'live'").await;
        world.get(&sandbox, "/v2/clients/me").await.rejection(401);
    }

    async fn what_begins_in_a_sandbox_stays_in_it(world) {
        world.client("acme").await;
        let sandbox = sandbox_token(world).await;
        let project = json!({ "name": "Trial", "allowAnonymous": true, "status": "active" });
        let project = made(&post(world, &sandbox, "/v2/projects", project).await);
        let flow = json!({ "project": project, "type": "login", "status": "active" });
        let flow = made(&post(world, &sandbox, "/v2/project-flows", flow).await);
        let jo = json!({ "project": project, "projectFlow": flow, "email": "jo@example.com" });
        let registered = post(world, &sandbox, "/v2/app-registrations", jo).await.json();
        let own = text(&registered["data"]["token"]);
        assert_eq!(payload(&own)["mode"], "sandbox");
        assert_eq!(world.get(&own, "/v2/app-registrations/me").await.status, 200);
        // Also for who has no token at all.
        let login = json!({
            "project": project, "projectFlow": flow, "identifier": "jo@example.com", "type": "login",
        });
        let opened = post(world, "", "/v2/biometric-validations", login).await;
        assert_eq!(opened.status, 200, "{}", opened.text());
        let opened = opened.json()["data"].clone();
        let device = text(&opened["token"]);
        assert_eq!(payload(&device)["mode"], "sandbox");
        let session = format!("/v2/liveness-sessions/{}", text(&opened["livenessSession"]["_id"]));
        assert_eq!(world.get(&device, &session).await.status, 200);
        // A live token finds nothing of it, and names none of it.
        let live = world.token("acme").await;
        world.get(&live, &session).await.rejection(404);
        let stranger = json!({ "project": project, "type": "login" });
        post(world, &live, "/v2/project-flows", stranger).await.rejection(400);
        let path = format!("/v2/projects/{project}");
        send(world, Method::PUT, &live, &path, json!({ "name": "Mine" })).await.rejection(404);
    }

    async fn a_client_takes_its_sandbox_with_it(world) {
        world.token("acme").await;
        let other = world.token("globex").await;
        let sandbox = sandbox_token(world).await;
        let id = text(&payload(&sandbox)["clientId"]);
        one_of_each(world, &id).await;
        world.app.vault.keep(&id, "someone", "picture", b"seen").await.expect("kept");
        let records = (ALL.len() - OF_THIS_SERVER.len() - 1) as u64;
        let counted = world.app.count_records("acme").await.expect("a count");
        assert_eq!(counted, records, "but the client, and what this server alone writes");
        world.app.delete_client("acme").await.expect("a deletion");
        world.get(&sandbox, "/v2/clients/me").await.rejection(401);
        assert_eq!(world.get(&other, "/v2/clients/me").await.status, 200);
        let left = world.app.database.clients().await.expect("clients");
        assert_eq!(left.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), ["globex"]);
        assert!(world.app.vault.fetch(&id, "someone", "picture").await.is_ok_and(|it| it.is_none()));
        assert_eq!(world.app.database.tokens(None).await.expect("tokens").len(), 1);
    }
}

#[tokio::test]
async fn a_token_of_another_kind_than_its_client_is_not_made_for_a_record() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let sandbox = text(&payload(&sandbox_token(&world).await)["clientId"]);
    let until = verax_domain::Timestamp(world.app.clock.now().0 + 600_000);
    for (client, mode) in [("acme", "sandbox"), (sandbox.as_str(), "live")] {
        let scope = RecordTokenScope::Registration;
        let mint = RecordTokenMint { scope, subject: "r", client, mode, until };
        let (token, kept) = world.app.record_token(&mint).expect("a token");
        let mut batch = Batch::default();
        batch.insert_token(&kept);
        world.app.database.commit(batch).await.expect("a kept token");
        world.get(&token, "/v2/app-registrations/me").await.rejection(401);
    }
}
