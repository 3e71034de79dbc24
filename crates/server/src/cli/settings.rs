//! `verax settings …`: what all nodes use, from the database.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Map, json};

use super::Place;

#[derive(Subcommand)]
pub enum Command {
    /// List the settings that all nodes can share, and their values here.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Set one for all nodes. It comes before their files and environments, and every node uses it
    /// within seconds, without a restart.
    Set { name: String, value: String },
    /// Leave one to each node again.
    Unset { name: String },
}

pub async fn run(place: &Place, command: Command) -> Result<ExitCode> {
    let app = place.open().await?;
    match command {
        Command::List { json } => {
            let for_all = app.database.settings().await?;
            let is_for_all = |name: &str| for_all.iter().any(|(it, _)| it == name);
            let settings = app.config.now().shared();
            if json {
                let shown = settings.into_iter().map(|(name, value)| {
                    let all_nodes = is_for_all(name);
                    (name.to_owned(), json!({ "value": value, "allNodes": all_nodes }))
                });
                println!("{}", serde_json::Value::from(Map::from_iter(shown)));
            } else {
                for (name, value) in settings {
                    let of = if is_for_all(name) { "all nodes" } else { "this node" };
                    println!("{name}\t{value}\t{of}");
                }
            }
        }
        Command::Set { name, value } => {
            app.set_setting(&name, &value).await?;
            println!("set for all nodes");
        }
        Command::Unset { name } => {
            app.unset_setting(&name).await?;
            println!("left to each node");
        }
    }
    Ok(ExitCode::SUCCESS)
}
