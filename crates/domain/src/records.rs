//! Records as types. What a record says beside its status is in its struct; what only one state has is in
//! that state's variant. Steps between states are methods, and give what the database is to change.

pub mod access;
pub mod app_login;
pub mod app_registration;
pub mod biometric_validation;
pub mod collection;
pub mod contact_validation;
pub mod document_check;
pub mod document_validation;
pub mod liveness_session;
pub mod person;
pub mod project;
pub mod project_flow;
pub mod prompt_template;
pub mod review;
#[cfg(test)]
mod tests;
mod values;

use serde_json::Value as Json;
use verax_query::Resource;

use crate::Record;
use crate::events::EventKind;
pub use values::{UnreadableRecord, Values};

/// A record of one resource, read from its values.
pub trait StoredRecord: Sized + Send + 'static {
    const RESOURCE: &'static Resource;

    /// # Errors
    /// `UnreadableRecord` when a value that decides something has a shape that this version does not know.
    fn read(values: &Values) -> Result<Self, UnreadableRecord>;

    fn id(&self) -> &str;
}

/// A step that the record's state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record with the status {from} cannot become {to}")]
pub struct IllegalTransition {
    pub from: &'static str,
    pub to: &'static str,
}

/// A step that a record takes: it is made only where the record still has the status that it was read
/// with.
#[derive(Clone, Debug)]
pub struct Transition<R> {
    pub from: &'static str,
    /// The record after the step.
    pub after: R,
    /// What the step changes, its new status included.
    pub changes: Record,
    /// What it is to whoever is told; `None`: nobody is, as of a session, whose validation has events.
    pub event: Option<EventKind>,
}

/// The id of a record as an API shows it.
pub fn id_of(record: &Json) -> Option<&str> {
    record.get("_id")?.as_str()
}
