//! The console's pages: values in, HTML out. No store, no clock, nothing async.

pub mod account;
pub mod assets;
pub mod case;
pub mod cell;
pub mod form;
pub mod home;
pub mod list;
pub mod members;
pub mod message;
pub mod names;
mod qr;
pub mod queue;
pub mod record;
pub mod settings;
pub mod shell;
pub mod sign_in;
pub mod texts;
pub mod tokens;

pub use askama::Template;
pub use shell::{Section, SectionLink, Shell, Visitor};
pub use texts::{Language, Texts};

/// What a page may load and run: files of this origin, and nothing that is written into the page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' blob:; connect-src 'self'; worker-src 'self'; media-src 'self' blob:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

pub const PERMISSIONS_POLICY: &str = "camera=(self), microphone=(), geolocation=(), payment=()";

/// Where everything of the console lies.
pub const ROOT: &str = "/console";
