//! The detector: YuNet's input, and its twelve outputs as boxes and points.

use verax_domain::face_findings::{DetectedFace, PointPx};

use super::resample::{View, resize_rows};
use crate::image::Image;
use crate::network::{NchwTensor, Network, NetworkError};

/// The outputs that [`decode_outputs`] takes, in its order.
pub const DETECTOR_OUTPUTS: [&str; 12] = [
    "cls_8", "cls_16", "cls_32", "obj_8", "obj_16", "obj_32", "bbox_8", "bbox_16", "bbox_32",
    "kps_8", "kps_16", "kps_32",
];

const STRIDES: [usize; 3] = [8, 16, 32];
const CONFIDENCE_MIN: f32 = 0.6;
pub(super) const OVERLAP_MAX: f64 = 0.3;
// Far more candidates than a photograph has; the strongest are kept.
const CANDIDATES_MAX: usize = 500;

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

    fn planes(&self, image: &Image) -> NchwTensor {
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
    pub(super) fn enlarged(&self, face: DetectedFace) -> DetectedFace {
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

pub(super) fn overlap(left: &DetectedFace, right: &DetectedFace) -> f64 {
    let shared =
        |a: f64, a_len: f64, b: f64, b_len: f64| ((a + a_len).min(b + b_len) - a.max(b)).max(0.0);
    let both = shared(left.origin.x, left.width_px, right.origin.x, right.width_px)
        * shared(left.origin.y, left.height_px, right.origin.y, right.height_px);
    both / (area(left) + area(right) - both).max(f64::MIN_POSITIVE)
}
