//! Everything that must hold before a change lands, as a table of steps.

mod grid;
mod smoke;
mod steps;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::postgres::Cluster;
use steps::STEPS;

/// What one step may hand to a later one.
#[derive(Default)]
pub struct Progress {
    cluster: Option<Cluster>,
    /// The test runner's own closing line.
    test_summary: Option<String>,
}

/// One check. It can be run alone.
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    pub run: fn(&mut Progress) -> Result<()>,
}

/// `cargo xtask ci`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("only") => only.extend(names(&arguments.value()?.string()?)?),
            Long("skip") => skip.extend(names(&arguments.value()?.string()?)?),
            Long("list") => {
                STEPS.iter().for_each(|step| println!("{:<13} {}", step.name, step.what));
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let chosen = STEPS.iter().filter(|step| {
        let name = &step.name.to_owned();
        (only.is_empty() || only.contains(name)) && !skip.contains(name)
    });

    let mut progress = Progress::default();
    let mut done: Vec<(&Step, Duration, Result<()>)> = Vec::new();
    // A failed step does not stop the others: one run tells all that is wrong.
    for step in chosen {
        println!("\n== {}: {}", step.name, step.what);
        let start = Instant::now();
        let outcome = (step.run)(&mut progress);
        if let Err(error) = &outcome {
            println!("== {} failed: {error:#}", step.name);
        }
        done.push((step, start.elapsed(), outcome));
    }
    conclude(&done, progress.test_summary)
}

fn names(list: &str) -> Result<Vec<String>> {
    let names: Vec<String> = list.split(',').map(str::to_owned).collect();
    if let Some(name) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == *name)) {
        bail!("there is no step `{name}`; `cargo xtask ci --list` names them");
    }
    Ok(names)
}

fn conclude(done: &[(&Step, Duration, Result<()>)], test_summary: Option<String>) -> Result<()> {
    println!();
    for (step, duration, outcome) in done {
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("{:<13} {:>7.1} s  {word}", step.name, duration.as_secs_f64());
    }
    let total: Duration = done.iter().map(|(_, duration, _)| *duration).sum();
    println!("{:<13} {:>7.1} s", "in all", total.as_secs_f64());
    // Last, so that who reads only the end sees what was tested.
    if let Some(summary) = test_summary {
        println!("{summary}");
    }
    let failed: Vec<&str> =
        done.iter().filter(|(.., outcome)| outcome.is_err()).map(|(step, ..)| step.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}
