//! Persons who are known by their faces, the collections that they are in, and who looks for them.

pub mod calls;
pub mod collections;
pub mod errors;
pub mod project_types;
pub mod schemas;
pub mod searches;

use serde_json::{Value, json};
use verax_domain::resources::{COLLECTIONS, PERSONS};

use self::calls::{CHANGE_BODY, LIVE_PERSON_BODY, PERSON_BODY};
use self::collections::COLLECTION_BODY;
use self::errors::{INVALID_COLLECTION, PERSON_ALREADY_SET, PERSON_WITHOUT_FACE};
use self::schemas::{active_search, found, live_person, live_search, looked_up, verification};
use self::searches::{ACTIVE_BODY, CROPS_BODY, DETECT_BODY, LIVE_BODY, SEARCH_BODY, VERIFY_BODY};
use super::body::table::Purpose;
use super::error_codes::{
    DUPLICATED_PERSON, GALLERY_TOO_LARGE, LIVENESS_FAILED, MISSING_PARAMETER, URI_TOO_LONG,
};
use super::face_service::errors::rejected_token;
use super::face_service::schemas::detection;
use super::face_service::{ACCESS, IMAGE_ERRORS, TAG, path};
use super::layers::access::Access;
use super::listing::description::{ignored_header, list_of, retrieve_of};
use super::openapi::shapes::{id_schema, members, query, record};
use super::operation::{Answer, Description, Operation};

const VERSION: &str = "v2/face-recognition";
const READ: Access = Access { wrong_token: rejected_token, ..Access::reading(PERSONS.scopes) };
const ID_DOC: &str = "The record's id; of a collection also its code.";
const UNKNOWN: &str = "There is no such record, or no such collection";

pub fn operations() -> Vec<Operation> {
    let of_types = project_types::operations(READ);
    [searches(), persons(), collections(), of_types].into_iter().flatten().collect()
}

fn searches() -> Vec<Operation> {
    let detect = |path, id, summary| {
        Operation::post(path, searches::detect, description(id, summary, detection())).body(
            DETECT_BODY,
            Purpose::Create,
            &MISSING_PARAMETER,
        )
    };
    vec![
        detect(path("detect"), "detect_faces", "Every face of a photograph, and whose it is"),
        detect(path("detect/demo"), "detect_faces_demo", "The same as `detect`"),
        Operation::post(
            path("search"),
            searches::search,
            description("search_persons", "Persons with the face of the images", found()),
        )
        .body(SEARCH_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("search/crops"),
            searches::search_crops,
            description("search_persons_by_crops", "The same for images of a face", found()),
        )
        .body(CROPS_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("search-live-face"),
            searches::search_live_face,
            description(
                "search_live_face",
                "Persons with the face of the image, if it is live",
                live_search(),
            ),
        )
        .body(LIVE_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("search-active-user"),
            searches::search_active_user,
            description(
                "search_active_person",
                "Persons in use with the face of the image",
                active_search(),
            ),
        )
        .body(ACTIVE_BODY, Purpose::Create, &MISSING_PARAMETER),
        Operation::post(
            path("verify"),
            searches::verify,
            description("verify_person", "Whether the images are of this person", verification()),
        )
        .body(VERIFY_BODY, Purpose::Create, &MISSING_PARAMETER)
        .errors(&[&PERSON_WITHOUT_FACE])
        .unknown(PERSONS.not_found.error),
    ]
    .into_iter()
    .map(|operation| {
        operation.errors(IMAGE_ERRORS).errors(&[&INVALID_COLLECTION, &GALLERY_TOO_LARGE])
    })
    .collect()
}

