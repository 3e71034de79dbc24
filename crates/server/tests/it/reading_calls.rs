//! Calls around documents that are read: which document it is, demos, templates under the protocol's address, and
//! what a dashboard says in its own words.

use axum::http::Method;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::DOCUMENT_VALIDATIONS;

use crate::bank::{Bank, REGISTRATIONS, id, text};
use crate::document_validations::{DOCUMENTS, bank, count, put, read, read_of, reading, record};
use crate::given_documents::{Shows, document, number_of};

on_both_databases! {
    async fn which_document_it_is_is_told_without_storing_anything_and_again_of_a_record(world) {
        let bank = bank(world).await;
        let path = format!("{DOCUMENTS}/detect-document-type");
        let passport = json!({
            "code": "PA", "name": "Passport", "category": "passport", "country": "PER",
            "requiresBackSide": false, "source": "mrz",
        });
        let unknown = json!({
            "code": null, "name": null, "category": null, "country": null,
            "requiresBackSide": null, "source": null,
        });
        for (shows, expected) in [(Shows::Passport, &passport), (Shows::Nothing, &unknown)] {
            let body = json!({ "image": document(shows, 1, 0) });
            let answer = bank.post(&bank.token, &path, body).await;
            assert_eq!(&answer.json()["data"], expected, "{}", answer.text());
        }
        let card = json!({ "image": document(Shows::CardFront, 1, 0) });
        let card = bank.post(&bank.token, &path, card).await.json()["data"].clone();
        assert_eq!((&card["code"], &card["source"]), (&json!("DNI"), &json!("print")));
        assert_eq!(card["requiresBackSide"], true);
        assert_eq!(bank.post(&bank.token, &path, json!({})).await.rejection(422), "MissingParameter");
        assert!(bank.get(&bank.token, DOCUMENTS).await.ids().is_empty());
        assert_eq!(count(world, "SELECT count(*) FROM jobs WHERE kind = 'document_reading'").await, 0);

        let (_, own) = bank.register("jo@example.com").await;
        let seen = read_of(&read(&bank, &own, json!({ "image": document(Shows::Passport, 1, 0) })).await);
        let again = format!("{DOCUMENTS}/{}/detect-document-type", text(&seen["_id"]));
        let answer = bank.post(&bank.token, &again, json!({})).await;
        assert_eq!(answer.json()["data"], passport, "{}", answer.text());
        // What a client calls it is another matter.
        put(&bank, &bank.token, &text(&seen["_id"]), "document-type", json!({ "documentType": "CC" })).await;
        assert_eq!(bank.post(&bank.token, &again, json!({})).await.json()["data"]["code"], "PA");
        let stranger = world.token("beta").await;
        bank.post(&stranger, &again, json!({})).await.rejection(404);
        for path in [&path, &again] {
            bank.post(&own, path, json!({ "image": document(Shows::Passport, 1, 0) })).await.rejection(403);
        }
        // Nothing was read here of what is imported.
        let row = json!({ "_id": "d1", "client": "acme", "status": "ACTIVE", "createdAt": "2025-06-01T00:00:00Z", "imageSaved": false });
        world.store(&DOCUMENT_VALIDATIONS, &[row]).await;
        let imported = format!("{DOCUMENTS}/d1/detect-document-type");
        assert_eq!(bank.post(&bank.token, &imported, json!({})).await.json()["data"], unknown);
    }

    async fn a_demo_is_a_record_where_the_operator_wants_one(world) {
        let app = reading(world, |config| config.documents.demo_records = true);
        let bank = Bank::with(world, app).await;
        let body = json!({ "image": document(Shows::Passport, 1, 5) });
        let scanned = bank.post(&bank.token, "/v2/ocr/scan-demo", body.clone()).await;
        let data = scanned.json()["data"].clone();
        assert_eq!((&data["type"], &data["status"]), (&json!("demo"), &json!("ACTIVE")), "{data}");
        assert_eq!(data["imageSaved"], false);
        assert_eq!(data["OCRExtraction"]["documentNumber"], number_of(1));
        assert_eq!(data["result"]["documentNumber"], number_of(1));
        assert_eq!(data["result"]["status"], "ACTIVE");
        let id = text(&data["_id"]);
        let shown = bank.get(&bank.token, &format!("{DOCUMENTS}/demo/{id}")).await;
        assert_eq!(shown.json()["data"], record(&bank, &id).await, "{}", shown.text());
        assert_eq!(bank.get(&bank.token, &format!("{DOCUMENTS}?where_type=demo")).await.ids(), [id.as_str()]);
        // It is no other way to records that are none.
        let scan = bank.post(&bank.token, "/v2/ocr/scan-prompt", body.clone()).await.json();
        let other = format!("{DOCUMENTS}/demo/{}", text(&scan["data"]["_id"]));
        bank.get(&bank.token, &other).await.rejection(404);
        let stranger = world.token("beta").await;
        bank.get(&stranger, &format!("{DOCUMENTS}/demo/{id}")).await.rejection(404);
        let reader = world.token_with("acme", Some(vec![Scope::ReadDocuments]), false).await;
        bank.post(&reader, "/v2/ocr/scan-demo", body).await.rejection(403);
    }

    async fn one_document_that_two_registrations_show_at_the_same_moment_is_looked_at(world) {
        let bank = bank(world).await;
        for number in 1..6 {
            let (_, one) = bank.register(&format!("a{number}@example.com")).await;
            let (_, two) = bank.register(&format!("b{number}@example.com")).await;
            let body = json!({ "image": document(Shows::Passport, number, 0) });
            // There are only so many places to read in.
            let read_soon = async |token: &str| loop {
                match read(&bank, token, body.clone()).await {
                    busy if busy.status == 503 => tokio::task::yield_now().await,
                    answer => break answer,
                }
            };
            let (one, two) = tokio::join!(read_soon(&one), read_soon(&two));
            let mut rejected = 0;
            for id in [text(&read_of(&one)["_id"]), text(&read_of(&two)["_id"])] {
                let record = record(&bank, &id).await;
                let is_failed = record["validationResults"]["numberOfOnePerson"]["result"] == "failed";
                assert_eq!(is_failed, record["status"] == "NEEDS_MANUAL_VERIFICATION", "{record}");
                rejected += usize::from(is_failed);
            }
            assert!(rejected > 0, "neither saw the other");
        }
    }

    async fn templates_are_under_the_protocols_address_too(world) {
        let bank = bank(world).await;
        let (one, all) = ("/v2/ocr/scan-prompt/template", "/v2/ocr/scan-prompt/templates");
        let documented = json!({
            "system": false, "documentTypes": ["RUT", "RUT_FULL"], "name": "Cards", "format": "json",
            "fields": ["firstName", "pasa", "placeOfBirth"], "prompt": "Extract {{fields}}", "code": "rut",
        });
        let made = bank.post(&bank.token, one, documented).await;
        let template = id(&made);
        let labels = json!({ "pasa": "pasa", "placeOfBirth": "place of birth" });
        assert_eq!(made.json()["data"]["labels"], labels, "{}", made.text());
        let other = json!({ "name": "Off", "labels": {}, "documentTypes": ["RU", "a\"RUT\"b"], "active": false });
        let off = id(&bank.post(&bank.token, "/v2/prompt-templates", other).await);
        for (filter, expected) in [
            ("where_active=true&in_documentTypes[]=RUT", vec![&template]),
            ("documentType=RUT_FULL", vec![&template]),
            ("in_documentTypes[]=RU", vec![&off]),
            ("where_documentTypes=a%22RUT%22b", vec![&off]),
            ("in_documentTypes[]=RUT&in_documentTypes[]=RU&sort=name", vec![&template, &off]),
            ("in_documentTypes[]=UT", vec![]),
            ("wherenot_documentTypes=RUT", vec![&off]),
        ] {
            for path in [all, "/v2/prompt-templates"] {
                let found = bank.get(&bank.token, &format!("{path}?{filter}")).await;
                let ids = found.ids();
                assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{path}?{filter}: {}", found.text());
            }
        }
        let comma = bank.get(&bank.token, &format!("{all}?in_documentTypes[]=%22")).await;
        assert_eq!(comma.wrong_parameters(), ["in_documentTypes[]"], "{}", comma.text());
        let path = format!("{one}/{template}");
        let read = bank.get(&bank.token, &path).await;
        let same = bank.get(&bank.token, &format!("/v2/prompt-templates/{template}")).await;
        assert_eq!(read.json()["data"], same.json()["data"]);
        let body = json!({ "image": document(Shows::Passport, 1, 0), "promptTemplateId": template });
        let scanned = bank.post(&bank.token, "/v2/ocr/scan-prompt", body).await;
        assert!(scanned.text().contains("\"PORTE\""), "{}", scanned.text());
        let renamed = bank.call(Method::PUT, &bank.token, &path, json!({ "fields": ["motherName"] })).await;
        assert_eq!(renamed.json()["data"]["labels"], json!({ "motherName": "mother name" }));
        let stranger = world.token("beta").await;
        for method in [Method::GET, Method::DELETE] {
            let theirs = bank.call(method, &stranger, &path, Value::Null).await;
            assert_eq!(theirs.rejection(404), "prompt_template_not_found");
        }
        let nothing = bank.post(&bank.token, one, json!({ "name": "x" })).await;
        assert_eq!(nothing.rejection(422), "MissingParameter");
        assert_eq!(bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.status, 200);
        assert_eq!(bank.get(&bank.token, all).await.ids(), [off]);
    }

    async fn a_dashboard_says_in_its_own_words_what_a_reviewer_decides(world) {
        let bank = bank(world).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let path = format!("{REGISTRATIONS}/{registered}");
        bank.call(Method::PUT, &own, &path, json!({ "fullName": "Al Smith" })).await;
        let body = json!({ "image": document(Shows::Passport, 1, 0) });
        let document_id = text(&read_of(&read(&bank, &own, body).await)["_id"]);
        for wrong in [json!({}), json!({ "decision": "maybe" }), json!({ "decision": "match", "namesMatch": false })] {
            let answer = put(&bank, &bank.token, &document_id, "manual-name-review", wrong).await;
            assert_eq!(answer.rejection(422), "MissingParameter");
        }
        // A device cannot say so itself.
        let forced = put(&bank, &own, &document_id, "validate", json!({ "force": true })).await;
        assert_eq!(forced.json()["data"]["namesMatch"], false, "{}", forced.text());
        let decided = json!({ "decision": "match", "note": "seen" });
        put(&bank, &bank.token, &document_id, "manual-name-review", decided).await;
        let whole = record(&bank, &document_id).await;
        assert_eq!((&whole["status"], &whole["namesMatch"]), (&json!("ACTIVE"), &json!(true)), "{whole}");

        let (registered, own) = bank.register("al@example.com").await;
        let path = format!("{REGISTRATIONS}/{registered}");
        bank.call(Method::PUT, &own, &path, json!({ "fullName": "Al Smith" })).await;
        let body = json!({ "image": document(Shows::Passport, 2, 0) });
        let document_id = text(&read_of(&read(&bank, &own, body).await)["_id"]);
        let forced = put(&bank, &bank.token, &document_id, "validate", json!({ "force": true })).await;
        assert_eq!(forced.json()["data"]["status"], "ACTIVE", "{}", forced.text());
    }
}
