//! `POST /v2/face-recognition/…`: calls that look for the persons of a client by their faces.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::face_call::{LivenessCheck, MatchCheck, best_score};
use verax_domain::records::{Values, person};
use verax_domain::resources::PERSONS;
use verax_domain::{Scope, Timestamp};
use verax_vision::faces::{Template, Wanted};

use crate::app::access::Caller;
use crate::app::faces::Portrait;
use crate::app::persons::Thumbnail;
use crate::app::persons::galleries::{Hit, Search};
use crate::http::answers::services::found;
use crate::http::body::checked::CheckedBody;
use crate::http::body::table::{BodyField, Default, Rule, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::face_service::errors::unread;
use crate::http::face_service::{
    IMAGE_DOC, MODE_DOC, OS, SEARCH_MODES, answers as face_answers, read,
};
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::persons::errors::{collection_of, unknown_person, without_face};
use crate::http::state::State;
use crate::metrics::{CheckKind, Score};

/// Images of one person in one call.
pub const IMAGES_MAX: usize = 3;
const IMAGES: BodyField = required("images", Rule::Images(IMAGES_MAX), IMAGE_DOC);
const IMAGE: BodyField = required("image", Rule::Image, IMAGE_DOC);
const MODE: BodyField = required("search_mode", SEARCH_MODES, MODE_DOC);
const COLLECTION: BodyField = optional(
    "collection_id",
    Rule::Id,
    "The collection to look in, by its id or its code; absent: in all.",
);
const MAX_RESULTS: BodyField =
    optional("max_results", Rule::Integer(1, 100), "Persons at most.").or(Default::Number(99.0));

const fn min_score(low: f64, high: f64) -> BodyField {
    required("min_score", Rule::Number(low, high), "From here on a face is a person's.")
}

pub static SEARCH_BODY: &[BodyField] =
    &[IMAGES, min_score(0.2, 1.0), MODE, COLLECTION, MAX_RESULTS];
pub static CROPS_BODY: &[BodyField] = &[IMAGES, min_score(0.5, 1.0), MODE, COLLECTION, MAX_RESULTS];
pub static LIVE_BODY: &[BodyField] = &[
    IMAGE,
    OS,
    required("liveness_min_score", Rule::Number(0.5, 1.0), "Minimum liveness score."),
    min_score(0.5, 1.0),
    MODE,
    COLLECTION,
    MAX_RESULTS,
];
pub static ACTIVE_BODY: &[BodyField] = &[
    IMAGE,
    OS,
    optional(
        "liveness_min_score",
        Rule::Number(0.5, 1.0),
        "Minimum liveness score; with it the answer is an object with `persons` and `liveness`.",
    ),
    min_score(0.5, 1.0),
    MODE,
    COLLECTION,
    MAX_RESULTS,
];
pub static VERIFY_BODY: &[BodyField] =
    &[required("id", Rule::Id, "The person."), IMAGES, min_score(0.5, 1.0), MODE, COLLECTION];
pub static DETECT_BODY: &[BodyField] =
    &[IMAGE, min_score(0.7, 0.95), MODE, COLLECTION, MAX_RESULTS];

/// `POST …/search`.
pub async fn search(
    state: Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    search_from(state, (caller, allowed), body, SEARCH_BODY).await
}

/// `POST …/search/crops`: images that are little more than the face.
pub async fn search_crops(
    state: Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    search_from(state, (caller, allowed), body, CROPS_BODY).await
}

async fn search_from(
    Extract(state): Extract<State>,
    (caller, allowed): (Caller, Allowed),
    body: Unread,
    fields: &'static [BodyField],
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, fields).await?;
    let (images, wish) = (sent.images("images"), Wish::of(&sent));
    let collection = collection_of(&state, &caller, wish.collection.as_deref()).await?;
    let faces = state.app.analyse_portraits(images, Wanted::No).await?;
    let probes = faces.into_iter().map(|face| face.template).collect();
    let hits = search_for(&state, &caller, wish.search(probes, collection)).await?;
    Ok(found(&state, shown(&state, &caller, &hits).await?))
}

