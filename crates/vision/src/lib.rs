//! Image bytes in, findings out: measurements on the CPU, no opinions and no I/O.

pub mod image;
pub mod document;
