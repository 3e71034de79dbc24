//! A second look at a face: cut out, brought to the size that the detector sees best, and turned upright.
//!
//! The detector places the points of a small face roughly, and those of a tilted face nearly as if it
//! were upright: it sees about a third of the tilt, and is less confident. So what a face is turned by
//! is searched for, not read off.

use verax_domain::face_findings::{DetectedFace, PointPx};

use super::align::{Similarity, warp};
use super::detector::See;
use super::resample::{View, resize};
use crate::image::Image;
use crate::network::NetworkError;

/// A face that is upright, neither too small nor cut off is seen with more confidence than this: of 548
/// portraits (LFW) 98.5 %. Upside down or on its side it hardly ever is.
pub(super) const SURE_CONFIDENCE: f64 = 0.91;

const PATCH_SIDE_PX: usize = 320;
const FACE_SHARE: f64 = 1.0 / 3.0;
// How far from the patch's centre the centre of the face may be, shares of the side: beyond is a neighbour.
const OFF_CENTRE_SHARE: f64 = 0.18;
const TILT_DEGREES_LEFT: f64 = 3.0;
// The tilt over what the points show of it.
const TILT_PER_SHOWN: f64 = 2.5;
const TILT_STEP_DEGREES_MAX: f64 = 45.0;
const STEPS_MAX: usize = 4;
// Where the points show nothing of a large tilt.
const TRIED_DEGREES: [f64; 2] = [-35.0, 35.0];
const GAIN_MIN: f64 = 0.02;

/// A face and how well it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) face: DetectedFace,
    /// The tilt that the points show beside the angle at which the face was looked at.
    shown_degrees: f64,
    /// The angle, clockwise, at which it was looked at.
    angle_degrees: f64,
}

impl Seen {
    /// As found in an image turned back by `angle_degrees`.
    pub(super) fn at(face: DetectedFace, angle_degrees: f64) -> Seen {
        let shown = face.roll_degrees() - angle_degrees;
        let shown_degrees = (shown + 180.0).rem_euclid(360.0) - 180.0;
        Seen { face, shown_degrees, angle_degrees }
    }

    /// Whether the points are as good as they get.
    pub(super) fn is_upright(&self) -> bool {
        self.shown_degrees.abs() <= TILT_DEGREES_LEFT && self.face.confidence >= SURE_CONFIDENCE
    }

    fn next_angle(&self) -> f64 {
        let step = TILT_PER_SHOWN * self.shown_degrees;
        self.angle_degrees + step.clamp(-TILT_STEP_DEGREES_MAX, TILT_STEP_DEGREES_MAX)
    }
}

/// The face with the points of the second look. It stays as it was where that shows nothing.
pub(super) fn look_again(see: &See<'_>, image: &Image, rough: Seen) -> Result<Seen, NetworkError> {
    let Some(mut best) = inspect(see, image, &rough.face, rough.angle_degrees)? else {
        return Ok(rough);
    };
    for _ in 1..STEPS_MAX {
        if best.shown_degrees.abs() <= TILT_DEGREES_LEFT {
            break;
        }
        match inspect(see, image, &best.face, best.next_angle())? {
            Some(next) if next.face.confidence > best.face.confidence - GAIN_MIN => best = next,
            _ => break,
        }
    }
    if best.face.confidence >= SURE_CONFIDENCE {
        return Ok(best);
    }
    for degrees in TRIED_DEGREES {
        let tried = inspect(see, image, &best.face, rough.angle_degrees + degrees)?;
        let Some(tried) = tried.filter(|it| it.face.confidence > best.face.confidence + GAIN_MIN)
        else {
            continue;
        };
        best = match inspect(see, image, &tried.face, tried.next_angle())? {
            Some(next) if next.face.confidence > tried.face.confidence - GAIN_MIN => next,
            _ => tried,
        };
    }
    Ok(best)
}

