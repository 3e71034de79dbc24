//! `cargo xtask bench lists`: the lists under load, beside plain COUNT and OFFSET. `bench console`, `bench
//! faces` and `bench webhooks` are in files of their own.

mod console;
mod faces;
mod load;
mod plain;
mod records;
mod rows;
mod webhooks;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Profile, Server, Site};
use crate::{exec, http};

const CONNECTIONS: usize = 16;
/// The server, and its database, have a core; the load has another.
const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut what, mut file, mut with_postgres) = (None, None, false);
    let (mut models, mut requests) = (None, 1_000);
    let (mut seconds, mut counts) = (5, vec![100_000]);
    let (mut keep, mut only) = (None, String::new());
    let mut database_url = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) => what = Some(name.string()?),
            Long("bin") => file = Some(PathBuf::from(arguments.value()?)),
            Long("models") => models = Some(PathBuf::from(arguments.value()?)),
            Long("requests") => requests = arguments.value()?.parse()?,
            Long("postgres") => with_postgres = true,
            Long("database-url") => database_url = Some(arguments.value()?.string()?),
            Long("data") => keep = Some(PathBuf::from(arguments.value()?)),
            Long("only") => only = arguments.value()?.string()?,
            Long("seconds") => seconds = arguments.value()?.parse()?,
            Long("records") => {
                let list = arguments.value()?.string()?;
                counts = list.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let subject = match what.as_deref() {
        Some("lists") => Subject::Lists,
        Some("console") => Subject::Console,
        Some("faces") => {
            let models = models.context("--models DIR: what `verax models install` filled")?;
            let binary = Binary::find(file, Profile::Release)?;
            return faces::bench_faces(&binary, &models, &faces::Wanted { seconds, requests });
        }
        Some("webhooks") => {
            let binary = Binary::find(file, Profile::Release)?;
            let cluster = with_postgres.then(|| Cluster::start(Durability::Durable)).transpose()?;
            let number = std::cell::Cell::new(0);
            let database = || {
                let Some(cluster) = &cluster else { return Ok(None) };
                number.set(number.get() + 1);
                cluster.create_database(&format!("bench_{}", number.get())).map(Some)
            };
            return webhooks::run(&binary, seconds, &database);
        }
        _ => bail!("what to measure? `cargo xtask bench lists`, `console`, `faces` or `webhooks`"),
    };
    for program in ["taskset", "sqlite3"] {
        ensure!(exec::find_program(program, &[]).is_some(), "apt-get install util-linux sqlite3");
    }
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores >= 2, "one core for the server and one for the load: there is only one");
    let binary = Binary::find(file, Profile::Release)?;
    let bench = Bench { subject, binary, only, duration: Duration::from_secs(seconds) };
    for count in counts {
        let site = match &keep {
            Some(folder) => {
                let folder = folder.join(count.to_string());
                Site::with_data(&bench.binary, folder, database_url.clone())
            }
            None => Site::new(&bench.binary, database_url.clone())?,
        };
        bench.run(&site, count, database_url.as_deref())?;
        if with_postgres {
            let cluster = Cluster::start(Durability::Durable)?;
            let url = cluster.create_database("bench")?;
            let site = Site::new(&bench.binary, Some(url.clone()))?;
            bench.run(&site, count, Some(&url))?;
        }
    }
    Ok(())
}

/// What is measured on the same records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Lists,
    Console,
}

struct Bench {
    subject: Subject,
    binary: Binary,
    /// Rows whose names hold this.
    only: String,
    duration: Duration,
}

