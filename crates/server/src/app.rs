//! Use cases: what the server does, whoever asks.

pub mod access;
pub mod biometrics;
pub mod demo;
pub mod document_checks;
pub mod due;
pub mod faces;
pub mod galleries;
pub mod idempotency;
pub mod import;
pub mod measuring;
pub mod persons;
pub mod records;
pub mod registrations;
pub mod tallies;

use std::sync::Arc;

use anyhow::Result;
use verax_domain::resources;
use verax_query::{Query, Tenant};
use verax_store::{Batch, Database, Location, Options, Schema, StoreError};

use crate::clock::{Clock, Random};
use crate::config::Config;
use crate::keys::SigningKeys;
use crate::vault::Vault;

/// What every use case stands on.
#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub database: Database,
    pub keys: SigningKeys,
    pub clock: Clock,
    pub random: Random,
    pub access: access::Access,
    pub measuring: measuring::Measuring,
    pub faces: faces::Faces,
    pub vault: Vault,
    pub galleries: galleries::Galleries,
}

impl App {
    pub async fn open(
        config: Config,
        location: &Location,
        keys: SigningKeys,
        vault: Vault,
        schema: Schema,
    ) -> Result<App> {
        let database = Database::open(location, &options(&config, schema)).await?;
        let app = App::new(config, database, keys, Clock::System, Random::System);
        Ok(app.with_vault(vault))
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
        let measuring = measuring::Measuring::new(&config.vision);
        let faces = faces::Faces::default();
        let vault = Vault::in_memory(random.clone());
        let galleries = galleries::Galleries::default();
        let config = Arc::new(config);
        App { config, database, keys, clock, random, access, measuring, faces, vault, galleries }
    }

    /// The same, measuring faces with these models.
    pub fn with_faces(self, faces: faces::Faces) -> App {
        App { faces, ..self }
    }

    /// The same, keeping pictures and templates in this vault.
    pub fn with_vault(self, vault: Vault) -> App {
        App { vault, ..self }
    }

    /// How many records a client has, of all kinds.
    pub async fn count_records(&self, client: &str) -> Result<u64, StoreError> {
        let mut count = 0;
        for resource in resources::ALL.into_iter().filter(|it| it.tenant_column != "id") {
            let tenant = Tenant::Client(client.to_owned());
            count += self.database.count(&Query::whole(resource), &tenant).await?;
        }
        Ok(count)
    }

    /// Deletes a client with all that is its. What was kept goes first: when this is interrupted,
    /// the client is still there and can be deleted again.
    pub async fn delete_client(&self, client: &str) -> Result<()> {
        self.vault.destroy_client(client).await?;
        let mut batch = Batch::default();
        batch.delete_client(client);
        Ok(self.database.commit(batch).await?)
    }

    pub fn new_id(&self) -> String {
        verax_domain::id::new_id(self.clock.now(), self.random.number())
    }
}

fn options(config: &Config, schema: Schema) -> Options {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let readers = match config.database.readers {
        0 => processors,
        readers => readers,
    };
    Options {
        readers,
        connections: config.database.connections,
        schema,
        statement_limit: std::time::Duration::from_secs(config.database.statement_seconds),
    }
}
