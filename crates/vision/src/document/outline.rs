//! The outline of a document in a photograph: four straight sides against a surround that is
//! unlike it. Simple and sceptical: no outline is better than a wrong one.

use verax_domain::document_findings::PlacementFindings;

use super::planes::{Colours, Plane, median};

/// Side of the image on which the outline is sought.
pub const OUTLINE_SIDE_PX: u32 = 320;

/// A line `x * nx + y * ny = d`.
#[derive(Debug, Clone, Copy)]
struct Line {
    nx: f32,
    ny: f32,
    d: f32,
}

/// Where a document lies, twice.
#[derive(Debug, Clone, Copy)]
pub struct Outline {
    /// To the steps of the search: the weights were trained on what is measured inside it.
    pub coarse: PlacementFindings,
    /// To a fraction of a pixel: whether a corner is inside the image hangs on little.
    pub exact: PlacementFindings,
}

/// `small` is the image at a longest side of 320 px, `scale` brings its pixels to the
/// image's. Corners may lie outside the image.
pub fn find_outline(small: &Colours, scale: f32) -> Outline {
    let nothing = PlacementFindings { corners: None, corners_inside: 0, visible_share: 1.0 };
    let (w, h) = (small.width() as f32, small.height() as f32);
    if small.width() < 80 || small.height() < 80 {
        return Outline { coarse: nothing, exact: nothing };
    }
    let placed = |corners: [(f32, f32); 4]| {
        let (mx, my) = (0.01 * w, 0.01 * h);
        let inside = corners
            .iter()
            .filter(|(x, y)| *x >= mx && *y >= my && *x <= w - mx && *y <= h - my)
            .count();
        PlacementFindings {
            corners: Some(corners.map(|(x, y)| (x * scale, y * scale))),
            corners_inside: inside as u8,
            visible_share: visible_share(&corners, w, h),
        }
    };
    let edges = edge_strength(small);
    let mut sorted = edges.values.clone();
    let floor = 4.0 * median(&mut sorted) + 6.0;
    // Each side: the strongest straight line in the outer part of the image.
    let sides = SIDES.map(|side| best_line(&edges, floor, side));
    let coarse = corners(&edges, sides).filter(|corners| plausible(corners, w, h));
    let exact = coarse
        .and_then(|_| corners(&edges, sides.map(|line| line.map(|line| line.refined(&edges)))));
    Outline { coarse: coarse.map_or(nothing, placed), exact: exact.map_or(nothing, placed) }
}

const SIDES: [Side; 4] = [Side::Left, Side::Top, Side::Right, Side::Bottom];

fn corners(edges: &Plane, sides: [Option<SideLine>; 4]) -> Option<[(f32, f32); 4]> {
    let [left, top, right, bottom] = sides.map(|side| side.map(|side| side.line(edges)));
    let (left, top, right, bottom) = (left?, top?, right?, bottom?);
    Some([
        crossing(left, top)?,
        crossing(right, top)?,
        crossing(right, bottom)?,
        crossing(left, bottom)?,
    ])
}

fn edge_strength(small: &Colours) -> Plane {
    let (w, h) = (small.width(), small.height());
    let planes = [&small.r, &small.g, &small.b].map(|p| p.smoothed(1.5));
    Plane::from_fn(w, h, |x, y| {
        if x < 2 || y < 2 || x + 2 >= w || y + 2 >= h {
            return 0.0;
        }
        planes
            .iter()
            .map(|p| {
                let gx = p.at(x + 2, y) - p.at(x - 2, y);
                let gy = p.at(x, y + 2) - p.at(x, y - 2);
                (gx * gx + gy * gy).sqrt()
            })
            .fold(0.0, f32::max)
    })
}

/// A line by its place in the middle of the image, and its slope there.
#[derive(Debug, Clone, Copy)]
struct SideLine {
    upright: bool,
    base: f32,
    slope: f32,
}

impl SideLine {
    fn line(self, edges: &Plane) -> Line {
        let along = (if self.upright { edges.height } else { edges.width }) as f32;
        let (nx, ny) = if self.upright { (1.0, -self.slope) } else { (-self.slope, 1.0) };
        Line { nx, ny, d: self.base - self.slope * along / 2.0 }
    }

    /// The line nearby, within a step of the search, that has the strongest edges under it.
    fn refined(self, edges: &Plane) -> Self {
        let mut best = (self.strength(edges), self);
        for turn in -8..=8 {
            for shift in -8..=8 {
                let angle = self.slope.atan() + (turn as f32 * 0.2).to_radians();
                let base = self.base + shift as f32 * 0.4;
                let near = Self { base, slope: angle.tan(), ..self };
                let strength = near.strength(edges);
                if strength > best.0 {
                    best = (strength, near);
                }
            }
        }
        best.1
    }

