//! Where the keys and the objects of a vault are: folders, or buckets.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};

use super::errors::VaultError;

/// Together less than `http.request_seconds` by default: a request that the store fails is answered while
/// its caller still waits.
const TRIES_MAX: usize = 3;
const TRIES_FOR: Duration = Duration::from_secs(12);
const TRY_MAX: Duration = Duration::from_secs(6);
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// What is done about a folder that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// It is made, and others lose the right to read it.
    Made,
    /// It is an error.
    Expected,
}

/// Whether this location holds the wrapped key of any client; a folder that is not there holds none.
///
/// # Errors
/// It does not answer.
pub async fn holds_client_keys(address: &str) -> Result<bool> {
    if !address.starts_with("s3://") && !Path::new(address).is_dir() {
        return Ok(false);
    }
    let store = store_at(address, Folders::Expected)?;
    let listed = store.list_with_delimiter(None).await.map_err(VaultError::from)?;
    Ok(!listed.common_prefixes.is_empty())
}

/// A folder, or `s3://bucket/prefix` with the credentials of the environment (`AWS_…`).
pub fn store_at(address: &str, folders: Folders) -> Result<Arc<dyn ObjectStore>> {
    let Some(bucket) = address.strip_prefix("s3://") else {
        let folder = Path::new(address);
        if folders == Folders::Made {
            make_private_folder(folder)?;
        } else if !folder.is_dir() {
            anyhow::bail!(
                "the folder {address} is not there (settings vault.keys and vault.objects)"
            );
        }
        return Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true)));
    };
    let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
    crate::http_client::choose_tls();
    let option = AmazonS3ConfigKey::Client;
    let retries = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 3.,
        },
        max_retries: TRIES_MAX,
        retry_timeout: TRIES_FOR,
    };
    let seconds = |limit: Duration| format!("{} seconds", limit.as_secs());
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_retry(retries)
        .with_config(option(ClientConfigKey::Timeout), seconds(TRY_MAX))
        .with_config(option(ClientConfigKey::ConnectTimeout), seconds(CONNECT_MAX))
        .build();
    let store = store.with_context(|| format!("the object store {address}"))?;
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

fn make_private_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let name = folder.display();
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot make the folder {name}"))?;
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        let private = std::fs::Permissions::from_mode(mode & 0o700);
        std::fs::set_permissions(folder, private)
            .with_context(|| format!("others can read the folder {name}: run chmod 700 {name}"))?;
    }
    Ok(())
}
