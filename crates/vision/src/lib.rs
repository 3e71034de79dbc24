//! Image bytes in, findings out: measurements on the CPU, no opinions and no I/O.

pub mod backbone;
pub mod classifier;
pub mod conversion;
pub mod document;
pub mod faces;
pub mod image;
pub mod model_catalogue;
pub mod network;
pub mod onnx_fold;
pub mod workers;
