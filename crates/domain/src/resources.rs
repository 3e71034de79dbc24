//! The table of resources: each listed thing is one value here, and everything else reads it.

mod clients;
mod documents;
mod events;
mod fields;
mod logins;
mod people;
mod projects;
mod validations;

use verax_query::Resource;

pub use clients::CLIENTS;
pub use documents::DOCUMENT_LIVENESS;
pub use events::EVENTS;
pub use logins::APP_LOGINS;
pub use people::{COLLECTIONS, PERSONS};
pub use projects::{PROJECT_FLOWS, PROJECTS};
pub use validations::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, LIVENESS_SESSIONS};

/// Every resource, in the order in which an import of all must take them.
pub static ALL: [&Resource; 11] = [
    &CLIENTS,
    &PROJECTS,
    &PROJECT_FLOWS,
    &COLLECTIONS,
    &PERSONS,
    &LIVENESS_SESSIONS,
    &APP_REGISTRATIONS,
    &BIOMETRIC_VALIDATIONS,
    &APP_LOGINS,
    &DOCUMENT_LIVENESS,
    &EVENTS,
];

/// The resource with this name, as paths and commands write it.
pub fn by_name(name: &str) -> Option<&'static Resource> {
    ALL.into_iter().find(|resource| resource.name == name)
}
