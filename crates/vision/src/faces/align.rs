//! Turning a face upright: the similarity transform of its five points, and the image it gives.

use verax_domain::face_findings::PointPx;

use crate::image::Image;

/// The side of an aligned face.
pub const ALIGNED_SIDE_PX: usize = 112;

/// Where the five points lie in an aligned face (the InsightFace template that SFace was trained on).
pub const ALIGNED_POINTS: [PointPx; 5] = [
    PointPx { x: 38.2946, y: 51.6963 },
    PointPx { x: 73.5318, y: 51.5014 },
    PointPx { x: 56.0252, y: 71.7366 },
    PointPx { x: 41.5493, y: 92.3655 },
    PointPx { x: 70.7299, y: 92.2041 },
];

/// Rotation, scale and shift: `(x, y) -> (a x - b y + dx, b x + a y + dy)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    pub a: f64,
    pub b: f64,
    pub dx: f64,
    pub dy: f64,
}

impl Similarity {
    /// The transform that takes `from` nearest to `to` in the sense of least squares. None when the
    /// points of `from` fall together.
    pub fn between(from: &[PointPx; 5], to: &[PointPx; 5]) -> Option<Similarity> {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (f, t) in from.iter().zip(to) {
            let (fx, fy) = (f.x - from_mean.x, f.y - from_mean.y);
            let (tx, ty) = (t.x - to_mean.x, t.y - to_mean.y);
            along += fx * tx + fy * ty;
            across += fx * ty - fy * tx;
            spread += fx * fx + fy * fy;
        }
        let (a, b) = (along / spread, across / spread);
        let usable = a.is_finite() && b.is_finite() && a.hypot(b) > 1e-9;
        usable.then_some(Similarity {
            a,
            b,
            dx: to_mean.x - a * from_mean.x + b * from_mean.y,
            dy: to_mean.y - b * from_mean.x - a * from_mean.y,
        })
    }

    pub fn apply(&self, point: PointPx) -> PointPx {
        PointPx {
            x: self.a * point.x - self.b * point.y + self.dx,
            y: self.b * point.x + self.a * point.y + self.dy,
        }
    }

    /// The transform back.
    pub fn inverse(&self) -> Similarity {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Similarity { a, b, dx: -a * self.dx + b * self.dy, dy: -b * self.dx - a * self.dy }
    }
}

fn mean(points: &[PointPx; 5]) -> PointPx {
    PointPx {
        x: points.iter().map(|point| point.x).sum::<f64>() / 5.0,
        y: points.iter().map(|point| point.y).sum::<f64>() / 5.0,
    }
}

/// A face of 112 x 112 pixels with its points where [`ALIGNED_POINTS`] are; black outside the image.
pub(super) fn align(image: &Image, to_aligned: &Similarity) -> Image {
    warp(image, &to_aligned.inverse(), ALIGNED_SIDE_PX)
}

/// A square whose pixels lie in the image where `to_image` takes them; black outside the image.
pub(super) fn warp(image: &Image, to_image: &Similarity, side_px: usize) -> Image {
    let mut rgb = Vec::with_capacity(side_px * side_px * 3);
    for y in 0..side_px {
        for x in 0..side_px {
            let source = to_image.apply(PointPx { x: x as f64, y: y as f64 });
            rgb.extend(sample(image, source));
        }
    }
    Image { width: side_px as u32, height: side_px as u32, rgb }
}

// Bilinear between the four neighbours; those outside the image are black.
fn sample(image: &Image, at: PointPx) -> [u8; 3] {
    let (left, top) = (at.x.floor(), at.y.floor());
    let (right_share, lower_share) = ((at.x - left) as f32, (at.y - top) as f32);
    let (left, top) = (left as i64, top as i64);
    let mut sums = [0.0_f32; 3];
    for (dy, row_share) in [(0, 1.0 - lower_share), (1, lower_share)] {
        for (dx, column_share) in [(0, 1.0 - right_share), (1, right_share)] {
            if let Some(pixel) = pixel(image, left + dx, top + dy) {
                for (sum, level) in sums.iter_mut().zip(pixel) {
                    *sum += row_share * column_share * f32::from(*level);
                }
            }
        }
    }
    sums.map(|sum| sum.round() as u8)
}

fn pixel(image: &Image, x: i64, y: i64) -> Option<&[u8; 3]> {
    let inside =
        (0..i64::from(image.width)).contains(&x) && (0..i64::from(image.height)).contains(&y);
    if !inside {
        return None;
    }
    let at = (y as usize * image.width as usize + x as usize) * 3;
    image.rgb.get(at..at + 3)?.first_chunk()
}
