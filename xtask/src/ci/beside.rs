//! Steps in a process of their own, beside the others: what they print is shown when they have ended.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{Done, Step};
use crate::{clients, exec};

/// Steps that are running.
pub struct Beside {
    names: String,
    process: Child,
    start: Instant,
    printed: PathBuf,
}

impl Beside {
    pub fn start(steps: &[&Step]) -> Result<Beside> {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        let names = names.join(",");
        println!("\n== {names}: beside the following steps");
        let printed = exec::target_dir()?.join("beside.log");
        // Steps of both sides use it: it is installed once, before them. Who needs it tells what is wrong.
        let _ = clients::python_environment();
        let file = File::create(&printed).with_context(|| printed.display().to_string())?;
        let process = Command::new(std::env::current_exe()?)
            .args(["ci", "--only", &names])
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("the steps beside the others")?;
        Ok(Beside { names, process, start: Instant::now(), printed })
    }

    /// Waits for their end, and shows what they printed.
    pub fn wait(mut self) -> Result<Done> {
        let status = self.process.wait()?;
        let duration: Duration = self.start.elapsed();
        let printed = std::fs::read(&self.printed)?;
        println!("\n== {}: printed\n{}", self.names, String::from_utf8_lossy(&printed).trim_end());
        let outcome = if status.success() { Ok(()) } else { failed(&self.names) };
        Ok(Done { name: self.names, duration, outcome })
    }
}

fn failed(names: &str) -> Result<()> {
    bail!("one of {names} failed: see above")
}
