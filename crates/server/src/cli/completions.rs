//! `verax completions SHELL`: what makes a shell complete commands and options.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Cli;
use super::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// The shell; its script is written to standard output.
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Written whole afterwards: what writes it panics where it cannot.
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "verax", &mut script);
    Output.write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
