//! The HTTP server, its use cases and its commands.
