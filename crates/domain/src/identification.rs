//! Who somebody is, of many: how alike two faces must be, and how often a stranger may try, so that nobody is
//! taken for another too easily. Pure.
//!
//! One try of somebody who is not enrolled finds a person with a probability of about the false match rate
//! times the number of persons (ISO/IEC 19795-1: FPIR = 1 - (1 - FMR)^N).

/// Match scores and their false match rates, measured on 29.6 million pairs of different persons of LFW; see
/// docs/faces.md. Between two the logarithm is taken in proportion.
const RATES: [(f64, f64); 4] = [(0.65, 7e-4), (0.85, 9e-5), (0.89, 1e-5), (0.95, 1e-6)];

/// No face is told from many by less than by what it is told from one.
const SCORE_MIN: f64 = 0.85;
/// Of a try by somebody who is not enrolled.
const FALSE_IDENTIFICATION_MAX: f64 = 0.01;
/// Of all tries from one place before it is locked.
const FALSE_IDENTIFICATIONS_MAX: f64 = 0.1;
/// A person whose face is not found at once tries again.
const TRIES_MIN: u32 = 3;

/// The limits of a search among so many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identification {
    /// Match scores at or above it are the person, 0..=1.
    pub score_min: f64,
    /// Failed tries from one place before it is locked, at least 3.
    pub tries_max: u32,
}

impl Identification {
    /// Among `persons`, where a flow asks for `score_min`: more is taken where there are so many that one try
    /// in a hundred would find somebody.
    pub fn among(persons: usize, score_min: f64) -> Identification {
        let count = persons.max(1) as f64;
        let is_enough = |(score, rate): &&(f64, f64)| {
            *score >= SCORE_MIN && rate * count <= FALSE_IDENTIFICATION_MAX
        };
        let (needed, _) = RATES.iter().find(is_enough).unwrap_or(&RATES[RATES.len() - 1]);
        let score_min = score_min.max(*needed);
        let chance = false_match_rate(score_min) * count;
        let tries = (FALSE_IDENTIFICATIONS_MAX / chance).floor().min(f64::from(u32::MAX));
        Identification { score_min, tries_max: (tries as u32).max(TRIES_MIN) }
    }
}

/// How often two faces of different persons have this match score or a higher one.
pub fn false_match_rate(score: f64) -> f64 {
    let first = RATES[0];
    if score <= first.0 {
        return first.1;
    }
    for pair in RATES.windows(2) {
        let [(low, at_low), (high, at_high)] = [pair[0], pair[1]];
        if score <= high {
            let part = (score - low) / (high - low);
            return (at_low.ln() + part * (at_high.ln() - at_low.ln())).exp();
        }
    }
    RATES[RATES.len() - 1].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_are_those_measured_and_fall() {
        for (score, rate) in RATES {
            assert!((false_match_rate(score) / rate - 1.0).abs() < 1e-9, "{score}");
        }
        let scores: Vec<f64> = (0..=100).map(|it| f64::from(it) / 100.0).collect();
        for pair in scores.windows(2) {
            assert!(false_match_rate(pair[0]) >= false_match_rate(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn more_persons_need_a_higher_score_and_allow_fewer_tries() {
        let mut before = Identification::among(0, 0.0);
        assert_eq!(before.score_min, 0.85);
        for persons in [1, 10, 100, 111, 112, 1_000, 1_001, 10_000, 100_000, 1_000_000] {
            let limits = Identification::among(persons, 0.0);
            let chance = false_match_rate(limits.score_min) * persons as f64;
            if persons <= 10_000 {
                assert!(chance <= FALSE_IDENTIFICATION_MAX * 1.000_001, "{persons}: {limits:?}");
                assert!(
                    f64::from(limits.tries_max) * chance <= FALSE_IDENTIFICATIONS_MAX,
                    "{persons}"
                );
            }
            assert!(limits.score_min >= before.score_min, "{persons}: {limits:?}");
            before = limits;
        }
        assert_eq!(before, Identification { score_min: 0.95, tries_max: TRIES_MIN });
    }

    #[test]
    fn a_flow_may_ask_for_more_and_never_for_less() {
        assert_eq!(Identification::among(10, 0.3).score_min, 0.85);
        assert_eq!(Identification::among(10, 0.93).score_min, 0.93);
        let strict = Identification::among(1_000, 0.95);
        assert!(strict.tries_max > Identification::among(1_000, 0.0).tries_max);
    }
}
