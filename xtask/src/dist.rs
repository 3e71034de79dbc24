//! What is taken to another machine: an archive, a Debian package and an image of the binary, with its manual,
//! units, licences and bill of materials. Twice the same sources and tools give the same bytes.

mod debian;
mod image;
mod licences;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::running::{Binary, Profile};
use crate::{exec, sbom};

/// Where each file lies on the machine that it is taken to.
const COPIED: [(&str, &str); 6] = [
    ("packaging/systemd/verax.service", "usr/lib/systemd/system/verax.service"),
    ("packaging/systemd/verax-worker.service", "usr/lib/systemd/system/verax-worker.service"),
    ("packaging/verax.toml", "etc/verax/verax.toml"),
    ("README.md", "usr/share/doc/verax/README.md"),
    ("CHANGELOG.md", "usr/share/doc/verax/CHANGELOG.md"),
    ("LICENSE", "usr/share/doc/verax/copyright"),
];
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/verax"),
    ("zsh", "usr/share/zsh/vendor-completions/_verax"),
    ("fish", "usr/share/fish/vendor_completions.d/verax.fish"),
];
const BINARY: &str = "usr/bin/verax";
const MANUAL: &str = "usr/share/man/man1";
const BILL: &str = "usr/share/doc/verax/sbom.cdx.json";
const LICENCES: &str = "usr/share/doc/verax/third-party-licences.txt";

/// What is packed.
struct Release {
    version: String,
    /// As `rustc` names the machine: `x86_64-unknown-linux-gnu`.
    target: String,
    /// When the last commit was made, in seconds of Unix time: the time of every file.
    time: String,
    /// The files, as they lie below `/`.
    tree: PathBuf,
    /// Where packages are written.
    out: PathBuf,
}

/// `cargo xtask dist`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut file, mut out) = (None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("bin") => file = Some(arguments.value()?.into()),
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let binary = Binary::find(file, Profile::Release)?;
    let out = match out {
        Some(out) => out,
        None => exec::target_dir()?.join("dist"),
    };
    if out.exists() {
        std::fs::remove_dir_all(&out).with_context(|| out.display().to_string())?;
    }
    std::fs::create_dir_all(&out)?;
    let work = tempfile::tempdir()?;
    let version = exec::output(binary.command(&[]).arg("--version"))?;
    let git = ["log", "-1", "--format=%ct"];
    let release = Release {
        version: version.trim().trim_start_matches("verax ").to_owned(),
        target: sbom::host()?,
        time: exec::output(Command::new("git").current_dir(exec::root()).args(git))?
            .trim()
            .to_owned(),
        tree: work.path().join("tree"),
        out,
    };
    release.lay_out(&binary)?;
    let mut files = vec![release.archive()?, debian::package(&release)?];
    files.extend(image::build(&release)?);
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let sums = exec::output(Command::new("sha256sum").current_dir(&release.out).args(&names))?;
    std::fs::write(release.out.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    Ok(())
}

impl Release {
    fn lay_out(&self, binary: &Binary) -> Result<()> {
        self.put(BINARY, &std::fs::read(binary.file())?)?;
        let path = self.tree.join(BINARY);
        std::fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        // The names of functions are for debuggers.
        exec::run(Command::new("strip").arg(&path))?;
        for (from, to) in COPIED {
            self.put(to, &std::fs::read(exec::root().join(from)).context(from)?)?;
        }
        for (shell, to) in COMPLETIONS {
            let script = exec::output(binary.command(&[]).args(["completions", shell]))?;
            self.put(to, script.as_bytes())?;
        }
        exec::output(binary.command(&[]).arg("man").arg(self.tree.join(MANUAL)))?;
        for page in std::fs::read_dir(self.tree.join(MANUAL))? {
            exec::run(Command::new("gzip").args(["-9", "--no-name"]).arg(page?.path()))?;
        }
        self.put(LICENCES, licences::all()?.as_bytes())?;
        sbom::write(&self.tree.join(BILL))?;
        Ok(())
    }

    fn put(&self, to: &str, bytes: &[u8]) -> Result<()> {
        let path = self.tree.join(to);
        let folder = path.parent().context("no folder")?;
        std::fs::create_dir_all(folder)?;
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o644))?;
        Ok(())
    }

    /// The whole tree, to be unpacked at `/` or anywhere.
    fn archive(&self) -> Result<String> {
        let name = format!("verax-{}-{}.tar.gz", self.version, self.target);
        let folder = format!("--transform=s,^\\.,verax-{}-{},", self.version, self.target);
        let how = ["--mode=go=u-w", "--use-compress-program=gzip -9 --no-name", &folder];
        self.pack(&self.tree, &how, &["."], &name)?;
        Ok(name)
    }

    /// An archive of these parts of a folder, without what differs from one packing to the next.
    fn pack(&self, folder: &Path, how: &[&str], parts: &[&str], name: &str) -> Result<()> {
        let mut tar = Command::new("tar");
        tar.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
        tar.arg(format!("--mtime=@{}", self.time)).args(how);
        tar.arg("--file").arg(self.out.join(name));
        exec::run(tar.arg("--directory").arg(folder).args(parts))
    }

    /// What Debian and container tools call the processor.
    fn architecture(&self) -> Result<&'static str> {
        let of = [("x86_64", "amd64"), ("aarch64", "arm64")];
        let found = of.into_iter().find(|(name, _)| self.target.starts_with(name));
        Ok(found.with_context(|| format!("{} has no packages", self.target))?.1)
    }
}

/// The shared libraries that a binary loads, by their paths.
fn libraries(binary: &Path) -> Result<Vec<PathBuf>> {
    let listed = exec::output(Command::new("ldd").arg(binary))?;
    ensure!(!listed.contains("not found"), "{listed}");
    let path = |line: &str| {
        let path = line.split_whitespace().find(|word| word.starts_with('/'))?;
        Some(PathBuf::from(path))
    };
    Ok(listed.lines().filter_map(path).collect())
}
