//! The order of a list.

use serde_json::json;
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, PROJECTS};

use crate::fixtures::validation;
use crate::world::World;

async fn sorted(world: &World, token: &str, query: &str) -> String {
    world.get(token, &format!("/v2/biometric-validations?{query}")).await.ids().concat()
}

on_both_databases! {
    async fn the_newest_comes_first_and_the_id_breaks_ties(world) {
        let token = world.token("acme").await;
        let rows = [("b", 1), ("a", 1), ("d", 2), ("c", 2), ("e", 3)].map(|(id, day)| {
            validation(id, "acme", json!({ "createdAt": format!("2025-01-0{day}") }))
        });
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        for (query, ids) in [
            ("", "edcba"),
            ("sort=-createdAt", "edcba"),
            ("sort=createdAt", "abcde"),
            ("sort=_id", "abcde"),
            ("sort=-_id", "edcba"),
            ("sort=status", "abcde"),
            ("sort=-status", "edcba"),
            ("sort=-createdAt _id", "ecdab"),
            ("sort=createdAt,-_id", "badce"),
            ("sort=-createdAt&sort=_id", "ecdab"),
            ("sort=", "edcba"),
            ("sortBy=createdAt&sortOrder=desc", "edcba"),
            ("orderBy=createdAt&order=asc", "abcde"),
        ] {
            assert_eq!(sorted(world, &token, query).await, ids, "{query}");
        }
    }

    async fn absent_values_come_last_in_both_directions(world) {
        let token = world.token("acme").await;
        let rows = [
            validation("a", "acme", json!({ "riskScore": 0.5, "type": "login", "project": "p1" })),
            validation("b", "acme", json!({})),
            validation("c", "acme", json!({ "riskScore": 0, "requires2FA": true })),
            validation("d", "acme", json!({})),
            validation("e", "acme", json!({
                "riskScore": 0.5, "type": "validation", "requires2FA": false,
                "completedAt": "2025-01-01", "project": "p0",
            })),
        ];
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        for (query, ids) in [
            ("sort=riskScore", "caebd"),
            ("sort=-riskScore", "eacdb"),
            ("sort=type", "aebcd"),
            ("sort=-type", "eadcb"),
            ("sort=requires2FA", "ecabd"),
            ("sort=-requires2FA", "cedba"),
            ("sort=completedAt", "eabcd"),
            ("sort=-completedAt", "edcba"),
            ("sort=project", "eabcd"),
            ("sort=-project", "aedcb"),
            ("sort=-riskScore type", "aecbd"),
            ("sort=riskScore -type", "ceadb"),
        ] {
            assert_eq!(sorted(world, &token, query).await, ids, "{query}");
        }
    }

    async fn words_and_text_sort_by_their_bytes(world) {
        let token = world.token("acme").await;
        let names = ["b", "B", "a", "Z", "é", "z", "_", "10", "9", "aa", "a b", "𝔘", "ﬀ"];
        let rows: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(n, name)| json!({ "_id": format!("p{n:02}"), "client": "acme", "name": name }))
            .collect();
        world.store(&PROJECTS, &rows).await;
        let answer = world.get(&token, "/v2/projects?sort=name&limit=100").await.json();
        let found: Vec<_> =
            answer["data"].as_array().expect("rows").iter().map(|row| row["name"].clone()).collect();
        let mut expected = names;
        expected.sort_unstable();
        assert_eq!(found, expected);
        let rows = [
            validation("1", "acme", json!({ "type": "validation" })),
            validation("2", "acme", json!({ "type": "oneTimeLink" })),
            validation("3", "acme", json!({ "type": "onboarding" })),
            validation("4", "acme", json!({ "type": "login" })),
        ];
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        assert_eq!(sorted(world, &token, "sort=type").await, "4321");
    }

    async fn every_scalar_field_of_a_row_sorts(world) {
        let token = world.token("acme").await;
        let rows = [validation("a", "acme", json!({})), validation("b", "acme", json!({}))];
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        let sorts = BIOMETRIC_VALIDATIONS.row_fields().filter(|field| field.is_scalar());
        for name in sorts.map(|field| field.name) {
            assert_eq!(sorted(world, &token, &format!("sort={name}")).await, "ab", "{name}");
            assert_eq!(sorted(world, &token, &format!("sort=-{name}")).await, "ba", "{name}");
        }
    }
}
