//! The address that a request comes from, also behind a reverse proxy that the settings name.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use crate::http::state::State;

/// What the socket's other end is: the listener leaves it in each request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Whom a limit for an address counts. An IPv6 address stands for its /64, because whoever has one
/// address of it has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceAddress(pub IpAddr);

impl SourceAddress {
    /// The peer; or, where the peer is a trusted proxy, the last address of `X-Forwarded-For` that
    /// is none. A sender may write any addresses in front of that one.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> SourceAddress {
        SourceAddress(prefix(SourceAddress::whole(peer, headers, trusted_proxies)))
    }

    /// The same address as it is, with its whole IPv6.
    pub fn whole(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> IpAddr {
        let is_proxy = |address: &IpAddr| trusted_proxies.iter().any(|net| net.contains(address));
        let mut source = peer.to_canonical();
        let values = headers.get_all("x-forwarded-for").iter();
        let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        let mut forwarded = values.iter().rev().flat_map(|value| value.rsplit(','));
        while is_proxy(&source) {
            let next = forwarded.next().and_then(|text| text.trim().parse::<IpAddr>().ok());
            let Some(next) = next else { break };
            source = next.to_canonical();
        }
        source
    }
}

fn prefix(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

impl FromRequestParts<State> for SourceAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        // Only a router that is called without a socket, as in tests, has no peer.
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::LOCALHOST));
        let proxies = &state.app.config.now().http.trusted_proxies;
        Ok(SourceAddress::of(peer, &parts.headers, proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a header"));
        }
        let proxies: Vec<IpNet> = proxies.iter().map(|it| it.parse().expect("a net")).collect();
        let peer = peer.parse().expect("an address");
        SourceAddress::of(peer, &headers, &proxies).0.to_string()
    }

    #[test]
    fn a_header_of_a_stranger_changes_nothing() {
        assert_eq!(source("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(source("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn behind_a_trusted_proxy_the_last_foreign_address_counts() {
        let proxies = ["10.0.0.0/8"];
        let forged = ["198.51.100.1, 203.0.113.9"];
        assert_eq!(source("10.0.0.1", &forged, &proxies), "203.0.113.9");
        let two = ["198.51.100.1", "203.0.113.9, 10.0.0.7"];
        assert_eq!(source("10.0.0.1", &two, &proxies), "203.0.113.9");
        assert_eq!(source("10.0.0.1", &[], &proxies), "10.0.0.1");
        assert_eq!(source("10.0.0.1", &["unknown"], &proxies), "10.0.0.1");
    }

    #[test]
    fn an_address_is_counted_with_its_network() {
        assert_eq!(source("2001:db8:1:2:3:4:5:6", &[], &[]), "2001:db8:1:2::");
        assert_eq!(source("::ffff:203.0.113.9", &[], &[]), "203.0.113.9");
    }
}
