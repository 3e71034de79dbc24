//! Something of which there is so much: who holds how much of it, and that nobody holds all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So much of something, in whatever unit: places, bytes.
pub struct Shares {
    max: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    /// Nobody is in here who holds nothing.
    each: HashMap<String, usize>,
}

/// A part that somebody holds until this is dropped.
pub struct Share {
    shares: Arc<Shares>,
    holder: String,
    holder_max: usize,
    amount: usize,
}

impl Shares {
    pub fn new(max: usize) -> Arc<Shares> {
        Arc::new(Shares { max, held: Mutex::default() })
    }

    pub fn max(&self) -> usize {
        self.max
    }

    /// How much of it is held.
    pub fn held(&self) -> usize {
        self.lock().all
    }

    /// A share with nothing in it yet, for this holder, who may hold no more than `holder_max` in all.
    pub fn open(self: &Arc<Shares>, holder: &str, holder_max: usize) -> Share {
        Share { shares: Arc::clone(self), holder: holder.to_owned(), holder_max, amount: 0 }
    }

    /// The same with so much in it. `None`: there is not so much left, or not for this holder.
    pub fn take(
        self: &Arc<Shares>,
        holder: &str,
        amount: usize,
        holder_max: usize,
    ) -> Option<Share> {
        let mut share = self.open(holder, holder_max);
        share.grow(amount).then_some(share)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing panics under this lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes so much more; `false`, and nothing, where there is not so much.
    pub fn grow(&mut self, amount: usize) -> bool {
        let mut held = self.shares.lock();
        let own = held.each.get(&self.holder).copied().unwrap_or_default();
        let fits = |held: usize, max| held.checked_add(amount).is_some_and(|sum| sum <= max);
        if !fits(held.all, self.shares.max) || !fits(own, self.holder_max) {
            return false;
        }
        held.all += amount;
        match held.each.get_mut(&self.holder) {
            Some(own) => *own += amount,
            None => drop(held.each.insert(self.holder.clone(), amount)),
        }
        self.amount += amount;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.lock();
        held.all = held.all.saturating_sub(self.amount);
        let own = held.each.get(&self.holder).copied().unwrap_or_default();
        match own.saturating_sub(self.amount) {
            0 => drop(held.each.remove(&self.holder)),
            left => drop(held.each.insert(self.holder.clone(), left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_more_than_a_holder_may_and_all_no_more_than_there_is() {
        let shares = Shares::new(10);
        let one = shares.take("one", 6, 6).expect("there is so much");
        assert!(shares.take("one", 1, 6).is_none(), "more than a holder may have");
        let mut two = shares.take("two", 3, 6).expect("there is so much");
        assert!(!two.grow(2), "more than there is");
        assert!(two.grow(1));
        assert!(shares.take("three", 1, 6).is_none());
        drop(one);
        assert!(two.grow(2) && !two.grow(1));
        drop(two);
        let held = shares.lock();
        assert!(held.all == 0 && held.each.is_empty(), "what is given back is not remembered");
    }

    #[test]
    fn a_share_that_overflows_is_refused() {
        let shares = Shares::new(usize::MAX);
        let mut share = shares.take("one", 1, usize::MAX).expect("there is so much");
        assert!(!share.grow(usize::MAX));
    }
}
