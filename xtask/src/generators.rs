//! Clients that published generators make of the OpenAPI document: made, compiled, and used against the real
//! binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::clients::{generators, needs_program};
use crate::demo::{CARD, Demo};
use crate::running::{Binary, Profile};
use crate::{exec, http};

const DOCUMENT: &str = "openapi.json";

/// `cargo xtask generators`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut file, mut only) = (None, Vec::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("bin") => file = Some(arguments.value()?.into()),
            Long("only") => {
                only = arguments.value()?.string()?.split(',').map(str::to_owned).collect();
            }
            other => return Err(other.unexpected().into()),
        }
    }
    check(&Binary::find(file, Profile::Dev)?, &only)
}

/// A generator, and a program that lists, filters, pages, creates and checks with what it makes.
struct Generator {
    name: &'static str,
    /// Whether it is tried only where it is named.
    is_slow: bool,
    check: fn(&Trial) -> Result<()>,
}

const GENERATORS: [Generator; 4] = [
    Generator { name: "typescript", is_slow: false, check: check_typescript },
    Generator { name: "openapi-python-client", is_slow: false, check: check_python_client },
    Generator { name: "openapi-generator-php", is_slow: false, check: check_php },
    Generator { name: "openapi-generator-python", is_slow: true, check: check_python },
];

/// Every generator that is not slow, or those in `only`, against this binary.
pub fn check(binary: &Binary, only: &[String]) -> Result<()> {
    let demo = Demo::start(binary)?;
    let trial = Trial { folder: generators()?, demo };
    let address = trial.demo.url.trim_start_matches("http://").parse()?;
    let document = http::get(address, "/openapi.json", None)?;
    std::fs::write(trial.folder.join(DOCUMENT), document.body)?;
    let chosen = |generator: &&Generator| match only {
        [] => !generator.is_slow,
        only => only.iter().any(|name| name == generator.name),
    };
    let mut checked = 0;
    for generator in GENERATORS.iter().filter(chosen) {
        let start = Instant::now();
        (generator.check)(&trial).with_context(|| generator.name)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("generators: {} makes a client that works, {seconds:.1} s", generator.name);
        checked += 1;
    }
    ensure!(checked > 0, "there is no such generator");
    Ok(())
}

/// openapi-typescript with openapi-fetch, and Hey API: compiled together, in the compiler's strict mode.
fn check_typescript(trial: &Trial) -> Result<()> {
    trial.clear(&["hey-api", "built"])?;
    let module = |name: &str| trial.command("node", &[&format!("node_modules/{name}")]);
    exec::output(module("openapi-typescript/bin/cli.js").args([
        DOCUMENT,
        "--output",
        "openapi-fetch.gen.ts",
    ]))?;
    exec::output(module("@hey-api/openapi-ts/bin/run.js").args([
        "--input",
        DOCUMENT,
        "--output",
        "hey-api",
        "--client",
        "@hey-api/client-fetch",
    ]))?;
    exec::run(module("typescript/bin/tsc").args(["--project", "."]))?;
    for program in ["built/openapi-fetch.js", "built/hey-api.js"] {
        trial.try_out(trial.command("node", &[program]))?;
    }
    Ok(())
}

fn check_python_client(trial: &Trial) -> Result<()> {
    trial.clear(&["python_client"])?;
    let mut generate = trial.python("openapi-python-client");
    generate.args(["generate", "--path", DOCUMENT, "--output-path", "python_client"]);
    generate.args(["--meta", "none", "--config", "openapi-python-client.yaml"]);
    exec::output(generate.arg("--fail-on-warning"))?;
    exec::run(trial.python("python").args(["-m", "compileall", "-q", "python_client"]))?;
    let mut program = trial.python("python");
    program.arg("openapi_python_client.py");
    trial.try_out(program)
}

fn check_php(trial: &Trial) -> Result<()> {
    needs_program("php", "php-cli php-curl php-guzzlehttp-guzzle")?;
    trial.generate("php")?;
    trial.try_out(trial.command("php", &["openapi-generator.php"]))
}

fn check_python(trial: &Trial) -> Result<()> {
    trial.generate("python")?;
    let mut program = trial.python("python");
    program.arg("openapi_generator.py").env("PYTHONPATH", "generated-python");
    trial.try_out(program)
}

/// The folder where they run, and the server that their clients ask.
struct Trial {
    folder: PathBuf,
    demo: Demo,
}

impl Trial {
    /// openapi-generator of this language, without pages and tests of its own.
    fn generate(&self, language: &str) -> Result<()> {
        let folder = format!("generated-{language}");
        self.clear(&[&folder])?;
        let mut generate = self.python("openapi-generator-cli");
        generate.args(["generate", "--input-spec", DOCUMENT, "--generator-name", language]);
        generate.args(["--output", &folder, "--global-property"]);
        exec::output(
            generate.arg("apiDocs=false,modelDocs=false,apiTests=false,modelTests=false"),
        )?;
        Ok(())
    }

    fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).current_dir(&self.folder);
        command
    }

    /// A program of the Python environment; what it starts is looked for there first.
    fn python(&self, program: &str) -> Command {
        let bin = self.folder.join("environment/bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(bin.clone()).chain(std::env::split_paths(&path));
        let mut command = self.command(bin.join(program), &[]);
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command
    }

    fn try_out(&self, mut program: Command) -> Result<()> {
        program.env("VERAX_URL", &self.demo.url).env("VERAX_TOKEN", &self.demo.token);
        exec::run(program.env("VERAX_CARD", exec::root().join(CARD)))
    }

    /// What an older document has left would be compiled, too.
    fn clear(&self, folders: &[&str]) -> Result<()> {
        for folder in folders.iter().map(|name| self.folder.join(name)) {
            if folder.is_dir() {
                std::fs::remove_dir_all(folder)?;
            }
        }
        Ok(())
    }
}
