//! The blocks of one page, run in their order by one shell in a folder of their own.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::running::{Binary, without_settings};

const PAGE_SECONDS_MAX: &str = "120";

/// Programs that a page finds on its PATH.
const VERAX: &str = include_str!("verax.sh");
const DEMO: &str = include_str!("demo.sh");

/// What pages may take for granted: variables, and their values.
pub type Surroundings = Vec<(&'static str, String)>;

/// A page while it is run. Its files go with it, unless a block failed.
pub struct Shell {
    folder: tempfile::TempDir,
    script: String,
}

impl Shell {
    pub fn new() -> Result<Shell> {
        let folder = tempfile::Builder::new().prefix("verax-docs-").tempdir()?;
        for name in ["page", "bin", "records"] {
            fs::create_dir(folder.path().join(name))?;
        }
        // No bars of progress beside the answers, as on a terminal.
        fs::write(folder.path().join("bin/.curlrc"), "silent\nshow-error\n")?;
        fs::write(folder.path().join("bin/demo"), DEMO)?;
        let verax = folder.path().join("bin/verax");
        fs::write(&verax, VERAX)?;
        fs::set_permissions(&verax, Permissions::from_mode(0o755))?;
        Ok(Shell { folder, script: String::new() })
    }

    /// Adds the block of this index.
    pub fn add(&mut self, index: usize, before: &str, text: &str) {
        for (part, shell) in [("before", before), ("output", text)] {
            let _ = write!(
                self.script,
                "echo {index}.{part} >\"$RECORDS/at\"\nexec >\"$RECORDS/{index}.{part}\" 2>&1\n{shell}\n"
            );
        }
        let _ = writeln!(self.script, "ANSWER=$RECORDS/{index}.output");
    }

    /// Runs what was added. The index of the block at which the shell stopped, and what was printed.
    pub fn run(&self, binary: &Binary, given: &Surroundings) -> Result<Option<(usize, String)>> {
        let script = self.records().join("script");
        fs::write(&script, &self.script)?;
        let bin = self.folder.path().join("bin");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut bash = without_settings(Command::new("timeout"));
        bash.args(["--kill-after=5", PAGE_SECONDS_MAX, "bash", "-e", "-o", "pipefail"]).arg(script);
        bash.env("PATH", format!("{}:{path}", bin.display())).env("CURL_HOME", &bin);
        bash.env("BINARY", binary.file()).env("RECORDS", self.records());
        bash.envs(given.iter().map(|(name, value)| (name, value)));
        // A page may write into its reader's home, and not into that of who runs this.
        let page = self.folder.path().join("page");
        bash.env("HOME", &page).current_dir(page);
        let mut bash = bash.stdin(Stdio::null()).process_group(0).spawn()?;
        let status = bash.wait();
        // Servers, and whatever else a block has left running.
        let _ = kill_process_group(Pid::from_child(&bash), Signal::KILL);
        if status?.success() {
            return Ok(None);
        }
        let at = fs::read_to_string(self.records().join("at")).unwrap_or_default();
        let Some(index) = at.split('.').next().and_then(|it| it.parse().ok()) else {
            bail!("the shell did not begin");
        };
        Ok(Some((index, fs::read_to_string(self.records().join(at.trim()))?)))
    }

    /// What the block of this index printed.
    pub fn output(&self, index: usize) -> Result<String> {
        let bytes = fs::read(self.records().join(format!("{index}.output")))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn records(&self) -> PathBuf {
        self.folder.path().join("records")
    }

    /// Leaves the page's files where they are, for who looks into a failure.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}
