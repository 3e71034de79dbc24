//! A database of its own for each test, of either kind.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;
use verax_domain::journal::{Principal, Stamp};
use verax_store::{Database, ImportEntries, Location, Options, Schema};

/// Where the throw-away PostgreSQL is; `cargo xtask postgres` sets it.
const VARIABLE: &str = "VERAX_TEST_DATABASE_URL";

/// Nobody is told of what a test imports.
pub const QUIET: ImportEntries = ImportEntries::Quiet("records of a test");

/// What an event has of its own.
pub fn stamp() -> Stamp {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = format!("event-{}", COUNT.fetch_add(1, Ordering::SeqCst));
    Stamp { id, salt: "5a17".to_owned(), actor: Principal::System, request: None }
}

pub fn options() -> Options {
    Options {
        readers: 2,
        connections: 4,
        replica: None,
        statement_limit: Duration::from_secs(30),
        schema: Schema::BringUpToDate,
    }
}

/// A database and what must live as long as it.
pub struct Fixture {
    pub location: Location,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    pub async fn open(&self) -> Database {
        Database::open(&self.location, &options()).await.expect("the database opens")
    }
}

pub fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let location = Location::File(folder.path().join("verax.db"));
    Fixture { location, _folder: Some(folder) }
}

pub async fn postgres() -> Fixture {
    let Ok(url) = std::env::var(VARIABLE) else {
        panic!("{VARIABLE} is not set: run `cargo xtask postgres -- cargo nextest run`");
    };
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    // A server that stays up sees the same number of a process again.
    let moment = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_micros();
    let name = format!("store_{}_{number}_{moment}", std::process::id());
    let client = connect(&url).await;
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    Fixture { location: Location::Postgres(format!("{server}/{name}")), _folder: None }
}

/// PostgreSQL with the tables of records distributed by client, as far as one machine can: each is
/// partitioned, and then every unique key has to hold the client.
pub async fn distributed() -> Fixture {
    let fixture = postgres().await;
    fixture.open().await;
    let Location::Postgres(url) = &fixture.location else { panic!("PostgreSQL") };
    connect(url).await.batch_execute(include_str!("distribute.sql")).await.expect("partitions");
    fixture
}

/// Those where an id is one record's alone.
pub async fn both() -> [Fixture; 2] {
    [sqlite(), postgres().await]
}

pub async fn all() -> [Fixture; 3] {
    [sqlite(), postgres().await, distributed().await]
}

/// A plain connection, for what the store does not do.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL");
    tokio::spawn(connection);
    client
}

pub fn file(fixture: &Fixture) -> &Path {
    match &fixture.location {
        Location::File(path) => path,
        Location::Postgres(_) => panic!("not a file"),
    }
}
