//! Where the data, the database, the keys and the settings are, and how they are opened together.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use verax_store::{Database, Location, Schema, StoreError};

use super::output::report_line;
use crate::app::App;
use crate::backup::Source;
use crate::clock::Random;
use crate::config::Config;
use crate::keys::{MasterKeys, SigningKeys};
use crate::private_files;
use crate::vault::{Folders, Vault, holds_client_keys, store_at};

/// What every command takes stands last in its help.
const GLOBAL: &str = "Global options";

/// Where things are. Every command takes these.
#[derive(Args, Clone)]
pub struct Locations {
    /// The data folder: the SQLite database, keys, stored images.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "VERAX_DATA",
        value_name = "DIR",
        default_value = "verax-data"
    )]
    pub(super) data: PathBuf,
    /// postgres://user:password@host/name, instead of SQLite in the data folder. Several hosts with
    /// commas between them: the one that takes writes is used.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "VERAX_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(super) database_url: Option<String>,
    /// A streaming replica of that PostgreSQL, in the same form: lists and single records are read
    /// from it while it has all that was acknowledged.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "VERAX_DATABASE_REPLICA_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(super) database_replica_url: Option<String>,
    /// A settings file in TOML; `docs/reference/settings.md` lists what it may say.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "VERAX_CONFIG",
        value_name = "FILE"
    )]
    pub(super) config: Option<PathBuf>,
}

/// What may be missing when everything is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Nothing that the database knows.
    Bound,
    /// The places of the vault: the database is about to be told of others.
    Rebound,
    /// Keys too: they are lost, and are rebuilt.
    Lost,
}

/// Who may make what is not there.
const MAKERS: &str = "only verax serve, import, client create and migrate make what is missing";

impl Locations {
    pub fn config(&self) -> Result<Config> {
        Config::load(self.config.as_deref())
    }

    pub fn location(&self) -> Location {
        match &self.database_url {
            Some(url) => Location::Postgres(url.clone()),
            None => Location::File(self.database_file()),
        }
    }

    pub(super) fn replica(&self) -> Option<Location> {
        self.database_replica_url.clone().map(Location::Postgres)
    }

    pub fn models(&self) -> PathBuf {
        self.data.join("models")
    }

    pub fn database_file(&self) -> PathBuf {
        self.data.join("verax.db")
    }

    pub fn keys_file(&self, config: &Config) -> PathBuf {
        match config.tokens.signing_keys_file.as_str() {
            "" => self.data.join("signing-keys.json"),
            file => Path::new(file).to_owned(),
        }
    }

    pub fn master_keys_file(&self, config: &Config) -> PathBuf {
        match config.vault.master_keys_file.as_str() {
            "" => self.data.join("master-keys.json"),
            file => Path::new(file).to_owned(),
        }
    }

    /// Where the vault's keys and objects are: folders, or buckets as `s3://bucket/prefix`.
    pub(super) fn vault_locations(&self, config: &Config) -> [String; 2] {
        let location = |setting: &str, folder: &str| match setting {
            "" => self.data.join(folder).display().to_string(),
            setting => setting.to_owned(),
        };
        [location(&config.vault.keys, "keys"), location(&config.vault.objects, "objects")]
    }

    /// Where this node writes: names, and a path on each file system.
    pub(super) fn disks(&self, config: &Config) -> Vec<(&'static str, PathBuf)> {
        let [keys, objects] = self.vault_locations(config);
        let mut disks = vec![("data", self.data.clone())];
        for (name, location) in [("keys", keys), ("objects", objects)] {
            if !location.starts_with("s3://") {
                disks.push((name, location.into()));
            }
        }
        disks
    }

    /// Takes the rights of others away from what an older version has left in the vault's folders:
    /// on a thread of its own, as there may be millions of files.
    pub(super) fn make_vault_private(&self, config: &Config) {
        let locations = self.vault_locations(config);
        std::thread::spawn(move || {
            for folder in locations.iter().filter(|it| !it.starts_with("s3://")) {
                if let Err(error) = private_files::make_private(Path::new(folder)) {
                    tracing::warn!(cause = %error, "others may read files of the vault: run chmod");
                }
            }
        });
    }

    /// What a backup of this place is made of.
    pub fn backup_source(&self, database: Database) -> Result<Source> {
        let config = self.config()?;
        let [keys, objects] = self.vault_locations(&config);
        Ok(Source {
            location: self.location(),
            database,
            keys: store_at(&keys, Folders::Made)?,
            objects: store_at(&objects, Folders::Made)?,
            scratch: self.data.clone(),
            settings: self.config.clone(),
            master_keys: self.master_keys_file(&config),
            signing_keys: self.keys_file(&config),
        })
    }

    /// Held by whoever works on the data folder for long, beside others.
    ///
    /// # Errors
    /// Somebody has it alone.
    pub fn shared(&self) -> Result<File> {
        let file = self.lock_file()?;
        file.try_lock_shared().map_err(|_| {
            anyhow!("`verax move` is running on the data in {}", self.data.display())
        })?;
        Ok(file)
    }

    /// Held by whoever may not have others beside it.
    ///
    /// # Errors
    /// A server or a worker runs on the data folder.
    pub fn alone(&self) -> Result<File> {
        let file = self.lock_file()?;
        file.try_lock().map_err(|_| {
            anyhow!("a server is running on the data in {}: stop it first", self.data.display())
        })?;
        Ok(file)
    }

