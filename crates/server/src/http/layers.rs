//! What is around every call: connections, requests as they are written, tokens, limits.

pub mod access;
pub mod activity;
pub mod admission;
pub mod allowed;
pub mod authorize;
pub mod caching;
pub mod connections;
pub mod handling;
pub mod idempotency;
pub mod listen;
pub mod malformed;
pub mod observe;
pub mod paths;
pub mod quota;
pub mod rate_limit;
pub mod request_line;
pub mod source_address;