impl Bench {
    fn run(&self, site: &Site, count: u64, url: Option<&str>) -> Result<()> {
        let imported_in = import(site, count)?;
        let database = match url {
            Some(url) => plain::Database::Postgres(url.to_owned()),
            None => plain::Database::Sqlite(plain::sqlite_file(site.data())?),
        };
        if self.subject == Subject::Console {
            console::prepare(&database)?;
        }
        if let Some(url) = url {
            plain::settle(url)?;
            pin(plain::server_pid(url)?, SERVER_CORE)?;
        }
        let server = site.serve(&["taskset", "-c", SERVER_CORE])?;
        let idle_bytes = server.resident_bytes()?;
        let documents = records::documents_for(count);
        println!(
            "\n### {count} biometric validations, {documents} document checks, {}\n",
            if url.is_some() { "PostgreSQL" } else { "SQLite" }
        );
        if let Some(imported_in) = imported_in {
            println!(
                "Imported in {:.1} s ({:.0} records/s).",
                imported_in.as_secs_f64(),
                records::lines(count) as f64 / imported_in.as_secs_f64(),
            );
        }
        println!(
            "Started in {:.0} ms, {:.1} MiB idle. Server{} on one core, keep-alive connections from \
             another.\n",
            server.started_in.as_secs_f64() * 1e3,
            mebibytes(idle_bytes),
            if url.is_some() { " and database" } else { "" }
        );
        if self.subject == Subject::Console {
            return console::measure(site, &server, &self.only, self.duration);
        }
        println!("{CONNECTIONS} connections.\n");
        println!(
            "| request | total | requests/s | p50 ms | p99 ms | CPU us | alone p50 ms | RSS MiB | plain ms \
             | ratio |"
        );
        println!("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
        for row in rows::all().iter().filter(|row| row.name.contains(&self.only)) {
            self.measure(site, &server, row, &database)?;
        }
        println!(
            "\nCPU: what the server's own process spends on a request. plain: one COUNT and one LIMIT/OFFSET statement on the same tables by the database's \
             own shell; ratio: requests/s times plain seconds, above 1 the server answers more \
             requests than the shell runs statement pairs."
        );
        Ok(())
    }

    fn measure(
        &self,
        site: &Site,
        server: &Server,
        row: &rows::Row,
        database: &plain::Database,
    ) -> Result<()> {
        let token = site.token(&row.client)?;
        let authorization = format!("Bearer {token}");
        let first = http::get(server.address, &row.target(1), Some(&authorization))?;
        let answer: Value = serde_json::from_slice(&first.body).context("the first page")?;
        ensure!(first.status == 200, "{}: {answer}", row.name);
        let number = |key: &str| answer["pagination"][key].as_u64().context("no pagination");
        let (total, pages) = (number("total")?, number("pages")?);
        let page = row.page_number(pages);
        let request = http::get_request(&row.target(page), Some(&authorization));

        let writing =
            (row.writes_per_second > 0).then(|| database.write(row, LOAD_CORE)).transpose()?;
        pin(std::process::id(), LOAD_CORE)?;
        let alone = load::drive(server.address, &request, 1, Duration::from_secs(1));
        let spent_before = server.processor_time()?;
        let loaded = load::drive(server.address, &request, CONNECTIONS, self.duration);
        let spent = server.processor_time()? - spent_before;
        pin(std::process::id(), &format!("{SERVER_CORE},{LOAD_CORE}"))?;
        let written = writing.map(plain::Writing::end).transpose()?;
        let (alone, loaded) = (alone?, loaded?);
        let resident = server.resident_bytes()?;
        // psql is a client: what works for it is on the server's core already.
        let core = match database {
            plain::Database::Sqlite(_) => SERVER_CORE,
            plain::Database::Postgres(_) => LOAD_CORE,
        };
        let plain = database.time(row, (page - 1) * row.size, core)?;
        let written = written.map(|it| format!(" ({it:.0} written a second)")).unwrap_or_default();
        println!(
            "| {}{written} | {total} | {:.0} | {:.2} | {:.2} | {:.0} | {:.2} | {:.1} | {:.3} | {:.1} |",
            row.name,
            loaded.requests_per_second,
            milliseconds(loaded.p50),
            milliseconds(loaded.p99),
            spent.as_secs_f64() * 1e6 / loaded.answers as f64,
            milliseconds(alone.p50),
            mebibytes(resident),
            milliseconds(plain),
            loaded.requests_per_second * plain.as_secs_f64()
        );
        Ok(())
    }
}

/// Writes the records into `verax import RESOURCE -`; `None`: they are there from an earlier run.
fn import(site: &Site, count: u64) -> Result<Option<Duration>> {
    let imported = site.data().join("bench-imported");
    if imported.exists() {
        return Ok(None);
    }
    let start = Instant::now();
    for (resource, write) in records::RESOURCES {
        let mut command = site.command(&["import", resource, "-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        let written = write(count, &mut input);
        drop(input);
        let status = child.wait()?;
        ensure!(status.success(), "verax import {resource}: {status}");
        written?;
    }
    let elapsed = start.elapsed();
    std::fs::write(imported, "")?;
    Ok(Some(elapsed))
}

fn pin(process: u32, cores: &str) -> Result<()> {
    exec::output(Command::new("taskset").args(["-a", "-c", "-p", cores, &process.to_string()]))
        .map(drop)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
