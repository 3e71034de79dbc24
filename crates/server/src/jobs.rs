//! What a node does by itself: one list of periodic jobs, which `serve` and `worker` both start.
//!
//! A job says how often it runs, on which nodes, and what it does ([`PeriodicJob`]). Several take what
//! they do from a queue of records with a lease: [`queue`] claims it, runs it, leaves what failed to a
//! later try, and buries what fails each time. A new job is a file in `jobs/` and its line in [`JOBS`].

pub mod answers;
pub mod backups;
pub mod certificate;
pub mod codes;
pub mod deletions;
pub mod deliveries;
pub mod document_checks;
pub mod document_readings;
pub mod expiry;
pub mod face_checks;
pub mod galleries;
pub mod numbering;
mod periodic;
pub mod queue;
pub mod reviews;
pub mod settings;
pub mod signing_keys;
pub mod statistics;
pub mod sweep;
pub mod tallies;
pub mod vault_sweep;
pub mod webhook_sweep;

pub use self::periodic::{Failure, Node, Nodes, ONE, PeriodicJob, Role, Run, Started};

/// All of them.
pub static JOBS: &[&PeriodicJob] = &[
    &signing_keys::JOB,
    &certificate::JOB,
    &settings::JOB,
    &tallies::JOB,
    &numbering::JOB,
    &galleries::JOB,
    &document_checks::JOB,
    &document_readings::JOB,
    &face_checks::JOB,
    &expiry::JOB,
    &codes::JOB,
    &codes::EXPIRY,
    &deletions::JOB,
    &reviews::JOB,
    &deliveries::JOB,
    &webhook_sweep::JOB,
    &sweep::JOB,
    &statistics::JOB,
    &answers::JOB,
    &backups::JOB,
    &backups::WATCH,
    &vault_sweep::JOB,
];

/// Starts all jobs of this node.
pub fn start(node: &Node) -> Started {
    periodic::start(JOBS, node)
}
