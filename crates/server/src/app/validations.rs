//! Biometric validations: opened with a session, measured once, ended in one batch.

mod attempts;
mod ends;
mod opening;
mod outcome;
mod registrations;
mod sessions;
pub mod stored_faces;
mod work;

use std::net::IpAddr;

use serde_json::Value;
use verax_domain::face_verdict::Reason;
use verax_domain::records::biometric_validation::CheckResult;
use verax_store::StoreError;

use crate::app::access::MintError;
use crate::app::faces::AnalysisError;
use crate::app::persons::PersonError;
use crate::vault::VaultError;

/// A session and the validation that it is for.
pub struct Opened {
    pub session: Value,
    pub validation: Value,
    /// For this session alone.
    pub token: String,
}

/// A validation that was passed, and a token that says so.
pub struct Passed {
    pub validation: Value,
    pub token: String,
}

/// Of whom a client lifts the locks.
#[derive(Clone, Debug, Default)]
pub struct LockedLogin {
    /// A project and an identifier in it.
    pub identifier: Option<(String, String)>,
    pub person: Option<String>,
    pub address: Option<IpAddr>,
}

/// Why there is no completed validation.
#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    #[error("there is no such project with this flow, or it is paused")]
    NoProject,
    #[error("there is no such validation")]
    NotFound,
    #[error("there is no such registration")]
    NoRegistration,
    #[error("the session has expired")]
    Expired,
    #[error("session already used")]
    Used,
    #[error("the registration is over")]
    RegistrationOver,
    #[error("the flow allows no more attempts")]
    NoAttemptsLeft,
    #[error("the project has no collection")]
    NoCollection,
    #[error("the registration has a person")]
    PersonAlreadySet,
    #[error("a person with this face is already enrolled")]
    DuplicatedPerson,
    /// The record is `failed` and says so.
    #[error("no live person was seen")]
    NotLive { reasons: Vec<Reason> },
    /// Also where nobody is enrolled. The record is `failed` and says which it is.
    #[error("the face is not that of an enrolled person")]
    NotThePerson,
    /// The record is `failed` and says so.
    #[error("the image was accepted before")]
    ImageReplayed,
    /// Nothing was measured.
    #[error("too many logins have failed: the next may be tried in {seconds} seconds")]
    LoginLocked { seconds: u64 },
    #[error(transparent)]
    Measure(#[from] AnalysisError),
    #[error("person lookup failed: {0}")]
    Persons(PersonError),
    #[error("the work stopped before its end")]
    Stopped,
    #[error(transparent)]
    Mint(#[from] MintError),
    /// Somebody else has ended it: a deletion, or the job that expires it.
    #[error("the record was changed by somebody else")]
    Ended,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ValidationError {
    fn from(error: StoreError) -> ValidationError {
        match error {
            StoreError::Conflict => ValidationError::Ended,
            error => ValidationError::Store(error),
        }
    }
}

impl From<VaultError> for ValidationError {
    fn from(error: VaultError) -> ValidationError {
        ValidationError::Persons(error.into())
    }
}

impl From<PersonError> for ValidationError {
    fn from(error: PersonError) -> ValidationError {
        match error {
            PersonError::Measure(error) => ValidationError::Measure(error),
            PersonError::Contended => ValidationError::Ended,
            PersonError::Store(error) => ValidationError::Store(error),
            PersonError::AlreadySet(_) | PersonError::Duplicated(_) => {
                ValidationError::DuplicatedPerson
            }
            error => ValidationError::Persons(error),
        }
    }
}

const INTERRUPTED: &str = "the server stopped before the face was measured";

/// What a validation says that a crash left behind.
pub(in crate::app) fn interrupted() -> String {
    CheckResult::unmeasured("image", INTERRUPTED).reasons_text()
}
