//! The HTTP server, its use cases and its commands: everything behind the binary `verax`.

// They panic where nobody reads them: see `cli/output.rs`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod backup;
pub mod certificate;
pub mod cli;
pub mod clock;
pub mod config;
mod constant_time;
pub mod document_models;
pub mod hardening;
pub mod http;
pub mod http_client;
pub mod installed_models;
pub mod jobs;
pub mod jwt;
pub mod keys;
pub mod mac_key;
pub mod messages;
pub mod metrics;
pub mod open_files;
pub mod private_files;
pub mod shares;
pub mod vault;
pub mod webhook_signature;
