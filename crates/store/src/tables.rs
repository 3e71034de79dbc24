//! A file a table, or a small family of them: its reads and its changes.

pub mod biometric_checks;
pub mod check_ends;
pub mod clients;
pub mod collections;
pub mod deletions;
pub mod document_checks;
pub mod fingerprints;
pub mod galleries;
pub mod heartbeats;
pub mod idempotency;
pub mod jobs;
pub mod login_attempts;
pub mod person_templates;
pub mod persons;
pub mod projects;
pub mod records;
pub mod registration_checks;
pub mod registrations;
pub mod settings;
pub mod stored_images;
pub mod tokens;
pub mod typed_records;
