//! Which characters are taken for which: what was read, aligned with what stands there.

use std::collections::BTreeMap;

use serde::Serialize;

/// One kind of error, and how often it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// What stands there; none where a character was read that is not there.
    pub truth: Option<char>,
    /// None where a character that stands there was not read.
    pub read: Option<char>,
    pub count: usize,
}

/// The errors of readings (truth, read), the most frequent first.
pub fn confusions<'a>(readings: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Confusion> {
    let mut counts: BTreeMap<Step, usize> = BTreeMap::new();
    for (truth, read) in readings {
        for step in errors(truth, read) {
            *counts.entry(step).or_default() += 1;
        }
    }
    let mut confusions: Vec<Confusion> =
        counts.into_iter().map(|((truth, read), count)| Confusion { truth, read, count }).collect();
    confusions.sort_by_key(|confusion| std::cmp::Reverse(confusion.count));
    confusions
}

/// The least number of characters to change, to add and to take away.
pub fn edit_distance(from: &str, to: &str) -> usize {
    errors(from, to).len()
}

/// A character that became another, was lost (`None` after it) or came from nowhere (`None` before it).
type Step = (Option<char>, Option<char>);

/// The steps of one shortest alignment that change something, from the end (V. I. Levenshtein, 1966). Where
/// several are as short, characters that became others come before those that were lost or added.
fn errors(from: &str, to: &str) -> Vec<Step> {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    // costs[i][j]: from the first i characters to the first j.
    let mut costs = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (i, letter) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let replaced = costs[i][j] + usize::from(letter != other);
            row.push(replaced.min(costs[i][j + 1] + 1).min(row[j] + 1));
        }
        costs.push(row);
    }
    let (mut i, mut j) = (from.len(), to.len());
    let mut errors = Vec::new();
    while i > 0 || j > 0 {
        let here = costs[i][j];
        if i > 0 && j > 0 && here == costs[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]) {
            (i, j) = (i - 1, j - 1);
            if from[i] != to[j] {
                errors.push((Some(from[i]), Some(to[j])));
            }
        } else if i > 0 && here == costs[i - 1][j] + 1 {
            i -= 1;
            errors.push((Some(from[i]), None));
        } else {
            j -= 1;
            errors.push((None, Some(to[j])));
        }
    }
    errors
}
