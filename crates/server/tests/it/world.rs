//! A server in process, on a database of its own, with a clock that is turned by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use memchr::memmem;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use verax_domain::{Record, RecordTokenScope, Scope, Timestamp};
use verax_query::{Resource, Sql};
use verax_server::app::App;
use verax_server::app::access::{Mint, RecordTokenMint};
use verax_server::clock::{Clock, Random};
use verax_server::config::Config;
use verax_server::http::{self, State};
use verax_server::http_client::WebhookClient;
use verax_server::keys::{MasterKeys, SigningKeys};
use verax_server::vault::Vault;
use verax_store::{Batch, Database, ImportEntries, Location, NewClient, Options, Rows, Schema};

use crate::answer::Answer;
use crate::shadow::{self, Shadow};

/// 2026-01-02T03:04:05Z, when every test begins.
pub const NOW: i64 = 1_767_323_045_000;
pub const DAY: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone, Copy)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Writes a test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($(async fn $name:ident($world:ident) $body:block)+) => {$(
        async fn $name($world: &$crate::world::World) $body

        mod $name {
            #[tokio::test]
            async fn sqlite() {
                super::$name(&$crate::world::World::on($crate::world::Engine::Sqlite).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                let world = $crate::world::World::on($crate::world::Engine::Postgres).await;
                super::$name(&world).await;
                world.end().await;
            }
        }
    )+};
}

pub struct World {
    /// Dropped before the folder that it looks into.
    shadow: Shadow,
    pub app: App,
    pub router: Router,
    pub folder: TempDir,
    clock: Arc<AtomicI64>,
    pub location: Location,
}

impl World {
    pub async fn sqlite() -> World {
        World::on(Engine::Sqlite).await
    }

    pub async fn on(engine: Engine) -> World {
        World::with(engine, |_| {}).await
    }

