//! Until when a certificate is valid.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use verax_domain::Timestamp;
use x509_parser::parse_x509_certificate;

/// The earliest end of the certificates in a PEM file: without one of its chain nobody trusts it.
///
/// # Errors
/// Names the file that cannot be read, or holds no certificate.
pub fn expiry(file: &Path) -> Result<Timestamp> {
    let name = || format!("the certificate {}", file.display());
    let mut earliest: Option<i64> = None;
    for certificate in CertificateDer::pem_file_iter(file)
        .map_err(|error| anyhow!("{error}"))
        .with_context(name)?
    {
        let certificate = certificate.map_err(|error| anyhow!("{error}")).with_context(name)?;
        let (_, parsed) = parse_x509_certificate(&certificate)
            .map_err(|error| anyhow!("{error}"))
            .with_context(name)?;
        let end = parsed.validity().not_after.timestamp();
        earliest = Some(earliest.map_or(end, |earliest| earliest.min(end)));
    }
    let seconds = earliest.context("it holds none").with_context(name)?;
    Ok(Timestamp(seconds.saturating_mul(1000)))
}
