//! The server's certificate: read from its files, and read again when they change.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::{Context, Result, anyhow};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use verax_domain::Timestamp;
use x509_cert::Certificate as X509;
use x509_cert::der::Decode as _;

use crate::clock::Clock;
use crate::metrics::Metrics;

/// The certificate chain and the key, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub certificates: PathBuf,
    pub key: PathBuf,
}

/// A pair that connections are accepted with. Clones share it.
#[derive(Clone)]
pub struct Certificate(Arc<Shared>);

struct Shared {
    files: Tls,
    used: RwLock<Used>,
    reported: Mutex<Reported>,
}

struct Used {
    acceptor: TlsAcceptor,
    expires_at: Option<Timestamp>,
    /// What the files were when this was read from them.
    stamps: [Option<Stamp>; 2],
    /// Whether the last try to read them again has failed.
    is_stale: bool,
}

/// What the log was told, so that it is not told with every look.
#[derive(Default)]
struct Reported {
    failure: Option<String>,
    /// When it was last told that the certificate expires.
    expiry_at: Option<Timestamp>,
}

/// Another file, or another text in it, has another stamp.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    bytes: u64,
}

const WARNED_DAYS_BEFORE: i64 = 14;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// Names the file that cannot be read or used, or says that they do not belong together.
    pub fn open(files: &Tls) -> Result<Certificate> {
        let stamps = stamps(files);
        let (acceptor, expires_at) = read(files)?;
        let used = RwLock::new(Used { acceptor, expires_at, stamps, is_stale: false });
        let reported = Mutex::default();
        Ok(Certificate(Arc::new(Shared { files: files.clone(), used, reported })))
    }

    /// When the first certificate of the chain ends; `None` where that cannot be read.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.used.read().unwrap_or_else(PoisonError::into_inner).expires_at
    }

    /// What the next connection is accepted with.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.0.used.read().unwrap_or_else(PoisonError::into_inner).acceptor.clone()
    }

    /// Reads the files again, if they have changed since, or could not be used the last time.
    /// Connections that are open go on. Whether another pair is used from now on.
    ///
    /// # Errors
    /// Why they cannot be used: the pair from before is.
    pub fn refresh(&self) -> Result<bool> {
        // Before reading: a file that changes meanwhile has another one the next time.
        let stamps = stamps(&self.0.files);
        {
            let used = self.0.used.read().unwrap_or_else(PoisonError::into_inner);
            if used.stamps == stamps && !used.is_stale {
                return Ok(false);
            }
        }
        let read = read(&self.0.files);
        let mut used = self.0.used.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok((acceptor, expires_at)) => {
                *used = Used { acceptor, expires_at, stamps, is_stale: false };
                Ok(true)
            }
            Err(error) => {
                used.is_stale = true;
                Err(error)
            }
        }
    }

    /// Reads the files again if they have changed, and says when the certificate is about to expire. A
    /// failure is logged once, until it is another; what expires, once a day.
    ///
    /// # Errors
    /// They were not looked at. Files that cannot be used are no error: the pair from before is used.
    pub async fn keep_fresh(&self, clock: &Clock, metrics: &Metrics) -> Result<()> {
        let certificate = self.clone();
        // The files may be on a disk that does not answer.
        let refreshed = tokio::task::spawn_blocking(move || certificate.refresh()).await;
        let is_read = matches!(refreshed, Ok(Ok(_)));
        metrics.certificate_reload.get_or_create(&[]).set(i64::from(is_read));
        let mut reported = self.0.reported.lock().unwrap_or_else(PoisonError::into_inner);
        match refreshed? {
            Ok(true) => {
                *reported = Reported::default();
                tracing::info!("another certificate is used");
            }
            Ok(false) => {}
            Err(error) => {
                let text = format!("{error:#}");
                if reported.failure.as_ref() != Some(&text) {
                    tracing::error!(cause = text, "the certificate from before is used");
                    reported.failure = Some(text);
                }
            }
        }
        let Some(expires_at) = self.expires_at() else { return Ok(()) };
        metrics.certificate_expiry.get_or_create(&[]).set(expires_at.0.div_euclid(1000));
        let now = clock.now();
        let left_ms = expires_at.0 - now.0;
        let is_told = reported.expiry_at.is_some_and(|at| now.0 - at.0 < DAY_MS);
        if left_ms > WARNED_DAYS_BEFORE * DAY_MS || is_told {
            return Ok(());
        }
        reported.expiry_at = Some(now);
        let at = expires_at.to_string();
        match left_ms {
            ..=0 => tracing::error!(at, "the certificate has expired: clients reject it"),
            _ => tracing::warn!(at, days = left_ms / DAY_MS, "the certificate expires soon"),
        }
        Ok(())
    }
}

fn stamps(files: &Tls) -> [Option<Stamp>; 2] {
    [&files.certificates, &files.key].map(|path| {
        let meta = std::fs::metadata(path).ok()?;
        Some(Stamp {
            device: meta.dev(),
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            bytes: meta.len(),
        })
    })
}

fn read(files: &Tls) -> Result<(TlsAcceptor, Option<Timestamp>)> {
    let chain = read_chain(&files.certificates)?;
    let path = &files.key;
    let key = zeroize::Zeroizing::new(text_of(path, "http.tls_key (--tls-key)")?);
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| {
        unusable(path, "not a PEM file that can be used: it needs the unencrypted private key")
    })?;
    let expires_at = end_of(&chain).ok();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .with_context(|| {
            let (certificates, key) = (files.certificates.display(), files.key.display());
            format!("the certificate {certificates} and the key {key} do not make a pair")
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), expires_at))
}

/// The earliest end of the certificates in a PEM file: without one of its chain nobody trusts it.
///
/// # Errors
/// Names the file that cannot be read, or holds something else.
pub fn certificate_expiry(file: &Path) -> Result<Timestamp> {
    end_of(&read_chain(file)?).with_context(|| format!("the certificate {}", file.display()))
}

fn end_of(chain: &[CertificateDer<'_>]) -> Result<Timestamp> {
    let mut earliest = u64::MAX;
    for certificate in chain {
        let parsed = X509::from_der(certificate).map_err(|error| anyhow!("{error}"))?;
        earliest =
            earliest.min(parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs());
    }
    Ok(Timestamp(i64::try_from(earliest).unwrap_or(i64::MAX).saturating_mul(1000)))
}

/// One certificate or more.
fn read_chain(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = text_of(file, "http.tls_certificate (--tls-cert)")?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
        unusable(file, "not a PEM file that can be used: it needs the certificate chain")
    })
}

fn text_of(file: &Path, setting: &str) -> Result<Vec<u8>> {
    std::fs::read(file)
        .with_context(|| format!("cannot read {}: name another file by {setting}", file.display()))
}

fn unusable(file: &Path, what: &str) -> anyhow::Error {
    anyhow!("{}: {what}", file.display())
}
