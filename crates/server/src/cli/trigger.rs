//! `verax trigger`: an event to try a webhook with.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use verax_domain::events::{EventKind, EventType};
use verax_domain::resources::WEBHOOKS;

use super::locations::Locations;
use super::output::print_line;

#[derive(Args)]
pub struct Arguments {
    /// The type of the event: `biometric_validation.completed`.
    #[arg(value_name = "TYPE", value_parser = parse_type)]
    kind: EventKind,
    /// The client, or its sandbox: the event is the sandbox's.
    #[arg(long)]
    client: String,
    /// In the client itself and not in its sandbox. The synthetic record that is made for it stays among
    /// its records.
    #[arg(long)]
    live: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(locations: &Locations, arguments: Arguments) -> Result<ExitCode> {
    let app = locations.open().await?;
    let id = &arguments.client;
    let Some(client) = app.database.client(id).await? else {
        bail!("there is no client {id}: see `verax client list`");
    };
    let client = match (client.sandbox_of.is_some(), arguments.live) {
        (true, _) | (_, true) => client.id,
        (false, false) => match app.database.sandbox_of(id).await? {
            Some(sandbox) => sandbox.id,
            None => bail!(
                "the client {id} has no sandbox: `verax token create --client {id} --sandbox` makes \
                 one, or --live takes the client itself"
            ),
        },
    };
    let record = app.trigger(&client, arguments.kind).await?;
    match arguments.json {
        true => print_line(json!({ "client": client, "record": record }))?,
        false => print_line(record)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_type(text: &str) -> Result<EventKind, String> {
    // A webhook that is made to try another would be called itself.
    let is_tried = |row: &&EventType| row.is_delivered() && row.resource.name != WEBHOOKS.name;
    let types = || EventKind::all().filter(is_tried);
    let found = types().find(|row: &&EventType| row.name == text);
    found.map(|row| row.kind).ok_or_else(|| {
        let all: Vec<&str> = types().map(|row| row.name).collect();
        format!("must be one of {}", all.join(", "))
    })
}
