//! How many requests a minute there may be: of a token, of a client, of an address.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

type Limiter =
    RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// Who is counted, and by what.
#[derive(Default)]
pub struct Limits {
    /// By the token's id, or by the record that it is for.
    pub tokens: Counter,
    /// By client, all its tokens together.
    pub clients: Counter,
    /// By address: requests without a token.
    pub anonymous: Counter,
    /// By address: requests with a token that was rejected, or without the one they need.
    pub rejected: Counter,
}

/// Requests by name.
#[derive(Default)]
pub struct Counter {
    /// For so many requests a minute.
    now: RwLock<(u32, Option<Arc<Limiter>>)>,
    clock: DefaultClock,
    taken: AtomicUsize,
}

/// What is left: the `RateLimit-*` headers.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    pub reset_seconds: u64,
}

/// Names that are remembered; above it, those that have been quiet are forgotten.
const NAMES_MAX: usize = 10_000;
/// So many begin anew: whoever can have that many names is not held by counting them.
const CROWD_MAX: usize = 200_000;
/// Requests between two looks at how many names there are.
const LOOK_EVERY: usize = 1024;
const WINDOW_SECONDS: u64 = 60;

impl Counter {
    /// Counts a request of this name, which may make so many a minute; 0 means no limit. Where the limit
    /// is another than before, all begin anew.
    ///
    /// # Errors
    /// It has none left; `reset_seconds` says when it will.
    pub fn take(
        &self,
        name: &str,
        requests_per_minute: u32,
    ) -> Result<Option<Allowance>, Allowance> {
        let Some(limiter) = self.limiter(requests_per_minute) else { return Ok(None) };
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken.is_multiple_of(LOOK_EVERY) && limiter.len() > NAMES_MAX {
            limiter.retain_recent();
            if limiter.len() > CROWD_MAX {
                self.forget();
            }
        }
        match limiter.check_key(&name.to_owned()) {
            Ok(state) => {
                let limit = state.quota().burst_size().get();
                let remaining = state.remaining_burst_capacity();
                let used = u64::from(limit - remaining);
                let reset_seconds = (used * WINDOW_SECONDS).div_ceil(u64::from(limit));
                Ok(Some(Allowance { limit, remaining, reset_seconds }))
            }
            Err(denied) => {
                let wait = denied.wait_time_from(self.clock.now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let limit = denied.quota().burst_size().get();
                Err(Allowance { limit, remaining: 0, reset_seconds: seconds })
            }
        }
    }

    fn forget(&self) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = (0, None);
    }

    fn limiter(&self, requests_per_minute: u32) -> Option<Arc<Limiter>> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        if now.0 == requests_per_minute {
            return now.1.clone();
        }
        drop(now);
        let limiter = NonZeroU32::new(requests_per_minute).map(|requests| {
            let limiter = RateLimiter::keyed(Quota::per_minute(requests));
            Arc::new(limiter.with_middleware::<StateInformationMiddleware>())
        });
        *self.now.write().unwrap_or_else(PoisonError::into_inner) =
            (requests_per_minute, limiter.clone());
        limiter
    }
}

impl Allowance {
    pub fn write(self, headers: &mut HeaderMap) {
        let mut set = |name: &'static str, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        set("ratelimit-limit", u64::from(self.limit));
        set("ratelimit-remaining", u64::from(self.remaining));
        set("ratelimit-reset", self.reset_seconds);
    }
}
