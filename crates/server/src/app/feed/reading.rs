//! The feed: events in the order of their numbers, and the wait for the next one.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use verax_query::Tenant;
use verax_store::{NumberedEvent, StoreError};

use super::News;
use crate::app::App;

impl App {
    /// The events of this tenant with a number above `after`, in the order of their numbers, `limit` at most.
    pub async fn events_after(
        &self,
        tenant: &Tenant,
        after: i64,
        limit: u32,
    ) -> Result<Vec<NumberedEvent>, StoreError> {
        self.database.events_after(tenant, after, limit).await
    }

    /// The same; where there is none yet, waits so long for one.
    pub async fn wait_for_events(
        &self,
        tenant: &Tenant,
        after: i64,
        limit: u32,
        wait: Duration,
    ) -> Result<Vec<NumberedEvent>, StoreError> {
        let (mut listener, until) = (self.feed.listen(), Instant::now() + wait);
        loop {
            listener.begin();
            let events = self.events_after(tenant, after, limit).await?;
            if !events.is_empty() || timeout_at(until, listener.news()).await != Ok(News::Numbered)
            {
                return Ok(events);
            }
        }
    }

    /// The number of this tenant's last event that has one.
    pub async fn last_event_number(&self, tenant: &Tenant) -> Result<i64, StoreError> {
        self.database.last_event_number(tenant).await
    }
}
