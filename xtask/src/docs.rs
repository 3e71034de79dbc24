//! The documentation held to its word: blocks are run, answers compared, links followed.

mod answers;
mod links;
mod page;
mod shell;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Profile};
use crate::{clients, exec};
use page::{Block, Page};
use shell::{Shell, Surroundings};

const RUN_BY_CARGO: &str = "cargo run --release --bin verax --";

/// `cargo xtask docs`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut file, mut models, mut only) = (None, None, Vec::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("bin") => file = Some(arguments.value()?.into()),
            Long("models") => models = Some(PathBuf::from(arguments.value()?)),
            Long("only") => {
                only = arguments.value()?.string()?.split(',').map(str::to_owned).collect();
            }
            other => return Err(other.unexpected().into()),
        }
    }
    check(&Binary::find(file, Profile::Dev)?, models.as_deref(), &only)
}

/// Every page, or those named in `only`, with this binary; with `models` or those that can be had.
pub fn check(binary: &Binary, models: Option<&Path>, only: &[String]) -> Result<()> {
    let pages = read_pages()?;
    let mut tally = Tally::default();
    tally.problems = links::problems(exec::root(), &pages);
    let index = Path::new("docs/README.md");
    let manual = pages.iter().filter(|(path, _)| is_run(path));
    for (path, _) in manual.clone().filter(|(path, _)| path.parent() == index.parent()) {
        if path != index && !pages.get(index).is_some_and(|it| links::is_listed(index, it, path)) {
            tally.problems.push(format!("{}: docs/README.md does not list it", path.display()));
        }
    }
    let (given, cluster) = surroundings(binary, models)?;
    let manual =
        manual.filter(|(path, _)| only.is_empty() || only.iter().any(|name| path.ends_with(name)));
    for (path, page) in manual {
        check_page(binary, &given, path, page, &mut tally)
            .with_context(|| path.display().to_string())?;
    }
    drop(cluster);
    tally.conclude()
}

/// All pages by their paths in the repository.
fn read_pages() -> Result<BTreeMap<PathBuf, Page>> {
    let listed = exec::output(
        std::process::Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"])
            .current_dir(exec::root()),
    )?;
    let mut pages = BTreeMap::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let Ok(text) = std::fs::read_to_string(exec::root().join(path)) else { continue };
        // What is generated, and what was decided, is read for its links alone.
        let page = Page::parse(&text).with_context(|| path.to_owned())?;
        pages.insert(PathBuf::from(path), page);
    }
    Ok(pages)
}

fn is_run(path: &Path) -> bool {
    path == Path::new("README.md") || path.parent() == Some(Path::new("docs"))
}

/// What blocks may need and is there, as variables, and the cluster behind one of them.
fn surroundings(binary: &Binary, models: Option<&Path>) -> Result<(Surroundings, Option<Cluster>)> {
    let mut given = vec![("REPOSITORY", exec::root().display().to_string())];
    let models = match models {
        Some(folder) => Some(folder.canonicalize().with_context(|| folder.display().to_string())?),
        None => install_models(binary)?,
    };
    given.extend(models.map(|folder| ("MODELS", folder.display().to_string())));
    let cluster = match Cluster::start(Durability::Forgetful) {
        Ok(cluster) => Some(cluster),
        Err(error) => {
            println!("docs: no PostgreSQL: {error:#}");
            None
        }
    };
    given.extend(cluster.iter().map(|it| ("POSTGRES", it.url())));
    let axios = clients::folder()?.join("node_modules");
    if axios.join("axios").is_dir() {
        given.push(("NODE_PATH", axios.display().to_string()));
    }
    Ok((given, cluster))
}

/// The models, fetched once and kept below the target folder.
fn install_models(binary: &Binary) -> Result<Option<PathBuf>> {
    let data = exec::target_dir()?.join("docs-models");
    let mut install = binary.command(&[]);
    install.arg("--data").arg(&data).args(["models", "install"]);
    match exec::output(&mut install) {
        Ok(_) => Ok(Some(data.join("models"))),
        Err(error) => {
            println!("docs: no models: {error:#}");
            Ok(None)
        }
    }
}

/// What a block needs, the variable that says where it is, and what is said without it.
const NEEDS: [(&str, &str); 3] =
    [("models", "MODELS"), ("postgres", "POSTGRES"), ("axios", "NODE_PATH")];

/// Why a block is not run, if it is not.
fn why_not(block: &Block, given: &Surroundings) -> Result<Option<String>> {
    if block.not_run.is_some() {
        return Ok(block.not_run.clone());
    }
    let own = match block.language.as_str() {
        "js" => Some("axios"),
        "sql" => Some("postgres"),
        _ => None,
    };
    for need in block.needs.iter().map(String::as_str).chain(own) {
        let known = NEEDS.iter().find(|(name, _)| *name == need);
        let (_, variable) = known.with_context(|| format!("nothing is known as `{need}`"))?;
        if !given.iter().any(|(name, _)| name == variable) {
            return Ok(Some(format!("no {need}")));
        }
    }
    Ok(None)
}

