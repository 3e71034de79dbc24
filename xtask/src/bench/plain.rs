//! The plain way: COUNT and OFFSET, on the same tables, timed on one core.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::records::END_MS;
use super::rows::Row;
use crate::{exec, postgres};

const MEASURED_SECONDS: f64 = 1.0;
const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";
const REPEATS_MAX: f64 = 2000.0;

/// Where the plain statements run.
pub enum Database {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Database {
    /// The mean time of one pair of statements.
    pub fn time(&self, row: &Row, skip: u64, core: &str) -> Result<Duration> {
        let pair = statements(row, skip);
        // Starting the program is not part of it.
        let started = self.run("SELECT 1;", core)?;
        let once = self.run(&pair, core)?.saturating_sub(started).as_secs_f64();
        let repeats = (MEASURED_SECONDS / once.max(0.0001)).clamp(1.0, REPEATS_MAX) as u32;
        let many = self.run(&pair.repeat(repeats as usize), core)?;
        Ok(many.saturating_sub(started) / repeats)
    }

    /// Begins to add records to the list of this row, each in a transaction of its own.
    pub fn write(&self, row: &Row, core: &str) -> Result<Writing> {
        let mut shell = self.shell(core)?;
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = shell.stdin.take().context("no standard input")?;
        let (table, client, every) =
            (row.table, row.client.clone(), Duration::from_secs(1) / row.writes_per_second.max(1));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let feeding = std::thread::spawn(move || -> Result<u32> {
            let mut written = 0;
            while !stopped.load(Ordering::Relaxed) {
                let created = END_MS + i64::from(written);
                writeln!(
                    input,
                    "INSERT INTO {table} (id, client, status, created_at) \
                     VALUES ('bench-{written:08}', '{client}', 'completed', {created});"
                )?;
                input.flush()?;
                written += 1;
                std::thread::sleep(every);
            }
            writeln!(input, "DELETE FROM {table} WHERE id >= 'bench-' AND id < 'bench.';")?;
            Ok(written)
        });
        Ok(Writing { shell, feeding, stop, started: Instant::now() })
    }

    /// The database's own shell, which reads statements from its standard input.
    fn shell(&self, core: &str) -> Result<Command> {
        let mut command = Command::new("taskset");
        command.args(["-c", core]);
        match self {
            Database::Sqlite(file) => {
                command.args(["sqlite3", "-batch", "-cmd", ".timeout 20000"]).arg(file);
            }
            Database::Postgres(url) => {
                command.arg(postgres::program("psql")?);
                command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]).arg(url);
            }
        }
        Ok(command)
    }

    /// How long the database's own shell takes for these statements, on this core.
    pub fn run(&self, text: &str, core: &str) -> Result<Duration> {
        let script = tempfile::NamedTempFile::new()?;
        std::fs::write(script.path(), text)?;
        let mut command = self.shell(core)?;
        let start = Instant::now();
        let input = File::open(script.path())?;
        let output = command.stdin(input).stdout(Stdio::null()).output().context("taskset")?;
        let elapsed = start.elapsed();
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success() && told.is_empty(), "the plain statement: {told}");
        Ok(elapsed)
    }
}

/// Records being added.
pub struct Writing {
    shell: Child,
    feeding: JoinHandle<Result<u32>>,
    stop: Arc<AtomicBool>,
    started: Instant,
}

impl Writing {
    /// Ends it and deletes what was added; how many were added in a second.
    pub fn end(mut self) -> Result<f64> {
        self.stop.store(true, Ordering::Relaxed);
        let elapsed = self.started.elapsed().as_secs_f64();
        let fed = self.feeding.join().map_err(|_| anyhow::anyhow!("the writing panicked"))?;
        let status = self.shell.wait()?;
        ensure!(status.success(), "the shell that writes: {status}");
        Ok(f64::from(fed?) / elapsed)
    }
}

/// SQLite's file below the data folder: the largest one.
pub fn sqlite_file(data: &Path) -> Result<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        files.push((entry.metadata()?.len(), entry.path()));
    }
    files.sort();
    let is_database = |path: &PathBuf| {
        let mut start = [0; SQLITE_HEADER.len()];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
        read.is_ok() && start == *SQLITE_HEADER
    };
    let found = files.into_iter().rev().map(|(_, path)| path).find(is_database);
    found.context("no SQLite file in the data folder")
}

/// Rows were written at once; a server that has run for a while has been vacuumed.
pub fn settle(url: &str) -> Result<()> {
    let mut command = Command::new(postgres::program("psql")?);
    command.args(["-X", "-q", "-c", "VACUUM (ANALYZE)", url]);
    exec::output(&mut command).map(drop)
}

/// The process of a PostgreSQL on this machine that begins all others of it.
pub fn server_pid(url: &str) -> Result<u32> {
    let mut command = Command::new(postgres::program("psql")?);
    command.args(["-X", "-q", "-A", "-t", "-c", "SELECT pg_read_file('postmaster.pid')", url]);
    let file = exec::output(&mut command)?;
    file.lines().next().unwrap_or_default().parse().context("postmaster.pid has no process id")
}

fn statements(row: &Row, skip: u64) -> String {
    let table = row.table;
    let mut condition = format!("client = '{}'", row.client);
    if !row.statuses.is_empty() {
        let words: Vec<String> = row.statuses.iter().map(|word| format!("'{word}'")).collect();
        // Writing to a string cannot fail.
        let _ = write!(condition, " AND status IN ({})", words.join(", "));
    }
    if let Some(after) = row.created_after_ms {
        let _ = write!(condition, " AND created_at > {after}");
    }
    format!(
        "SELECT count(*) FROM {table} WHERE {condition};\n\
         SELECT * FROM {table} WHERE {condition} \
         ORDER BY created_at DESC, id DESC LIMIT {} OFFSET {skip};\n",
        row.size
    )
}
