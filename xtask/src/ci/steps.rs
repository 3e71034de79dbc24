//! The steps, in the order in which they share what they build.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};

use super::{Progress, Step, grid, smoke};
use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Profile};
use crate::{
    alerts, clients, console, docs, exec, faults, fuzz, generators, sbom, schemathesis, sdk, tidy,
};

const FUZZ_SECONDS_EACH: u32 = 8;
const FAULT_CYCLES: u32 = 8;
const SCHEMATHESIS_EXAMPLES_MAX: u32 = 20;
const FIRST_BUILD_CRATES_MAX: usize = 357;

pub const STEPS: &[Step] = &[
    Step { name: "fmt", what: "sources are formatted", run: fmt },
    Step { name: "tidy", what: "walls and house rules", run: |_| tidy::run(no_arguments()) },
    Step { name: "clippy", what: "no lint, in any target", run: clippy },
    Step {
        name: "first-build",
        what: "what the README's first command compiles: no lint, few crates",
        run: first_build,
    },
    Step { name: "test", what: "all tests, on both databases", run: test },
    Step { name: "doctest", what: "examples in the documentation", run: doctest },
    Step {
        name: "alerts",
        what: "the alert rules and their tests",
        run: |_| alerts::run(no_arguments()),
    },
    Step { name: "rustdoc", what: "the documentation of the code builds", run: rustdoc },
    Step { name: "deny", what: "licences, sources, advisories", run: deny },
    Step {
        name: "sbom",
        what: "the bill of materials is whole",
        run: |_| sbom::run(no_arguments()),
    },
    Step { name: "fuzz", what: "each fuzz target for a moment", run: run_fuzz },
    Step { name: "release", what: "the binary that ships", run: |_| release().map(drop) },
    Step {
        name: "smoke",
        what: "the demo, as its own lines say",
        run: |_| smoke::run(&release()?),
    },
    Step {
        name: "grid",
        what: "one face in many scenes is one face",
        run: |_| grid::run(&release()?),
    },
    Step { name: "faults", what: "what dies, fills up, stalls or is too much", run: run_faults },
    Step { name: "clients", what: "real clients against the binary", run: run_clients },
    Step {
        name: "sdk",
        what: "the clients of sdk/, from their packages, against the binary",
        run: |_| sdk::check(&release()?, &[]),
    },
    Step {
        name: "generators",
        what: "clients made of the OpenAPI document, against the binary",
        run: |_| generators::check(&release()?, &[]),
    },
    Step {
        name: "console",
        what: "every page of the demo in Chromium, and what axe-core says of it",
        run: |_| console::check(&release()?, None),
    },
    Step {
        name: "docs",
        what: "the documentation's code blocks, as they stand",
        run: |_| docs::check(&release()?, None, &[]),
    },
    Step { name: "schemathesis", what: "the OpenAPI document against it", run: run_schemathesis },
];

fn fmt(_: &mut Progress) -> Result<()> {
    exec::run(exec::cargo().args(["fmt", "--all", "--check"]))?;
    // A workspace of its own.
    let fuzz = exec::root().join("fuzz");
    exec::run(exec::cargo().args(["fmt", "--check"]).current_dir(fuzz))
}

/// Tests and documentation are built as a release is, with signed provenance, so that nothing is
/// compiled twice.
fn clippy(_: &mut Progress) -> Result<()> {
    let mut command = exec::cargo();
    command.args(["clippy", "--workspace", "--all-targets"]).args(exec::WORKSPACE_FEATURES);
    exec::run(command.args(["--", "-D", "warnings"]))
}

/// What the first command of the README compiles, looked at and not built: the code that only it has says
/// what it does not check. All of it is in one crate.
fn first_build(_: &mut Progress) -> Result<()> {
    let mut command = exec::cargo();
    command.args(["clippy", "--package", "verax-vision", "--lib"]);
    exec::run(command.args(["--", "-D", "warnings"]))?;
    let mut command = exec::cargo();
    command.args(["tree", "--package", "verax-server", "--edges", "normal,build"]);
    let tree = exec::output(command.args(["--prefix", "none", "--no-dedupe"]))?;
    let crates: BTreeSet<&str> = tree.lines().collect();
    println!("the first build compiles {} crates, {FIRST_BUILD_CRATES_MAX} at most", crates.len());
    ensure!(
        crates.len() <= FIRST_BUILD_CRATES_MAX,
        "a light first build is what makes people try it"
    );
    Ok(())
}

