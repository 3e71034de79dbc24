//! Finding faces: YuNet's input, and its twelve outputs as boxes and points.

use verax_domain::face_findings::{DetectedFace, PointPx};

use super::align::Similarity;
use super::network::{NchwTensor, Network, NetworkError};
use super::resample::{View, resize, resize_rows};
use super::upright::{SURE_CONFIDENCE, Seen, look_again, moved};
use crate::image::Image;

/// The outputs that [`decode_outputs`] takes, in its order.
pub const DETECTOR_OUTPUTS: [&str; 12] = [
    "cls_8", "cls_16", "cls_32", "obj_8", "obj_16", "obj_32", "bbox_8", "bbox_16", "bbox_32",
    "kps_8", "kps_16", "kps_32",
];

const STRIDES: [usize; 3] = [8, 16, 32];
const CONFIDENCE_MIN: f32 = 0.6;
const OVERLAP_MAX: f64 = 0.3;
// Far more candidates than a photograph has; the strongest are kept.
const CANDIDATES_MAX: usize = 500;
const LONGER_SIDE_PX: [usize; 2] = [320, 640];

/// Below this many pixels in what the detector sees a face is looked for at the larger size too.
const FACE_SIDE_PX_MIN: f64 = 20.0;
/// From here on the detector sees a face large enough to place its points.
const FACE_SIDE_PX_GOOD: f64 = 90.0;
/// By how much more confidence another quarter turn must be seen.
const TURN_GAIN_MIN: f64 = 0.03;
/// Whatever is seen with less confidence, in an image that lies on another side, may be no face at all.
const OTHER_CONFIDENCE_MIN: f64 = 0.8;

/// What sees faces: those of an image brought to so many pixels on its longer side, in pixels of the image,
/// the largest first.
pub type See<'a> = dyn Fn(&Image, usize) -> Result<Vec<DetectedFace>, NetworkError> + 'a;

/// The network as what sees.
pub(super) fn by(
    network: &Network,
) -> impl Fn(&Image, usize) -> Result<Vec<DetectedFace>, NetworkError> {
    |image, longer_side_px| {
        let letterbox = Letterbox::of(image.width, image.height, longer_side_px);
        let outputs = network.run(&letterbox.planes(image))?;
        let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        Ok(letterbox.faces(&outputs))
    }
}

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

/// An image scaled into the top left of a canvas whose sides are multiples of 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letterbox {
    image_width: u32,
    image_height: u32,
    pub width: usize,
    pub height: usize,
    pub canvas_width: usize,
    pub canvas_height: usize,
}

impl Letterbox {
    pub fn of(image_width: u32, image_height: u32, longer_side_px: usize) -> Letterbox {
        let longer = f64::from(image_width.max(image_height).max(1));
        let scaled = |side: u32| {
            let side = f64::from(side) * longer_side_px as f64 / longer;
            (side.round() as usize).clamp(1, longer_side_px)
        };
        let (width, height) = (scaled(image_width), scaled(image_height));
        Letterbox {
            image_width,
            image_height,
            width,
            height,
            canvas_width: width.next_multiple_of(32),
            canvas_height: height.next_multiple_of(32),
        }
    }

    pub(super) fn planes(&self, image: &Image) -> NchwTensor {
        let mut planes = NchwTensor::black(self.canvas_width, self.canvas_height);
        resize_rows(View::whole(image), self.width, self.height, |y, row| {
            planes.set_row_bgr(y, row);
        });
        planes
    }

    /// The faces in pixels of the image, largest first. `outputs` are in the order of
    /// [`DETECTOR_OUTPUTS`]; outputs of another length than the canvas asks for give no face.
    pub fn faces(&self, outputs: &[&[f32]]) -> Vec<DetectedFace> {
        let candidates = decode_outputs(outputs, self.canvas_width, self.canvas_height);
        let kept = suppress_overlapping(candidates).into_iter();
        let mut faces: Vec<DetectedFace> = kept.map(|face| self.enlarged(face)).collect();
        faces.sort_by(|left, right| area(right).total_cmp(&area(left)));
        faces
    }

