//! Cases in the console: begun from the queue, decided by forms, their images written down before they are sent.

use axum::http::Method;
use serde_json::json;
use verax_domain::role::Role;

use crate::answer::Answer;
use crate::bank::Bank;
use crate::console_visits::Visit;
use crate::reviews::{Case, case, registration, review, reviewing};
use crate::world::World;

const DOCUMENTS: &str = "/console/document-validations";

fn page_of(case: &Case) -> String {
    format!("/console/reviews/{}", case.review)
}

/// Where an answer leads.
#[track_caller]
fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_owned()
}

/// What a page says in a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn accesses(world: &World, bank: &Bank) -> Vec<serde_json::Value> {
    let scopes = vec![verax_domain::Scope::ReadAccesses];
    let token = world.token_with("acme", Some(scopes), false).await;
    let listed = bank.get(&token, "/v2/accesses?sort=createdAt").await;
    listed.json()["data"].as_array().expect("a list").clone()
}

on_both_databases! {
    async fn a_member_takes_the_next_case_looks_and_decides(world) {
        let bank = reviewing(world, json!({ "onManualVerification": true }), json!({})).await;
        let waiting = case(&bank, "jo@example.com").await;
        let visit = Visit::of(world, Some("acme"), Role::Editor).await;
        let queue = visit.get("/console/queue").await;
        assert!(queue.text().contains(&page_of(&waiting)), "{}", queue.text());
        assert_eq!(leads_to(&visit.post("/console/queue/next", "").await), page_of(&waiting));
        let page = visit.get(&page_of(&waiting)).await.text().to_owned();
        // What failed is said with its words, and the image is a link until somebody opens it.
        assert!(page.contains("A check digit of the machine-readable zone is wrong."), "{page}");
        let image = format!("{DOCUMENTS}/{}/image", waiting.document);
        assert!(page.contains(&format!("{image}?for={}", waiting.review)), "{page}");
        assert!(accesses(world, &bank).await.is_empty(), "nobody has looked yet");
        let shown = visit.get(&format!("{image}?for={}", waiting.review)).await;
        assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
        let looked = accesses(world, &bank).await;
        assert_eq!(looked.len(), 1);
        assert_eq!(looked[0]["purpose"], format!("review:{}", waiting.review));
        assert_eq!((&looked[0]["part"], &looked[0]["record"]), (&json!("image"), &json!(waiting.document)));
        assert!(looked[0]["actor"].as_str().is_some_and(|actor| actor.starts_with("member:")));

        let target = format!("{}/decide", page_of(&waiting));
        let evidence = hidden(&page, "evidence");
        assert_eq!(evidence.len(), 64);
        let bare = visit.post(&target, &format!("decision=decline&evidence={evidence}")).await;
        assert_eq!(bare.status, 400, "{}", bare.text());
        let form = format!("decision=decline&reasons=document_manipulated&evidence={evidence}&note=No");
        assert_eq!(leads_to(&visit.post(&target, &form).await), "/console/queue?done=decided");
        let decided = review(&bank, &waiting.review).await;
        assert_eq!((&decided["decision"], &decided["note"]), (&json!("decline"), &json!("No")));
        assert_eq!(registration(&bank, &waiting.registration).await["status"], "FAILED");
        let next = visit.post("/console/queue/next", "").await;
        assert_eq!(leads_to(&next), "/console/queue?done=queue-none-left");
    }

    async fn a_second_member_confirms_and_the_first_one_cannot(world) {
        let four_eyes = json!({ "onManualVerification": true, "fourEyes": "all" });
        let bank = reviewing(world, four_eyes, json!({})).await;
        let waiting = case(&bank, "jo@example.com").await;
        let first = Visit::of(world, Some("acme"), Role::Editor).await;
        let second = Visit::of(world, Some("acme"), Role::Admin).await;
        let path = |what: &str| format!("{}/{what}", page_of(&waiting));
        first.post(&path("claim"), "").await;
        assert_eq!(second.post(&path("claim"), "").await.status, 409);
        assert!(second.get(&page_of(&waiting)).await.text().contains("Another reviewer is at it"));
        let proposed = first.post(&path("decide"), "decision=approve").await;
        assert_eq!(leads_to(&proposed), "/console/queue?done=proposed");
        assert_eq!(first.post(&path("confirm"), "").await.status, 403);
        assert!(first.get(&page_of(&waiting)).await.text().contains("Another reviewer confirms it"));
        assert!(second.get("/console/queue").await.text().contains(&page_of(&waiting)));
        assert_eq!(leads_to(&second.post(&path("return"), "note=Look+again").await), format!("{}?done=returned", page_of(&waiting)));
        assert!(first.get(&page_of(&waiting)).await.text().contains("Look again"));
        first.post(&path("claim"), "").await;
        first.post(&path("decide"), "decision=approve").await;
        // The evidence changes under a page that is open.
        let changed = format!("/v2/document-validations/{}/document-type", waiting.document);
        bank.call(Method::PUT, &bank.token, &changed, json!({ "documentType": "CC" })).await;
        assert_eq!(second.post(&path("confirm"), "").await.status, 409);
        assert_eq!(review(&bank, &waiting.review).await["state"], "open");
        first.post(&path("claim"), "").await;
        first.post(&path("decide"), "decision=approve").await;
        assert_eq!(leads_to(&second.post(&path("confirm"), "").await), "/console/queue?done=decided");
        assert_eq!(registration(&bank, &waiting.registration).await["status"], "COMPLETED");
    }

    async fn whoever_did_something_is_named_to_members_of_the_same_client(world) {
        let bank = reviewing(world, json!({ "onManualVerification": true }), json!({})).await;
        let waiting = case(&bank, "jo@example.com").await;
        let ines = Visit::of(world, Some("acme"), Role::Editor).await;
        let colleague = Visit::of(world, Some("acme"), Role::Admin).await;
        let staff = Visit::of(world, None, Role::Editor).await;
        for (visit, name) in [(&ines, "In%C3%A9s+%3Cb%3E"), (&staff, "Operator")] {
            let form = format!("name={name}&language=");
            leads_to(&visit.post("/console/account/profile", &form).await);
        }
        let path = |what: &str| format!("{}/{what}", page_of(&waiting));
        ines.post(&path("claim"), "").await;
        ines.post(&path("notes"), "note=Odd").await;
        // No database has to hold what PostgreSQL cannot, and nobody is called as another one is shown.
        let rejected = ines.post(&path("notes"), "note=a%00b").await;
        assert!(rejected.status == 400 && rejected.text().contains("NUL"), "{}", rejected.text());
        for name in ["member%3A6b0e7f3400298f81ad4c2729", "anonymous", "%E2%80%8B"] {
            let form = format!("name={name}&language=");
            assert_eq!(ines.post("/console/account/profile", &form).await.status, 400, "{name}");
        }
        for visit in [&colleague, &staff] {
            for page in [page_of(&waiting), "/console/reviews?columns=claimedBy".to_owned(), "/console/".to_owned()] {
                let page = visit.get(&page).await.text().to_owned();
                assert!(page.contains("Inés &#60;b&#62;"), "{page}");
            }
        }
        leads_to(&ines.post(&path("release"), "").await);
        leads_to(&staff.post(&path("claim"), "").await);
        let page = colleague.get(&page_of(&waiting)).await.text().to_owned();
        assert!(page.contains("member:") && !page.contains("Operator"), "{page}");
    }

    async fn nobody_else_sees_a_case_or_its_images(world) {
        let bank = reviewing(world, json!({ "onManualVerification": true }), json!({})).await;
        let waiting = case(&bank, "jo@example.com").await;
        let image = format!("{DOCUMENTS}/{}/image?for={}", waiting.document, waiting.review);
        let viewer = Visit::of(world, Some("acme"), Role::Viewer).await;
        for target in [page_of(&waiting), "/console/queue".to_owned(), image.clone()] {
            assert_eq!(viewer.get(&target).await.status, 403, "{target}");
        }
        world.client("globex").await;
        let rival = Visit::of(world, Some("globex"), Role::Owner).await;
        for target in [page_of(&waiting), image.clone()] {
            assert_eq!(rival.get(&target).await.status, 404, "{target}");
        }
        for what in ["claim", "release", "decide", "confirm", "return", "notes"] {
            let target = format!("{}/{what}", page_of(&waiting));
            let answer = rival.post(&target, "decision=approve&note=x").await;
            assert!([303, 404].contains(&answer.status), "{what}: {}", answer.text());
        }
        let stranger = Visit::stranger(world);
        assert!(leads_to(&stranger.get(&image).await).starts_with("/console/sign-in"));
        assert!(accesses(world, &bank).await.is_empty());
        assert_eq!(review(&bank, &waiting.review).await["state"], "open");
    }
}
