//! How often checks were wrong where that was measured, for the person who decides a case. The sets and how they
//! were measured: docs/documents.md and docs/faces.md. Pure.

/// How often a check is wrong, in percent of what it was shown, with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredRate {
    pub percent: f64,
    pub low: f64,
    pub high: f64,
}

/// What is known of a check at its default threshold. `None`: it was not measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownErrorRates {
    /// By its name in records.
    pub check: &'static str,
    /// Of genuine ones, how many it fails.
    pub false_alarms: Option<MeasuredRate>,
    /// Of what it looks for, how much it passes.
    pub misses: Option<MeasuredRate>,
}

const fn rate(percent: f64, low: f64, high: f64) -> Option<MeasuredRate> {
    Some(MeasuredRate { percent, low, high })
}

/// The checks with something to say of.
pub static TABLE: &[KnownErrorRates] = &[
    // 22 photographers, each held out whole; at REGULAR.
    KnownErrorRates {
        check: "screenReplay",
        false_alarms: rate(2.0, 0.0, 4.9),
        misses: rate(68.0, 58.0, 78.0),
    },
    // Real grey copies, against all checks together; prints in colour are not looked for.
    KnownErrorRates { check: "printedCopy", false_alarms: None, misses: rate(11.2, 6.3, 18.1) },
    // Unaltered documents whose second portrait is called another's; there are no real forgeries to count.
    KnownErrorRates {
        check: "portraitSubstitution",
        false_alarms: rate(0.6, 0.0, 3.5),
        misses: None,
    },
    // 734 files as phones write them.
    KnownErrorRates {
        check: "digitalManipulation",
        false_alarms: rate(0.0, 0.0, 0.5),
        misses: None,
    },
    // LFW's first fold at 0.60; two attacks are too few to count.
    KnownErrorRates { check: "antiSpoofing", false_alarms: rate(9.1, 6.9, 11.9), misses: None },
    KnownErrorRates {
        check: "livenessDetection",
        false_alarms: rate(9.1, 6.9, 11.9),
        misses: None,
    },
    // All pairs of that fold at 0.85: 9 of 538 of one person, 20 of 149,340 of two.
    KnownErrorRates {
        check: "identityMatch",
        false_alarms: rate(1.7, 0.8, 3.2),
        misses: rate(0.013, 0.008, 0.021),
    },
];

/// What is known of the check with this name.
pub fn of(check: &str) -> Option<&'static KnownErrorRates> {
    TABLE.iter().find(|row| row.check == check)
}

/// Pairs of images of two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrangerPairs {
    /// How many are at least this alike.
    pub alike: u64,
    /// Of how many.
    pub of: u64,
}

/// All pairs of images of different people among the 548 of LFW's first fold.
const PAIRS: u64 = 149_340;
/// How many of them have at least this match score, with the installed models.
static ALIKE: &[(f64, u64)] = &[
    (0.0, 149_340),
    (0.30, 68_423),
    (0.40, 16_405),
    (0.50, 1_327),
    (0.60, 336),
    (0.70, 89),
    (0.75, 55),
    (0.80, 34),
    (0.85, 20),
    (0.90, 0),
];

/// How many pairs of strangers are at least as alike as the highest step of the table that the score reaches: of
/// those that are as alike as the score there are no more.
pub fn strangers_at(score: f64) -> StrangerPairs {
    let reached = ALIKE.iter().rev().find(|(step, _)| score >= *step);
    StrangerPairs { alike: reached.map_or(PAIRS, |(_, alike)| *alike), of: PAIRS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_is_within_its_interval() {
        let rates = TABLE.iter().flat_map(|row| [row.false_alarms, row.misses]).flatten();
        for MeasuredRate { percent, low, high } in rates {
            assert!(0.0 <= low && low <= percent && percent <= high && high <= 100.0);
        }
    }

    #[test]
    fn the_more_alike_the_fewer_strangers() {
        assert!(ALIKE.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 >= pair[1].1));
        assert_eq!(strangers_at(0.1).alike, PAIRS);
        assert_eq!(strangers_at(f64::NAN).alike, PAIRS);
        assert!(strangers_at(1.0).alike < strangers_at(0.5).alike);
    }
}
