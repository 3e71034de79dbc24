//! `POST /v2/document-liveness`: the answer, the rejections, and what a crash leaves.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_verdict::{Calibration, ColourlessRule, CroppedRule};
use verax_domain::records::document_check::DocumentCheckRecord;
use verax_domain::{RecordTokenScope, Scope};
use verax_lab::simulator::camera::captured;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::jpeg;
use verax_server::app::documents::{DocumentCheckError, DocumentOrder};
use verax_server::app::journal::Origin;
use verax_server::app::upkeep::sweeping::Orphans;
use verax_server::jobs::document_checks;
use verax_store::{Batch, StoreError};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::Image;

use crate::answer::{Answer, keys};
use crate::fixtures::one_of_each;
use crate::world::{Engine, World, request, send};

const PATH: &str = "/v2/document-liveness";

fn drawn() -> Image {
    card(&mut Seeded::new(5), None).image
}

fn image() -> Vec<u8> {
    jpeg(&drawn(), 92)
}

/// The same card on a table.
fn photographed() -> Vec<u8> {
    jpeg(&captured(&mut Seeded::new(5), &drawn(), &[], (0.05, 0.12)).image, 92)
}

fn order(image: Vec<u8>) -> DocumentOrder {
    DocumentOrder {
        image,
        checks: PerCheck::all(true),
        calibrations: PerCheck::all(Calibration::Regular),
        cropped: CroppedRule::Fails,
        colourless: ColourlessRule::Fails,
        save_image: false,
        app_registration: None,
    }
}

/// A token that sees records, but no images.
async fn blind_token(world: &World) -> String {
    world.token_with("acme", Some(vec![Scope::ReadDocuments]), false).await
}

/// The files of the vault's objects: each is an image.
fn kept(world: &World) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries
            .map(|entry| entry.expect("an entry").path())
            .map(|path| if path.is_dir() { count(&path) } else { 1 })
            .sum()
    }
    count(&world.folder.path().join("objects"))
}

async fn post(world: &World, token: &str, body: &Value) -> Answer {
    let request = request(Method::POST, token, PATH);
    world.send(request.map(|_| Body::from(body.to_string()))).await
}

async fn post_image(world: &World, token: &str, bytes: &[u8]) -> Answer {
    post(world, token, &json!({ "image": STANDARD.encode(bytes) })).await
}

/// The parameters that a rejected body names.
#[track_caller]
fn named(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let details = json["details"].as_array().expect("details");
    details.iter().map(|it| it["parameter"].as_str().expect("a name").to_owned()).collect()
}

