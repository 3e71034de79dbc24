//! Time and randomness as parameters, so that a test turns the one and seeds the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use verax_domain::Timestamp;

/// What time it is.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Turned by hand: milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => system_now(),
            Clock::Manual(millis) => Timestamp(millis.load(Ordering::SeqCst)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
fn system_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// Where unpredictable numbers come from.
#[derive(Clone, Debug)]
pub enum Random {
    /// The operating system.
    System,
    /// Counted up from a seed: for tests and demo data alone.
    Seeded(Arc<AtomicU64>),
}

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random::Seeded(Arc::new(AtomicU64::new(seed)))
    }

    pub fn number(&self) -> u64 {
        match self {
            Random::System => {
                let mut bytes = [0; 8];
                self.fill(&mut bytes);
                u64::from_ne_bytes(bytes)
            }
            Random::Seeded(state) => splitmix(state.fetch_add(1, Ordering::SeqCst)),
        }
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Random::System => {
                #[expect(clippy::expect_used, reason = "without randomness no token is safe")]
                getrandom::fill(bytes).expect("the operating system has no random numbers");
            }
            Random::Seeded(_) => {
                for chunk in bytes.chunks_mut(8) {
                    let number = self.number().to_le_bytes();
                    chunk.copy_from_slice(&number[..chunk.len()]);
                }
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014) of a counter.
fn splitmix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