    pub async fn with(engine: Engine, adjust: impl FnOnce(&mut Config)) -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = match engine {
            Engine::Sqlite => Location::File(folder.path().join("verax.db")),
            Engine::Postgres => Location::Postgres(new_database().await),
        };
        let mut config = settings();
        adjust(&mut config);
        let clock = Arc::new(AtomicI64::new(NOW));
        let random = Random::seeded(7);
        let keys = SigningKeys::open(&folder.path().join("signing-keys.json"), &random)
            .expect("signing keys");
        let database = Database::open(&location, &options()).await.expect("a database");
        let shadow = Shadow::cast(&location).await;
        let vault = vault(folder.path());
        let webhooks = webhook_client(&config);
        let app = App::new(config, database, keys, Clock::Manual(Arc::clone(&clock)), random)
            .with_vault(vault)
            .with_webhook_client(webhooks);
        let router = http::router(State::new(app.clone()));
        World { shadow, app, router, folder, clock, location }
    }

    /// Another server on the same records, with other settings.
    pub fn beside(&self, adjust: impl FnOnce(&mut Config)) -> Router {
        let mut config = settings();
        adjust(&mut config);
        let app = App::new(
            config,
            self.app.database.clone(),
            self.app.keys.clone(),
            self.app.clock.clone(),
            self.app.random.clone(),
        );
        let feed = self.app.feed.clone();
        let app = App { feed, ..app.with_vault(self.app.vault.clone()) };
        http::router(State::new(app))
    }

    /// Another node on the same database and object store: nothing else is shared.
    pub async fn node(&self, adjust: impl FnOnce(&mut Config)) -> App {
        let mut config = settings();
        adjust(&mut config);
        let random = Random::System;
        let keys = SigningKeys::open(&self.folder.path().join("signing-keys.json"), &random);
        let database = Database::open(&self.location, &options()).await.expect("a database");
        let keys = keys.expect("signing keys");
        let webhooks = webhook_client(&config);
        App::new(config, database, keys, self.app.clock.clone(), random)
            .with_vault(vault(self.folder.path()))
            .with_webhook_client(webhooks)
    }

    pub fn turn_clock(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }

    /// Makes a client named after its id.
    pub async fn client(&self, id: &str) {
        let mut batch = Batch::default();
        batch.insert_client(&NewClient {
            id: id.to_owned(),
            name: format!("{id} Ltd"),
            email: format!("office@{id}.example"),
            scopes: None,
            created_at: self.app.clock.now(),
        });
        self.app.database.commit(batch).await.expect("a new client");
    }

    /// A token of this client with all scopes but `staff`, also those that have to be named; makes the
    /// client when there is none.
    pub async fn token(&self, client: &str) -> String {
        self.token_with(client, Some(all_scopes()), false).await
    }

    pub async fn staff_token(&self, client: &str) -> String {
        self.token_with(client, Some(all_scopes()), true).await
    }

    pub async fn token_with(
        &self,
        client: &str,
        scopes: Option<Vec<Scope>>,
        staff: bool,
    ) -> String {
        if self.app.database.client(client).await.expect("the clients").is_none() {
            self.client(client).await;
        }
        let valid = Duration::from_secs(30 * 24 * 60 * 60);
        let mint = Mint { client, scopes, staff, mode: "live", valid, renewable: None };
        self.app.mint_token(&mint).await.expect("a token")
    }

    /// A token for this record alone, valid for ten minutes.
    pub async fn record_token(
        &self,
        client: &str,
        scope: RecordTokenScope,
        subject: &str,
    ) -> String {
        let until = Timestamp(self.app.clock.now().0 + 600_000);
        let mint = RecordTokenMint { scope, subject, client, mode: "live", until };
        let (token, kept) = self.app.record_token(&mint).expect("a token");
        let mut batch = Batch::default();
        batch.insert_token(&kept);
        self.app.database.commit(batch).await.expect("a kept token");
        token
    }

    /// Stores records as an import does.
    pub async fn store(&self, resource: &'static Resource, rows: &[Value]) {
        let records: Vec<Record> = rows
            .iter()
            .map(|row| Record::from_json(resource, row, None).expect("a record without problems"))
            .collect();
        let mut paused = Batch::default();
        shadow::pause(&mut paused);
        self.app.database.commit(paused).await.expect("a pause");
        let quiet = ImportEntries::Quiet("records of a test");
        self.app.database.import(&records, Timestamp(NOW), quiet).await.expect("an import");
        let mut resumed = Batch::default();
        shadow::resume(&mut resumed);
        self.app.database.commit(resumed).await.expect("the end of the pause");
    }

    /// Runs a statement that no use case has.
    pub async fn execute(&self, statement: &'static str) {
        let mut sql = Sql::default();
        sql.push(statement);
        let mut batch = Batch::default();
        shadow::pause(&mut batch);
        batch.push(sql, Rows::Any);
        shadow::resume(&mut batch);
        self.app.database.commit(batch).await.expect("a statement");
    }

    /// All that the database holds: its file and log, or every row of every table as text.
    pub async fn database_bytes(&self) -> Vec<u8> {
        let Location::Postgres(url) = &self.location else {
            let read = |name: &str| std::fs::read(self.folder.path().join(name));
            let log = read("verax.db-wal").unwrap_or_default();
            return [read("verax.db").expect("the database"), log].concat();
        };
        let client = connect(url).await;
        let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = \
                      'public' AND table_type = 'BASE TABLE'";
        let mut bytes = Vec::new();
        for table in client.query(tables, &[]).await.expect("the tables") {
            let rows = format!("SELECT t::text FROM \"{}\" AS t", table.get::<_, String>(0));
            for row in client.query(&rows, &[]).await.expect("the rows") {
                bytes.extend_from_slice(row.get::<_, String>(0).as_bytes());
                bytes.push(b'\n');
            }
        }
        bytes
    }

    /// Looks until none of these texts is in the database any more: a reader may hold up its log for a moment.
    pub async fn assert_forgotten(&self, texts: &[&str]) {
        for attempt in 0..100 {
            let bytes = self.database_bytes().await;
            let left = texts.iter().find(|text| memmem::find(&bytes, text.as_bytes()).is_some());
            let Some(left) = left else { return };
            assert!(attempt < 99, "{left} is still there");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    pub async fn get(&self, token: &str, target: &str) -> Answer {
        get(&self.router, token, target).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// Removes what the test left on the PostgreSQL cluster.
    pub async fn end(self) {
        let World { shadow, app, router, location, .. } = self;
        drop((shadow, app, router));
        if let Location::Postgres(url) = location {
            Shadow::compare(&url).await;
            let (_, name) = url.rsplit_once('/').expect("a database name");
            let client = connect(&cluster_url()).await;
            let statement = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
            client.batch_execute(&statement).await.expect("the database goes");
        }
    }
}

/// All but `staff`.
pub fn all_scopes() -> Vec<Scope> {
    Scope::ALL.into_iter().filter(|scope| *scope != Scope::Staff).collect()
}

pub async fn get(router: &Router, token: &str, target: &str) -> Answer {
    send(router, request(Method::GET, token, target)).await
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("a router always answers");
    Answer::read(response).await
}

/// A request with this token. `<`, `>`, `"` and spaces in the target are encoded, as in front of
/// the parser.
pub fn request(method: Method, token: &str, target: &str) -> Request<Body> {
    let target =
        target.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E").replace('"', "%22");
    let request = Request::builder().method(method).uri(target);
    let request = match token {
        "" => request,
        token => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
    };
    request.body(Body::empty()).expect("a request")
}

pub fn settings() -> Config {
    let mut config = Config::load(None).expect("the default settings");
    config.tokens.cache_seconds = 0;
    // A test asks as fast as it can: what tests limits sets them.
    let limits = &mut config.rate_limit;
    limits.requests_per_minute = 0;
    limits.client_requests_per_minute = 0;
    limits.anonymous_requests_per_minute = 0;
    limits.rejected_tokens_per_minute = 0;
    config
}

fn webhook_client(config: &Config) -> WebhookClient {
    WebhookClient::new(&config.webhooks).expect("a client of webhooks")
}

pub fn options() -> Options {
    Options {
        readers: 2,
        connections: 4,
        replica: None,
        statement_limit: Duration::from_secs(20),
        schema: Schema::BringUpToDate,
    }
}

fn cluster_url() -> String {
    std::env::var("VERAX_TEST_DATABASE_URL").unwrap_or_else(|_| {
        panic!(
            "VERAX_TEST_DATABASE_URL names no PostgreSQL: \
             run `cargo xtask postgres -- cargo nextest run`"
        )
    })
}

pub async fn connect(url: &str) -> tokio_postgres::Client {
    let connecting = tokio_postgres::connect(url, tokio_postgres::NoTls);
    let (client, connection) = connecting.await.expect("the cluster of the tests answers");
    tokio::spawn(connection);
    client
}

/// A new database of the cluster that the tests were given.
pub async fn new_database() -> String {
    let cluster = cluster_url();
    let client = connect(&cluster).await;
    let name = format!("verax_{:016x}", Random::System.number());
    let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
    client.batch_execute(&statement).await.expect("a new database");
    let (server, _) = cluster.rsplit_once('/').expect("an address with a database name");
    format!("{server}/{name}")
}

fn vault(folder: &Path) -> Vault {
    let master = MasterKeys::open(&folder.join("master-keys.json"), &Random::System);
    let place = |name: &str| folder.join(name).display().to_string();
    Vault::open(master.expect("keys"), &place("keys"), &place("objects"), Random::System)
        .expect("a vault")
}
