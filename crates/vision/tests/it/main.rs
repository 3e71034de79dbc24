//! Measurements on images that the tests draw themselves, and on one public-domain portrait.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attack_head;
mod conversion;
mod document_sentences;
mod face_verdict;
mod faces;
mod faces_upright;
mod gallery;
mod image_decode;
mod image_tools;
mod jpeg_differential;
mod network;
mod onnx_fold;
mod partly_fused;
mod png_file;
mod png_webp_differential;
mod templates;
mod workers;
