//! Measurements on the subject's face, in the terms of ISO/IEC 29794-5.

use verax_domain::face_findings::{DetectedFace, FaceQuality, PointPx};

use crate::image::Image;

// How far the tip of the nose stands out of the plane of the eyes, in distances between the eyes.
const NOSE_DEPTH: f64 = 0.55;
// Where the detector puts the nose between eyes and mouth of a face that looks straight ahead.
const NOSE_LEVEL: f64 = 0.57;
// How far the nose stands out, in distances between the eyes' and the mouth's line.
const NOSE_DEPTH_DOWN: f64 = 0.5;
const NEARLY_BLACK: u8 = 25;
const NEARLY_WHITE: u8 = 247;

/// Measures `face` of `image`; `aligned` is the same face turned upright.
pub fn measure_quality(image: &Image, face: &DetectedFace, aligned: &Image) -> FaceQuality {
    let grey = FaceGrey::of(aligned);
    let (yaw_degrees, pitch_degrees, _) = pose_degrees(&face.points);
    // Of a face that lies on its side the box's width is the height.
    let (height_px, image_height) = match face.quarter_turns() % 2 {
        0 => (face.height_px, image.height),
        _ => (face.width_px, image.width),
    };
    FaceQuality {
        inter_eye_distance_px: face.inter_eye_distance_px(),
        sharpness_levels: grey.laplacian_deviation(),
        brightness: grey.mean() / 255.0,
        contrast: grey.std_dev() / 255.0,
        under_exposed: grey.share(|level| level <= NEARLY_BLACK),
        over_exposed: grey.share(|level| level >= NEARLY_WHITE),
        yaw_degrees,
        pitch_degrees,
        roll_degrees: face.tilt_degrees(),
        face_height_share: height_px / f64::from(image_height),
        inside_share: inside_share(image, face),
    }
}

/// Yaw, pitch and roll in degrees, estimated from the five points.
pub fn pose_degrees(points: &[PointPx; 5]) -> (f64, f64, f64) {
    let [right_eye, left_eye, nose, right_mouth, left_mouth] = *points;
    let roll = (left_eye.y - right_eye.y).atan2(left_eye.x - right_eye.x);
    let (sin, cos) = roll.sin_cos();
    // Turned upright about the middle of the eyes.
    let eyes = middle(right_eye, left_eye);
    let upright = |point: PointPx| {
        let (x, y) = (point.x - eyes.x, point.y - eyes.y);
        PointPx { x: x * cos + y * sin, y: y * cos - x * sin }
    };
    let eye_distance = (left_eye.x - right_eye.x).hypot(left_eye.y - right_eye.y);
    let (nose, mouth) = (upright(nose), upright(middle(right_mouth, left_mouth)));
    let yaw = (nose.x / (NOSE_DEPTH * eye_distance)).atan();
    let pitch = ((NOSE_LEVEL - nose.y / mouth.y) / NOSE_DEPTH_DOWN).atan();
    (yaw.to_degrees(), pitch.to_degrees(), roll.to_degrees())
}

fn middle(left: PointPx, right: PointPx) -> PointPx {
    PointPx { x: f64::midpoint(left.x, right.x), y: f64::midpoint(left.y, right.y) }
}

fn inside_share(image: &Image, face: &DetectedFace) -> f64 {
    let inside = |origin: f64, length: f64, side: u32| {
        ((origin + length).min(f64::from(side)) - origin.max(0.0)).max(0.0)
    };
    let shown = inside(face.origin.x, face.width_px, image.width)
        * inside(face.origin.y, face.height_px, image.height);
    shown / (face.width_px * face.height_px).max(f64::MIN_POSITIVE)
}

// The luminance of the middle of an aligned face: what lies outside is hair and background.
struct FaceGrey {
    width: usize,
    levels: Vec<u8>,
}

impl FaceGrey {
    fn of(aligned: &Image) -> FaceGrey {
        let (width, height) = (aligned.width as usize, aligned.height as usize);
        let (left, right) = (width / 5, width - width / 5);
        let (top, bottom) = (height / 4, height);
        let pixels = aligned.rgb.as_chunks::<3>().0;
        let levels = (top..bottom)
            .flat_map(|y| &pixels[y * width + left..y * width + right])
            .map(|[r, g, b]| {
                // ITU-R BT.601, in 1/1024.
                ((306 * u32::from(*r) + 601 * u32::from(*g) + 117 * u32::from(*b)) >> 10) as u8
            })
            .collect();
        FaceGrey { width: right - left, levels }
    }

    fn mean(&self) -> f64 {
        mean(self.levels.iter().map(|level| f64::from(*level)))
    }

    fn std_dev(&self) -> f64 {
        std_dev(self.levels.iter().map(|level| f64::from(*level)))
    }

    fn share(&self, test: impl Fn(u8) -> bool) -> f64 {
        let hits = self.levels.iter().filter(|level| test(**level)).count();
        hits as f64 / self.levels.len().max(1) as f64
    }

    fn laplacian_deviation(&self) -> f64 {
        let rows: Vec<&[u8]> = self.levels.chunks_exact(self.width.max(1)).collect();
        let values = rows.windows(3).flat_map(|three| {
            let [above, here, below] = [three[0], three[1], three[2]];
            (1..here.len().saturating_sub(1)).map(move |x| {
                let round = [above[x], below[x], here[x - 1], here[x + 1]];
                let sum: i32 = round.iter().map(|level| i32::from(*level)).sum();
                f64::from(sum - 4 * i32::from(here[x]))
            })
        });
        std_dev(values)
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    if count > 0.0 { sum / count } else { 0.0 }
}

fn std_dev(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let middle = mean(values.clone());
    mean(values.map(|value| (value - middle).powi(2))).sqrt()
}