fn test(progress: &mut Progress) -> Result<()> {
    let url = database_url(progress)?;
    let mut command = exec::cargo();
    command
        .args(["nextest", "run", "--workspace", "--no-fail-fast"])
        .args(exec::WORKSPACE_FEATURES)
        .env("VERAX_TEST_DATABASE_URL", url)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("cargo nextest")?;
    let told = child.stderr.take().context("no standard error")?;
    for line in BufReader::new(told).lines() {
        let line = line?;
        eprintln!("{line}");
        let line = without_colours(&line);
        if line.trim_start().starts_with("Summary [") {
            progress.test_summary = Some(line);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("cargo nextest: {status} (is it installed? cargo install --locked cargo-nextest)");
    }
    Ok(())
}

fn doctest(progress: &mut Progress) -> Result<()> {
    let url = database_url(progress)?;
    let mut command = exec::cargo();
    command.args(["test", "--quiet", "--workspace", "--doc"]).args(exec::WORKSPACE_FEATURES);
    exec::run(command.env("VERAX_TEST_DATABASE_URL", url))
}

fn rustdoc(_: &mut Progress) -> Result<()> {
    let mut command = exec::cargo();
    command.args(["doc", "--quiet", "--workspace", "--no-deps"]).args(exec::WORKSPACE_FEATURES);
    exec::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny(_: &mut Progress) -> Result<()> {
    exec::output(exec::cargo().args(["deny", "--version"])).context(
        "cargo-deny is not there: cargo install --locked --profile dev cargo-deny, or .ci/run",
    )?;
    // It looks at what other platforms need too, which no build has fetched.
    exec::run(exec::cargo().args(["fetch", "--locked", "--quiet"]))?;
    exec::run(exec::cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
    // A check downloads from package registries alone: the advisories are looked at where somebody has
    // fetched them.
    if !exec::cargo_home().join("advisory-dbs").is_dir() {
        println!("advisories: not_checked: `cargo deny fetch db` gets their database");
        return Ok(());
    }
    exec::run(exec::cargo().args(["deny", "--offline", "check", "advisories"]))
}

fn run_fuzz(_: &mut Progress) -> Result<()> {
    fuzz::fuzz(FUZZ_SECONDS_EACH, None)
}

fn release() -> Result<Binary> {
    Binary::find(None, Profile::Release)
}

fn run_faults(progress: &mut Progress) -> Result<()> {
    let binary = release()?;
    faults::kill(&binary, FAULT_CYCLES, None, None)?;
    database_url(progress)?;
    faults::kill(&binary, FAULT_CYCLES, progress.cluster.as_ref(), None)?;
    faults::nodes::run(&binary)?;
    faults::feed::run(&binary)?;
    faults::webhooks::run(&binary, Some("sqlite"))?;
    // The other parts of the door, and overload, are measurements of time: on a machine that is busy
    // otherwise they would say nothing.
    for part in ["silent", "smuggling", "bodies"] {
        faults::door::run(&binary, &faults::door::Options::short(), Some(part))?;
    }
    faults::s3::run(&binary, None)?;
    faults::disk::run(&binary)
}

fn run_clients(progress: &mut Progress) -> Result<()> {
    let binary = release()?;
    println!("clients: on SQLite");
    clients::check(&binary, None, &[])?;
    println!("clients: on PostgreSQL");
    database_url(progress)?;
    clients::check(&binary, progress.cluster.as_ref(), &[])
}

fn run_schemathesis(_: &mut Progress) -> Result<()> {
    schemathesis::check(&release()?, SCHEMATHESIS_EXAMPLES_MAX)
}

/// One cluster serves all steps of a run.
fn database_url(progress: &mut Progress) -> Result<String> {
    if progress.cluster.is_none() {
        progress.cluster = Some(Cluster::start(Durability::Forgetful)?);
    }
    progress.cluster.as_ref().map(Cluster::url).context("no cluster")
}

fn no_arguments() -> lexopt::Parser {
    lexopt::Parser::from_iter(["xtask"])
}

/// The text without ANSI colours.
fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_closing_line_is_known_in_colours_too() {
        let coloured = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run";
        assert_eq!(without_colours(coloured), "     Summary [   0.1s] 2 tests run");
        assert_eq!(without_colours("plain"), "plain");
    }
}
