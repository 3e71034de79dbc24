//! `/v2/face-recognition/persons`: who is known by their face.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::face_call::LivenessCheck;
use verax_domain::records::id_of;
use verax_domain::records::person::{self, PersonDetails};
use verax_domain::resources::PERSONS;
use verax_query::{Audience, Compared, Ignored, OwnFilter, Problem, Query};
use verax_vision::faces::Wanted;

use crate::app::access::Caller;
use crate::app::faces::{Portrait, SentImage};
use crate::app::journal::Origin;
use crate::app::persons::{NewPerson, PersonChange, PersonError, Thumbnails, Unknown};
use crate::http::answers::brief::brief;
use crate::http::answers::services::answer;
use crate::http::answers::{json as json_response, one};
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read_change;
use crate::http::body::table::{BodyField, Rule, field, field_as, joined, optional, required};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::face_service::errors::{only_base64, wrong_members};
use crate::http::face_service::{IMAGE_DOC, MODE_DOC, SEARCH_MODES, read};
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::caching::IfNoneMatch;
use crate::http::layers::handling::RequestHandling;
use crate::http::layers::idempotency::about;
use crate::http::listing::calls::{answer_list, record, short};
use crate::http::listing::streams::Format;
use crate::http::path_id::PathId;
use crate::http::persons::errors::{
    already_set, collection_of, invalid_collection, liveness_failed, unknown_person,
};
use crate::http::persons::searches::{IMAGES_MAX, thumbnails};
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

const NAME_CHARS_MIN: usize = 3;

const PERSON: &[BodyField] = &[
    field_as(&PERSONS, "name", Rule::Name(200)).required().doc("Full name; digits are removed."),
    // Clients of the live call send one image as `image`.
    required("images", Rule::Images(IMAGES_MAX), IMAGE_DOC).also("image"),
    field(&PERSONS, "gender"),
    field_as(&PERSONS, "date_of_birth", Rule::DayOfBirth)
        .doc("The day of birth, from 1900 to today."),
    field_as(&PERSONS, "nationality", Rule::Text(1, 200)),
    field_as(&PERSONS, "collections", Rule::Ids(20)).doc("Collections, by their ids or codes."),
    field_as(&PERSONS, "notes", Rule::Text(1, 2000)),
    field_as(&PERSONS, "email", Rule::AnyEmail(200)),
    field_as(&PERSONS, "phone", Rule::AnyPhone(200)),
    optional(
        "keep_thumbnails",
        Rule::Flag,
        "Whether a small image of each face is stored encrypted; absent: as the setting \
         persons.keep_thumbnails says.",
    ),
];

pub static PERSON_BODY: &[BodyField] = PERSON;

pub static CHANGE_BODY: &[BodyField] = &joined::<11>(PERSON, &[field(&PERSONS, "status")]);

pub static LIVE_PERSON_BODY: &[BodyField] = &joined::<14>(
    PERSON,
    &[
        required("collection_id", Rule::Id, "The collection, by its id or its code."),
        required("liveness_min_score", Rule::Number(0.5, 1.0), "Minimum liveness score."),
        required(
            "min_score",
            Rule::Number(0.5, 1.0),
            "Match score that counts as an existing person.",
        ),
        required("search_mode", SEARCH_MODES, MODE_DOC),
    ],
);

/// `POST …/persons`.
pub async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, PERSON_BODY).await?;
    let (person, images) = read_person(&state, &mut sent);
    let told = sent.members;
    let person = with_collections(&state, &caller, person).await?;
    let faces = state.app.analyse_portraits(images, Wanted::No).await?;
    let id = enrol(&state, (&caller, &origin), person, faces, None).await?;
    Ok(about(&PERSONS, &id, answer(&state, shown(&state, &caller, &id, &told).await?)))
}

/// `POST …/persons/search-live-face`: enrols who is live, and whom nobody in the collection is like.
pub async fn create_live(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let (mut sent, _slot) = read(&state, &allowed, body, LIVE_PERSON_BODY).await?;
    let (mut person, images) = read_person(&state, &mut sent);
    let min_score = sent.number("min_score");
    let collection = collection_of(&state, &caller, sent.text("collection_id")).await?;
    person.details.collections.get_or_insert_default().extend(collection.clone());
    let person = with_collections(&state, &caller, person).await?;
    let faces = state.app.analyse_portraits(images, Wanted::Yes).await?;
    // Each of the images must be of a live face: the score that counts is the lowest.
    let scores = faces.iter().filter_map(|face| face.liveness_score);
    let score = scores.fold(1.0, f64::min);
    if !(LivenessCheck { score, min_score: sent.number("liveness_min_score") }).passed() {
        return Err(liveness_failed(score));
    }
    let unknown = Some(Unknown { collection, min_score });
    let id = enrol(&state, (&caller, &origin), person, faces, unknown).await?;
    let mut data = shown(&state, &caller, &id, &sent.members).await?;
    data["liveness_score"] = score.into();
    Ok(about(&PERSONS, &id, answer(&state, data)))
}

