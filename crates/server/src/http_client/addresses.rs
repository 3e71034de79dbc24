//! Which addresses this server connects to where a caller chose them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

/// The addresses of the public internet, and the networks that an operator adds. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AllowedAddresses {
    networks: Arc<[IpNet]>,
}

impl AllowedAddresses {
    pub fn public() -> AllowedAddresses {
        AllowedAddresses::public_and(&[])
    }

    pub fn public_and(networks: &[IpNet]) -> AllowedAddresses {
        AllowedAddresses { networks: networks.into() }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        // A mapped address is connected to by IPv4.
        let connected = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&connected))
    }

    /// Whether there are others than those of the public internet.
    pub fn has_private(&self) -> bool {
        !self.networks.is_empty()
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
