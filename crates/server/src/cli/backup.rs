//! `verax backup`: one encrypted file that holds everything, and whether it can be restored.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use verax_store::{Database, Location, Schema};
use zeroize::Zeroizing;

use super::locations::Locations;
use super::output::print_line;
use super::progress::{self, with_bar};
use crate::app;
use crate::backup::{BackupFile, Head, Manifest, Opened, Progress, Secret, make, verify};
use crate::keys::{MasterKeys, read_private};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Backup {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    /// The new file, or s3://bucket/prefix/name.
    #[arg(required = true)]
    file: Option<String>,
    #[command(flatten)]
    encryption: Encryption,
    /// Put the master keys and the signing keys into it too: then it opens everything by itself.
    #[arg(long)]
    with_keys: bool,
    /// Leave out the restore into a scratch folder that shows that it can be restored.
    #[arg(long)]
    no_verify: bool,
    /// Copy the SQLite database alone, as it is, decrypted: no keys, no images, no settings.
    #[arg(long, conflicts_with_all = ["key_file", "passphrase_file", "with_keys", "no_verify"])]
    database_only: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum BackupCommand {
    /// Restore a backup into a scratch folder, and say what is in it.
    Verify(Verify),
}

#[derive(Args)]
struct Verify {
    /// The backup: a file, or s3://bucket/prefix/name.
    file: String,
    #[command(flatten)]
    encryption: Encryption,
    /// A file with the master keys, if the backup is without them; else those of the data folder.
    #[arg(long, value_name = "FILE")]
    master_keys: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What a backup is encrypted with. Without any of these a terminal is asked for the passphrase.
#[derive(Args)]
pub struct Encryption {
    /// A file of 32 random bytes or more.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    key_file: Option<PathBuf>,
    /// A file with a passphrase; VERAX_BACKUP_PASSPHRASE may hold it too.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Once,
    /// One that was mistyped would open nothing.
    Twice,
}

const PASSPHRASE: &str = "VERAX_BACKUP_PASSPHRASE";

impl Encryption {
    pub fn secret(&self, asked: Asked) -> Result<Secret> {
        if let Some(file) = &self.key_file {
            return Secret::key(Zeroizing::new(read_private(file)?));
        }
        if let Some(file) = &self.passphrase_file {
            let text = Zeroizing::new(read_private(file)?);
            return Secret::passphrase(std::str::from_utf8(&text).context("the passphrase")?);
        }
        if let Ok(text) = std::env::var(PASSPHRASE) {
            return Secret::passphrase(&Zeroizing::new(text));
        }
        if !std::io::stdin().is_terminal() {
            bail!(
                "a backup is encrypted: give --key-file or --passphrase-file, or set {PASSPHRASE} \
                 (`verax backup --database-only FILE` copies the SQLite database alone, decrypted)"
            );
        }
        let ask = |prompt: &str| -> Result<Zeroizing<String>> {
            let terminal = console::Term::stderr();
            terminal.write_str(prompt)?;
            Ok(Zeroizing::new(terminal.read_secure_line()?))
        };
        let text = ask("passphrase of the backup: ")?;
        if asked == Asked::Twice && *ask("once more: ")? != *text {
            bail!("these were two passphrases");
        }
        Secret::passphrase(&text)
    }
}

pub async fn run(locations: &Locations, arguments: Backup) -> Result<ExitCode> {
    if let Some(BackupCommand::Verify(arguments)) = arguments.command {
        return verify_file(locations, &arguments).await;
    }
    let file = arguments.file.as_deref().unwrap_or_default();
    if let Location::File(path) = locations.location()
        && !path.exists()
    {
        bail!("there is no database in {}", locations.data.display());
    }
    if arguments.database_only {
        return copy_database(locations, Path::new(file), arguments.json);
    }
    let secret = arguments.encryption.secret(Asked::Twice)?;
    let target = BackupFile::at(file)?;
    let options = app::options(&locations.config()?, Schema::LeaveAsItIs);
    let database = Database::open(&locations.location(), &options).await?;
    locations.create()?;
    let source = locations.backup_source(database)?;
    let progress = Progress::default();
    let making = make(&source, &target, &secret, arguments.with_keys, &progress);
    let made = with_bar("writing", &progress, making).await?;
    if arguments.no_verify {
        report(file, &Outcome { manifest: &made, head: None, opened: None }, arguments.json)?;
    } else {
        let master = MasterKeys::open_existing(&source.master_keys).ok();
        let verifying = verify(&target, &secret, master.as_ref(), &source.scratch, &progress);
        let verified = with_bar("verifying", &progress, verifying).await;
        let (head, manifest, opened) = verified.context("it cannot be restored")?;
        let outcome = Outcome { manifest: &manifest, head: Some(&head), opened };
        report(file, &outcome, arguments.json)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify_file(locations: &Locations, arguments: &Verify) -> Result<ExitCode> {
    let secret = arguments.encryption.secret(Asked::Once)?;
    let master = match &arguments.master_keys {
        Some(file) => Some(MasterKeys::from_text(std::str::from_utf8(&read_private(file)?)?)?),
        None => MasterKeys::open_existing(&locations.master_keys_file(&locations.config()?)).ok(),
    };
    let file = BackupFile::at(&arguments.file)?;
    let scratch = std::env::temp_dir();
    let scratch =
        if locations.data.is_dir() { locations.data.as_path() } else { scratch.as_path() };
    let progress = Progress::default();
    let verifying = verify(&file, &secret, master.as_ref(), scratch, &progress);
    let (head, manifest, opened) = with_bar("verifying", &progress, verifying).await?;
    let outcome = Outcome { manifest: &manifest, head: Some(&head), opened };
    report(&arguments.file, &outcome, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

/// What of a backup is known.
struct Outcome<'a> {
    manifest: &'a Manifest,
    /// With it, it was restored into a scratch folder.
    head: Option<&'a Head>,
    opened: Option<Opened>,
}

fn report(file: &str, outcome: &Outcome<'_>, json: bool) -> Result<()> {
    let Outcome { manifest, head, opened } = outcome;
    let (keys, objects) = (&manifest.keys, &manifest.objects);
    if json {
        let opened = opened.map_or(json!("not_checked"), |it| {
            json!({ "clients": it.clients, "objects": it.objects, "withoutKey": it.without_key })
        });
        let mut report = json!({
            "file": file,
            "rows": manifest.rows(),
            "tables": manifest.tables.iter().map(|(name, it)| (name.clone(), it.rows.into()))
                .collect::<serde_json::Map<String, Value>>(),
            "keys": keys.count,
            "objects": objects.count,
            "objectBytes": objects.bytes,
            "files": manifest.files,
            "vanished": manifest.vanished,
            "missingImages": manifest.missing_images,
            "missingKeys": manifest.missing_keys,
            "restored": if head.is_some() { json!(true) } else { json!("not_checked") },
            "opened": opened,
        });
        if let Some(head) = head {
            report["createdAt"] = json!(head.created_at());
            report["withKeys"] = json!(head.with_keys);
        }
        print_line(format_args!("{report}"))?;
        return Ok(());
    }
    print_line(format_args!(
        "{file}: {} rows, {} wrapped keys, {} objects ({} bytes)",
        manifest.rows(),
        keys.count,
        objects.count,
        objects.bytes
    ))?;
    match head {
        Some(head) => print_line(format_args!(
            "state of {}; restored into a scratch folder",
            head.created_at()
        ))?,
        None => print_line(format_args!("not verified: `verax backup verify {file}` does it"))?,
    }
    match opened {
        Some(opened) => print_line(format_args!(
            "opened: the keys of {} clients and {} objects",
            opened.clients, opened.objects
        ))?,
        None if head.is_some() => {
            print_line(format_args!("keys: not checked, no master key is here"))?
        }
        None => {}
    }
    if head.is_some_and(|head| !head.with_keys) {
        print_line(format_args!(
            "without the master keys and the signing keys: keep copies of them apart"
        ))?;
    }
    if manifest.vanished > 0 {
        print_line(format_args!("{} keys or objects were deleted meanwhile", manifest.vanished))?;
    }
    print_line(format_args!("not inside: models (`verax models install`), certificates, the log"))?;
    for (count, what) in [
        (manifest.missing_images, "images that records name are not in the object store"),
        (manifest.missing_keys, "templates have no key: nobody can be recognised by them"),
    ] {
        if count > 0 {
            print_line(format_args!("warning: {count} {what}"))?;
        }
    }
    Ok(())
}

fn copy_database(locations: &Locations, file: &Path, json: bool) -> Result<ExitCode> {
    if locations.database_url.is_some() {
        bail!("--database-only is for SQLite; for PostgreSQL alone use pg_dump and pg_restore");
    }
    if file.exists() {
        bail!("{} exists already: name a new file", file.display());
    }
    let progress = progress::Progress::of_unknown_length("copying");
    let records = Database::backup(&locations.database_file(), file)
        .with_context(|| format!("{}: name a file in a folder of yours", file.display()))?;
    drop(progress);
    if json {
        print_line(json!({ "records": records }))?;
    } else {
        print_line(format_args!("copied and read back: {records} records"))?;
        print_line(format_args!("the database alone: no keys, no images, no settings"))?;
    }
    Ok(ExitCode::SUCCESS)
}
