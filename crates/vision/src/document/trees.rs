//! Gradient-boosted trees, evaluated: the sum of one leaf per tree is a logit.

use serde::{Deserialize, Serialize};

/// One tree. Split `i` sends a row left when `row[feature[i]] <= threshold[i]` (a value that is
/// not a number goes right). A child `c >= 0` is a split, `c < 0` is leaf `-1 - c`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tree {
    pub feature: Vec<u16>,
    pub threshold: Vec<f32>,
    pub left: Vec<i16>,
    pub right: Vec<i16>,
    pub leaf: Vec<f32>,
}

impl Tree {
    pub fn value(&self, row: &[f32]) -> f32 {
        if self.feature.is_empty() {
            return self.leaf.first().copied().unwrap_or(0.0);
        }
        let mut at = 0usize;
        loop {
            let goes_left = row[self.feature[at] as usize] <= self.threshold[at];
            let child = if goes_left { self.left[at] } else { self.right[at] };
            match usize::try_from(child) {
                Ok(split) => at = split,
                Err(_) => return self.leaf[(-1 - child) as usize],
            }
        }
    }

    /// What a foreign file could get wrong: lengths, indices, and children that lead back.
    pub fn problem(&self, features: usize) -> Option<&'static str> {
        let splits = self.feature.len();
        let same = [self.threshold.len(), self.left.len(), self.right.len()];
        if same.iter().any(|&n| n != splits) || self.leaf.len() != splits + 1 {
            return Some("a tree's lists differ in length");
        }
        if self.feature.iter().any(|&f| f as usize >= features) {
            return Some("a tree asks for a feature that does not exist");
        }
        if self.threshold.iter().chain(&self.leaf).any(|v| !v.is_finite()) {
            return Some("a tree holds a value that is not a number");
        }
        let bad = |at: usize, child: i16| match usize::try_from(child) {
            Ok(split) => split <= at || split >= splits,
            Err(_) => (-1 - child) as usize >= self.leaf.len(),
        };
        let children = self.left.iter().zip(&self.right).enumerate();
        for (at, (&left, &right)) in children {
            if bad(at, left) || bad(at, right) {
                return Some("a tree's child is out of range or leads back");
            }
        }
        None
    }
}

/// A forest and its starting logit; positive means attack.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Forest {
    pub base: f32,
    pub trees: Vec<Tree>,
}

impl Forest {
    pub fn logit(&self, row: &[f32]) -> f64 {
        let sum: f64 = self.trees.iter().map(|tree| f64::from(tree.value(row))).sum();
        f64::from(self.base) + sum
    }
}