/// `POST …/search-live-face`: who is not live is not looked for.
pub async fn search_live_face(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, LIVE_BODY).await?;
    let (image, wish) = (sent.image("image"), Wish::of(&sent));
    let collection = collection_of(&state, &caller, wish.collection.as_deref()).await?;
    let mut faces = state.app.analyse_portraits(vec![image], Wanted::Yes).await?;
    let (Some(face), true) = (faces.pop(), faces.is_empty()) else { return Err(unread("image")) };
    let liveness = liveness_of(&state, &face, sent.number("liveness_min_score"))?;
    let hits = match liveness.passed() {
        true => search_for(&state, &caller, wish.search(vec![face.template], collection)).await?,
        false => Vec::new(),
    };
    let data = json!({
        "persons": hits.iter().map(id_and_score).collect::<Value>(),
        "search": shown(&state, &caller, &hits).await?,
        "liveness_score": liveness.score,
        "liveness": face_answers::liveness_of_search(&liveness, &state.app.new_id()),
    });
    Ok(found(&state, data))
}

/// What was measured of how live a face is, against the score that the caller asks for.
fn liveness_of(state: &State, face: &Portrait, min_score: f64) -> Result<LivenessCheck, ApiError> {
    let score = face.liveness_score.ok_or_else(|| unread("image"))?;
    let liveness = LivenessCheck { score, min_score };
    state.metrics.check_decided(CheckKind::Liveness, liveness.passed());
    Ok(liveness)
}

/// `POST …/search-active-user`: persons whose status is `active` alone. With `liveness_min_score` who is
/// not live is not looked for, and the answer says both.
pub async fn search_active_user(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, ACTIVE_BODY).await?;
    let (image, wish) = (sent.image("image"), Wish::of(&sent));
    let collection = collection_of(&state, &caller, wish.collection.as_deref()).await?;
    let min_score = sent.members.get("liveness_min_score").and_then(Value::as_f64);
    let wanted = if min_score.is_some() { Wanted::Yes } else { Wanted::No };
    let mut faces = state.app.analyse_portraits(vec![image], wanted).await?;
    let (Some(face), true) = (faces.pop(), faces.is_empty()) else { return Err(unread("image")) };
    let liveness = match min_score {
        Some(min_score) => Some(liveness_of(&state, &face, min_score)?),
        None => None,
    };
    let search = wish.search(vec![face.template], collection);
    let hits = match liveness.as_ref().is_none_or(LivenessCheck::passed) {
        true => search_for(&state, &caller, Search { active_only: true, ..search }).await?,
        false => Vec::new(),
    };
    Ok(found(
        &state,
        match liveness {
            None => hits.iter().map(id_and_score).collect(),
            Some(liveness) => json!({
                "persons": shown(&state, &caller, &hits).await?,
                "liveness": face_answers::liveness_of_active(&liveness),
            }),
        },
    ))
}

/// `POST …/verify`: whether the images are of one person.
pub async fn verify(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, VERIFY_BODY).await?;
    let (images, min_score) = (sent.images("images"), sent.number("min_score"));
    let id = sent.text("id").unwrap_or_default().to_owned();
    let collection = collection_of(&state, &caller, sent.text("collection_id")).await?;
    let client = caller.client();
    let mut persons = state.app.person_records(client, std::slice::from_ref(&id)).await?;
    let person = persons.remove(&id).ok_or_else(unknown_person)?;
    let collections = person.texts(person::COLLECTIONS);
    if collection.as_ref().is_some_and(|collection| !collections.contains(collection)) {
        return Err(unknown_person());
    }
    let faces = state.app.analyse_portraits(images, Wanted::No).await?;
    let mut scores = Vec::new();
    for face in &faces {
        scores.extend(state.app.match_person(client, &id, &face.template).await?);
    }
    let score = best_score(scores).ok_or_else(without_face)?;
    let check = MatchCheck { score, min_score };
    state.metrics.score(Score::Match, score);
    state.metrics.check_decided(CheckKind::Verification, check.passed());
    let matched = match check.passed() {
        true if !may_read(&caller, PERSONS.scopes) => json!({
            "id": id,
            "score": score,
            "thumbnails": thumbnails(&state, &caller, &id).await?,
        }),
        true => json!({
            "id": id,
            "name": person.text(person::NAME),
            "score": score,
            "gender": person.text(person::GENDER),
            "date_of_birth": person.text(person::DATE_OF_BIRTH),
            "thumbnails": thumbnails(&state, &caller, &id).await?,
            "collections": collections,
        }),
        false => Value::Null,
    };
    Ok(found(&state, face_answers::verification(&check, &matched)))
}

