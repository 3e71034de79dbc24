//! Whether the server can do its work: its database takes writes, and agrees with it about the time; its
//! keys and its vault are those of the database; there is space.

mod load;
mod probes;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;

/// What was found last. Cheap to clone: clones share it.
#[derive(Clone, Default)]
pub struct Health {
    found: Arc<Mutex<Option<ProbeResult>>>,
    vault: Arc<Mutex<Option<ProbeResult>>>,
    /// Where there must be space.
    folders: Arc<Vec<PathBuf>>,
}

struct ProbeResult {
    at: Instant,
    unhealthy: Option<Unhealthy>,
}

/// Why the server should get no requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unhealthy {
    /// It does not answer, or takes no writes.
    Database,
    /// Its clock and this machine's are further apart than leases allow for.
    Clock,
    /// It does not answer, or it is not the one of the database, or the keys are not.
    Vault,
    /// A disk has less space than it should.
    Space,
    /// Events have waited for their numbers for long: the feed stands still.
    Journal,
}

/// Leases last 30 seconds and more, and nodes compare them with their own clocks.
pub const APART_MS_MAX: i64 = 10_000;

impl Health {
    pub fn of(folders: Vec<PathBuf>) -> Health {
        Health { folders: Arc::new(folders), ..Health::default() }
    }

    /// The folders with less space than this, and how much each has.
    ///
    /// # Errors
    /// Of the folder whose space cannot be asked for.
    pub fn too_full(&self, free_bytes_min: u64) -> Vec<(&Path, std::io::Result<u64>)> {
        let free = |folder: &PathBuf| {
            let space = rustix::fs::statvfs(folder)?;
            Ok(space.f_bavail.saturating_mul(space.f_frsize))
        };
        let all = self.folders.iter().map(|folder| (folder.as_path(), free(folder)));
        all.filter(|(_, free)| free.as_ref().map_or(true, |free| *free < free_bytes_min)).collect()
    }
}
