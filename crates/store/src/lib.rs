//! SQLite and PostgreSQL behind one [`Database`]. All SQL that is not a list is here.

mod biometric_checks;
mod bulk;
mod cells;
mod clients;
mod database;
mod deletions;
mod document_checks;
mod error;
mod fingerprints;
mod forgetting;
mod idempotency;
mod inspection;
mod jobs;
mod list;
mod login_attempts;
mod migrate;
mod periodic;
mod persons;
mod postgres;
mod records;
mod refold;
mod registration_checks;
mod registrations;
mod render;
mod settings;
mod sqlite;
mod status;
mod stored_images;
mod tally;
mod tokens;
mod turns;
mod write;

pub use bulk::{
    Dump, Loading, REBUILT_TABLES, RowBlock, TableDigest, TableDigests, copied_table,
    copied_tables, is_served,
};
pub use clients::{Client, NewClient};
pub use database::{Database, Location, Options, Schema};
pub use deletions::Deletion;
pub use error::StoreError;
pub use fingerprints::{Fingerprint, FingerprintKind};
pub use forgetting::{
    ForgottenRegistration, NamingValidation, TABLES_OF_CLIENTS, TABLES_OF_NO_CLIENT,
};
pub use idempotency::{Answer, Begun, ExpiredAnswer};
pub use jobs::{Job, JobKind};
pub use list::Listing;
pub use login_attempts::AttemptLimit;
pub use persons::{CHANGES_KEPT_MS, Collection, PersonPlace, SealedTemplate};
pub use records::Imported;
pub use registration_checks::{DocumentCounts, PassedFace};
pub use registrations::{Contacts, HeldContact, Hold, RegistrationStep};
pub use render::Layout;
pub use status::{JOBS_COUNTED_MAX, JobStatus, PoolStatus};
pub use stored_images::{Sealed, SealedRow};
pub use tally::Upkeep;
pub use tokens::Token;
pub use write::{Batch, Rows};
