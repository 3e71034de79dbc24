//! Where the vault has what, and under whose key.

use verax_store::{Encrypted, EncryptedRow};

use crate::app::idempotency::{ANSWERS, REQUESTS};
use crate::app::members;
use crate::app::validations::stored_faces;
use crate::app::webhooks::secrets;
use crate::app::{document_validations, documents, persons};

/// Under which subject lies what a row names, and where among its objects; a template's bytes are in the
/// row itself.
pub fn objects_of(encrypted: Encrypted, row: &EncryptedRow) -> (String, Option<String>) {
    match encrypted {
        Encrypted::Document => (row.id.clone(), Some(documents::IMAGE.to_owned())),
        Encrypted::ReadFront => (row.id.clone(), Some(document_validations::FRONT.to_owned())),
        Encrypted::ReadBack => (row.id.clone(), Some(document_validations::BACK.to_owned())),
        Encrypted::ReadPortrait => {
            (row.id.clone(), Some(document_validations::PORTRAIT.to_owned()))
        }
        Encrypted::Face => {
            (stored_faces::subject_of_face(&row.id), Some(stored_faces::IMAGE.to_owned()))
        }
        Encrypted::Thumbnail => (row.person.clone(), Some(persons::thumbnail_place(&row.id))),
        Encrypted::Template => (row.person.clone(), None),
    }
}

/// The record that something in the vault was kept for; empty: it is the client's own.
pub fn record_of_subject(subject: &str) -> &str {
    let numbers = document_validations::NUMBERS;
    let (faces, webhooks, members) = (stored_faces::SUBJECT, secrets::SUBJECT, members::SUBJECT);
    let parts = [faces, webhooks, members, ANSWERS, REQUESTS, numbers];
    parts.into_iter().find_map(|part| subject.strip_suffix(part)).unwrap_or(subject)
}
