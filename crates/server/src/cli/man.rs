//! `verax man DIR`: a manual page for each command.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Command};

use super::output::print_line;

#[derive(Args)]
pub struct Arguments {
    /// The folder to write the pages to, such as /usr/local/share/man/man1.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(arguments: &Arguments, command: Command) -> Result<ExitCode> {
    let folder = arguments.folder.display();
    let cure = || format!("cannot write manual pages to {folder}: name a folder of yours");
    std::fs::create_dir_all(&arguments.folder).with_context(cure)?;
    clap_mangen::generate_to(command, &arguments.folder).with_context(cure)?;
    print_line(format_args!("the manual pages are in {folder}: man {folder}/verax.1"))?;
    Ok(ExitCode::SUCCESS)
}
