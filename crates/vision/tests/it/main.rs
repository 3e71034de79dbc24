//! Measurements on pictures that the tests draw themselves, and on one public-domain portrait.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod face_verdict;
mod faces;
mod gallery;
mod image_decode;
mod metrics;
mod network;
mod onnx_fold;
mod workers;
