//! The API on one screen: its families, each with its calls and its error codes.

use serde_json::{Map, Value};

use super::error_codes::{self, ErrorCode};
use super::operation::Operation;
use super::{
    account, documents, face_service, faces, health, lists, persons, projects, registrations,
    validations,
};

/// Every call of the API.
pub fn operations() -> Vec<Operation> {
    [
        lists::operations(),
        projects::operations(),
        registrations::operations(),
        validations::operations(),
        documents::operations(),
        faces::operations(),
        persons::operations(),
        account::operations(),
        health::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every error code, in the order of the reference. A resource's own 404 is its `not_found`.
pub fn codes() -> impl Iterator<Item = &'static ErrorCode> {
    let families = [
        error_codes::CODES,
        face_service::errors::CODES,
        persons::errors::CODES,
        projects::errors::CODES,
        registrations::errors::CODES,
        validations::errors::CODES,
    ];
    families.into_iter().flatten().copied()
}

/// Adds the schemas that calls of several families refer to.
pub fn add_schemas(schemas: &mut Map<String, Value>) {
    persons::schemas::add(schemas);
}
