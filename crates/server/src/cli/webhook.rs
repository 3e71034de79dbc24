//! `verax webhook …`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use verax_domain::resources::{PROJECT_FLOWS, WEBHOOK_EVENTS, WEBHOOKS};
use verax_domain::webhook::is_event_pattern;
use verax_query::{Query, Resource, Tenant, Timestamp};
use verax_store::Layout;

use super::locations::Locations;
use super::output::print_line;
use crate::app::App;
use crate::app::journal::Origin;
use crate::app::webhooks::{Disabled, OVERLAP_HOURS_MAX};

const WEBHOOKS_AT_ONCE: u32 = 500;

#[derive(Subcommand)]
pub enum Command {
    /// Make a webhook and print it as JSON, with its secret.
    Create(Create),
    /// List webhooks, also those that flows and validations name.
    List(List),
    /// Call a webhook's URL once, and print what it answers.
    Test(Named),
    /// Make a new secret and print it; the old one signs too for a while.
    Rotate(Rotate),
    /// Call a webhook again; what was held for it goes out.
    Enable(Named),
    /// Do not call a webhook; what happens is held for it, for 30 days.
    Disable(Named),
    /// Print the secret that deliveries are signed with.
    Secret(Named),
    /// Deliver an event again.
    Resend(Resend),
    /// Deliver again, or at once, what has not arrived.
    Recover(Recover),
    /// Delete a webhook; what waits for it is cancelled.
    Delete(Named),
}

