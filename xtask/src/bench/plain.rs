//! The plain way: COUNT and OFFSET, on the same tables, timed on one core.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

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

    fn run(&self, text: &str, core: &str) -> Result<Duration> {
        let script = tempfile::NamedTempFile::new()?;
        std::fs::write(script.path(), text)?;
        let mut command = Command::new("taskset");
        command.args(["-c", core]);
        match self {
            Database::Sqlite(file) => {
                command.args(["sqlite3", "-batch", "-readonly"]).arg(file);
                command.arg(format!(".read {}", script.path().display()));
            }
            Database::Postgres(url) => {
                command.arg(postgres::program("psql")?);
                command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f"]);
                command.arg(script.path()).arg(url);
            }
        }
        let start = Instant::now();
        let output =
            command.stdin(Stdio::null()).stdout(Stdio::null()).output().context("taskset")?;
        let elapsed = start.elapsed();
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success() && told.is_empty(), "the plain statement: {told}");
        Ok(elapsed)
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
