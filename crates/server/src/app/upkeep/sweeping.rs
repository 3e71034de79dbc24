//! Looking for what the vault holds of nobody: a crash between encrypting a face and storing its person
//! can leave it.

mod sweep;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

/// What the last whole look has found, as this node knows. Clones share it.
#[derive(Clone)]
pub struct Sweeps(Arc<AtomicI64>);

/// The end of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    pub orphans: u64,
    pub destroyed: u64,
}

/// What becomes of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphans {
    Counted,
    Destroyed,
}

const UNKNOWN: i64 = -1;

impl Default for Sweeps {
    fn default() -> Sweeps {
        Sweeps(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl Sweeps {
    /// How many records the vault has something of although they are not there; `None` before the first
    /// look has ended.
    pub fn orphans(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|count| *count != UNKNOWN)
    }
}
