//! When cases open, and what a decision makes of a registration that is on its way.

use axum::http::Method;
use serde_json::{Value, json};

use crate::bank::{Bank, not_live, shot, text};
use crate::given_documents::{Shows, document};
use crate::reviews::{Case, REVIEWS, act, case, registration, review, reviewing};

const DOCUMENTS: &str = "/v2/document-validations";

async fn read(bank: &Bank, own: &str, shows: Shows, number: u8) -> Value {
    let image = json!({ "image": document(shows, number, 0) });
    let read = bank.post(own, &format!("{DOCUMENTS}/app-registration"), image).await;
    assert_eq!(read.status, 200, "{}", read.text());
    read.json()["data"]["documentValidation"].clone()
}

/// The reviews that are not decided, the most urgent first.
async fn waiting(bank: &Bank) -> Vec<Value> {
    let path = format!("{REVIEWS}?where_state=open&sort=-priority");
    bank.get(&bank.token, &path).await.json()["data"].as_array().expect("a list").clone()
}

async fn decide(bank: &Bank, id: &str, body: Value) -> Value {
    let claimed = act(bank, &bank.token, id, "claim", json!({})).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text());
    let decided = act(bank, &bank.token, id, "decide", body).await;
    assert_eq!(decided.status, 200, "{}", decided.text());
    decided.json()["data"].clone()
}

