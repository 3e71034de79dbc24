//! Document checks on images that the simulator draws, and how they are trained and measured.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod document_bytes;
mod document_evidence;
mod document_files;
mod document_models;
mod document_outline;
mod document_previews;
#[cfg(feature = "provenance")]
mod document_provenance;
mod document_simulation;
mod document_verdicts;
mod metrics;
mod reading_rates;
