//! Running other programs, and where things are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};

/// The repository's root folder.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // The environment's answer is right also for a checkout that was moved after the build.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        manifest.parent().map(Path::to_path_buf).unwrap_or(manifest)
    })
}

/// Cargo's target folder: what tools install or generate goes below it, never into the tree.
pub fn target_dir() -> Result<PathBuf> {
    let metadata = cargo_metadata()?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target")?;
    Ok(PathBuf::from(folder))
}

/// `cargo metadata` of the workspace's own members.
pub fn cargo_metadata() -> Result<serde_json::Value> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    serde_json::from_str(&text).context("cargo metadata")
}

/// What a release is built with, and a first build is not: a reader of signed provenance (C2PA) and an allocator,
/// which take as long to compile as half of the rest. For cargo and the package of the server.
pub const RELEASE_FEATURES: [&str; 2] = ["--features", "release"];

/// The same for the whole workspace.
pub const WORKSPACE_FEATURES: [&str; 2] =
    ["--features", "verax-server/release,verax-lab/provenance"];

/// Cargo, in the repository's root.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Where cargo keeps what it has fetched.
pub fn cargo_home() -> PathBuf {
    let home = std::env::var_os("HOME").unwrap_or_default();
    std::env::var_os("CARGO_HOME").map_or_else(|| Path::new(&home).join(".cargo"), PathBuf::from)
}

/// Runs a command whose output the person sees; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| shown(command))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and gives its standard output; what it printed is shown when it fails.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| shown(command))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}\n{}{}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{}: not UTF-8", shown(command)))
}

/// The first of these programs in PATH or in `folders`.
pub fn find_program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    in_path.iter().chain(folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A command as a person would type it, for messages.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
