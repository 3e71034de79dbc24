//! Values drawn from a seed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Values drawn from a seed, so that a failure can be had again.
pub struct Draw(TestRunner);

impl Draw {
    pub fn new(seed: u8) -> Draw {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        Draw(TestRunner::new_with_rng(Config::default(), rng))
    }

    pub fn one<T: std::fmt::Debug>(&mut self, strategy: &BoxedStrategy<T>) -> T {
        strategy.new_tree(&mut self.0).expect("a value").current()
    }

    pub fn several<T: std::fmt::Debug>(
        &mut self,
        strategy: &BoxedStrategy<T>,
        count: usize,
    ) -> Vec<T> {
        (0..count).map(|_| self.one(strategy)).collect()
    }
}
