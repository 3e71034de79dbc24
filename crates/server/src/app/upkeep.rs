//! What a node does for all that is stored, whoever called: backups, expiry, sweeps, counts.

pub mod backups;
pub mod expiry;
pub mod fingerprints;
pub mod stored_objects;
pub mod sweeping;
pub mod tallies;
pub mod unreadable;