on_both_databases! {
    async fn a_flow_says_which_documents_are_looked_at(world) {
        let review_of = json!({ "onFailedChecks": ["checkDigits"], "sample": 100 });
        let bank = reviewing(world, review_of, json!({})).await;
        let (passed, own) = bank.register("jo@example.com").await;
        let accepted = read(&bank, &own, Shows::Passport, 1).await;
        assert_eq!(accepted["status"], "ACTIVE");
        let (failed, own) = bank.register("al@example.com").await;
        let forged = read(&bank, &own, Shows::Forged, 2).await;
        assert_eq!(forged["status"], "FAILED");
        let (_, own) = bank.register("mo@example.com").await;
        assert_eq!(read(&bank, &own, Shows::Nothing, 3).await["status"], "NOT_FOUND");
        let found: Vec<(Value, Value, Value)> = waiting(&bank).await.into_iter()
            .map(|it| (it["subjectId"].clone(), it["openedBecause"].clone(), it["appRegistration"].clone()))
            .collect();
        assert_eq!(found, [
            (forged["_id"].clone(), json!(["failedCheck:checkDigits"]), json!(failed)),
            (accepted["_id"].clone(), json!(["sample"]), json!(passed)),
        ]);

        // That a sample was right moves nothing; that it was not, does.
        let sampled = text(&waiting(&bank).await[1]["_id"]);
        let before = registration(&bank, &passed).await;
        decide(&bank, &sampled, json!({ "decision": "approve" })).await;
        let after = registration(&bank, &passed).await;
        assert_eq!((&after["status"], &after["documentValidation"]), (&before["status"], &before["documentValidation"]));
        assert_eq!(after["manualReviewLog"][0]["newStatus"], before["status"]);
        let (declined, own) = bank.register("bo@example.com").await;
        read(&bank, &own, Shows::Passport, 4).await;
        let sampled = waiting(&bank).await;
        let sampled = sampled.iter().find(|it| it["appRegistration"] == declined.as_str()).expect("a review");
        let verdict = json!({ "decision": "decline", "reasons": ["document_copy"] });
        decide(&bank, &text(&sampled["_id"]), verdict).await;
        assert_eq!(registration(&bank, &declined).await["status"], "FAILED");
    }

    async fn faces_are_looked_at_too_and_are_made_again(world) {
        let review_of = json!({ "onFailedChecks": ["livenessScore"], "sample": 100 });
        let bank = reviewing(world, review_of, json!({})).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let rejected = bank.enrol(&own, json!({ "image": not_live(1), "os": "IOS" })).await;
        assert_eq!(rejected.status, 409, "{}", rejected.text());
        let flagged = waiting(&bank).await;
        assert_eq!(flagged.len(), 1);
        assert_eq!(flagged[0]["openedBecause"], json!(["failedCheck:livenessScore"]));
        assert_eq!(flagged[0]["subject"]["resource"], "biometric-validations");
        decide(&bank, &text(&flagged[0]["_id"]), json!({ "decision": "approve" })).await;
        // Nobody was enrolled: the person still has to show a face.
        assert_eq!(registration(&bank, &registered).await["status"], "STARTED");

        assert_eq!(bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await.status, 200);
        let person = text(&registration(&bank, &registered).await["person"]);
        let sampled = waiting(&bank).await;
        assert_eq!(sampled[0]["openedBecause"], json!(["sample"]));
        let again = json!({ "decision": "resubmit", "reasons": ["face_unclear"] });
        decide(&bank, &text(&sampled[0]["_id"]), again).await;
        let moved = registration(&bank, &registered).await;
        assert_eq!((&moved["status"], &moved["currentStep"]), (&json!("ONGOING"), &json!("liveness")));
        assert_eq!((&moved["person"], &moved["biometricValidation"]), (&Value::Null, &Value::Null));
        let gone = bank.get(&bank.token, &format!("/v2/face-recognition/persons/{person}")).await;
        assert_eq!(gone.status, 404, "whom it had enrolled is forgotten");
        let second = bank.enrol(&own, json!({ "image": shot(1, 1), "os": "IOS" })).await;
        assert_eq!(second.status, 200, "{}", second.text());
    }

    async fn a_document_that_a_reviewer_accepts_does_for_its_flow(world) {
        let review_of = json!({ "onManualVerification": true, "onFailedChecks": ["checkDigits"] });
        let steps = json!({ "steps": { "document": "mandatory", "liveness": "mandatory" } });
        let bank = reviewing(world, review_of, steps).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let forged = read(&bank, &own, Shows::Forged, 1).await;
        assert_eq!(registration(&bank, &registered).await["documentValidation"], Value::Null);
        decide(&bank, &text(&waiting(&bank).await[0]["_id"]), json!({ "decision": "approve" })).await;
        let moved = registration(&bank, &registered).await;
        assert_eq!(moved["documentValidation"], forged["_id"]);
        assert_eq!(moved["status"], "STARTED", "the face is still to come");
        assert_eq!(bank.enrol(&own, json!({ "image": shot(1, 0), "os": "IOS" })).await.status, 200);
        assert_eq!(bank.finish(&registered, &own).await, "COMPLETED");
        let record = bank.get(&bank.token, &format!("{DOCUMENTS}/{}", text(&forged["_id"]))).await.json();
        assert_eq!(record["data"]["status"], "FAILED", "what was measured stays");
    }

    async fn a_registration_that_waits_has_one_case_and_a_document_that_does_not_has_none(world) {
        let review_of = json!({ "onManualVerification": true });
        let bank = reviewing(world, review_of, json!({ "steps": { "liveness": "mandatory" } })).await;
        let (registered, own) = bank.register("jo@example.com").await;
        assert_eq!(bank.finish(&registered, &own).await, "NEEDS_MANUAL_VERIFICATION");
        let waits = waiting(&bank).await;
        assert_eq!(waits.len(), 1);
        assert_eq!(waits[0]["subject"], json!({ "resource": "app-registrations", "id": registered }));
        decide(&bank, &text(&waits[0]["_id"]), json!({ "decision": "approve" })).await;
        assert_eq!(registration(&bank, &registered).await["status"], "COMPLETED");

        let Case { review: id, document, .. } = case(&bank, "al@example.com").await;
        assert_eq!(waiting(&bank).await.len(), 1, "that of its document is enough");
        // A reviewer who says by the other call that the names are the same has judged it anew.
        let path = format!("{DOCUMENTS}/{document}/manual-name-review");
        let judged = bank.call(Method::PUT, &bank.token, &path, json!({ "namesMatch": false })).await;
        assert_eq!(judged.status, 200, "{}", judged.text());
        assert_ne!(judged.json()["data"]["status"], "NEEDS_MANUAL_VERIFICATION");
        assert_eq!(review(&bank, &id).await["state"], "withdrawn");
    }

    async fn document_liveness_opens_cases_of_registrations_alone(world) {
        let review_of = json!({ "sample": 100, "onFailedChecks": [
            "screenReplay", "printedCopy", "portraitSubstitution", "digitalManipulation",
        ] });
        let bank = reviewing(world, review_of, json!({})).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let body = json!({ "image": shot(1, 1) });
        let check = bank.post(&own, "/v2/document-liveness", body.clone()).await;
        assert_eq!(check.status, 200, "{}", check.text());
        let alone = bank.post(&bank.token, "/v2/document-liveness", body).await;
        assert_eq!(alone.status, 200, "{}", alone.text());
        let opened = waiting(&bank).await;
        assert_eq!(opened.len(), 1, "a check without a registration has no flow");
        assert_eq!(opened[0]["subjectId"], check.json()["data"]["_id"]);
        assert_eq!(opened[0]["appRegistration"], registered.as_str());
        assert_eq!(opened[0]["projectFlow"], bank.flow.as_str());
    }
}
