//! Turns at reading: one tenant's reads, however slow and many, leave readers to the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use verax_query::Tenant;

use crate::StoreError;

/// Reads of one tenant that may wait for a turn, for each that it may have at once: those beyond it
/// are rejected at once instead of late.
const WAITING_PER_TURN: usize = 16;

/// Who has how many readers now. Clones share.
#[derive(Clone)]
pub struct Turns {
    each_max: usize,
    /// Nobody is in here who neither reads nor waits.
    tenants: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// A tenant's right to one of its readers, until this is dropped.
pub struct Turn {
    turns: Turns,
    tenant: String,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Half of so many readers for each tenant, and one at least.
    pub fn of(readers: usize) -> Turns {
        Turns { each_max: (readers / 2).max(1), tenants: Arc::default() }
    }

    /// Waits for a turn, so long at most.
    ///
    /// # Errors
    /// `Busy`: it did not come in time, or too many wait for it.
    pub async fn take(&self, tenant: &Tenant, wait: Duration) -> Result<Turn, StoreError> {
        let tenant = match tenant {
            Tenant::Client(client) => client.as_str(),
            // Staff reads what is everybody's: all of it together counts as one.
            Tenant::All => "",
        };
        // Dropped, it forgets who neither reads nor waits any more, also when the wait is given up.
        let mut turn = Turn { turns: self.clone(), tenant: tenant.to_owned(), permit: None };
        let semaphore = self.enter(tenant)?;
        let permit = tokio::time::timeout(wait, semaphore.acquire_owned()).await;
        let busy = |_| StoreError::Busy("the tenant's readers are at work".to_owned());
        let closed = |_| StoreError::Unavailable("the database is closed".to_owned());
        turn.permit = Some(permit.map_err(busy)?.map_err(closed)?);
        Ok(turn)
    }

    fn enter(&self, tenant: &str) -> Result<Arc<Semaphore>, StoreError> {
        let mut tenants = self.lock();
        let semaphore = match tenants.get(tenant) {
            Some(semaphore) => semaphore,
            None => {
                let semaphore = Arc::new(Semaphore::new(self.each_max));
                tenants.entry(tenant.to_owned()).or_insert(semaphore)
            }
        };
        // Whoever reads or waits has it once, and the map has it.
        if Arc::strong_count(semaphore) > self.each_max * (1 + WAITING_PER_TURN) {
            return Err(StoreError::Busy("too many reads of the tenant wait".to_owned()));
        }
        Ok(Arc::clone(semaphore))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        // Nothing panics under this lock.
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut tenants = self.turns.lock();
        drop(self.permit.take());
        if tenants.get(&self.tenant).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            tenants.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn client(name: &str) -> Tenant {
        Tenant::Client(name.to_owned())
    }

    #[tokio::test]
    async fn a_tenant_with_half_of_the_readers_waits_and_others_do_not() {
        let turns = Turns::of(4);
        let one = turns.take(&client("one"), LONG).await.expect("a turn");
        let two = turns.take(&client("one"), LONG).await.expect("a turn");
        let (tenant, other) = (client("one"), client("two"));
        let mut third = Box::pin(turns.take(&tenant, LONG));
        assert!((&mut third).now_or_never().is_none(), "a tenant has half");
        let others = turns.take(&other, LONG).now_or_never().expect("no wait").expect("a turn");
        drop(one);
        let third = third.now_or_never().expect("its turn has come").expect("a turn");
        drop((two, third, others));
        assert!(turns.lock().is_empty(), "who does not read is not remembered");
    }

    #[tokio::test]
    async fn too_many_that_wait_are_rejected_at_once_and_a_wait_ends() {
        let turns = Turns::of(2);
        let tenant = client("one");
        let reading = turns.take(&tenant, LONG).await.expect("a turn");
        let wait = || Box::pin(turns.take(&tenant, LONG));
        let mut waiting: Vec<_> = (0..WAITING_PER_TURN).map(|_| wait()).collect();
        assert!(waiting.iter_mut().all(|one| one.now_or_never().is_none()));
        let rejected = wait().now_or_never().expect("no wait");
        assert!(matches!(rejected, Err(StoreError::Busy(_))));
        drop(waiting);
        let late = turns.take(&tenant, Duration::ZERO).await;
        assert!(matches!(late, Err(StoreError::Busy(_))));
        drop(reading);
        assert!(turns.lock().is_empty());
    }
}
