//! Tests of the store, on SQLite and on PostgreSQL.

mod batches;
mod bulk;
mod databases;
mod document_checks;
mod draw;
mod events;
mod failed_checks;
mod forgetting;
mod import;
mod listing;
mod log;
mod logins;
mod naive;
mod numbering;
mod oracle;
mod pool;
mod refold;
mod registrations;
mod schema;
mod story;
mod tally;
