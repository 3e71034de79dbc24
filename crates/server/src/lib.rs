//! The HTTP server, its use cases and its commands.

pub mod cli;
pub mod installed_models;
