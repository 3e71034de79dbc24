//! How often a database was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads and batches, each one round trip to a database on another machine. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct RoundTrips(Arc<AtomicU64>);

impl RoundTrips {
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
