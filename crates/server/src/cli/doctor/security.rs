//! `verax doctor --security`: what makes a server, or what it keeps, easier to steal from.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use verax_store::Location;

use super::findings::{Finding, bad, good, unchecked};
use crate::cli::locations::Locations;
use crate::cli::serve::tls_files;
use crate::config::Config;
use crate::hardening;
use crate::http::Tls;
use crate::keys::MasterKeys;
use crate::private_files::{Exposed, count_exposed};
use crate::vault::{Versioning, holds_client_keys, versioning};

/// How `verax serve` is called: its command line cannot be seen from here.
#[derive(Args)]
pub struct Served {
    /// The address that `verax serve` listens on.
    #[arg(long, default_value = "127.0.0.1:8080", env = "VERAX_LISTEN", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The certificate chain that it is given in place of the setting http.tls_certificate.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key that it is given in place of the setting http.tls_key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Served {
    fn tls(&self, config: &Config) -> Option<Tls> {
        tls_files(self.tls_cert.clone().zip(self.tls_key.clone()), &config.http)
    }

    pub fn certificate(&self, config: &Config) -> Option<PathBuf> {
        self.tls(config).map(|tls| tls.certificates)
    }
}

/// Settings are those that the database holds too, if it could be asked.
pub async fn inspect(locations: &Locations, config: &Config, served: &Served) -> Vec<Finding> {
    let [keys, objects] = locations.vault_locations(config);
    vec![
        transport(config, served),
        database_transport(&locations.location()),
        files(locations, config, served),
        separation(locations, config, &keys, &objects).await,
        key_versions(&keys).await,
        bucket_transport(&keys, &objects),
        limits(config),
        swap(Path::new("/proc/swaps")),
        core_dumps(),
    ]
}

fn transport(config: &Config, served: &Served) -> Finding {
    const WHAT: &str = "TLS";
    let address = served.listen;
    if served.tls(config).is_some() {
        return good(WHAT, format!("spoken on {address}"));
    }
    if !address.ip().is_loopback() {
        return bad(
            WHAT,
            format!(
                "plain HTTP on {address}: tokens and faces can be read on the way. Set \
                 http.tls_certificate and http.tls_key, or listen on 127.0.0.1 behind a proxy that \
                 has TLS"
            ),
        );
    }
    if config.http.public_url.starts_with("http://") {
        return bad(
            WHAT,
            "http.public_url begins with http://: clients are sent there without TLS",
        );
    }
    if config.http.public_url.is_empty() && config.http.trusted_proxies.is_empty() {
        return good(WHAT, format!("none, and none is needed on {address}"));
    }
    unchecked(WHAT, format!("on {address} a proxy has to have it"))
}

fn database_transport(location: &Location) -> Finding {
    const WHAT: &str = "TLS to the database";
    let Location::Postgres(url) = location else { return good(WHAT, "none: it is a file") };
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (hosts, parameters) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    let is_here = |host: &str| {
        let is_name = ["localhost", "127.0.0.1", "[::1]", ""].iter().any(|it| {
            host.strip_prefix(it).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        // A socket in a folder.
        is_name || host.to_ascii_lowercase().starts_with("%2f")
    };
    if hosts.split(',').all(is_here) && !parameters.contains("host=") {
        return good(WHAT, "none is needed: it is on this machine");
    }
    if parameters.contains("sslmode=require") {
        return good(WHAT, "required by its address");
    }
    bad(WHAT, "its address does not insist on it: add ?sslmode=require")
}

fn files(locations: &Locations, config: &Config, served: &Served) -> Finding {
    const WHAT: &str = "files";
    let [keys, objects] = locations.vault_locations(config);
    let database = locations.database_file();
    let mut paths: Vec<PathBuf> = vec![
        locations.keys_file(config),
        locations.master_keys_file(config),
        database.clone(),
        database.with_extension("db-wal"),
        database.with_extension("db-shm"),
    ];
    paths.extend([keys, objects].into_iter().filter(|it| !it.starts_with("s3://")).map(Into::into));
    paths.extend(Some(&config.log.file).filter(|it| !it.is_empty()).map(Into::into));
    paths.extend(served.tls(config).map(|files| files.key));
    let mut exposed = Exposed::default();
    for path in paths {
        if let Err(error) = count_exposed(&path, &mut exposed) {
            return unchecked(WHAT, format!("{}: {error}", path.display()));
        }
    }
    // The folder holds other things too: it alone.
    let folder = std::fs::metadata(&locations.data);
    let open = folder.is_ok_and(|it| std::os::unix::fs::MetadataExt::mode(&it) & 0o077 != 0);
    if open {
        let data = locations.data.display();
        return bad(WHAT, format!("others can read the folder {data}: run chmod 700 {data}"));
    }
    match exposed.first {
        None => good(WHAT, format!("{}, their owner's alone", exposed.seen)),
        Some(first) => bad(
            WHAT,
            format!(
                "others can read {} of {}, such as {}: run chmod -R go= on them",
                exposed.count,
                exposed.seen,
                first.display()
            ),
        ),
    }
}

/// Whoever copies one folder, or gets one backup, must not have both keys and what they open.
async fn separation(locations: &Locations, config: &Config, keys: &str, objects: &str) -> Finding {
    const WHAT: &str = "keys apart from data";
    let together = stored_together(locations, config, keys, objects);
    let mut problems = Vec::new();
    if !together.is_empty() {
        problems.push(format!(
            "they lie with the data, and a copy of it opens all: set {}",
            together.join(" and ")
        ));
    }
    let master = locations.master_keys_file(config);
    // Nothing lies apart yet in a place that is not there.
    let named = [
        ("vault.keys", Path::new(keys), keys.starts_with("s3://")),
        ("vault.master_keys_file", &master, MasterKeys::are_in_environment()),
    ];
    for (setting, path, is_elsewhere) in named {
        if !is_elsewhere && !path.exists() && !together.contains(&setting) {
            problems.push(format!("{setting} names {}, which is not there", path.display()));
        }
    }
    // Keys that were copied out of the data folder open what is in it for as long as they lie there too.
    let old_keys = locations.data.join("keys");
    if !together.contains(&"vault.keys") {
        match holds_client_keys(&old_keys.display().to_string()).await {
            Ok(false) => {}
            Ok(true) => problems.push(left_behind(&old_keys)),
            Err(error) => return unchecked(WHAT, format!("{}: {error:#}", old_keys.display())),
        }
    }
    let old_master = locations.data.join("master-keys.json");
    if !together.contains(&"vault.master_keys_file") && old_master.exists() {
        problems.push(left_behind(&old_master));
    }
    match problems.is_empty() {
        true => good(WHAT, "a copy of the data opens nothing"),
        false => bad(WHAT, problems.join("; ")),
    }
}

fn left_behind(path: &Path) -> String {
    format!(
        "old keys still lie in {}: delete them, when the server runs with the new ones and a backup \
         was made",
        path.display()
    )
}

/// The settings by which keys lie with the data.
fn stored_together(
    locations: &Locations,
    config: &Config,
    keys: &str,
    objects: &str,
) -> Vec<&'static str> {
    let data = absolute(&locations.data);
    let mut together = Vec::new();
    if !keys.starts_with("s3://") {
        let keys = absolute(Path::new(keys));
        let beside = !objects.starts_with("s3://") && {
            let objects = absolute(Path::new(objects));
            keys.starts_with(&objects) || objects.starts_with(&keys)
        };
        if keys.starts_with(&data) || data.starts_with(&keys) || beside {
            together.push("vault.keys");
        }
    } else if objects.starts_with("s3://") && bucket(keys) == bucket(objects) {
        together.push("vault.keys");
    }
    let master = absolute(&locations.master_keys_file(config));
    if !MasterKeys::are_in_environment() && master.starts_with(&data) {
        together.push("vault.master_keys_file");
    }
    together
}

fn bucket(address: &str) -> Option<&str> {
    address.strip_prefix("s3://")?.split('/').next()
}

fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // What is not there yet has no other name.
    path.canonicalize().unwrap_or(path)
}

