//! The HTTP server, its use cases and its commands: everything behind the binary `verax`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod http_client;
pub mod installed_models;
pub mod keys;
pub mod open_files;
pub mod vault;
