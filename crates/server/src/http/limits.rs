//! How many requests a token may make.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

type Limiter =
    RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

#[derive(Clone)]
pub struct Limits {
    limiter: Option<Arc<Limiter>>,
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
    /// 0 requests a minute means no limit.
    pub fn new(requests_per_minute: u32) -> Limits {
        let limiter = NonZeroU32::new(requests_per_minute).map(|requests| {
            let limiter = RateLimiter::keyed(Quota::per_minute(requests));
            Arc::new(limiter.with_middleware::<StateInformationMiddleware>())
        });
        Limits { limiter, clock: DefaultClock::default() }
    }

    /// Counts a request of this token.
    ///
    /// # Errors
    /// It has none left; `reset_seconds` says when it will.
    pub fn take(&self, token: &str) -> Result<Option<Allowance>, Allowance> {
        let Some(limiter) = &self.limiter else { return Ok(None) };
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
