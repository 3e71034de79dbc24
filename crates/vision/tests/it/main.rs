//! Measurements on pictures that the tests draw themselves, and on one public-domain portrait.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod image_decode;
mod metrics;
