//! Findings and a policy give a verdict with reasons. Pure.

use crate::face_findings::{DetectedFace, FaceComparison, FaceFindings, FaceQuality};

/// What an operator asks of a face. Every limit has its unit in its name.
#[derive(Debug, Clone, PartialEq)]
pub struct FacePolicy {
    /// Match scores at or above it are the same person.
    pub match_score_min: f64,
    /// Liveness scores at or above it are bona fide.
    pub liveness_score_min: f64,
    /// A second face at least this high, compared with the subject's, makes the subject unclear.
    pub rival_height_share: f64,
    /// Below this a face is rejected: there is too little to measure.
    pub inter_eye_distance_px_min: f64,
    pub quality: QualityLimits,
}

impl Default for FacePolicy {
    fn default() -> Self {
        FacePolicy {
            match_score_min: 0.85,
            liveness_score_min: 0.6,
            rival_height_share: 0.5,
            inter_eye_distance_px_min: 20.0,
            quality: QualityLimits::default(),
        }
    }
}

/// Where a measurement stops being acceptable, and where it is good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityLimit {
    pub acceptable: f64,
    pub good: f64,
}

/// The limits of each quality component. Where `good` is above `acceptable` more is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityLimits {
    pub inter_eye_distance_px: QualityLimit,
    pub sharpness_levels: QualityLimit,
    pub brightness_low: QualityLimit,
    pub brightness_high: QualityLimit,
    pub contrast: QualityLimit,
    pub under_exposed: QualityLimit,
    pub over_exposed: QualityLimit,
    pub yaw_degrees: QualityLimit,
    pub pitch_degrees: QualityLimit,
    pub roll_degrees: QualityLimit,
    pub face_height_share: QualityLimit,
    pub inside_share: QualityLimit,
}

impl Default for QualityLimits {
    fn default() -> Self {
        let limit = |acceptable, good| QualityLimit { acceptable, good };
        QualityLimits {
            inter_eye_distance_px: limit(30.0, 60.0),
            sharpness_levels: limit(6.0, 12.0),
            brightness_low: limit(0.12, 0.22),
            brightness_high: limit(0.90, 0.80),
            contrast: limit(0.06, 0.10),
            under_exposed: limit(0.60, 0.35),
            over_exposed: limit(0.40, 0.20),
            yaw_degrees: limit(40.0, 25.0),
            pitch_degrees: limit(40.0, 28.0),
            roll_degrees: limit(45.0, 25.0),
            face_height_share: limit(0.06, 0.15),
            inside_share: limit(0.80, 0.95),
        }
    }
}

/// Why a photograph cannot be judged at all.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum FaceRejection {
    #[error("the image has no face")]
    NoFace,
    #[error("the image has more than one face")]
    ManyFaces { faces: usize },
    #[error(
        "the face is too small: {:.0} pixels between the eyes; at least {min_px:.0} are needed",
        rounded_down(*inter_eye_distance_px)
    )]
    FaceTooSmall { inter_eye_distance_px: f64, min_px: f64 },
    #[error(
        "the face is too close: it fills {:.0} % of the image's width or height; at most \
         {:.0} % may be filled: hold the camera further away",
        rounded_up(*filled_percent), rounded_down(*filled_percent_max)
    )]
    FaceTooClose { filled_percent: f64, filled_percent_max: f64 },
    #[error(
        "the face is turned by {:.0} degrees; at most {tilt_degrees_max:.0} are allowed: hold the camera and \
         the head upright",
        rounded_up(*tilt_degrees)
    )]
    FaceTurned { tilt_degrees: f64, tilt_degrees_max: f64 },
}

/// A whole number that is on the same side of a limit: "20 of at least 20" would explain nothing.
fn rounded_down(value: f64) -> f64 {
    (value + ROUNDING).floor()
}

fn rounded_up(value: f64) -> f64 {
    (value - ROUNDING).ceil()
}

/// What arithmetic adds to a whole number.
const ROUNDING: f64 = 1e-6;

/// The least room for an attack check ([`DetectedFace::room`]). With less the crops show too little
/// round the face, and genuine people fail: measured in `docs/faces.md`.
pub const ATTACK_ROOM_MIN: f64 = 1.4;

/// The most tilt for an attack check ([`DetectedFace::tilt_degrees`]), measured in `docs/faces.md`.
pub const ATTACK_TILT_DEGREES_MAX: f64 = 25.0;

