//! Finds the document in a photograph: a small network tells which parts belong to it, and four
//! straight sides are laid around them.

use std::sync::LazyLock;

use super::planes::{Colours, Plane};
use super::quad::{Quad, area, between_pixels};
use crate::image::Image;
use crate::network::{NchwTensor, Network, NetworkError};

/// Made by `tools/train-locator`.
const SHIPPED: &[u8] = include_bytes!("../../../../models/docliveness/locator.onnx");
/// Longest side of the image that the network's input and the edges are taken from.
const BASE_SIDE_PX: u32 = 1000;
const INPUT_PX: usize = 256;
const CELLS: usize = 128;
/// Side of the image on which the two runtimes are compared.
const PROBE_PX: usize = 64;
/// The smallest document, as a share of the image.
const AREA_SHARE_MIN: f32 = 0.01;
/// Longer over shorter side, as seen: cards and pages from 1.27 to 2.02 in labelled photographs.
const SHAPE: std::ops::Range<f32> = 1.15..2.3;
/// Of the fit between the document's cells and the quad, below which there is none.
const CONFIDENCE_MIN: f32 = 0.8;

/// The loaded network; shared between threads.
pub struct Locator {
    network: Network,
}

/// A document that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocatedDocument {
    /// In pixels of the upright image.
    pub quad: Quad,
    /// How well the quad fits what the network sees of the document, 0..=1.
    pub confidence: f32,
}

impl Locator {
    /// # Errors
    /// The model cannot be read, or has no output `document`.
    pub fn load(model: Vec<u8>) -> Result<Self, NetworkError> {
        Ok(Self {
            network: Network::load(
                "document locator",
                model,
                &["document"],
                &NchwTensor::noise(PROBE_PX, PROBE_PX),
            )?,
        })
    }

    /// The network that this version was released with.
    pub fn shipped() -> &'static Self {
        static LOCATOR: LazyLock<Locator> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "a test loads the bytes in this binary")]
            Locator::load(SHIPPED.to_vec()).expect("the shipped locator loads")
        });
        &LOCATOR
    }

    /// None where no document is seen, or none with four straight sides.
    pub fn locate(&self, image: &Image) -> Option<LocatedDocument> {
        self.locate_in(&Colours::reduced(image, BASE_SIDE_PX), image)
    }

    /// The same, with the image at a longest side of 1000 px at hand.
    pub(super) fn locate_in(&self, base: &Colours, image: &Image) -> Option<LocatedDocument> {
        let mask = self.mask(base).ok()?;
        let (cells, confidence) = quad_around(&mask)?;
        let to_base = (base.width() as f32 / CELLS as f32, base.height() as f32 / CELLS as f32);
        let quad = cells.scaled(to_base.0, to_base.1);
        let scale = image.width as f32 / base.width() as f32;
        let scale_y = image.height as f32 / base.height() as f32;
        let quad = quad.scaled(scale, scale_y);
        let (across, along) = quad.size();
        let shape = across.max(along) / across.min(along).max(1.0);
        SHAPE.contains(&shape).then_some(LocatedDocument { quad, confidence })
    }

    /// For each of 128 x 128 cells of the image, how likely it belongs to a document.
    fn mask(&self, base: &Colours) -> Result<Plane, NetworkError> {
        let small = base.resize_to(INPUT_PX, INPUT_PX);
        let mut pixels = NchwTensor::black(INPUT_PX, INPUT_PX);
        let planes = [&small.r, &small.g, &small.b];
        for (target, plane) in pixels.values.chunks_exact_mut(INPUT_PX * INPUT_PX).zip(planes) {
            target.copy_from_slice(&plane.values);
        }
        let values = self.network.run(&pixels)?.into_iter().next().unwrap_or_default();
        if values.len() != CELLS * CELLS {
            let output = "document of 128 x 128 cells".to_owned();
            return Err(NetworkError::NoOutput { role: "document locator", output });
        }
        Ok(Plane { width: CELLS, height: CELLS, values })
    }
}

/// The best quad around the largest connected part of the mask, in cells, and how well it fits.
fn quad_around(mask: &Plane) -> Option<(Quad, f32)> {
    let part = largest_part(mask)?;
    let hull = convex_hull(&outer_points(&part));
    let drafts = [fewest_sides(&hull), smallest_rectangle(&hull)];
    let mut best: Option<(Quad, f32)> = None;
    for draft in drafts.into_iter().flatten() {
        for quad in [Some(draft), fitted(mask, &draft)].into_iter().flatten() {
            if !quad.is_convex() {
                continue;
            }
            let fit = fit(mask, &part, &quad);
            if best.is_none_or(|(_, found)| fit > found) {
                best = Some((quad, fit));
            }
        }
    }
    let smallest = AREA_SHARE_MIN * (CELLS * CELLS) as f32;
    best.filter(|(quad, fit)| *fit >= CONFIDENCE_MIN && quad.area() >= smallest)
}

