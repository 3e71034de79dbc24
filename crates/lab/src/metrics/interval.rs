//! Exact binomial confidence intervals.

/// A confidence interval of a rate, both ends in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// C. J. Clopper and E. S. Pearson, Biometrika 26 (1934): the rates that the count does not
/// contradict at `(1 - confidence) / 2` on either side. Never too narrow, also for 0 errors.
pub(super) fn clopper_pearson(errors: usize, trials: usize, confidence: f64) -> Option<Interval> {
    if trials == 0 || errors > trials {
        return None;
    }
    let tail = (1.0 - confidence) / 2.0;
    let low = match errors {
        0 => 0.0,
        _ => rate_where(|rate| 1.0 - at_most(errors - 1, trials, rate) < tail),
    };
    let high = match trials - errors {
        0 => 1.0,
        _ => rate_where(|rate| at_most(errors, trials, rate) > tail),
    };
    Some(Interval { low, high })
}

// The rate at which `still_low` turns false, by bisection.
fn rate_where(still_low: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if still_low(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

// The chance of at most `errors` in `trials` at `rate`.
fn at_most(errors: usize, trials: usize, rate: f64) -> f64 {
    if rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return if errors >= trials { 1.0 } else { 0.0 };
    }
    let (log_yes, log_no) = (rate.ln(), (-rate).ln_1p());
    // ln of C(trials, k) rate^k (1 - rate)^(trials - k), from one k to the next.
    let mut log_term = trials as f64 * log_no;
    let mut sum = log_term.exp();
    for k in 1..=errors {
        log_term += ((trials - k + 1) as f64 / k as f64).ln() + log_yes - log_no;
        sum += log_term.exp();
    }
    sum.min(1.0)
}
