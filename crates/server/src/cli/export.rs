//! `verax export`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use verax_query::{Query, Resource, Tenant};
use verax_store::{Client, Layout};

use super::import::parse_resource;
use super::locations::Locations;
use super::output::Output;
use super::progress::{self, Progress};
use crate::app::App;
use crate::http::BYTE_ORDER_MARK;

#[derive(Args)]
pub struct Arguments {
    /// What to write: biometric-validations, document-liveness, projects …
    #[arg(value_parser = parse_resource)]
    resource: &'static Resource,
    /// A filter as lists take it in their address, percent-encoded where it must be: --where
    /// 'status=completed' --where 'where>_createdAt=2026-01-01'. What is no filter is an error.
    #[arg(long = "where", value_name = "FILTER")]
    filters: Vec<String>,
    /// Write NDJSON (unless --csv says otherwise).
    #[arg(long)]
    json: bool,
    /// Write CSV, with a first line of names; nested objects and relations are JSON.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Begin with a byte order mark, by which Excel knows UTF-8.
    #[arg(long, requires = "csv")]
    bom: bool,
}

const RECORDS_PER_STATEMENT: u32 = 500;

pub async fn run(locations: &Locations, arguments: &Arguments) -> Result<ExitCode> {
    let query = query(arguments)?;
    let app = locations.open().await?;
    let layout = if arguments.csv { Layout::Csv } else { Layout::Lines };
    let mut lines = if arguments.bom { BYTE_ORDER_MARK.as_bytes().to_vec() } else { Vec::new() };
    if arguments.csv {
        let names: Vec<&str> = arguments.resource.fields.iter().map(|field| field.name).collect();
        lines.extend_from_slice(format!("{}\r\n", names.join(",")).as_bytes());
    }
    Output.write_all(&lines)?;
    let clients = app.database.clients().await?;
    let progress = progress_of(&app, &query, &clients).await?;
    for client in clients {
        // Client by client: what is populated is what that client would see.
        let tenant = Tenant::Client(client.id);
        let mut after = String::new();
        loop {
            let page = app.database.walk(&query, &tenant, &after, RECORDS_PER_STATEMENT, layout);
            let (lines, last) = page.await?;
            Output.write_all(&lines)?;
            progress.add(memchr::memchr_iter(b'\n', &lines).count() as u64);
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The records are counted where somebody sees the bar, and no lines run through it.
async fn progress_of(app: &App, query: &Query, clients: &[Client]) -> Result<Progress> {
    let mut count = 0;
    if progress::is_shown() && !std::io::stdout().is_terminal() {
        for client in clients {
            count += app.database.count(query, &Tenant::Client(client.id.clone())).await?;
        }
    }
    Ok(match count {
        0 => Progress::hidden(),
        count => Progress::of_items("exporting", usize::try_from(count)?),
    })
}

/// Relations are populated, so that what is exported can be imported into an empty database and
/// give the same answers there.
fn query(arguments: &Arguments) -> Result<Query> {
    for part in arguments.filters.iter().flat_map(|filter| filter.split('&')) {
        // A list passes over these; here all records would be written.
        match part.split_once('=').map_or(part, |(name, _)| name).trim() {
            "" if part.trim().is_empty() => bail!("--where: a filter is empty"),
            "" => bail!("--where: `{part}` names no field"),
            _ => {}
        }
    }
    let query = Query::for_export(arguments.resource, &arguments.filters.join("&"));
    query.map_err(|problems| {
        let reasons: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.parameter, problem.message))
            .collect();
        anyhow!("--where: {}", reasons.join("; "))
    })
}
