//! `verax export`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Args;
use verax_query::{Query, Resource, Tenant};
use verax_store::Layout;

use super::Place;
use super::import::parse_resource;
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

pub async fn run(place: &Place, arguments: &Arguments) -> Result<ExitCode> {
    let query = query(arguments)?;
    let app = place.open().await?;
    let layout = if arguments.csv { Layout::Csv } else { Layout::Lines };
    let mut lines = if arguments.bom { BYTE_ORDER_MARK.as_bytes().to_vec() } else { Vec::new() };
    if arguments.csv {
        let names: Vec<&str> = arguments.resource.fields.iter().map(|field| field.name).collect();
        lines.extend_from_slice(format!("{}\r\n", names.join(",")).as_bytes());
    }
    if !write(&lines)? {
        return Ok(ExitCode::SUCCESS);
    }
    for client in app.database.clients().await? {
        // Client by client: what is populated is what that client would see.
        let tenant = Tenant::Client(client.id);
        let mut after = String::new();
        loop {
            let page = app.database.walk(&query, &tenant, &after, RECORDS_PER_STATEMENT, layout);
            let (lines, last) = page.await?;
            if !write(&lines)? {
                return Ok(ExitCode::SUCCESS);
            }
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `false`: the reader has seen enough, as in `verax export … | head`.
fn write(lines: &[u8]) -> Result<bool> {
    match std::io::stdout().lock().write_all(lines) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Relations are populated, so that what is exported can be imported into an empty database and
/// give the same answers there.
fn query(arguments: &Arguments) -> Result<Query> {
    let query = Query::for_export(arguments.resource, &arguments.filters.join("&"));
    query.map_err(|problems| {
        let reasons: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.parameter, problem.message))
            .collect();
        anyhow!("--where: {}", reasons.join("; "))
    })
}
