//! One interface to both databases.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use verax_domain::{Record, Timestamp};
use verax_query::{After, Place, Query, Resource, Retrieval, Tenant};

use crate::cells::Reader;
use crate::clients::Which;
use crate::jobs::{self, Job, JobKind};
use crate::login_attempts;
use crate::postgres::Postgres;
use crate::records::{self, Imported};
use crate::registration_checks::{self, DocumentCounts};
use crate::registrations::{self, Contacts, HeldContact};
use crate::sqlite::{self, Sqlite};
use crate::tally::{self, Upkeep};
use crate::tokens::{self, Token};
use crate::write::Batch;
use crate::{Client, Layout, Listing, StoreError, biometric_checks, clients, list, settings};

/// An open database. Cheap to clone: clones share connections.
#[derive(Clone)]
pub enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    File(PathBuf),
    /// `postgres://user:password@host/name`.
    Postgres(String),
}

// The address holds a password: a debug print must not show it.
impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::File(path) => write!(f, "File({})", path.display()),
            Location::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite connections that read at once.
    pub readers: usize,
    /// PostgreSQL connections in the pool.
    pub connections: usize,
    /// A streaming replica of that PostgreSQL: lists and single records are read from it.
    pub replica: Option<Location>,
    /// The longest that one request may read.
    pub statement_limit: Duration,
    pub schema: Schema,
}

/// What opening does about a schema that is older than the binary, or not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Made where there is none.
    BringUpToDate,
    /// An error where there is none.
    BringExistingUpToDate,
    /// An error where there is none, or an older one.
    LeaveAsItIs,
    /// That of this version, in a database that is empty.
    Version(i64),
}

impl Database {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// `Missing` when there is none and `schema` says not to make one, `Newer` when a newer server made it, `Address` when the address makes no sense,
    /// `Unavailable` when it does not answer. A replica that does not answer is no error.
    pub async fn open(location: &Location, options: &Options) -> Result<Database, StoreError> {
        let database = Database::connect(location, options).await?;
        if matches!(options.schema, Schema::BringUpToDate | Schema::BringExistingUpToDate) {
            database.refold().await?;
        }
        Ok(database)
    }

    async fn connect(location: &Location, options: &Options) -> Result<Database, StoreError> {
        match location {
            Location::File(_) if options.replica.is_some() => {
                Err(StoreError::Address("only PostgreSQL has replicas".to_owned()))
            }
            Location::File(path) => {
                let (path, options) = (path.clone(), options.clone());
                let opened =
                    tokio::task::spawn_blocking(move || Sqlite::open(&path, &options)).await;
                let opened = opened.map_err(|error| StoreError::Statement(error.to_string()))?;
                Ok(Database::Sqlite(opened?))
            }
            Location::Postgres(url) => Ok(Database::Postgres(Postgres::open(url, options).await?)),
        }
    }

    /// The rows and the total of a page.
    pub async fn page(&self, query: &Query, tenant: &Tenant) -> Result<Listing, StoreError> {
        let request = Arc::new((query.clone(), tenant.clone()));
        let work =
            async move |reader: &mut Reader| list::page(reader, &request.0, &request.1).await;
        self.look(tenant, work).await
    }

    /// The rows after a place in the list's order, `limit` at most.
    pub async fn page_after(
        &self,
        query: &Query,
        tenant: &Tenant,
        place: Option<Place>,
        limit: u32,
        layout: Layout,
    ) -> Result<Listing, StoreError> {
        let (query, own) = (query.clone(), tenant.clone());
        let work = async move |reader: &mut Reader| {
            let after = After { place: place.as_ref(), limit };
            list::page_after(reader, &query, &own, after, layout).await
        };
        self.look(tenant, work).await
    }

    /// How many records match.
    pub async fn count(&self, query: &Query, tenant: &Tenant) -> Result<u64, StoreError> {
        let (query, own) = (query.clone(), tenant.clone());
        let work = async move |reader: &mut Reader| list::count(reader, &query, &own).await;
        self.look(tenant, work).await
    }

    /// The record as a JSON object; `None` when the tenant has no such record.
    pub async fn record(
        &self,
        retrieval: &Retrieval,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (retrieval, own, id) = (retrieval.clone(), tenant.clone(), id.to_owned());
        let work =
            async move |reader: &mut Reader| list::record(reader, &retrieval, &own, &id).await;
        self.look(tenant, work).await
    }

