//! The calibration of a trained check: a sigmoid on held-out logits, and thresholds that hold for other sources.

use std::collections::BTreeSet;

use verax_vision::document::calibration::{Platt, Thresholds};
use verax_vision::document::seeded::Seeded;

/// Shares of genuine images rejected by one check at SOFT, REGULAR and HARD.
const BPCER_TARGETS: [f64; 3] = [0.01, 0.025, 0.05];

/// Newton's method on the weighted log loss, with Platt's smoothed targets.
/// `held_out`: (attack logit of a model that did not see the image's source, attack, weight).
pub fn fit_platt(held_out: &[(f64, bool, f64)]) -> Platt {
    let attacks = held_out.iter().filter(|h| h.1).count() as f64;
    let genuine = held_out.len() as f64 - attacks;
    let target = |attack: bool| {
        if attack { (attacks + 1.0) / (attacks + 2.0) } else { 1.0 / (genuine + 2.0) }
    };
    let (mut a, mut b) = (1.0f64, 0.0f64);
    for _ in 0..60 {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-6, 0.0, 1e-6);
        for &(logit, attack, weight) in held_out {
            let p = 1.0 / (1.0 + (-(a * logit + b)).exp());
            let slope = weight * (p - target(attack));
            let curve = weight * (p * (1.0 - p)).max(1e-9);
            ga += slope * logit;
            gb += slope;
            haa += curve * logit * logit;
            hab += curve * logit;
            hbb += curve;
        }
        let determinant = haa * hbb - hab * hab;
        if determinant.abs() < 1e-12 {
            break;
        }
        let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
        // Damped: a full step overshoots when the classes hardly overlap.
        let step = (2.0 / (da.abs() + db.abs()).max(2.0)).min(1.0);
        a -= step * da;
        b -= step * db;
        if da.abs() + db.abs() < 1e-9 {
            break;
        }
    }
    Platt { a: a.max(1e-3), b }
}

/// Drawings of sources for a threshold.
const DRAWINGS: usize = 1000;
/// The share of drawings in which more genuine images are rejected than the calibration says.
const EXCEEDED: f64 = 0.1;

/// The scores that reject 1, 2.5 and 5 % of genuine images of *other* sources. Sources differ more than images, so
/// whole sources are drawn again and again, and each threshold holds in 90 of 100 drawings.
/// `genuine`: source and score of images that their model did not see.
pub fn careful_thresholds(genuine: &[(&str, f64)]) -> Thresholds {
    let names: Vec<&str> =
        genuine.iter().map(|(source, _)| *source).collect::<BTreeSet<_>>().into_iter().collect();
    let of = |name: &&str| genuine.iter().filter(|(s, _)| s == name).map(|(_, v)| *v).collect();
    let by_source: Vec<Vec<f64>> = names.iter().map(of).collect();
    let mut random = Seeded::new(1);
    let mut drawn = BPCER_TARGETS.map(|_| Vec::with_capacity(DRAWINGS));
    for _ in 0..DRAWINGS {
        let mut scores: Vec<f64> = (0..by_source.len())
            .flat_map(|_| &by_source[random.below(by_source.len())])
            .copied()
            .collect();
        scores.sort_unstable_by(f64::total_cmp);
        for (target, drawn) in BPCER_TARGETS.into_iter().zip(&mut drawn) {
            let at = (scores.len() as f64 * target) as usize;
            drawn.extend(scores.get(at));
        }
    }
    let [soft, regular, hard] = drawn.map(|mut values| {
        values.sort_unstable_by(f64::total_cmp);
        values.get((values.len() as f64 * EXCEEDED) as usize).copied().unwrap_or(0.0)
    });
    Thresholds { soft, regular, hard }
}
