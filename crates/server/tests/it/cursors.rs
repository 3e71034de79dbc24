//! Cursors and `skipTotal`: what a client may ask for beyond the seeds.

use serde_json::json;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;

use crate::answer::{compact, keys};
use crate::fixtures::{numbered, validation};

const LIST: &str = "/v2/biometric-validations";

on_both_databases! {
    async fn cursors_lead_through_the_whole_list(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        for filter in ["", "&sort=createdAt", "&sort=status,-riskScore", "&in_status[]=new,failed"] {
            let all = world.get(&token, &format!("{LIST}?perPage=100{filter}")).await.ids();
            let mut seen = Vec::new();
            let mut cursor = "*".to_owned();
            while !cursor.is_empty() {
                let target = format!("{LIST}?perPage=4&cursor={cursor}{filter}");
                let answer = world.get(&token, &target).await;
                seen.extend(answer.ids());
                let pagination = answer.json()["pagination"].clone();
                assert_eq!(keys(&pagination), ["perPage", "total", "pages", "nextCursor"]);
                assert_eq!(pagination["total"], all.len());
                cursor = pagination["nextCursor"].as_str().unwrap_or_default().to_owned();
            }
            assert_eq!(seen, all, "{filter}");
        }
    }

    async fn records_that_come_in_do_not_move_what_a_cursor_is_yet_to_show(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 9).await;
        let all = world.get(&token, &format!("{LIST}?perPage=100")).await.ids();
        let first = world.get(&token, &format!("{LIST}?perPage=4&cursor=")).await;
        let newer = validation("newer", "acme", json!({ "createdAt": "2025-09-01T00:00:00Z" }));
        world.store(&BIOMETRIC_VALIDATIONS, &[newer]).await;
        let cursor = first.json()["pagination"]["nextCursor"].as_str().expect("more").to_owned();
        let second = world.get(&token, &format!("{LIST}?perPage=4&cursor={cursor}")).await;
        assert_eq!(second.ids(), all[4..8]);
        assert_eq!(second.total(), 10);
    }

    async fn the_last_page_has_no_next_cursor(world) {
        let token = world.token("acme").await;
        let empty = world.get(&token, &format!("{LIST}?cursor=*&skipTotal=1")).await;
        let expected = r#"{
            "success": true, "data": [], "pagination": { "perPage": 20, "nextCursor": null }
        }"#;
        assert_eq!(empty.text(), compact(expected));
        numbered(world, "acme", 4).await;
        let full = world.get(&token, &format!("{LIST}?cursor=*&perPage=4&columns=_id")).await;
        let expected = r#"{
            "success": true,
            "data": [{ "_id": "v03" }, { "_id": "v02" }, { "_id": "v01" }, { "_id": "v00" }],
            "pagination": { "perPage": 4, "total": 4, "pages": 1, "nextCursor": null }
        }"#;
        assert_eq!(full.text(), compact(expected));
    }

    async fn a_cursor_is_of_one_list_and_one_client(world) {
        let token = world.token("acme").await;
        let other = world.token("globex").await;
        let staff = world.staff_token("initech").await;
        numbered(world, "acme", 9).await;
        let first = world.get(&token, &format!("{LIST}?perPage=4&cursor=*")).await;
        let cursor = first.json()["pagination"]["nextCursor"].as_str().expect("more").to_owned();
        let forged = format!("A{}", &cursor[1..]);
        for (token, target) in [
            (&other, format!("{LIST}?cursor={cursor}")),
            (&staff, format!("{LIST}?cursor={cursor}")),
            (&token, format!("{LIST}?cursor={cursor}&status=new")),
            (&token, format!("{LIST}?cursor={cursor}&sort=createdAt")),
            (&token, format!("/v2/document-liveness?cursor={cursor}")),
            (&token, format!("{LIST}?cursor={}", &cursor[..cursor.len() - 3])),
            (&token, format!("{LIST}?cursor={}", if forged == cursor { "B" } else { &forged })),
            (&token, format!("{LIST}?cursor=0")),
            (&token, format!("{LIST}?cursor=**")),
        ] {
            let answer = world.get(token, &target).await;
            assert_eq!(answer.wrong_parameters(), ["cursor"], "{target}");
        }
        // The size of a page and what it shows may change on the way.
        let target = format!("{LIST}?cursor={cursor}&perPage=2&columns=status&populates=client");
        assert_eq!(world.get(&token, &target).await.ids(), ["v04", "v03"]);
    }

    async fn a_cursor_says_where_a_page_begins_and_nothing_else_does(world) {
        let token = world.token("acme").await;
        for more in ["page=1", "offset=0", "page=2&offset=3"] {
            let answer = world.get(&token, &format!("{LIST}?cursor=*&{more}")).await;
            assert_eq!(answer.wrong_parameters(), ["cursor"], "{more}");
        }
        let answer = world.get(&token, &format!("{LIST}?cursor=a&cursor=b")).await;
        assert_eq!(answer.wrong_parameters(), ["cursor"]);
        let answer = world.get(&token, &format!("{LIST}?skipTotal=maybe")).await;
        assert_eq!(answer.wrong_parameters(), ["skipTotal"]);
    }

    async fn without_a_total_a_page_has_the_same_rows(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 9).await;
        for filter in ["", "&like_identifier=user", "&in_status[]=new,failed", "&page=2", "&page=9"] {
            let whole = world.get(&token, &format!("{LIST}?perPage=3{filter}")).await;
            let quick = world.get(&token, &format!("{LIST}?perPage=3{filter}&skipTotal=1")).await;
            assert_eq!(quick.ids(), whole.ids(), "{filter}");
            assert_eq!(keys(&quick.json()["pagination"]), ["page", "perPage"], "{filter}");
            let told = world.get(&token, &format!("{LIST}?perPage=3{filter}&skipTotal=0")).await;
            assert_eq!(told.text(), whole.text(), "{filter}");
        }
    }
}
