//! What signs deliveries, remembered for a moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use verax_domain::Timestamp;

use crate::webhook_signature::{Secret, SigningKey, sign};

/// What signs the deliveries to an endpoint.
pub struct Signer {
    /// The one that counts first.
    pub secrets: Vec<Secret>,
    pub key: SigningKey,
}

/// Signers of endpoints that were called a moment ago. Clones share them.
#[derive(Clone, Default)]
pub struct Signers(Arc<Mutex<Remembered>>);

/// And since when.
type Remembered = HashMap<SignerKey, (Instant, Arc<Signer>)>;

/// Client, endpoint, which secret counts, and whether the one before it does.
pub type SignerKey = (String, String, i64, bool);

const REMEMBERED_FOR: Duration = Duration::from_secs(60);
const SIGNERS_MAX: usize = 10_000;

impl Signer {
    /// The value of the header `webhook-signature`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        sign(&self.secrets, &self.key, id, at.0.div_euclid(1000), body)
    }
}

impl Signers {
    pub fn recall(&self, key: &SignerKey) -> Option<Arc<Signer>> {
        let signers = self.lock();
        let (since, signer) = signers.get(key)?;
        (since.elapsed() < REMEMBERED_FOR).then(|| Arc::clone(signer))
    }

    pub fn remember(&self, key: SignerKey, signer: &Arc<Signer>) {
        let mut signers = self.lock();
        if signers.len() >= SIGNERS_MAX {
            signers.clear();
        }
        signers.insert(key, (Instant::now(), Arc::clone(signer)));
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
