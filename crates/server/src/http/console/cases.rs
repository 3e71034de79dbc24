//! The case page, and what a reviewer does on it.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::Value;
use verax_domain::Scope;
use verax_domain::lifecycle::{Decision, ReviewState};
use verax_domain::records::review::{Review, Verdict};
use verax_domain::resources::{ACCESSES, EVENTS, REVIEWS};
use verax_domain::review_reasons::ReviewReason;
use verax_pages::case::images::Comparison;
use verax_pages::case::{Case, Looked, Note, Stated, Turn, because, choices};
use verax_pages::cell::{moment, record_href};
use verax_pages::names;
use verax_pages::record::Timeline;
use verax_query::{Key, Query, Resource, Retrieval};

use super::actors::{ActorNames, actors};
use super::answers::{html, see};
use super::case_records::CaseRecords;
use super::finding::{find, rows};
use super::form::Form;
use super::needs::Needs;
use super::news::with_news;
use super::page::Page;
use super::queue::after;
use super::visitor::Visitor;
use crate::app::reviews::{ReviewError, ReviewNote};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::INVALID_PARAMETERS;
use crate::http::layers::allowed::Allowed;
use crate::http::path_id::PathId;
use crate::http::state::State;

const EVENTS_SHOWN: u32 = 20;
const ACCESSES_SHOWN: u32 = 20;
const NOTE_LETTERS_MAX: usize = 2000;
const EVENT_RECORD: Key<str> = Key::text(&EVENTS, "record");
const ACCESS_RECORD: Key<str> = Key::text(&ACCESSES, "record");

pub fn pages() -> Vec<Page> {
    let needs = Needs::Holding(Scope::Review);
    vec![
        Page::post("/console/reviews/{id}/claim", needs, claim),
        Page::post("/console/reviews/{id}/release", needs, release),
        Page::post("/console/reviews/{id}/decide", needs, decide),
        Page::post("/console/reviews/{id}/confirm", needs, confirm),
        Page::post("/console/reviews/{id}/return", needs, return_proposal),
        Page::post("/console/reviews/{id}/notes", needs, add_note),
    ]
}

/// `GET /console/reviews/{id}`.
pub async fn case(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    let tenant = visitor.caller()?.tenant();
    let mut review = find(&state, &Retrieval::whole(&REVIEWS), &tenant, &id).await?;
    let records = CaseRecords::of(&state, &visitor, &review).await?;
    let images = records.images(&state, &visitor).await?;
    let mut events = events(&state, &visitor, &id, &records).await?;
    let mut accesses = accesses(&state, &visitor, &records).await?;
    let notes = state.app.review_notes(&visitor.reviewer()?, &id).await?;
    let mut turn = turn(&state, &visitor, &id).await?;
    let mut who = actors(events.iter().chain(&accesses).flatten().chain([&review]));
    who.extend(notes.iter().map(|note| note.author.clone()));
    let names = ActorNames::of(&state, &visitor, who).await?;
    let listed = events.iter_mut().chain(&mut accesses).flatten().chain([&mut review]);
    listed.for_each(|record| names.put(record));
    if let Turn::Taken { by } = &mut turn {
        *by = names.name(by);
    }
    let texts = visitor.texts;
    let text = |name: &str| review.get(name).and_then(Value::as_str).unwrap_or_default();
    let may_open = |it: &Resource| visitor.may_read(it);
    let reader = visitor.reader(&may_open);
    let comparison = records.comparison().and_then(|it| {
        Comparison::of(texts, it, |resource, id| records.image_href(&visitor, resource, id))
    });
    let title = records.person().map_or_else(|| names::singular(texts, &REVIEWS), str::to_owned);
    let now = state.app.clock.now().to_string();
    html(&Case {
        state: reader.word(text("state")),
        because: because(texts, &review),
        opened: moment(text("createdAt")),
        about: records.about(&visitor),
        images,
        watermark: format!("{} · {}", visitor.name()?, now.get(..16).unwrap_or_default()),
        comparison,
        checks: records.checks(&visitor, &reader),
        timeline: events.as_deref().map(|events| Timeline::of_events(texts, events)),
        accesses: accesses.map(|all| all.iter().map(looked).collect()),
        notes: notes.into_iter().map(|it| shown_note(&names, it)).collect(),
        turn,
        decision: Stated::of(texts, &review),
        choices: choices(texts),
        json_href: format!("{}/json", record_href(&REVIEWS, &id)),
        shell: with_news(visitor.shell(title), raw.as_deref()),
        id,
    })
}

/// What the visitor can do with the case now.
async fn turn(state: &State, visitor: &Visitor, id: &str) -> Result<Turn, ApiError> {
    let actor = visitor.reviewer()?;
    let (review, now, me) =
        (state.app.review(&actor, id).await?, state.app.clock.now(), actor.name());
    let Review { state, claimed_by, decided_by, .. } = &review;
    if !visitor.has(Scope::Review) {
        return Ok(Turn::Over);
    }
    Ok(match state {
        ReviewState::Open => Turn::Begin,
        ReviewState::Claimed if review.is_claimed_by(&me, now) => {
            Turn::Decide { evidence: review.evidence.clone().unwrap_or_default() }
        }
        ReviewState::Claimed if review.has_lapsed(now) => Turn::Begin,
        ReviewState::Claimed => Turn::Taken { by: claimed_by.clone().unwrap_or_default() },
        ReviewState::Proposed if decided_by.as_ref() == Some(&me) => Turn::Wait,
        ReviewState::Proposed => Turn::Confirm,
        ReviewState::Decided | ReviewState::Withdrawn => Turn::Over,
    })
}

