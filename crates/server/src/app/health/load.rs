//! How much the database has to do, for the metrics.

use std::time::Duration;

use verax_store::{JobStatus, PoolStatus, StoreError};

use crate::app::App;

impl App {
    /// The work that waits in the table of jobs, by its kind.
    pub async fn jobs(&self) -> Result<Vec<JobStatus>, StoreError> {
        self.database.jobs().await
    }

    pub fn database_pools(&self) -> Vec<PoolStatus> {
        self.database.pools()
    }

    /// How long ago the replica had all that the primary had; `None`: there is no replica.
    pub fn replica_lag(&self) -> Option<Duration> {
        self.database.replica_lag()
    }
}
