//! Where a document lies: four corners in an image, and the document seen straight from above.

use super::planes::{Colours, Plane};
use crate::image::Image;

/// What is known of where the document lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DocumentLocation {
    Nowhere,
    At(Quad),
}

/// Four corners in pixels of the upright image, clockwise from the top left. They may lie outside
/// of the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad {
    pub corners: [(f32, f32); 4],
}

impl Quad {
    /// The whole image.
    pub fn whole(width: f32, height: f32) -> Self {
        Self { corners: [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)] }
    }

    /// Four points in any order that go around: clockwise from the one nearest to the top left.
    pub(super) fn ordered(mut points: [(f32, f32); 4]) -> Self {
        if signed_area(&points) < 0.0 {
            points.reverse();
        }
        let first = (0..4).min_by(|&a, &b| {
            let reach = |i: usize| points[i].0 + points[i].1;
            reach(a).total_cmp(&reach(b))
        });
        points.rotate_left(first.unwrap_or(0));
        Self { corners: points }
    }

    pub fn scaled(&self, x: f32, y: f32) -> Self {
        Self { corners: self.corners.map(|(px, py)| (px * x, py * y)) }
    }

    pub fn area(&self) -> f32 {
        area(&self.corners)
    }

    /// Length of the longer of top and bottom, and of the longer of left and right.
    pub fn size(&self) -> (f32, f32) {
        let side = |i: usize| {
            let (a, b) = (self.corners[i], self.corners[(i + 1) % 4]);
            (a.0 - b.0).hypot(a.1 - b.1)
        };
        (side(0).max(side(2)), side(1).max(side(3)))
    }

    pub fn is_convex(&self) -> bool {
        (0..4).all(|i| {
            let [a, b, c] = [0, 1, 2].map(|k| self.corners[(i + k) % 4]);
            (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0) > 0.0
        })
    }

    pub fn contains(&self, x: f32, y: f32) -> bool {
        (0..4).all(|i| {
            let (a, b) = (self.corners[i], self.corners[(i + 1) % 4]);
            (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0) >= 0.0
        })
    }

    /// Share of the document that lies in an image of this size.
    pub fn visible_share(&self, width: f32, height: f32) -> f32 {
        let seen = area(&clipped(&self.corners, &Self::whole(width, height)));
        (seen / self.area().max(1.0)).min(1.0)
    }

    /// Intersection over union with another, both convex: 0..=1.
    pub fn overlap(&self, other: &Quad) -> f32 {
        let both = area(&clipped(&self.corners, other));
        both / (self.area() + other.area() - both).max(1e-6)
    }

    /// The upright rectangle around it: left, top, right, bottom.
    pub fn bounds(&self) -> (f32, f32, f32, f32) {
        let fold = |pick: fn(&(f32, f32)) -> f32, start: f32, join: fn(f32, f32) -> f32| {
            self.corners.iter().map(pick).fold(start, join)
        };
        (
            fold(|c| c.0, f32::MAX, f32::min),
            fold(|c| c.1, f32::MAX, f32::min),
            fold(|c| c.0, f32::MIN, f32::max),
            fold(|c| c.1, f32::MIN, f32::max),
        )
    }
}

/// The document as a scanner would see it, `width` pixels wide and as high as its sides say. What is
/// larger in the image is averaged; what lies outside of the image repeats its edge.
pub fn rectified(image: &Image, quad: &Quad, width: usize) -> Colours {
    let (across, along) = quad.size();
    let height = ((width as f32 * along / across.max(1.0)).round() as usize).clamp(8, 4 * width);
    rectified_to(image, quad, width, height)
}

