//! Error rates of a detector or a comparison, in the terms of ISO/IEC 19795-1 and 30107-3.
//!
//! A score at or above the threshold is accepted. What should have been accepted (mated pairs, bona
//! fide presentations, genuine documents) is called *wanted*; what should have been rejected (non-mated
//! pairs, attack presentations, copies) *unwanted*. So FMR and APCER are `false_accepts`, FNMR and
//! BPCER are `false_rejects`.

mod interval;
mod plot;

pub use interval::Interval;
pub use plot::{PlotSeries, error_tradeoff_svg};

/// A counted error rate: `errors` of `trials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub errors: usize,
    pub trials: usize,
}

impl Rate {
    /// The rate in 0..=1, or none when nothing was tried.
    pub fn value(self) -> Option<f64> {
        (self.trials > 0).then(|| self.errors as f64 / self.trials as f64)
    }

    /// The exact (Clopper-Pearson) 95 % interval; none when nothing was tried.
    pub fn interval_95(self) -> Option<Interval> {
        interval::clopper_pearson(self.errors, self.trials, 0.95)
    }
}

/// Both error rates at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoint {
    pub threshold: f64,
    pub false_accepts: Rate,
    pub false_rejects: Rate,
}

/// The scores of a labelled set, sorted, ready to be asked for error rates.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredSet {
    wanted: Vec<f64>,
    unwanted: Vec<f64>,
}

impl ScoredSet {
    /// Scores that are not finite are left out: they are failures to measure, which the caller counts.
    pub fn new(wanted: Vec<f64>, unwanted: Vec<f64>) -> ScoredSet {
        ScoredSet { wanted: sorted(wanted), unwanted: sorted(unwanted) }
    }

    pub fn wanted(&self) -> &[f64] {
        &self.wanted
    }

    pub fn unwanted(&self) -> &[f64] {
        &self.unwanted
    }

    /// The error rates when scores at or above `threshold` are accepted.
    pub fn at(&self, threshold: f64) -> OperatingPoint {
        let below = |scores: &[f64]| scores.partition_point(|score| *score < threshold);
        OperatingPoint {
            threshold,
            false_accepts: Rate {
                errors: self.unwanted.len() - below(&self.unwanted),
                trials: self.unwanted.len(),
            },
            false_rejects: Rate { errors: below(&self.wanted), trials: self.wanted.len() },
        }
    }

    /// Every threshold at which a rate changes, lowest first, and one above the highest score.
    pub fn operating_points(&self) -> Vec<OperatingPoint> {
        let mut thresholds = sorted([&self.wanted[..], &self.unwanted[..]].concat());
        thresholds.dedup();
        if let Some(highest) = thresholds.last().copied() {
            thresholds.push(highest.next_up());
        }
        thresholds.into_iter().map(|threshold| self.at(threshold)).collect()
    }

    /// The equal error rate and its threshold; none when one of the classes is empty.
    ///
    /// Where the rates cross between two thresholds their mean at the nearer one is given. When the
    /// classes are apart the rate is 0 and the threshold lies in the middle of the gap.
    pub fn equal_error(&self) -> Option<EqualError> {
        let (lowest_wanted, highest_unwanted) = (*self.wanted.first()?, *self.unwanted.last()?);
        if lowest_wanted > highest_unwanted {
            return Some(EqualError {
                rate: 0.0,
                threshold: f64::midpoint(lowest_wanted, highest_unwanted),
            });
        }
        let rates = |point: &OperatingPoint| {
            (point.false_accepts.value().unwrap_or(0.0), point.false_rejects.value().unwrap_or(0.0))
        };
        let gap = |point: &OperatingPoint| {
            let (accepts, rejects) = rates(point);
            (accepts - rejects).abs()
        };
        let nearest = self
            .operating_points()
            .into_iter()
            .min_by(|left, right| gap(left).total_cmp(&gap(right)))?;
        let (accepts, rejects) = rates(&nearest);
        Some(EqualError { rate: f64::midpoint(accepts, rejects), threshold: nearest.threshold })
    }

    /// The lowest threshold whose false-accept rate is at most `rate`: none without unwanted scores.
    pub fn threshold_for_false_accepts(&self, rate: f64) -> Option<f64> {
        let allowed = (rate.clamp(0.0, 1.0) * self.unwanted.len() as f64).floor() as usize;
        let lowest = *self.unwanted.first()?;
        match self.unwanted.len().checked_sub(allowed + 1) {
            Some(rejected) => Some(self.unwanted[rejected].next_up()),
            None => Some(lowest),
        }
    }

    /// The chance that a wanted score is above an unwanted one (area under the ROC curve).
    pub fn area_under_roc(&self) -> Option<f64> {
        if self.wanted.is_empty() || self.unwanted.is_empty() {
            return None;
        }
        let wins: f64 = self
            .wanted
            .iter()
            .map(|score| {
                let below = self.unwanted.partition_point(|other| other < score);
                let ties = self.unwanted[below..].partition_point(|other| other <= score);
                below as f64 + ties as f64 / 2.0
            })
            .sum();
        Some(wins / (self.wanted.len() as f64 * self.unwanted.len() as f64))
    }
}

/// Where false accepts and false rejects are as frequent as each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualError {
    pub rate: f64,
    pub threshold: f64,
}

fn sorted(mut scores: Vec<f64>) -> Vec<f64> {
    scores.retain(|score| score.is_finite());
    scores.sort_by(f64::total_cmp);
    scores
}