    fn strength(self, edges: &Plane) -> f32 {
        let (along, across) =
            if self.upright { (edges.height, edges.width) } else { (edges.width, edges.height) };
        let mut sum = 0.0;
        for t in (along / 10..along * 9 / 10).step_by(2) {
            let s = self.base + self.slope * (t as f32 - along as f32 / 2.0);
            if s < 1.0 || s >= across as f32 - 2.0 {
                continue;
            }
            let (low, share) = (s as usize, s.fract());
            let at = |s: usize| if self.upright { edges.at(s, t) } else { edges.at(t, s) };
            sum += at(low) + share * (at(low + 1) - at(low));
        }
        sum
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// Among lines within 20 degrees of the side's direction: the outermost whose edge support along
/// the middle of the image is nearly the best.
fn best_line(edges: &Plane, floor: f32, side: Side) -> Option<SideLine> {
    let upright = matches!(side, Side::Left | Side::Right);
    let (w, h) = (edges.width as f32, edges.height as f32);
    let (along, across) = if upright { (h, w) } else { (w, h) };
    let outer = across * 0.4;
    let mut candidates: Vec<(f32, f32, SideLine)> = Vec::new();
    for tilt in -10..=10 {
        let slope = (tilt as f32 * 2.0).to_radians().tan();
        let mut offset = 0.02 * across;
        while offset < outer {
            let base = match side {
                Side::Left | Side::Top => offset,
                Side::Right | Side::Bottom => across - offset,
            };
            let (mut hits, mut asked) = (0u32, 0u32);
            let mut t = 0.1 * along;
            while t < 0.9 * along {
                let s = base + slope * (t - along / 2.0);
                let (x, y) = if upright { (s, t) } else { (t, s) };
                if x >= 1.0 && y >= 1.0 && x < w - 1.0 && y < h - 1.0 {
                    hits += u32::from(edges.at(x as usize, y as usize) > floor);
                    asked += 1;
                }
                t += 2.0;
            }
            if asked as f32 > 0.3 * along {
                let support = hits as f32 / (along * 0.4);
                candidates.push((support, offset, SideLine { upright, base, slope }));
            }
            offset += 2.0;
        }
    }
    let best = candidates.iter().map(|c| c.0).fold(0.0, f32::max);
    if best < 0.75 {
        return None;
    }
    candidates
        .into_iter()
        .filter(|c| c.0 >= 0.9 * best)
        .min_by(|a, b| a.1.total_cmp(&b.1).then(b.0.total_cmp(&a.0)))
        .map(|c| c.2)
}

fn crossing(a: Line, b: Line) -> Option<(f32, f32)> {
    let det = a.nx * b.ny - a.ny * b.nx;
    if det.abs() < 1e-3 {
        return None;
    }
    Some(((a.d * b.ny - b.d * a.ny) / det, (a.nx * b.d - b.nx * a.d) / det))
}

/// A document seen from above: convex, opposite sides alike, large, between square and 2 : 1.
fn plausible(corners: &[(f32, f32); 4], w: f32, h: f32) -> bool {
    let side = |i: usize| {
        let (a, b) = (corners[i], corners[(i + 1) % 4]);
        (a.0 - b.0).hypot(a.1 - b.1)
    };
    let alike = |a: f32, b: f32| a.min(b) / a.max(b).max(1.0) > 0.7;
    let (width, height) = ((side(0) + side(2)) / 2.0, (side(1) + side(3)) / 2.0);
    let shape = width.max(height) / width.min(height).max(1.0);
    let area = area(corners);
    alike(side(0), side(2))
        && alike(side(1), side(3))
        && (1.15..2.0).contains(&shape)
        && area > 0.15 * w * h
        && area < 1.3 * w * h
}

fn area(points: &[(f32, f32)]) -> f32 {
    let mut twice = 0.0;
    for (i, a) in points.iter().enumerate() {
        let b = points[(i + 1) % points.len()];
        twice += a.0 * b.1 - b.0 * a.1;
    }
    (twice / 2.0).abs()
}

/// Share of the outline that lies in the image (Sutherland & Hodgman clipping).
fn visible_share(corners: &[(f32, f32); 4], w: f32, h: f32) -> f32 {
    let mut polygon: Vec<(f32, f32)> = corners.to_vec();
    let sides: [(bool, f32, f32); 4] =
        [(true, 0.0, 1.0), (true, w, -1.0), (false, 0.0, 1.0), (false, h, -1.0)];
    for (on_x, limit, sign) in sides {
        let depth = |p: (f32, f32)| sign * (if on_x { p.0 } else { p.1 } - limit);
        let mut kept = Vec::with_capacity(polygon.len() + 1);
        for (i, &a) in polygon.iter().enumerate() {
            let b = polygon[(i + 1) % polygon.len()];
            let (da, db) = (depth(a), depth(b));
            if da >= 0.0 {
                kept.push(a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                let t = da / (da - db);
                kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
            }
        }
        polygon = kept;
        if polygon.is_empty() {
            return 0.0;
        }
    }
    (area(&polygon) / area(corners).max(1.0)).min(1.0)
}
