//! The commands of the binary.

pub mod bench_faces;
pub mod eval_faces;
pub mod models;