async fn key_versions(keys: &str) -> Finding {
    const WHAT: &str = "versions of keys";
    if !keys.starts_with("s3://") {
        return unchecked(
            WHAT,
            "that the file system of the keys keeps no snapshots cannot be seen from here",
        );
    }
    match versioning(keys).await {
        Ok(Versioning::Never) => good(WHAT, "the bucket keeps none"),
        Ok(Versioning::Enabled) => bad(
            WHAT,
            "the bucket keeps deleted keys as versions, and what was deleted can be opened with \
             them: take a bucket without versioning",
        ),
        Ok(Versioning::Suspended) => bad(
            WHAT,
            "the bucket held deleted keys as versions once: delete the versions of that time",
        ),
        Err(error) => unchecked(WHAT, format!("the bucket does not say: {error:#}")),
    }
}

fn bucket_transport(keys: &str, objects: &str) -> Finding {
    const WHAT: &str = "TLS to the buckets";
    if ![keys, objects].iter().any(|it| it.starts_with("s3://")) {
        return good(WHAT, "none: they are folders");
    }
    let names = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    let endpoint = names.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    match endpoint.strip_prefix("http://") {
        Some(host)
            if !["127.0.0.1", "localhost", "[::1]"].iter().any(|it| host.starts_with(it)) =>
        {
            bad(WHAT, "none: the endpoint begins with http://")
        }
        _ => good(WHAT, "spoken, or on this machine"),
    }
}

fn limits(config: &Config) -> Finding {
    const WHAT: &str = "limits";
    let (rates, logins) = (&config.rate_limit, &config.logins);
    let limits = [
        ("rate_limit.requests_per_minute", rates.requests_per_minute),
        ("rate_limit.client_requests_per_minute", rates.client_requests_per_minute),
        ("rate_limit.anonymous_requests_per_minute", rates.anonymous_requests_per_minute),
        ("rate_limit.rejected_tokens_per_minute", rates.rejected_tokens_per_minute),
        ("logins.failures_per_identifier_max", logins.failures_per_identifier_max),
        ("logins.failures_per_person_max", logins.failures_per_person_max),
        ("logins.failures_per_address_max", logins.failures_per_address_max),
    ];
    let off: Vec<&str> =
        limits.into_iter().filter(|(_, limit)| *limit == 0).map(|(name, _)| name).collect();
    if off.is_empty() {
        return good(WHAT, "of requests and of failed logins: all are on");
    }
    bad(WHAT, format!("off, so that somebody may try for ever: {}", off.join(", ")))
}

fn swap(table: &Path) -> Finding {
    const WHAT: &str = "swap";
    match std::fs::read_to_string(table).context("the table of swap cannot be read") {
        Err(error) => unchecked(WHAT, format!("{error:#}")),
        // The first line names the columns.
        Ok(table) if table.lines().skip(1).all(|line| line.trim().is_empty()) => good(WHAT, "off"),
        Ok(_) => {
            bad(WHAT, "on: keys and images in memory can reach a disk. Encrypt it, or turn it off")
        }
    }
}

fn core_dumps() -> Finding {
    const WHAT: &str = "core dumps";
    if hardening::core_dumps_are_rejected() {
        good(WHAT, "rejected by every command")
    } else {
        bad(WHAT, "the system does not let this process reject them")
    }
}