/// The newest events of the case and of what it is about.
async fn events(
    state: &State,
    visitor: &Visitor,
    id: &str,
    records: &CaseRecords,
) -> Result<Option<Vec<Value>>, ApiError> {
    if !visitor.may_read(&EVENTS) {
        return Ok(None);
    }
    let ids = records.ids().chain([id.to_owned()]);
    let query = Query::of(&EVENTS).one_of(EVENT_RECORD, ids).at_most(EVENTS_SHOWN);
    let found = state.app.page(&query, &records.tenant).await?;
    rows(&found.rows).map(Some)
}

async fn accesses(
    state: &State,
    visitor: &Visitor,
    records: &CaseRecords,
) -> Result<Option<Vec<Value>>, ApiError> {
    if !visitor.may_read(&ACCESSES) {
        return Ok(None);
    }
    let query = Query::of(&ACCESSES).one_of(ACCESS_RECORD, records.ids()).at_most(ACCESSES_SHOWN);
    let found = state.app.page(&query, &records.tenant).await?;
    rows(&found.rows).map(Some)
}

fn looked(access: &Value) -> Looked {
    let text = |name: &str| access.get(name).and_then(Value::as_str).unwrap_or_default();
    Looked {
        time: moment(text("createdAt")),
        actor: text("actor").to_owned(),
        what: format!("{} · {}", text("resource"), text("part")),
    }
}

fn shown_note(names: &ActorNames, note: ReviewNote) -> Note {
    let (time, author) = (moment(&note.created_at.to_string()), names.name(&note.author));
    Note { time, author, text: note.note }
}

/// The page of the case again.
fn again(id: &str, done: &str) -> Response {
    see(&format!("{}?done={done}", record_href(&REVIEWS, id)))
}

async fn claim(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    state.app.claim_review(&visitor.reviewer()?, &id).await?;
    Ok(see(&record_href(&REVIEWS, &id)))
}

async fn release(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    match state.app.release_review(&visitor.reviewer()?, &id).await {
        Err(ReviewError::NotClaimed) | Ok(()) => Ok(see("/console/queue?done=released")),
        Err(error) => Err(error.into()),
    }
}

/// A decision leads to the next case.
async fn decide(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    let form = Form::read(unread, &state, &allowed).await?;
    let verdict = verdict(&form)?;
    let seen = Some(form.text("evidence")).filter(|it| !it.is_empty());
    let actor = visitor.reviewer()?;
    state.app.decide_review(&actor, &id, &verdict, seen).await?;
    let decided = state.app.review(&actor, &id).await?;
    let done = if decided.state == ReviewState::Proposed { "proposed" } else { "decided" };
    after(&state, &visitor, done).await
}

fn verdict(form: &Form) -> Result<Verdict, ApiError> {
    let wrong = |text: &str| ApiError::new(&INVALID_PARAMETERS, text);
    let decision = Decision::from_word(form.text("decision"))
        .ok_or_else(|| wrong("decision must be approve, decline or resubmit."))?;
    let reasons = form.pairs().filter(|(name, _)| *name == "reasons");
    let reasons: Vec<String> = reasons.map(|(_, code)| code.to_owned()).collect();
    if reasons.iter().any(|code| ReviewReason::from_code(code).is_none()) {
        return Err(wrong("reasons must be codes of /v2/review-reasons."));
    }
    if reasons.is_empty() && decision.needs_reasons() {
        return Err(wrong("Choose at least one reason."));
    }
    Ok(Verdict { decision, reasons, note: note(form)? })
}

/// What was noted; nothing where the field was left empty.
fn note(form: &Form) -> Result<Option<String>, ApiError> {
    let note = form.text("note").trim();
    if note.chars().count() > NOTE_LETTERS_MAX {
        let text = format!("note must have at most {NOTE_LETTERS_MAX} characters.");
        return Err(ApiError::new(&INVALID_PARAMETERS, text));
    }
    Ok(Some(note.to_owned()).filter(|note| !note.is_empty()))
}

async fn confirm(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    state.app.confirm_review(&visitor.reviewer()?, &id).await?;
    after(&state, &visitor, "decided").await
}

async fn return_proposal(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    let form = Form::read(unread, &state, &allowed).await?;
    state.app.return_review(&visitor.reviewer()?, &id, note(&form)?.as_deref()).await?;
    Ok(again(&id, "returned"))
}

async fn add_note(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    allowed: Allowed,
    unread: Unread,
) -> Result<Response, ApiError> {
    let id = id.of(&REVIEWS)?;
    let form = Form::read(unread, &state, &allowed).await?;
    if let Some(note) = note(&form)? {
        state.app.add_review_note(&visitor.reviewer()?, &id, &note).await?;
    }
    Ok(again(&id, "noted"))
}
