//! `verax vault …`.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::Place;

#[derive(Subcommand)]
pub enum Command {
    /// Put a new master key in front, and wrap the keys of all clients with it. Older master keys
    /// may be taken out of their file afterwards.
    RotateKey(RotateKey),
}

#[derive(Args)]
pub struct RotateKey {
    #[arg(long)]
    json: bool,
}

pub async fn run(place: &Place, command: Command) -> Result<ExitCode> {
    let Command::RotateKey(arguments) = command;
    let app = place.open().await?;
    let id = app.vault.rotate_master_key()?;
    let clients = app.vault.rewrap().await?;
    if arguments.json {
        println!("{}", json!({ "kid": id, "clients": clients }));
    } else {
        println!("new master key {id}; the keys of {clients} clients are wrapped with it");
    }
    Ok(ExitCode::SUCCESS)
}
