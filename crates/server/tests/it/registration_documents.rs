//! Documents that the device of a registration has checked: which do for its flow, and how many
//! images of them are kept.

use axum::Router;
use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_domain::document_check::PerCheck;
use verax_lab::simulator::{camera, cards::card, jpeg};
use verax_server::app::journal::Origin;
use verax_server::jobs::document_checks;
use verax_vision::document::seeded::Seeded;

use crate::answer::Answer;
use crate::projects::{made, post, send};
use crate::world::{self, World, request};

const DOCUMENTS: &str = "/v2/document-liveness";
const REGISTRATIONS: &str = "/v2/app-registrations";

/// All checks pass it.
fn genuine() -> String {
    STANDARD.encode(include_bytes!("../../assets/card.jpg"))
}

/// One of the checks does not.
fn doubtful() -> String {
    let drawn = card(&mut Seeded::new(5), None).image;
    STANDARD.encode(jpeg(&camera::genuine(&mut Seeded::new(105), &drawn), 92))
}

/// A registration in a flow with these steps: its id and its token.
async fn register(world: &World, token: &str, steps: Value) -> (String, String) {
    let project = made(&post(world, token, "/v3/projects", json!({ "name": "Bank" })).await);
    let flow = json!({ "project": project, "type": "onboarding", "steps": steps });
    let flow = made(&post(world, token, "/v2/project-flows", flow).await);
    let body = json!({ "project": project, "projectFlow": flow, "email": "jo@example.com" });
    let data = post(world, token, REGISTRATIONS, body).await.json()["data"].clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&data["appRegistration"]["_id"]), text(&data["token"]))
}

async fn finish(world: &World, token: &str, id: &str) -> Value {
    let done = json!({ "step": "end", "status": "COMPLETED" });
    let done = send(world, Method::PUT, token, &format!("{REGISTRATIONS}/{id}/sync"), done).await;
    assert_eq!(done.status, 200, "{}", done.text());
    done.json()["data"]["status"].clone()
}

async fn document_of(world: &World, token: &str, id: &str) -> Value {
    world.get(token, &format!("{REGISTRATIONS}/{id}")).await.json()["data"]["documentLiveness"]
        .clone()
}

async fn check(router: &Router, token: &str, body: &Value) -> Answer {
    let request = request(Method::POST, token, DOCUMENTS);
    world::send(router, request.map(|_| Body::from(body.to_string()))).await
}

