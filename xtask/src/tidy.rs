//! The walls between the crates and the house rules of files, checked.

mod circles;
mod edges;
mod files;
mod inline;
mod rooms;
mod wire;
mod words;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::exec;

/// `cargo xtask tidy`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let mut problems = edges::problems(&exec::cargo_metadata()?)?;
    let (mut questions, mut circles) = (Vec::new(), circles::Circles::default());
    for path in listed_files()? {
        let bytes = match std::fs::read(exec::root().join(&path)) {
            Ok(bytes) => bytes,
            // Deleted, and not yet committed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| path),
        };
        problems.extend(files::path_problems(Path::new(&path)));
        // What is not text has no lines to judge.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        problems.extend(files::text_problems(Path::new(&path), &text));
        problems.extend(rooms::problems(&path, &text));
        problems.extend(inline::problems(&path, &text));
        problems.extend(wire::problems(&path, &text));
        problems.extend(words::problems(&path, &text));
        questions.extend(files::question(Path::new(&path), &text));
        circles.add(&path, &text);
    }
    problems.extend(circles.problems());
    for question in questions {
        println!("tidy: {question}");
    }
    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        println!("tidy: {problem}");
    }
    bail!("{} to put right", problems.len())
}

/// What git knows, and what it would add.
fn listed_files() -> Result<Vec<String>> {
    let listed = exec::output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(exec::root()),
    )?;
    let mut paths: Vec<String> =
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}
