//! Which deliveries are attempted next: endpoint by endpoint in turns, so that one that does not answer
//! holds up no other.

use anyhow::Result;
use verax_domain::Timestamp;
use verax_store::{Batch, Delivery, Endpoint, StoreError};

use super::delivering::Taken;
use super::slots::Slot;
use crate::app::App;

/// Endpoints that one look finds.
const ENDPOINTS_AT_ONCE: u32 = 200;
/// How much longer than an attempt a lease is: for what is written before and after it.
const LEASE_MORE_MS: i64 = 15_000;

impl App {
    /// Begins attempts of what is due, as many as this node may make at once.
    pub async fn deliver_due(&self) -> Result<()> {
        if self.webhook_client.is_none() {
            return Ok(());
        }
        let mut last = self.deliveries.last();
        let now = self.clock.now();
        // First those after the one whose turn was last, then from the beginning.
        let mut endpoints = self.database.due_endpoints(now, &last, ENDPOINTS_AT_ONCE).await?;
        if !last.is_empty() && endpoints.len() < ENDPOINTS_AT_ONCE as usize {
            let first = self.database.due_endpoints(now, "", ENDPOINTS_AT_ONCE).await?;
            endpoints.extend(first.into_iter().take_while(|endpoint| endpoint.id <= last));
        }
        for endpoint in endpoints {
            let slots = self.deliveries.reserve(&endpoint);
            if slots.is_empty() {
                continue;
            }
            last.clone_from(&endpoint.id);
            self.begin_attempts(endpoint, slots).await?;
        }
        self.deliveries.set_last(last);
        Ok(())
    }

    async fn begin_attempts(&self, endpoint: Endpoint, mut slots: Vec<Slot>) -> Result<()> {
        let now = self.clock.now();
        let lease_until = self.lease_until();
        let is_probe = endpoint.is_failing();
        if is_probe {
            let mut batch = Batch::default();
            batch.begin_probe(&endpoint, lease_until);
            match self.database.commit(batch).await {
                // Another node tries.
                Err(StoreError::Conflict) => return Ok(()),
                begun => begun?,
            }
            slots.truncate(1);
        }
        let limit = u32::try_from(slots.len()).unwrap_or(1);
        let taken = self.database.take_deliveries(&endpoint, now, lease_until, limit).await?;
        let taken = self.prepare(&endpoint, taken).await?;
        for ((delivery, body), slot) in taken.into_iter().zip(slots) {
            let app = self.clone();
            let taken = Taken { endpoint: endpoint.clone(), delivery, body, is_probe };
            tokio::spawn(async move {
                app.attempt(taken).await;
                drop(slot);
            });
        }
        Ok(())
    }

    /// Until when what is taken now is its taker's.
    pub(super) fn lease_until(&self) -> Timestamp {
        let timeout_seconds = self.config.now().webhooks.timeout_seconds;
        let attempt_ms = i64::try_from(timeout_seconds).unwrap_or(0).saturating_mul(1000);
        Timestamp(self.clock.now().0.saturating_add(attempt_ms + LEASE_MORE_MS))
    }

    /// What is sent is made once, and stored before it is sent: each attempt sends the same bytes.
    async fn prepare(
        &self,
        endpoint: &Endpoint,
        taken: Vec<Delivery>,
    ) -> Result<Vec<(Delivery, String)>> {
        let mut prepared = Vec::with_capacity(taken.len());
        let mut batch = Batch::default();
        for mut delivery in taken {
            let body = match delivery.body.take() {
                Some(body) => body,
                None => {
                    let (body, resource) = match self.delivery_body(endpoint, &delivery).await {
                        Ok(prepared) => prepared,
                        Err(error) => {
                            // The others do not wait for it; it is taken again after its lease.
                            tracing::warn!(cause = %error, "a delivery could not be prepared");
                            continue;
                        }
                    };
                    batch.store_request(&delivery, &body, resource);
                    body
                }
            };
            prepared.push((delivery, body));
        }
        if batch.is_empty() {
            return Ok(prepared);
        }
        match self.database.commit(batch).await {
            // A record was deleted meanwhile: after the lease it is prepared without.
            Err(StoreError::Conflict) => Ok(Vec::new()),
            stored => stored.map(|()| prepared).map_err(Into::into),
        }
    }
}
