//! x.
pub fn run(_: lexopt::Parser) -> anyhow::Result<()> {
    Ok(())
}
