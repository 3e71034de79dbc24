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
    /// Under which names it is counted, and how much each may have.
    holders: Vec<(String, usize)>,
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

    /// A share with nothing in it yet, counted under each of these names: none may hold more than
    /// stands with it. A name stands there once.
    pub fn open(self: &Arc<Shares>, holders: Vec<(String, usize)>) -> Share {
        Share { shares: Arc::clone(self), holders, amount: 0 }
    }

    /// A share of one holder with so much in it. `None`: there is not so much left, or not for this
    /// holder.
    pub fn take(
        self: &Arc<Shares>,
        holder: &str,
        amount: usize,
        holder_max: usize,
    ) -> Option<Share> {
        let mut share = self.open(vec![(holder.to_owned(), holder_max)]);
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
        let fits = |held: usize, max| held.checked_add(amount).is_some_and(|sum| sum <= max);
        let of = |holder| held.each.get(holder).copied().unwrap_or_default();
        if !fits(held.all, self.shares.max)
            || !self.holders.iter().all(|(holder, max)| fits(of(holder), *max))
        {
            return false;
        }
        held.all += amount;
        for (holder, _) in &self.holders {
            match held.each.get_mut(holder) {
                Some(own) => *own += amount,
                None => drop(held.each.insert(holder.clone(), amount)),
            }
        }
        self.amount += amount;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.lock();
        held.all = held.all.saturating_sub(self.amount);
        for (holder, _) in &self.holders {
            let Some(own) = held.each.get_mut(holder) else { continue };
            *own = own.saturating_sub(self.amount);
            if *own == 0 {
                held.each.remove(holder);
            }
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
    fn what_is_counted_under_several_names_fits_under_each() {
        let shares = Shares::new(10);
        let holders = |part: &str| vec![("one".to_owned(), 8), (part.to_owned(), 3)];
        let (mut a, mut b) = (shares.open(holders("a")), shares.open(holders("b")));
        assert!(a.grow(3) && !a.grow(1));
        assert!(b.grow(3), "another part has as much");
        let mut whole = shares.take("one", 2, 8).expect("there is so much");
        assert!(!whole.grow(1), "the parts are the whole's");
        drop((a, b));
        assert!(whole.grow(6) && !whole.grow(1));
        drop(whole);
        let held = shares.lock();
        assert!(held.all == 0 && held.each.is_empty());
    }

    #[test]
    fn a_share_that_overflows_is_rejected() {
        let shares = Shares::new(usize::MAX);
        let mut share = shares.take("one", 1, usize::MAX).expect("there is so much");
        assert!(!share.grow(usize::MAX));
    }
}