/// `POST …/detect`: every face, and whom it is most like.
pub async fn detect(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, DETECT_BODY).await?;
    let (image, wish) = (sent.image("image"), Wish::of(&sent));
    let collection = collection_of(&state, &caller, wish.collection.as_deref()).await?;
    // A client without persons needs no templates to be told so.
    let known = match state.app.faces.template_model() {
        Ok(_) => state.app.has_faces(caller.client()).await?,
        Err(_) if collection.is_none() => false,
        Err(error) => return Err(error.into()),
    };
    let templates = if known { Wanted::Yes } else { Wanted::No };
    let mut seen = Vec::new();
    for face in state.app.detect_faces(image, templates).await? {
        let hits = match &face.template {
            Some(probe) => {
                let search = wish.search(vec![probe.clone()], collection.clone());
                search_for(&state, &caller, search).await?
            }
            None => Vec::new(),
        };
        seen.push((face, shown(&state, &caller, &hits).await?));
    }
    Ok(found(&state, face_answers::detection(&seen)))
}

/// What every search is told.
struct Wish {
    min_score: f64,
    max: usize,
    /// As it was sent: an id or a code.
    collection: Option<String>,
}

impl Wish {
    fn of(sent: &CheckedBody) -> Wish {
        Wish {
            min_score: sent.number("min_score"),
            max: sent.number("max_results") as usize,
            collection: sent.text("collection_id").map(str::to_owned),
        }
    }

    /// `collection` is an id.
    fn search(&self, probes: Vec<Template>, collection: Option<String>) -> Search {
        let Wish { min_score, max, .. } = *self;
        Search { probes, collection, active_only: false, min_score, max }
    }
}

async fn search_for(state: &State, caller: &Caller, search: Search) -> Result<Vec<Hit>, ApiError> {
    let hits = state.app.search_faces(caller.client(), search).await?;
    state.metrics.check_decided(CheckKind::Search, !hits.is_empty());
    if let Some(first) = hits.first() {
        state.metrics.score(Score::Search, first.score);
    }
    Ok(hits)
}

fn id_and_score(hit: &Hit) -> Value {
    json!({ "id": hit.person, "score": hit.score })
}

/// The found persons in the order of the hits, with their small images; to who may read persons, with
/// what is said of them.
async fn shown(state: &State, caller: &Caller, hits: &[Hit]) -> Result<Value, ApiError> {
    if hits.is_empty() {
        return Ok(json!([]));
    }
    let ids: Vec<String> = hits.iter().map(|hit| hit.person.clone()).collect();
    let records = state.app.person_records(caller.client(), &ids).await?;
    let mut all = Vec::new();
    for hit in hits {
        // Somebody who was deleted since is nobody any more.
        let Some(record) = records.get(&hit.person) else { continue };
        let mut person = match may_read(caller, PERSONS.scopes) {
            true => details(&hit.person, record),
            false => json!({ "id": hit.person }),
        };
        person["score"] = hit.score.into();
        person["thumbnails"] = thumbnails(state, caller, &hit.person).await?;
        all.push(person);
    }
    Ok(Value::Array(all))
}

/// What is said of a person, in the names that searches have for it.
fn details(id: &str, record: &Values) -> Value {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    json!({
        "id": id,
        "_id": id,
        "name": record.text(person::NAME),
        "gender": record.text(person::GENDER),
        "date_of_birth": record.text(person::DATE_OF_BIRTH),
        "nationality": record.text(person::NATIONALITY),
        "notes": record.text(person::NOTES),
        "collections": record.texts(person::COLLECTIONS),
        "create_date": time(record.time(person::CREATED_AT)),
        "modified_date": time(record.time(person::UPDATED_AT)),
    })
}

/// The small images that are kept of a person, for a token that may see images.
pub async fn thumbnails(state: &State, caller: &Caller, person: &str) -> Result<Value, ApiError> {
    if !caller.has(Scope::ReadMedia) {
        return Ok(json!([]));
    }
    let stored = state.app.thumbnails(caller.client(), person).await?;
    let shown = |stored: Thumbnail| {
        json!({
            "id": stored.id,
            "thumbnail": face_answers::base64(&stored.jpeg),
        })
    };
    Ok(stored.into_iter().map(shown).collect())
}
