//! `verax import`.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use verax_domain::resources;
use verax_query::{Resource, is_id};

use super::locations::Locations;
use super::output::{print_line, report_line};
use super::progress::Progress;
use crate::app::import::{Import, Report};

#[derive(Args)]
pub struct Arguments {
    /// What the records are: biometric-validations, document-liveness, projects …
    #[arg(value_parser = parse_imported)]
    resource: &'static Resource,
    /// A file of NDJSON, or pages as the API answers them; `-`: standard input.
    file: String,
    /// The client of records that do not name one.
    #[arg(long)]
    client: Option<String>,
    /// Leave bad records out instead of storing nothing.
    #[arg(long)]
    skip_bad: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(locations: &Locations, arguments: &Arguments) -> Result<ExitCode> {
    if arguments.client.as_deref().is_some_and(|client| !is_id(client)) {
        bail!("--client must be 1 to 64 letters, digits, `_` or `-`");
    }
    let mut input = open(&arguments.file)?;
    let app = locations.open_or_make().await?;
    let length = input.metadata().map_or(0, |meta| meta.len());
    // Checked first, then stored: the input is read twice.
    let bar = Progress::of_bytes("checking", length * 2);
    let import = Import {
        resource: arguments.resource,
        client: arguments.client.as_deref(),
        skip_bad: arguments.skip_bad,
        progress: &|bytes| {
            if bytes > length {
                bar.phase("storing");
            }
            bar.reach(bytes);
        },
    };
    let report = app.import(&mut input, &import).await?;
    drop(bar);
    let failed = report.bad_count > 0 && !arguments.skip_bad;
    let rejected = failed && report.imported.records == 0;
    tell(&report, arguments, rejected)?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(report: &Report, arguments: &Arguments, rejected: bool) -> Result<()> {
    for bad in &report.bad {
        report_line(format_args!("record {}: {}", bad.number, bad.reason));
    }
    let shown = report.bad.len() as u64;
    if report.bad_count > shown {
        report_line(format_args!("and {} more bad records", report.bad_count - shown));
    }
    if !report.dropped.is_empty() {
        let names: Vec<&str> = report.dropped.iter().map(String::as_str).collect();
        let names = names.join(", ");
        report_line(format_args!("left out, because secret or not known here: {names}"));
    }
    if rejected {
        let count = report.bad_count;
        report_line(format_args!(
            "nothing was stored: {count} bad records (--skip-bad leaves them out)"
        ));
    }
    let imported = report.imported;
    if arguments.json {
        let bad: Vec<_> = report
            .bad
            .iter()
            .map(|bad| json!({ "number": bad.number, "reason": bad.reason }))
            .collect();
        print_line(json!({
            "records": imported.records,
            "related": imported.related,
            "badCount": report.bad_count,
            "bad": bad,
            "leftOut": report.dropped,
        }))?;
    } else if !rejected {
        let name = arguments.resource.name;
        let (records, related) = (imported.records, imported.related);
        print_line(format_args!("stored {records} {name}, {related} related records"))?;
    }
    Ok(())
}

/// Standard input is copied to a file that has no name: the input is read twice.
fn open(file: &str) -> Result<File> {
    if file != "-" {
        return File::open(file)
            .with_context(|| format!("cannot open {file}: name a file of records, or `-`"));
    }
    let no_room = || {
        let folder = std::env::temp_dir();
        format!("cannot keep standard input in {}: set TMPDIR to a folder", folder.display())
    };
    let mut copy = tempfile::tempfile().with_context(no_room)?;
    std::io::copy(&mut std::io::stdin().lock().by_ref(), &mut copy).with_context(no_room)?;
    copy.rewind()?;
    Ok(copy)
}

/// What happened here is written by the server alone.
fn parse_imported(name: &str) -> Result<&'static Resource, String> {
    match parse_resource(name)? {
        resource if resources::is_of_this_server(resource) => {
            Err(format!("{} are not imported: they are of this server", resource.name))
        }
        resource => Ok(resource),
    }
}

pub fn parse_resource(name: &str) -> Result<&'static Resource, String> {
    resources::by_name(name).ok_or_else(|| {
        let all: Vec<&str> = resources::ALL.iter().map(|resource| resource.name).collect();
        format!("must be one of {}", all.join(", "))
    })
}
