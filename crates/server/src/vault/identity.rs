//! The ids by which the two locations of a vault are known again.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path as Location;
use verax_store::{Fingerprint, FingerprintKind};

use super::errors::VaultError;
use super::key_tree::Vault;
use super::objects::{get, put_first};

/// No client is called so: an id holds no dot.
const PLACE_ID: &str = "vault.id";
const PLACE_ID_BYTES_MAX: usize = 64;

impl Vault {
    /// The ids that lie in the two locations; a location without one is left out.
    pub async fn location_fingerprints(&self) -> Result<Vec<Fingerprint>, VaultError> {
        let mut found = Vec::new();
        for (kind, store) in self.locations() {
            let id = get(store, &Location::from(PLACE_ID)).await?.map(id_of);
            let digest = String::new();
            found.extend(id.map(|id| Fingerprint { kind, id, digest }));
        }
        Ok(found)
    }

    /// The same; gives an id to a location that has none.
    pub async fn mark_places(&self) -> Result<Vec<Fingerprint>, VaultError> {
        for (_, store) in self.locations() {
            let id = format!("{:016x}{:016x}\n", self.random.number(), self.random.number());
            put_first(store, &Location::from(PLACE_ID), id.into_bytes()).await?;
        }
        self.location_fingerprints().await
    }

    /// Where the keys, or the objects, are.
    pub fn address(&self, kind: FingerprintKind) -> &str {
        let [keys, objects] = &*self.addresses;
        if kind == FingerprintKind::VaultObjects { objects } else { keys }
    }

    pub(super) fn locations(&self) -> [(FingerprintKind, &Arc<dyn ObjectStore>); 2] {
        [(FingerprintKind::VaultKeys, &self.keys), (FingerprintKind::VaultObjects, &self.objects)]
    }
}

/// A file that somebody has damaged is another id, and no text of any length.
fn id_of(bytes: Vec<u8>) -> String {
    let text = String::from_utf8_lossy(&bytes);
    text.trim().chars().take(PLACE_ID_BYTES_MAX).collect()
}
