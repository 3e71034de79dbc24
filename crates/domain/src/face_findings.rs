//! What was measured on a photograph of a face: numbers with units, no opinions.

/// A point of the image in pixels: x to the right, y down, (0, 0) the top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointPx {
    pub x: f64,
    pub y: f64,
}

/// A face that the detector found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectedFace {
    /// The top left corner of the box; it may lie outside the image.
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

    /// In-plane rotation of the face within the image, degrees in -180..=180, clockwise is positive:
    /// the direction of the eyes, and of the mouth below them.
    pub fn roll_degrees(&self) -> f64 {
        let [right_eye, left_eye, _, right_mouth, left_mouth] = self.points;
        let down_x = right_mouth.x + left_mouth.x - right_eye.x - left_eye.x;
        let down_y = right_mouth.y + left_mouth.y - right_eye.y - left_eye.y;
        let across =
            (left_eye.x - right_eye.x + down_y / 2.0, left_eye.y - right_eye.y - down_x / 2.0);
        across.1.atan2(across.0).to_degrees()
    }

    /// The quarter turns, 0..=3 clockwise, by which the face lies in the image: a phone held sideways
    /// whose note of it (EXIF) is lost.
    pub fn quarter_turns(&self) -> u8 {
        // The cast takes what is no number to zero.
        (self.roll_degrees() / 90.0).round().rem_euclid(4.0) as u8
    }

    /// What is left of the roll beside the quarter turns, degrees in -45..=45.
    pub fn tilt_degrees(&self) -> f64 {
        let roll = self.roll_degrees();
        roll - 90.0 * (roll / 90.0).round()
    }

    /// How many times larger than the face's box a crop round it can be within the image.
    pub fn room(&self, width_px: u32, height_px: u32) -> f64 {
        let across = (f64::from(width_px) - 1.0) / self.width_px;
        across.min((f64::from(height_px) - 1.0) / self.height_px)
    }
}

/// What ISO/IEC 29794-5 calls quality components, as far as they are measured here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceQuality {
    /// Distance between the centres of the eyes, pixels of the image.
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
    /// In-plane rotation beside quarter turns, degrees in -45..=45: clockwise is positive.
    pub roll_degrees: f64,
    /// Height of the face's box over the height of the image, turned by the face's quarter turns.
    pub face_height_share: f64,
    /// The part of the face's box that lies inside the image, 0..=1.
    pub inside_share: f64,
}

/// What the presentation-attack detector says about the subject.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackFindings {
    /// How much each crop looks like a bona fide presentation, 0..=1, tightest crop first; none where a detector
    /// judges all crops together.
    pub bona_fide_by_crop: Option<[f64; 3]>,
    /// On the detector's own scale, 0..=1: the mean of the crops, or what it says of all of them.
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
