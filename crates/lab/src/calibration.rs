//! The calibration of a trained check: a sigmoid on held-out logits, and thresholds on its tail.

use verax_vision::document::calibration::{Platt, Thresholds};

/// Shares of genuine images rejected by one check at SOFT, REGULAR and HARD.
pub const BPCER_TARGETS: [f64; 3] = [0.01, 0.025, 0.05];

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

/// The scores that reject these shares of genuine images. `genuine`: their attack logits.
pub fn fit_thresholds(platt: &Platt, genuine: &[f64]) -> Thresholds {
    let logits: Vec<f64> = genuine.iter().map(|&l| platt.genuine_logit(l)).collect();
    let [soft, regular, hard] =
        BPCER_TARGETS.map(|share| 1.0 / (1.0 + (-tail_quantile(&logits, share)).exp()));
    Thresholds { soft, regular, hard }
}

/// The value under which a `share` of such genuine logits falls. The tail is fitted, because a
/// 1 % quantile of a few hundred images rests on a handful of them: a generalised Pareto
/// distribution (probability-weighted moments, Hosking & Wallis 1987) over the worst 15 %.
pub fn tail_quantile(genuine_logits: &[f64], share: f64) -> f64 {
    let mut sorted = genuine_logits.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 {
        return 0.0;
    }
    let tail = (n * 15).div_ceil(100).max(8).min(n - 1);
    if n < 20 || share >= tail as f64 / n as f64 {
        return sorted[((n - 1) as f64 * share).round() as usize];
    }
    let origin = sorted[tail];
    let mut excess: Vec<f64> = sorted[..tail].iter().map(|v| origin - v).collect();
    excess.sort_unstable_by(f64::total_cmp);
    let m = excess.len() as f64;
    let b0 = excess.iter().sum::<f64>() / m;
    let b1 =
        excess.iter().enumerate().map(|(i, x)| (m - 1.0 - i as f64) / (m - 1.0) * x).sum::<f64>()
            / m;
    let denominator = b0 - 2.0 * b1;
    if denominator <= 1e-12 || b0 <= 1e-12 {
        return origin;
    }
    // Shape is kept in a range where a quantile of a small sample stays sensible.
    let shape = (2.0 - b0 / denominator).clamp(-0.5, 0.3);
    let scale = b0 * (1.0 - shape);
    let ratio = share * n as f64 / m;
    let reach = if shape.abs() < 1e-6 {
        -scale * ratio.ln()
    } else {
        scale / shape * (ratio.powf(-shape) - 1.0)
    };
    origin - reach
}