    fn lock_file(&self) -> Result<File> {
        use std::os::unix::fs::OpenOptionsExt;
        self.create()?;
        let path = self.data.join("lock");
        let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
        file.with_context(|| format!("cannot open {}", path.display()))
    }

    /// A data folder that was there keeps its mode: somebody may have chosen it.
    pub(super) fn warn_of_open_folder(&self) {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(&self.data);
        if found.is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
            let folder = self.data.display();
            tracing::warn!(%folder, "others may enter the data folder: run chmod 700 on it");
        }
    }

    /// Makes the data folder, for its owner alone.
    pub fn create(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        if self.data.is_dir() {
            return Ok(());
        }
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.data);
        made.with_context(|| {
            let folder = self.data.display();
            format!("cannot create the data folder {folder}: name one of yours by --data")
        })
    }

    /// Opens everything; makes what is not there yet, says so, and brings the schema up to date. For the
    /// commands that somebody begins with: a slip of the pen in `--data` must not look like an empty
    /// database to all others.
    ///
    /// # Errors
    /// Keys or vault are not those of the database, or were lost: nothing is made in their place.
    pub async fn open_or_make(&self) -> Result<App> {
        let app = self.open_as(Opening::Bound, Schema::BringUpToDate).await?;
        app.require_binding().await?;
        if app.database.is_new() {
            match self.database_url {
                Some(_) => report_line("made a new database in PostgreSQL"),
                None => report_line(format_args!("made a new database in {}", self.data.display())),
            }
        }
        Ok(app)
    }

    /// Opens what is there and brings its schema up to date.
    ///
    /// # Errors
    /// There is no database, or its keys or its vault are not here: nothing is made.
    pub async fn open(&self) -> Result<App> {
        let opened = self.open_as(Opening::Bound, Schema::BringExistingUpToDate).await;
        let app = opened.map_err(|error| match error.downcast_ref() {
            Some(StoreError::Missing(_)) => error.context(MAKERS),
            _ => error,
        })?;
        app.require_binding().await?;
        Ok(app)
    }

    pub(super) fn require_database(&self) -> Result<()> {
        if self.database_url.is_some() || self.database_file().exists() {
            return Ok(());
        }
        let folder = self.data.display();
        bail!("there is no database in {folder}: is --data (or VERAX_DATA) right? {MAKERS}")
    }

    /// Opens everything without a look whether it belongs together.
    pub(super) async fn open_as(&self, opening: Opening, schema: Schema) -> Result<App> {
        match schema {
            Schema::BringUpToDate => self.create()?,
            _ => self.require_database()?,
        }
        let config = self.config()?;
        let database =
            App::open_database(&config, &self.location(), self.replica(), schema).await?;
        let recorded = database.fingerprints().await?;
        let is_bound = !recorded.is_empty() && opening != Opening::Lost;
        let may_make = schema == Schema::BringUpToDate || opening != Opening::Bound;
        let keys_file = self.keys_file(&config);
        let keys = match (is_bound, may_make) {
            (true, _) => SigningKeys::open_existing(&keys_file)
                .context("the signing keys of this database are not here")?,
            (false, true) => SigningKeys::open(&keys_file, &Random::System)?,
            (false, false) => SigningKeys::open_existing(&keys_file).context(MAKERS)?,
        };
        let master_file = self.master_keys_file(&config);
        if opening != Opening::Lost && !MasterKeys::are_given(&master_file) {
            let keys = &self.vault_locations(&config)[0];
            if is_bound || database.holds_encrypted().await? || holds_client_keys(keys).await? {
                bail!(
                    "the master keys are not in {}, and what is stored is encrypted under them: put \
                     them back (setting vault.master_keys_file, or VERAX_MASTER_KEYS). None are made in \
                     their place: `verax vault bind --lost` does that, and gives up all that they open",
                    master_file.display()
                );
            }
        }
        let master = match may_make {
            true => MasterKeys::open(&master_file, &Random::System)?,
            false => MasterKeys::open_existing(&master_file).context(MAKERS)?,
        };
        let [keys_at, objects_at] = self.vault_locations(&config);
        let vault = match is_bound && opening == Opening::Bound {
            true => Vault::open_existing(master, &keys_at, &objects_at, Random::System)
                .context("the vault of this database is not here")?,
            false => Vault::open(master, &keys_at, &objects_at, Random::System)?,
        };
        let folders = self.watched_folders(&config);
        Ok(App::open(config, database, keys, vault).await?.with_folders(folders))
    }

    /// Opens what is there and changes nothing.
    pub async fn open_app(&self) -> Result<App> {
        let config = self.config()?;
        let keys = SigningKeys::open_existing(&self.keys_file(&config))?;
        // What only looks reads no image and no template.
        let vault = Vault::in_memory(Random::System);
        let schema = Schema::LeaveAsItIs;
        let database =
            App::open_database(&config, &self.location(), self.replica(), schema).await?;
        App::open(config, database, keys, vault).await
    }

    /// Where there must be space.
    pub(super) fn watched_folders(&self, config: &Config) -> Vec<PathBuf> {
        let mut folders = vec![self.data.clone()];
        let vault = self.vault_locations(config);
        folders.extend(vault.iter().filter(|it| !it.starts_with("s3://")).map(PathBuf::from));
        let log = Path::new(&config.log.file).parent().filter(|it| !it.as_os_str().is_empty());
        folders.extend(log.map(Path::to_owned));
        folders
    }
}
