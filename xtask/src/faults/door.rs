//! What strangers and greedy clients do at the front door.

pub mod bodies;
pub mod readers;

use anyhow::{Context as _, Result};

use crate::running::Binary;

pub fn run(binary: &Binary) -> Result<()> {
    bodies::run(binary).context("bodies")?;
    readers::run(binary).context("readers")
}
