//! How often signing in may fail: for one account, and from one source address.

use std::net::IpAddr;

use verax_domain::Timestamp;
use verax_domain::contact::email_key;
use verax_domain::role::SERVER_WIDE;
use verax_store::{AttemptLimit, Batch, StoreError};

use super::errors::SignInError;
use crate::app::App;

/// What the keys are derived for: no other digest equals one of these.
const PURPOSE: &str = "sign-ins of members";

/// A try to sign in, and what it is counted under. An address that has no account has its own.
pub struct Attempt {
    account: Option<AttemptLimit>,
    address: Option<AttemptLimit>,
}

impl Attempt {
    /// It has succeeded: whoever it was may try again. Where it came from others may have failed.
    pub fn pass(&self, batch: &mut Batch) {
        if let Some(account) = &self.account {
            batch.clear_logins(SERVER_WIDE, &account.id);
        }
        if let Some(address) = &self.address {
            batch.return_login(SERVER_WIDE, &address.id);
        }
    }

    // Always in this order, so that two transactions never wait for each other.
    fn limits(&self) -> impl Iterator<Item = &AttemptLimit> {
        [&self.account, &self.address].into_iter().flatten()
    }
}

impl App {
    /// Counts a try as failed before it is made.
    ///
    /// # Errors
    /// `Locked`: the account or the address is.
    pub(super) async fn begin_attempt(
        &self,
        email: &str,
        address: IpAddr,
    ) -> Result<Attempt, SignInError> {
        let config = self.config.now();
        let logins = &config.logins;
        let limit = |id: String, tries_max: u32| {
            // An account is locked no longer than an address: otherwise a stranger keeps its owner out.
            (tries_max > 0).then(|| AttemptLimit {
                id,
                tries_max,
                lock_ms: millis(logins.lock_seconds),
                lock_ms_max: millis(logins.address_lock_seconds_max),
                forget_ms: millis(logins.forget_seconds),
            })
        };
        let from = self.counted_as_member(&["address", &address.to_string()]);
        let attempt = Attempt {
            account: limit(self.account_count(email), logins.failures_per_identifier_max),
            address: limit(from, logins.failures_per_address_max),
        };
        let now = self.clock.now();
        let mut batch = Batch::default();
        for limit in attempt.limits() {
            batch.reserve_login(SERVER_WIDE, limit, now);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Err(self.locked(&attempt, now).await),
            reserved => Ok(reserved.map(|()| attempt)?),
        }
    }

    /// The try was not judged, or a part of it was right: it has not failed.
    pub(super) async fn give_back_attempt(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for limit in attempt.limits() {
            batch.return_login(SERVER_WIDE, &limit.id);
        }
        self.database.commit(batch).await
    }

    /// Whoever has proved by a link who they are may try again.
    pub(super) fn clear_account(&self, email: &str, batch: &mut Batch) {
        batch.clear_logins(SERVER_WIDE, &self.account_count(email));
    }

    async fn locked(&self, attempt: &Attempt, now: Timestamp) -> SignInError {
        let ids = attempt.limits().map(|limit| limit.id.clone()).collect();
        match self.database.login_locks(SERVER_WIDE, ids, now).await {
            Ok(locks) => match locks.into_iter().map(|(_, until)| until).max() {
                Some(until) => SignInError::Locked { until },
                None => StoreError::Conflict.into(),
            },
            Err(error) => error.into(),
        }
    }

    fn account_count(&self, email: &str) -> String {
        self.counted_as_member(&["account", &email_key(email)])
    }

    fn counted_as_member(&self, parts: &[&str]) -> String {
        self.keys.digest(PURPOSE, parts)
    }
}

fn millis(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}