fn is_program(block: &Block) -> bool {
    matches!(block.language.as_str(), "sh" | "toml" | "js" | "sql")
}

/// What the shell does with a block; nothing, if it is no program.
fn program(block: &Block, shell: &Shell) -> Result<Option<String>> {
    Ok(match block.language.as_str() {
        "sh" => Some(block.text.replace(RUN_BY_CARGO, "verax")),
        "toml" => {
            let file = shell.file("toml", &block.text)?;
            Some(format!(
                "verax --config {} --data \"$RECORDS/read\" settings list",
                file.display()
            ))
        }
        "js" => {
            let known = "const axios = require('axios'); const token = process.env.TOKEN;\n";
            let file = shell.file("cjs", &format!("{known}{}", block.text))?;
            Some(format!("export TOKEN; node {}", file.display()))
        }
        "sql" => {
            let file = shell.file("sql", &block.text)?;
            Some(format!("psql -X -q -v ON_ERROR_STOP=1 -f {} \"$POSTGRES\"", file.display()))
        }
        _ => None,
    })
}

fn check_page(
    binary: &Binary,
    given: &Surroundings,
    path: &Path,
    page: &Page,
    tally: &mut Tally,
) -> Result<()> {
    let mut shell = Shell::new()?;
    let mut numbers = Vec::new();
    for block in &page.blocks {
        let at = format!("{}:{}", path.display(), block.line);
        let why_not = why_not(block, given).with_context(|| at.clone())?;
        let program = program(block, &shell)?;
        let is_run = why_not.is_none() && program.is_some();
        numbers.push(program.filter(|_| is_run).map(|text| shell.add(&block.before, &text)));
        if let Some(reason) = why_not {
            println!("docs: {at}: not run: {reason}");
            tally.not_run += 1;
        }
    }
    tally.run += numbers.iter().flatten().count();
    let stopped = shell.run(binary, given)?;
    let before = tally.problems.len();
    let mut asked = None;
    for (index, (block, number)) in page.blocks.iter().zip(&numbers).enumerate() {
        let at = format!("{}:{}", path.display(), block.line);
        if let Some((stop, printed)) = &stopped
            && number.is_some_and(|number| number >= *stop)
        {
            tally.problems.push(format!("{at}: failed:\n{printed}"));
            break;
        }
        asked = if is_program(block) { *number } else { asked.filter(|_| block.follows) };
        let is_answered = page
            .blocks
            .get(index + 1)
            .is_some_and(|next| next.follows && matches!(next.language.as_str(), "json" | "text"));
        let problems = match (block.language.as_str(), asked) {
            _ if block.not_run.is_some() => Vec::new(),
            ("json", Some(number)) => {
                tally.compared += 1;
                answers::json_differences(&block.text, &shell.output(number)?)
                    .unwrap_or_else(|error| vec![format!("{error:#}")])
            }
            ("text", Some(number)) => {
                tally.compared += 1;
                answers::text_differences(&block.text, &shell.output(number)?)
            }
            ("json", None) => answers::parse_json(&block.text)
                .err()
                .map(|it| format!("{it:#}"))
                .into_iter()
                .collect(),
            ("sh", Some(number)) if !is_answered => {
                let printed = shell.output(number)?;
                let is_refusal = printed.contains("\"success\":false");
                is_refusal
                    .then(|| format!("a refusal that the page does not show: {printed}"))
                    .into_iter()
                    .collect()
            }
            ("sh" | "toml" | "js" | "sql", _) => Vec::new(),
            // An answer of a block that was not run, and has said so.
            ("text", None) if block.follows => Vec::new(),
            (other, _) => {
                vec![format!("`{other}` is no program and no answer: say why it is not run")]
            }
        };
        tally.problems.extend(problems.into_iter().map(|told| format!("{at}: {told}")));
    }
    if tally.problems.len() > before {
        println!("docs: {}: its files are in {}", path.display(), shell.keep().display());
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    run: usize,
    compared: usize,
    not_run: usize,
    problems: Vec<String>,
}

impl Tally {
    fn conclude(&self) -> Result<()> {
        self.problems.iter().for_each(|problem| println!("docs: {problem}"));
        let Tally { run, compared, not_run, problems } = self;
        println!("docs: {run} blocks run, {compared} answers compared, {not_run} not run");
        if problems.is_empty() {
            return Ok(());
        }
        bail!("{} to put right", problems.len())
    }
}
