//! The container image: the binary, the libraries that it loads, and the certificates of authorities.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{BINARY, Release, libraries};
use crate::exec;

const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";
const CONTAINERFILE: &str = "packaging/container/Containerfile";

/// Lays out what is in it, and builds it where buildah is there; the names of what was written.
pub fn build(release: &Release) -> Result<Vec<String>> {
    let context = release.out.join("image");
    let root = context.join("root");
    copy(&release.tree.join(BINARY), &root, BINARY)?;
    for library in libraries(&release.tree.join(BINARY))? {
        let inside = library.strip_prefix("/")?.to_string_lossy().into_owned();
        copy(&library, &root, &inside)?;
    }
    copy(&Path::new("/").join(CERTIFICATES), &root, CERTIFICATES)?;
    std::fs::create_dir(context.join("data"))?;
    // Layers keep the times of files.
    let mut touch = Command::new("find");
    touch.arg(&context).args(["-exec", "touch", "--no-dereference", "--date"]);
    exec::run(touch.arg(format!("@{}", release.time)).args(["{}", "+"]))?;
    if exec::find_program("buildah", &[]).is_none() {
        println!("dist: no buildah: the image's files are in {}", context.display());
        return Ok(Vec::new());
    }
    let tag = format!("verax:{}", release.version);
    let mut build = Command::new("buildah");
    build.args(["build", "--isolation", "chroot", "--storage-driver", "vfs", "--timestamp"]);
    build.arg(&release.time).args(["--tag", &tag, "--file"]);
    exec::output(build.arg(exec::root().join(CONTAINERFILE)).arg(&context))?;
    let name = format!("verax-{}-{}.oci.tar", release.version, release.architecture()?);
    let layout = tempfile::tempdir()?;
    let to = format!("oci:{}:{tag}", layout.path().display());
    let push = ["push", "--quiet", "--storage-driver", "vfs", &tag, &to];
    exec::output(Command::new("buildah").args(push))?;
    release.pack(layout.path(), &[], &["oci-layout", "index.json", "blobs"], &name)?;
    std::fs::remove_dir_all(&context)?;
    Ok(vec![name])
}

fn copy(from: &Path, root: &Path, inside: &str) -> Result<()> {
    let to = root.join(inside);
    std::fs::create_dir_all(to.parent().context("no folder")?)?;
    std::fs::copy(from, &to).with_context(|| from.display().to_string())?;
    Ok(())
}
