//! Reviews: a case is decided once, by whom its flow wants, on what they were shown.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use verax_domain::lifecycle::{Decision, ReviewState};
use verax_domain::records::review::Verdict;
use verax_domain::role::Role;
use verax_domain::{RecordTokenScope, Scope};
use verax_server::app::reviews::{ReviewActor, ReviewError};

use crate::answer::Answer;
use crate::bank::{Bank, REGISTRATIONS, text};
use crate::document_validations::{reading, with_flow};
use crate::given_documents::{Shows, document};
use crate::members::member;
use crate::world::World;

pub const REVIEWS: &str = "/v2/reviews";
const DOCUMENTS: &str = "/v2/document-validations";
const TEN_MINUTES: i64 = 600_000;

/// A registration whose page has given up with its document, and the review of it.
pub struct Case {
    pub review: String,
    pub registration: String,
    pub document: String,
    /// The registration's token.
    pub own: String,
}

/// A bank whose flow has this `review`, and `more`.
pub async fn reviewing(world: &World, review: Value, more: Value) -> Bank {
    let mut flow = json!({ "review": review });
    for (name, value) in more.as_object().into_iter().flatten() {
        flow[name] = value.clone();
    }
    with_flow(&Bank::with(world, reading(world, |_| {})).await, flow).await
}

pub async fn case(bank: &Bank, email: &str) -> Case {
    let (registration, own) = bank.register(email).await;
    let image = json!({ "image": document(Shows::Forged, 1, 0), "saveImage": true });
    let read = bank.post(&own, &format!("{DOCUMENTS}/app-registration"), image).await;
    assert_eq!(read.status, 200, "{}", read.text());
    let document = text(&read.json()["data"]["documentValidation"]["_id"]);
    let path = format!("{DOCUMENTS}/{document}/manual-verification");
    let asked = bank.call(Method::PUT, &own, &path, json!({})).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let listed = bank.get(&bank.token, &format!("{REVIEWS}?where_subject.id={document}")).await;
    assert_eq!(listed.total(), 1, "{}", listed.text());
    Case { review: listed.ids()[0].clone(), registration, document, own }
}

pub async fn act(bank: &Bank, token: &str, review: &str, what: &str, body: Value) -> Answer {
    bank.post(token, &format!("{REVIEWS}/{review}/{what}"), body).await
}

#[track_caller]
fn code(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    text(&answer.json()["code"])
}

pub async fn review(bank: &Bank, id: &str) -> Value {
    bank.get(&bank.token, &format!("{REVIEWS}/{id}")).await.json()["data"].clone()
}

pub async fn registration(bank: &Bank, id: &str) -> Value {
    bank.get(&bank.token, &format!("{REGISTRATIONS}/{id}")).await.json()["data"].clone()
}

/// The types of the events of a record, in their order.
async fn events(bank: &Bank, record: &str) -> Vec<String> {
    let path = format!("/v2/events?where_record={record}&sort=sequence&limit=50");
    let events = bank.get(&bank.token, &path).await.json()["data"].clone();
    events.as_array().expect("a list").iter().map(|event| text(&event["type"])).collect()
}

async fn reviewer(world: &World) -> String {
    let scopes = vec![Scope::Review, Scope::ReadValidations];
    world.token_with("acme", Some(scopes), false).await
}

async fn member_actor(world: &World, email: &str) -> (ReviewActor, String) {
    let signed_in = member(world, Some("acme"), email, Role::Editor).await;
    let session = world.app.session(&signed_in.secret).await.expect("a session");
    (ReviewActor::of(&session.caller, &session.origin(None)), session.member.id)
}

fn verdict(decision: Decision, reasons: &[&str]) -> Verdict {
    let reasons = reasons.iter().map(|&code| code.to_owned()).collect();
    Verdict { decision, reasons, note: None }
}

fn manual() -> Value {
    json!({ "onManualVerification": true })
}

