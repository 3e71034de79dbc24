//! What a stateless face call concludes: a score beside the threshold that its caller named.

/// The liveness of one photograph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LivenessCheck {
    /// 0..=1, measured.
    pub score: f64,
    pub min_score: f64,
}

impl LivenessCheck {
    /// The protocol asks for more than the threshold, not for the threshold.
    pub fn passed(&self) -> bool {
        self.score > self.min_score
    }
}

/// The likeness of two photographs, or of the most alike pair of several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchCheck {
    /// 0..=1, measured.
    pub score: f64,
    pub min_score: f64,
}

impl MatchCheck {
    pub fn passed(&self) -> bool {
        self.score >= self.min_score
    }
}

/// The score of the most alike pair; none when there is no pair, or one of no number.
pub fn best_score(scores: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut best: Option<f64> = None;
    for score in scores {
        if score.is_nan() {
            return None;
        }
        best = Some(best.map_or(score, |best| best.max(score)));
    }
    best
}
