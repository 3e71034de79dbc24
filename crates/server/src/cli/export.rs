//! `verax export`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use verax_query::{Query, Resource, Tenant};

use super::Place;
use super::import::parse_resource;

#[derive(Args)]
pub struct Arguments {
    /// What to write: biometric-validations, document-liveness, projects …
    #[arg(value_parser = parse_resource)]
    resource: &'static Resource,
    /// A filter as lists take it: --where 'where_status=completed' --where 'where>_createdAt=2026-01-01'.
    #[arg(long = "where", value_name = "FILTER")]
    filters: Vec<String>,
    /// Write NDJSON (it always is).
    #[arg(long)]
    json: bool,
}

const RECORDS_PER_STATEMENT: u32 = 500;

pub async fn run(place: &Place, arguments: &Arguments) -> Result<ExitCode> {
    let query = query(arguments)?;
    let app = place.open().await?;
    for client in app.database.clients().await? {
        // Client by client: what is populated is what that client would see.
        let tenant = Tenant::Client(client.id);
        let mut after = String::new();
        loop {
            let page = app.database.walk(&query, &tenant, &after, RECORDS_PER_STATEMENT);
            let (lines, last) = page.await?;
            match std::io::stdout().lock().write_all(&lines) {
                Ok(()) => {}
                // The reader has seen enough: `verax export … | head`.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    return Ok(ExitCode::SUCCESS);
                }
                Err(error) => return Err(error.into()),
            }
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Relations are populated, so that what is exported can be imported into an empty database and
/// give the same answers there.
fn query(arguments: &Arguments) -> Result<Query> {
    let resource = arguments.resource;
    let mut pairs: Vec<String> =
        resource.relations().map(|(field, _)| format!("populates[]={}", field.name)).collect();
    for filter in &arguments.filters {
        // The key ends at the `=` that a field's name stands before: `where>=_createdAt=…`.
        let underscore = filter.find('_').unwrap_or(0);
        let Some(equals) = filter[underscore..].find('=') else {
            bail!("--where {filter}: must be like where_status=completed");
        };
        let (key, value) = filter.split_at(underscore + equals);
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        pairs.push(format!("{}={}", encode(key), encode(&value[1..])));
    }
    match Query::parse(resource, &pairs.join("&")) {
        Ok(query) => Ok(query),
        Err(problems) => {
            let reasons: Vec<String> = problems
                .iter()
                .map(|problem| format!("{}: {}", problem.parameter, problem.message))
                .collect();
            bail!("--where: {}", reasons.join("; "))
        }
    }
}
