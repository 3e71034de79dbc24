//! `verax vault …`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use verax_domain::Timestamp;

use super::Place;
use super::output::print_line;
use crate::app::App;
use crate::vault::VaultError;

#[derive(Subcommand)]
pub enum Command {
    /// Put a new master key in front, and wrap the keys of all clients with it. Older master keys
    /// may be taken out of their file afterwards.
    RotateKey(RotateKey),
    /// Replace a client's own key, and wrap all keys of its records with the new one; the old one is
    /// destroyed at the end. Servers go on meanwhile. Interrupted, it goes on when it is run again.
    RotateClientKey(RotateClientKey),
    /// Look for what is kept of records that are not there: a crash can leave it.
    Sweep(Sweep),
}

#[derive(Args)]
pub struct RotateKey {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct RotateClientKey {
    /// The client's id.
    client: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Sweep {
    /// Destroy it. Never while the keys are shared with a database that this one does not know.
    #[arg(long)]
    destroy: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is younger may belong to a record that is just being made.
const SWEPT_AFTER_MS: i64 = 60 * 60 * 1000;

pub async fn run(place: &Place, command: Command) -> Result<ExitCode> {
    let app = place.open().await?;
    match command {
        Command::RotateKey(arguments) => rotate_key(&app, &arguments).await?,
        Command::RotateClientKey(arguments) => rotate_client_key(&app, &arguments).await?,
        Command::Sweep(arguments) => sweep(&app, &arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn sweep(app: &App, arguments: &Sweep) -> Result<()> {
    let before = Timestamp(app.clock.now().0 - SWEPT_AFTER_MS);
    let orphans = app.kept_without_record(before).await?;
    if arguments.destroy {
        for (client, subject) in &orphans {
            app.vault.destroy(client, subject).await?;
        }
    }
    let count = orphans.len();
    if arguments.json {
        print_line(json!({ "found": count, "destroyed": arguments.destroy }))?;
    } else if arguments.destroy {
        print_line(format_args!("destroyed what was kept of {count} records that are not there"))?;
    } else {
        print_line(format_args!(
            "something is kept of {count} records that are not there (--destroy destroys it)"
        ))?;
    }
    Ok(())
}

async fn rotate_key(app: &App, arguments: &RotateKey) -> Result<()> {
    let id = app.vault.rotate_master_key()?;
    let clients = app.vault.rewrap().await?;
    if arguments.json {
        print_line(json!({ "kid": id, "clients": clients }))?;
    } else {
        print_line(format_args!(
            "new master key {id}; the keys of {clients} clients are wrapped with it"
        ))?;
    }
    Ok(())
}

async fn rotate_client_key(app: &App, arguments: &RotateClientKey) -> Result<()> {
    let client = &arguments.client;
    if app.database.client(client).await?.is_none() {
        bail!("there is no client {client}");
    }
    let rotated = match app.vault.rotate_client_key(client).await {
        Err(VaultError::NoKey) => bail!("nothing is encrypted for the client {client}"),
        rotated => rotated?,
    };
    let (rewrapped, unreadable) = (rotated.rewrapped, rotated.unreadable);
    if arguments.json {
        print_line(json!({ "rewrapped": rewrapped, "unreadable": unreadable }))?;
        return Ok(());
    }
    print_line(format_args!(
        "the client {client} has a new key; {rewrapped} keys are wrapped with it"
    ))?;
    if unreadable > 0 {
        print_line(format_args!(
            "{unreadable} keys could not be read before either, and were left as they are"
        ))?;
    }
    Ok(())
}
