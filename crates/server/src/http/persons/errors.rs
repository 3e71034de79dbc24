//! Errors about persons and collections.

use axum::http::StatusCode;
use serde_json::{Value, json};
use verax_domain::records::id_of;
use verax_domain::resources::PERSONS;

use crate::app::access::Caller;
use crate::app::persons::PersonError;
use crate::http::error::{ApiError, unreadable};
use crate::http::error_codes::{
    DUPLICATED_PERSON, ErrorCode, GALLERY_TOO_LARGE, LIVENESS_FAILED, UNAVAILABLE,
};
use crate::http::state::State;

pub static INVALID_COLLECTION: ErrorCode = ErrorCode {
    code: "ERROR",
    status: StatusCode::NOT_FOUND,
    when: "there is no such collection; `message` is `invalid_collection`",
};
pub static PERSON_ALREADY_SET: ErrorCode = ErrorCode {
    code: "PreconditionFailed",
    status: StatusCode::PRECONDITION_FAILED,
    when: "a person of that name and date of birth is in the collection; `message` is \
           `person_already_set` and `data` is the person",
};
pub static PERSON_WITHOUT_FACE: ErrorCode = ErrorCode {
    code: "person_without_face",
    status: StatusCode::CONFLICT,
    when: "no face of the person can be compared: none is stored, or another model made it",
};

/// The codes of this family.
pub static CODES: &[&ErrorCode] = &[
    &INVALID_COLLECTION,
    &PERSON_ALREADY_SET,
    &DUPLICATED_PERSON,
    &LIVENESS_FAILED,
    &PERSON_WITHOUT_FACE,
    &GALLERY_TOO_LARGE,
];

/// The id of the caller's collection with this id or code; none when none is named.
pub async fn collection_of(
    state: &State,
    caller: &Caller,
    code_or_id: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let Some(wanted) = code_or_id else { return Ok(None) };
    let known = state.app.collection(caller.client(), wanted).await?;
    known.map(|known| Some(known.id)).ok_or_else(invalid_collection)
}

pub fn invalid_collection() -> ApiError {
    let error = "There is no such collection.";
    ApiError::new(&INVALID_COLLECTION, error).with_member("message", "invalid_collection".into())
}

pub fn unknown_person() -> ApiError {
    ApiError::not_found(&PERSONS)
}

pub fn without_face() -> ApiError {
    let error = "The person has no face that this server can compare: enrol them again.";
    ApiError::new(&PERSON_WITHOUT_FACE, error)
}

/// `person` is the one who is there already.
pub fn already_set(person: &Value) -> ApiError {
    let error = "A person of that name and date of birth is in the collection.";
    ApiError::new(&PERSON_ALREADY_SET, error)
        .with_member("message", "person_already_set".into())
        .with_member("data", person.clone())
        .about(&PERSONS, id_of(person).unwrap_or_default())
}

/// The score is told, as the hosted page shows it.
pub fn liveness_failed(score: f64) -> ApiError {
    let message = format!("liveness_failed@{}", (score * 10_000.0).round() / 10_000.0);
    ApiError::new(&LIVENESS_FAILED, "The face is not live enough.")
        .with_member("message", message.into())
}

impl From<PersonError> for ApiError {
    fn from(error: PersonError) -> ApiError {
        match error {
            PersonError::Contended => {
                let sentence = "Too many concurrent updates. Try again in a moment.";
                ApiError::new(&UNAVAILABLE, sentence).retry_after(1).caused(error)
            }
            PersonError::Store(error) => error.into(),
            PersonError::Measure(error) => error.into(),
            PersonError::NotFound => unknown_person(),
            PersonError::AlreadySet(id) => already_set(&json!({ "_id": id })),
            PersonError::Duplicated(hit) => {
                let data = json!({ "_id": hit.person, "score": hit.score });
                ApiError::new(&DUPLICATED_PERSON, "Somebody with that face is in the collection.")
                    .with_member("message", DUPLICATED_PERSON.code.into())
                    .with_member("data", data)
                    .about(&PERSONS, &hit.person)
            }
            PersonError::GalleryTooLarge { .. } => {
                let sentence = "There are more faces than this server may hold in memory: its \
                                operator can raise persons.templates_in_memory_max.";
                ApiError::new(&GALLERY_TOO_LARGE, sentence).caused(error)
            }
            PersonError::Vault(error) => error.into(),
            PersonError::Unreadable { .. } | PersonError::Damaged => unreadable(error),
            PersonError::Stopped => ApiError::internal().caused(error),
        }
    }
}
