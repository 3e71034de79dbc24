//! The front door: what strangers and greedy clients do must not be felt by the others.

pub mod bodies;
pub mod lists;
pub mod readers;

use anyhow::{Context as _, Result};

use crate::running::Binary;

/// `cargo xtask faults door`.
pub fn run(binary: &Binary) -> Result<()> {
    bodies::run(binary).context("bodies")?;
    lists::run(binary).context("lists")?;
    readers::run(binary).context("readers")
}
