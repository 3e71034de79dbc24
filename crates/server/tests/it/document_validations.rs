//! Documents that are read for a registration: what becomes of the record and of the registration, who may do
//! what, and what is left of them. What models would read is given.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::DOCUMENT_VALIDATIONS;
use verax_server::app::App;
use verax_server::app::settings::Settings;
use verax_server::jobs::document_readings;

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, id, shot, text};
use crate::given_documents::{Shows, bytes_of, document, number_of, with_given_documents};
use crate::given_faces::with_given_faces;
use crate::world::{World, connect, request, settings};

pub const DOCUMENTS: &str = "/v2/document-validations";
const READ: &str = "/v2/document-validations/app-registration";

/// A server that reads given documents, and does not look at their images besides.
pub fn reading(world: &World, adjust: impl FnOnce(&mut verax_server::config::Config)) -> App {
    let mut config = settings();
    config.documents.check_images = false;
    adjust(&mut config);
    let mut app = with_given_documents(with_given_faces(world.app.clone(), "given"));
    app.config = Settings::new(config);
    app
}

pub async fn bank(world: &World) -> Bank {
    Bank::with(world, reading(world, |_| {})).await
}

/// The bank with another flow, of these settings.
pub async fn with_flow(bank: &Bank, more: Value) -> Bank {
    let mut flow = json!({ "project": bank.project, "type": "onboarding" });
    for (name, value) in more.as_object().expect("an object") {
        flow[name] = value.clone();
    }
    let flow = id(&bank.post(&bank.token, "/v2/project-flows", flow).await);
    Bank { flow, ..bank.clone() }
}

pub async fn read(bank: &Bank, token: &str, body: Value) -> Answer {
    bank.post(token, READ, body).await
}

#[track_caller]
pub fn read_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"]["documentValidation"].clone()
}

async fn registration(bank: &Bank, id: &str) -> Value {
    bank.get(&bank.token, &format!("{REGISTRATIONS}/{id}")).await.json()["data"].clone()
}

pub async fn put(bank: &Bank, token: &str, id: &str, what: &str, body: Value) -> Answer {
    bank.call(Method::PUT, token, &format!("{DOCUMENTS}/{id}/{what}"), body).await
}

pub async fn record(bank: &Bank, id: &str) -> Value {
    bank.get(&bank.token, &format!("{DOCUMENTS}/{id}")).await.json()["data"].clone()
}

