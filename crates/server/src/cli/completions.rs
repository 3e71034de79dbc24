//! `verax completions SHELL`: what makes a shell complete commands and options.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// The shell; its script is written to standard output.
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: Command) -> Result<ExitCode> {
    // Written whole afterwards: what writes it panics where it cannot.
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "verax", &mut script);
    Output.write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
