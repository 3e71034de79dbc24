//! `verax restore`: everything of a backup into an empty folder or database, or nothing.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use serde_json::json;
use verax_store::{Database, Location, Schema};
use zeroize::Zeroizing;

use super::backup::{Asked, Encryption};
use super::locations::Locations;
use super::output::print_line;
use super::progress;
use super::tallies::rebuild_tallies;
use crate::backup::{BackupFile, FileName, Manifest, Opened, Progress, Samples, Target, unpack};
use crate::clock::Random;
use crate::config::Config;
use crate::keys::{MasterKeys, SigningKeys, read_private, write};
use crate::vault::copying::is_empty;
use crate::vault::{Folders, Vault, store_at};

#[derive(Args)]
pub struct Restore {
    /// The backup: a file, or s3://bucket/prefix/name. One that --database-only made replaces the SQLite
    /// database; any other needs an empty data folder.
    file: String,
    #[command(flatten)]
    encryption: Encryption,
    /// A file with the master keys, if the backup is without them.
    #[arg(long, value_name = "FILE")]
    master_keys: Option<PathBuf>,
    /// A file with the signing keys, if the backup is without them.
    #[arg(long, value_name = "FILE")]
    signing_keys: Option<PathBuf>,
    /// Do without a part, which is lost then. May be given several times.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    without: Vec<Part>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Nothing that is encrypted can be read: images, templates, stored answers.
    MasterKeys,
    /// Every token must be rebuilt.
    SigningKeys,
    /// The wrapped keys: the same is lost as without the master keys.
    Keys,
    /// Images: of records, and the small ones of persons.
    Objects,
    /// What was lost before the backup was made, and is named by its records.
    Missing,
}

/// What an empty data folder may hold.
const MAY_BE_THERE: [&str; 3] = ["models", "master-keys.json", "signing-keys.json"];
const SQLITE: &[u8] = b"SQLite format 3\0";

pub async fn run(locations: &Locations, arguments: &Restore) -> Result<ExitCode> {
    if is_sqlite(&arguments.file)? {
        return replace_database(locations, Path::new(&arguments.file), arguments.json);
    }
    let config = locations.config()?;
    let secret = arguments.encryption.secret(Asked::Once)?;
    let file = BackupFile::at(&arguments.file)?;
    let created = !locations.data.exists();
    let restoring =
        Restoring { locations, config: &config, arguments, progress: Progress::default() };
    let restored =
        progress::with_bar("restoring", &restoring.progress, restoring.run(&file, &secret)).await;
    if restored.is_err() && created {
        // Only when nothing is in it.
        let _ = fs::remove_dir(&locations.data);
    }
    let (manifest, opened, lost) = restored?;
    report(locations, arguments, &manifest, opened, &lost)?;
    Ok(ExitCode::SUCCESS)
}

struct Restoring<'a> {
    locations: &'a Locations,
    config: &'a Config,
    arguments: &'a Restore,
    progress: Progress,
}

/// What goes again unless all of it is there.
#[derive(Default)]
struct Placed(Vec<PathBuf>);

