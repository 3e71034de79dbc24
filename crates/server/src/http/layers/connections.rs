//! How many connections are open: in all, and of each source address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::config::Http;
use crate::http::layers::activity::Limits;
use crate::http::layers::source_address::SourceAddress;

/// All open connections of a listener.
pub struct Connections {
    max: usize,
    per_address_max: usize,
    proxies: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<SourceAddress, usize>,
}

/// The right to one connection, given back when dropped.
pub struct Permit {
    connections: Arc<Connections>,
    /// Nothing for a proxy: its connections are those of many.
    address: Option<SourceAddress>,
}

impl Connections {
    /// At most `file_limit` of them, whatever the settings say.
    pub fn new(settings: &Http, file_limit: usize) -> Arc<Connections> {
        Arc::new(Connections {
            max: settings.connections_max.min(file_limit),
            per_address_max: settings.connections_per_address_max,
            proxies: settings.trusted_proxies.clone(),
            open: Mutex::default(),
        })
    }

    pub fn max(&self) -> usize {
        self.max
    }

    /// Nothing where there are enough already.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Permit> {
        let peer = peer.to_canonical();
        let is_proxy = self.proxies.iter().any(|net| net.contains(&peer));
        let address = (!is_proxy).then(|| SourceAddress::of(peer, &HeaderMap::new(), &[]));
        let mut open = self.open();
        if open.all >= self.max {
            return None;
        }
        if let Some(address) = address {
            let of_address = open.by_address.entry(address).or_default();
            if *of_address >= self.per_address_max {
                return None;
            }
            *of_address += 1;
        }
        open.all += 1;
        Some(Permit { connections: Arc::clone(self), address })
    }

    /// How long a connection may now do nothing between two requests: while more than half of all
    /// are open, those who do nothing make room.
    pub fn idle_limit(&self, limits: Limits) -> Duration {
        let crowded = self.open().all > self.max / 2;
        if crowded { limits.idle.min(limits.head) } else { limits.idle }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.all -= 1;
        let Some(address) = self.address else { return };
        let Some(of_address) = open.by_address.get_mut(&address) else { return };
        *of_address -= 1;
        if *of_address == 0 {
            open.by_address.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn connections(max: usize, per_address_max: usize) -> Arc<Connections> {
        let mut http = Config::load(None).expect("the defaults").http;
        (http.connections_max, http.connections_per_address_max) = (max, per_address_max);
        http.trusted_proxies = vec!["10.0.0.0/8".parse().expect("a net")];
        Connections::new(&http, 1000)
    }

    #[test]
    fn an_address_that_has_enough_leaves_room_for_others() {
        let connections = connections(5, 2);
        let admit = |peer: &str| connections.admit(peer.parse().expect("an address"));
        let (first, second) = (admit("203.0.113.9"), admit("::ffff:203.0.113.9"));
        assert!(first.is_some() && second.is_some());
        assert!(admit("203.0.113.9").is_none());
        let others: Vec<_> = (0..3).map(|_| admit("10.0.0.1")).collect();
        assert!(others.iter().all(Option::is_some), "a proxy has no limit of its own");
        assert!(admit("203.0.113.10").is_none() && admit("10.0.0.1").is_none(), "all are taken");
        drop(others);
        drop(first);
        assert!(admit("203.0.113.9").is_some());
        drop(second);
        assert_eq!(connections.open().all, 0);
        assert!(connections.open().by_address.is_empty());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let connections = connections(5, 1);
        let first = connections.admit("2001:db8::1".parse().expect("an address"));
        assert!(first.is_some());
        assert!(connections.admit("2001:db8::2".parse().expect("an address")).is_none());
        assert!(connections.admit("2001:db8:0:1::2".parse().expect("an address")).is_some());
    }

    #[test]
    fn file_descriptors_come_before_the_setting() {
        let connections = connections(5000, 5000);
        let peer = "203.0.113.9".parse().expect("an address");
        let permits: Vec<_> = (0..1001).map_while(|_| connections.admit(peer)).collect();
        assert_eq!(permits.len(), 1000);
    }
}
