//! Measurements on pictures that the tests draw themselves, and on one public-domain portrait.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod document_bytes;
mod document_evidence;
mod document_files;
mod document_models;
mod document_outline;
mod document_previews;
#[cfg(feature = "provenance")]
mod document_provenance;
mod document_sentences;
mod document_simulation;
mod document_verdicts;
mod face_verdict;
mod faces;
mod faces_upright;
mod gallery;
mod image_decode;
mod image_tools;
mod jpeg_differential;
mod metrics;
mod network;
mod onnx_fold;
mod png_file;
mod png_webp_differential;
mod workers;
