//! The examples of the two seed pages: imported, they are listed as the pages show them.

use std::io::Cursor;

use serde_json::{Value, json};
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS};
use verax_query::Resource;
use verax_server::app::demo::{BIOMETRIC_EXAMPLE, CLIENT, DOCUMENT_EXAMPLE};
use verax_server::app::import::Import;

use crate::answer::compact;
use crate::world::World;

const BIOMETRIC_REQUEST: &str = "/v2/biometric-validations?page=1&perPage=10\
    &populates%5B%5D=client&populates%5B%5D=project&where_status=validated&where_type=login\
    &sort=-createdAt";
const DOCUMENT_REQUEST: &str = "/v2/document-liveness?page=1&limit=10&status=completed\
    &populates[]=client&populates[]=appRegistration";

async fn import(world: &World, resource: &'static Resource, page: &str) {
    let import = Import { resource, client: None, skip_bad: false, progress: &|_| {} };
    let report = world.app.import(&mut Cursor::new(page), &import).await.expect("an import");
    assert_eq!((report.bad_count, report.imported.records), (0, 1), "{:?}", report.bad);
}

/// The page's example as this server must write it: only the signature is its own.
fn expected(page: &str) -> String {
    let mut page: Value = serde_json::from_str(page).expect("the page's JSON");
    if page["signature"].is_object() {
        page["signature"] =
            json!({ "dateTime": "January 2, 2026 3:04 AM", "message": "Certified by Verax" });
    }
    page.to_string()
}

on_both_databases! {
    async fn the_biometric_example_is_answered_as_the_page_shows_it(world) {
        import(world, &BIOMETRIC_VALIDATIONS, BIOMETRIC_EXAMPLE).await;
        let token = world.token(CLIENT).await;
        let answer = world.get(&token, BIOMETRIC_REQUEST).await;
        assert_eq!(answer.text(), expected(BIOMETRIC_EXAMPLE));
        assert_eq!(answer.header("content-type"), "application/json");
    }

    async fn the_document_example_is_answered_as_the_page_shows_it(world) {
        import(world, &DOCUMENT_LIVENESS, DOCUMENT_EXAMPLE).await;
        let token = world.token(CLIENT).await;
        let answer = world.get(&token, DOCUMENT_REQUEST).await;
        assert_eq!(answer.text(), expected(DOCUMENT_EXAMPLE));
    }

    async fn without_populating_a_relation_is_its_id(world) {
        import(world, &BIOMETRIC_VALIDATIONS, BIOMETRIC_EXAMPLE).await;
        let token = world.token(CLIENT).await;
        let mut page: Value = serde_json::from_str(BIOMETRIC_EXAMPLE).expect("the page's JSON");
        page["data"][0]["client"] = "client_123456789".into();
        page["data"][0]["project"] = "project_123456789".into();
        page["pagination"]["perPage"] = 20.into();
        let answer = world.get(&token, "/v2/biometric-validations").await;
        assert_eq!(answer.text(), page.to_string());
    }

    async fn one_example_is_retrieved_whole(world) {
        import(world, &DOCUMENT_LIVENESS, DOCUMENT_EXAMPLE).await;
        let token = world.token(CLIENT).await;
        let target = "/v2/document-liveness/document_liveness_123456789";
        let answer = world.get(&token, target).await;
        let expected = r#"{
            "success": true,
            "data": {
                "_id": "document_liveness_123456789",
                "client": "client_123456789",
                "appRegistration": "app_registration_123456789",
                "imageSaved": true,
                "imageUrl": "https://cdn.verifik.co/images/document_123456789.jpg",
                "status": "completed",
                "validationResults": {
                    "screenReplay": { "passed": true, "score": 0.95 },
                    "printedCopy": { "passed": true, "score": 0.9 },
                    "portraitSubstitution": { "passed": true, "score": 0.88 },
                    "digitalManipulation": { "passed": true, "score": 0.92 }
                },
                "failedChecks": [],
                "riskScore": 0.05,
                "confidence": 0.91,
                "createdAt": "2024-01-15T10:30:00Z",
                "updatedAt": "2024-01-15T10:32:00Z",
                "completedAt": "2024-01-15T10:32:00Z",
                "isLive": true,
                "aggregatedScore": 0.95,
                "screenReplayProbability": 0.95,
                "printedCopyProbability": 0.9,
                "portraitSubstitutionProbability": 0.88,
                "digitalManipulationProbability": 0.92
            },
            "signature": { "dateTime": "January 2, 2026 3:04 AM", "message": "Certified by Verax" }
        }"#;
        assert_eq!(answer.text(), compact(expected));
    }

    async fn importing_an_example_twice_changes_nothing(world) {
        for _ in 0..2 {
            import(world, &BIOMETRIC_VALIDATIONS, BIOMETRIC_EXAMPLE).await;
        }
        let token = world.token(CLIENT).await;
        let answer = world.get(&token, BIOMETRIC_REQUEST).await;
        assert_eq!(answer.text(), expected(BIOMETRIC_EXAMPLE));
    }
}
