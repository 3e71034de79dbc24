//! The clients of `sdk/`: each is packed, installed from its package into a clean folder, and tried from there
//! against the real binary.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::clients::{environment, needs_program, node_packages};
use crate::demo::{CARD, Demo};
use crate::running::{Binary, Profile};
use crate::{docs, exec};

/// What is written about them, whose blocks are run as well.
const PAGE: &str = "docs/sdk.md";

/// `cargo xtask sdk`.
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

/// One client: how it is packed, installed and tried in a clean folder.
struct Client {
    name: &'static str,
    check: fn(&Surroundings, &Path) -> Result<()>,
}

const CLIENTS: &[Client] = &[
    Client { name: "typescript", check: check_typescript },
    Client { name: "python", check: check_python },
    Client { name: "php", check: check_php },
];

/// Every client, or those in `only`, against this binary.
pub fn check(binary: &Binary, only: &[String]) -> Result<()> {
    let demo = Demo::start(binary)?;
    let surroundings = Surroundings { url: demo.url.clone(), token: demo.token.clone() };
    let chosen = |client: &&Client| only.is_empty() || only.iter().any(|name| name == client.name);
    let mut checked = 0;
    for client in CLIENTS.iter().filter(chosen) {
        let start = Instant::now();
        let clean = tempfile::Builder::new().prefix("verax-sdk-").tempdir()?;
        std::fs::copy(exec::root().join(CARD), clean.path().join("card.jpg"))?;
        (client.check)(&surroundings, clean.path()).with_context(|| client.name)?;
        println!("sdk: {} is as it should be, {:.1} s", client.name, start.elapsed().as_secs_f64());
        checked += 1;
    }
    ensure!(checked > 0, "there is no such client");
    Ok(())
}

/// `npm pack`, and `npm install` of what it made. That wrong names do not compile is a test of the compiler's.
fn check_typescript(surroundings: &Surroundings, clean: &Path) -> Result<()> {
    needs_program("node", "nodejs")?;
    needs_program("npm", "npm")?;
    // The compiler stays there; what is compiled does not.
    let source = exec::target_dir()?.join("sdk/typescript");
    for folder in ["src", "tests", "dist"].map(|name| source.join(name)) {
        if folder.is_dir() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    lay_out("typescript", &source, &[])?;
    node_packages(&source)?;
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", "--pack-destination"]).arg(clean).current_dir(&source);
    let package = exec::output(&mut pack)?;
    let package = package.lines().last().context("npm pack named no file")?;
    std::fs::write(clean.join("package.json"), r#"{"private":true,"type":"module"}"#)?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--offline", "--no-audit", "--no-fund"]);
    exec::run(install.arg(format!("./{package}")).current_dir(clean))?;
    copy(&source.join("tests"), &clean.join("tests"))?;
    let compiler = source.join("node_modules/typescript/bin/tsc");
    exec::run(Command::new("node").arg(compiler).args(["-p", "tests"]).current_dir(clean))?;
    let mut tests = Command::new("node");
    tests.args(["--test", "--test-reporter=tap"]);
    tests.args(["fake", "vectors", "server"].map(|name| format!("tests/{name}.test.mjs")));
    surroundings.run(tests.current_dir(clean))?;
    std::fs::write(clean.join("page.js"), docs::blocks_in("js", PAGE)?)?;
    surroundings.run_quietly(Command::new("node").arg("page.js").current_dir(clean))
}

/// `python -m build`, and `pip install` of the wheel. `mypy` reads the types that are in the wheel.
fn check_python(surroundings: &Surroundings, clean: &Path) -> Result<()> {
    let place = exec::target_dir()?.join("sdk");
    // What setuptools has built before would be in the wheel, too.
    let source = clean.join("source");
    lay_out("python", &source, &[])?;
    std::fs::create_dir_all(&place)?;
    std::fs::copy(source.join("tests/requirements.txt"), place.join("requirements.txt"))?;
    let python = environment(&place, "python", "requirements.txt")?.join("python");
    let mut build = Command::new(&python);
    build.args(["-m", "build", "--wheel", "--no-isolation", "--outdir"]).arg(clean);
    exec::output(build.arg(&source))?;
    let mut files = std::fs::read_dir(clean)?.filter_map(|file| Some(file.ok()?.path()));
    let wheel = files.find(|file| file.extension().is_some_and(|it| it == "whl"));
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"]);
    exec::run(install.arg(wheel.context("there is no wheel")?))?;
    copy(&source.join("tests"), &clean.join("tests"))?;
    std::fs::remove_dir_all(&source)?;
    let mut types = Command::new(&python);
    types.args(["-m", "mypy", "--strict", "tests/types_check.py"]);
    exec::run(types.current_dir(clean))?;
    let mut tests = Command::new(&python);
    tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]);
    surroundings.run(tests.current_dir(clean))?;
    std::fs::write(clean.join("page.py"), docs::blocks_in("python", PAGE)?)?;
    surroundings.run_quietly(Command::new(python).arg("page.py").current_dir(clean))
}

/// The files that a package of composer has, where composer lays them. Composer itself is not needed: the
/// package needs no other, and `tests/autoload.php` loads classes by what its `composer.json` says of them.
fn check_php(surroundings: &Surroundings, clean: &Path) -> Result<()> {
    needs_program("php", "php-cli php-curl")?;
    lay_out("php", &clean.join("vendor/verax/client"), &[":(exclude,attr:export-ignore)sdk/php"])?;
    copy(&exec::root().join("sdk/php/tests"), &clean.join("tests"))?;
    let mut tests = Command::new("php");
    surroundings.run(tests.arg("tests/run.php").current_dir(clean))?;
    let program =
        format!("<?php\nrequire 'tests/autoload.php';\n{}", docs::blocks_in("php", PAGE)?);
    std::fs::write(clean.join("page.php"), program)?;
    surroundings.run_quietly(Command::new("php").arg("page.php").current_dir(clean))
}

/// What the tests are told of their surroundings.
struct Surroundings {
    url: String,
    token: String,
}

impl Surroundings {
    fn run(&self, tests: &mut Command) -> Result<()> {
        exec::run(self.tell(tests))
    }

    /// The same; what it prints is shown when it fails.
    fn run_quietly(&self, page: &mut Command) -> Result<()> {
        exec::output(self.tell(page)).map(drop)
    }

    fn tell<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.env("VERAX_URL", &self.url).env("VERAX_TOKEN", &self.token);
        program.env("VERAX_VECTORS", exec::root().join("sdk/vectors"));
        program.env("VERAX_CARD", exec::root().join(CARD))
    }
}

/// Copies the files of a client that git knows or would add, but for `without`, to this folder.
fn lay_out(client: &str, to: &Path, without: &[&str]) -> Result<()> {
    let root = format!("sdk/{client}");
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", &root]);
    let listed = exec::output(list.args(without).current_dir(exec::root()))?;
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let target = to.join(path.strip_prefix(&root).unwrap_or(path).trim_start_matches('/'));
        std::fs::create_dir_all(target.parent().context("a file is in a folder")?)?;
        std::fs::copy(exec::root().join(path), &target).with_context(|| path.to_owned())?;
    }
    Ok(())
}

/// The files of a folder that has no folders.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        if file.file_type()?.is_file() {
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}
