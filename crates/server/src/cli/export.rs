//! `verax export`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use verax_query::{Query, Resource, Tenant};
use verax_store::Client;

use super::Place;
use super::import::parse_resource;
use super::output::Output;
use super::progress::{self, Progress};
use crate::app::App;

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
    let clients = app.database.clients().await?;
    let progress = progress_of(&app, &query, &clients).await?;
    for client in clients {
        // Client by client: what is populated is what that client would see.
        let tenant = Tenant::Client(client.id);
        let mut after = String::new();
        loop {
            let page = app.database.walk(&query, &tenant, &after, RECORDS_PER_STATEMENT);
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
