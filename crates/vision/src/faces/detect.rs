//! Finding faces: at which sizes and on which sides an image is looked at.

use verax_domain::face_findings::DetectedFace;

use super::align::Similarity;
use super::detector::{Letterbox, OVERLAP_MAX, See, overlap};
use super::resample::{View, resize};
use super::upright::{SURE_CONFIDENCE, Seen, look_again, moved};
use crate::image::Image;
use crate::network::NetworkError;

const LONGER_SIDE_PX: [usize; 2] = [320, 640];

/// Below this many pixels in what the detector sees a face is looked for at the larger size too.
const FACE_SIDE_PX_MIN: f64 = 20.0;
/// From here on the detector sees a face large enough to place its points.
const FACE_SIDE_PX_GOOD: f64 = 90.0;
/// By how much more confidence another quarter turn must be seen.
const TURN_GAIN_MIN: f64 = 0.03;
/// Whatever is seen with less confidence, in an image that lies on another side, may be no face at all.
const OTHER_CONFIDENCE_MIN: f64 = 0.8;

/// The faces as the detector sees the whole image, the largest first: at 320 pixels, and at 640 where
/// none is found.
pub fn detect(see: &See<'_>, image: &Image) -> Result<Vec<DetectedFace>, NetworkError> {
    detect_from(see, image, 0.0)
}

// The same, at 640 also where the largest is smaller than `side_px_min` at 320.
fn detect_from(
    see: &See<'_>,
    image: &Image,
    side_px_min: f64,
) -> Result<Vec<DetectedFace>, NetworkError> {
    let mut faces = Vec::new();
    for longer_side_px in LONGER_SIDE_PX {
        let found = see(image, longer_side_px)?;
        if !found.is_empty() {
            faces = found;
        }
        let large = |face: &DetectedFace| seen_side_px(face, image) >= side_px_min;
        if faces.first().is_some_and(large) {
            break;
        }
    }
    Ok(faces)
}

/// The same with a second look at the subject, the first of them: at its own size, and turned upright. The
/// whole image is looked at lying on its other sides where the face is not seen well as it is, and at 640 too
/// where none is seen there either.
pub fn detect_closely(see: &See<'_>, image: &Image) -> Result<Vec<DetectedFace>, NetworkError> {
    let mut faces = detect_from(see, image, FACE_SIDE_PX_MIN)?;
    let mut best = None;
    if let Some(subject) = faces.first_mut() {
        let seen = look_closely(see, image, *subject)?;
        *subject = seen.face;
        best = Some(seen.face.confidence);
    }
    if best.is_some_and(|confidence| confidence >= SURE_CONFIDENCE) {
        return Ok(faces);
    }
    for longer_side_px in LONGER_SIDE_PX {
        let letterbox = Letterbox::of(image.width, image.height, longer_side_px);
        let small = resize(View::whole(image), letterbox.width, letterbox.height);
        for quarter_turns in [2, 1, 3] {
            let mut found = turned_faces(see, &letterbox, &small, quarter_turns)?;
            let Some(subject) = found.first_mut() else { continue };
            let rough = Seen::at(*subject, 90.0 * f64::from(quarter_turns));
            *subject = look_again(see, image, rough)?.face;
            let confidence = subject.confidence;
            let is_better = match best {
                Some(best) => confidence > best + TURN_GAIN_MIN,
                // At the larger size much looks like a face for once.
                None => longer_side_px == LONGER_SIDE_PX[0] || confidence >= SURE_CONFIDENCE,
            };
            if is_better {
                best = Some(confidence);
                // Whoever else is clearly there stays there: two people are never one.
                let apart = |other: &DetectedFace| {
                    other.confidence >= OTHER_CONFIDENCE_MIN
                        && found.iter().all(|face| overlap(face, other) <= OVERLAP_MAX)
                };
                let others: Vec<DetectedFace> = faces.iter().copied().filter(apart).collect();
                found.extend(others);
                faces = found;
            }
            if best.is_some_and(|confidence| confidence >= SURE_CONFIDENCE) {
                return Ok(faces);
            }
        }
        // A small face that lies on its side is found at the larger size alone.
        if best.is_some() {
            break;
        }
    }
    Ok(faces)
}

/// A face that was found somehow, with the points of a second look where the first was not good.
pub(super) fn look_closely(
    see: &See<'_>,
    image: &Image,
    face: DetectedFace,
) -> Result<Seen, NetworkError> {
    let rough = Seen::at(face, 90.0 * f64::from(face.quarter_turns()));
    if rough.is_upright() && seen_side_px(&face, image) >= FACE_SIDE_PX_GOOD {
        return Ok(rough);
    }
    look_again(see, image, rough)
}

// The faces of an image that is looked at turned back by quarter turns, where they lie in it.
fn turned_faces(
    see: &See<'_>,
    letterbox: &Letterbox,
    small: &Image,
    quarter_turns: u8,
) -> Result<Vec<DetectedFace>, NetworkError> {
    let (width, height) = (f64::from(small.width) - 1.0, f64::from(small.height) - 1.0);
    let turned = small.clone().turned_back(quarter_turns);
    let (a, b, dx, dy) = match quarter_turns {
        1 => (0.0, 1.0, width, 0.0),
        2 => (-1.0, 0.0, width, height),
        _ => (0.0, -1.0, 0.0, height),
    };
    let back = Similarity { a, b, dx, dy };
    let found = see(&turned, turned.width.max(turned.height) as usize)?;
    Ok(found.iter().map(|face| letterbox.enlarged(moved(face, &back))).collect())
}

// The longer side of a face in pixels of what the detector sees first.
fn seen_side_px(face: &DetectedFace, image: &Image) -> f64 {
    let longer = f64::from(image.width.max(image.height).max(1));
    face.width_px.max(face.height_px) * LONGER_SIDE_PX[0] as f64 / longer
}
