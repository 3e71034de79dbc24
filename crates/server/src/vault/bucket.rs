//! Whether a bucket keeps what is deleted from it (S3 GetBucketVersioning).

use anyhow::{Context, Result, bail};
use hyper::Request;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsAuthorizer};
use object_store::client::HttpRequestBody;

/// What a bucket does with an object that is deleted or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It is gone.
    Never,
    /// It stays as a version, or did once: versions of that time are still there.
    Enabled,
    Suspended,
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Asks the bucket of an address `s3://bucket/prefix`.
///
/// # Errors
/// It does not answer, does not allow the question, or does not know it.
pub async fn versioning(address: &str) -> Result<Versioning> {
    let bucket = address.strip_prefix("s3://").context("it is no bucket")?;
    let bucket = bucket.split_once('/').map_or(bucket, |(bucket, _)| bucket);
    crate::http_client::choose_tls();
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    let set = |key| builder.get_config_value(&key).filter(|value| !value.is_empty());
    let region = set(AmazonS3ConfigKey::Region).unwrap_or_else(|| "us-east-1".to_owned());
    let endpoint = set(AmazonS3ConfigKey::S3Endpoint).or(set(AmazonS3ConfigKey::Endpoint));
    let names_bucket =
        set(AmazonS3ConfigKey::VirtualHostedStyleRequest).is_some_and(|it| it == "true");
    let base = match endpoint {
        Some(endpoint) if names_bucket => endpoint.trim_end_matches('/').to_owned(),
        Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        None => format!("https://s3.{region}.amazonaws.com/{bucket}"),
    };
    let url = format!("{base}?versioning=");
    let mut request = Request::get(&url).body(HttpRequestBody::empty())?;
    let credential = builder.build()?.credentials().get_credential().await?;
    AwsAuthorizer::new(&credential, "s3", &region).try_authorize(&mut request, None)?;
    let client = reqwest::Client::builder().timeout(LIMIT).build()?;
    let mut answer = client.get(&url).headers(request.headers().clone()).send().await?;
    if !answer.status().is_success() {
        bail!("the bucket answers {}", answer.status());
    }
    let mut text = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if text.len() + chunk.len() > ANSWER_BYTES_MAX {
            bail!("the bucket's answer is too long");
        }
        text.extend_from_slice(&chunk);
    }
    read(&String::from_utf8_lossy(&text))
}

fn read(answer: &str) -> Result<Versioning> {
    if !answer.contains("<VersioningConfiguration") {
        bail!("the bucket answers something else");
    }
    let status = answer.split_once("<Status>").and_then(|(_, rest)| rest.split_once("</Status>"));
    Ok(match status.map(|(status, _)| status.trim()) {
        None => Versioning::Never,
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        Some(_) => bail!("the bucket answers an unknown status"),
    })
}
