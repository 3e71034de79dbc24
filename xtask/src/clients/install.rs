//! The clients' packages, pinned, installed below the target folder and never into the tree.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::exec;

/// Copies the scripts and installs what they need; gives the folder where they run.
pub fn install() -> Result<PathBuf> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm"), ("curl", "curl")] {
        needs_program(program, package)?;
    }
    needs_program("php", "php-cli php-curl php-guzzlehttp-guzzle")?;
    let place = folder()?;
    node_packages(&place)?;
    python_environment()?;
    Ok(place)
}

/// The published libraries of Standard Webhooks, each as a program that verifies lines of its input.
pub fn webhook_libraries() -> Result<[(&'static str, Command); 3]> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
        needs_program(program, package)?;
    }
    let place = exec::target_dir()?.join("webhooks");
    copy_folder(&exec::root().join("tools/webhooks"), &place)?;
    node_packages(&place)?;
    let bin = environment(&place, "python", "requirements.txt")?;
    let mut python = Command::new(bin.join("python"));
    python.arg(place.join("verify.py"));
    let mut node = Command::new("node");
    node.arg(place.join("verify.mjs"));
    let mut rust = exec::cargo();
    rust.args(["run", "--quiet", "--locked", "--manifest-path"]);
    rust.arg(place.join("rust/Cargo.toml")).env("CARGO_TARGET_DIR", place.join("rust/target"));
    Ok([("Python", python), ("JavaScript", node), ("Rust", rust)])
}

/// The folder of the check of the console in a browser, with its packages.
pub fn console_check() -> Result<PathBuf> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")] {
        needs_program(program, package)?;
    }
    let place = exec::target_dir()?.join("console");
    copy_folder(&exec::root().join("xtask/console"), &place)?;
    node_packages(&place)?;
    Ok(place)
}

/// The folder of the generators of clients and of the programs that use what they make, with its packages.
pub fn generators() -> Result<PathBuf> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
        needs_program(program, package)?;
    }
    let place = exec::target_dir()?.join("generators");
    copy_folder(&exec::root().join("xtask/generators"), &place)?;
    node_packages(&place)?;
    environment(&place, "environment", "requirements.txt")?;
    Ok(place)
}

/// Those of the folder's `package-lock.json`.
pub fn node_packages(place: &Path) -> Result<()> {
    let lock = std::fs::read(place.join("package-lock.json"))?;
    let mark = place.join("node_modules/.verax-installed");
    if is_stale(&mark, &lock) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        exec::run(npm.current_dir(place))?;
        std::fs::write(mark, &lock)?;
    }
    Ok(())
}

/// The `bin` folder of a Python environment with the packages of `requirements.txt`.
pub fn python_environment() -> Result<PathBuf> {
    environment(&folder()?, "python", "requirements.txt")
}

/// The same of `s3-requirements.txt`: a server of the S3 protocol.
pub fn s3_environment() -> Result<PathBuf> {
    environment(&folder()?, "s3", "s3-requirements.txt")
}

/// The `bin` folder of the Python environment of this name in a folder, with the packages of a list there.
pub fn environment(place: &Path, name: &str, requirements: &str) -> Result<PathBuf> {
    needs_program("python3", "python3 python3-venv")?;
    let list = place.join(requirements);
    let requirements = std::fs::read(&list)?;
    let environment = place.join(name);
    let (bin, mark) = (environment.join("bin"), environment.join(".verax-installed"));
    if is_stale(&mark, &requirements) {
        exec::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        exec::run(
            Command::new(bin.join("pip"))
                .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(list),
        )?;
        std::fs::write(mark, &requirements)?;
    }
    Ok(bin)
}

/// Scripts find their packages beside themselves, so they run as copies beside the packages.
pub fn folder() -> Result<PathBuf> {
    let place = exec::target_dir()?.join("clients");
    copy_folder(&exec::root().join("xtask/clients"), &place)?;
    Ok(place)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// What was installed is kept until its list changes.
fn is_stale(mark: &Path, list: &[u8]) -> bool {
    std::fs::read(mark).map_or(true, |installed| installed != list)
}

/// # Errors
/// The program is not in the PATH; the error says what installs it.
pub fn needs_program(program: &str, packages: &str) -> Result<()> {
    if exec::find_program(program, &[]).is_none() {
        bail!("`{program}` is not there. Run: apt-get install {packages}");
    }
    Ok(())
}
