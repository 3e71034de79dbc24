//! Whoever is shown an image is written down, and nobody who is not.

use serde_json::{Value, json};
use verax_domain::Scope;

use crate::bank::{Bank, text};
use crate::reviews::{Case, case, reviewing};
use crate::world::World;

const DOCUMENTS: &str = "/v2/document-validations";

/// Part and actor of each access, the oldest first.
async fn accesses(world: &World, bank: &Bank) -> Vec<(String, String)> {
    let token = world.token_with("acme", Some(vec![Scope::ReadAccesses]), false).await;
    let listed = bank.get(&token, "/v2/accesses?sort=createdAt&limit=100").await.json();
    let row = |row: &Value| (text(&row["part"]), text(&row["actor"]));
    listed["data"].as_array().expect("a list").iter().map(row).collect()
}

on_both_databases! {
    async fn who_is_shown_an_image_is_written_down_and_nobody_else(world) {
        let bank = reviewing(world, json!({ "onManualVerification": true }), json!({})).await;
        let Case { document, own, .. } = case(&bank, "jo@example.com").await;
        let image = format!("{DOCUMENTS}/{document}/image");
        world.client("globex").await;
        let foreign = world.token("globex").await;
        for token in [&own, &foreign, "nonsense"] {
            assert!(bank.get(token, &image).await.status >= 400);
            assert!(bank.get(token, &format!("{DOCUMENTS}/{document}/evidence")).await.status >= 400);
        }
        assert_eq!(accesses(world, &bank).await, []);
        let record = bank.get(&bank.token, &format!("{DOCUMENTS}/{document}")).await.json();
        let signed = text(&record["data"]["url"]);
        assert_eq!(accesses(world, &bank).await, [], "a record holds no image");

        assert_eq!(bank.get(&bank.token, &image).await.status, 200);
        world.turn_clock(1000);
        assert_eq!(bank.get(&bank.token, &format!("{DOCUMENTS}/{document}/evidence")).await.status, 200);
        world.turn_clock(1000);
        assert_eq!(bank.get("", &signed).await.status, 200);
        let found = accesses(world, &bank).await;
        let parts: Vec<&str> = found.iter().map(|(part, _)| part.as_str()).collect();
        assert_eq!(parts, ["image", "evidence", "image"]);
        assert!(found[0].1.starts_with("token:") && found[0].1 == found[1].1, "{found:?}");
        assert_eq!(found[2].1, "anonymous");

        // Who may not see it asks in vain, and another client sees nothing of it.
        let usual = world.token_with("acme", None, false).await;
        assert_eq!(bank.get(&usual, "/v2/accesses").await.status, 403);
        let other = world.token_with("globex", Some(vec![Scope::ReadAccesses]), false).await;
        assert_eq!(bank.get(&other, "/v2/accesses").await.total(), 0);
    }
}
