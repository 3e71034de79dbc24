//! How connections to PostgreSQL are made, and when they count as dead.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Options, StoreError};

/// Of the servers that an address names, which one is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one that takes writes, for transactions that say that they write. Outside of one nothing is
    /// written: a batch is sent before it is known that its transaction has begun.
    Primary,
    /// The same for who uses its connections alone, and writes as it likes.
    Alone,
    /// Any that answers.
    Replica,
}

/// Statements are planned once per connection: planning costs more than most of them, and the indexes
/// that they need do not depend on their arguments. An address may say otherwise.
const PLANS: &str = "-c plan_cache_mode=force_generic_plan -c jit=off";
/// Not among the options: a server is asked by them whether it takes writes.
const WRITES_IN_TRANSACTIONS: &str = "SET default_transaction_read_only = on";
/// How long a request waits for a connection that another has.
const POOL_WAIT: Duration = Duration::from_secs(5);
/// How long each server of an address may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// A server that says nothing for so long is asked whether it is there.
const QUIET: Duration = Duration::from_secs(10);
const ASKED_EVERY: Duration = Duration::from_secs(3);
const ASKED_TIMES: u32 = 3;
/// How long what was sent may stay unconfirmed by the other machine.
const UNCONFIRMED: Duration = Duration::from_secs(15);

/// A pool of at most so many connections; none is made yet.
///
/// # Errors
/// `Address` when the address makes no sense.
pub fn pool(url: &str, options: &Options, role: Role, size: usize) -> Result<Pool, StoreError> {
    let mut config = Config::from_str(url)
        // The driver's error may quote the address, and with it the password.
        .map_err(|_| StoreError::Address("the database URL is not valid".to_owned()))?;
    let limit = options.statement_limit.as_millis();
    let given = config.get_options().unwrap_or_default();
    config.options(format!("{PLANS} {given} -c statement_timeout={limit} -c timezone=UTC"));
    config.application_name("verax");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    config.keepalives_idle(QUIET).keepalives_interval(ASKED_EVERY).keepalives_retries(ASKED_TIMES);
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNCONFIRMED);
    }
    // After a failover the former primary may come back as a standby, at the same address.
    if role != Role::Replica {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    let each = config.get_connect_timeout().copied().unwrap_or(CONNECT);
    let hosts = u32::try_from(config.get_hosts().len().max(1)).unwrap_or(1);
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let mut builder = Pool::builder(Manager::from_config(config, tls()?, recycling));
    if role == Role::Primary {
        builder = builder.post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                client.batch_execute(WRITES_IN_TRANSACTIONS).await.map_err(HookError::Backend)
            })
        }));
    }
    builder
        .max_size(size)
        .wait_timeout(Some(POOL_WAIT))
        .create_timeout(Some(each * hosts + CONNECT))
        .recycle_timeout(Some(POOL_WAIT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// TLS with the machine's own certificates, where the server offers it.
pub fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    // A machine without certificates can still reach a database without TLS.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Unavailable(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    #[tokio::test]
    async fn what_comes_after_a_transaction_that_did_not_begin_is_rejected() {
        let Ok(url) = std::env::var("VERAX_TEST_DATABASE_URL") else {
            panic!("run `cargo xtask postgres -- cargo nextest run`");
        };
        let options = Options {
            readers: 1,
            connections: 1,
            replica: None,
            statement_limit: Duration::from_secs(30),
            schema: Schema::LeaveAsItIs,
        };
        let pool = pool(&url, &options, Role::Primary, 1).expect("an address");
        let connection = pool.get().await.expect("PostgreSQL");
        let rejected = connection.batch_execute("CREATE TABLE must_not_be_made (id text)").await;
        let rejected = rejected.expect_err("it would stay although its batch has failed");
        assert_eq!(rejected.code().map(|code| code.code()), Some("25006"), "{rejected}");
        let written = "BEGIN READ WRITE; CREATE TABLE is_taken_back (id text); ROLLBACK";
        connection.batch_execute(written).await.expect("a transaction that writes");
    }
}
