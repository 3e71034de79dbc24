//! Reviews: cases that people decide. Their lists and records are those of every resource.

pub mod calls;
pub mod errors;

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::resources::REVIEWS;
use verax_domain::review_reasons::LANGUAGES;

use self::calls::{DECIDE_BODY, NOTE_BODY, RETURN_BODY};
use self::errors::{
    CONTACT_REGISTERED, EVIDENCE_CHANGED, OWN_PROPOSAL, REVIEW_CLAIMED, REVIEW_NOT_CLAIMED,
    REVIEW_STATE, REVIEW_WITHDRAWN,
};
use super::body::table::Purpose;
use super::error_codes::{CONFLICT, INVALID_PARAMETERS, MISSING_PARAMETER};
use super::layers::access::{Access, Clients};
use super::openapi::shapes::record;
use super::operation::{Answer, Description, Operation};

/// Who decides has the right itself: staff, who reads everything, has it only where it was given.
const REVIEW: Access = Access { clients: Clients::Holding(Scope::Review), ..Access::CLIENT };
const READ: Access = Access { clients: Clients::HoldingOrStaff(Scope::Review), ..Access::CLIENT };

pub fn operations() -> Vec<Operation> {
    let reviews = |summary: &str, id: &str| described(id, summary, Answer::data(record(&REVIEWS)));
    vec![
        Operation::get(
            "/v2/review-reasons",
            calls::reasons,
            Description::new(
                "list_review_reasons",
                "Why a reviewer declines or asks again",
                REVIEWS.name,
                READ,
                reasons(),
            ),
        ),
        of_one(Operation::post(
            "/v2/reviews/{id}/claim",
            calls::claim,
            reviews("Begin with a case", "claim_review")
                .doc("For ten minutes nobody else decides it; who has it already begins anew."),
        ))
        .errors(&[&REVIEW_CLAIMED, &REVIEW_STATE, &REVIEW_WITHDRAWN, &CONFLICT]),
        of_one(Operation::post(
            "/v2/reviews/{id}/release",
            calls::release,
            reviews("Leave a case to others", "release_review"),
        ))
        .errors(&[&REVIEW_NOT_CLAIMED, &CONFLICT]),
        of_one(Operation::post(
            "/v2/reviews/{id}/decide",
            calls::decide,
            reviews("Decide a case", "decide_review").doc(
                "Where the flow wants a second reviewer it is a proposal. A decision changes no verdict: it \
                 moves the registration.",
            ),
        ))
        .body(DECIDE_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&REVIEW_NOT_CLAIMED, &EVIDENCE_CHANGED, &REVIEW_WITHDRAWN])
        .errors(&[&CONTACT_REGISTERED, &CONFLICT]),
        of_one(Operation::post(
            "/v2/reviews/{id}/confirm",
            calls::confirm,
            reviews("Confirm what another reviewer has proposed", "confirm_review"),
        ))
        .errors(&[&OWN_PROPOSAL, &REVIEW_STATE, &EVIDENCE_CHANGED, &REVIEW_WITHDRAWN])
        .errors(&[&CONTACT_REGISTERED, &CONFLICT]),
        of_one(Operation::post(
            "/v2/reviews/{id}/return",
            calls::return_proposal,
            reviews("Do not confirm it: the case is open again", "return_review"),
        ))
        .body(RETURN_BODY, Purpose::Change, &INVALID_PARAMETERS)
        .errors(&[&OWN_PROPOSAL, &REVIEW_STATE, &CONFLICT]),
        of_one(Operation::get(
            "/v2/reviews/{id}/notes",
            calls::notes,
            Description::new(
                "list_review_notes",
                "What reviewers have noted",
                REVIEWS.name,
                READ,
                notes(),
            ),
        )),
        of_one(Operation::post(
            "/v2/reviews/{id}/notes",
            calls::add_note,
            described(
                "add_review_note",
                "Note something of a case",
                Answer::data(note()).with_status(StatusCode::CREATED),
            ),
        ))
        .body(NOTE_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&CONFLICT]),
        of_one(Operation::delete(
            "/v2/reviews/{id}/notes",
            calls::erase_notes,
            described("erase_review_notes", "Erase what was noted of a case", notes())
                .doc("Also what was noted of its decision. The answer is what is left: nothing."),
        )),
    ]
}

fn described(id: &str, summary: &str, answer: Answer) -> Description {
    Description::new(id, summary, REVIEWS.name, REVIEW, answer)
}

fn of_one(operation: Operation) -> Operation {
    operation.unknown(REVIEWS.not_found.error)
}

fn note() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["_id", "author", "note", "createdAt"],
        "properties": {
            "_id": text,
            "author": { "type": "string", "description": "`member:<id>` or `token:<id>`." },
            "note": text,
            "createdAt": { "type": "string", "format": "date-time" },
        },
    })
}

fn notes() -> Answer {
    Answer::data(json!({ "type": "array", "items": note() }))
}

fn reasons() -> Answer {
    let texts = || {
        let text = |language: &&str| ((*language).to_owned(), json!({ "type": "string" }));
        let texts: serde_json::Map<String, Value> = LANGUAGES.iter().map(text).collect();
        json!({ "type": "object", "required": LANGUAGES, "properties": texts })
    };
    Answer::data(json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["code", "step", "check", "reviewer", "person"],
            "properties": {
                "code": { "type": "string" },
                "step": {
                    "type": ["string", "null"],
                    "description": "The step that the person makes again: document, liveness or form.",
                },
                "check": {
                    "type": ["string", "null"],
                    "description": "The check that should have found it.",
                },
                "reviewer": texts(),
                "person": texts(),
            },
        },
    }))
}
