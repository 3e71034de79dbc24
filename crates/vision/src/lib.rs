//! Image bytes in, findings out: measurements on the CPU, no opinions and no I/O.

pub mod document;
pub mod image;
pub mod metrics;
