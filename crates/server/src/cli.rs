//! The commands of `verax`.

mod backup;
mod bench_documents;
mod bench_face_grid;
mod bench_faces;
mod check_document;
mod client;
mod completions;
mod doctor;
mod eval_documents;
mod eval_faces;
mod eval_files;
mod export;
mod import;
mod install_models;
mod man;
mod move_data;
mod output;
mod progress;
mod reference;
mod restore;
mod serve;
mod settings;
mod token;
mod vault;
mod worker;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use verax_domain::resources;
use verax_store::{Database, Location, Schema, StoreError, Upkeep};

use self::output::{OUTPUT_CLOSED_CODE, Output, is_output_closed, report_line};
use crate::app::App;
use crate::backup::Source;
use crate::clock::Random;
use crate::config::Config;
use crate::hardening;
use crate::installed_models::read_face_models;
use crate::keys::{MasterKeys, SigningKeys};
use crate::private_files;
use crate::vault::{Folders, Vault, holds_client_keys, store_at};

/// Checks faces and identity documents on your own machine, keeps every check as a record, and
/// lists the records through an API that speaks the Verifik v2 protocol.
#[derive(Parser)]
#[command(name = "verax", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    locations: Locations,
    #[command(subcommand)]
    command: Command,
}

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
    data: PathBuf,
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
    database_url: Option<String>,
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
    database_replica_url: Option<String>,
    /// A settings file in TOML; `docs/reference/settings.md` lists what it may say.
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        env = "VERAX_CONFIG",
        value_name = "FILE"
    )]
    config: Option<PathBuf>,
}

/// What may be missing when everything is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// Nothing that the database knows.
    Bound,
    /// The places of the vault: the database is about to be told of others.
    Rebound,
    /// Keys too: they are lost, and are rebuilt.
    Lost,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API.
    Serve(serve::Arguments),
    /// Run background jobs (expiry, recovery) without serving the API.
    Worker(worker::Arguments),
    /// Create, list and delete clients: the companies whose records are stored.
    #[command(subcommand)]
    Client(client::Command),
    /// Create, list and revoke access tokens; rotate the keys that sign them.
    #[command(subcommand)]
    Token(token::Command),
    /// List and change the settings that all nodes share.
    #[command(subcommand)]
    Settings(settings::Command),
    /// Look after the keys that open images and templates, and whether they open them.
    #[command(subcommand)]
    Vault(vault::Command),
    /// Store records from NDJSON, or from pages as the API (or Verifik's) answers them.
    Import(import::Arguments),
    /// Write records as NDJSON.
    Export(export::Arguments),
    /// Check the configuration and report problems.
    Doctor(doctor::Arguments),
    /// Bring the database's schema up to date.
    Migrate(doctor::Migrate),
    /// Write one encrypted file that holds everything, while it is in use, and try to restore it.
    Backup(backup::Backup),
    /// Restore everything of a backup into an empty data folder.
    Restore(restore::Restore),
    /// Move everything to another database: from SQLite to PostgreSQL, or back.
    Move(move_data::Move),
    /// Install and list the models that measure images.
    #[command(subcommand)]
    Models(install_models::ModelsCommand),
    /// Check one image and print all that was found.
    #[command(subcommand)]
    Check(Check),
    /// Measure error rates on images of your own.
    #[command(subcommand)]
    Eval(Eval),
    /// Measure speed and memory on this machine.
    #[command(subcommand)]
    Bench(Bench),
    /// Write the reference pages and the OpenAPI document.
    Reference(reference::Arguments),
    /// Print the script with which a shell completes commands and options.
    Completions(completions::Arguments),
    /// Write a manual page for each command.
    Man(man::Arguments),
}

