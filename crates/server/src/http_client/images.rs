//! Fetching an image that a caller's URL names.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, Url};

use super::addresses::AllowedAddresses;
use super::guard::{AddressNotAllowed, SystemNames, cause, guarded};
use super::urls::address_of;

/// Fetches images by https. Cheap to clone.
#[derive(Clone)]
pub struct ImageFetcher {
    client: Client,
    allowed: AllowedAddresses,
    bytes_max: usize,
}

/// Why an image was not fetched. What the other server said is not repeated: whoever sent the URL
/// would learn what is at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("is not an https URL with a host, no port and no password")]
    NotHttps,
    #[error("names a host that this server does not fetch from")]
    NotAllowed,
    #[error("did not answer in time with an image")]
    NoImage,
    #[error("answers more bytes than are allowed")]
    TooManyBytes,
    #[error("finds no room on this server now")]
    NoRoom,
}

const REDIRECTS_MAX: usize = 3;

impl ImageFetcher {
    /// # Errors
    /// The system's root certificates cannot be read.
    pub fn new(
        allowed: AllowedAddresses,
        limit: Duration,
        bytes_max: usize,
    ) -> Result<ImageFetcher, reqwest::Error> {
        ImageFetcher::build(Client::builder(), allowed, limit, bytes_max)
    }

    /// The same with a client that trusts other certificates.
    pub fn build(
        client: reqwest::ClientBuilder,
        allowed: AllowedAddresses,
        limit: Duration,
        bytes_max: usize,
    ) -> Result<ImageFetcher, reqwest::Error> {
        let followed = allowed.clone();
        let client = guarded(client, Arc::new(SystemNames), allowed.clone())
            .https_only(true)
            .timeout(limit)
            .redirect(Policy::custom(move |attempt| follow(attempt, &followed)))
            .user_agent("verax")
            .build()?;
        Ok(ImageFetcher { client, allowed, bytes_max })
    }

    /// The bytes at the URL. `room` is asked for so many more before they are kept.
    pub async fn fetch(
        &self,
        url: &str,
        mut room: impl FnMut(usize) -> bool,
    ) -> Result<Vec<u8>, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotHttps)?;
        reject_url(&url, &self.allowed)?;
        let mut response = self.client.get(url).send().await.map_err(|error| rejection(&error))?;
        if !response.status().is_success() {
            return Err(FetchError::NoImage);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::NoImage)? {
            if bytes.len() + chunk.len() > self.bytes_max {
                return Err(FetchError::TooManyBytes);
            }
            if !room(chunk.len()) {
                return Err(FetchError::NoRoom);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn follow(attempt: Attempt<'_>, allowed: &AllowedAddresses) -> Action {
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error(FetchError::NoImage);
    }
    match reject_url(attempt.url(), allowed) {
        Ok(()) => attempt.follow(),
        Err(error) => attempt.error(error),
    }
}

fn reject_url(url: &Url, allowed: &AllowedAddresses) -> Result<(), FetchError> {
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    if url.scheme() != "https" || !plain || !url.has_host() {
        return Err(FetchError::NotHttps);
    }
    match address_of(url) {
        Some(address) if !allowed.contains(address) => Err(FetchError::NotAllowed),
        _ => Ok(()),
    }
}

/// A rejection of ours comes back inside reqwest's own error.
fn rejection(error: &reqwest::Error) -> FetchError {
    match cause::<FetchError>(error) {
        Some(rejection) => *rejection,
        None if cause::<AddressNotAllowed>(error).is_some() => FetchError::NotAllowed,
        None => FetchError::NoImage,
    }
}