    /// A face of the canvas in pixels of the image.
    fn enlarged(&self, face: DetectedFace) -> DetectedFace {
        let across = f64::from(self.image_width) / self.width as f64;
        let down = f64::from(self.image_height) / self.height as f64;
        let to_image = |point: PointPx| PointPx { x: point.x * across, y: point.y * down };
        DetectedFace {
            origin: to_image(face.origin),
            width_px: face.width_px * across,
            height_px: face.height_px * down,
            points: face.points.map(to_image),
            ..face
        }
    }
}

fn area(face: &DetectedFace) -> f64 {
    face.width_px * face.height_px
}

/// Boxes and points in pixels of the canvas, strongest first, overlapping ones included.
pub fn decode_outputs(
    outputs: &[&[f32]],
    canvas_width: usize,
    canvas_height: usize,
) -> Vec<DetectedFace> {
    let mut faces = Vec::new();
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let (columns, rows) = (canvas_width / stride, canvas_height / stride);
        let cells = columns * rows;
        let part = |kind: usize, width: usize| {
            outputs.get(kind * 3 + level).copied().filter(|values| values.len() == cells * width)
        };
        let (Some(classes), Some(objects), Some(boxes), Some(points)) =
            (part(0, 1), part(1, 1), part(2, 4), part(3, 10))
        else {
            return Vec::new();
        };
        for cell in 0..cells {
            let confidence = (clamped(classes[cell]) * clamped(objects[cell])).sqrt();
            // Written so that a confidence that is no number is no face.
            if confidence >= CONFIDENCE_MIN {
                let at = ((cell % columns) as f64, (cell / columns) as f64);
                let place = Cell { at, stride: stride as f64 };
                let shape = (&boxes[cell * 4..cell * 4 + 4], &points[cell * 10..cell * 10 + 10]);
                faces.push(place.face(f64::from(confidence), shape.0, shape.1));
            }
        }
    }
    faces.retain(|face| area(face).is_finite());
    faces.sort_by(|left, right| right.confidence.total_cmp(&left.confidence));
    faces.truncate(CANDIDATES_MAX);
    faces
}

fn clamped(score: f32) -> f32 {
    score.clamp(0.0, 1.0)
}

struct Cell {
    at: (f64, f64),
    stride: f64,
}

impl Cell {
    fn face(&self, confidence: f64, bounds: &[f32], points: &[f32]) -> DetectedFace {
        let (width_px, height_px) =
            (f64::from(bounds[2]).exp() * self.stride, f64::from(bounds[3]).exp() * self.stride);
        let centre = self.point(bounds[0], bounds[1]);
        DetectedFace {
            origin: PointPx { x: centre.x - width_px / 2.0, y: centre.y - height_px / 2.0 },
            width_px,
            height_px,
            confidence,
            points: std::array::from_fn(|n| self.point(points[2 * n], points[2 * n + 1])),
        }
    }

    fn point(&self, dx: f32, dy: f32) -> PointPx {
        PointPx {
            x: (self.at.0 + f64::from(dx)) * self.stride,
            y: (self.at.1 + f64::from(dy)) * self.stride,
        }
    }
}

/// Keeps the strongest of faces that overlap by more than 0.3 (area shared over area covered).
pub fn suppress_overlapping(strongest_first: Vec<DetectedFace>) -> Vec<DetectedFace> {
    let mut kept: Vec<DetectedFace> = Vec::new();
    for face in strongest_first {
        if kept.iter().all(|other| overlap(&face, other) <= OVERLAP_MAX) {
            kept.push(face);
        }
    }
    kept
}

fn overlap(left: &DetectedFace, right: &DetectedFace) -> f64 {
    let shared =
        |a: f64, a_len: f64, b: f64, b_len: f64| ((a + a_len).min(b + b_len) - a.max(b)).max(0.0);
    let both = shared(left.origin.x, left.width_px, right.origin.x, right.width_px)
        * shared(left.origin.y, left.height_px, right.origin.y, right.height_px);
    both / (area(left) + area(right) - both).max(f64::MIN_POSITIVE)
}