/// The same with both sides given, in pixels: at least 1 each.
pub fn rectified_to(image: &Image, quad: &Quad, width: usize, height: usize) -> Colours {
    let (across, along) = quad.size();
    let factor = f64::from((across / width as f32).min(along / height as f32)).max(1.0);
    let reduced = |v: f32| f64::from(v.max(0.0)) / factor;
    let (left, top, right, bottom) = quad.bounds();
    let origin = (
        (reduced(left.min(image.width as f32 - 1.0)) as usize).saturating_sub(1),
        (reduced(top.min(image.height as f32 - 1.0)) as usize).saturating_sub(1),
    );
    let limits = (reduced(image.width as f32), reduced(image.height as f32));
    let size = (
        (reduced(right).min(limits.0).ceil() as usize + 1).saturating_sub(origin.0).max(2),
        (reduced(bottom).min(limits.1).ceil() as usize + 1).saturating_sub(origin.1).max(2),
    );
    let source = Colours::region(image, factor, origin, size);
    let m = square_to_quad(quad.corners);
    let place = |x: usize, y: usize| {
        let (u, v) = ((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32);
        let w = m[6] * u + m[7] * v + m[8];
        let to_source = |v: f32, origin: usize| v / factor as f32 - origin as f32 - 0.5;
        (
            to_source((m[0] * u + m[1] * v + m[2]) / w, origin.0),
            to_source((m[3] * u + m[4] * v + m[5]) / w, origin.1),
        )
    };
    let warped = |plane: &Plane| {
        Plane::from_fn(width, height, |x, y| {
            let (sx, sy) = place(x, y);
            between_pixels(plane, sx, sy)
        })
    };
    Colours { r: warped(&source.r), g: warped(&source.g), b: warped(&source.b) }
}

/// The unit square to a quadrilateral (Heckbert 1989), corners clockwise from the origin.
pub fn square_to_quad(c: [(f32, f32); 4]) -> [f32; 9] {
    let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = c;
    let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
    let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
    let det = dx1 * dy2 - dx2 * dy1;
    let g = (sx * dy2 - dx2 * sy) / det;
    let h = (dx1 * sy - sx * dy1) / det;
    [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0]
}

/// A plane's value at a place between the centres of its pixels; its edge repeats outside.
pub(super) fn between_pixels(plane: &Plane, x: f32, y: f32) -> f32 {
    let x = x.clamp(0.0, plane.width as f32 - 1.0);
    let y = y.clamp(0.0, plane.height as f32 - 1.0);
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(plane.width - 1), (y0 + 1).min(plane.height - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let above = plane.at(x0, y0) + fx * (plane.at(x1, y0) - plane.at(x0, y0));
    let below = plane.at(x0, y1) + fx * (plane.at(x1, y1) - plane.at(x0, y1));
    above + fy * (below - above)
}

fn signed_area(points: &[(f32, f32)]) -> f32 {
    let mut twice = 0.0;
    for (i, a) in points.iter().enumerate() {
        let b = points[(i + 1) % points.len()];
        twice += a.0 * b.1 - b.0 * a.1;
    }
    twice / 2.0
}

pub(super) fn area(points: &[(f32, f32)]) -> f32 {
    signed_area(points).abs()
}

/// The part of a polygon inside a convex quad (Sutherland & Hodgman).
fn clipped(polygon: &[(f32, f32)], window: &Quad) -> Vec<(f32, f32)> {
    let mut polygon = polygon.to_vec();
    for i in 0..4 {
        let (a, b) = (window.corners[i], window.corners[(i + 1) % 4]);
        let depth = |p: (f32, f32)| (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0);
        let mut inside = Vec::with_capacity(polygon.len() + 1);
        for (i, &p) in polygon.iter().enumerate() {
            let q = polygon[(i + 1) % polygon.len()];
            let (dp, dq) = (depth(p), depth(q));
            if dp >= 0.0 {
                inside.push(p);
            }
            if (dp >= 0.0) != (dq >= 0.0) {
                let t = dp / (dp - dq);
                inside.push((p.0 + t * (q.0 - p.0), p.1 + t * (q.1 - p.1)));
            }
        }
        polygon = inside;
        if polygon.is_empty() {
            break;
        }
    }
    polygon
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(by: f32) -> Quad {
        let corners = Quad::whole(10.0, 6.0).corners.map(|(x, y)| (x + by, y));
        Quad { corners }
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        assert!((shifted(0.0).overlap(&shifted(0.0)) - 1.0).abs() < 1e-6);
        assert!((shifted(0.0).overlap(&shifted(5.0)) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(shifted(0.0).overlap(&shifted(20.0)), 0.0);
    }

    #[test]
    fn a_rectified_quad_shows_its_inside_alone() {
        let (width, height) = (80_u32, 60_u32);
        let quad = Quad { corners: [(20.0, 12.0), (62.0, 16.0), (58.0, 46.0), (16.0, 40.0)] };
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let inside = quad.contains(x as f32 + 0.5, y as f32 + 0.5);
                rgb.extend(if inside { [200, 100, 50] } else { [0, 0, 0] });
            }
        }
        let seen = rectified(&Image { width, height, rgb }, &quad, 40);
        assert_eq!(seen.width(), 40);
        for y in 3..seen.height() - 3 {
            for x in 3..37 {
                assert!((seen.r.at(x, y) - 200.0).abs() < 1.0, "{x}, {y}: {}", seen.r.at(x, y));
            }
        }
    }
}
