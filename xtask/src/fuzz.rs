//! Coverage-guided fuzzing on the stable toolchain: libFuzzer, without a sanitizer.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::exec;

/// What `cargo fuzz -s none` would pass.
const COVERAGE_FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";
const INPUT_BYTES_MAX: usize = 10 * 1024;
const INPUT_SECONDS_MAX: u32 = 10;

/// `cargo xtask fuzz`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut seconds, mut only) = (60, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seconds") => seconds = arguments.value()?.parse()?,
            Long("only") => only = Some(arguments.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    fuzz(seconds, only.as_deref())
}

/// Every target, or `only` this one, for so long each.
pub fn fuzz(seconds_each: u32, only: Option<&str>) -> Result<()> {
    let mut targets = targets()?;
    targets.retain(|target| only.is_none_or(|name| name == target));
    if targets.is_empty() {
        bail!("there is no such target in fuzz/fuzz_targets");
    }
    let work = exec::target_dir()?.join("fuzz");
    let programs = build(&work)?;
    let mut failed = Vec::new();
    for target in targets {
        println!("fuzz: {target} for {seconds_each} s");
        if let Err(error) = fuzz_one(&target, &programs, &work, seconds_each) {
            println!("fuzz: {target}: {error:#}");
            failed.push(target);
        }
    }
    if !failed.is_empty() {
        bail!("found something: {}", failed.join(", "));
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let folder = exec::root().join("fuzz/fuzz_targets");
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    Ok(targets)
}

/// Builds all targets; gives the folder with their programs.
fn build(work: &Path) -> Result<std::path::PathBuf> {
    let version = exec::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV")?;
    exec::run(
        exec::cargo()
            // A named target keeps build scripts and macros free of the flags.
            .args(["build", "--quiet", "--release", "--bins", "--target", host])
            .current_dir(exec::root().join("fuzz"))
            .env("CARGO_TARGET_DIR", work)
            .env("RUSTFLAGS", COVERAGE_FLAGS),
    )?;
    Ok(work.join(host).join("release"))
}

fn fuzz_one(target: &str, programs: &Path, work: &Path, seconds: u32) -> Result<()> {
    let (corpus, artifacts) =
        (work.join("corpus").join(target), work.join("artifacts").join(target));
    std::fs::create_dir_all(&corpus)?;
    std::fs::create_dir_all(&artifacts)?;
    let fuzz = exec::root().join("fuzz");
    let mut command = Command::new(programs.join(target));
    command.arg(&corpus);
    let seeds = fuzz.join("seeds").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    let dictionary = fuzz.join("dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={INPUT_BYTES_MAX}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .args(["-verbosity=0", "-print_final_stats=1"]);
    // What it learned is of interest only when it found something.
    let ended = command.stdin(std::process::Stdio::null()).output()?;
    let told = String::from_utf8_lossy(&ended.stderr);
    if !ended.status.success() {
        bail!("{}\n{told}", ended.status);
    }
    for line in told.lines().filter(|line| line.contains("number_of_executed_units")) {
        println!("fuzz: {target}: {line}");
    }
    Ok(())
}
