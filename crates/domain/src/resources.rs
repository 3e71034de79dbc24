//! The table of resources: each listed thing is one value here, and everything else reads it.

mod accesses;
mod clients;
mod compat;
mod contacts;
mod document_fields;
mod documents;
mod events;
mod face_comparison;
mod fields;
mod logins;
mod members;
mod people;
mod projects;
mod reviews;
mod sessions;
mod templates;
mod validations;
mod webhooks;

use verax_query::Resource;

pub use accesses::ACCESSES;
pub use clients::CLIENTS;
pub use contacts::{EMAIL_VALIDATIONS, PHONE_VALIDATIONS};
pub use documents::DOCUMENT_LIVENESS;
pub use events::EVENTS;
pub use logins::APP_LOGINS;
pub use members::PROJECT_MEMBERS;
pub use people::{COLLECTIONS, PERSONS};
pub use projects::{PROJECT_FLOWS, PROJECTS};
pub use reviews::REVIEWS;
pub use sessions::LIVENESS_SESSIONS;
pub use templates::PROMPT_TEMPLATES;
pub use validations::{APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_VALIDATIONS};
pub use webhooks::{WEBHOOK_EVENTS, WEBHOOKS};

/// Every resource, in the order in which an import of all must take them.
pub static ALL: [&Resource; 20] = [
    &CLIENTS,
    &PROJECTS,
    &PROJECT_FLOWS,
    &COLLECTIONS,
    &PERSONS,
    &LIVENESS_SESSIONS,
    &APP_REGISTRATIONS,
    &EMAIL_VALIDATIONS,
    &PHONE_VALIDATIONS,
    &BIOMETRIC_VALIDATIONS,
    &DOCUMENT_VALIDATIONS,
    &APP_LOGINS,
    &DOCUMENT_LIVENESS,
    &PROMPT_TEMPLATES,
    &PROJECT_MEMBERS,
    &REVIEWS,
    &EVENTS,
    &ACCESSES,
    &WEBHOOKS,
    &WEBHOOK_EVENTS,
];

/// What this server alone writes: it is not imported, and is no record that a client has brought.
pub static OF_THIS_SERVER: [&Resource; 6] =
    [&PROJECT_MEMBERS, &REVIEWS, &EVENTS, &ACCESSES, &WEBHOOKS, &WEBHOOK_EVENTS];

/// Whether this server alone writes it.
pub fn is_of_this_server(resource: &Resource) -> bool {
    OF_THIS_SERVER.iter().any(|own| own.name == resource.name)
}

/// The resource with this name, as paths and commands write it.
pub fn by_name(name: &str) -> Option<&'static Resource> {
    ALL.into_iter().find(|resource| resource.name == name)
}
