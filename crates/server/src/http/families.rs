//! The API on one screen: its families, each with its calls and its error codes.

use serde_json::{Map, Value};

use super::error_codes::{self, ErrorCode};
use super::operation::Operation;
use super::{
    account, console, contacts, document_validations, documents, face_service, faces, feed, health,
    lists, members, persons, projects, registrations, reviews, validations, webhooks,
};

/// Every call of the API.
pub fn operations() -> Vec<Operation> {
    [
        lists::operations(),
        feed::operations(),
        projects::operations(),
        registrations::operations(),
        contacts::operations(),
        registrations::statistics::operations(),
        validations::operations(),
        documents::operations(),
        document_validations::operations(),
        faces::operations(),
        persons::operations(),
        webhooks::operations(),
        members::operations(),
        reviews::operations(),
        account::operations(),
        account::profile::operations(),
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
        contacts::errors::CODES,
        validations::errors::CODES,
        document_validations::errors::CODES,
        webhooks::errors::CODES,
        console::errors::CODES,
        members::errors::CODES,
        reviews::errors::CODES,
    ];
    families.into_iter().flatten().copied()
}

/// Adds the schemas that calls of several families refer to.
pub fn add_schemas(schemas: &mut Map<String, Value>) {
    persons::schemas::add(schemas);
    documents::add_schemas(schemas);
}