/// `GET …/persons`: `collection` is an id or a code.
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    format: Format,
    known: IfNoneMatch,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let mut collections = Vec::new();
    for (_, value) in parts(&raw).filter_map(decoded).filter(|(name, _)| name == COLLECTION) {
        let known = state.app.collection(caller.client(), &value).await?;
        let (field, value) = (person::COLLECTIONS.field(), known.map_or(value, |known| known.id));
        collections.push(OwnFilter { field, compared: Compared::Equal, value });
    }
    let strict = handling.handling();
    let query = Query::parse_with(&PERSONS, &raw, strict, COLLECTION, collections);
    let query = query.map_err(ApiError::invalid)?;
    answer_list(&state, &caller, format, &known, &handling, query).await
}

/// Of a list: an id or a code.
const COLLECTION: &str = "collection";
const LOOKUP_WORDS: [&str; 2] = ["name", "date_of_birth"];
/// Persons on a page of a look-up that does not say.
const LOOKUP_SIZE: u32 = 20;
const PAGE_WORDS: [&str; 4] = ["page", "limit", "perPage", "offset"];

/// `GET …/persons/lookup`: by a part of the name, and the day of birth.
pub async fn lookup(
    Extract(state): Extract<State>,
    caller: Caller,
    handling: RequestHandling,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let raw = short(raw)?;
    let (mut filters, mut page) = (Vec::new(), Vec::new());
    let (mut name, mut ignored) = (None, Vec::new());
    for part in parts(&raw) {
        match decoded(part) {
            Some((key, value)) if key == "name" => name = Some(value.trim().to_owned()),
            Some((key, value)) if key == "date_of_birth" && !value.is_empty() => {
                let (field, compared) = (person::DATE_OF_BIRTH.field(), Compared::Equal);
                filters.push(OwnFilter { field, compared, value });
            }
            Some((key, value)) if PAGE_WORDS.contains(&key.as_str()) => page.push((key, value)),
            Some((key, _)) if !LOOKUP_WORDS.contains(&key.as_str()) && ignored.len() < 20 => {
                let words = LOOKUP_WORDS.iter().chain(&PAGE_WORDS).copied();
                ignored.extend((!key.is_empty()).then(|| Ignored::unknown(&key, words)));
            }
            _ => {}
        }
    }
    let problems = handling.note(ignored);
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    let name = name.unwrap_or_default();
    if name.chars().count() < NAME_CHARS_MIN {
        let rule = match name.is_empty() {
            true => "is required".to_owned(),
            false => format!("length must be at least {NAME_CHARS_MIN} characters long"),
        };
        let message = format!("\"name\" {rule}");
        return Err(wrong_members(vec![Problem { parameter: "name".to_owned(), message }]));
    }
    let (field, compared) = (person::NAME.field(), Compared::Containing);
    filters.push(OwnFilter { field, compared, value: name });
    let query = Query::of_call(&PERSONS, &page, LOOKUP_SIZE, filters).map_err(wrong_members)?;
    let listing = state.app.page(&query, &caller.tenant()).await?;
    let mut body = br#"{"success":true,"data":["#.to_vec();
    body.extend_from_slice(&listing.rows);
    body.extend_from_slice(format!(r#"],"total":{}}}"#, listing.total.unwrap_or(0)).as_bytes());
    Ok(json_response(body))
}

/// `GET …/persons/{id}`, with the small images that are kept.
pub async fn retrieve(
    state: Extract<State>,
    caller: Caller,
    id: PathId,
    handling: RequestHandling,
    query: RawQuery,
) -> Result<Response, ApiError> {
    let record = record(&state, &caller, id, (query, handling), &PERSONS).await?;
    let mut record: Value = serde_json::from_slice(&record).unwrap_or_default();
    let id = id_of(&record).unwrap_or_default().to_owned();
    // Of the staff's own client, or of the caller's: nobody else's images are shown.
    record["thumbnails"] = thumbnails(&state, &caller, &id).await?;
    Ok(json_response(one(&state, Audience::Client, &PERSONS, record.to_string().as_bytes())))
}

/// `PUT …/persons/{id}`: what is sent replaces what was there; images replace all faces.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = existing(&state, &caller, id).await?;
    let sent = read_change(&state, &allowed, body, CHANGE_BODY).await?;
    let mut sent = sent.finish_as(wrong_members, only_base64)?;
    let (stored, images) = (read_thumbnails(&state, &sent), sent.images("images"));
    let text = |name: &str| sent.text(name).map(str::to_owned);
    let details = PersonDetails {
        name: text("name"),
        gender: text("gender"),
        date_of_birth: text("date_of_birth"),
        nationality: text("nationality"),
        collections: None,
        notes: text("notes"),
        email: text("email"),
        phone: text("phone"),
        status: text("status"),
    };
    let mut change = PersonChange { details, faces: None };
    if let Some(sent) = sent.ids("collections") {
        change.details.collections = Some(resolved(&state, &caller, sent).await?);
    }
    if !images.is_empty() {
        change.faces = Some((state.app.analyse_portraits(images, Wanted::No).await?, stored));
    }
    let changed = state.app.change_person(caller.client(), &id, change, &origin).await;
    rejected(&state, &caller, changed).await?;
    Ok(answer(&state, shown(&state, &caller, &id, &sent.members).await?))
}

/// `DELETE …/persons/{id}`, or `?collection=`: only out of that collection, and altogether when it
/// is the last.
pub async fn delete(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    id: PathId,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let id = existing(&state, &caller, id).await?;
    let raw = raw.unwrap_or_default();
    let collection = parts(&raw).filter_map(decoded).find(|(name, _)| name == "collection");
    let client = caller.client();
    match collection {
        Some((_, wanted)) => {
            let collection = collection_of(&state, &caller, Some(&wanted)).await?;
            let collection = collection.ok_or_else(invalid_collection)?;
            state.app.leave_collection(client, &id, &collection, &origin).await?;
        }
        None => state.app.delete_person(client, &id, &origin).await?,
    }
    Ok(answer(&state, json!({ "_id": id })))
}

/// What enrolling is told, with collections as they were sent.
fn read_person(state: &State, sent: &mut CheckedBody) -> (NewPerson, Vec<SentImage>) {
    let images = sent.images("images");
    let text = |name: &str| sent.text(name).map(str::to_owned);
    let details = PersonDetails {
        name: text("name"),
        gender: text("gender"),
        date_of_birth: text("date_of_birth"),
        nationality: text("nationality"),
        collections: sent.ids("collections"),
        notes: text("notes"),
        email: text("email"),
        phone: text("phone"),
        status: None,
    };
    (NewPerson { details, thumbnails: read_thumbnails(state, sent) }, images)
}

fn read_thumbnails(state: &State, sent: &CheckedBody) -> Thumbnails {
    let given = sent.members.get("keep_thumbnails").and_then(Value::as_bool);
    match given.unwrap_or(state.app.config.now().persons.keep_thumbnails) {
        true => Thumbnails::Stored,
        false => Thumbnails::NotStored,
    }
}

async fn with_collections(
    state: &State,
    caller: &Caller,
    mut person: NewPerson,
) -> Result<NewPerson, ApiError> {
    let sent = person.details.collections.unwrap_or_default();
    person.details.collections = Some(resolved(state, caller, sent).await?);
    Ok(person)
}

/// The ids of collections that were named by id or code.
async fn resolved(
    state: &State,
    caller: &Caller,
    sent: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    let mut ids = Vec::new();
    for wanted in sent {
        let id = collection_of(state, caller, Some(&wanted)).await?;
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    Ok(ids)
}

async fn enrol(
    state: &State,
    (caller, origin): (&Caller, &Origin),
    person: NewPerson,
    faces: Vec<Portrait>,
    unknown: Option<Unknown>,
) -> Result<String, ApiError> {
    let client = caller.client();
    let enrolled = state.app.enrol_person(client, person, faces, unknown, origin).await;
    rejected(state, caller, enrolled).await
}

/// Says who is there already with the whole person, as clients read it.
async fn rejected<T>(
    state: &State,
    caller: &Caller,
    made: Result<T, PersonError>,
) -> Result<T, ApiError> {
    match made {
        Err(PersonError::AlreadySet(id)) => {
            Err(already_set(&shown(state, caller, &id, &Map::new()).await?))
        }
        made => Ok(made?),
    }
}

/// The whole person with their small images; to who may not read persons, what was told of them.
async fn shown(
    state: &State,
    caller: &Caller,
    id: &str,
    told: &Map<String, Value>,
) -> Result<Value, ApiError> {
    if !may_read(caller, PERSONS.scopes) {
        return Ok(brief(id, told));
    }
    let person = state.app.whole_record(&PERSONS, caller.client(), id).await?;
    let mut person = person.ok_or_else(unknown_person)?;
    person["thumbnails"] = thumbnails(state, caller, id).await?;
    Ok(person)
}

/// The id of a person of the caller.
async fn existing(state: &State, caller: &Caller, id: PathId) -> Result<String, ApiError> {
    let id = id.of(&PERSONS)?;
    if state.app.has_person(caller.client(), &id).await? { Ok(id) } else { Err(unknown_person()) }
}