/// Why no attack check can be made of a face in an image of this size: its score would accuse whoever
/// stands too close or holds the phone askew.
pub fn attack_rejection(
    face: &DetectedFace,
    width_px: u32,
    height_px: u32,
) -> Option<FaceRejection> {
    let room = face.room(width_px, height_px);
    if room < ATTACK_ROOM_MIN {
        return Some(FaceRejection::FaceTooClose {
            filled_percent: 100.0 / room,
            filled_percent_max: 100.0 / ATTACK_ROOM_MIN,
        });
    }
    let tilt_degrees = face.tilt_degrees().abs();
    (tilt_degrees > ATTACK_TILT_DEGREES_MAX).then_some(FaceRejection::FaceTurned {
        tilt_degrees,
        tilt_degrees_max: ATTACK_TILT_DEGREES_MAX,
    })
}

/// The one face that a photograph is about.
pub fn subject<'a>(
    findings: &'a FaceFindings,
    policy: &FacePolicy,
) -> Result<&'a DetectedFace, FaceRejection> {
    let subject = findings.faces.first().ok_or(FaceRejection::NoFace)?;
    let comparable =
        |face: &&DetectedFace| face.height_px >= policy.rival_height_share * subject.height_px;
    let faces = findings.faces.iter().filter(comparable).count();
    if faces > 1 {
        return Err(FaceRejection::ManyFaces { faces });
    }
    let inter_eye_distance_px = subject.inter_eye_distance_px();
    let min_px = policy.inter_eye_distance_px_min;
    if inter_eye_distance_px < min_px {
        return Err(FaceRejection::FaceTooSmall { inter_eye_distance_px, min_px });
    }
    Ok(subject)
}

/// What became of a check. A check that was not made is never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOutcome {
    Passed,
    Failed,
    NotChecked,
}

impl CheckOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            CheckOutcome::Passed => "passed",
            CheckOutcome::Failed => "failed",
            CheckOutcome::NotChecked => "not_checked",
        }
    }

    pub(crate) fn of(passed: Option<bool>) -> CheckOutcome {
        match passed {
            Some(true) => CheckOutcome::Passed,
            Some(false) => CheckOutcome::Failed,
            None => CheckOutcome::NotChecked,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QualityLevel {
    Poor,
    Acceptable,
    Good,
}

impl QualityLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            QualityLevel::Poor => "poor",
            QualityLevel::Acceptable => "acceptable",
            QualityLevel::Good => "good",
        }
    }
}

/// A measurement that missed its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    pub measurement: &'static str,
    pub unit: &'static str,
    pub value: f64,
    pub limit: f64,
    /// For the person in front of the camera.
    pub advice: &'static str,
}

/// The judgement of one photograph, with a comparison where one was made.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceVerdict {
    /// A live person was photographed well enough to tell: anti-spoofing passed, quality not poor.
    pub liveness_detection: CheckOutcome,
    pub identity_match: CheckOutcome,
    /// The presentation-attack detector alone.
    pub anti_spoofing: CheckOutcome,
    pub quality: Option<QualityLevel>,
    pub quality_score: Option<f64>,
    pub liveness_score: Option<f64>,
    pub match_score: Option<f64>,
    /// 0 (nothing suspicious) ..= 1; none when no check was made.
    pub risk_score: Option<f64>,
    /// What missed a limit, the worst first within each check.
    pub reasons: Vec<Reason>,
}

/// Judges findings whose [`subject`] is clear.
pub fn judge(
    findings: &FaceFindings,
    comparison: Option<&FaceComparison>,
    policy: &FacePolicy,
) -> FaceVerdict {
    let mut reasons = Vec::new();
    let quality_score = findings.quality.as_ref().map(|quality| {
        let (score, missed) = quality_score(quality, &policy.quality);
        reasons.extend(missed);
        score
    });
    let liveness_score = findings.attack.as_ref().map(|attack| attack.liveness_score);
    let match_score = comparison.map(|comparison| comparison.match_score);
    let bona_fide = liveness_score.map(|score| score >= policy.liveness_score_min);
    let same_person = match_score.map(|score| score >= policy.match_score_min);
    if let (Some(false), Some(value)) = (bona_fide, liveness_score) {
        reasons.push(Reason {
            measurement: "livenessScore",
            unit: "",
            value,
            limit: policy.liveness_score_min,
            advice: "show the face itself to the camera, not a print or a screen",
        });
    }
    if let (Some(false), Some(value)) = (same_person, match_score) {
        reasons.push(Reason {
            measurement: MATCH_SCORE,
            unit: "",
            value,
            limit: policy.match_score_min,
            advice: "the face is not that of the enrolled person",
        });
    }
    let quality = quality_score.map(quality_level);
    let live = bona_fide.map(|bona_fide| bona_fide && quality > Some(QualityLevel::Poor));
    FaceVerdict {
        liveness_detection: CheckOutcome::of(live),
        identity_match: CheckOutcome::of(same_person),
        anti_spoofing: CheckOutcome::of(bona_fide),
        quality,
        quality_score,
        liveness_score,
        match_score,
        risk_score: risk_score(&[
            quality_score.map(|score| (score, ACCEPTABLE_SCORE)),
            liveness_score.map(|score| (score, policy.liveness_score_min)),
            match_score.map(|score| (score, policy.match_score_min)),
        ]),
        reasons,
    }
}

