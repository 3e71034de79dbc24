//! `verax move`: all of an installation to another database, and to other stores.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use object_store::ObjectStore;
use serde_json::json;
use verax_store::{
    Database, Dump, Loading, Location, REBUILT_TABLES, Schema, TableDigests, copied_tables,
    is_served,
};

use super::locations::Locations;
use super::output::print_line;
use super::progress::with_bar;
use super::tallies::rebuild_tallies;
use crate::backup::{Progress, copy_store};
use crate::config::Config;
use crate::keys::{read_private, write};
use crate::vault::copying::is_empty;
use crate::vault::{Folders, store_at};

#[derive(Args)]
pub struct Move {
    /// postgres://user:password@host/name, an empty database; or a folder, for SQLite in it.
    #[arg(long, env = "VERAX_MOVE_TO", value_name = "TARGET", hide_env_values = true)]
    to: String,
    /// Copy the wrapped keys too: to a folder, or s3://bucket/prefix.
    #[arg(long, value_name = "TARGET")]
    keys: Option<String>,
    /// Copy the objects too: to a folder, or s3://bucket/prefix.
    #[arg(long, value_name = "TARGET")]
    objects: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A database that is not whole, and goes when it does not become so.
struct PartialFile(Option<PathBuf>);

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // It is not there any more when it has become whole.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What was moved.
struct Moved {
    tables: TableDigests,
    keys: Option<(String, u64)>,
    objects: Option<(String, u64)>,
    files: Vec<&'static str>,
}

pub async fn run(locations: &Locations, arguments: &Move) -> Result<ExitCode> {
    let config = locations.config()?;
    if let Location::File(path) = locations.location()
        && !path.exists()
    {
        bail!("there is no database in {}", locations.data.display());
    }
    let _alone = locations.alone()?;
    if is_served(&locations.location()).await? {
        bail!("other programs are connected to the database: stop the servers first");
    }
    let folder = (!is_postgres(&arguments.to)).then(|| PathBuf::from(&arguments.to));
    let target = match &folder {
        Some(folder) => Location::File(folder.join("verax.db")),
        None => Location::Postgres(arguments.to.clone()),
    };
    if target == locations.location() {
        bail!("it is there already");
    }
    if let Some(folder) = &folder {
        use std::os::unix::fs::DirBuilderExt;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let moved = Moving { locations, config: &config, arguments, folder: folder.as_deref() };
    let moved = moved.run(&target).await?;
    report(locations, arguments, &moved)?;
    Ok(ExitCode::SUCCESS)
}

struct Moving<'a> {
    locations: &'a Locations,
    config: &'a Config,
    arguments: &'a Move,
    /// That of SQLite, if it goes there.
    folder: Option<&'a Path>,
}

impl Moving<'_> {
    async fn run(&self, target: &Location) -> Result<Moved> {
        let Moving { locations, config, arguments, .. } = self;
        // In the folder of another installation nothing is where this one would look for it.
        let elsewhere = self.folder.filter(|folder| !is_same(folder, &locations.data));
        let [keys, objects] = locations.vault_locations(config);
        let settings = [&config.vault.keys, &config.vault.objects];
        let to = |given: &Option<String>, setting: &str, name: &str| {
            let beside = elsewhere.filter(|_| setting.is_empty());
            given.clone().or(beside.map(|folder| folder.join(name).display().to_string()))
        };
        let scratch = tempfile::Builder::new().prefix("move-").tempdir_in(&locations.data);
        let scratch = scratch.context("cannot make a folder for a copy of the database")?;
        // All that can fail comes before the rows, which are there at once or not at all. What a try
        // before this one has copied is compared.
        let mut dump = Dump::begin(&locations.location(), scratch.path()).await?;
        let partial = match target {
            Location::File(path) => Location::File(path.with_extension("partial")),
            postgres => postgres.clone(),
        };
        if let (Location::File(path), Location::File(partial)) = (target, &partial) {
            if path.exists() {
                bail!("{} is there already", path.display());
            }
            // Of a try before this one.
            let _ = std::fs::remove_file(partial);
        }
        let partial_file = PartialFile(match &partial {
            Location::File(path) => Some(path.clone()),
            Location::Postgres(_) => None,
        });
        let mut loading = Loading::begin(&partial, dump.schema_version).await?;
        let keys = copy("moving keys", &keys, to(&arguments.keys, settings[0], "keys")).await?;
        let objects =
            copy("moving objects", &objects, to(&arguments.objects, settings[1], "objects"))
                .await?;
        let files = self.copy_files(elsewhere)?;
        let mut tables: TableDigests =
            copied_tables().map(|table| (table, Default::default())).collect();
        while let Some(block) = dump.next().await? {
            tables.entry(block.table).or_default().add(&block)?;
            loading.push(block).await?;
        }
        loading.finish(tables.clone()).await?;
        if let (Location::File(path), Location::File(partial)) = (target, &partial) {
            std::fs::rename(partial, path)?;
        }
        drop(partial_file);
        let options = crate::app::options(config, Schema::BringUpToDate);
        rebuild_tallies(&Database::open(target, &options).await?).await?;
        Ok(Moved { tables, keys, objects, files })
    }

