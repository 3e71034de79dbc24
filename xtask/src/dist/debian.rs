//! The Debian package.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{BINARY, Release};
use crate::exec;

/// Neither enabled nor started: who installs it says first where it listens and on which database.
const AFTER_INSTALLING: &str = "#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  # Only what runs already: with the new binary.
  systemctl try-restart verax.service verax-worker.service
fi
";
const BEFORE_REMOVING: &str = "#!/bin/sh
set -e
if [ \"$1\" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now verax.service verax-worker.service
fi
";
const AFTER_REMOVING: &str = "#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
";

/// Writes it; its name.
pub fn package(release: &Release) -> Result<String> {
    let architecture = release.architecture()?;
    let name = format!("verax_{}_{architecture}.deb", release.version);
    let folder = release.tree.join("DEBIAN");
    std::fs::create_dir(&folder)?;
    let size =
        exec::output(Command::new("du").args(["-sk", "--apparent-size"]).arg(&release.tree))?;
    let control = format!(
        "Package: verax\nVersion: {}\nArchitecture: {architecture}\nSection: net\nPriority: optional\n\
         Maintainer: The Verax authors <verax@localhost>\nInstalled-Size: {}\n\
         Depends: libc6 (>= {}), libgcc-s1, ca-certificates\nDescription: Identity-verification server\n \
         Checks faces and identity documents on your own machine, keeps every check as\n \
         a record, and lists the records through an API.\n",
        release.version,
        size.split_whitespace().next().unwrap_or("0"),
        newest_glibc(release)?,
    );
    for (file, text, mode) in [
        ("control", control.as_str(), 0o644),
        ("conffiles", "/etc/verax/verax.toml\n", 0o644),
        ("postinst", AFTER_INSTALLING, 0o755),
        ("prerm", BEFORE_REMOVING, 0o755),
        ("postrm", AFTER_REMOVING, 0o755),
    ] {
        std::fs::write(folder.join(file), text)?;
        std::fs::set_permissions(folder.join(file), Permissions::from_mode(mode))?;
    }
    let mut build = Command::new("dpkg-deb");
    build.env("SOURCE_DATE_EPOCH", &release.time).args(["--root-owner-group", "-Zxz", "--build"]);
    exec::output(build.arg(&release.tree).arg(release.out.join(&name)))?;
    std::fs::remove_dir_all(&folder)?;
    Ok(name)
}

/// The oldest C library that has all that the binary asks of it.
fn newest_glibc(release: &Release) -> Result<String> {
    let symbols = exec::output(Command::new("objdump").arg("-T").arg(release.tree.join(BINARY)))?;
    let versions = symbols.split("GLIBC_2.").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    Ok(format!("2.{}", versions.max().context("the binary names no C library")?))
}