/// The cells of the largest connected part that is more likely document than not.
fn largest_part(mask: &Plane) -> Option<Vec<bool>> {
    let mut seen = vec![false; mask.values.len()];
    let mut best: Vec<usize> = Vec::new();
    for start in 0..mask.values.len() {
        if seen[start] || mask.values[start] <= 0.5 {
            continue;
        }
        seen[start] = true;
        let mut part = vec![start];
        let mut next = 0;
        while let Some(&cell) = part.get(next) {
            next += 1;
            let (x, y) = (cell % mask.width, cell / mask.width);
            let neighbours = [
                (x > 0).then(|| cell - 1),
                (x + 1 < mask.width).then(|| cell + 1),
                (y > 0).then(|| cell - mask.width),
                (y + 1 < mask.height).then(|| cell + mask.width),
            ];
            for neighbour in neighbours.into_iter().flatten() {
                if !seen[neighbour] && mask.values[neighbour] > 0.5 {
                    seen[neighbour] = true;
                    part.push(neighbour);
                }
            }
        }
        if part.len() > best.len() {
            best = part;
        }
    }
    if best.is_empty() {
        return None;
    }
    let mut cells = vec![false; mask.values.len()];
    best.into_iter().for_each(|cell| cells[cell] = true);
    Some(cells)
}

/// The corners of the outermost cells of each row.
fn outer_points(part: &[bool]) -> Vec<(f32, f32)> {
    let mut points = Vec::new();
    for (y, row) in part.chunks_exact(CELLS).enumerate() {
        let (Some(first), Some(last)) =
            (row.iter().position(|cell| *cell), row.iter().rposition(|cell| *cell))
        else {
            continue;
        };
        for y in [y as f32, y as f32 + 1.0] {
            points.extend([(first as f32, y), (last as f32 + 1.0, y)]);
        }
    }
    points
}

/// Andrew's monotone chain; clockwise where y grows downwards.
fn convex_hull(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut points = points.to_vec();
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let chain = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut line: Vec<(f32, f32)> = Vec::new();
        for p in points {
            while let [.., a, b] = line[..]
                && (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) <= 0.0
            {
                line.pop();
            }
            line.push(p);
        }
        line.pop();
        line
    };
    let mut hull = chain(&mut points.iter().copied());
    hull.extend(chain(&mut points.iter().rev().copied()));
    hull
}

/// The hull with its sides taken away one by one, that first whose loss adds the least area.
fn fewest_sides(hull: &[(f32, f32)]) -> Option<Quad> {
    let mut points = hull.to_vec();
    while points.len() > 4 {
        let count = points.len();
        let mut cheapest: Option<(f32, usize, (f32, f32))> = None;
        for i in 0..count {
            let [a, b, c, d] = [0, 1, 2, 3].map(|k| points[(i + k) % count]);
            let Some(corner) = crossing(a, b, d, c) else { continue };
            // The neighbours meet outside of the side b..c only when they lean to each other.
            let ahead = (b.0 - a.0) * (corner.0 - b.0) + (b.1 - a.1) * (corner.1 - b.1);
            let behind = (c.0 - d.0) * (corner.0 - c.0) + (c.1 - d.1) * (corner.1 - c.1);
            if ahead < 0.0 || behind < 0.0 {
                continue;
            }
            let added = area(&[b, corner, c]);
            if cheapest.is_none_or(|(least, _, _)| added < least) {
                cheapest = Some((added, i, corner));
            }
        }
        let (_, i, corner) = cheapest?;
        points[(i + 1) % count] = corner;
        points.remove((i + 2) % count);
    }
    Some(Quad::ordered(<[(f32, f32); 4]>::try_from(points).ok()?))
}

fn smallest_rectangle(hull: &[(f32, f32)]) -> Option<Quad> {
    let mut best: Option<(f32, [(f32, f32); 4])> = None;
    for (i, a) in hull.iter().enumerate() {
        let b = hull[(i + 1) % hull.len()];
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        if length < 1e-3 {
            continue;
        }
        let (ux, uy) = ((b.0 - a.0) / length, (b.1 - a.1) / length);
        let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
        for p in hull {
            let (along, across) = (p.0 * ux + p.1 * uy, p.1 * ux - p.0 * uy);
            low = (low.0.min(along), low.1.min(across));
            high = (high.0.max(along), high.1.max(across));
        }
        let size = (high.0 - low.0) * (high.1 - low.1);
        if best.is_none_or(|(least, _)| size < least) {
            let corners = [(low.0, low.1), (high.0, low.1), (high.0, high.1), (low.0, high.1)];
            let back = corners.map(|(u, v)| (u * ux - v * uy, u * uy + v * ux));
            best = Some((size, back));
        }
    }
    best.map(|(_, corners)| Quad::ordered(corners))
}

