//! What of webhooks is over is ended and forgotten.

use verax_domain::Timestamp;
use verax_domain::webhook::{BODIES_MS, DAY_MS, HELD_MS, HISTORY_MS};
use verax_store::{Batch, StoreError, SweepTimes};

use crate::app::App;

/// Validations live no longer.
const VALIDATION_ENDPOINTS_MS: i64 = 31 * DAY_MS;

impl App {
    /// Gives up what was held too long, forgets what is old, and sees that every flow with a URL has its
    /// endpoint, also one that was imported.
    pub async fn sweep_webhooks(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let ago = |ms: i64| Timestamp(now.0.saturating_sub(ms));
        // First, and apart: what is to be forgotten does not wait for anything else.
        let times = SweepTimes {
            now,
            held_since: ago(HELD_MS),
            bodies_ended: ago(BODIES_MS),
            history_ended: ago(HISTORY_MS),
        };
        self.database.sweep_deliveries(times).await?;
        let mut batch = Batch::default();
        batch.drop_old_validation_endpoints(ago(VALIDATION_ENDPOINTS_MS)).mark_held(None);
        self.database.commit(batch).await?;
        let mut batch = Batch::default();
        batch.keep_flow_endpoints(None).drop_flow_endpoints(None);
        self.database.commit(batch).await
    }
}
