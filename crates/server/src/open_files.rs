//! How many files, and so connections, this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the database, keys, images, logs and what is fetched from elsewhere.
const RESERVED: u64 = 512;

/// Raises the soft limit to the hard one. Services start with 1024, for programs that cannot do with
/// more.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(cause = %error, "the limit of open files could not be raised");
    }
}

/// How many connections leave enough files for everything else.
pub fn connections_max() -> usize {
    let Some(limit) = getrlimit(Resource::Nofile).current else { return usize::MAX };
    usize::try_from(limit.saturating_sub(RESERVED).max(limit / 2)).unwrap_or(usize::MAX)
}