on_both_databases! {
    async fn a_mandatory_document_is_met_by_one_that_passed_every_check(world) {
        let token = world.token("acme").await;
        let steps = json!({ "document": "mandatory" });
        let (id, own) = register(world, &token, steps.clone()).await;
        let (without, other) = register(world, &token, steps).await;
        assert_eq!(finish(world, &other, &without).await, "NEEDS_MANUAL_VERIFICATION");
        for (changed, value) in [
            ("image", json!(doubtful())),
            // A device that asks for less than everything has not shown its document.
            ("validatePrintedCopy", json!(false)),
            ("screenReplayCalibration", json!("SOFT")),
            ("ignoreColourLessValidation", json!(true)),
            ("ignoreDocumentCroppedValidation", json!(true)),
        ] {
            let mut body = json!({ "image": genuine() });
            body[changed] = value;
            let answer = post(world, &own, DOCUMENTS, body).await;
            assert_eq!(answer.json()["data"]["status"], "completed", "{changed}");
            assert_eq!(document_of(world, &token, &id).await, Value::Null, "{changed}");
        }
        // What a client checks is not the registration's.
        assert_eq!(post(world, &token, DOCUMENTS, json!({ "image": genuine() })).await.status, 200);
        assert_eq!(document_of(world, &token, &id).await, Value::Null);

        let answer = post(world, &own, DOCUMENTS, json!({ "image": genuine() })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let document = answer.json()["data"]["_id"].clone();
        assert_eq!(document_of(world, &token, &id).await, document);
        assert_eq!(finish(world, &own, &id).await, "COMPLETED");

        let late = post(world, &own, DOCUMENTS, json!({ "image": genuine() })).await;
        assert_eq!(late.rejection(409), "Conflict");
        assert_eq!(late.json()["message"], "registration_is_over");
        let path = format!("{DOCUMENTS}/{}", document.as_str().expect("an id"));
        send(world, Method::DELETE, &own, &path, Value::Null).await.rejection(403);
        assert_eq!(send(world, Method::DELETE, &token, &path, Value::Null).await.status, 200);
        assert_eq!(document_of(world, &token, &id).await, Value::Null);
    }

    async fn a_check_that_a_crash_interrupted_still_does_for_its_registration(world) {
        let token = world.token("acme").await;
        let (id, _) = register(world, &token, json!({ "document": "mandatory" })).await;
        let order = verax_server::app::documents::DocumentOrder {
            image: STANDARD.decode(genuine()).expect("base64"),
            checks: PerCheck::all(true),
            calibrations: PerCheck::default(),
            cropped: verax_domain::document_verdict::CroppedRule::Fails,
            colourless: verax_domain::document_verdict::ColourlessRule::Fails,
            save_image: false,
            app_registration: Some(id.clone()),
        };
        let begun = world.app.begin_document_check("acme", &order, &Origin::system()).await.expect("a record");
        world.turn_clock(121_000);
        assert_eq!(document_checks::resume(&world.app).await.expect("a look"), 1);
        assert_eq!(document_of(world, &token, &id).await, begun.as_str());
    }

    async fn a_device_keeps_so_many_images_and_no_more(world) {
        let token = world.token("acme").await;
        let (_, own) = register(world, &token, json!({})).await;
        let router = world.beside(|config| config.documents.saved_images_max = 2);
        let body = |kept: bool| json!({
            "image": genuine(), "saveImage": kept, "validateScreenReplay": false,
            "validatePrintedCopy": false, "validatePortraitSubstitution": false,
        });
        let kept = body(true);
        let answers = join_all((0..5).map(|_| check(&router, &own, &kept))).await;
        let saved = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(saved, 2);
        let rejected = answers.iter().find(|it| it.status != 200).expect("one");
        assert_eq!(rejected.rejection(409), "Conflict");
        assert_eq!(rejected.json()["message"], "saved_images_limit");
        assert_eq!(world.get(&token, DOCUMENTS).await.total(), 2, "what is rejected is no record");
        // Checks without an image that stays, and a client's own, are no matter of it.
        assert_eq!(check(&router, &own, &body(false)).await.status, 200);
        assert_eq!(check(&router, &token, &body(true)).await.status, 200);
    }

    async fn a_device_begins_so_many_document_checks_and_no_more(world) {
        let token = world.token("acme").await;
        let (_, own) = register(world, &token, json!({})).await;
        let router = world.beside(|config| config.documents.checks_per_registration_max = 2);
        let body = json!({
            "image": genuine(), "validateScreenReplay": false, "validatePrintedCopy": false,
            "validatePortraitSubstitution": false,
        });
        let answers = join_all((0..5).map(|_| check(&router, &own, &body))).await;
        assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 2);
        let rejected = answers.iter().find(|it| it.status != 200).expect("one");
        assert_eq!(rejected.rejection(409), "Conflict");
        assert_eq!(rejected.json()["message"], "document_checks_limit");
        assert_eq!(world.get(&token, DOCUMENTS).await.total(), 2, "what is rejected is no record");
        assert_eq!(check(&router, &token, &body).await.status, 200, "a client's own count nowhere");
        let (_, other) = register(world, &token, json!({})).await;
        assert_eq!(check(&router, &other, &body).await.status, 200);
        let none = world.beside(|config| config.documents.checks_per_registration_max = 0);
        assert_eq!(check(&none, &other, &body).await.json()["message"], "document_checks_limit");
    }
}
