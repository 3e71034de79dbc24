//! Persons: enrolled with their faces, found by them, changed, and deleted.

pub mod collections;
mod deletion;
mod enrolment;
pub mod galleries;
mod matching;

use verax_domain::records::person::PersonDetails;
use verax_store::StoreError;

use crate::app::faces::{AnalysisError, Portrait};
use crate::app::persons::galleries::Hit;
use crate::vault::VaultError;

/// A person as they are enrolled. Whoever makes one has checked the details.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    pub details: PersonDetails,
    /// Whether a small image of each face is stored encrypted; the images themselves never are.
    pub thumbnails: Thumbnails,
}

/// What changes of a person; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    pub details: PersonDetails,
    /// All faces of the person, in the place of those before.
    pub faces: Option<(Vec<Portrait>, Thumbnails)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thumbnails {
    Stored,
    #[default]
    NotStored,
}

/// Where nobody may be known by the new face already.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The id of a collection; none: everywhere.
    pub collection: Option<String>,
    /// 0..=1.
    pub min_score: f64,
}

/// A small image of a person's face.
pub struct Thumbnail {
    pub id: String,
    pub jpeg: Vec<u8>,
}

/// Why a person was not enrolled, found, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// Others were faster, each time that it was tried.
    #[error("the record was changed by somebody else")]
    Contended,
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Measure(#[from] AnalysisError),
    /// Somebody of that name and day of birth is in one of the collections; this is their id.
    #[error("a person of that name and day of birth is there")]
    AlreadySet(String),
    /// Somebody with that face is there.
    #[error("a person with that face is there")]
    Duplicated(Hit),
    #[error("there is no such person")]
    NotFound,
    #[error("the client has {count} templates, and at most {max} are held in memory")]
    GalleryTooLarge { count: u64, max: usize },
    #[error("a stored template is damaged")]
    Damaged,
    /// Faces that may be those that are looked for cannot be opened: nobody is found, and nobody unknown.
    #[error("{count} stored faces cannot be opened: `verax vault check` lists them")]
    Unreadable { count: u64 },
    #[error("the work stopped before its end")]
    Stopped,
}

impl From<StoreError> for PersonError {
    fn from(error: StoreError) -> PersonError {
        match error {
            StoreError::Conflict => PersonError::Contended,
            error => PersonError::Store(error),
        }
    }
}

/// Stands for whoever is not there: no id holds a dot.
pub(in crate::app) const NOBODY: &str = ".nobody";

/// How often a change is tried again when another comes between looking and writing.
const ATTEMPTS: usize = 20;

pub(in crate::app) fn template_place(id: &str) -> String {
    format!("template/{id}")
}

pub(in crate::app) fn thumbnail_place(id: &str) -> String {
    format!("thumbnail/{id}")
}

/// Runs work that must not stop half-way when its caller goes.
async fn run_detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, PersonError>> + Send + 'static,
) -> Result<T, PersonError> {
    tokio::spawn(work).await.unwrap_or(Err(PersonError::Stopped))
}
