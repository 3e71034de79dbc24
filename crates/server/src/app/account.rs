//! What a caller does with its own tokens.

pub mod project_login;
