//! How many deliveries this node attempts at once, and to which endpoint how many of them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use verax_store::Endpoint;

/// Attempts to one endpoint at once.
const EACH_MAX: usize = 8;
/// The part of all slots that the endpoints of one client may have: a quarter.
const CLIENT_PART: usize = 4;
/// An endpoint that takes longer has one slot.
const SLOW_MS: u64 = 1000;
const SLOW_MAX: usize = 10_000;
/// The longest that a process that ends waits for its attempts.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

/// What this node delivers now. Clones share it.
#[derive(Clone)]
pub struct Deliveries {
    permits: Arc<Semaphore>,
    permits_max: u32,
    /// Attempts under way, by endpoint and by client.
    running: Arc<Mutex<Running>>,
    /// An attempt has ended, or something was queued by hand.
    changed: Arc<Notify>,
    /// The endpoint whose turn was last.
    last: Arc<Mutex<String>>,
}

#[derive(Default)]
struct Running {
    webhooks: HashMap<String, usize>,
    clients: HashMap<String, usize>,
    /// Endpoints whose last answer took long.
    slow: HashSet<String>,
}

/// The right to attempt one delivery to an endpoint, until it is dropped.
pub struct Slot {
    deliveries: Deliveries,
    webhook: String,
    client: String,
    _permit: OwnedSemaphorePermit,
}

impl Deliveries {
    pub fn new(parallel: usize) -> Deliveries {
        let permits_max = u32::try_from(parallel.clamp(1, 10_000)).unwrap_or(1);
        Deliveries {
            permits: Arc::new(Semaphore::new(permits_max as usize)),
            permits_max,
            running: Arc::default(),
            changed: Arc::default(),
            last: Arc::default(),
        }
    }

    /// Something is due.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Ready when an attempt has ended, or something was queued by hand.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits for the attempts that are under way, for some seconds at most. What is cut off is attempted
    /// again when its lease has run out.
    pub async fn drain(&self) {
        let all = Arc::clone(&self.permits).acquire_many_owned(self.permits_max);
        // In both cases there is nothing to be done.
        let _ = tokio::time::timeout(SHUTDOWN_MAX, all).await;
    }

    /// Slots for an endpoint, as many as it may have now. One that fails, or takes long, has one at a time,
    /// and all endpoints of a client have a part of the slots: the others need the rest.
    pub fn reserve(&self, endpoint: &Endpoint) -> Vec<Slot> {
        let mut running = self.lock();
        let is_slow = endpoint.failures > 0 || running.slow.contains(&endpoint.id);
        let webhook_max = if is_slow { 1 } else { EACH_MAX };
        let client_max = (self.permits_max as usize / CLIENT_PART).max(1);
        let mut slots = Vec::new();
        let mut of_webhook = running.webhooks.get(&endpoint.id).copied().unwrap_or(0);
        let mut of_client = running.clients.get(&endpoint.client).copied().unwrap_or(0);
        while of_webhook < webhook_max
            && of_client < client_max
            && let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned()
        {
            of_webhook += 1;
            of_client += 1;
            let (webhook, client) = (endpoint.id.clone(), endpoint.client.clone());
            slots.push(Slot { deliveries: self.clone(), webhook, client, _permit: permit });
        }
        if !slots.is_empty() {
            running.webhooks.insert(endpoint.id.clone(), of_webhook);
            running.clients.insert(endpoint.client.clone(), of_client);
        }
        slots
    }

    /// An attempt at an endpoint took so long.
    pub fn answered_in(&self, webhook: &str, ms: u64) {
        let slow = &mut self.lock().slow;
        if ms < SLOW_MS {
            slow.remove(webhook);
        } else if slow.len() < SLOW_MAX {
            slow.insert(webhook.to_owned());
        }
    }

    /// The endpoint whose turn was last.
    pub fn last(&self) -> String {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_last(&self, last: String) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        // Nothing panics under this lock.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut running = self.deliveries.lock();
        count_down(&mut running.webhooks, &self.webhook);
        count_down(&mut running.clients, &self.client);
        drop(running);
        self.deliveries.wake();
    }
}

fn count_down(counts: &mut HashMap<String, usize>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            counts.remove(name);
        }
    }
}