    /// The next whole records after the id `after` that match, a line each, and the id of the last;
    /// `None` at the end. Sort and page of the query do not matter.
    pub async fn walk(
        &self,
        query: &Query,
        tenant: &Tenant,
        after: &str,
        limit: u32,
        layout: Layout,
    ) -> Result<(Vec<u8>, Option<String>), StoreError> {
        let (query, own, after) = (query.clone(), tenant.clone(), after.to_owned());
        let work = async move |reader: &mut Reader| {
            list::walk(reader, &query, &own, &after, limit, layout).await
        };
        self.look(tenant, work).await
    }

    /// The token with this id, if it was handed out here and its client still exists.
    pub async fn token(&self, id: &str) -> Result<Option<Token>, StoreError> {
        let id = id.to_owned();
        self.read(async move |reader| tokens::token(reader, &id).await).await
    }

    /// The tokens of one client with its sandbox, or of all.
    pub async fn tokens(&self, client: Option<&str>) -> Result<Vec<Token>, StoreError> {
        let client = client.map(str::to_owned);
        self.read(async move |reader| tokens::tokens(reader, client.as_deref()).await).await
    }

    pub async fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        Ok(self.clients_of(Which::One(id.to_owned())).await?.pop())
    }

    /// The sandbox of this live client, if it has one.
    pub async fn sandbox_of(&self, client: &str) -> Result<Option<Client>, StoreError> {
        Ok(self.clients_of(Which::SandboxOf(client.to_owned())).await?.pop())
    }

    pub async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        self.clients_of(Which::All).await
    }

    async fn clients_of(&self, which: Which) -> Result<Vec<Client>, StoreError> {
        self.read(async move |reader| clients::clients(reader, &which).await).await
    }

    /// Which clients own the records with these ids, as far as there are such records.
    pub async fn owners(
        &self,
        resource: &'static Resource,
        ids: Vec<String>,
    ) -> Result<HashMap<String, String>, StoreError> {
        self.read(async move |reader| records::owners(reader, resource, &ids).await).await
    }

    /// Takes up jobs whose lease has run out, the oldest first, `limit` at most: until then they
    /// are the caller's, and nobody else gets them.
    pub async fn take_jobs(
        &self,
        kind: JobKind,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        self.change(async move |reader| {
            jobs::take_jobs(reader, kind, now, lease_until, limit).await
        })
        .await
    }

    /// Whether a registration of this project, but the one with this id, holds one of these contacts.
    pub async fn contact_holder(
        &self,
        client: &str,
        project: &str,
        contacts: Contacts,
        but: &str,
    ) -> Result<Option<HeldContact>, StoreError> {
        let (client, project, but) = (client.to_owned(), project.to_owned(), but.to_owned());
        self.read(async move |reader| {
            registrations::contact_holder(reader, &client, &project, &contacts, &but).await
        })
        .await
    }

    /// The one person who completed a registration in this project under this name.
    pub async fn person_by_identifier(
        &self,
        client: &str,
        project: &str,
        identifier: &str,
    ) -> Result<Option<String>, StoreError> {
        let (client, project) = (client.to_owned(), project.to_owned());
        let identifier = identifier.to_owned();
        self.read(async move |reader| {
            registrations::person_by_identifier(reader, &client, &project, &identifier).await
        })
        .await
    }

    /// Which of these counts of failed logins are locked at this moment, and until when.
    pub async fn login_locks(
        &self,
        client: &str,
        ids: Vec<String>,
        now: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| login_attempts::login_locks(reader, &client, ids, now).await)
            .await
    }

    /// The login that a validation is the second factor of.
    pub async fn second_factor_of(
        &self,
        client: &str,
        validation: &str,
    ) -> Result<Option<String>, StoreError> {
        let (client, validation) = (client.to_owned(), validation.to_owned());
        self.read(async move |reader| {
            biometric_checks::second_factor_of(reader, &client, &validation).await
        })
        .await
    }

    /// Whether an image with one of these digests was accepted after `old`.
    pub async fn was_accepted(
        &self,
        client: &str,
        digests: Vec<String>,
        old: Timestamp,
    ) -> Result<bool, StoreError> {
        let client = client.to_owned();
        self.read(async move |reader| {
            login_attempts::was_accepted(reader, &client, digests, old).await
        })
        .await
    }

    /// What the device of a registration has done with documents; `None`: there is no such
    /// registration, or it is over.
    pub async fn document_counts(
        &self,
        client: &str,
        registration: &str,
    ) -> Result<Option<DocumentCounts>, StoreError> {
        let (client, registration) = (client.to_owned(), registration.to_owned());
        self.read(async move |reader| {
            registration_checks::document_counts(reader, &client, &registration).await
        })
        .await
    }

    /// What is set for all nodes: names and values, in the order of the names.
    pub async fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.read(settings::settings).await
    }

    /// Stores records that come from elsewhere, all or none.
    pub async fn import(&self, records: &[Record], now: Timestamp) -> Result<Imported, StoreError> {
        let related = records::related_ids(records);
        let owners =
            self.read(async move |reader| records::owners_of_all(reader, &related).await).await?;
        let (batch, imported) = records::import_batch(records, owners, now);
        self.commit(batch).await?;
        Ok(imported)
    }

    /// Looks after the tallies of a resource.
    pub async fn upkeep(
        &self,
        upkeep: Upkeep,
        resource: &'static Resource,
    ) -> Result<u64, StoreError> {
        match self {
            Database::Sqlite(sqlite) if upkeep == Upkeep::Fold => sqlite.fold(resource).await,
            Database::Sqlite(sqlite) => {
                sqlite.transact(async move |reader| upkeep.run(reader, resource).await).await
            }
            Database::Postgres(postgres) => postgres.upkeep(upkeep, resource).await,
        }
    }

    /// How many changes are not folded into the tallies of a resource yet.
    pub async fn unfolded(&self, resource: &'static Resource) -> Result<u64, StoreError> {
        let count = self.read(async move |reader| tally::unfolded(reader, resource).await).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Makes the changes of a batch, all or none. When this returns, they are on the disk.
    ///
    /// # Errors
    /// `Conflict` when a statement touched another number of rows than it must.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.commit(batch).await,
            Database::Postgres(postgres) => postgres.commit(batch).await,
        }
    }

    /// Waits until nothing of what was deleted is in SQLite's write-ahead log any more. Whether that
    /// is so within the limit: a reader of another process can keep it there.
    pub async fn log_emptied(&self, limit: Duration) -> bool {
        match self {
            Database::Sqlite(sqlite) => sqlite.log_emptied(limit).await,
            Database::Postgres(_) => true,
        }
    }

    /// Runs `work` with a connection. On SQLite it may be begun a second time.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.read(None, work).await,
            Database::Postgres(postgres) => work(&mut postgres.reader().await?).await,
        }
    }

    /// Runs `work`, which only looks at records of this tenant, on one of the tenant's share of
    /// readers: on the replica where there is one that has all that was acknowledged; else as
    /// [`Database::read`] does.
    async fn look<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.read(Some(tenant), work).await,
            Database::Postgres(postgres) => {
                let _turn = postgres.turn(tenant).await?;
                match postgres.look(work.clone()).await {
                    Some(done) => done,
                    None => work(&mut postgres.reader().await?).await,
                }
            }
        }
    }

    /// Runs one statement that changes rows and answers some.
    async fn change<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.transact(work).await,
            Database::Postgres(postgres) => work(&mut postgres.reader().await?).await,
        }
    }

    /// Whether opening it has made it.
    pub fn is_new(&self) -> bool {
        match self {
            Database::Sqlite(sqlite) => sqlite.is_new,
            Database::Postgres(postgres) => postgres.is_new,
        }
    }

    /// Whether it is a process of its own, that may be on another machine.
    pub fn is_remote(&self) -> bool {
        matches!(self, Database::Postgres(_))
    }

    /// Whether the database takes writes: makes one that means nothing. Answers what time the
    /// database's own clock says; SQLite has none.
    pub async fn probe(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut batch = Batch::default();
        batch.beat(now);
        match self {
            Database::Sqlite(sqlite) => sqlite.commit(batch).await.map(|()| None),
            Database::Postgres(postgres) => postgres.probe(batch).await.map(Some),
        }
    }

    pub fn backup(from: &Path, to: &Path) -> Result<u64, StoreError> {
        sqlite::backup(from, to)
    }

    pub fn restore(from: &Path, to: &Path) -> Result<u64, StoreError> {
        sqlite::restore(from, to)
    }
}
