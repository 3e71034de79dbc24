//! Use cases: what the server does, whoever asks.

pub mod access;
pub mod accesses;
pub mod account;
pub mod admission;
pub mod contacts;
pub mod deletions;
pub mod demo;
pub mod document_validations;
pub mod documents;
pub mod emails;
pub mod faces;
pub mod feed;
pub mod health;
pub mod idempotency;
pub mod import;
pub mod journal;
pub mod lists;
pub mod members;
pub mod numbering;
pub mod persons;
pub mod projects;
pub mod registrations;
pub mod reviews;
pub mod settings;
pub mod upkeep;
pub mod validations;
pub mod views;
pub mod webhooks;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::sync::Notify;
use verax_domain::resources::{self, CLIENTS};
use verax_query::{Query, Tenant};
/// Why the database did not do what a use case asked of it.
pub use verax_store::StoreError;
use verax_store::{Batch, Database, Location, Options, Schema};
use verax_vision::document::DocumentEngine;

use crate::clock::{Clock, Random};
use crate::config::Config;
use crate::http_client::{AllowedAddresses, ImageFetcher, WebhookClient, WebhookUrls};
use crate::keys::SigningKeys;
use crate::messages::Messenger;
use crate::metrics::Metrics;
use crate::vault::Vault;

/// What every use case stands on.
#[derive(Clone)]
pub struct App {
    pub config: settings::Settings,
    pub database: Database,
    pub keys: SigningKeys,
    pub clock: Clock,
    pub random: Random,
    pub access: access::Access,
    /// To what stretches passwords.
    pub passwords: members::passwords::Passwords,
    /// To the engines that analyse images.
    pub admission: admission::Admission,
    pub faces: faces::Faces,
    pub document_reader: document_validations::reading::DocumentReader,
    pub feed: feed::Feed,
    pub vault: Vault,
    /// Nothing unless the setting `images.fetch_urls` allows it.
    pub images: Option<ImageFetcher>,
    pub webhook_urls: WebhookUrls,
    pub galleries: persons::galleries::Galleries,
    pub health: health::Health,
    pub metrics: Metrics,
    /// Whose free space is told: names, and a path on each.
    pub disks: Arc<[(&'static str, PathBuf)]>,
    pub sweeps: upkeep::sweeping::Sweeps,
    /// Nothing in a process that calls nobody.
    pub webhook_client: Option<WebhookClient>,
    pub deliveries: webhooks::slots::Deliveries,
    pub signers: webhooks::signers::Signers,
    pub messenger: Messenger,
    /// Rung when a code waits to be sent.
    pub codes_to_send: Arc<Notify>,
}

impl App {
    /// The database of these settings.
    pub async fn open_database(
        config: &Config,
        location: &Location,
        replica: Option<Location>,
        schema: Schema,
    ) -> Result<Database, StoreError> {
        Database::open(location, &Options { replica, ..options(config, schema) }).await
    }

    pub async fn open(
        config: Config,
        database: Database,
        keys: SigningKeys,
        vault: Vault,
    ) -> Result<App> {
        let images = match config.images.fetch_urls {
            true => Some(fetcher(&config)?),
            false => None,
        };
        let webhook_client =
            WebhookClient::new(&config.webhooks).context("webhooks cannot be called")?;
        let messenger = Messenger::new(&config)?;
        let app = App::new(config, database, keys, Clock::System, Random::System);
        app.read_settings().await?;
        Ok(App { images, messenger, ..app.with_vault(vault).with_webhook_client(webhook_client) })
    }

    /// An app whose vault is forgotten with it.
    pub fn new(
        config: Config,
        database: Database,
        keys: SigningKeys,
        clock: Clock,
        random: Random,
    ) -> App {
        let access = access::Access::new(config.tokens.cache_seconds);
        let admission = admission::Admission::new(&config.vision);
        let faces = faces::Faces::default();
        let vault = Vault::in_memory(random.clone());
        let galleries = persons::galleries::Galleries::default();
        let webhook_urls = WebhookUrls::new(&config.webhooks);
        let deliveries = webhooks::slots::Deliveries::new(config.webhooks.parallel);
        let config = settings::Settings::new(config);
        let metrics = Metrics::default();
        let kind = if database.is_remote() { "postgresql" } else { "sqlite" };
        let build = [("version", env!("CARGO_PKG_VERSION")), ("database", kind)];
        metrics.build.get_or_create(&build).set(1);
        metrics.started_at.set(clock.now().0 as f64 / 1000.0);
        App {
            config,
            database,
            keys,
            clock,
            random,
            access,
            passwords: members::passwords::Passwords::default(),
            admission,
            faces,
            document_reader: document_validations::reading::DocumentReader::default(),
            feed: feed::Feed::default(),
            vault,
            galleries,
            health: health::Health::default(),
            sweeps: upkeep::sweeping::Sweeps::default(),
            webhook_client: None,
            deliveries,
            signers: webhooks::signers::Signers::default(),
            messenger: Messenger::default(),
            codes_to_send: Arc::default(),
            images: None,
            webhook_urls,
            metrics,
            disks: Arc::default(),
        }
    }

    /// The same, measuring documents with this engine.
    pub fn with_documents(self, engine: DocumentEngine) -> App {
        App { admission: self.admission.clone().with_documents(engine), ..self }
    }

    /// The same, measuring faces with these models.
    pub fn with_faces(self, faces: faces::Faces) -> App {
        App { faces, ..self }
    }

    /// The same, reading documents with this.
    pub fn with_document_reader(
        self,
        document_reader: document_validations::reading::DocumentReader,
    ) -> App {
        App { document_reader, ..self }
    }

    /// The same, telling the free space where these paths are.
    pub fn with_disks(self, disks: Vec<(&'static str, PathBuf)>) -> App {
        App { disks: disks.into(), ..self }
    }

    /// The same, looking at the free space of these folders.
    pub fn with_folders(self, folders: Vec<PathBuf>) -> App {
        App { health: health::Health::of(folders), ..self }
    }

    /// The same, calling webhooks by this client.
    pub fn with_webhook_client(self, client: WebhookClient) -> App {
        App { webhook_client: Some(client), ..self }
    }

    /// The same, sending messages by this.
    pub fn with_messenger(self, messenger: Messenger) -> App {
        App { messenger, ..self }
    }

    /// The same, keeping images and templates in this vault.
    pub fn with_vault(self, vault: Vault) -> App {
        App { vault, ..self }
    }

    /// How many records a client and its sandbox have, of all kinds. Their events are no records of theirs.
    pub async fn count_records(&self, client: &str) -> Result<u64, StoreError> {
        let mut count = 0;
        for client in self.with_sandbox(client).await? {
            let tenant = Tenant::Client(client);
            for resource in resources::ALL {
                if resource.name == CLIENTS.name || resources::is_of_this_server(resource) {
                    continue;
                }
                count += self.database.count(&Query::whole(resource), &tenant).await?;
            }
        }
        Ok(count)
    }

    /// Deletes a client and its sandbox with all that is theirs. Keys go first and the clients' own rows
    /// last: when this is interrupted, the client is still there and can be deleted again.
    pub async fn delete_client(&self, client: &str) -> Result<()> {
        let mut batch = Batch::default();
        let clients = self.with_sandbox(client).await?;
        for client in &clients {
            self.vault.destroy_client(client).await?;
            batch.empty_client(client);
        }
        self.database.commit(batch).await?;
        // Their deletions are counted before their counts go.
        self.fold_tallies().await?;
        let mut batch = Batch::default();
        for client in &clients {
            batch.delete_client(client).delete_tallies(client);
        }
        self.database.commit(batch).await?;
        for client in &clients {
            // What was encrypted for it in between belongs to nobody.
            self.vault.destroy_client(client).await?;
        }
        Ok(())
    }

    /// The id of a client and, if it has one, that of its sandbox.
    pub async fn with_sandbox(&self, client: &str) -> Result<Vec<String>, StoreError> {
        let sandbox = self.database.sandbox_of(client).await?.map(|sandbox| sandbox.id);
        let mut ids = vec![client.to_owned()];
        ids.extend(sandbox.filter(|id| id != client));
        Ok(ids)
    }

    /// 128 random bits, in hexadecimal.
    pub fn random_bits(&self) -> String {
        format!("{:016x}{:016x}", self.random.number(), self.random.number())
    }

    pub fn new_id(&self) -> String {
        verax_domain::id::new_id(self.clock.now(), self.random.number())
    }
}

fn fetcher(config: &Config) -> Result<ImageFetcher> {
    let limit = std::time::Duration::from_secs(config.images.fetch_seconds);
    let bytes_max = config.http.body_bytes_max;
    ImageFetcher::new(AllowedAddresses::public(), limit, bytes_max)
        .context("images cannot be fetched")
}

pub fn options(config: &Config, schema: Schema) -> Options {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let readers = match config.database.readers {
        // One tenant has half of them: with one there would be nothing left.
        0 => processors.max(2),
        readers => readers,
    };
    Options {
        readers,
        connections: config.database.connections,
        replica: None,
        schema,
        statement_limit: std::time::Duration::from_secs(config.database.statement_seconds),
    }
}
