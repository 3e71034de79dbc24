//! What was measured on a photograph of a face: numbers with units, no opinions.

/// A point of the picture in pixels: x to the right, y down, (0, 0) the top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointPx {
    pub x: f64,
    pub y: f64,
}

/// A face that the detector found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectedFace {
    /// The top left corner of the box; it may lie outside the picture.
    pub origin: PointPx,
    pub width_px: f64,
    pub height_px: f64,
    /// The detector's confidence, 0..=1.
    pub confidence: f64,
    /// The subject's right eye, left eye, nose tip, right and left corner of the mouth.
    pub points: [PointPx; 5],
}

impl DetectedFace {
    /// The distance between the centres of the eyes (ISO/IEC 29794-5, inter-eye distance).
    pub fn inter_eye_distance_px(&self) -> f64 {
        let [right, left, ..] = self.points;
        (left.x - right.x).hypot(left.y - right.y)
    }
}

/// What ISO/IEC 29794-5 calls quality components, as far as they are measured here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceQuality {
    /// Distance between the centres of the eyes, pixels of the picture.
    pub inter_eye_distance_px: f64,
    /// Standard deviation of the Laplacian of the aligned face (112 pixels wide), grey levels.
    pub sharpness_levels: f64,
    /// Mean luminance of the aligned face, 0..=1.
    pub brightness: f64,
    /// Standard deviation of the luminance of the aligned face, 0..=1.
    pub contrast: f64,
    /// Share of the aligned face that is nearly black (level 25 or less), 0..=1.
    pub under_exposed: f64,
    /// Share of the aligned face that is nearly white (level 247 or more), 0..=1.
    pub over_exposed: f64,
    /// Head pose estimated from the five points, degrees: turned to the subject's left is positive.
    pub yaw_degrees: f64,
    /// Head pose estimated from the five points, degrees: looking up is positive.
    pub pitch_degrees: f64,
    /// In-plane rotation, degrees: clockwise in the picture is positive.
    pub roll_degrees: f64,
    /// Height of the face's box over the height of the picture.
    pub face_height_share: f64,
    /// The part of the face's box that lies inside the picture, 0..=1.
    pub inside_share: f64,
}

/// What the presentation-attack detector says about the subject.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackFindings {
    /// How much each crop looks like a bona fide presentation, 0..=1, tightest crop first.
    pub bona_fide_by_crop: [f64; 3],
    /// Their mean, on the model's own scale.
    pub bona_fide: f64,
    /// `bona_fide` on the scale of the protocol, where 0.6 is the default threshold.
    pub liveness_score: f64,
}

/// Everything that was measured on one photograph. What was not measured is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceFindings {
    pub width_px: u32,
    pub height_px: u32,
    /// Every face, the subject (the largest) first.
    pub faces: Vec<DetectedFace>,
    /// Measured on the subject; none without a face.
    pub quality: Option<FaceQuality>,
    /// Measured on the subject; none without a face, without the model, or when not asked for.
    pub attack: Option<AttackFindings>,
}

/// How alike two faces are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceComparison {
    /// The cosine of the two templates, -1..=1.
    pub cosine: f64,
    /// The cosine on the scale of the protocol, where 0.85 is the default threshold.
    pub match_score: f64,
}
