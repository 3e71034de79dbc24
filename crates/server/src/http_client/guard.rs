//! What every such client has: no proxy, one TLS, and names that are resolved to allowed addresses alone.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::AllowedAddresses;

/// A name has an address that may not be connected to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the address is not allowed")]
pub struct AddressNotAllowed;

/// The one implementation of TLS that is compiled in is used wherever none is named.
pub fn choose_tls() {
    // It fails when it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client with the guard. An address in a URL is never resolved: the caller checks it.
pub fn guarded(
    client: ClientBuilder,
    names: Arc<dyn Resolve>,
    allowed: AllowedAddresses,
) -> ClientBuilder {
    choose_tls();
    // A proxy would resolve names itself, past our check of its answers.
    client.no_proxy().dns_resolver(Arc::new(GuardedNames { names, allowed }))
}

/// The first cause of this type, also inside of an error of `std::io`, which does not name it as its source.
pub fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(cause) = inner.and_then(|inner| cause::<E>(inner)) {
            return Some(cause);
        }
        if let Some(cause) = error.downcast_ref::<E>() {
            return Some(cause);
        }
        next = error.source();
    }
    None
}

/// The names that this machine resolves.
pub struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Resolves names, and answers only addresses that may be connected to: what is connected to is
/// what was checked, whatever a second answer says.
struct GuardedNames {
    names: Arc<dyn Resolve>,
    allowed: AllowedAddresses,
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolving, allowed) = (self.names.resolve(name), self.allowed.clone());
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolving.await?.collect();
            if !addresses.iter().all(|address| allowed.contains(address.ip())) {
                return Err(AddressNotAllowed.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
