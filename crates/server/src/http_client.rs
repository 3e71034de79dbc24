//! Fetching an image that a caller's URL names, without letting the caller reach our own network.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Url};

/// Which addresses may be connected to.
pub type Allowed = fn(IpAddr) -> bool;

/// Fetches images by https. Cheap to clone.
#[derive(Clone)]
pub struct ImageFetcher {
    client: Client,
    allowed: Allowed,
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

/// The one implementation of TLS that is compiled in is used wherever none is named.
pub fn choose_tls() {
    // It fails when it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl ImageFetcher {
    /// # Errors
    /// The system's root certificates cannot be read.
    pub fn new(
        allowed: Allowed,
        limit: Duration,
        bytes_max: usize,
    ) -> Result<ImageFetcher, reqwest::Error> {
        ImageFetcher::build(Client::builder(), allowed, limit, bytes_max)
    }

    /// The same with a client that trusts other certificates.
    pub fn build(
        client: reqwest::ClientBuilder,
        allowed: Allowed,
        limit: Duration,
        bytes_max: usize,
    ) -> Result<ImageFetcher, reqwest::Error> {
        choose_tls();
        let client = client
            .https_only(true)
            // A proxy would resolve names itself, past our look at its answers.
            .no_proxy()
            .timeout(limit)
            .redirect(Policy::custom(move |attempt| follow(attempt, allowed)))
            .dns_resolver(Arc::new(GuardedDns(allowed)))
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
        reject_url(&url, self.allowed)?;
        let mut response = self.client.get(url).send().await.map_err(|error| {
            // A rejection of ours comes back inside reqwest's own error.
            rejection(&error).unwrap_or(FetchError::NoImage)
        })?;
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

fn follow(attempt: Attempt<'_>, allowed: Allowed) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error(FetchError::NoImage);
    }
    match reject_url(attempt.url(), allowed) {
        Ok(()) => attempt.follow(),
        Err(error) => attempt.error(error),
    }
}

/// A name is looked at when it is resolved; an address in the URL is never resolved.
///
/// # Errors
/// It is no https URL with a host alone, or names an address that is not allowed.
pub fn reject_url(url: &Url, allowed: Allowed) -> Result<(), FetchError> {
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    if url.scheme() != "https" || !plain {
        return Err(FetchError::NotHttps);
    }
    let host = url.host_str().ok_or(FetchError::NotHttps)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !allowed(address) => Err(FetchError::NotAllowed),
        _ => Ok(()),
    }
}

fn rejection(error: &(dyn std::error::Error + 'static)) -> Option<FetchError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rejection) = error.downcast_ref::<FetchError>() {
            return Some(*rejection);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(rejection) = inner.and_then(|it| it.downcast_ref::<FetchError>()) {
            return Some(*rejection);
        }
        next = error.source();
    }
    None
}

/// Resolves names, and answers only addresses that may be connected to: what is connected to is
/// what was looked at, whatever a second answer says.
struct GuardedDns(Allowed);

impl Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !found.iter().all(|address| allowed(address.ip())) {
                return Err(FetchError::NotAllowed.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet (IANA's special-purpose registries; RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Carrier-grade NAT, IETF assignments, 6to4 relays, benchmarks, multicast and above.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let groups = address.segments();
    let last_v4 = || {
        let [.., a, b] = groups;
        let ([a, b], [c, d]) = (a.to_be_bytes(), b.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match groups {
        // IPv4 in another form: NAT64. or mapped.
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => is_public_v4(last_v4()),
        [0, 0, 0, 0, 0, 0xffff, _, _] => is_public_v4(last_v4()),
        // Teredo and other assignments of the IETF, documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => {
            false
        }
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}