on_both_databases! {
    async fn a_document_is_read_and_moves_its_registration(world) {
        let bank = with_flow(&bank(world).await, json!({ "steps": { "document": "mandatory" } })).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let (other, without) = bank.register("al@example.com").await;
        assert_eq!(bank.finish(&other, &without).await, "NEEDS_MANUAL_VERIFICATION");

        let image = document(Shows::Passport, 1, 0);
        let body = json!({ "image": format!("data:image/png;base64,{image}"), "inputMethod": "camera" });
        let seen = read_of(&read(&bank, &own, body).await);
        let document_id = text(&seen["_id"]);
        assert_eq!(seen["status"], "ACTIVE");
        assert_eq!(seen["namesMatch"], true);
        assert_eq!(seen["OCRExtraction"]["documentNumber"], number_of(1));
        assert_eq!(seen["OCRExtraction"]["fullName"], "JO DOE");
        for hidden in ["validationResults", "ocrResults", "documentData", "fullNameMatchPercentage"] {
            assert_eq!(seen[hidden], Value::Null, "{hidden}");
        }
        assert_eq!(seen["OCRExtraction"]["details"], Value::Null);

        let whole = record(&bank, &document_id).await;
        for (name, value) in [
            ("type", "signup"), ("validationMethod", "OCR"), ("inputMethod", "CAMERA"),
            ("documentType", "PA"), ("documentCategory", "passport"), ("country", "PER"), ("age", "35"),
        ] {
            assert_eq!(whole[name], value, "{name}");
        }
        assert_eq!(whole["fullNameMatchPercentage"], 100);
        assert_eq!(whole["imageSaved"], false);
        assert_eq!(whole["url"], Value::Null);
        assert_eq!(whole["validationResults"]["checkDigits"]["result"], "passed");
        let compared = &whole["validationResults"]["birthDateAgrees"]["values"];
        assert_eq!(compared[0]["value"], "1990-05-01", "{whole}");
        assert_eq!(compared[0]["source"], "mrz");
        assert_eq!(whole["documentData"]["birthDate"], "1990-05-01");
        assert_eq!(whole["ocrResults"]["rawText"], "PASAPORTE");

        let row = bank.get(&bank.token, DOCUMENTS).await.json();
        assert_eq!(row["pagination"]["perPage"], 20);
        assert!(row["signature"]["dateTime"].is_string());
        assert_eq!(row["data"][0]["validationResults"]["birthDateAgrees"]["result"], "passed");
        assert_eq!(row["data"][0]["validationResults"]["birthDateAgrees"]["values"], Value::Null);

        let now = registration(&bank, &registered).await;
        assert_eq!(now["documentValidation"], document_id.as_str());
        assert_eq!((&now["status"], &now["currentStep"]), (&json!("ONGOING"), &json!("document")));
        let populated = format!("{REGISTRATIONS}/{registered}?populates[]=documentValidation");
        let populated = bank.get(&bank.token, &populated).await.json()["data"].clone();
        assert_eq!(populated["documentValidation"]["status"], "ACTIVE");
        let back = format!("{DOCUMENTS}/{document_id}?populates[]=appRegistration&populates[]=projectFlow");
        let back = bank.get(&bank.token, &back).await.json()["data"].clone();
        assert_eq!(back["appRegistration"]["_id"], registered.as_str());

        let again = read(&bank, &own, json!({ "image": image })).await;
        assert_eq!(again.rejection(409), "already_exists");
        assert_eq!(again.json()["message"], "already_exists");
        assert_eq!(bank.finish(&registered, &own).await, "COMPLETED");
        let late = read(&bank, &own, json!({ "image": image, "force": true })).await;
        assert_eq!(late.json()["message"], "registration_is_over");
    }

    async fn lists_are_filtered_in_both_vocabularies(world) {
        let bank = bank(world).await;
        for (email, shows) in [("a@x.example", Shows::Passport), ("b@x.example", Shows::Forged)] {
            let (_, own) = bank.register(email).await;
            read_of(&read(&bank, &own, json!({ "image": document(shows, 1, 0) })).await);
        }
        for (filter, count) in [
            ("where_status=ACTIVE", 1), ("where_status=completed", 1), ("where_status=VALIDATED", 1),
            ("where_status=FAILED", 1), ("where_status=failed", 1), ("where_status=expired", 0),
            ("where_documentType=PA", 2), ("where_documentCategory=passport", 2),
            ("where_validationMethod=OCR", 2), ("in_validationMethod[]=OCR", 2), ("where_type=signup", 2),
            ("where_inputMethod=NOT_SET", 2), ("where_country=PER", 2), ("where_country=COL", 0),
        ] {
            let found = bank.get(&bank.token, &format!("{DOCUMENTS}?{filter}")).await;
            assert_eq!(found.ids().len(), count, "{filter}: {}", found.text());
        }
        let columns = "columns=_id,url,documentType,documentNumber,status,validationMethod,country,createdAt,OCRExtraction&lean=true";
        assert_eq!(bank.get(&bank.token, &format!("{DOCUMENTS}?{columns}")).await.ids().len(), 2);
        let unknown = bank.get(&bank.token, &format!("{DOCUMENTS}?where_status=WRONG")).await;
        assert_eq!(unknown.wrong_parameters(), ["where_status"]);
        for hidden in [
            "where_numberDigest=x", "where_number_digest=x", "where_reading=x", "sort=number_digest",
            "columns=reading",
        ] {
            let answer = bank.get(&bank.token, &format!("{DOCUMENTS}?{hidden}")).await;
            assert_eq!(answer.status, 400, "{hidden}: {}", answer.text());
        }
    }

    async fn a_document_that_is_rejected_is_nobodys_and_another_may_come(world) {
        let flow = json!({ "steps": { "document": "mandatory" }, "documents": { "attemptLimit": 3 } });
        let bank = with_flow(&bank(world).await, flow).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let mut rejected = Vec::new();
        for (shows, status) in [
            (Shows::Forged, "FAILED"), (Shows::Nothing, "NOT_FOUND"), (Shows::Expired, "EXPIRED"),
        ] {
            let seen = read_of(&read(&bank, &own, json!({ "image": document(shows, 1, 0) })).await);
            assert_eq!(seen["status"], status);
            let now = registration(&bank, &registered).await;
            assert_eq!(now["documentValidation"], Value::Null);
            rejected.push(seen["_id"].clone());
        }
        let now = registration(&bank, &registered).await;
        assert_eq!(now["failedDocumentValidations"], json!(rejected));
        let populated = format!("{REGISTRATIONS}/{registered}?populates[]=failedDocumentValidations");
        let populated = bank.get(&bank.token, &populated).await.json()["data"].clone();
        assert_eq!(populated["failedDocumentValidations"][2]["status"], "EXPIRED");
        let fourth = json!({ "image": document(Shows::Passport, 1, 0), "force": true });
        let fourth = read(&bank, &own, fourth).await;
        assert_eq!(fourth.rejection(409), "Conflict");
        assert_eq!(fourth.json()["message"], "no_attempts_left");
        assert_eq!(bank.finish(&registered, &own).await, "NEEDS_MANUAL_VERIFICATION");
    }

    async fn attempts_are_counted_before_work_begins(world) {
        let flow = json!({ "documents": { "attemptLimit": 2 } });
        let bank = with_flow(&bank(world).await, flow).await;
        let (_, own) = bank.register("jo@example.com").await;
        let body = json!({ "image": document(Shows::Passport, 1, 0), "force": true });
        let all = join_all((0..6).map(|_| read(&bank, &own, body.clone()))).await;
        let begun = bank.get(&bank.token, DOCUMENTS).await.ids().len();
        assert!(begun <= 2, "{begun}");
        // There are only so many places to read in.
        assert!(all.iter().all(|it| [200, 409, 503].contains(&it.status)), "{}", all[0].text());
        // What is no image is no attempt.
        let (_, other) = bank.register("al@example.com").await;
        for image in ["x".repeat(200), "A".repeat(400)] {
            let answer = read(&bank, &other, json!({ "image": image })).await;
            assert_eq!(answer.rejection(400), "INVALID_IMAGE_FORMAT");
        }
        assert_eq!(read(&bank, &other, body.clone()).await.status, 200);
        assert_eq!(read(&bank, &other, body).await.status, 200);
        let nothing = read(&bank, &other, json!({})).await;
        assert_eq!(nothing.rejection(422), "MissingParameter");
    }

    async fn the_back_completes_the_record_of_the_front(world) {
        let bank = bank(world).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let early = read(&bank, &own, json!({ "backImage": document(Shows::CardBack, 1, 0) })).await;
        assert_eq!(early.rejection(422), "MissingParameter");
        let front = read(&bank, &own, json!({ "image": document(Shows::CardFront, 1, 0) })).await;
        let front = read_of(&front);
        assert_eq!((&front["status"], &front["requiresBackSide"]), (&json!("ASSESSING"), &json!(true)));
        assert_eq!(front["OCRExtraction"]["documentNumber"], number_of(1));
        assert_eq!(registration(&bank, &registered).await["status"], "STARTED");
        let again = read(&bank, &own, json!({ "image": document(Shows::CardFront, 1, 0) })).await;
        assert_eq!(again.rejection(409), "already_exists");

        // An image that cannot be used leaves the front as it was.
        let broken = read(&bank, &own, json!({ "backImage": "A".repeat(400) })).await;
        assert_eq!(broken.rejection(400), "INVALID_IMAGE_FORMAT");
        let back = json!({ "backImage": document(Shows::CardBack, 1, 0) });
        let both = join_all((0..3).map(|_| read(&bank, &own, back.clone()))).await;
        assert_eq!(both.iter().filter(|it| it.status == 200).count(), 1, "{}", both[0].text());
        let whole = record(&bank, &text(&front["_id"])).await;
        assert_eq!((&whole["status"], &whole["requiresBackSide"]), (&json!("ACTIVE"), &json!(false)));
        assert_eq!(whole["documentType"], "DNI");
        assert_eq!(whole["validationResults"]["documentNumberAgrees"]["result"], "passed");
        assert_eq!(registration(&bank, &registered).await["currentStep"], "document");

        // Both at once; and a back of another card.
        let (_, second) = bank.register("al@example.com").await;
        let front = document(Shows::CardFront, 1, 0);
        let both = json!({ "image": front, "backImage": document(Shows::CardBack, 1, 0) });
        let seen = read_of(&read(&bank, &second, both).await);
        assert_eq!(seen["status"], "NEEDS_MANUAL_VERIFICATION", "another registration has this number");
        let (_, third) = bank.register("eve@example.com").await;
        let both = json!({ "image": front, "backImage": document(Shows::OtherBack, 1, 0) });
        assert_eq!(read_of(&read(&bank, &third, both).await)["status"], "FAILED");
    }

    async fn one_number_of_two_persons_is_looked_at_and_stands_nowhere_in_clear_beside_it(world) {
        let bank = bank(world).await;
        let image = document(Shows::Passport, 7, 0);
        let (_, own) = bank.register("jo@example.com").await;
        assert_eq!(read_of(&read(&bank, &own, json!({ "image": image })).await)["status"], "ACTIVE");
        let (_, other) = bank.register("al@example.com").await;
        let seen = read_of(&read(&bank, &other, json!({ "image": image })).await);
        assert_eq!(seen["status"], "NEEDS_MANUAL_VERIFICATION");
        let whole = record(&bank, &text(&seen["_id"])).await;
        assert_eq!(whole["validationResults"]["numberOfOnePerson"]["result"], "failed");
        // Another client has its own.
        let theirs = world.token("beta").await;
        let scanned = bank.post(&theirs, "/v2/ocr/scan-prompt", json!({ "image": image })).await;
        assert_eq!(scanned.json()["data"]["status"], "ACTIVE", "{}", scanned.text());
        let hmac = "SELECT count(DISTINCT number_digest) FROM document_validations";
        assert_eq!(count(world, hmac).await, 2, "the clients' keys differ");
    }

    async fn names_are_compared_again_and_reviewed(world) {
        let bank = bank(world).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let path = format!("{REGISTRATIONS}/{registered}");
        let renamed = bank.call(Method::PUT, &own, &path, json!({ "fullName": "Al Smith" })).await;
        assert_eq!(renamed.status, 200);
        let seen = read_of(&read(&bank, &own, json!({ "image": document(Shows::Passport, 1, 0) })).await);
        assert_eq!((&seen["status"], &seen["namesMatch"]), (&json!("NEEDS_MANUAL_VERIFICATION"), &json!(false)));
        let id = text(&seen["_id"]);
        // A device says nothing by `force`.
        let forced = put(&bank, &own, &id, "validate?force=true", Value::Null).await;
        assert_eq!(forced.json()["data"]["namesMatch"], false, "{}", forced.text());
        bank.call(Method::PUT, &own, &path, json!({ "fullName": "Jo Doe" })).await;
        let right = put(&bank, &own, &id, "validate", Value::Null).await;
        assert_eq!(right.json()["data"]["status"], "ACTIVE", "{}", right.text());

        let review = json!({ "namesMatch": false, "note": "not hers" });
        put(&bank, &own, &id, "manual-name-review", review.clone()).await.rejection(403);
        let denied = put(&bank, &bank.token, &id, "manual-name-review", review).await;
        assert_eq!(denied.json()["data"]["status"], "FAILED", "{}", denied.text());
        assert_eq!(denied.json()["data"]["manualNameReview"]["note"], "not hers");
        assert_eq!(registration(&bank, &registered).await["documentValidation"], Value::Null);
        let over = put(&bank, &bank.token, &id, "validate?force=1", Value::Null).await;
        assert_eq!(over.json()["message"], "document_not_read");
        let whole = bank.call(Method::PUT, &bank.token, &format!("{DOCUMENTS}/{id}"), json!({})).await;
        assert_eq!(whole.rejection(405), "method_not_set");
        let typed = put(&bank, &bank.token, &id, "document-type", json!({ "documentType": "CC" })).await;
        assert_eq!(typed.json()["data"]["documentType"], "CC");
    }

    async fn a_page_that_gives_up_asks_for_a_reviewer(world) {
        let bank = bank(world).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let seen = read_of(&read(&bank, &own, json!({ "image": document(Shows::Forged, 1, 0) })).await);
        let id = text(&seen["_id"]);
        let asked = json!({ "reason": "timeout", "timeoutType": "document", "elapsedTime": 90 });
        let answer = put(&bank, &own, &id, "manual-verification", asked).await;
        assert_eq!(answer.json()["data"]["status"], "NEEDS_MANUAL_VERIFICATION", "{}", answer.text());
        let now = registration(&bank, &registered).await;
        assert_eq!(now["status"], "NEEDS_MANUAL_VERIFICATION");
        assert_eq!(now["documentValidation"], id.as_str());
        let events = format!("/v2/events?where_record={registered}&where_type=app_registration.needs_manual_verification");
        assert_eq!(bank.get(&bank.token, &events).await.ids().len(), 1);
        let whole = record(&bank, &id).await;
        assert_eq!(whole["manualVerification"]["timeoutType"], "document");
        let again = put(&bank, &own, &id, "manual-verification", json!({})).await;
        assert_eq!(again.json()["message"], "registration_is_over");
    }

    async fn a_portrait_is_compared_whichever_comes_first(world) {
        let bank = with_flow(&bank(world).await, json!({ "steps": { "document": "mandatory" } })).await;
        let face = |of| json!({ "image": shot(of, 0), "os": "IOS" });
        let passport = |number, of| json!({ "image": document(Shows::Passport, number, of) });
        // The document first, then the same face; then another's.
        for (number, portrait, status, end) in
            [(1, 1, "ACTIVE", "COMPLETED"), (2, 9, "FAILED", "NEEDS_MANUAL_VERIFICATION")]
        {
            let (registered, own) = bank.register(&format!("{number}@example.com")).await;
            let seen = read_of(&read(&bank, &own, passport(number, portrait)).await);
            assert_eq!(seen["status"], "ACTIVE");
            assert_eq!(bank.enrol(&own, face(number)).await.status, 200);
            assert_eq!(record(&bank, &text(&seen["_id"])).await["status"], status);
            let now = registration(&bank, &registered).await;
            assert_eq!(now["compareFaceVerification"]["result"]["passed"], status == "ACTIVE", "{now}");
            assert_eq!(bank.finish(&registered, &own).await, end);
        }
        // The face first.
        for (number, portrait, status) in [(3, 3, "ACTIVE"), (4, 9, "FAILED")] {
            let (_, own) = bank.register(&format!("{number}@example.com")).await;
            assert_eq!(bank.enrol(&own, face(number)).await.status, 200);
            let seen = read_of(&read(&bank, &own, passport(number, portrait)).await);
            assert_eq!(seen["status"], status, "{number}");
            let compared = bank.post(&own, "/v2/face-recognition/compare/app-registration", json!({})).await;
            match status {
                "ACTIVE" => assert_eq!(compared.json()["data"]["passed"], true, "{}", compared.text()),
                _ => assert_eq!(compared.status, 409, "{}", compared.text()),
            }
        }
    }

    async fn images_are_stored_encrypted_when_asked_and_open_by_a_signed_url(world) {
        let bank = bank(world).await;
        let (_, own) = bank.register("jo@example.com").await;
        let (front, back) = (document(Shows::CardFront, 1, 0), document(Shows::CardBack, 1, 0));
        let body = json!({ "image": front, "backImage": back, "saveImage": true });
        let seen = read_of(&read(&bank, &own, body).await);
        let id = text(&seen["_id"]);
        let path = format!("{DOCUMENTS}/{id}/image");
        assert_eq!(seen["url"], path.as_str(), "a device's opens nothing");
        bank.get(&own, &path).await.rejection(403);
        bank.get("", &path).await.rejection(401);
        assert_eq!(bank.get(&bank.token, &path).await.bytes, bytes_of(&front));
        let whole = record(&bank, &id).await;
        assert_eq!(bank.get("", &text(&whole["url"])).await.bytes, bytes_of(&front));
        assert_eq!(bank.get("", &text(&whole["backUrl"])).await.bytes, bytes_of(&back));
        // The signature of one side opens no other, and no other record's.
        let query = text(&whole["url"]).split_once('?').expect("a query").1.to_owned();
        bank.get("", &format!("{DOCUMENTS}/{id}/back-image?{query}")).await.rejection(401);
        bank.get("", &format!("/v2/document-liveness/{id}/image?{query}")).await.rejection(401);
        let stranger = world.token("beta").await;
        bank.get(&stranger, &path).await.rejection(404);
        let reader = world.token_with("acme", Some(vec![Scope::ReadDocuments]), false).await;
        bank.get(&reader, &path).await.rejection(403);

        let evidence = format!("{DOCUMENTS}/{id}/evidence");
        bank.get(&own, &evidence).await.rejection(403);
        bank.get(&reader, &evidence).await.rejection(403);
        bank.get(&stranger, &evidence).await.rejection(404);
        let evidence = bank.get(&bank.token, &evidence).await.json()["data"]["sides"].clone();
        assert_eq!(evidence[1]["side"], "back");
        assert_eq!(evidence[1]["values"][0]["source"], "mrz");
        assert_eq!(evidence[1]["values"][0]["corners"][1]["x"], 90.0);
        assert_eq!(evidence[0]["image"], front.as_str());
        world.turn_clock(3 * 60 * 60 * 1000);
        bank.get("", &text(&whole["url"])).await.rejection(401);
    }

    async fn a_token_of_one_registration_opens_its_own_document_alone(world) {
        let bank = bank(world).await;
        let (_, own) = bank.register("jo@example.com").await;
        let (_, other) = bank.register("al@example.com").await;
        let seen = read_of(&read(&bank, &own, json!({ "image": document(Shows::Passport, 1, 0) })).await);
        let id = text(&seen["_id"]);
        let path = format!("{DOCUMENTS}/{id}");
        assert_eq!(bank.get(&own, &path).await.status, 200);
        for (method, what) in [
            (Method::GET, ""), (Method::PUT, "/validate"), (Method::PUT, "/manual-verification"),
        ] {
            let answer = bank.call(method, &other, &format!("{path}{what}"), Value::Null).await;
            assert_eq!(answer.rejection(403), "Forbidden", "{what}");
        }
        for id in ["none", "../x", "%00"] {
            let unknown = bank.call(Method::PUT, &other, &format!("{DOCUMENTS}/{id}/validate"), Value::Null).await;
            assert!([403, 404].contains(&unknown.status), "{id}: {}", unknown.text());
        }
        for (method, what) in [(Method::DELETE, ""), (Method::PUT, "/document-type"), (Method::GET, "/evidence")] {
            let answer = bank.call(method, &own, &format!("{path}{what}"), Value::Null).await;
            assert_eq!(answer.status, 403, "{what}: {}", answer.text());
        }
        let stranger = world.token("beta").await;
        for (method, what, body) in [
            (Method::GET, "", Value::Null), (Method::DELETE, "", Value::Null),
            (Method::PUT, "/validate", Value::Null), (Method::PUT, "/manual-verification", json!({})),
            (Method::PUT, "/document-type", json!({ "documentType": "X" })),
            (Method::PUT, "/manual-name-review", json!({ "namesMatch": true })),
        ] {
            let answer = bank.call(method, &stranger, &format!("{path}{what}"), body).await;
            assert_eq!(answer.rejection(404), "document_validation_not_found", "{what}");
        }
        let (registered, _) = bank.register("eve@example.com").await;
        let named = json!({ "image": document(Shows::Passport, 2, 0), "appRegistration": registered });
        assert_eq!(read(&bank, &stranger, named.clone()).await.rejection(404), "appRegistration_not_found");
        assert_eq!(read(&bank, &bank.token, named).await.status, 200);
    }

    async fn what_a_crash_left_is_ended_and_so_is_a_front_whose_back_does_not_come(world) {
        let bank = bank(world).await;
        let (registered, own) = bank.register("jo@example.com").await;
        let body = json!({ "image": document(Shows::CardFront, 1, 0), "saveImage": true });
        let front = read_of(&read(&bank, &own, body).await);
        let id = text(&front["_id"]);
        world.turn_clock(10 * 60 * 1000);
        assert_eq!(document_readings::abandon(&bank.app).await.expect("a look"), 0, "it may still come");
        // As a node that is killed while it reads the back leaves it.
        world.execute("UPDATE jobs SET detail = NULL, lease_until = 1 WHERE kind = 'document_reading'").await;
        assert_eq!(document_readings::abandon(&bank.app).await.expect("a look"), 1);
        let whole = record(&bank, &id).await;
        assert_eq!(whole["status"], "FAILED");
        assert!(text(&whole["failureReason"]).starts_with("interrupted"), "{whole}");
        assert_eq!((&whole["imageSaved"], &whole["url"]), (&json!(false), &Value::Null));
        bank.get(&bank.token, &format!("{DOCUMENTS}/{id}/image")).await.rejection(404);
        let now = registration(&bank, &registered).await;
        assert_eq!(now["documentValidation"], Value::Null);
        let late = read(&bank, &own, json!({ "backImage": document(Shows::CardBack, 1, 0) })).await;
        assert_eq!(late.rejection(422), "MissingParameter");

        let (_, second) = bank.register("al@example.com").await;
        let front = read(&bank, &second, json!({ "image": document(Shows::CardFront, 1, 0) })).await;
        world.turn_clock(25 * 60 * 60 * 1000);
        assert_eq!(document_readings::abandon(&bank.app).await.expect("a look"), 1);
        let whole = record(&bank, &text(&read_of(&front)["_id"])).await;
        assert_eq!(whole["failureReason"], "the image of the back did not come");
    }

    async fn a_flow_says_which_documents_it_takes(world) {
        let plain = bank(world).await;
        for (documents, check) in [
            (json!({ "documentTypes": ["CC"] }), "documentTypeAllowed"),
            (json!({ "countries": ["COL"] }), "countryAllowed"),
            (json!({ "minimumAge": 40 }), "minimumAge"),
        ] {
            let bank = with_flow(&plain, json!({ "documents": documents })).await;
            let (_, own) = bank.register("jo@example.com").await;
            let seen = read_of(&read(&bank, &own, json!({ "image": document(Shows::Passport, 1, 0) })).await);
            assert_eq!(seen["status"], "FAILED", "{check}");
            let whole = record(&bank, &text(&seen["_id"])).await;
            assert_eq!(whole["validationResults"][check]["result"], "failed", "{whole}");
        }
    }

    async fn scanners_answer_what_stands_on_a_document(world) {
        let bank = bank(world).await;
        let image = document(Shows::Passport, 1, 0);
        for (path, method) in [
            ("/v2/ocr/scan-prompt", "SCAN_PROMPT"), ("/v3/ocr/scan-studio", "SCAN_STUDIO"),
            ("/v2/ocr/scan-agent", "SCAN_AGENT"),
        ] {
            let body = json!({ "image": image, "documentType": "CC", "cropFace": true });
            let answer = bank.post(&bank.token, path, body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let body = answer.json();
            assert_eq!(body["id"].as_str().map(str::len), Some(5));
            let data = &body["data"];
            assert_eq!((&data["validationMethod"], &data["type"]), (&json!(method), &json!("ocr")));
            assert_eq!(data["documentType"], "CC");
            let first = &data["OCRExtraction"]["details"]["fields"][0];
            assert_eq!(first["name"], "documentNumber");
            assert_eq!(first["boundingPoly"]["vertices"][0]["x"], 1.0);
            let class = &data["OCRExtraction"]["documentClassification"];
            assert_eq!((&class["requestedDocumentType"], &class["isMatch"]), (&json!("CC"), &json!(false)));
            assert_eq!(class["detectedDocumentType"], "PA");
        }
        let before = bank.get(&bank.token, DOCUMENTS).await.ids().len();
        let demo = bank.post(&bank.token, "/v2/ocr/scan-demo", json!({ "image": image })).await;
        assert_eq!(demo.json()["data"]["result"]["documentNumber"], number_of(1), "{}", demo.text());
        assert_eq!(demo.json()["data"]["result"]["status"], "ACTIVE");
        assert_eq!(bank.get(&bank.token, DOCUMENTS).await.ids().len(), before);
        let types = bank.get(&bank.token, "/v2/document-types").await.json()["data"].clone();
        assert!(types.as_array().expect("a list").iter().any(|it| it["_id"] == "COL-CC"));
        let gone = bank.post(&bank.token, "/v2/ocr/scan-studio", json!({ "image": image })).await;
        assert_eq!(gone.rejection(410), "endpoint_removed");
        let replacement = &gone.json()["deprecation"]["details"]["replacement"];
        assert_eq!(replacement, "/v3/ocr/scan-studio");
        let (_, own) = bank.register("jo@example.com").await;
        bank.post(&own, "/v2/ocr/scan-prompt", json!({ "image": image })).await.rejection(403);
        let none = bank.post(&bank.token, "/v2/ocr/scan-prompt", json!({})).await;
        assert_eq!(none.rejection(422), "MissingParameter");
    }

    async fn a_template_names_what_a_client_looks_for_besides(world) {
        let bank = bank(world).await;
        let path = "/v2/prompt-templates";
        let body = json!({ "name": "Passports", "documentTypes": ["PA"], "labels": { "title": "pasa" } });
        let template = id(&bank.post(&bank.token, path, body).await);
        let body = json!({ "image": document(Shows::Passport, 1, 0), "promptTemplateId": template });
        let answer = bank.post(&bank.token, "/v2/ocr/scan-agent", body.clone()).await;
        let fields = answer.json()["data"]["OCRExtraction"]["details"]["fields"].clone();
        let found = fields.as_array().expect("a list").iter().find(|it| it["name"] == "title").cloned();
        assert_eq!(found.expect("it is there")["value"], "PORTE", "{}", answer.text());
        let one = format!("{path}/{template}");
        let off = bank.call(Method::PUT, &bank.token, &one, json!({ "active": false })).await;
        assert_eq!(off.json()["data"]["active"], false, "{}", off.text());
        let answer = bank.post(&bank.token, "/v2/ocr/scan-agent", body.clone()).await;
        assert!(!answer.text().contains("\"PORTE\""), "{}", answer.text());
        let stranger = world.token("beta").await;
        let theirs = bank.post(&stranger, "/v2/ocr/scan-agent", body).await;
        assert_eq!(theirs.rejection(404), "prompt_template_not_found");
        bank.call(Method::PUT, &stranger, &one, json!({ "name": "x" })).await.rejection(404);
        for labels in [json!({ "x": 1 }), json!({ "x": "" }), json!([])] {
            let wrong = json!({ "name": "x", "labels": labels });
            assert_eq!(bank.post(&bank.token, path, wrong).await.rejection(422), "MissingParameter");
        }
        assert_eq!(bank.call(Method::DELETE, &bank.token, &one, Value::Null).await.status, 200);
        assert!(bank.get(&bank.token, path).await.ids().is_empty());
    }

    async fn nothing_of_a_document_is_left_when_it_or_its_registration_goes(world) {
        let bank = bank(world).await;
        for what in ["document", "registration"] {
            let (registered, own) = bank.register("jo@example.com").await;
            let body = json!({ "image": document(Shows::Passport, 77, 5), "saveImage": true });
            let id = text(&read_of(&read(&bank, &own, body).await)["_id"]);
            let path = match what {
                "document" => format!("{DOCUMENTS}/{id}"),
                _ => format!("{REGISTRATIONS}/{registered}"),
            };
            let gone = bank.call(Method::DELETE, &bank.token, &path, Value::Null).await;
            assert_eq!(gone.status, 200, "{}", gone.text());
            bank.get(&bank.token, &format!("{DOCUMENTS}/{id}")).await.rejection(404);
            if what == "document" {
                let now = registration(&bank, &registered).await;
                assert_eq!(now["documentValidation"], Value::Null);
            }
            let deleted = format!("/v2/events?where_record={id}&where_type=document_validation.deleted");
            assert_eq!(bank.get(&bank.token, &deleted).await.ids().len(), 1, "{what}");
            let keys = walk(world.folder.path());
            assert!(!keys.iter().any(|path| path.contains(&id)), "{what}: {keys:?}");
        }
        world.assert_forgotten(&[&number_of(77)]).await;
    }

    async fn values_are_in_no_event_and_no_statement_of_one(world) {
        let bank = bank(world).await;
        let (_, own) = bank.register("jo@example.com").await;
        let seen = read_of(&read(&bank, &own, json!({ "image": document(Shows::Passport, 99, 0) })).await);
        let events = bank.get(&bank.token, "/v2/events?limit=100").await;
        assert!(events.text().contains("document_validation.active"), "{}", events.text());
        for value in [number_of(99), "1990-05-01".to_owned(), "DOE".to_owned()] {
            assert!(!events.text().contains(&value), "{value}");
        }
        let types = format!("/v2/events?where_record={}", text(&seen["_id"]));
        let types = bank.get(&bank.token, &types).await.json()["data"].clone();
        let types: Vec<String> = types.as_array().expect("a list").iter().map(|it| text(&it["type"])).collect();
        assert_eq!(types.len(), 2, "{types:?}");
    }
}

#[tokio::test]
async fn a_server_that_reads_nothing_says_so() {
    let world = World::sqlite().await;
    let bank = Bank::open(&world).await;
    let (_, own) = bank.register("jo@example.com").await;
    let body = json!({ "image": document(Shows::Passport, 1, 0) });
    for (token, path) in [(&own, READ), (&bank.token, "/v2/ocr/scan-prompt")] {
        let answer = bank.post(token, path, body.clone()).await;
        assert_eq!(answer.rejection(503), "MODELS_MISSING");
    }
    assert!(bank.get(&bank.token, DOCUMENTS).await.ids().is_empty());
}

#[tokio::test]
async fn the_checks_of_the_image_are_made_where_the_operator_says_so() {
    let world = World::sqlite().await;
    let app = reading(&world, |config| config.documents.check_images = true);
    let bank = Bank::with(&world, app).await;
    let answer = bank
        .post(
            &bank.token,
            "/v2/ocr/scan-prompt",
            json!({ "image": document(Shows::Passport, 1, 0) }),
        )
        .await;
    let results = answer.json()["data"]["validationResults"].clone();
    let made = ["screenReplay", "printedCopy", "portraitSubstitution", "digitalManipulation"];
    let words: Vec<&Value> = made.iter().map(|check| &results[*check]["result"]).collect();
    assert!(words.iter().any(|word| word.is_string()), "{results}");
    for word in words {
        assert!(word.is_null() || *word == "passed" || *word == "failed", "{results}");
    }
}

#[tokio::test]
async fn records_from_elsewhere_are_imported() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let row = json!({
        "_id": "d1", "client": "acme", "status": "ACTIVE_BUT_UNVERIFIED", "type": "ocr",
        "validationMethod": "SCAN_PROMPT", "documentType": "CC", "country": "Colombia",
        "imageSaved": true, "url": "https://cdn.example/x.jpg", "createdAt": "2025-06-01T00:00:00Z",
        "OCRExtraction": { "documentNumber": "123", "firstName": "Jo", "unknown": 1 },
        "namesMatch": true, "fullNameMatchPercentage": 98.5,
    });
    world.store(&DOCUMENT_VALIDATIONS, &[row]).await;
    let found = world.get(&token, &format!("{DOCUMENTS}/d1")).await.json()["data"].clone();
    assert_eq!(found["url"], "https://cdn.example/x.jpg");
    assert_eq!(found["OCRExtraction"], json!({ "documentNumber": "123", "firstName": "Jo" }));
    let path = format!("{DOCUMENTS}/d1/validate");
    let validate = world.send(request(Method::PUT, &token, &path)).await;
    assert_eq!(validate.json()["message"], "document_not_read");
}

/// The number that a statement gives.
pub async fn count(world: &World, statement: &str) -> i64 {
    match &world.location {
        verax_store::Location::Postgres(url) => {
            let client = connect(url).await;
            client.query_one(statement, &[]).await.expect("a row").get(0)
        }
        verax_store::Location::File(path) => {
            let connection = rusqlite::Connection::open(path).expect("the same file");
            connection.query_row(statement, [], |row| row.get(0)).expect("a row")
        }
    }
}

/// The paths of all files below a folder.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => all.extend(walk(&path)),
            false => all.push(path.display().to_string()),
        }
    }
    all
}
