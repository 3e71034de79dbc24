//! Records are read as they were written, and take only the steps that their status allows.

use serde_json::{Map, json};
use verax_query::Timestamp;

use super::app_login::{AppLogin, LoginStatus};
use super::app_registration::{AppRegistration, Review, Reviewer};
use super::biometric_validation::{
    BiometricValidation, CheckResult, Purpose, ValidationOrder, ValidationStatus, response_without,
};
use super::document_check::{DocumentCheckRecord, DocumentStatus, StoredImage};
use super::liveness_session::{LivenessSession, SessionStatus};
use super::project::{Project, ProjectStatus};
use super::project_flow::ProjectFlow;
use super::*;
use crate::document_check::{DocumentCheck, PerCheck};
use crate::face_verdict::{CheckOutcome, FaceVerdict, QualityLevel};
use crate::lifecycle::{Actor, RegistrationStatus, SyncRejection};
use crate::resources::{ALL, DOCUMENT_LIVENESS, PROJECT_FLOWS};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const LATER: Timestamp = Timestamp(NOW.0 + 1_000);

fn project() -> Project {
    Project {
        name: None,
        allowed_countries: Vec::new(),
        id: "p".to_owned(),
        client: "acme".to_owned(),
        status: ProjectStatus::Active,
        assigned_collection: Some("c".to_owned()),
        collection_code: Some("code".to_owned()),
        allows_anonymous: false,
    }
}

fn opened() -> BiometricValidation {
    let order = ValidationOrder {
        project: Some("p".to_owned()),
        flow: Some("f".to_owned()),
        identifier: Some("jo@example.com".to_owned()),
        purpose: Some(Purpose::Login),
        expires_at: Some(LATER),
        requires_2fa: Some(false),
        language: Some("en".to_owned()),
        ..ValidationOrder::default()
    };
    let whose = ("v".to_owned(), "acme".to_owned());
    BiometricValidation::open(whose, Some("s".to_owned()), order, &project(), NOW)
}

fn result() -> CheckResult {
    let verdict = FaceVerdict {
        liveness_detection: CheckOutcome::Passed,
        identity_match: CheckOutcome::Passed,
        anti_spoofing: CheckOutcome::Passed,
        quality: Some(QualityLevel::Good),
        quality_score: Some(0.75),
        liveness_score: Some(0.5),
        match_score: Some(0.875),
        risk_score: Some(0.25),
        reasons: Vec::new(),
    };
    CheckResult::of(&verdict, Some("jo"), Some(0.875))
}

/// What the database would read of a record that says this.
fn again<R: StoredRecord>(record: &Record) -> R {
    R::read(&record.to_values()).expect("it is ours")
}

#[test]
fn a_validation_is_read_in_every_state_as_it_was_written() {
    let new = opened();
    let pending = new.begin(NOW).expect("it is new").after;
    let mut saved = result();
    saved.image_saved = true;
    for record in [
        new.clone(),
        pending.clone(),
        pending.complete(result(), LATER).expect("it is pending").after,
        pending.complete(saved, LATER).expect("it is pending").after,
        pending.fail(CheckResult::unmeasured("image", "no face"), LATER).expect("it is").after,
        pending.release(LATER).expect("it is pending").after,
    ] {
        assert_eq!(again::<BiometricValidation>(&record.to_record()), record);
    }
    let session =
        LivenessSession::open(("s".to_owned(), "acme".to_owned()), &new.order, LATER, NOW);
    assert_eq!(again::<LivenessSession>(&session.to_record()), session);
}