/// The measurement of a face that was compared with another.
pub const MATCH_SCORE: &str = "matchScore";

/// The measurements whose advice is for the person in front of the camera: nothing of a match.
pub const ADVISED: [&str; 12] = [
    "livenessScore",
    "interEyeDistance",
    "sharpness",
    "brightness",
    "contrast",
    "underExposed",
    "overExposed",
    "yaw",
    "pitch",
    "roll",
    "faceHeight",
    "faceInside",
];

const ACCEPTABLE_SCORE: f64 = 0.5;
const GOOD_SCORE: f64 = 0.8;

fn quality_level(score: f64) -> QualityLevel {
    if score >= GOOD_SCORE {
        QualityLevel::Good
    } else if score >= ACCEPTABLE_SCORE {
        QualityLevel::Acceptable
    } else {
        QualityLevel::Poor
    }
}

// The score of the worst component: 0.5 at its acceptable limit, 0.8 at its good limit, straight
// between and beyond them, within 0..=1.
fn quality_score(quality: &FaceQuality, limits: &QualityLimits) -> (f64, Vec<Reason>) {
    let components = [
        (
            "interEyeDistance",
            "px",
            quality.inter_eye_distance_px,
            limits.inter_eye_distance_px,
            "come closer",
        ),
        (
            "sharpness",
            "grey levels",
            quality.sharpness_levels,
            limits.sharpness_levels,
            "hold still and let the camera focus",
        ),
        ("brightness", "share", quality.brightness, limits.brightness_low, "find more light"),
        ("brightness", "share", quality.brightness, limits.brightness_high, "find less light"),
        ("contrast", "share", quality.contrast, limits.contrast, "find more even light"),
        (
            "underExposed",
            "share",
            quality.under_exposed,
            limits.under_exposed,
            "turn the face to the light",
        ),
        (
            "overExposed",
            "share",
            quality.over_exposed,
            limits.over_exposed,
            "turn the face away from the light",
        ),
        (
            "yaw",
            "degrees",
            quality.yaw_degrees.abs(),
            limits.yaw_degrees,
            "look straight into the camera",
        ),
        (
            "pitch",
            "degrees",
            quality.pitch_degrees.abs(),
            limits.pitch_degrees,
            "hold the camera at eye level",
        ),
        (
            "roll",
            "degrees",
            quality.roll_degrees.abs(),
            limits.roll_degrees,
            "hold the head and the camera upright",
        ),
        (
            "faceHeight",
            "share of the image",
            quality.face_height_share,
            limits.face_height_share,
            "come closer",
        ),
        (
            "faceInside",
            "share",
            quality.inside_share,
            limits.inside_share,
            "keep the whole face in the image",
        ),
    ];
    let mut worst = 1.0_f64;
    let mut missed = Vec::new();
    for (measurement, unit, value, limit, advice) in components {
        let score = component_score(value, limit);
        worst = worst.min(score);
        if score < ACCEPTABLE_SCORE {
            let reason = Reason { measurement, unit, value, limit: limit.acceptable, advice };
            missed.push((score, reason));
        }
    }
    missed.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    (worst, missed.into_iter().map(|(_, reason)| reason).collect())
}

fn component_score(value: f64, limit: QualityLimit) -> f64 {
    let along = (value - limit.acceptable) / (limit.good - limit.acceptable);
    let score = ACCEPTABLE_SCORE + along * (GOOD_SCORE - ACCEPTABLE_SCORE);
    // Not a number stays the worst.
    if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) }
}

// The riskiest check that was made. A check's risk is 0 at score 1, 0.5 at its threshold, 1 at
// score 0, and straight between.
fn risk_score(checks: &[Option<(f64, f64)>]) -> Option<f64> {
    checks
        .iter()
        .flatten()
        .map(|(score, threshold)| {
            if score >= threshold {
                0.5 * (1.0 - score) / (1.0 - threshold).max(f64::EPSILON)
            } else {
                0.5 + 0.5 * (threshold - score) / threshold.max(f64::EPSILON)
            }
        })
        .map(|risk| risk.clamp(0.0, 1.0))
        .reduce(f64::max)
}