fn persons() -> Vec<Operation> {
    let person = || record(&PERSONS);
    let of_one = |operation: Operation| operation.id_doc(ID_DOC).unknown(UNKNOWN);
    let enrolling = |operation: Operation| {
        operation.errors(IMAGE_ERRORS).errors(&[&INVALID_COLLECTION, &PERSON_ALREADY_SET])
    };
    vec![
        list_of(VERSION, &PERSONS, READ, calls::list),
        retrieve_of(VERSION, &PERSONS, READ, calls::retrieve),
        lookup(),
        enrolling(
            Operation::post(
                path("persons"),
                calls::create,
                described(
                    PERSONS.name,
                    "enrol_person",
                    "Enrol a person with one to three images of their face",
                    person(),
                ),
            )
            .body(PERSON_BODY, Purpose::Create, &MISSING_PARAMETER),
        ),
        enrolling(
            Operation::post(
                path("persons/search-live-face"),
                calls::create_live,
                described(
                    PERSONS.name,
                    "enrol_live_person",
                    "Enrol a person who is live and whom nobody in the collection is like",
                    live_person(),
                ),
            )
            .body(LIVE_PERSON_BODY, Purpose::Create, &MISSING_PARAMETER)
            .errors(&[&DUPLICATED_PERSON, &LIVENESS_FAILED]),
        ),
        of_one(enrolling(
            Operation::put(
                path("persons/{id}"),
                calls::change,
                described(
                    PERSONS.name,
                    "change_person",
                    "Change a person; images replace all faces",
                    person(),
                ),
            )
            .body(CHANGE_BODY, Purpose::Change, &MISSING_PARAMETER),
        )),
        of_one(
            Operation::delete(
                path("persons/{id}"),
                calls::delete,
                described(
                    PERSONS.name,
                    "delete_person",
                    "Delete a person: templates, images and the key that opens them",
                    members(json!({ "_id": id_schema() })),
                ),
            )
            .parameters([query(
                "collection",
                "Only out of this collection (id or code); altogether when it is the last.",
                id_schema(),
            )]),
        ),
    ]
}

fn lookup() -> Operation {
    let size = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 });
    let mut answer = Answer::json(looked_up());
    answer.headers = ignored_header();
    let described = Description::new(
        "look_up_persons",
        "Persons by a part of their name, and the day of birth",
        PERSONS.name,
        READ,
        answer,
    );
    Operation::get(path("persons/lookup"), calls::lookup, described.doc(PERSONS.doc))
        .parameters([
            query(
                "name",
                "A part of it, of three letters or more; 409 without it.",
                json!({ "type": "string", "minLength": 3 }),
            ),
            query("date_of_birth", "The day.", json!({ "type": "string", "format": "date" })),
            query("page", "Page number, from 1.", json!({ "type": "integer", "minimum": 0 })),
            query("limit", "Persons per page.", size),
        ])
        .errors(&[&MISSING_PARAMETER, &URI_TOO_LONG])
}

fn collections() -> Vec<Operation> {
    let read = Access { wrong_token: rejected_token, ..Access::reading(COLLECTIONS.scopes) };
    let collection = |id, summary| described(COLLECTIONS.name, id, summary, record(&COLLECTIONS));
    let of_one = |operation: Operation| operation.id_doc(ID_DOC).unknown(UNKNOWN);
    vec![
        list_of(VERSION, &COLLECTIONS, read, collections::list),
        retrieve_of(VERSION, &COLLECTIONS, read, collections::retrieve),
        Operation::post(
            path("collections"),
            collections::create,
            collection("create_collection", "Create a collection"),
        )
        .body(COLLECTION_BODY, Purpose::Create, &MISSING_PARAMETER),
        of_one(
            Operation::put(
                path("collections/{id}"),
                collections::change,
                collection("change_collection", "Change a collection"),
            )
            .body(COLLECTION_BODY, Purpose::Change, &MISSING_PARAMETER),
        ),
        of_one(Operation::delete(
            path("collections/{id}"),
            collections::delete,
            collection("delete_collection", "Delete a collection; its persons stay"),
        )),
    ]
}

fn description(id: &str, summary: &str, data: Value) -> Description {
    described(TAG, id, summary, data)
}

fn described(tag: &'static str, id: &str, summary: &str, data: Value) -> Description {
    Description::new(id, summary, tag, ACCESS, Answer::service(data))
}