#[derive(Args)]
pub struct Create {
    /// The client's id.
    #[arg(long)]
    client: String,
    /// The URL that is called: https.
    #[arg(long)]
    url: String,
    /// Its name; without it the host of the URL.
    #[arg(long)]
    name: Option<String>,
    /// A type of event, or `<resource>.*`; may be repeated. Without it: all.
    #[arg(long = "event", value_name = "TYPE", value_parser = parse_event_pattern)]
    events: Vec<String>,
    /// A project flow whose events are delivered; may be repeated. Without it: those of all.
    #[arg(long = "flow", value_name = "ID")]
    flows: Vec<String>,
    /// The shape of bodies.
    #[arg(long, default_value = "standard", value_parser = ["verifik", "standard"])]
    format: String,
    /// What a body in the standard format holds: `full`, the record too.
    #[arg(long, value_parser = ["full", "thin"])]
    payload: Option<String>,
    /// `record`: a record's events one after the other; `none`: as fast as they come.
    #[arg(long, default_value = "record", value_parser = ["record", "none"])]
    ordering: String,
    /// Print JSON (it always is).
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct List {
    /// Of one client.
    #[arg(long)]
    client: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Named {
    /// The webhook's id.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Rotate {
    /// The webhook's id.
    id: String,
    /// How many hours the old secret signs too, 168 at most.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=OVERLAP_HOURS_MAX))]
    overlap_hours: i64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Recover {
    /// The webhook's id.
    id: String,
    /// Events that happened before are left alone: 2026-11-01T00:00:00Z.
    #[arg(long, value_parser = parse_time)]
    since: Timestamp,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Resend {
    /// The id of a delivery: `GET /v2/webhook-events` lists them.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(locations: &Locations, command: Command) -> Result<ExitCode> {
    let app = locations.open().await?;
    let origin = Origin::command();
    match command {
        Command::Create(arguments) => create(&app, arguments, &origin).await?,
        Command::List(arguments) => list(&app, &arguments).await?,
        Command::Test(Named { id, json }) => return test(&app, &id, json).await,
        Command::Rotate(Rotate { id, overlap_hours, json }) => {
            let client = client_of(&app, &WEBHOOKS, &id).await?;
            let rotated = app.rotate_webhook_secret(&client, &id, overlap_hours, &origin).await?;
            let secret = rotated.to_text();
            match json {
                true => print_line(json!({ "_id": id, "secret": secret.as_str() }))?,
                false => print_line(secret.as_str())?,
            }
        }
        Command::Enable(Named { id, json }) => {
            let client = client_of(&app, &WEBHOOKS, &id).await?;
            app.enable_webhook((&client, &id), &origin).await?;
            switched(&id, true, json)?;
        }
        Command::Disable(Named { id, json }) => {
            let client = client_of(&app, &WEBHOOKS, &id).await?;
            app.disable_webhook((&client, &id), Disabled::ByClient, &origin).await?;
            switched(&id, false, json)?;
        }
        Command::Secret(Named { id, json }) => {
            let client = client_of(&app, &WEBHOOKS, &id).await?;
            let secret = app.show_webhook_secret(&client, &id, &origin).await?.to_text();
            match json {
                true => print_line(json!({ "_id": id, "secret": secret.as_str() }))?,
                false => print_line(secret.as_str())?,
            }
        }
        Command::Recover(Recover { id, since, json }) => {
            let client = client_of(&app, &WEBHOOKS, &id).await?;
            let recovered = app.recover_deliveries(&client, &id, since).await?;
            match json {
                true => print_line(json!({ "_id": id, "recovered": recovered }))?,
                false => print_line(format_args!("{recovered} deliveries are due now"))?,
            }
        }
        Command::Delete(Named { id, json }) => {
            let client = client_of(&app, &WEBHOOKS, &id).await?;
            app.delete_webhook((&client, &id), &origin).await?;
            match json {
                true => print_line(json!({ "_id": id, "deleted": true }))?,
                false => print_line(format_args!("{id} is deleted"))?,
            }
        }
        Command::Resend(Resend { id, json }) => {
            let client = client_of(&app, &WEBHOOK_EVENTS, &id).await?;
            let new = app.resend_delivery(&client, &id).await?;
            match json {
                true => print_line(json!({ "_id": new }))?,
                false => print_line(new)?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(app: &App, arguments: Create, origin: &Origin) -> Result<()> {
    let client = arguments.client;
    if app.database.client(&client).await?.is_none() {
        bail!("there is no client {client}: see `verax client list`");
    }
    if let Err(problem) = app.webhook_urls.check(&arguments.url) {
        bail!(
            "--url {problem} (as the settings of this command say: --config, or the environment)"
        );
    }
    let tenant = Tenant::Client(client.clone());
    for flow in &arguments.flows {
        if app.find_record(&PROJECT_FLOWS, &tenant, flow).await?.is_none() {
            bail!("--flow {flow} is no project flow of this client");
        }
    }
    let mut members = Map::new();
    let list = |list: Vec<String>| (!list.is_empty()).then(|| Value::from(list));
    for (name, value) in [
        ("url", Some(arguments.url.into())),
        ("name", arguments.name.map(Value::from)),
        ("eventTypes", list(arguments.events)),
        ("projectFlow", list(arguments.flows)),
        ("format", Some(arguments.format.into())),
        ("payload", arguments.payload.map(Value::from)),
        ("ordering", Some(arguments.ordering.into())),
    ] {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    }
    let id = app.create_webhook(&client, members, origin).await?;
    let secret = app.webhook_secret(&app.endpoint(&client, &id).await?).await?;
    let mut record = app.find_record(&WEBHOOKS, &tenant, &id).await?.unwrap_or_default();
    record["secret"] = secret.to_text().as_str().into();
    record["publicKey"] = app.webhook_key(&client).await?.public_text().into();
    Ok(print_line(record)?)
}

async fn list(app: &App, arguments: &List) -> Result<()> {
    let tenant = match &arguments.client {
        Some(client) => Tenant::Client(client.clone()),
        None => Tenant::All,
    };
    let mut after = String::new();
    let query = Query::whole(&WEBHOOKS);
    let mut all: Vec<Value> = Vec::new();
    let (count, layout) = (WEBHOOKS_AT_ONCE, Layout::Lines);
    while let (lines, Some(last)) =
        app.database.walk(&query, &tenant, &after, count, layout).await?
    {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            all.push(serde_json::from_slice(line)?);
        }
        after = last;
    }
    if arguments.json {
        return Ok(print_line(Value::from(all))?);
    }
    for webhook in all {
        let text = |name: &str| webhook[name].as_str().unwrap_or("-").to_owned();
        let state = match (&webhook["isActive"], &webhook["pausedUntil"]) {
            (Value::Bool(false), _) => "inactive",
            (_, Value::String(_)) => "paused",
            _ => "active",
        };
        let (id, client, source, url) = (text("_id"), text("client"), text("source"), text("url"));
        print_line(format_args!("{id}\t{client}\t{source}\t{state}\t{url}"))?;
    }
    Ok(())
}

async fn test(app: &App, id: &str, json: bool) -> Result<ExitCode> {
    let client = client_of(app, &WEBHOOKS, id).await?;
    let endpoint = app.endpoint(&client, id).await?;
    let tried = app.test_webhook(&client, &endpoint.url, Some(&endpoint)).await?;
    if json {
        print_line(json!({
            "success": tried.is_success,
            "statusCode": tried.status_code,
            "message": tried.message,
            "body": tried.body,
        }))?;
    } else {
        print_line(&tried.message)?;
        if let Some(body) = tried.body.filter(|body| !body.is_empty()) {
            print_line(body)?;
        }
    }
    Ok(if tried.is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn switched(id: &str, is_active: bool, json: bool) -> Result<()> {
    match json {
        true => print_line(json!({ "_id": id, "isActive": is_active }))?,
        false if is_active => print_line(format_args!("{id} is called"))?,
        false => print_line(format_args!("{id} is not called: what happens is held for it"))?,
    }
    Ok(())
}

async fn client_of(app: &App, resource: &'static Resource, id: &str) -> Result<String> {
    let mut owners = app.database.owners(resource, vec![id.to_owned()]).await?;
    match owners.remove(id) {
        Some(client) => Ok(client),
        None => bail!("there is no {} {id}", resource.title.to_lowercase()),
    }
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "must be a time: 2026-11-01T00:00:00Z".to_owned())
}

pub fn parse_event_pattern(text: &str) -> Result<String, String> {
    match is_event_pattern(text) {
        true => Ok(text.to_owned()),
        false => {
            Err("must be a type of event, or `<resource>.*`: see the reference of events"
                .to_owned())
        }
    }
}
