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
const REJECTION: &str = "\"success\":false";

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
    let problems = links::problems(exec::root(), &pages);
    let mut tally = Tally { problems, ..Tally::default() };
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

/// The blocks of a page in this language, one after another: a program that another tool runs.
pub fn blocks_in(language: &str, page: &str) -> Result<String> {
    let text = std::fs::read_to_string(exec::root().join(page)).with_context(|| page.to_owned())?;
    let page = Page::parse(&text)?;
    let blocks = page.blocks.iter().filter(|block| block.language == language);
    Ok(blocks.map(|block| block.text.as_str()).collect())
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
        None => binary.installed_models()?,
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

/// What a block may need, and the variable that says where it is.
const NEEDS: [(&str, &str); 3] =
    [("models", "MODELS"), ("postgres", "POSTGRES"), ("axios", "NODE_PATH")];

/// Why a block is not run, if it is not.
fn why_not(block: &Block, given: &Surroundings) -> Result<Option<String>> {
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
    Ok(block.not_run.clone())
}

/// What the shell does with a block; nothing, if it is no program.
fn program(block: &Block) -> Option<String> {
    let command = match block.language.as_str() {
        "sh" => return Some(block.text.replace(RUN_BY_CARGO, "verax")),
        "toml" => {
            "{ cat >\"$RECORDS/toml\"; verax --config \"$RECORDS/toml\" --data \"$RECORDS/read\" migrate; }"
        }
        "sql" => "psql -X -q -v ON_ERROR_STOP=1 \"$POSTGRES\"",
        "js" => {
            "{ { echo \"const axios = require('axios'), token = '$TOKEN';\"; cat; } | node -; }"
        }
        _ => return None,
    };
    Some(format!("{command} <<'END OF BLOCK'\n{}END OF BLOCK\n", block.text))
}

fn check_page(
    binary: &Binary,
    given: &Surroundings,
    path: &Path,
    page: &Page,
    tally: &mut Tally,
) -> Result<()> {
    let mut shell = Shell::new()?;
    let at = |block: &Block| format!("{}:{}", path.display(), block.line);
    let mut ran = Vec::new();
    for (index, block) in page.blocks.iter().enumerate() {
        let (why_not, program) = (why_not(block, given)?, program(block));
        ran.push(why_not.is_none() && program.is_some());
        match (why_not, program) {
            (Some(reason), Some(_)) => {
                println!("docs: {}: not run: {reason}", at(block));
                tally.not_run += 1;
            }
            (None, Some(program)) => shell.add(index, &block.before, &program),
            (_, None) => {}
        }
    }
    tally.run += ran.iter().filter(|ran| **ran).count();
    let stopped = shell.run(binary, given)?;
    let before = tally.problems.len();
    let mut asked = None;
    for (index, block) in page.blocks.iter().enumerate() {
        if let Some((stop, printed)) = &stopped
            && index == *stop
        {
            tally.problems.push(format!("{}: failed:\n{printed}", at(block)));
            break;
        }
        let is_answer = program(block).is_none();
        asked =
            if is_answer { asked.filter(|_| block.follows) } else { ran[index].then_some(index) };
        let printed = asked.map(|index| shell.output(index)).transpose()?;
        tally.compared += usize::from(is_answer && printed.is_some());
        let next = page.blocks.get(index + 1);
        let is_answered = next.is_some_and(|next| next.follows && program(next).is_none());
        let problems = match (block.language.as_str(), printed) {
            _ if block.not_run.is_some() => Vec::new(),
            ("json", printed) => answers::json_problems(&block.text, printed.as_deref()),
            ("text", Some(printed)) => answers::text_problems(&block.text, &printed),
            // An answer of a block that was not run, and has said so.
            ("text", None) if block.follows => Vec::new(),
            (_, Some(printed)) if !is_answered && printed.contains(REJECTION) => {
                vec![format!("a rejection that the page does not show: {printed}")]
            }
            _ if !is_answer => Vec::new(),
            _ => vec!["is no program and no answer: say why it is not run".to_owned()],
        };
        tally.problems.extend(problems.into_iter().map(|told| format!("{}: {told}", at(block))));
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
