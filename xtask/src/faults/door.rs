//! The front door: what one caller does must not be felt by the others.

pub mod bodies;
pub mod readers;

use anyhow::Result;

use crate::running::Binary;

/// `cargo xtask faults door`.
pub fn run(binary: &Binary) -> Result<()> {
    bodies::run(binary)?;
    readers::run(binary)
}
