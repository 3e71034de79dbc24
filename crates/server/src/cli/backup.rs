//! `verax backup` and `verax restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use verax_store::Database;

use super::Place;
use super::output::print_line;
use super::progress::Progress;

#[derive(Args)]
pub struct Backup {
    /// The new file.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Restore {
    /// The backup.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn backup(place: &Place, arguments: &Backup) -> Result<ExitCode> {
    refuse_postgres(place)?;
    if arguments.file.exists() {
        bail!("{} exists already: name a new file", arguments.file.display());
    }
    if !place.database_file().exists() {
        bail!("there is no database in {}: name its folder by --data", place.data.display());
    }
    let progress = Progress::of_unknown_length("copying");
    let records = Database::backup(&place.database_file(), &arguments.file).with_context(|| {
        format!("{}: name a file in a folder of yours", arguments.file.display())
    })?;
    drop(progress);
    tell(records, arguments.json, "copied and read back")?;
    Ok(ExitCode::SUCCESS)
}

pub fn restore(place: &Place, arguments: &Restore) -> Result<ExitCode> {
    refuse_postgres(place)?;
    if !arguments.file.exists() {
        let file = arguments.file.display();
        bail!("there is no file {file}: name a file that `verax backup` has made");
    }
    place.create()?;
    let progress = Progress::of_unknown_length("restoring");
    let records =
        Database::restore(&arguments.file, &place.database_file()).with_context(|| {
            format!("{}: name a file that `verax backup` has made", arguments.file.display())
        })?;
    drop(progress);
    tell(records, arguments.json, "restored")?;
    Ok(ExitCode::SUCCESS)
}

fn refuse_postgres(place: &Place) -> Result<()> {
    if place.database_url.is_some() {
        bail!("this is for SQLite; for PostgreSQL use pg_dump and pg_restore");
    }
    Ok(())
}

fn tell(records: u64, json: bool, what: &str) -> Result<()> {
    if json {
        print_line(json!({ "records": records }))?;
    } else {
        print_line(format_args!("{what}: {records} records"))?;
    }
    Ok(())
}