// The most confident face in the middle of a patch round where `face` is, turned back by `angle_degrees`.
fn inspect(
    see: &See<'_>,
    image: &Image,
    face: &DetectedFace,
    angle_degrees: f64,
) -> Result<Option<Seen>, NetworkError> {
    let centre =
        PointPx { x: face.origin.x + face.width_px / 2.0, y: face.origin.y + face.height_px / 2.0 };
    let side_px = face.width_px.max(face.height_px) / FACE_SHARE;
    let Some((patch, to_image)) = patch(image, centre, side_px, angle_degrees) else {
        return Ok(None);
    };
    let middle = PATCH_SIDE_PX as f64 / 2.0;
    let near = |origin: f64, length: f64| {
        (origin + length / 2.0 - middle).abs() <= OFF_CENTRE_SHARE * PATCH_SIDE_PX as f64
    };
    let found = see(&patch, PATCH_SIDE_PX)?
        .into_iter()
        .filter(|it| near(it.origin.x, it.width_px) && near(it.origin.y, it.height_px))
        .max_by(|left, right| left.confidence.total_cmp(&right.confidence));
    Ok(found.map(|found| Seen::at(moved(&found, &to_image), angle_degrees)))
}

/// A square about `centre` of `side_px` pixels of the image, turned back by `angle_degrees`, and where
/// its pixels lie in the image. None when it has no size.
fn patch(
    image: &Image,
    centre: PointPx,
    side_px: f64,
    angle_degrees: f64,
) -> Option<(Image, Similarity)> {
    let scale = side_px / PATCH_SIDE_PX as f64;
    let (sin, cos) = angle_degrees.to_radians().sin_cos();
    let (a, b) = (scale * cos, scale * sin);
    let middle = (PATCH_SIDE_PX as f64 - 1.0) / 2.0;
    let to_image =
        Similarity { a, b, dx: centre.x - (a - b) * middle, dy: centre.y - (a + b) * middle };
    let usable =
        scale.is_finite() && scale > 0.0 && to_image.dx.is_finite() && to_image.dy.is_finite();
    if !usable {
        return None;
    }
    if scale <= 1.0 {
        return Some((warp(image, &to_image, PATCH_SIDE_PX), to_image));
    }
    // A large face is made smaller first, like every image that the detector sees.
    let reach = side_px * (sin.abs() + cos.abs()) / 2.0 + scale;
    let (left, width) = span(centre.x, reach, image.width)?;
    let (top, height) = span(centre.y, reach, image.height)?;
    let view = View::part(image, left, top, width, height)?;
    let small_side = |px: usize| ((px as f64 / scale).round() as usize).max(1);
    let small = resize(view, small_side(width), small_side(height));
    let shrunk = width as f64 / small.width as f64;
    // The centres of pixels are what stays in place: half a pixel to the right and down.
    let to_small = |at: f64, from: usize| (at - from as f64 + 0.5) / shrunk - 0.5;
    let within = Similarity {
        a: a / shrunk,
        b: b / shrunk,
        dx: to_small(to_image.dx, left),
        dy: to_small(to_image.dy, top),
    };
    Some((warp(&small, &within, PATCH_SIDE_PX), to_image))
}

// The pixels within `reach` of `centre`: the first, and how many; none outside the image.
fn span(centre: f64, reach: f64, side_px: u32) -> Option<(usize, usize)> {
    let side = f64::from(side_px);
    let low = (centre - reach).floor().clamp(0.0, side);
    let high = (centre + reach).ceil().clamp(0.0, side);
    (high > low).then_some((low as usize, (high - low) as usize))
}

/// A face of a patch where it lies in the image. Its box stays parallel to the image's sides: that of
/// the nearest quarter turn.
pub(super) fn moved(found: &DetectedFace, to_image: &Similarity) -> DetectedFace {
    let scale = to_image.a.hypot(to_image.b);
    let centre = to_image.apply(PointPx {
        x: found.origin.x + found.width_px / 2.0,
        y: found.origin.y + found.height_px / 2.0,
    });
    let points = found.points.map(|point| to_image.apply(point));
    let turned = DetectedFace { points, ..*found };
    let (width_px, height_px) = match turned.quarter_turns() % 2 {
        0 => (found.width_px * scale, found.height_px * scale),
        _ => (found.height_px * scale, found.width_px * scale),
    };
    DetectedFace {
        origin: PointPx { x: centre.x - width_px / 2.0, y: centre.y - height_px / 2.0 },
        width_px,
        height_px,
        ..turned
    }
}