/// Retrieves the record until it has reached its end.
async fn ended(world: &World, token: &str, id: &str) -> Value {
    let wait = async {
        loop {
            let record = world.get(token, &format!("{PATH}/{id}")).await.json();
            if !["new", "processing"].contains(&record["data"]["status"].as_str().unwrap_or("")) {
                return record["data"].clone();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the work ends")
}

#[tokio::test]
async fn what_a_crash_leaves_reads_the_same_on_both_databases() {
    let (sqlite, postgres) = (World::on(Engine::Sqlite).await, World::on(Engine::Postgres).await);
    let told = after_a_crash(&sqlite).await;
    assert_eq!(told, after_a_crash(&postgres).await);
    for words in ["\"completed\"", "\"failed\"", "\"interrupted"] {
        assert!(told.concat().contains(words), "{words}: {told:?}");
    }
    postgres.end().await;
}

/// A check that was begun and is new.
fn opened(id: &str) -> DocumentCheckRecord {
    DocumentCheckRecord::open(id.to_owned(), "acme".to_owned(), None)
}

/// A check that ended, and three that a crash left in each of their states: the list, its failures
/// alone, and every record.
async fn after_a_crash(world: &World) -> Vec<String> {
    let token = world.token("acme").await;
    let app = &world.app;
    let order = order(image());
    let ended = post_image(world, &token, &order.image).await.json();
    world.turn_clock(1000);
    let fresh =
        app.begin_document_check("acme", &order, &Origin::system()).await.expect("a record");
    world.turn_clock(1000);
    let begun =
        app.begin_document_check("acme", &order, &Origin::system()).await.expect("a record");
    let mut batch = Batch::default();
    let now = app.clock.now();
    let started = opened(&begun).start(now).expect("it is new");
    batch.transition(&started, now, app.stamp(&Origin::system()));
    app.database.commit(batch).await.expect("it is new");
    world.turn_clock(1000);
    let lost = app.begin_document_check("acme", &order, &Origin::system()).await.expect("a record");
    app.vault.destroy("acme", &lost).await.expect("destroyed");
    world.turn_clock(121_000);
    assert_eq!(document_checks::resume(app).await.expect("a look"), 3);

    let ended = ended["data"]["_id"].as_str().expect("an id");
    let mut told = Vec::new();
    for target in ["", "?status=failed", "?sort=-createdAt&perPage=2"] {
        told.push(world.get(&token, &format!("{PATH}{target}")).await.text().to_owned());
    }
    for id in [ended, &fresh, &begun, &lost] {
        told.push(world.get(&token, &format!("{PATH}/{id}")).await.text().to_owned());
    }
    told
}

on_both_databases! {
    async fn a_photographed_card_is_checked(world) {
        let token = world.token("acme").await;
        let uri = format!("data:image/jpeg;base64,{}", STANDARD.encode(photographed()));
        let answer = post(world, &token, &json!({
            "image": uri, "screenReplayCalibration": "SOFT", "os": "DESKTOP",
        })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json = answer.json();
        assert_eq!(keys(&json), ["success", "data", "signature"]);
        let record = &json["data"];
        assert_eq!(keys(record), [
            "_id", "client", "imageSaved", "status", "validationResults", "calibrationSettings",
            "validationFlags", "failedChecks", "riskScore", "confidence", "createdAt", "updatedAt", "completedAt",
            "isLive", "aggregatedScore", "screenReplayProbability", "printedCopyProbability",
            "portraitSubstitutionProbability", "digitalManipulationProbability", "aggregateWarnings",
        ]);
        assert_eq!(record["client"], "acme");
        assert_eq!(record["status"], "completed");
        assert_eq!(record["imageSaved"], false);
        assert_eq!(record["calibrationSettings"], json!({
            "screenReplayCalibration": "SOFT",
            "printedCopyCalibration": "REGULAR",
            "portraitSubstitutionCalibration": "REGULAR",
        }));
        assert_eq!(record["validationFlags"]["colourLessValidation"], "passed");
        let results = &record["validationResults"];
        let checks = DocumentCheck::ALL.map(|check| check.entry().wire_name);
        assert_eq!(keys(results), checks);
        for check in checks {
            assert_eq!(keys(&results[check]), ["passed", "score", "details"], "{check}");
        }
        let id = record["_id"].as_str().expect("an id");
        assert_eq!(id.len(), 24);
        let retrieved = world.get(&token, &format!("{PATH}/{id}")).await;
        assert_eq!(retrieved.text(), answer.text());
        let listed = world.get(&token, &format!("{PATH}?status=completed")).await.json();
        assert_eq!(keys(&listed["data"][0]["validationResults"]["printedCopy"]), ["passed", "score"]);
        assert_eq!(document_checks::resume(&world.app).await.expect("a look"), 0);
    }

    async fn a_check_that_a_crash_left_behind_is_taken_up_and_made_once(world) {
        let token = world.token("acme").await;
        let app = &world.app;
        let order = order(image());
        let fresh = app.begin_document_check("acme", &order, &Origin::system()).await.expect("a record");
        let begun = app.begin_document_check("acme", &order, &Origin::system()).await.expect("a record");
        let mut batch = Batch::default();
        let now = app.clock.now();
        let started = opened(&begun).start(now).expect("it is new");
    batch.transition(&started, now, app.stamp(&Origin::system()));
        app.database.commit(batch.clone()).await.expect("it is new");
        let again = app.database.commit(batch).await;
        assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");

        assert_eq!(document_checks::resume(app).await.expect("a look"), 0);
        assert_eq!(kept(world), 2);
        world.turn_clock(121_000);
        assert_eq!(document_checks::resume(app).await.expect("a look"), 2);
        assert_eq!(document_checks::resume(app).await.expect("a look"), 0);
        for id in [&fresh, &begun] {
            let record = world.get(&token, &format!("{PATH}/{id}")).await.json();
            assert_eq!(record["data"]["status"], "completed");
            assert_eq!(record["data"]["imageSaved"], false);
        }
        assert_eq!(kept(world), 0, "nothing of the images stays");
        // A worker that was only slow changes nothing any more.
        let permit = app.admission.try_document_permit().expect("a permit");
        let late = app.clone().finish_document_check((fresh, "acme".to_owned()), order, permit, Origin::system()).await;
        let rejected = matches!(late, Err(DocumentCheckError::Ended));
        assert!(rejected, "{late:?}");
        assert_eq!(world.get(&token, PATH).await.total(), 2);
    }

    async fn a_check_whose_image_is_gone_fails_and_says_so(world) {
        let token = world.token("acme").await;
        let app = &world.app;
        let id = app.begin_document_check("acme", &order(image()), &Origin::system()).await.expect("a record");
        app.vault.destroy("acme", &id).await.expect("destroyed");
        world.turn_clock(121_000);
        assert_eq!(document_checks::resume(app).await.expect("a look"), 1);
        assert_eq!(document_checks::resume(app).await.expect("a look"), 0);
        let record = world.get(&token, &format!("{PATH}/{id}")).await.json();
        assert_eq!(record["data"]["status"], "failed");
        let reason = record["data"]["failureReason"].as_str().expect("a reason");
        assert!(reason.starts_with("interrupted"), "{reason}");
        assert_eq!(record["data"]["validationResults"], Value::Null);
    }

    async fn a_crash_between_the_end_and_the_images_leaves_nothing_of_it(world) {
        let token = world.token("acme").await;
        let app = &world.app;
        let id = app.begin_document_check("acme", &order(image()), &Origin::system()).await.expect("a record");
        let mut batch = Batch::default();
        let now = app.clock.now();
        let started = opened(&id).start(now).expect("it is new");
        let failed = started.after.fail("a reason", now).expect("it is processed");
        let stamp = || app.stamp(&Origin::system());
        batch.transition(&started, now, stamp()).transition(&failed, now, stamp());
        app.database.commit(batch).await.expect("an end");
        assert_eq!(kept(world), 1);
        world.turn_clock(121_000);
        assert_eq!(document_checks::resume(app).await.expect("a look"), 1);
        assert_eq!(kept(world), 0);
        let record = world.get(&token, &format!("{PATH}/{id}")).await.json();
        assert_eq!(record["data"]["failureReason"], "a reason");
    }

    async fn a_kept_image_is_served_to_its_url_and_to_its_clients_tokens(world) {
        let token = world.token("acme").await;
        let answer = post(world, &token, &json!({
            "image": STANDARD.encode(image()), "saveImage": true,
        })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let record = answer.json()["data"].clone();
        assert_eq!(record["imageSaved"], true);
        let id = record["_id"].as_str().expect("an id");
        let url = record["imageUrl"].as_str().expect("a URL");
        assert!(url.starts_with(&format!("{PATH}/{id}/image?expires=")), "{url}");
        // The key order of the record is not disturbed by signing.
        assert_eq!(keys(&record)[2..5], ["imageSaved", "imageUrl", "status"]);
        let listed = world.get(&token, PATH).await.json();
        assert_eq!(listed["data"][0]["imageUrl"], url);

        let shown = world.get("", url).await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.bytes, image());
        assert_eq!(shown.header("content-type"), "image/jpeg");
        assert_eq!(shown.header("cache-control"), "private, no-store");
        let path = format!("{PATH}/{id}/image");
        assert_eq!(world.get(&token, &path).await.bytes, image());
        assert_eq!(world.get("", &path).await.rejection(401), "UNAUTHORIZED");
        let other = world.token("other").await;
        assert_eq!(world.get(&other, &path).await.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
        let blind = blind_token(world).await;
        assert_eq!(world.get(&blind, &path).await.rejection(403), "FORBIDDEN");

        let shown = world.get(&token, &format!("{PATH}/{id}/evidence")).await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        let evidence = shown.json()["data"]["evidence"].clone();
        assert_eq!(keys(&evidence), keys(&record["validationResults"]));
        for (check, map) in evidence.as_object().expect("checks") {
            assert_eq!(keys(map), ["regions", "heatMap"], "{check}");
            let png = map["heatMap"].as_str().and_then(|it| it.strip_prefix("data:image/png;base64,"));
            let png = STANDARD.decode(png.expect("a data URI")).expect("base64");
            assert!(image::load_from_memory(&png).is_ok(), "{check}");
        }
        assert_eq!(
            world.get(&blind_token(world).await, &format!("{PATH}/{id}/evidence")).await.rejection(403),
            "FORBIDDEN"
        );

        // The signature is of this record and this moment.
        let (_, query) = url.split_once('?').expect("a query");
        let elsewhere = format!("{PATH}/ffffffffffffffffffffffff/image?{query}");
        assert_eq!(world.get("", &elsewhere).await.rejection(401), "UNAUTHORIZED");
        let later = url.replace("expires=1", "expires=2");
        assert_eq!(world.get("", &later).await.rejection(401), "UNAUTHORIZED");
        let broken = format!("{path}?expires=x&signature=%00");
        assert_eq!(world.get("", &broken).await.rejection(401), "UNAUTHORIZED");
        world.turn_clock(20 * 60 * 1000);
        assert_eq!(world.get("", url).await.rejection(401), "UNAUTHORIZED");

        let gone = world.send(request(Method::DELETE, &token, &format!("{PATH}/{id}"))).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        assert_eq!(gone.json()["data"]["_id"], id);
        assert_eq!(kept(world), 0);
        assert_eq!(world.get(&token, &path).await.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
        let again = world.send(request(Method::DELETE, &token, &format!("{PATH}/{id}"))).await;
        assert_eq!(again.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
    }

    async fn an_image_url_is_signed_only_for_who_may_see_images(world) {
        one_of_each(world, "acme").await;
        let token = world.token("acme").await;
        let scopes = |scopes: &[Scope]| Some(scopes.to_vec());
        let blind = blind_token(world).await;
        let staff = world.token_with("house", Some(Vec::new()), true).await;
        let writing = world.token_with("acme", scopes(&[Scope::Write]), false).await;
        let device =
            world.record_token("acme", RecordTokenScope::Registration, "acme-registration").await;
        let order = json!({ "image": STANDARD.encode(image()), "saveImage": true });
        let mut path = String::new();
        for maker in [&writing, &device, &token] {
            let made = post(world, maker, &order).await;
            assert_eq!(made.status, 200, "{}", made.text());
            let record = made.json()["data"].clone();
            path = format!("{PATH}/{}/image", record["_id"].as_str().expect("an id"));
            if maker == &device {
                assert_eq!(record.get("imageUrl"), None, "a device has its image");
                continue;
            }
            let url = record["imageUrl"].as_str().expect("a URL").to_owned();
            let signed = url.starts_with(&format!("{path}?expires="));
            assert!(signed == (maker == &token) && (signed || url == path), "{url}");
        }
        let one = path.trim_end_matches("/image").to_owned();
        for seer in [&blind, &staff] {
            let wanted = format!("{PATH}?where-not-null_imageUrl=true&limit=1&sort=-createdAt");
            for target in [wanted, one.clone(), format!("{PATH}?columns=imageUrl")] {
                let shown = world.get(seer, &target).await;
                assert_eq!(shown.status, 200, "{}", shown.text());
                assert!(shown.text().contains("/image\"") && !shown.text().contains("signature="));
                // Who holds the one answer has not the other.
                let seen = world.get(&token, &target).await;
                assert!(seen.text().contains("signature="), "{}", seen.text());
                assert_ne!(shown.header("etag"), seen.header("etag"));
                let again = request(Method::GET, seer, &target);
                let (mut parts, body) = again.into_parts();
                let tag = seen.header("etag").parse().expect("a header");
                parts.headers.insert("if-none-match", tag);
                let again = world.send(axum::http::Request::from_parts(parts, body)).await;
                assert_eq!(again.status, 200, "another's validator is no hit");
            }
            for target in [path.clone(), format!("{one}/evidence")] {
                assert_eq!(world.get(seer, &target).await.rejection(403), "FORBIDDEN");
            }
        }
        // A deletion shows what it was, and opens nothing.
        let gone = world.send(request(Method::DELETE, &writing, &one)).await;
        let id = one.rsplit('/').next().expect("an id");
        assert_eq!(gone.json()["data"], json!({ "_id": id }));
    }

    async fn evidence_is_made_once_and_goes_with_its_record(world) {
        let token = world.token("acme").await;
        let made = post(world, &token, &json!({ "image": STANDARD.encode(image()), "saveImage": true })).await;
        let id = made.json()["data"]["_id"].as_str().expect("an id").to_owned();
        let one = format!("{PATH}/{id}");
        let vault = &world.app.vault;
        let stored = async || vault.fetch("acme", &id, "evidence-screen_replay").await;
        assert!(matches!(stored().await, Ok(None)), "nobody has looked yet");
        let path = format!("{one}/evidence/screenReplay");
        let shown = world.get(&token, &path).await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        assert_eq!(shown.header("content-type"), "image/png");
        assert_eq!(shown.header("cache-control"), "private, no-store");
        let whole = world.get(&token, &format!("{one}/evidence")).await;
        assert_eq!(whole.header("cache-control"), "private, no-store");
        let whole = whole.json();
        let png = format!("data:image/png;base64,{}", STANDARD.encode(&shown.bytes));
        assert_eq!(whole["data"]["evidence"]["screenReplay"]["heatMap"], png);
        for check in DocumentCheck::ALL {
            let (name, label) = (check.entry().wire_name, check.entry().label);
            assert_eq!(world.get(&token, &format!("{one}/evidence/{name}")).await.status, 200, "{name}");
            let kept = vault.fetch("acme", &id, &format!("evidence-{label}")).await;
            assert!(matches!(kept, Ok(Some(_))), "{name}");
        }
        // What is shown from then on is what is stored.
        let png = b"\x89PNG of then";
        let region = br#"[{"x":1.0,"y":2.0,"width":3.0,"height":4.0}]"#;
        let map = [&region[..], b"\n", png].concat();
        vault.keep("acme", &id, "evidence-screen_replay", &map).await.expect("kept");
        assert_eq!(world.get(&token, &path).await.bytes, png);
        let whole = world.get(&token, &format!("{one}/evidence")).await.json();
        let shown = &whole["data"]["evidence"]["screenReplay"];
        assert_eq!(shown["regions"], json!([{ "x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0 }]));

        assert_eq!(world.get("", &path).await.rejection(401), "UNAUTHORIZED");
        assert_eq!(world.get(&blind_token(world).await, &path).await.rejection(403), "FORBIDDEN");
        let other = world.token("other").await;
        assert_eq!(world.get(&other, &path).await.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
        world.get(&token, &format!("{one}/evidence/nothing")).await.rejection(404);
        let swept = world.app.sweep_vault(verax_domain::Timestamp(i64::MAX), Orphans::Counted).await;
        assert_eq!(swept.expect("a look").orphans, 0);

        let gone = world.send(request(Method::DELETE, &token, &one)).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        assert!(matches!(stored().await, Ok(None)), "it went with the image");
        assert_eq!(world.get(&token, &path).await.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
    }

    async fn a_check_that_was_not_asked_for_has_no_evidence(world) {
        let token = world.token("acme").await;
        let order = json!({
            "image": STANDARD.encode(image()), "saveImage": true, "validatePrintedCopy": false,
        });
        let made = post(world, &token, &order).await;
        let one = format!("{PATH}/{}", made.json()["data"]["_id"].as_str().expect("an id"));
        world.get(&token, &format!("{one}/evidence/printedCopy")).await.rejection(404);
        assert_eq!(world.get(&token, &format!("{one}/evidence/digitalManipulation")).await.status, 200);
        let whole = world.get(&token, &format!("{one}/evidence")).await.json();
        assert_eq!(whole["data"]["evidence"].get("printedCopy"), None);
    }

    async fn what_is_kept_of_no_record_is_found(world) {
        let token = world.token("acme").await;
        let order = json!({ "image": STANDARD.encode(image()), "saveImage": true });
        assert_eq!(post(world, &token, &order).await.status, 200);
        world.app.vault.keep("acme", "nobody", "picture", b"left").await.expect("kept");
        let end = verax_domain::Timestamp(i64::MAX);
        let found = world.app.sweep_vault(end, Orphans::Counted).await.expect("a look");
        assert_eq!((found.orphans, found.destroyed), (1, 0));
        let beginning = verax_domain::Timestamp(0);
        let found = world.app.sweep_vault(beginning, Orphans::Destroyed).await.expect("a look");
        assert_eq!((found.orphans, found.destroyed), (0, 0));
        let found = world.app.sweep_vault(end, Orphans::Destroyed).await.expect("a look");
        assert_eq!((found.orphans, found.destroyed), (1, 1));
        assert!(world.app.vault.fetch("acme", "nobody", "picture").await.expect("a look").is_none());
        assert_eq!(world.app.sweep_vault(end, Orphans::Counted).await.expect("a look").orphans, 0);
    }

    async fn a_deleted_client_leaves_no_image(world) {
        let token = world.token("acme").await;
        let order = json!({ "image": STANDARD.encode(image()), "saveImage": true });
        assert_eq!(post(world, &token, &order).await.status, 200);
        assert_eq!(kept(world), 1);
        world.app.delete_client("acme").await.expect("it goes");
        assert_eq!(kept(world), 0);
    }

    async fn without_a_kept_image_there_is_none_to_see(world) {
        let token = world.token("acme").await;
        let answer = post(world, &token, &json!({ "image": STANDARD.encode(image()) })).await;
        let record = answer.json()["data"].clone();
        assert_eq!(keys(&record)[2..4], ["imageSaved", "status"]);
        assert_eq!(kept(world), 0);
        let path = format!("{PATH}/{}/image", record["_id"].as_str().expect("an id"));
        assert_eq!(world.get(&token, &path).await.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
        // What was imported is somebody else's to serve.
        let url = "https://elsewhere.example/d9.jpg";
        let row = json!({ "_id": "d9", "client": "acme", "status": "completed", "imageSaved": true,
                          "imageUrl": url });
        world.store(&verax_domain::resources::DOCUMENT_LIVENESS, &[row]).await;
        let shown = world.get(&token, &format!("{PATH}/d9")).await.json();
        assert_eq!(shown["data"]["imageUrl"], url);
        let none = world.get(&token, &format!("{PATH}/d9/image")).await;
        assert_eq!(none.rejection(404), "DOCUMENT_LIVENESS_NOT_FOUND");
    }

    async fn the_token_of_a_registration_makes_the_check_its_own(world) {
        let token = world.token("acme").await;
        one_of_each(world, "acme").await;
        let subject = "acme-registration";
        let own = world.record_token("acme", RecordTokenScope::Registration, subject).await;
        let answer = post_image(world, &own, &image()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let record = answer.json()["data"].clone();
        assert_eq!(record["appRegistration"], subject);
        let id = record["_id"].as_str().expect("an id");
        let populated = format!("{PATH}/{id}?populates[]=appRegistration");
        let shown = world.get(&token, &populated).await.json();
        assert_eq!(shown["data"]["appRegistration"]["_id"], subject);

        let other = world.record_token("acme", RecordTokenScope::Session, "acme-session").await;
        assert_eq!(post_image(world, &other, &image()).await.rejection(403), "Forbidden");
        let plain = post_image(world, &token, &image()).await.json();
        assert_eq!(plain["data"].get("appRegistration"), None);
    }

    async fn imported_records_in_processing_are_not_ours_to_end(world) {
        let token = world.token("acme").await;
        let row = json!({ "_id": "d1", "client": "acme", "status": "processing" });
        world.store(&verax_domain::resources::DOCUMENT_LIVENESS, &[row]).await;
        world.turn_clock(1_000_000);
        assert_eq!(document_checks::resume(&world.app).await.expect("a look"), 0);
        let record = world.get(&token, &format!("{PATH}/d1")).await.json();
        assert_eq!(record["data"]["status"], "processing");
    }
}

#[tokio::test]
async fn a_check_that_was_not_asked_for_is_absent() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let mut body = json!({ "image": URL_SAFE_NO_PAD.encode(image()) });
    for check in DocumentCheck::ALL {
        body[check.entry().switch.0] = match check {
            DocumentCheck::PrintedCopy => continue,
            DocumentCheck::DigitalManipulation => Value::Null,
            _ => json!(false),
        };
    }
    let answer = post(&world, &token, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let results = &answer.json()["data"]["validationResults"];
    assert_eq!(keys(results), ["printedCopy", "digitalManipulation"]);
}

#[tokio::test]
async fn every_problem_of_a_body_is_told_at_once() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let answer = post(
        &world,
        &token,
        &json!({
            "image": "no image",
            "saveImage": "yes",
            "validatePrintedCopy": "yes",
            "validateScreenreplay": false,
            "printedCopyCalibration": "lenient",
            "ignoreColourLessValidation": 1,
        }),
    )
    .await;
    assert_eq!(answer.rejection(400), "INVALID_PARAMETERS");
    assert_eq!(
        named(&answer),
        [
            "saveImage",
            "validatePrintedCopy",
            "printedCopyCalibration",
            "ignoreColourLessValidation",
            "validateScreenreplay",
            "image",
        ]
    );
    let mut asked = json!({ "image": STANDARD.encode(image()) });
    for check in DocumentCheck::ALL {
        asked[check.entry().switch.0] = json!(false);
    }
    let none = post(&world, &token, &asked).await;
    assert_eq!(none.rejection(400), "INVALID_PARAMETERS");
    assert_eq!(named(&none), ["validateScreenReplay"]);
    for body in [json!({}), json!([]), json!(null), json!({ "image": 5 }), json!({ "image": null })]
    {
        assert_eq!(
            post(&world, &token, &body).await.rejection(400),
            "INVALID_PARAMETERS",
            "{body}"
        );
    }
    assert_eq!(world.get(&token, PATH).await.total(), 0);
}

#[tokio::test]
async fn an_image_that_cannot_be_used_is_rejected_with_its_own_code() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let whole = image();
    let texts = ["", "%%%", "https://example.com/card.jpg", "data:text/plain,hello", "aGVsbG8="];
    for text in texts {
        let answer = post(&world, &token, &json!({ "image": text })).await;
        assert_eq!(answer.rejection(400), "INVALID_IMAGE_FORMAT", "{text}");
        assert_eq!(named(&answer), ["image"]);
    }
    let cut = post_image(&world, &token, &whole[..whole.len() / 2]).await;
    assert_eq!(cut.rejection(400), "INVALID_IMAGE_FORMAT");
    let tiny = Image { width: 8, height: 8, rgb: vec![90; 8 * 8 * 3] };
    let tiny = post_image(&world, &token, &jpeg(&tiny, 90)).await;
    assert_eq!(tiny.rejection(400), "INVALID_IMAGE_FORMAT");
    let long = Image { width: 16_500, height: 40, rgb: vec![90; 16_500 * 40 * 3] };
    let long = post_image(&world, &token, &jpeg(&long, 50)).await;
    assert_eq!(long.rejection(413), "IMAGE_TOO_LARGE");
    let huge = json!({ "image": "A".repeat(17 * 1024 * 1024) });
    assert_eq!(post(&world, &token, &huge).await.rejection(413), "IMAGE_TOO_LARGE");
    assert_eq!(world.get(&token, PATH).await.total(), 0, "nothing was begun");
}

#[tokio::test]
async fn an_image_that_turns_out_to_be_damaged_leaves_a_failed_record() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let mut bytes = Vec::new();
    let drawn = drawn();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let kind = image::ExtendedColorType::Rgb8;
    image::ImageEncoder::write_image(encoder, &drawn.rgb, drawn.width, drawn.height, kind)
        .expect("a PNG");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0x55);
    let answer = post_image(&world, &token, &bytes).await;
    assert_eq!(answer.rejection(400), "INVALID_IMAGE_FORMAT");
    let listed = world.get(&token, &format!("{PATH}?status=failed")).await;
    let ids = listed.ids();
    assert_eq!(ids.len(), 1);
    let record = world.get(&token, &format!("{PATH}/{}", ids[0])).await.json();
    assert!(record["data"]["failureReason"].as_str().is_some_and(|it| it.contains("damaged")));
    assert_eq!(record["data"]["completedAt"], Value::Null);
}

#[tokio::test]
async fn a_grey_image_fails_unless_that_is_ignored() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let mut grey = drawn();
    for pixel in grey.rgb.chunks_exact_mut(3) {
        let mean = pixel.iter().map(|value| u32::from(*value)).sum::<u32>() / 3;
        pixel.fill(u8::try_from(mean).unwrap_or(255));
    }
    let image = STANDARD.encode(jpeg(&grey, 92));
    let answer = post(&world, &token, &json!({ "image": image })).await.json();
    assert_eq!(answer["data"]["status"], "completed", "a check that fails is work done");
    assert_eq!(answer["data"]["validationFlags"]["colourLessValidation"], "failed");
    assert_eq!(answer["data"]["validationResults"]["printedCopy"]["passed"], false);
    assert!(answer["data"]["riskScore"].as_f64().is_some_and(|risk| risk >= 0.9));
    let ignoring = json!({ "image": image, "ignoreColourLessValidation": true });
    let ignored = post(&world, &token, &ignoring).await.json();
    assert_eq!(ignored["data"]["validationFlags"]["ignoreColourLessValidation"], true);
    assert_eq!(ignored["data"]["validationFlags"]["colourLessValidation"], Value::Null);
}

#[tokio::test]
async fn a_full_server_rejects_before_a_record_is_made() {
    let world = World::with(Engine::Sqlite, |config| {
        config.vision.threads = 1;
        config.vision.waiting_max = 0;
    })
    .await;
    let token = world.token("acme").await;
    let permit = world.app.admission.try_document_permit().expect("the only permit");
    let answer = post_image(&world, &token, &image()).await;
    assert_eq!(answer.rejection(503), "UNAVAILABLE");
    assert_ne!(answer.header("retry-after"), "");
    assert_eq!(world.get(&token, PATH).await.total(), 0);
    drop(permit);
    assert_eq!(post_image(&world, &token, &image()).await.status, 200);
}

#[tokio::test]
async fn a_caller_who_would_wait_too_long_gets_the_record_as_it_stands() {
    let world = World::with(Engine::Sqlite, |config| config.documents.wait_seconds = 0).await;
    let token = world.token("acme").await;
    let answer = post_image(&world, &token, &image()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let record = &answer.json()["data"];
    assert!(["new", "processing"].contains(&record["status"].as_str().unwrap_or("")));
    let id = record["_id"].as_str().expect("an id");
    assert_eq!(ended(&world, &token, id).await["status"], "completed");
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_a_record_that_reaches_its_end() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let body = json!({ "image": STANDARD.encode(image()) }).to_string();
    let call = request(Method::POST, &token, PATH).map(|_| Body::from(body));
    let router = world.router.clone();
    let calling = tokio::spawn(async move { send(&router, call).await });
    let wait = async {
        while world.get(&token, PATH).await.total() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("a record");
    calling.abort();
    let ids = world.get(&token, PATH).await.ids();
    assert_eq!(ended(&world, &token, &ids[0]).await["status"], "completed");
}

#[tokio::test]
async fn writing_needs_its_scope_also_of_staff() {
    let world = World::sqlite().await;
    let body = json!({ "image": "x" });
    let reading = world.token_with("acme", Some(vec![Scope::ReadDocuments]), false).await;
    let staff = world.token_with("acme", Some(Vec::new()), true).await;
    for token in [reading, staff] {
        assert_eq!(post(&world, &token, &body).await.rejection(403), "FORBIDDEN");
    }
}

/// As version 0.1 wrote it with a job.
const STORED: &str = r#"{"checks":{"screen_replay":false,"printed_copy":true,"portrait_substitution":false,"digital_manipulation":true},"screen":"SOFT","print":"HARD","portrait":"REGULAR","cropped":"Ignored","colourless":"Fails","save_image":true,"app_registration":"r1"}"#;

#[test]
fn a_job_that_another_version_stored_is_read() {
    let read = |json: &str| serde_json::from_str::<DocumentOrder>(json).expect("an order");
    let order = read(STORED);
    // A check that it does not name is made.
    let left_out = [DocumentCheck::ScreenReplay, DocumentCheck::PortraitSubstitution];
    assert_eq!(order.checks, PerCheck::from_fn(|check| !left_out.contains(&check)));
    assert_eq!(order.calibrations[DocumentCheck::ScreenReplay], Calibration::Soft);
    assert_eq!(order.calibrations[DocumentCheck::PrintedCopy], Calibration::Hard);
    assert_eq!(order.cropped, CroppedRule::Ignored);
    assert_eq!((order.save_image, order.app_registration.as_deref()), (true, Some("r1")));
    // An older version that knew fewer checks: a new one is made, as when a body does not name it.
    let older = STORED
        .replace(r#","digital_manipulation":true"#, "")
        .replace(r#""portrait":"REGULAR","#, "");
    let older = read(&older);
    assert_eq!((&older.checks, &older.calibrations), (&order.checks, &order.calibrations));
    // A newer one that knows more.
    let newer = STORED
        .replace(r#"{"screen_replay""#, r#"{"of_later":true,"screen_replay""#)
        .replace(r#""screen":"SOFT""#, r#""later":"HARD","screen":"SOFT""#);
    assert_eq!(read(&newer).checks, order.checks);
    // What this version writes holds all that the older one reads.
    let written = serde_json::to_value(&order).expect("JSON");
    let stored: Value = serde_json::from_str(STORED).expect("JSON");
    for (member, value) in stored.as_object().expect("an object") {
        let Value::Object(checks) = value else {
            assert_eq!(&written[member], value, "{member}");
            continue;
        };
        for (check, asked) in checks {
            assert_eq!(&written[member][check], asked, "{check}");
        }
    }
}