impl Drop for Placed {
    fn drop(&mut self) {
        for path in &self.0 {
            // Whatever stops this, the restore has failed already, and says so.
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}

/// A store of the vault, and where its folder comes from if it is one in the data folder.
struct VaultStore {
    store: Arc<dyn ObjectStore>,
    own: Option<&'static str>,
}

impl Restoring<'_> {
    async fn run(
        &self,
        file: &BackupFile,
        secret: &crate::backup::Secret,
    ) -> Result<(Manifest, Option<Opened>, Vec<String>)> {
        let Restoring { locations, config, arguments, .. } = self;
        self.reject_what_is_there()?;
        locations.create()?;
        let work = tempfile::Builder::new().prefix("restoring-").tempdir_in(&locations.data);
        let work = work.context("cannot write to the data folder")?;
        let [keys, objects] = self.stores(work.path()).await?;
        let location = match locations.location() {
            Location::File(_) => Location::File(work.path().join("verax.db")),
            postgres => postgres,
        };
        let chosen = |part: Part, store: &VaultStore| {
            (!self.is_without(part)).then(|| Arc::clone(&store.store))
        };
        let target = Target {
            location,
            keys: chosen(Part::Keys, &keys),
            objects: chosen(Part::Objects, &objects),
            samples: Samples::All,
        };
        let unpacked = unpack(file, secret, &target, &self.progress).await?;
        let mut lost = Vec::new();
        let files = &unpacked.files;
        let inside = |name| files.get(&name).map(|bytes| bytes.as_slice());
        let own = [
            (locations.master_keys_file(config), FileName::MasterKeys, &arguments.master_keys),
            (locations.keys_file(config), FileName::SigningKeys, &arguments.signing_keys),
        ];
        let mut writes: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        for (path, name, given) in own {
            let text = match (inside(name), given) {
                (_, Some(file)) => Some(read_private(file)?),
                (Some(text), None) => Some(text.to_vec()),
                (None, None) => None,
            };
            if let Some(text) = text {
                if path.exists() && read_private(&path)? != text {
                    bail!("{} is there already, and is another: move it away", path.display());
                }
                writes.push((path, text));
            }
        }
        let manifest = &unpacked.manifest;
        let opened = self.open(&unpacked, [&keys, &objects], &mut lost).await?;
        self.want_signing_keys(inside(FileName::SigningKeys).is_some(), &mut lost)?;
        self.want_whole(manifest, &mut lost)?;
        if let Some(settings) = inside(FileName::Settings) {
            writes.push((locations.data.join("settings-of-backup.toml"), settings.to_vec()));
        }
        let mut placed = Placed::default();
        // All files of the stores at once: one after the other takes minutes.
        rustix::fs::syncfs(fs::File::open(work.path())?)?;
        for (path, text) in writes {
            if !path.exists() {
                write(&path, &text)?;
                placed.0.push(path);
            }
        }
        for name in [&keys, &objects].into_iter().filter_map(|store| store.own) {
            let path = locations.data.join(name);
            fs::rename(work.path().join(name), &path)?;
            placed.0.push(path);
        }
        // Last of all: what is there without the database is no installation yet.
        let (_, manifest) = unpacked.commit().await?;
        if let Location::File(path) = locations.location() {
            fs::rename(work.path().join("verax.db"), path)?;
        }
        placed.0.clear();
        fs::File::open(&locations.data)?.sync_all()?;
        let options = crate::app::options(config, Schema::BringUpToDate);
        let database = Database::open(&locations.location(), &options).await?;
        rebuild_tallies(&database).await?;
        Ok((manifest, opened, lost))
    }

    fn is_without(&self, part: Part) -> bool {
        self.arguments.without.contains(&part)
    }

    fn reject_what_is_there(&self) -> Result<()> {
        let data = &self.locations.data;
        let Ok(entries) = fs::read_dir(data) else { return Ok(()) };
        for entry in entries {
            let name = entry?.file_name();
            if !MAY_BE_THERE.iter().any(|allowed| name == *allowed) {
                bail!(
                    "{} is not empty: it has {}. Restore into an empty folder (--data DIR), and \
                     take that in its place",
                    data.display(),
                    name.to_string_lossy()
                );
            }
        }
        Ok(())
    }

    /// Where the keys and the objects go.
    async fn stores(&self, work: &Path) -> Result<[VaultStore; 2]> {
        let Restoring { locations, config, .. } = self;
        let settings = [&config.vault.keys, &config.vault.objects];
        let mut stores = Vec::new();
        for ((name, setting), address) in [("keys", settings[0]), ("objects", settings[1])]
            .into_iter()
            .zip(locations.vault_locations(config))
        {
            let own = setting.is_empty().then_some(name);
            let store = match own {
                Some(name) => unsynced_store(&work.join(name))?,
                None => store_at(&address, Folders::Made)?,
            };
            if !is_empty(&store).await? {
                bail!("{address} (vault.{name}) is not empty: something would be replaced");
            }
            stores.push(VaultStore { store, own });
        }
        stores.try_into().map_err(|_| anyhow::anyhow!("the vault has two stores"))
    }

    /// Opens the keys with the master keys that there will be.
    async fn open(
        &self,
        unpacked: &crate::backup::Unpacked,
        [keys, objects]: [&VaultStore; 2],
        lost: &mut Vec<String>,
    ) -> Result<Option<Opened>> {
        let count = unpacked.manifest.keys.count;
        if count == 0 {
            return Ok(None);
        }
        let all = "all images, templates and stored answers: nothing opens them";
        if self.is_without(Part::Keys) {
            lost.push(format!("{all} ({count} wrapped keys were left out)"));
            return Ok(None);
        }
        let file = self.locations.master_keys_file(self.config);
        let inside = unpacked.files.get(&FileName::MasterKeys).map(|text| text.to_vec());
        let given = self.arguments.master_keys.as_deref().map(read_private).transpose()?;
        // Those that a server would take: the environment comes before any file.
        let master = match given.or(inside).map(Zeroizing::new) {
            Some(text) if !MasterKeys::are_in_environment() => {
                Some(MasterKeys::from_text(std::str::from_utf8(&text)?)?)
            }
            _ if MasterKeys::are_given(&file) => Some(MasterKeys::open_existing(&file)?),
            _ => None,
        };
        let Some(master) = master else {
            if self.is_without(Part::MasterKeys) {
                lost.push(format!("{all} ({count} wrapped keys, and no master key)"));
                return Ok(None);
            }
            bail!(
                "the backup is without the master keys, and none are given: its {count} wrapped keys \
                 would open nothing. Give --master-keys FILE; or say --without master-keys, and all \
                 images, templates and stored answers are lost"
            );
        };
        let vault = Vault::over(
            master,
            Arc::clone(&keys.store),
            Arc::clone(&objects.store),
            Random::System,
        );
        let opened = match self.is_without(Part::Objects) {
            true => unpacked.open_clients(&vault).await,
            false => unpacked.open_samples(&vault).await,
        };
        match opened {
            Err(error) if self.is_without(Part::MasterKeys) => {
                lost.push(format!("{all} ({error:#})"));
                Ok(None)
            }
            opened => opened.map(Some).context(
                "the master keys do not fit the backup (--without master-keys restores without them)",
            ),
        }
    }

    fn want_signing_keys(&self, inside: bool, lost: &mut Vec<String>) -> Result<()> {
        let file = self.locations.keys_file(self.config);
        if inside || self.arguments.signing_keys.is_some() || SigningKeys::are_given(&file) {
            return Ok(());
        }
        if !self.is_without(Part::SigningKeys) {
            bail!(
                "the backup is without the signing keys, and none are given: no token would be valid. \
                 Give --signing-keys FILE; or say --without signing-keys, and make all tokens anew"
            );
        }
        lost.push("all tokens: `verax token create` makes new ones".to_owned());
        Ok(())
    }

    fn want_whole(&self, manifest: &Manifest, lost: &mut Vec<String>) -> Result<()> {
        let (images, keys) = (manifest.missing_images, manifest.missing_keys);
        if self.is_without(Part::Objects) && manifest.objects.count > 0 {
            lost.push(format!("{} images: their records still name them", manifest.objects.count));
        }
        if images == 0 && keys == 0 {
            return Ok(());
        }
        let missing = format!(
            "{images} images that records name, and the keys of {keys} templates, were not there when \
             the backup was made"
        );
        if !self.is_without(Part::Missing) {
            bail!("{missing}: take an older backup, or say --without missing");
        }
        lost.push(missing);
        Ok(())
    }
}

fn report(
    locations: &Locations,
    arguments: &Restore,
    manifest: &Manifest,
    opened: Option<Opened>,
    lost: &[String],
) -> Result<()> {
    let rows = manifest.rows();
    if arguments.json {
        let opened = opened.map_or(
            json!("not_checked"),
            |it| json!({ "clients": it.clients, "objects": it.objects }),
        );
        let (keys, objects) = (manifest.keys.count, manifest.objects.count);
        print_line(format_args!(
            "{}",
            json!({
                "rows": rows, "keys": keys, "objects": objects, "opened": opened, "lost": lost
            })
        ))?;
        return Ok(());
    }
    print_line(format_args!(
        "restored into {}: {rows} rows, {} wrapped keys, {} objects",
        locations.data.display(),
        manifest.keys.count,
        manifest.objects.count
    ))?;
    if let Some(opened) = opened {
        print_line(format_args!(
            "opened: the keys of {} clients and {} objects",
            opened.clients, opened.objects
        ))?;
    }
    if manifest.files.contains(&FileName::Settings) {
        print_line(format_args!(
            "its settings are in settings-of-backup.toml: give it with --config, if they fit"
        ))?;
    }
    print_line(format_args!(
        "what was deleted after the backup was made is back: delete it again"
    ))?;
    print_line(format_args!("not in a backup: models (`verax models install`), certificates"))?;
    for what in lost {
        print_line(format_args!("lost: {what}"))?;
    }
    Ok(())
}

fn unsynced_store(folder: &Path) -> Result<Arc<dyn ObjectStore>> {
    fs::create_dir(folder)?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?))
}

fn is_sqlite(file: &str) -> Result<bool> {
    if file.starts_with("s3://") {
        return Ok(false);
    }
    let mut begin = Vec::new();
    let opened = fs::File::open(file).with_context(|| {
        format!("there is no file {file}: name one that `verax backup` has made")
    })?;
    opened.take(SQLITE.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == SQLITE)
}

/// Of a copy of the database alone.
fn replace_database(locations: &Locations, file: &Path, json: bool) -> Result<ExitCode> {
    if locations.database_url.is_some() {
        bail!("this is a copy of SQLite alone; for PostgreSQL restore a whole backup");
    }
    locations.create()?;
    let progress = progress::Progress::of_unknown_length("restoring");
    let records = Database::restore(file, &locations.database_file())
        .with_context(|| format!("{}: name a file that `verax backup` has made", file.display()))?;
    drop(progress);
    if json {
        print_line(format_args!("{}", json!({ "records": records })))?;
    } else {
        print_line(format_args!("restored: {records} records"))?;
    }
    Ok(ExitCode::SUCCESS)
}