    /// The key files, where the target has a data folder of its own.
    fn copy_files(&self, elsewhere: Option<&Path>) -> Result<Vec<&'static str>> {
        let Moving { locations, config, .. } = self;
        let mut copied = Vec::new();
        let Some(folder) = elsewhere else { return Ok(copied) };
        let (master, signing) = (locations.master_keys_file(config), locations.keys_file(config));
        if config.vault.master_keys_file.is_empty() && master.exists() {
            let text = read_private(&master)?;
            copied.extend(copy_file(folder, "master-keys.json", &text)?);
        }
        if config.tokens.signing_keys_file.is_empty() && signing.exists() {
            let text = read_private(&signing)?;
            copied.extend(copy_file(folder, "signing-keys.json", &text)?);
        }
        Ok(copied)
    }
}

fn copy_file(folder: &Path, name: &'static str, text: &[u8]) -> Result<Option<&'static str>> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(there) if there == text => {}
        Ok(_) => bail!("{} is there already, and is another one", path.display()),
        Err(_) => write(&path, text)?,
    }
    Ok(Some(name))
}

/// `action` says what is copied.
async fn copy(action: &str, from: &str, to: Option<String>) -> Result<Option<(String, u64)>> {
    let Some(to) = to else { return Ok(None) };
    let (source, target): (Arc<dyn ObjectStore>, _) =
        (store_at(from, Folders::Made)?, store_at(&to, Folders::Made)?);
    let had_something = !is_empty(&target).await?;
    let progress = Progress::default();
    let copying = copy_store(&source, &target, &progress);
    let count = with_bar(action, &progress, copying).await?;
    if had_something && count != count_of(&target).await? {
        bail!("{to} holds more than the source: take an empty place");
    }
    Ok(Some((to, count)))
}

async fn count_of(store: &Arc<dyn ObjectStore>) -> Result<u64> {
    use futures_util::TryStreamExt;
    Ok(store.list(None).try_fold(0, async |count, _| Ok(count + 1)).await?)
}

fn is_postgres(address: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme))
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn report(locations: &Locations, arguments: &Move, moved: &Moved) -> Result<()> {
    let rows: u64 = moved.tables.values().map(|table| table.rows).sum();
    let stores = [("keys", &moved.keys), ("objects", &moved.objects)];
    if arguments.json {
        let tables = moved.tables.iter().map(|(name, it)| ((*name).to_owned(), it.rows.into()));
        let tables: serde_json::Map<String, serde_json::Value> = tables.collect();
        let count = |store: &Option<(String, u64)>| store.as_ref().map(|(_, count)| *count);
        print_line(format_args!(
            "{}",
            json!({
                "rows": rows, "tables": tables, "rebuilt": REBUILT_TABLES, "files": moved.files,
                "keys": count(&moved.keys), "objects": count(&moved.objects),
            })
        ))?;
        return Ok(());
    }
    for (name, table) in moved.tables.iter().filter(|(_, table)| table.rows > 0) {
        print_line(format_args!("{name}: {} rows, read back and compared", table.rows))?;
    }
    print_line(format_args!("moved: {rows} rows; the source is as it was"))?;
    print_line(format_args!("rebuilt: {}", REBUILT_TABLES.join(", ")))?;
    for (name, store) in stores {
        match store {
            Some((to, count)) => {
                print_line(format_args!("{name}: {count} copied to {to} (vault.{name})"))?
            }
            None => {
                print_line(format_args!("{name}: not moved, they stay where vault.{name} says"))?
            }
        }
    }
    match moved.files.as_slice() {
        [] => print_line(format_args!(
            "not moved: key files, models, settings in {}",
            locations.data.display()
        ))?,
        files => {
            print_line(format_args!("copied: {}; not moved: models, settings", files.join(", ")))?
        }
    }
    Ok(())
}
