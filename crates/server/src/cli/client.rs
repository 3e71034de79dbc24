//! `verax client …`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use verax_domain::Scope;
use verax_domain::role::SERVER_WIDE;
use verax_query::is_id;
use verax_store::{Batch, Client, NewClient, StoreError};

use super::locations::Locations;
use super::output::{print_line, report_line};
use super::token::parse_scope;

#[derive(Subcommand)]
pub enum Command {
    /// Create a client and print it as JSON.
    Create(Create),
    /// List the clients.
    List(List),
    /// Delete a client, its sandbox, their tokens and all their records.
    Delete(Delete),
}

#[derive(Args)]
pub struct Create {
    /// The company's name.
    #[arg(long)]
    name: String,
    /// Its email address.
    #[arg(long)]
    email: String,
    /// Its id; without it a new one is made.
    #[arg(long)]
    id: Option<String>,
    /// The scopes that its tokens may have, with commas between them; without it all but `staff`.
    #[arg(long, value_delimiter = ',', value_parser = parse_scope)]
    scope: Option<Vec<Scope>>,
    /// Print JSON (it always is).
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Delete {
    /// The client's id.
    id: String,
    /// Delete its records too; without it a client that has records stays.
    #[arg(long)]
    with_records: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(locations: &Locations, command: Command) -> Result<ExitCode> {
    match command {
        Command::Create(arguments) => create(locations, arguments).await,
        Command::List(arguments) => list(locations, &arguments).await,
        Command::Delete(arguments) => delete(locations, &arguments).await,
    }
}

/// As long as a reader may read.
const LOG_LIMIT: Duration = Duration::from_secs(20);

async fn create(locations: &Locations, arguments: Create) -> Result<ExitCode> {
    if arguments.name.trim().is_empty() {
        bail!("--name must not be empty");
    }
    if !arguments.email.contains('@') {
        bail!("--email must be an email address");
    }
    let app = locations.open_or_make().await?;
    let id = arguments.id.unwrap_or_else(|| app.new_id());
    if id == SERVER_WIDE {
        bail!("--id must not be {SERVER_WIDE}, which stands for the members of the whole server");
    }
    if !is_id(&id) {
        bail!("--id must be 1 to 64 letters, digits, `_` or `-`");
    }
    let scopes = arguments.scope.map(|scopes| words(&scopes));
    let client = NewClient {
        id: id.clone(),
        name: arguments.name,
        email: arguments.email,
        scopes,
        created_at: app.clock.now(),
    };
    let mut batch = Batch::default();
    batch.insert_client(&client);
    match app.database.commit(batch).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => bail!("there is a client {id} already"),
        Err(error) => return Err(error.into()),
    }
    let client = app.database.client(&id).await?;
    print_line(client.map_or(Value::Null, |client| shown(&client)))?;
    Ok(ExitCode::SUCCESS)
}

async fn list(locations: &Locations, arguments: &List) -> Result<ExitCode> {
    let app = locations.open().await?;
    let clients = app.database.clients().await?;
    if arguments.json {
        print_line(Value::from_iter(clients.iter().map(shown)))?;
        return Ok(ExitCode::SUCCESS);
    }
    for client in clients {
        let name = client.name.as_deref().unwrap_or("(known by its records alone)");
        let email = client.email.as_deref().unwrap_or("-");
        let sandbox = client.sandbox_of.map(|of| format!("\tsandbox of {of}"));
        print_line(format_args!("{}\t{name}\t{email}{}", client.id, sandbox.unwrap_or_default()))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn delete(locations: &Locations, arguments: &Delete) -> Result<ExitCode> {
    let app = locations.open().await?;
    let id = &arguments.id;
    if !arguments.with_records {
        let count = app.count_records(id).await?;
        if count > 0 {
            bail!("the client {id} has {count} records: --with-records deletes them too");
        }
        let tokens = app.database.tokens(Some(id)).await?;
        let now = app.clock.now();
        if tokens.iter().any(|token| token.is_valid(now)) {
            bail!("the client {id} has valid tokens: `verax token revoke --client {id}` first");
        }
    }
    if app.database.client(id).await?.is_none() {
        bail!("there is no client {id}");
    }
    app.delete_client(id).await?;
    if !app.database.log_emptied(LOG_LIMIT).await {
        report_line(
            "a reader keeps what was deleted in the write-ahead log; a running server \
             empties it within seconds after that, or else the next command",
        );
    }
    if arguments.json {
        print_line(json!({ "_id": id, "deleted": true }))?;
    } else {
        print_line(format_args!("deleted {id}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(client: &Client) -> Value {
    let mut shown = json!({ "_id": client.id });
    if let Some(name) = &client.name {
        shown["name"] = name.as_str().into();
    }
    if let Some(email) = &client.email {
        shown["email"] = email.as_str().into();
    }
    if let Some(live) = &client.sandbox_of {
        shown["sandboxOf"] = live.as_str().into();
    }
    if let Some(scopes) = &client.scopes {
        shown["scopes"] = Value::from_iter(scopes.split(' '));
    }
    if let Some(created) = client.created_at {
        shown["createdAt"] = created.to_string().into();
    }
    shown
}

fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
}
