//! How much of a pool of connections is used, for whoever watches the database.

/// The connections of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    pub name: &'static str,
    pub used: usize,
    pub idle: usize,
    pub max: usize,
    /// Requests that wait for one; `None` where nobody counts them.
    pub waiting: Option<usize>,
}
