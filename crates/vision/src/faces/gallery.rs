//! Exact search of one template among many.

use super::calibration::MATCH;
use super::template::{TEMPLATE_LEN, Template};
use verax_domain::face_findings::FaceComparison;

/// Templates in the order in which they were added. A search reads every one of them: 100,000 take
/// a few milliseconds, and the answer is what comparing one by one gives.
#[derive(Clone, Default)]
pub struct Gallery {
    rows: Vec<[f32; TEMPLATE_LEN]>,
}

/// One found template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its place in the gallery.
    pub index: usize,
    pub comparison: FaceComparison,
}

impl Gallery {
    pub fn with_capacity(templates: usize) -> Gallery {
        Gallery { rows: Vec::with_capacity(templates) }
    }

    /// Adds a template and gives its place.
    pub fn push(&mut self, template: &Template) -> usize {
        self.rows.push(*template.values());
        self.rows.len() - 1
    }

    /// Takes a template out; the last one takes its place.
    pub fn swap_remove(&mut self, index: usize) {
        if index < self.rows.len() {
            self.rows.swap_remove(index);
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The best `count_max` templates with a match score of at least `match_score_min`, best first;
    /// of equals the one that was added first.
    pub fn search(
        &self,
        probe: &Template,
        count_max: usize,
        match_score_min: f64,
    ) -> Vec<Candidate> {
        if count_max == 0 {
            return Vec::new();
        }
        let cosine_min =
            if match_score_min <= 0.0 { f64::NEG_INFINITY } else { MATCH.output(match_score_min) };
        let mut best: Vec<Candidate> = Vec::new();
        // What the scan must reach: a margin below covers the rounding of the fast sum.
        let mut bar = (cosine_min - FAST_SUM_ERROR) as f32;
        for (index, row) in self.rows.iter().enumerate() {
            if dot(probe.values(), row) < bar {
                continue;
            }
            let comparison = exact(probe, row);
            if comparison.match_score < match_score_min {
                continue;
            }
            let place = best.partition_point(|other| other.comparison.cosine >= comparison.cosine);
            if place == count_max {
                continue;
            }
            best.truncate(count_max - 1);
            best.insert(place, Candidate { index, comparison });
            if best.len() == count_max {
                let lowest = best[count_max - 1].comparison.cosine;
                bar = (lowest.max(cosine_min) - FAST_SUM_ERROR) as f32;
            }
        }
        best
    }
}

impl std::fmt::Debug for Gallery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gallery({} templates)", self.rows.len())
    }
}

// Both rows have length one, so 128 products summed in f32 are off by less than 128 * 2^-24.
const FAST_SUM_ERROR: f64 = 2e-5;
const LANES: usize = 16;

// Sixteen sums side by side: the compiler makes vector instructions of them on every target.
fn dot(left: &[f32; TEMPLATE_LEN], right: &[f32; TEMPLATE_LEN]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let lanes = left.as_chunks::<LANES>().0.iter().zip(right.as_chunks::<LANES>().0);
    for (a, b) in lanes {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    sums.iter().sum()
}

// The same sum in the same order as `Template::compare`.
fn exact(probe: &Template, row: &[f32; TEMPLATE_LEN]) -> FaceComparison {
    let dot: f64 = probe.values().iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    let cosine = dot.clamp(-1.0, 1.0);
    FaceComparison { cosine, match_score: MATCH.score(cosine) }
}