impl Command {
    /// Whether the files that it makes are the server's own. Whoever asks for a file of results has
    /// it with the mode that the shell gives.
    fn makes_private_files(&self) -> bool {
        match self {
            Command::Serve(_)
            | Command::Worker(_)
            | Command::Client(_)
            | Command::Token(_)
            | Command::Settings(_)
            | Command::Vault(_)
            | Command::Import(_)
            | Command::Doctor(_)
            | Command::Migrate(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Move(_) => true,
            Command::Export(_)
            | Command::Models(_)
            | Command::Check(_)
            | Command::Eval(_)
            | Command::Bench(_)
            | Command::Reference(_)
            | Command::Completions(_)
            | Command::Man(_) => false,
        }
    }
}

#[derive(Subcommand)]
enum Eval {
    /// How often faces are taken for the same, or not, on labelled pairs.
    Faces(eval_faces::EvalFacesArgs),
    /// How often presentation attacks pass, and bona fide images do not.
    Attacks(eval_faces::EvalAttacksArgs),
    /// How well the document checks tell genuine documents from attacks.
    Documents(eval_documents::EvalDocuments),
}

#[derive(Subcommand)]
enum Check {
    /// The checks of an identity document.
    Document(check_document::CheckDocument),
}

#[derive(Subcommand)]
enum Bench {
    /// Images a second and time per stage.
    Faces(bench_faces::BenchFacesArgs),
    /// One photograph of a document, decoded and put through the checks.
    Documents(bench_documents::BenchDocumentsArgs),
}

/// Runs the command of the process's arguments. Exit codes: 0 done, 1 it failed, 2 the arguments
/// are wrong, 141 nobody reads the output any more.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = hardening::reject_core_dumps() {
        report_line(format_args!(
            "a core dump could hold keys, and the system does not reject it: {error}"
        ));
    }
    if cli.command.makes_private_files() {
        hardening::make_files_private();
    }
    match run(cli) {
        Ok(code) => code,
        Err(error) if is_output_closed(&error) => ExitCode::from(OUTPUT_CLOSED_CODE),
        Err(error) => {
            report_line(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let locations = cli.locations;
    match &cli.command {
        Command::Reference(arguments) => return reference::run(arguments),
        Command::Completions(arguments) => return completions::run(arguments),
        Command::Man(arguments) => return man::run(arguments),
        _ => {}
    }
    if let Some(done) = measuring(&locations, &cli.command) {
        return done.map(|()| ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(arguments) => serve::run(&locations, arguments).await,
            Command::Worker(arguments) => worker::run(&locations, &arguments).await,
            Command::Client(command) => client::run(&locations, command).await,
            Command::Token(command) => token::run(&locations, command).await,
            Command::Settings(command) => settings::run(&locations, command).await,
            Command::Vault(command) => vault::run(&locations, command).await,
            Command::Import(arguments) => import::run(&locations, &arguments).await,
            Command::Export(arguments) => export::run(&locations, &arguments).await,
            Command::Doctor(arguments) => doctor::run(&locations, &arguments).await,
            Command::Migrate(arguments) => doctor::migrate(&locations, &arguments).await,
            Command::Backup(arguments) => backup::run(&locations, arguments).await,
            Command::Restore(arguments) => restore::run(&locations, &arguments).await,
            Command::Move(arguments) => move_data::run(&locations, &arguments).await,
            Command::Reference(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Models(_)
            | Command::Check(_)
            | Command::Eval(_)
            | Command::Bench(_) => Ok(ExitCode::SUCCESS),
        }
    })
}

/// The commands that work on images alone: they need no database.
fn measuring(locations: &Locations, command: &Command) -> Option<Result<()>> {
    let models = || read_face_models(&locations.models(), &locations.config()?.models);
    let out = &mut Output;
    match command {
        Command::Models(command) => Some(install_models::run(command, &locations.models(), out)),
        Command::Eval(Eval::Faces(arguments)) => {
            Some(models().and_then(|models| eval_faces::run_faces(arguments, models, out)))
        }
        Command::Eval(Eval::Attacks(arguments)) => {
            Some(models().and_then(|models| eval_faces::run_attacks(arguments, models, out)))
        }
        Command::Eval(Eval::Documents(arguments)) => Some(eval_documents::run(arguments)),
        Command::Check(Check::Document(arguments)) => {
            Some(models().and_then(|models| check_document::run(arguments, models)))
        }
        Command::Bench(Bench::Faces(arguments)) => {
            Some(models().and_then(|models| bench_faces::run(arguments, models, out)))
        }
        Command::Bench(Bench::Documents(arguments)) => Some(bench_documents::run(arguments, out)),
        _ => None,
    }
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

    fn replica(&self) -> Option<Location> {
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
    fn vault_locations(&self, config: &Config) -> [String; 2] {
        let location = |setting: &str, folder: &str| match setting {
            "" => self.data.join(folder).display().to_string(),
            setting => setting.to_owned(),
        };
        [location(&config.vault.keys, "keys"), location(&config.vault.objects, "objects")]
    }

    /// Where this node writes: names, and a path on each file system.
    fn disks(&self, config: &Config) -> Vec<(&'static str, PathBuf)> {
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
    fn make_vault_private(&self, config: &Config) {
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
    fn warn_of_open_folder(&self) {
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

    fn require_database(&self) -> Result<()> {
        if self.database_url.is_some() || self.database_file().exists() {
            return Ok(());
        }
        let folder = self.data.display();
        bail!("there is no database in {folder}: is --data (or VERAX_DATA) right? {MAKERS}")
    }

    /// Opens everything without a look whether it belongs together.
    async fn open_as(&self, opening: Opening, schema: Schema) -> Result<App> {
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
    fn watched_folders(&self, config: &Config) -> Vec<PathBuf> {
        let mut folders = vec![self.data.clone()];
        let vault = self.vault_locations(config);
        folders.extend(vault.iter().filter(|it| !it.starts_with("s3://")).map(PathBuf::from));
        let log = Path::new(&config.log.file).parent().filter(|it| !it.as_os_str().is_empty());
        folders.extend(log.map(Path::to_owned));
        folders
    }
}

/// Counts all records again, after rows were copied past the tallies.
pub async fn rebuild_tallies(database: &Database) -> Result<(), StoreError> {
    for resource in resources::ALL.into_iter().filter(|it| it.tally.is_some()) {
        database.upkeep(Upkeep::Rebuild, resource).await?;
    }
    Ok(())
}
