//! What rows and records show.

use serde_json::json;
use verax_domain::resources::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS};

use crate::answer::{compact, keys};
use crate::fixtures::{one_of_each, validation};

const LIST: &str = "/v2/biometric-validations";

const ROW: &str = r#"{
    "_id": "acme-validation",
    "client": "acme",
    "project": "acme-project",
    "projectFlow": "acme-flow",
    "livenessSession": "acme-session",
    "appRegistration": "acme-registration",
    "status": "completed",
    "identifier": "jo@example.com",
    "type": "login",
    "biometricData": { "quality": "good", "livenessScore": 0.5 },
    "riskScore": 0.25,
    "createdAt": "2025-05-01T08:00:00.250Z"
}"#;

on_both_databases! {
    async fn a_row_has_the_fields_of_a_list_in_its_order_and_no_others(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let answer = world.get(&token, LIST).await;
        let expected = format!(
            r#"{{"success":true,"data":[{ROW}],"pagination":{{"page":1,"perPage":20,"total":1,"pages":1}}}}"#
        );
        assert_eq!(answer.text(), compact(&expected));
    }

    async fn a_retrieve_shows_what_a_list_leaves_out(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let answer = world.get(&token, &format!("{LIST}/acme-validation")).await;
        let expected = r#"{
            "success": true,
            "data": {
                "_id": "acme-validation",
                "client": "acme",
                "project": "acme-project",
                "projectFlow": "acme-flow",
                "livenessSession": "acme-session",
                "appRegistration": "acme-registration",
                "status": "completed",
                "identifier": "jo@example.com",
                "type": "login",
                "redirectUrl": "https://app.example.com/done",
                "biometricData": { "quality": "good", "livenessScore": 0.5 },
                "failedChecks": [],
                "riskScore": 0.25,
                "createdAt": "2025-05-01T08:00:00.250Z"
            }
        }"#;
        assert_eq!(answer.text(), compact(expected));
        let list = world.get(&token, "/v2/document-liveness").await;
        assert!(!list.text().contains("details") && !list.text().contains("calibration"));
        let one = world.get(&token, "/v2/document-liveness/acme-document").await.json();
        let results = &one["data"]["validationResults"]["screenReplay"];
        assert_eq!(keys(results), ["passed", "score", "details"]);
        assert_eq!(one["data"]["calibrationSettings"]["screenReplayCalibration"], "SOFT");
    }

    async fn a_populated_relation_is_exactly_its_projection(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let populates = "populates[]=client&populates[]=project&populates[]=projectFlow\
            &populates[]=livenessSession&populates[]=appRegistration";
        let list = world.get(&token, &format!("{LIST}?{populates}")).await.json();
        let one = world.get(&token, &format!("{LIST}/acme-validation?{populates}")).await.json();
        for (name, expected) in [
            ("client", r#"{"_id":"acme","name":"acme Ltd","email":"office@acme.example"}"#),
            ("project", r#"{"_id":"acme-project","name":"acme bank","description":"Accounts"}"#),
            ("projectFlow", r#"{"_id":"acme-flow","name":"In","type":"onboarding"}"#),
            ("livenessSession",
             r#"{"_id":"acme-session","status":"active","expiresAt":"2025-05-01T08:10:00Z"}"#),
            ("appRegistration", r#"{"_id":"acme-registration","fullName":"Jo of acme","email":"jo@example.com","status":"STARTED"}"#),
        ] {
            assert_eq!(list["data"][0][name].to_string(), expected);
            assert_eq!(one["data"][name].to_string(), expected);
        }
        let names = BIOMETRIC_VALIDATIONS.row_fields().map(|field| field.name);
        let row = keys(&list["data"][0]);
        let in_order: Vec<&str> = names.filter(|name| row.contains(name)).collect();
        assert_eq!(row, in_order);
    }

    async fn relations_are_populated_two_deep(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let target = format!("{LIST}?populates[]=projectFlow.project&populates[]=appRegistration.biometricValidation");
        let row = &world.get(&token, &target).await.json()["data"][0];
        let flow = r#"{
            "_id": "acme-flow", "name": "In", "type": "onboarding",
            "project": { "_id": "acme-project", "name": "acme bank", "description": "Accounts" }
        }"#;
        assert_eq!(row["projectFlow"].to_string(), compact(flow));
        let validation = &row["appRegistration"]["biometricValidation"];
        let expected = r#"{"_id":"acme-validation","status":"completed","type":"login"}"#;
        assert_eq!(validation.to_string(), expected);
    }

    async fn an_absent_relation_stays_absent_and_a_dangling_one_is_null(world) {
        let token = world.token("acme").await;
        let rows = [
            validation("a", "acme", json!({ "project": "nowhere" })),
            validation("b", "acme", json!({})),
        ];
        world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
        let answer = world.get(&token, &format!("{LIST}?sort=_id&populates=project")).await.json();
        assert_eq!(answer["data"][0]["project"], json!(null));
        assert_eq!(keys(&answer["data"][0]), ["_id", "client", "project", "status", "createdAt"]);
        assert_eq!(keys(&answer["data"][1]), ["_id", "client", "status", "createdAt"]);
    }

    async fn columns_choose_among_all_fields_and_keep_the_id(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        for (query, expected) in [
            ("columns=status", r#"{"_id":"acme-validation","status":"completed"}"#),
            ("select=type status", r#"{"_id":"acme-validation","status":"completed","type":"login"}"#),
            ("columns=_id", r#"{"_id":"acme-validation"}"#),
            ("columns[]=status&columns[]=client", r#"{"_id":"acme-validation","client":"acme","status":"completed"}"#),
            ("columns=redirectUrl", r#"{"_id":"acme-validation","redirectUrl":"https://app.example.com/done"}"#),
            ("columns=client&populates=client&populateSelects={\"client\":\"name\"}",
             r#"{"_id":"acme-validation","client":{"_id":"acme","name":"acme Ltd"}}"#),
            ("columns=status&populates=client", r#"{"_id":"acme-validation","status":"completed"}"#),
        ] {
            let query = query.replace('{', "%7B").replace('}', "%7D");
            let list = world.get(&token, &format!("{LIST}?{query}")).await.json();
            assert_eq!(list["data"][0].to_string(), expected, "{query}");
            let one = world.get(&token, &format!("{LIST}/acme-validation?{query}")).await.json();
            assert_eq!(one["data"].to_string(), expected, "{query}");
        }
    }

    async fn words_of_other_systems_are_kept_as_they_came(world) {
        let token = world.token("acme").await;
        let row = json!({ "_id": "r", "client": "acme", "status": "WAITING_FOR_RAIN" });
        world.store(&APP_REGISTRATIONS, &[row]).await;
        let answer = world.get(&token, "/v2/app-registrations").await.json();
        assert_eq!(answer["data"][0]["status"], "WAITING_FOR_RAIN");
    }

    async fn words_of_a_list_mean_nothing_to_a_retrieve(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let plain = world.get(&token, &format!("{LIST}/acme-validation")).await;
        for query in ["sort=nothing&page=-1", "where_status=failed", "limit=5000", "where_nothing=1"] {
            let answer = world.get(&token, &format!("{LIST}/acme-validation?{query}")).await;
            assert_eq!(answer.text(), plain.text(), "{query}");
        }
        let answer = world.get(&token, &format!("{LIST}/acme-validation?populates=nothing")).await;
        assert_eq!(answer.wrong_parameters(), ["populates"]);
    }
}
