//! From a model's own scale to the scores of the protocol: monotone, piecewise straight, versioned.
//!
//! A threshold of the protocol means something only together with these numbers, so they change only
//! under a new version. How they were chosen and what was measured: `docs/faces.md`.

use std::borrow::Cow;

/// A mapping of one model's output to a score in 0..=1.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The model and the edition of the numbers.
    pub version: Cow<'static, str>,
    /// `(model output, score)`, both strictly rising, the scores from 0 to 1.
    pub knots: Cow<'static, [(f64, f64)]>,
}

/// Cosine of two SFace templates to `matchScore`: 0.85, the protocol's default, is a cosine of 0.42.
pub static MATCH: Calibration = Calibration {
    version: Cow::Borrowed("sface-2021dec/1"),
    knots: Cow::Borrowed(&[
        (-1.0, 0.0),
        (0.0, 0.20),
        (0.30, 0.50),
        (0.363, 0.65),
        (0.42, 0.85),
        (0.55, 0.95),
        (1.0, 1.0),
    ]),
};

/// Mean bona fide share of three crops to `livenessScore`: 0.6, the protocol's default, is 0.70.
pub static LIVENESS: Calibration = Calibration {
    version: Cow::Borrowed("fr-liveness-3-crops/1"),
    knots: Cow::Borrowed(&[(0.0, 0.0), (0.70, LIVENESS_DEFAULT), (1.0, 1.0)]),
};

/// The protocol's default threshold of `livenessScore`.
const LIVENESS_DEFAULT: f64 = 0.60;

impl Calibration {
    /// Of a detector of one's own to `livenessScore`: its threshold, above 0 and below 1, gets the protocol's default.
    pub(super) fn of_liveness(version: String, threshold: f64) -> Calibration {
        let knots = vec![(0.0, 0.0), (threshold, LIVENESS_DEFAULT), (1.0, 1.0)];
        Calibration { version: version.into(), knots: knots.into() }
    }

    /// The score of a model's output; beyond the last knots it stays at 0 and 1.
    pub fn score(&self, output: f64) -> f64 {
        interpolate(self.knots.iter().copied(), output)
    }

    /// The model's output that gets `score`.
    pub fn output(&self, score: f64) -> f64 {
        interpolate(self.knots.iter().map(|(output, score)| (*score, *output)), score)
    }
}

fn interpolate(knots: impl Iterator<Item = (f64, f64)>, x: f64) -> f64 {
    let mut before: Option<(f64, f64)> = None;
    for (knot_x, knot_y) in knots {
        if x <= knot_x {
            return match before {
                Some((x0, y0)) => y0 + (x - x0) / (knot_x - x0) * (knot_y - y0),
                None => knot_y,
            };
        }
        before = Some((knot_x, knot_y));
    }
    before.map_or(0.0, |(_, y)| y)
}