/// Each side laid anew, by least squares that forgive what lies far off, through the places where the
/// mask ends near it: a finger over the edge moves a hull, but hardly this line.
fn fitted(mask: &Plane, draft: &Quad) -> Option<Quad> {
    let sides = [0, 1, 2, 3].map(|i| {
        let (a, b) = (draft.corners[i], draft.corners[(i + 1) % 4]);
        let ends = side_ends(mask, a, b);
        if ends.len() < 8 { (a, b) } else { line_through(&ends) }
    });
    let mut corners = [(0.0, 0.0); 4];
    for (i, corner) in corners.iter_mut().enumerate() {
        let (before, after) = (sides[(i + 3) % 4], sides[i]);
        *corner = crossing(before.0, before.1, after.0, after.1)?;
        let (was, far) = (draft.corners[i], CELLS as f32 * 0.2);
        if (corner.0 - was.0).hypot(corner.1 - was.1) > far {
            return None;
        }
    }
    Some(Quad::ordered(corners))
}

/// Along the middle of a side: where the mask crosses one half, going outwards.
fn side_ends(mask: &Plane, a: (f32, f32), b: (f32, f32)) -> Vec<(f32, f32)> {
    const REACH: f32 = 5.0;
    const STEP: f32 = 0.25;
    let length = (b.0 - a.0).hypot(b.1 - a.1).max(1e-3);
    let (ux, uy) = ((b.0 - a.0) / length, (b.1 - a.1) / length);
    // Clockwise where y grows downwards, the outside is on the left hand.
    let (nx, ny) = (uy, -ux);
    let likely = |x: f32, y: f32| {
        let outside = x < -0.5 || y < -0.5 || x > CELLS as f32 + 0.5 || y > CELLS as f32 + 0.5;
        if outside {
            return 0.0;
        }
        // Beyond the image there is no document.
        let fade = |v: f32| (v + 0.5).min(CELLS as f32 + 0.5 - v).clamp(0.0, 1.0);
        between_pixels(mask, x - 0.5, y - 0.5) * fade(x) * fade(y)
    };
    let mut ends = Vec::new();
    let mut along = 0.08 * length;
    while along < 0.92 * length {
        let (x, y) = (a.0 + along * ux, a.1 + along * uy);
        let at = |offset: f32| likely(x + offset * nx, y + offset * ny);
        let mut nearest: Option<f32> = None;
        let mut before = at(-REACH);
        let mut offset = -REACH + STEP;
        while offset <= REACH {
            let here = at(offset);
            if before > 0.5 && here <= 0.5 {
                let end = offset - STEP * (0.5 - here) / (before - here);
                if nearest.is_none_or(|n| end.abs() < n.abs()) {
                    nearest = Some(end);
                }
            }
            before = here;
            offset += STEP;
        }
        if let Some(end) = nearest {
            ends.push((x + end * nx, y + end * ny));
        }
        along += 0.5;
    }
    ends
}

/// A line as two points on it: total least squares, weights 1/(1+(r/0.5)²), eight rounds.
fn line_through(points: &[(f32, f32)]) -> ((f32, f32), (f32, f32)) {
    let mut weights = vec![1.0f32; points.len()];
    let mut line = ((0.0, 0.0), (1.0, 0.0));
    for _ in 0..8 {
        let total: f32 = weights.iter().sum();
        let mean = |pick: fn(&(f32, f32)) -> f32| {
            points.iter().zip(&weights).map(|(p, w)| w * pick(p)).sum::<f32>() / total
        };
        let (mx, my) = (mean(|p| p.0), mean(|p| p.1));
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (p, w) in points.iter().zip(&weights) {
            let (dx, dy) = (p.0 - mx, p.1 - my);
            xx += w * dx * dx;
            xy += w * dx * dy;
            yy += w * dy * dy;
        }
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let (ux, uy) = (angle.cos(), angle.sin());
        line = ((mx, my), (mx + ux, my + uy));
        for (p, w) in points.iter().zip(&mut weights) {
            let off = (p.1 - my) * ux - (p.0 - mx) * uy;
            *w = 1.0 / (1.0 + (off / 0.5).powi(2));
        }
    }
    line
}

/// Where the lines a..b and c..d meet.
fn crossing(a: (f32, f32), b: (f32, f32), c: (f32, f32), d: (f32, f32)) -> Option<(f32, f32)> {
    let (rx, ry, sx, sy) = (b.0 - a.0, b.1 - a.1, d.0 - c.0, d.1 - c.1);
    let det = rx * sy - ry * sx;
    if det.abs() < 1e-4 * rx.hypot(ry) * sx.hypot(sy) {
        return None;
    }
    let t = ((c.0 - a.0) * sy - (c.1 - a.1) * sx) / det;
    Some((a.0 + t * rx, a.1 + t * ry))
}

/// Intersection over union of the quad and the part, each cell as much as it is likely.
fn fit(mask: &Plane, part: &[bool], quad: &Quad) -> f32 {
    let (mut both, mut either) = (0.0, 0.0);
    for y in 0..CELLS {
        for x in 0..CELLS {
            let at = y * CELLS + x;
            let inside = quad.contains(x as f32 + 0.5, y as f32 + 0.5);
            if inside {
                both += mask.values[at];
                either += 1.0;
            } else if part[at] {
                either += mask.values[at];
            }
        }
    }
    both / f32::max(either, 1.0)
}
