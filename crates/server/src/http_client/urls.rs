//! URLs as they are written down, and which of them webhooks may be sent to.

use std::net::IpAddr;

use reqwest::Url;
use verax_domain::contact::visible;

use super::addresses::AllowedAddresses;
use crate::config::Webhooks;

/// URLs that webhooks may be sent to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WebhookUrls {
    allow_http: bool,
    allowed: AllowedAddresses,
}

/// What a webhook's URL must be; the sentence goes behind the parameter's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    #[error("must be at most {URL_BYTES_MAX} bytes long")]
    TooLong,
    #[error(
        "must be an absolute https URL with a host, without white space, a user, a password or a \
         fragment"
    )]
    NotHttps,
    #[error(
        "must be an absolute https or http URL with a host, without white space, a user, a password \
         or a fragment"
    )]
    NotHttp,
    #[error(
        "must name a host of the public internet, or of a network in the setting \
         webhooks.allowed_networks"
    )]
    NotAllowed,
}

pub const URL_BYTES_MAX: usize = 2048;

/// Ends of names that are of one network by convention (RFC 6761, 6762, 8375).
const PRIVATE_ENDINGS: [&str; 9] =
    ["localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "arpa"];

impl WebhookUrls {
    pub fn new(settings: &Webhooks) -> WebhookUrls {
        WebhookUrls {
            allow_http: settings.allow_http,
            allowed: AllowedAddresses::public_and(&settings.allowed_networks),
        }
    }

    /// The URL. The addresses of a name are checked when it is called.
    ///
    /// # Errors
    /// Webhooks are not sent there.
    pub fn check(&self, text: &str) -> Result<Url, UrlProblem> {
        let (schemes, problem): (&[&str], _) = match self.allow_http {
            true => (&["https", "http"], UrlProblem::NotHttp),
            false => (&["https"], UrlProblem::NotHttps),
        };
        if text.len() > URL_BYTES_MAX {
            return Err(UrlProblem::TooLong);
        }
        let url = parse_plain(text, schemes).filter(|url| url.fragment().is_none());
        let url = url.ok_or(problem)?;
        // Letters that are not of ASCII are longer when they are sent.
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(UrlProblem::TooLong);
        }
        let allowed = match address_of(&url) {
            Some(address) => self.allowed.contains(address),
            // Where private networks may be called, the guard checks what such a name means.
            None => self.allowed.has_private() || !is_private_name(&url),
        };
        if allowed { Ok(url) } else { Err(UrlProblem::NotAllowed) }
    }

    pub fn allow_http(&self) -> bool {
        self.allow_http
    }

    pub fn allowed(&self) -> &AllowedAddresses {
        &self.allowed
    }
}

/// An absolute URL with one of these schemes and a host, without a user or a password. A parser forgives
/// what a browser and a reader understand otherwise: tabs, lines, backslashes.
pub fn parse_plain(text: &str, schemes: &[&str]) -> Option<Url> {
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\';
    let (scheme, rest) = text.split_once("://")?;
    if !schemes.iter().any(|allowed| allowed.eq_ignore_ascii_case(scheme))
        || text.contains(odd)
        || visible(text) != text
    {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let url = Url::parse(text).ok()?;
    (url.has_host() && !authority.is_empty() && !authority.contains('@')).then_some(url)
}

/// The address, if the URL names its host by one.
pub fn address_of(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// A name without a dot is one of this network.
fn is_private_name(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let ending = host.rsplit('.').next().unwrap_or_default();
    !host.contains('.') || PRIVATE_ENDINGS.contains(&ending)
}
