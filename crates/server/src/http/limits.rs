//! How many requests a token may make.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

type Limiter =
    RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

#[derive(Default)]
pub struct Limits {
    /// For so many requests a minute.
    now: RwLock<(u32, Option<Arc<Limiter>>)>,
    clock: DefaultClock,
}

/// What is left to a token: the `RateLimit-*` headers.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    pub reset_seconds: u64,
}

/// Tokens that are remembered; above it, those that have been quiet are forgotten.
const TOKENS_MAX: usize = 10_000;
const WINDOW_SECONDS: u64 = 60;

impl Limits {
    /// Counts a request of this token, which may make so many a minute; 0 means no limit. Where the limit
    /// is another than before, all begin anew.
    ///
    /// # Errors
    /// It has none left; `reset_seconds` says when it will.
    pub fn take(
        &self,
        token: &str,
        requests_per_minute: u32,
    ) -> Result<Option<Allowance>, Allowance> {
        let Some(limiter) = self.limiter(requests_per_minute) else { return Ok(None) };
        if limiter.len() > TOKENS_MAX {
            limiter.retain_recent();
        }
        match limiter.check_key(&token.to_owned()) {
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
