//! `verax settings …`: what all nodes use, from the database.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Map, json};

use super::locations::Locations;
use super::output::print_line;
use crate::app::journal::Origin;
use crate::config::SharedSetting;

#[derive(Subcommand)]
pub enum Command {
    /// List the settings that all nodes can share, and their values here.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set one for all nodes. It comes before their files and environments, and every node uses it
    /// within seconds, without a restart.
    Set {
        /// Its name: `verax settings list` shows all.
        name: String,
        /// Its value.
        value: String,
    },
    /// Leave one to each node again.
    Unset {
        /// Its name.
        name: String,
    },
}

pub async fn run(locations: &Locations, command: Command) -> Result<ExitCode> {
    let app = locations.open().await?;
    match command {
        Command::List { json } => {
            let for_all = app.database.settings().await?;
            let is_for_all = |name: &str| for_all.iter().any(|(it, _)| it == name);
            let settings = app.config.now().shared();
            if json {
                let shown = settings.into_iter().map(|SharedSetting { name, value, .. }| {
                    let all_nodes = is_for_all(name);
                    (name.to_owned(), json!({ "value": value, "allNodes": all_nodes }))
                });
                print_line(serde_json::Value::from(Map::from_iter(shown)))?;
            } else {
                for SharedSetting { name, value, .. } in settings {
                    let of = if is_for_all(name) { "all nodes" } else { "this node" };
                    print_line(format_args!("{name}\t{value}\t{of}"))?;
                }
            }
        }
        Command::Set { name, value } => {
            app.set_setting(&name, &value, &Origin::command()).await?;
            print_line("set for all nodes")?;
        }
        Command::Unset { name } => {
            app.unset_setting(&name, &Origin::command()).await?;
            print_line("left to each node")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