#[test]
fn a_completed_validation_shows_what_was_found_in_the_order_of_the_protocol() {
    let pending = opened().begin(NOW).expect("it is new").after;
    let completed = pending.complete(result(), LATER).expect("it is pending");
    assert_eq!(completed.from, "pending");
    let shown = completed.after.to_record().to_json().to_string();
    assert_eq!(
        shown,
        "{\"_id\":\"v\",\"client\":\"acme\",\"project\":\"p\",\"projectFlow\":\"f\",\
         \"livenessSession\":\"s\",\"status\":\"completed\",\"identifier\":\"jo@example.com\",\
         \"type\":\"login\",\"expiresAt\":\"2023-11-14T22:13:21Z\",\"requires2FA\":false,\
         \"language\":\"en\",\"assignedCollection\":\"c\",\"collectionCode\":\"code\",\
         \"livenessScore\":0.5,\"response\":{\"liveness\":{\"score\":0.5,\"status\":\"passed\"},\
         \"persons\":[{\"id\":\"jo\",\"score\":0.875}]},\"biometricData\":{\"quality\":\"good\",\
         \"livenessScore\":0.5},\"verificationResults\":{\"livenessDetection\":\"passed\",\
         \"identityMatch\":\"passed\",\"qualityScore\":0.75,\"antiSpoofing\":\"passed\"},\
         \"failedChecks\":[],\"riskScore\":0.25,\"createdAt\":\"2023-11-14T22:13:20Z\",\
         \"updatedAt\":\"2023-11-14T22:13:21Z\",\"completedAt\":\"2023-11-14T22:13:21Z\"}"
    );
}

#[test]
fn a_validation_that_is_not_being_measured_does_not_end_and_an_ended_one_does_not_begin() {
    let new = opened();
    let early = new.complete(result(), NOW).expect_err("it is new");
    assert_eq!(early, IllegalTransition { from: "new", to: "completed" });
    assert!(new.fail(result(), NOW).is_err());
    assert!(new.release(NOW).is_err());
    let pending = new.begin(NOW).expect("it is new").after;
    assert!(pending.begin(NOW).is_err());
    let expired = BiometricValidation { status: ValidationStatus::Expired, ..new };
    for ended in [
        pending.complete(result(), NOW).expect("it is pending").after,
        pending.fail(result(), NOW).expect("it is pending").after,
        expired,
    ] {
        let word = ended.status.word();
        assert!(ended.begin(NOW).is_err(), "{word}");
        assert!(ended.release(NOW).is_err(), "{word}");
        assert!(ended.complete(result(), NOW).is_err(), "{word}");
        assert!(ended.fail(result(), NOW).is_err(), "{word}");
    }
}

#[test]
fn a_login_takes_a_second_factor_only_as_it_was_read() {
    let login = AppLogin::by_face("l".to_owned(), &opened(), None);
    let asked = login.ask_second_factor("w");
    assert_eq!((asked.from, asked.after.status), ("completed", LoginStatus::Pending));
    assert_eq!(asked.after.validation.as_deref(), Some("w"));
    let passed = asked.after.second_factor_passed(Some("jo"));
    assert_eq!((passed.from, passed.after.status), ("pending", LoginStatus::Completed));
    let failed = passed.after.second_factor_failed();
    assert_eq!((failed.from, failed.after.status), ("completed", LoginStatus::Failed));
    assert_eq!(failed.after.person.as_deref(), Some("jo"));
    for step in [&asked, &passed, &failed] {
        assert!(step.changes.to_json()["status"].is_string());
    }
}

#[test]
fn a_session_is_used_once() {
    let order = opened().order;
    let session = LivenessSession::open(("s".to_owned(), "acme".to_owned()), &order, LATER, NOW);
    let used = session.complete(NOW).expect("it is active").after;
    assert_eq!(used.status, SessionStatus::Completed);
    assert!(used.complete(NOW).is_err());
    let foreign = LivenessSession { status: SessionStatus::Foreign(None), ..session };
    assert!(foreign.complete(NOW).is_err());
}

#[test]
fn a_document_check_ends_only_while_it_is_processed() {
    let new = DocumentCheckRecord::open("d".to_owned(), "acme".to_owned(), None);
    assert!(new.fail("no", NOW).is_err());
    let running = new.start(NOW).expect("it is new").after;
    assert!(running.start(NOW).is_err());
    let failed = running.fail("no", NOW).expect("it is processed");
    assert_eq!(failed.after.status, DocumentStatus::Failed { reason: Some("no".to_owned()) });
    assert!(failed.after.fail("again", NOW).is_err());
    let resumed = DocumentCheckRecord::resumed("d".to_owned(), "acme".to_owned(), None);
    assert!(resumed.fail("no", NOW).is_ok());
}

