//! Cases: begun, left, decided, confirmed, returned, and what is noted of them.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::lifecycle::Decision;
use verax_domain::records::review::Verdict;
use verax_domain::resources::REVIEWS;
use verax_domain::review_reasons::{LANGUAGES, REASONS, ReviewReason};
use verax_query::Retrieval;

use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::reviews::{ReviewActor, ReviewNote};
use crate::http::answers::json as json_response;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::{BodyField, Purpose, Rule, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::{INVALID_PARAMETERS, MISSING_PARAMETER};
use crate::http::layers::allowed::Allowed;
use crate::http::layers::idempotency::about;
use crate::http::path_id::PathId;
use crate::http::state::State;

const NOTE: Rule = Rule::Text(1, 2000);

pub static DECIDE_BODY: &[BodyField] = &[
    required("decision", Rule::Word(Decision::WORDS), "What becomes of the case."),
    optional("reasons", Rule::Texts, "Codes of `/v2/review-reasons`; to decline and resubmit."),
    optional("note", NOTE, "What the reviewer says of it."),
    optional(
        "evidenceDigest",
        Rule::Text(64, 64),
        "The digest of what was shown; where it is not sent, of what was there when it was claimed.",
    ),
];

pub static RETURN_BODY: &[BodyField] = &[optional("note", NOTE, "Why it is not confirmed.")];

pub static NOTE_BODY: &[BodyField] = &[required("note", NOTE, "For the other reviewers.")];

/// `GET /v2/review-reasons`.
pub async fn reasons() -> Response {
    let texts = |text: &dyn Fn(&str) -> &'static str| -> Value {
        let texts = LANGUAGES.iter().map(|it| ((*it).to_owned(), text(it).into()));
        Value::Object(texts.collect::<Map<String, Value>>())
    };
    let reasons: Vec<Value> = REASONS
        .iter()
        .map(|reason| {
            json!({
                "code": reason.code,
                "step": reason.step.map(|step| step.word()),
                "check": reason.check,
                "reviewer": texts(&|language| reason.for_reviewer(language)),
                "person": texts(&|language| reason.for_person(language)),
            })
        })
        .collect();
    data(&reasons.into())
}

/// `POST /v2/reviews/{id}/claim`.
pub async fn claim(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.review(&actor, &id).await?;
    body.ignore(&state, &allowed).await?;
    state.app.claim_review(&actor, &id).await?;
    shown(&state, &caller, &id).await
}

/// `POST /v2/reviews/{id}/release`.
pub async fn release(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.review(&actor, &id).await?;
    body.ignore(&state, &allowed).await?;
    state.app.release_review(&actor, &id).await?;
    shown(&state, &caller, &id).await
}

/// `POST /v2/reviews/{id}/decide`.
pub async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.review(&actor, &id).await?;
    let mut sent = read(&state, &allowed, body, DECIDE_BODY, Purpose::Create).await?;
    let verdict = verdict(&mut sent);
    let seen = sent.text("evidenceDigest").map(str::to_owned);
    sent.finish(&MISSING_PARAMETER)?;
    let verdict = verdict.ok_or_else(ApiError::internal)?;
    state.app.decide_review(&actor, &id, &verdict, seen.as_deref()).await?;
    shown(&state, &caller, &id).await
}

/// `POST /v2/reviews/{id}/confirm`.
pub async fn confirm(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.review(&actor, &id).await?;
    body.ignore(&state, &allowed).await?;
    state.app.confirm_review(&actor, &id).await?;
    shown(&state, &caller, &id).await
}

/// `POST /v2/reviews/{id}/return`.
pub async fn return_proposal(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.review(&actor, &id).await?;
    let sent = read(&state, &allowed, body, RETURN_BODY, Purpose::Change).await?;
    let sent = sent.finish(&INVALID_PARAMETERS)?;
    state.app.return_review(&actor, &id, sent.text("note")).await?;
    shown(&state, &caller, &id).await
}

/// `GET /v2/reviews/{id}/notes`.
pub async fn notes(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    let notes = state.app.review_notes(&actor, &id).await?;
    Ok(data(&notes.iter().map(note_json).collect::<Vec<Value>>().into()))
}

/// `POST /v2/reviews/{id}/notes`.
pub async fn add_note(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.review(&actor, &id).await?;
    let sent = read(&state, &allowed, body, NOTE_BODY, Purpose::Create).await?;
    let sent = sent.finish(&MISSING_PARAMETER)?;
    let note = sent.text("note").unwrap_or_default();
    let note = state.app.add_review_note(&actor, &id, note).await?;
    let mut response = data(&note_json(&note));
    *response.status_mut() = StatusCode::CREATED;
    Ok(about(&REVIEWS, &id, response))
}

/// `DELETE /v2/reviews/{id}/notes`.
pub async fn erase_notes(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
) -> Result<Response, ApiError> {
    let (id, actor) = (id.of(&REVIEWS)?, ReviewActor::of(&caller, &origin));
    state.app.erase_review_notes(&actor, &id).await?;
    Ok(data(&json!([])))
}

/// What a body decides; nothing where something is wrong with it.
fn verdict(sent: &mut CheckedBody) -> Option<Verdict> {
    let decision = sent.text("decision").and_then(Decision::from_word);
    let reasons: Vec<String> = sent.ids("reasons").unwrap_or_default();
    if reasons.iter().any(|code| ReviewReason::from_code(code).is_none()) {
        sent.wrong("reasons", "must be codes of /v2/review-reasons");
    } else if reasons.is_empty() && decision.is_some_and(Decision::needs_reasons) {
        sent.wrong("reasons", "must hold at least one code to decline or resubmit");
    }
    let note = sent.text("note").map(str::to_owned);
    Some(Verdict { decision: decision?, reasons, note })
}

fn note_json(note: &ReviewNote) -> Value {
    json!({
        "_id": note.id,
        "author": note.author,
        "note": note.note,
        "createdAt": note.created_at.to_string(),
    })
}

/// The review as it is then.
async fn shown(state: &State, caller: &Caller, id: &str) -> Result<Response, ApiError> {
    let whole = Retrieval::whole(&REVIEWS);
    let record = state.app.record_bytes(&whole, &caller.tenant(), id).await?;
    let record = record.ok_or_else(|| ApiError::not_found(&REVIEWS))?;
    let record: Value =
        serde_json::from_slice(&record).map_err(|error| ApiError::internal().caused(error))?;
    Ok(about(&REVIEWS, id, data(&record)))
}

fn data(data: &Value) -> Response {
    json_response(json!({ "success": true, "data": data }).to_string().into_bytes())
}
