//! Where the vault has what, and under whose key.

use verax_store::{Sealed, SealedRow};

use super::{document_checks, kept_faces, persons};

/// Under which subject lies what a row names, and where among its objects; a template's bytes are in the
/// row itself.
pub fn kept_objects(sealed: Sealed, row: &SealedRow) -> (String, Option<String>) {
    match sealed {
        Sealed::Document => (row.id.clone(), Some(document_checks::PICTURE.to_owned())),
        Sealed::Face => {
            (kept_faces::subject_of_face(&row.id), Some(kept_faces::PICTURE.to_owned()))
        }
        Sealed::Thumbnail => (row.person.clone(), Some(persons::thumbnail_place(&row.id))),
        Sealed::Template => (row.person.clone(), None),
    }
}
