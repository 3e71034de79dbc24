//! Pages of a list: their size, their number, their totals.

use serde_json::json;
use verax_domain::resources::{DOCUMENT_LIVENESS, PROJECT_FLOWS, PROJECTS};

use crate::answer::{compact, keys};
use crate::fixtures::{document, numbered};

const LIST: &str = "/v2/biometric-validations";

on_both_databases! {
    async fn an_empty_list_has_no_pages(world) {
        let token = world.token("acme").await;
        let answer = world.get(&token, LIST).await;
        let expected = r#"{
            "success": true, "data": [],
            "pagination": { "page": 1, "perPage": 20, "total": 0, "pages": 0 }
        }"#;
        assert_eq!(answer.text(), compact(expected));
        let answer = world.get(&token, "/v2/document-liveness").await;
        let expected = r#"{
            "success": true, "data": [],
            "pagination": { "page": 1, "limit": 10, "total": 0, "pages": 0 },
            "signature": { "dateTime": "January 2, 2026 3:04 AM", "message": "Certified by Verax" }
        }"#;
        assert_eq!(answer.text(), compact(expected));
    }

    async fn each_list_has_its_own_page_size_and_takes_both_names(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        let documents: Vec<_> =
            (0..12).map(|n| document(&format!("d{n:02}"), "acme", json!({}))).collect();
        world.store(&DOCUMENT_LIVENESS, &documents).await;
        for (target, name, size) in [
            ("/v2/biometric-validations", "perPage", 20),
            ("/v2/biometric-validations?perPage=7", "perPage", 7),
            ("/v2/biometric-validations?limit=7", "perPage", 7),
            ("/v2/biometric-validations?limit=9&perPage=7", "perPage", 7),
            ("/v2/biometric-validations?perPage=7&limit=9", "perPage", 7),
            ("/v2/document-liveness", "limit", 10),
            ("/v2/document-liveness?limit=7", "limit", 7),
            ("/v2/document-liveness?perPage=7", "limit", 7),
            ("/v2/document-liveness?perPage=9&limit=7", "limit", 7),
        ] {
            let answer = world.get(&token, target).await;
            assert_eq!(answer.ids().len(), size, "{target}");
            let pagination = answer.json()["pagination"].clone();
            assert_eq!(keys(&pagination), ["page", name, "total", "pages"], "{target}");
            assert_eq!(pagination[name], size, "{target}");
        }
    }

    async fn the_smaller_lists_take_ten_at_once_and_only_flows_are_signed(world) {
        let token = world.token("acme").await;
        for (path, signed) in [
            ("/v2/projects", false),
            ("/v3/projects", false),
            ("/v2/project-flows", true),
            ("/v2/app-registrations", false),
            ("/v2/liveness-sessions", false),
        ] {
            let json = world.get(&token, &format!("{path}?page=1")).await.json();
            assert_eq!(json["pagination"]["limit"], 10, "{path}");
            assert_eq!(json["signature"].is_object(), signed, "{path}");
        }
    }

    async fn pages_follow_each_other_without_gaps(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        let all = world.get(&token, &format!("{LIST}?perPage=100&sort=createdAt")).await.ids();
        assert_eq!(all.len(), 25);
        let mut seen = Vec::new();
        for page in 1..=4 {
            let target = format!("{LIST}?perPage=8&page={page}&sort=createdAt");
            let answer = world.get(&token, &target).await;
            let pagination = answer.json()["pagination"].clone();
            assert_eq!(pagination["page"], page);
            assert_eq!((pagination["total"].as_u64(), pagination["pages"].as_u64()), (Some(25), Some(4)));
            seen.extend(answer.ids());
        }
        assert_eq!(seen, all);
    }

    async fn a_page_beyond_the_last_is_empty_with_the_right_totals(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        for (target, page, pages) in [
            ("page=4&perPage=10", 4, 3),
            ("page=999999", 999_999, 2),
            ("offset=25&perPage=5", 6, 5),
            ("offset=1000", 51, 2),
        ] {
            let answer = world.get(&token, &format!("{LIST}?{target}")).await;
            assert_eq!(answer.ids(), Vec::<String>::new(), "{target}");
            let pagination = answer.json()["pagination"].clone();
            assert_eq!(pagination["total"], 25, "{target}");
            assert_eq!((&pagination["page"], &pagination["pages"]), (&json!(page), &json!(pages)), "{target}");
        }
    }

    async fn page_zero_is_the_first_page(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        let first = world.get(&token, &format!("{LIST}?page=1&perPage=4")).await;
        for target in ["page=0&perPage=4", "perPage=4", "perPage=4&offset=0", "page=01&perPage=4"] {
            let answer = world.get(&token, &format!("{LIST}?{target}")).await;
            assert_eq!(answer.text(), first.text(), "{target}");
        }
    }

    async fn an_offset_skips_records_and_page_wins_over_it(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        let second = world.get(&token, &format!("{LIST}?page=2&perPage=5")).await;
        let by_offset = world.get(&token, &format!("{LIST}?offset=5&perPage=5")).await;
        assert_eq!(by_offset.text(), second.text());
        let both = world.get(&token, &format!("{LIST}?offset=11&page=2&perPage=5")).await;
        assert_eq!(both.text(), second.text());
        let between = world.get(&token, &format!("{LIST}?offset=7&perPage=5")).await;
        assert_eq!(between.json()["pagination"]["page"], 2);
        let all = world.get(&token, &format!("{LIST}?perPage=100")).await.ids();
        assert_eq!(between.ids(), all[7..12]);
    }

    async fn a_last_page_that_is_full_has_the_same_total(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 24).await;
        for page in 1..=3 {
            let answer = world.get(&token, &format!("{LIST}?perPage=8&page={page}")).await;
            assert_eq!((answer.total(), answer.ids().len()), (24, 8));
        }
    }

    async fn count_answers_the_number_of_matches_alone(world) {
        let token = world.token("acme").await;
        numbered(world, "acme", 25).await;
        for (target, count) in [
            ("count=true", 25),
            ("count=True&page=3&perPage=2", 25),
            ("count=1&where_status=completed", 5),
            ("count=true&where_status=validated&where_type=nothing", 0),
        ] {
            let answer = world.get(&token, &format!("{LIST}?{target}")).await;
            if target.contains("nothing") {
                assert_eq!(answer.wrong_parameters(), ["where_type"]);
            } else {
                assert_eq!(answer.text(), format!(r#"{{"success":true,"data":{count}}}"#));
            }
        }
        let answer = world.get(&token, &format!("{LIST}?count=false&perPage=3")).await;
        assert_eq!(answer.ids().len(), 3);
        // A count is a number of matches, not an answer of the issuer: it is not signed.
        let answer = world.get(&token, "/v2/document-liveness?count=true").await;
        assert_eq!(answer.text(), r#"{"success":true,"data":0}"#);
    }

    async fn both_versions_of_projects_are_one_list(world) {
        let token = world.token("acme").await;
        world.store(&PROJECTS, &[json!({ "_id": "p1", "client": "acme", "name": "Bank" })]).await;
        let flow = json!({ "_id": "f1", "client": "acme", "project": "p1", "type": "login" });
        world.store(&PROJECT_FLOWS, &[flow]).await;
        for target in ["projects?with[]=projectFlows", "projects/p1", "projects/nobody"] {
            let old = world.get(&token, &format!("/v2/{target}")).await;
            let new = world.get(&token, &format!("/v3/{target}")).await;
            assert_eq!((old.status, old.text()), (new.status, new.text()));
        }
        let answer = world.get(&token, "/v2/projects?with=projectFlows&page=1").await;
        let expected = r#"{
            "success": true,
            "data": [{
                "_id": "p1", "client": "acme", "name": "Bank",
                "projectFlows": [{
                    "_id": "f1", "client": "acme", "project": "p1", "type": "login"
                }]
            }],
            "pagination": { "page": 1, "limit": 10, "total": 1, "pages": 1 },
            "total": 1, "limit": 10, "page": 1, "pages": 1
        }"#;
        assert_eq!(answer.text(), compact(expected));
    }
}