on_both_databases! {
    async fn a_case_is_opened_claimed_and_decided_and_moves_its_registration(world) {
        let bank = reviewing(world, manual(), json!({})).await;
        let Case { review: id, registration: registered, document, .. } = case(&bank, "jo@example.com").await;
        let at = "2026-01-02T03:04:05Z";
        assert_eq!(review(&bank, &id).await, json!({
            "_id": id, "client": "acme", "subject": { "resource": "document-validations", "id": document },
            "subjectResource": "document-validations", "subjectId": document,
            "appRegistration": registered, "project": bank.project, "projectFlow": bank.flow,
            "openedBecause": ["manualVerification"], "priority": 100, "state": "open",
            "createdAt": at, "updatedAt": at,
        }));
        let approve = json!({ "decision": "approve", "note": "It is hers." });
        let early = act(&bank, &bank.token, &id, "decide", approve.clone()).await;
        assert_eq!(code(&early, 409), "review_not_claimed");
        let claimed = act(&bank, &bank.token, &id, "claim", json!({})).await;
        assert_eq!(claimed.status, 200, "{}", claimed.text());
        let claimed = claimed.json()["data"].clone();
        assert_eq!(claimed["state"], "claimed");
        assert_eq!(claimed["claimedUntil"], "2026-01-02T03:14:05Z");
        assert!(text(&claimed["claimedBy"]).starts_with("token:"));
        assert_eq!(text(&claimed["evidenceDigest"]).len(), 64);

        let other = reviewer(world).await;
        let second = act(&bank, &other, &id, "claim", json!({})).await;
        assert_eq!(code(&second, 409), "review_claimed");
        let stolen = act(&bank, &other, &id, "decide", approve.clone()).await;
        assert_eq!(code(&stolen, 409), "review_not_claimed");
        for (reasons, wrong) in [(json!([]), "at least one"), (json!(["nonsense"]), "must be codes")] {
            let body = json!({ "decision": "decline", "reasons": reasons });
            let answer = act(&bank, &bank.token, &id, "decide", body).await;
            assert!(answer.text().contains(wrong), "{}", answer.text());
        }

        let decided = act(&bank, &bank.token, &id, "decide", approve).await;
        assert_eq!(decided.status, 200, "{}", decided.text());
        let decided = decided.json()["data"].clone();
        assert_eq!((&decided["state"], &decided["decision"]), (&json!("decided"), &json!("approve")));
        assert_eq!((&decided["decidedBy"], &decided["note"]), (&claimed["claimedBy"], &json!("It is hers.")));
        assert_eq!((&decided["claimedBy"], &decided["decidedAt"]), (&Value::Null, &json!(at)));
        let moved = registration(&bank, &registered).await;
        assert_eq!(moved["status"], "COMPLETED");
        let log = moved["manualReviewLog"].as_array().expect("a log").clone();
        assert_eq!(log.len(), 1, "{moved}");
        assert_eq!((&log[0]["newStatus"], &log[0]["note"]), (&json!("COMPLETED"), &json!("It is hers.")));
        // What was measured stays what it was.
        let record = bank.get(&bank.token, &format!("{DOCUMENTS}/{document}")).await.json();
        assert_eq!(record["data"]["status"], "NEEDS_MANUAL_VERIFICATION");
        assert_eq!(events(&bank, &id).await, ["review.opened", "review.claimed", "review.decided"]);
        let again = act(&bank, &bank.token, &id, "claim", json!({})).await;
        assert_eq!(code(&again, 409), "review_state");
    }

    async fn a_case_is_decided_once_however_many_try(world) {
        let bank = reviewing(world, manual(), json!({})).await;
        let Case { review: id, registration: registered, .. } = case(&bank, "jo@example.com").await;
        let tokens = join_all((0..4).map(|_| reviewer(world))).await;
        let claims = tokens.iter().map(|token| act(&bank, token, &id, "claim", json!({})));
        let claims = join_all(claims).await;
        let winners: Vec<usize> = (0..4).filter(|&index| claims[index].status == 200).collect();
        let statuses: Vec<u16> = claims.iter().map(|it| it.status).collect();
        assert_eq!(winners.len(), 1, "{statuses:?}");
        let token = &tokens[winners[0]];
        let bodies = [
            json!({ "decision": "approve" }), json!({ "decision": "decline", "reasons": ["other"] }),
            json!({ "decision": "approve" }), json!({ "decision": "decline", "reasons": ["other"] }),
        ];
        let decisions = join_all(bodies.map(|body| act(&bank, token, &id, "decide", body))).await;
        assert_eq!(decisions.iter().filter(|it| it.status == 200).count(), 1);
        let all = events(&bank, &id).await;
        assert_eq!(all, ["review.opened", "review.claimed", "review.decided"]);
        let status = text(&registration(&bank, &registered).await["status"]);
        let approved = review(&bank, &id).await["decision"] == "approve";
        assert_eq!(status, if approved { "COMPLETED" } else { "FAILED" });
        let log = registration(&bank, &registered).await["manualReviewLog"].clone();
        assert_eq!(log.as_array().map(Vec::len), Some(1));
    }

    async fn a_case_whose_reviewer_lets_it_lie_is_anothers(world) {
        let bank = reviewing(world, manual(), json!({})).await;
        let Case { review: id, .. } = case(&bank, "jo@example.com").await;
        let (ana, bo) = (reviewer(world).await, reviewer(world).await);
        assert_eq!(act(&bank, &ana, &id, "claim", json!({})).await.status, 200);
        world.turn_clock(TEN_MINUTES - 1);
        assert_eq!(bank.app.release_lapsed_reviews().await.expect("a look"), 0);
        assert_eq!(act(&bank, &bo, &id, "claim", json!({})).await.status, 409);
        world.turn_clock(1);
        let late = act(&bank, &ana, &id, "decide", json!({ "decision": "approve" })).await;
        assert_eq!(code(&late, 409), "review_not_claimed");
        assert_eq!(act(&bank, &bo, &id, "claim", json!({})).await.status, 200);
        assert_eq!(
            events(&bank, &id).await,
            ["review.opened", "review.claimed", "review.released", "review.claimed"]
        );
        let late = act(&bank, &ana, &id, "decide", json!({ "decision": "approve" })).await;
        assert_eq!(code(&late, 409), "review_not_claimed");
        // One that nobody takes over is open again by itself; one that is left, at once.
        world.turn_clock(TEN_MINUTES);
        assert_eq!(bank.app.release_lapsed_reviews().await.expect("a look"), 1);
        let record = review(&bank, &id).await;
        assert_eq!((&record["state"], &record["claimedBy"]), (&json!("open"), &Value::Null));
        assert_eq!(record["evidenceDigest"], Value::Null);
        assert_eq!(act(&bank, &bo, &id, "claim", json!({})).await.status, 200);
        assert_eq!(act(&bank, &ana, &id, "release", json!({})).await.status, 409);
        let left = act(&bank, &bo, &id, "release", json!({})).await;
        assert_eq!(left.json()["data"]["state"], "open", "{}", left.text());
    }

    async fn two_members_decide_on_the_same_evidence_or_not_at_all(world) {
        let review_of = json!({ "onManualVerification": true, "fourEyes": "decline" });
        let bank = reviewing(world, review_of, json!({})).await;
        let Case { review: id, registration: registered, document, .. } = case(&bank, "jo@example.com").await;
        let (ana, ana_id) = member_actor(world, "ana@example.com").await;
        let (bo, bo_id) = member_actor(world, "bo@example.com").await;
        let app = &bank.app;
        let decline = verdict(Decision::Decline, &["document_manipulated"]);
        app.claim_review(&ana, &id).await.expect("claimed");
        app.decide_review(&ana, &id, &decline, None).await.expect("proposed");
        let proposed = review(&bank, &id).await;
        assert_eq!((&proposed["state"], &proposed["proposal"]), (&json!("proposed"), &json!("decline")));
        assert_eq!((&proposed["decision"], &proposed["reasons"]), (&Value::Null, &json!(["document_manipulated"])));
        assert_eq!(registration(&bank, &registered).await["status"], "NEEDS_MANUAL_VERIFICATION");
        for done in [app.confirm_review(&ana, &id).await, app.return_review(&ana, &id, None).await] {
            assert!(matches!(done, Err(ReviewError::OwnProposal)), "{done:?}");
        }

        // The evidence changes: nobody confirms what was not looked at.
        let path = format!("{DOCUMENTS}/{document}/document-type");
        let changed = bank.call(Method::PUT, &bank.token, &path, json!({ "documentType": "CC" })).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        let void = app.confirm_review(&bo, &id).await;
        assert!(matches!(void, Err(ReviewError::EvidenceChanged)), "{void:?}");
        let open = review(&bank, &id).await;
        assert_eq!(open["state"], "open");
        for gone in ["proposal", "reasons", "decidedBy", "evidenceDigest", "claimedBy"] {
            assert_eq!(open[gone], Value::Null, "{gone}");
        }

        app.claim_review(&bo, &id).await.expect("claimed");
        app.decide_review(&bo, &id, &decline, None).await.expect("proposed");
        app.return_review(&ana, &id, Some("Look at the portrait again.")).await.expect("returned");
        let notes = app.review_notes(&bo, &id).await.expect("notes");
        assert_eq!(notes.iter().map(|it| it.note.as_str()).collect::<Vec<_>>(), ["Look at the portrait again."]);
        app.claim_review(&bo, &id).await.expect("claimed");
        app.decide_review(&bo, &id, &decline, None).await.expect("proposed");
        app.confirm_review(&ana, &id).await.expect("confirmed");
        let decided = review(&bank, &id).await;
        assert_eq!((&decided["state"], &decided["decision"]), (&json!("decided"), &json!("decline")));
        assert_eq!(decided["decidedBy"], format!("member:{bo_id}"));
        assert_eq!(decided["checkedBy"], format!("member:{ana_id}"));
        let moved = registration(&bank, &registered).await;
        assert_eq!(moved["status"], "FAILED");
        assert_eq!(moved["manualReviewLog"][0]["reviewedByStaff"], ana_id.as_str());
        let all = events(&bank, &id).await;
        assert_eq!(all.iter().filter(|it| *it == "review.returned").count(), 2);
        assert_eq!(all.iter().filter(|it| *it == "review.decided").count(), 1);

        // Of what needs no second reviewer the first one's word is enough.
        let Case { review: id, .. } = case(&bank, "al@example.com").await;
        app.claim_review(&ana, &id).await.expect("claimed");
        app.decide_review(&ana, &id, &verdict(Decision::Approve, &[]), None).await.expect("decided");
        let found = app.review(&bo, &id).await.expect("a review");
        assert_eq!(found.state, ReviewState::Decided);
    }

    async fn who_has_claimed_decides_on_what_they_were_shown(world) {
        let bank = reviewing(world, manual(), json!({})).await;
        let Case { review: id, document, .. } = case(&bank, "jo@example.com").await;
        assert_eq!(act(&bank, &bank.token, &id, "claim", json!({})).await.status, 200);
        let path = format!("{DOCUMENTS}/{document}/document-type");
        bank.call(Method::PUT, &bank.token, &path, json!({ "documentType": "CC" })).await;
        let approve = json!({ "decision": "approve" });
        let changed = act(&bank, &bank.token, &id, "decide", approve).await;
        assert_eq!(code(&changed, 409), "evidence_changed");
        assert_eq!(review(&bank, &id).await["state"], "open");
        let claimed = act(&bank, &bank.token, &id, "claim", json!({})).await.json()["data"].clone();
        // Somebody who was shown something else says so.
        let stale = json!({ "decision": "approve", "evidenceDigest": "0".repeat(64) });
        let stale = act(&bank, &bank.token, &id, "decide", stale).await;
        assert_eq!(code(&stale, 409), "evidence_changed");
        let again = act(&bank, &bank.token, &id, "claim", json!({})).await.json()["data"].clone();
        assert_eq!(again["evidenceDigest"], claimed["evidenceDigest"], "nothing has changed since");
        let seen = json!({ "decision": "approve", "evidenceDigest": again["evidenceDigest"] });
        assert_eq!(act(&bank, &bank.token, &id, "decide", seen).await.status, 200);
    }

    async fn a_person_who_is_asked_again_comes_again_until_their_attempts_are_used_up(world) {
        let more = json!({ "documents": { "attemptLimit": 2 } });
        let bank = reviewing(world, manual(), more).await;
        let resubmit = json!({ "decision": "resubmit", "reasons": ["document_unreadable"] });
        let Case { review: id, registration: registered, own, .. } = case(&bank, "jo@example.com").await;
        act(&bank, &bank.token, &id, "claim", json!({})).await;
        let decided = act(&bank, &bank.token, &id, "decide", resubmit.clone()).await;
        assert_eq!(decided.json()["data"]["decision"], "resubmit", "{}", decided.text());
        let moved = registration(&bank, &registered).await;
        assert_eq!((&moved["status"], &moved["currentStep"]), (&json!("ONGOING"), &json!("document")));
        assert_eq!(moved["documentValidation"], Value::Null);
        let image = json!({ "image": document(Shows::Forged, 2, 0) });
        let second = bank.post(&own, &format!("{DOCUMENTS}/app-registration"), image).await;
        assert_eq!(second.status, 200, "{}", second.text());
        let second = text(&second.json()["data"]["documentValidation"]["_id"]);
        let path = format!("{DOCUMENTS}/{second}/manual-verification");
        assert_eq!(bank.call(Method::PUT, &own, &path, json!({})).await.status, 200);
        let listed = bank.get(&bank.token, &format!("{REVIEWS}?where_subjectId={second}")).await;
        let id = listed.ids()[0].clone();
        act(&bank, &bank.token, &id, "claim", json!({})).await;
        let decided = act(&bank, &bank.token, &id, "decide", resubmit).await;
        assert_eq!(decided.json()["data"]["decision"], "decline", "{}", decided.text());
        assert_eq!(registration(&bank, &registered).await["status"], "FAILED");
    }

    async fn reviews_are_for_reviewers_of_their_client_alone(world) {
        let bank = reviewing(world, manual(), json!({})).await;
        let Case { review: id, registration: registered, own, .. } = case(&bank, "jo@example.com").await;
        let without = world.token_with("acme", None, false).await;
        let staff = world.token_with("acme", None, true).await;
        let device = world.record_token("acme", RecordTokenScope::Registration, &registered).await;
        let one = format!("{REVIEWS}/{id}");
        let bodies = [
            ("claim", json!({})), ("release", json!({})), ("confirm", json!({})), ("return", json!({})),
            ("decide", json!({ "decision": "approve" })), ("notes", json!({ "note": "x" })),
        ];
        for token in [&without, &staff, &device, &own] {
            for (what, body) in &bodies {
                let answer = act(&bank, token, &id, what, body.clone()).await;
                assert_eq!(answer.status, 403, "{what}: {}", answer.text());
            }
        }
        for token in [&without, &device, &own] {
            assert_eq!(bank.get(token, REVIEWS).await.status, 403);
            assert_eq!(bank.get(token, &one).await.status, 403);
            assert_eq!(bank.get(token, &format!("{one}/notes")).await.status, 403);
        }
        assert_eq!(bank.get(&staff, &one).await.status, 200, "staff reads everything");
        let foreign = world.token("globex").await;
        assert_eq!(bank.get(&foreign, REVIEWS).await.total(), 0);
        assert_eq!(bank.get(&foreign, &one).await.status, 404);
        for (what, body) in bodies {
            let answer = act(&bank, &foreign, &id, what, body).await;
            assert_eq!(code(&answer, 404), "review_not_found", "{what}");
        }
        assert_eq!(events(&bank, &id).await, ["review.opened"]);
    }

    async fn what_was_noted_goes_with_its_subject_and_the_case_is_withdrawn(world) {
        let bank = reviewing(world, manual(), json!({})).await;
        let Case { review: id, registration: registered, document, .. } = case(&bank, "jo@example.com").await;
        let note = json!({ "note": "Canary Wharf, she says" });
        let added = act(&bank, &bank.token, &id, "notes", note).await;
        assert_eq!(added.status, 201, "{}", added.text());
        let notes = bank.get(&bank.token, &format!("{REVIEWS}/{id}/notes")).await.json()["data"].clone();
        assert_eq!(notes[0]["note"], "Canary Wharf, she says");
        act(&bank, &bank.token, &id, "claim", json!({})).await;
        let path = format!("{DOCUMENTS}/{document}");
        assert_eq!(bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.status, 200);
        assert_eq!(review(&bank, &id).await["state"], "withdrawn");
        let late = act(&bank, &bank.token, &id, "decide", json!({ "decision": "approve" })).await;
        assert_eq!(code(&late, 409), "review_not_claimed");
        assert_eq!(registration(&bank, &registered).await["status"], "NEEDS_MANUAL_VERIFICATION");
        let notes = bank.get(&bank.token, &format!("{REVIEWS}/{id}/notes")).await.json()["data"].clone();
        assert_eq!(notes, json!([]));

        // The note of a decision, with the registration.
        let Case { review: id, registration: registered, .. } = case(&bank, "al@example.com").await;
        act(&bank, &bank.token, &id, "claim", json!({})).await;
        let noted = json!({ "decision": "decline", "reasons": ["other"], "note": "Canary Row" });
        assert_eq!(act(&bank, &bank.token, &id, "decide", noted).await.status, 200);
        let path = format!("{REGISTRATIONS}/{registered}");
        assert_eq!(bank.call(Method::DELETE, &bank.token, &path, Value::Null).await.status, 200);
        let left = review(&bank, &id).await;
        assert_eq!((&left["decision"], &left["note"]), (&json!("decline"), &Value::Null));
        world.assert_forgotten(&["Canary Wharf", "Canary Row"]).await;
    }
}
