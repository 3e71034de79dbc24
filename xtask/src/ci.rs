//! Everything that must hold before a change lands, as a table of steps.

mod beside;
mod grid;
mod smoke;
mod steps;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::postgres::Cluster;
use beside::Beside;
use steps::STEPS;

/// These wait for a browser and for answers more than they compute: they run beside those that come after the
/// release build, which wait too.
const BESIDE: [&str; 2] = ["console", "schemathesis"];
/// What they need is there after this step.
const BEFORE_BESIDE: &str = "release";

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
    let is_chosen = |step: &&Step| {
        let name = &step.name.to_owned();
        (only.is_empty() || only.contains(name)) && !skip.contains(name)
    };
    let chosen: Vec<&Step> = STEPS.iter().filter(is_chosen).collect();
    let (mut beside, mut own): (Vec<&Step>, Vec<&Step>) =
        chosen.iter().partition(|step| BESIDE.contains(&step.name));
    if own.is_empty() {
        own = std::mem::take(&mut beside);
    }

    let start = Instant::now();
    let mut progress = Progress::default();
    let mut done = Vec::new();
    let mut running = None;
    // A failed step does not stop the others: one run tells all that is wrong.
    for step in own {
        let is_after = STEPS.iter().position(|it| it.name == step.name)
            > STEPS.iter().position(|it| it.name == BEFORE_BESIDE);
        if is_after && !beside.is_empty() {
            running = Some(Beside::start(&std::mem::take(&mut beside))?);
        }
        println!("\n== {}: {}", step.name, step.what);
        let start = Instant::now();
        let outcome = (step.run)(&mut progress);
        if let Err(error) = &outcome {
            println!("== {} failed: {error:#}", step.name);
        }
        done.push(Done { name: step.name.to_owned(), duration: start.elapsed(), outcome });
    }
    if !beside.is_empty() {
        running = Some(Beside::start(&beside)?);
    }
    if let Some(running) = running {
        done.push(running.wait()?);
    }
    conclude(&done, start.elapsed(), progress.test_summary)
}

/// What came of a step, or of several that ran beside the others.
struct Done {
    name: String,
    duration: Duration,
    outcome: Result<()>,
}

fn names(list: &str) -> Result<Vec<String>> {
    let names: Vec<String> = list.split(',').map(str::to_owned).collect();
    if let Some(name) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == *name)) {
        bail!("there is no step `{name}`; `cargo xtask ci --list` names them");
    }
    Ok(names)
}

fn conclude(done: &[Done], total: Duration, test_summary: Option<String>) -> Result<()> {
    println!();
    for Done { name, duration, outcome } in done {
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("{name:<13} {:>7.1} s  {word}", duration.as_secs_f64());
    }
    println!("{:<13} {:>7.1} s", "in all", total.as_secs_f64());
    // Last, so that who reads only the end sees what was tested.
    if let Some(summary) = test_summary {
        println!("{summary}");
    }
    let failed: Vec<&str> =
        done.iter().filter(|it| it.outcome.is_err()).map(|it| it.name.as_str()).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}
