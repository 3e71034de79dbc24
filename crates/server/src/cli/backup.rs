//! `verax backup` and `verax restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use verax_store::Database;

use super::Place;

#[derive(Args)]
pub struct Backup {
    /// The new file.
    file: PathBuf,
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Restore {
    /// The backup.
    file: PathBuf,
    #[arg(long)]
    json: bool,
}

pub fn backup(place: &Place, arguments: &Backup) -> Result<ExitCode> {
    refuse_postgres(place)?;
    if arguments.file.exists() {
        bail!("{} exists already", arguments.file.display());
    }
    if !place.database_file().exists() {
        bail!("there is no database in {}", place.data.display());
    }
    let records = Database::backup(&place.database_file(), &arguments.file)?;
    tell(records, arguments.json, "copied and read back");
    Ok(ExitCode::SUCCESS)
}

pub fn restore(place: &Place, arguments: &Restore) -> Result<ExitCode> {
    refuse_postgres(place)?;
    if !arguments.file.exists() {
        bail!("there is no file {}", arguments.file.display());
    }
    place.create()?;
    let records = Database::restore(&arguments.file, &place.database_file())?;
    tell(records, arguments.json, "restored");
    Ok(ExitCode::SUCCESS)
}

fn refuse_postgres(place: &Place) -> Result<()> {
    if place.database_url.is_some() {
        bail!("this is for SQLite; for PostgreSQL use pg_dump and pg_restore");
    }
    Ok(())
}

fn tell(records: u64, json: bool, what: &str) {
    if json {
        println!("{}", json!({ "records": records }));
    } else {
        println!("{what}: {records} records");
    }
}
