//! Nobody sees another client's records, and staff sees all.

use serde_json::json;
use verax_domain::resources::{ALL, BIOMETRIC_VALIDATIONS, PROJECTS};

use crate::fixtures::{one_of_each, validation};

on_both_databases! {
    async fn a_client_lists_its_own_records_alone(world) {
        let (acme, globex) = (world.token("acme").await, world.token("globex").await);
        one_of_each(world, "acme").await;
        one_of_each(world, "globex").await;
        for resource in ALL.into_iter().filter(|resource| !resource.versions.is_empty()) {
            let path = format!("/{}/{}", resource.versions[0], resource.name);
            for (token, own, other) in [(&acme, "acme", "globex"), (&globex, "globex", "acme")] {
                let answer = world.get(token, &path).await;
                assert_eq!((answer.ids().len(), answer.total()), (1, 1), "{path}");
                assert!(!answer.text().contains(other), "{path}: {}", answer.text());
                assert_eq!(world.get(token, &format!("{path}?where_client={own}")).await.total(), 1);
                for query in [
                    format!("where_client={other}"),
                    format!("client={other}"),
                    format!("in_client[]={other}"),
                    format!("?where_client={other}"),
                    format!("wherenot_client={own}"),
                    format!("where__id={other}-validation"),
                    format!("like_identifier={other}&where_client={other}"),
                ] {
                    if query.contains("identifier") && resource.field("identifier").is_none() {
                        continue;
                    }
                    let answer = world.get(token, &format!("{path}?{query}")).await;
                    assert_eq!((answer.ids().len(), answer.total()), (0, 0), "{path}?{query}");
                    let count = world.get(token, &format!("{path}?count=true&{query}")).await;
                    assert_eq!(count.json()["data"], 0, "{path}?{query}");
                }
            }
        }
    }

    async fn another_clients_record_answers_like_an_unexisting_id(world) {
        let acme = world.token("acme").await;
        one_of_each(world, "acme").await;
        one_of_each(world, "globex").await;
        let kinds = [
            "project", "flow", "collection", "person", "session", "registration", "validation",
            "document",
        ];
        for resource in ALL.into_iter().filter(|resource| !resource.versions.is_empty()) {
            for kind in kinds {
                let path = format!("/{}/{}", resource.versions[0], resource.name);
                let foreign = world.get(&acme, &format!("{path}/globex-{kind}")).await;
                let unknown = world.get(&acme, &format!("{path}/nobody-{kind}")).await;
                assert_eq!(foreign.rejection(404), resource.not_found.code);
                assert_eq!(foreign.bytes, unknown.bytes);
                let strange = world.get(&acme, &format!("{path}/no%20id%00")).await;
                assert_eq!(strange.bytes, unknown.bytes);
                let long = world.get(&acme, &format!("{path}/{}", "x".repeat(65))).await;
                assert_eq!(long.bytes, unknown.bytes);
                let names = |answer: &crate::answer::Answer| {
                    let names = answer.headers.keys().map(|name| name.as_str().to_owned());
                    names.collect::<Vec<_>>()
                };
                assert_eq!(names(&foreign), names(&unknown));
            }
        }
    }

    async fn another_clients_relation_is_null_like_a_dangling_one(world) {
        let acme = world.token("acme").await;
        one_of_each(world, "globex").await;
        let rows = |project: &str| {
            [validation("v", "acme", json!({ "project": project, "projectFlow": "globex-flow" }))]
        };
        world.store(&BIOMETRIC_VALIDATIONS, &rows("globex-project")).await;
        let target = "/v2/biometric-validations?populates[]=project&populates[]=projectFlow.project";
        let foreign = world.get(&acme, target).await;
        assert_eq!(foreign.json()["data"][0]["project"], json!(null));
        assert_eq!(foreign.json()["data"][0]["projectFlow"], json!(null));
        world.store(&BIOMETRIC_VALIDATIONS, &rows("nowhere")).await;
        assert_eq!(world.get(&acme, target).await.bytes, foreign.bytes);
        let one = "/v2/biometric-validations/v?populates=project,projectFlow";
        assert_eq!(world.get(&acme, one).await.json()["data"]["project"], json!(null));
    }

    async fn flows_of_another_client_do_not_show_under_a_project(world) {
        let acme = world.token("acme").await;
        world.store(&PROJECTS, &[json!({ "_id": "shared", "client": "acme", "name": "Bank" })]).await;
        let flow = json!({ "_id": "spy", "client": "globex", "project": "shared", "name": "Spy" });
        world.store(&verax_domain::resources::PROJECT_FLOWS, &[flow]).await;
        let answer = world.get(&acme, "/v2/projects?with[]=projectFlows").await;
        assert_eq!(answer.json()["data"][0]["projectFlows"], json!([]));
    }

    async fn staff_sees_the_records_of_all_clients(world) {
        let staff = world.staff_token("house").await;
        one_of_each(world, "acme").await;
        one_of_each(world, "globex").await;
        let path = "/v2/biometric-validations";
        let answer = world.get(&staff, &format!("{path}?sort=_id&populates=project")).await;
        assert_eq!(answer.ids(), ["acme-validation", "globex-validation"]);
        assert_eq!(answer.json()["data"][1]["project"]["_id"], "globex-project");
        let answer = world.get(&staff, &format!("{path}?where_client=globex")).await;
        assert_eq!(answer.ids(), ["globex-validation"]);
        assert_eq!(world.get(&staff, &format!("{path}/acme-validation")).await.status, 200);
    }
}