#[test]
fn an_image_of_another_server_is_not_ours() {
    let read = |json| {
        let record = Record::from_json(&DOCUMENT_LIVENESS, &json, Some("acme")).expect("a record");
        again::<DocumentCheckRecord>(&record)
    };
    let ours = json!({
        "_id": "d", "status": "completed", "imageSaved": true,
        "imageUrl": "/v2/document-liveness/d/image",
        "validationResults": { "printedCopy": { "passed": true, "score": 0.5 } },
    });
    assert_eq!(read(ours.clone()).image, StoredImage::Here);
    let printed = PerCheck::from_fn(|check| check == DocumentCheck::PrintedCopy);
    assert_eq!(read(ours.clone()).made, printed);
    let mut theirs = ours.clone();
    theirs["imageUrl"] = "https://example.com/d".into();
    assert_eq!(read(theirs).image, StoredImage::Elsewhere);
    let mut none = ours;
    none["imageSaved"] = false.into();
    assert_eq!(read(none).image, StoredImage::NotStored);
}

#[test]
fn what_an_imported_flow_says_of_another_type_says_nothing() {
    let flow = |json| {
        let record = Record::from_json(&PROJECT_FLOWS, &json, Some("acme")).expect("a record");
        again::<ProjectFlow>(&record)
    };
    let odd = flow(json!({
        "_id": "f", "liveness": { "minScore": "high", "attemptLimit": -1, "allowForce": "yes" },
        "steps": ["document"], "type": "other", "status": "archived",
    }));
    assert_eq!(odd.liveness, Default::default());
    assert!(!odd.requires_document() && !odd.is_public_login());
    assert!(odd.status.is_in_use(), "another system's word says nothing here");
    let strict = flow(json!({
        "_id": "f", "project": "p", "type": "login", "liveness": { "minScore": 0.9 },
        "steps": { "document": "mandatory", "liveness": "skip" },
    }));
    assert_eq!(strict.face_policy().liveness_score_min, 0.9);
    assert!(strict.requires_document() && !strict.requires_liveness());
    assert!(strict.is_public_login() && strict.is_usable_in(&project()));
    let paused = Project { status: ProjectStatus::Paused, ..project() };
    assert!(!strict.is_usable_in(&paused));
}

#[test]
fn a_registration_in_another_systems_word_is_over() {
    let mut record = Record::of(AppRegistration::RESOURCE, "r", "acme");
    record.set(app_registration::STATUS, Some("completed"));
    let foreign: AppRegistration = again(&record);
    assert_eq!((foreign.status, foreign.is_open()), (None, false));
    let step = foreign.sync("form", None, Actor::Person, &ProjectFlow::default(), None);
    assert_eq!(step, Err(SyncRejection::Over));
    let begun: AppRegistration = again(&Record::of(AppRegistration::RESOURCE, "r", "acme"));
    assert!(begun.is_open(), "one that says nothing has just started");
    let by = Reviewer::Staff("root".to_owned());
    let review = Review { after: RegistrationStatus::Failed, note: None, by: &by };
    assert_eq!(
        begun.reviewed(review, NOW),
        "[{\"previousStatus\":\"STARTED\",\"newStatus\":\"FAILED\",\"note\":null,\
         \"reviewedByStaff\":\"root\",\"createdAt\":\"2023-11-14T22:13:20Z\"}]"
    );
}

#[test]
fn a_body_is_a_record_although_what_is_required_is_set_later() {
    for resource in ALL.into_iter().filter(|it| it.tenant_column == "client") {
        let record = Record::of_body(resource, "a", "acme", Map::new()).expect("a record");
        assert_eq!((record.id.as_str(), record.client.as_str()), ("a", "acme"));
        assert_eq!(record.to_json(), json!({ "_id": "a", "client": "acme" }), "{}", resource.name);
        assert_eq!(record.values.len(), Record::of(resource, "a", "acme").values.len());
    }
}

#[test]
fn a_person_is_taken_out_of_a_response() {
    let response = r#"{"persons":[{"id":"jo","score":1},{"_id":"al"}],"x":1}"#;
    let without = response_without(response, "jo").expect("it is read");
    assert_eq!(without, r#"{"persons":[{"_id":"al"}],"x":1}"#);
    let unknown = response_without(response, "kim").expect("it is read");
    assert_eq!(unknown, r#"{"persons":[],"x":1}"#);
    assert_eq!(response_without("{}", "jo"), None);
}
