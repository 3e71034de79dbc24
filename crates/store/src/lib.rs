//! SQLite and PostgreSQL behind one [`Database`]. All SQL that is not a list is here.
//!
//! From the bottom: rows, a connection, the two databases, [`Database`] with its one way to read, and
//! above it the tables, one file each, with their reads (`impl Database`) and their changes (`impl
//! Batch`). Nothing below names what is above it: `cargo xtask tidy` rejects circles between files.

mod batch;
mod bells;
mod bulk;
mod connection;
mod database;
mod error;
mod forgetting;
mod import;
mod list;
mod migrate;
mod numbering;
mod opening;
mod options;
mod pool_status;
mod postgres;
mod receivers;
mod refold;
mod render;
mod round_trips;
mod row;
mod sqlite;
mod tables;
mod tally;
mod turns;

pub use batch::{Batch, Rows};
pub use bells::Bells;
pub use bulk::blocks::{
    REBUILT_TABLES, RowBlock, TableDigest, TableDigests, copied_table, copied_tables,
};
pub use bulk::{Dump, Loading, is_served};
pub use database::Database;
pub use error::StoreError;
pub use forgetting::{
    ForgottenRegistration, NamingValidation, TABLES_OF_NO_CLIENT, tables_of_clients,
};
pub use import::{ImportEntries, ImportEvent, Imported};
pub use list::Listing;
pub use numbering::{NUMBERED_MAX, Numbered, UNNUMBERED_COUNTED_MAX, Unnumbered};
pub use options::{Location, Options, Schema};
pub use pool_status::PoolStatus;
pub use render::Layout;
pub use tables::clients::{Client, NewClient};
pub use tables::collections::Collection;
pub use tables::contact_validations::{CodeSeed, ContactOf};
pub use tables::deletions::Deletion;
pub use tables::deliveries::{Attempt, Bodies, Delivery, DeliveryCount, Outcome};
pub use tables::delivery_sweeps::SweepTimes;
pub use tables::document_validations::{BegunDocument, KeptReading, NumberOf};
pub use tables::fingerprints::{Fingerprint, FingerprintKind};
pub use tables::galleries::CHANGES_RETENTION_MS;
pub use tables::idempotency::{Answer, Begun, ExpiredAnswer};
pub use tables::jobs::{JOBS_COUNTED_MAX, Job, JobKind, JobStatus};
pub use tables::login_attempts::AttemptLimit;
pub use tables::member_invitations::Invitation;
pub use tables::member_sessions::{FoundSession, MemberSession};
pub use tables::members::{Credentials, Member, MemberKey, NewMember};
pub use tables::numbered_events::NumberedEvent;
pub use tables::person_templates::EncryptedTemplate;
pub use tables::persons::Membership;
pub use tables::rate_counters::RateLimit;
pub use tables::registration_checks::{DocumentCounts, KeptComparison, PassedFace};
pub use tables::registration_statistics::{LabelCount, RegistrationFunnel};
pub use tables::registrations::{Contacts, HeldContact, Hold, RegistrationStep};
pub use tables::reviews::ReviewNote;
pub use tables::stored_images::{Encrypted, EncryptedRow};
pub use tables::tokens::Token;
pub use tables::typed_records::{OpenedSession, SecondFactor};
pub use tables::views::{DeletableViews, NewView, View, ViewCounts, ViewLimits};
pub use tables::webhooks::{Disabled, Endpoint};
pub use tally::upkeep::Upkeep;
