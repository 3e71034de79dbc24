//! `verax vault …`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use verax_store::Schema;

use super::locations::{Locations, Opening};
use super::output::print_line;
use crate::app::App;
use crate::app::upkeep::fingerprints::Lost;
use crate::app::upkeep::sweeping::Orphans;
use crate::vault::VaultError;

#[derive(Subcommand)]
pub enum Command {
    /// Put a new master key in front, and wrap the keys of all clients with it. Older master keys
    /// may be taken out of their file afterwards.
    RotateKey(RotateKey),
    /// Replace a client's own key, and wrap all keys of its records with the new one; the old one is
    /// destroyed at the end. Servers go on meanwhile. Interrupted, it goes on when it is run again.
    RotateClientKey(RotateClientKey),
    /// Look for what is stored of records that are not there: a crash can leave it.
    Sweep(Sweep),
    /// Open every stored face and image, and list those that cannot be opened.
    Check(CheckVault),
    /// Say that the database belongs with the keys and the vault that are here, where they were changed on
    /// purpose: other keys, another folder or bucket. Nothing else starts before.
    Bind(Bind),
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

#[derive(Args)]
pub struct CheckVault {
    /// The client whose faces and images are looked at; without it those of all.
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Give up what cannot be opened: faces go, and records say that no image was stored. They can be
    /// deleted then, and persons enrolled again. Bring back lost keys before you do this.
    #[arg(long)]
    forget: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Bind {
    /// Also where what is stored does not open: it is lost. Keys that are not there are rebuilt.
    #[arg(long)]
    lost: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// So many are named on a terminal; `--json` names all.
const NAMED_MAX: usize = 100;

pub async fn run(locations: &Locations, command: Command) -> Result<ExitCode> {
    if let Command::Bind(arguments) = &command {
        return bind(locations, arguments).await;
    }
    let app = locations.open().await?;
    match command {
        Command::Check(arguments) => return check(&app, &arguments).await,
        Command::Bind(_) => {}
        Command::RotateKey(arguments) => rotate_key(&app, &arguments).await?,
        Command::RotateClientKey(arguments) => rotate_client_key(&app, &arguments).await?,
        Command::Sweep(arguments) => sweep(&app, &arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn bind(locations: &Locations, arguments: &Bind) -> Result<ExitCode> {
    let (opening, lost) = match arguments.lost {
        true => (Opening::Lost, Lost::Accepted),
        false => (Opening::Rebound, Lost::Rejected),
    };
    let app = locations.open_as(opening, Schema::BringExistingUpToDate).await?;
    let differences = match app.database.fingerprints().await?.is_empty() {
        true => Vec::new(),
        false => app.differences().await?,
    };
    app.rebind(lost).await?;
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    if arguments.json {
        print_line(format_args!("{}", json!({ "bound": true, "before": texts })))?;
        return Ok(ExitCode::SUCCESS);
    }
    for text in texts {
        print_line(format_args!("no longer: {text}"))?;
    }
    print_line(format_args!("the database belongs with the keys and the vault that are here"))?;
    Ok(ExitCode::SUCCESS)
}

async fn check(app: &App, arguments: &CheckVault) -> Result<ExitCode> {
    if let Some(client) = &arguments.client
        && app.database.client(client).await?.is_none()
    {
        bail!("there is no client {client}");
    }
    let found = app.find_unreadable(arguments.client.as_deref(), u64::MAX).await?;
    let unreadable = &found.unreadable;
    if arguments.forget {
        app.forget_unreadable(unreadable).await?;
    }
    if arguments.json {
        let list: Vec<_> = unreadable
            .iter()
            .map(|it| {
                json!({
                    "client": it.client, "resource": it.resource, "record": it.record, "why": it.why,
                })
            })
            .collect();
        print_line(format_args!(
            "{}",
            json!({
                "templates": found.templates, "images": found.images, "unreadable": list,
                "forgotten": arguments.forget,
            })
        ))?;
    } else {
        for it in unreadable.iter().take(NAMED_MAX) {
            print_line(format_args!("{}\t{}\t{}\t{}", it.client, it.resource, it.record, it.why))?;
        }
        if unreadable.len() > NAMED_MAX {
            print_line(format_args!("… and {} more: see --json", unreadable.len() - NAMED_MAX))?;
        }
        let (templates, images, count) = (found.templates, found.images, unreadable.len());
        print_line(format_args!(
            "looked at {templates} faces and {images} images: {count} cannot be opened"
        ))?;
        if arguments.forget && count > 0 {
            print_line(format_args!(
                "they were given up: their records can be deleted, and persons enrolled again"
            ))?;
        }
    }
    // Who is told of a loss must not take it for a success.
    let is_well = unreadable.is_empty() || arguments.forget;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn sweep(app: &App, arguments: &Sweep) -> Result<()> {
    let orphans = if arguments.destroy { Orphans::Destroyed } else { Orphans::Counted };
    let count = app.sweep_vault_now(orphans).await?.orphans;
    if arguments.json {
        print_line(json!({ "found": count, "destroyed": arguments.destroy }))?;
    } else if arguments.destroy {
        print_line(format_args!(
            "destroyed what was stored of {count} records that are not there"
        ))?;
    } else {
        print_line(format_args!(
            "something is stored of {count} records that are not there (--destroy destroys it)"
        ))?;
    }
    Ok(())
}

async fn rotate_key(app: &App, arguments: &RotateKey) -> Result<()> {
    let (id, clients) = app.rotate_master_key().await?;
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
