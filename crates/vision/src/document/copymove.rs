//! Copy-move: many points of an image that look the same as points at one fixed distance.

use verax_domain::document_findings::ImageBox;

use super::planes::Plane;

const POINTS_MAX: usize = 1500;
const CELLS: usize = 8;
const DESCRIPTOR: usize = CELLS * CELLS;
/// Points nearer than this are the same thing.
const DISTANCE_MIN_PX: f32 = 24.0;
const ANGLE_RATIO_MAX: f32 = 0.6;
const SHIFT_BIN_PX: f32 = 3.0;

/// What was found, on the image as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyMove {
    /// Points with one clearly best twin.
    pub matches: usize,
    /// Those that agree on one shift.
    pub agreeing: usize,
    /// Where the agreeing points lie, and where their twins do.
    pub regions: Option<(ImageBox, ImageBox)>,
    /// Area of the region over that of the image.
    pub area_share: f32,
}

/// `small` is the image at a longest side of 1000 px, `scale` brings its pixels to the image's.
pub fn find_copy_move(small: &Plane, scale: f32) -> CopyMove {
    let points = corners(small);
    let described: Vec<((f32, f32), [f32; DESCRIPTOR])> = points
        .iter()
        .filter_map(|&(x, y)| Some(((x as f32, y as f32), descriptor(small, x, y)?)))
        .collect();
    let pairs = twins(&described);
    let (agreeing, regions) = agreeing(&pairs);
    let area_share = regions
        .map_or(0.0, |(from, _)| from.width * from.height / (small.width * small.height) as f32);
    let grown = |b: ImageBox| ImageBox {
        x: b.x * scale,
        y: b.y * scale,
        width: b.width * scale,
        height: b.height * scale,
    };
    CopyMove {
        matches: pairs.len(),
        agreeing,
        regions: regions.map(|(from, to)| (grown(from), grown(to))),
        area_share,
    }
}

/// Harris corners, strongest first, at least three pixels apart.
fn corners(luma: &Plane) -> Vec<(usize, usize)> {
    let (w, h) = (luma.width, luma.height);
    if w < 40 || h < 40 {
        return Vec::new();
    }
    let gradient = |dx: usize, dy: usize| {
        Plane::from_fn(w, h, |x, y| {
            if x == 0 || y == 0 || x + 1 == w || y + 1 == h {
                return 0.0;
            }
            luma.at(x + dx, y + dy) - luma.at(x - dx, y - dy)
        })
    };
    let (gx, gy) = (gradient(1, 0), gradient(0, 1));
    let xx = gx.map2(&gx, |a, b| a * b).smoothed(1.5);
    let yy = gy.map2(&gy, |a, b| a * b).smoothed(1.5);
    let xy = gx.map2(&gy, |a, b| a * b).smoothed(1.5);
    let strength = Plane::from_fn(w, h, |x, y| {
        let (a, b, c) = (xx.at(x, y), yy.at(x, y), xy.at(x, y));
        a * b - c * c - 0.05 * (a + b) * (a + b)
    });
    let margin = 14;
    let mut found: Vec<(f32, usize, usize)> = Vec::new();
    for y in margin..h - margin {
        for x in margin..w - margin {
            let own = strength.at(x, y);
            if own <= 50.0 {
                continue;
            }
            let best_here =
                (y - 2..=y + 2).all(|ny| (x - 2..=x + 2).all(|nx| strength.at(nx, ny) <= own));
            if best_here {
                found.push((own, x, y));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    found.truncate(POINTS_MAX);
    found.into_iter().map(|(_, x, y)| (x, y)).collect()
}

/// 8 x 8 means of 3 x 3 pixels around a point, of mean 0 and length 1; none where flat.
fn descriptor(luma: &Plane, x: usize, y: usize) -> Option<[f32; DESCRIPTOR]> {
    let mut cells = [0.0f32; DESCRIPTOR];
    for (cell, slot) in cells.iter_mut().enumerate() {
        let (cx, cy) = (x + (cell % CELLS) * 3 - 12, y + (cell / CELLS) * 3 - 12);
        for dy in 0..3 {
            *slot += luma.row(cy + dy)[cx..cx + 3].iter().sum::<f32>() / 9.0;
        }
    }
    let mean = cells.iter().sum::<f32>() / DESCRIPTOR as f32;
    cells.iter_mut().for_each(|c| *c -= mean);
    let length = cells.iter().map(|c| c * c).sum::<f32>().sqrt();
    if length < 40.0 {
        return None;
    }
    cells.iter_mut().for_each(|c| *c /= length);
    Some(cells)
}

type Pair = ((f32, f32), (f32, f32));

fn twins(described: &[((f32, f32), [f32; DESCRIPTOR])]) -> Vec<Pair> {
    // Best likeness, second likeness, index of the best: each pair is compared once.
    let mut found = vec![(-1.0f32, -1.0f32, usize::MAX); described.len()];
    let offer = |(best, second, twin): &mut (f32, f32, usize), likeness: f32, other: usize| {
        if likeness > *best {
            (*second, *best, *twin) = (*best, likeness, other);
        } else if likeness > *second {
            *second = likeness;
        }
    };
    for (index, (place, own)) in described.iter().enumerate() {
        for (other_index, (other_place, other)) in described.iter().enumerate().skip(index + 1) {
            let (dx, dy) = (place.0 - other_place.0, place.1 - other_place.1);
            if dx * dx + dy * dy < DISTANCE_MIN_PX * DISTANCE_MIN_PX {
                continue;
            }
            let likeness = likeness(own, other);
            offer(&mut found[index], likeness, other_index);
            offer(&mut found[other_index], likeness, index);
        }
    }
    let angle = |likeness: f32| likeness.clamp(-1.0, 1.0).acos();
    found
        .iter()
        .zip(described)
        .filter(|((best, second, _), _)| {
            *best >= 0.85 && angle(*best) < ANGLE_RATIO_MAX * angle(*second)
        })
        .map(|((_, _, twin), (place, _))| (*place, described[*twin].0))
        .collect()
}

/// The cosine of two descriptors; eight sums side by side, which the compiler keeps in one register.
fn likeness(a: &[f32; DESCRIPTOR], b: &[f32; DESCRIPTOR]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum()
}

/// The largest group of pairs with the same shift (whichever end comes first), and its boxes.
fn agreeing(pairs: &[Pair]) -> (usize, Option<(ImageBox, ImageBox)>) {
    let shifts: Vec<(f32, f32, Pair)> = pairs
        .iter()
        .map(|&(a, b)| {
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            if dx < 0.0 || (dx == 0.0 && dy < 0.0) { (-dx, -dy, (b, a)) } else { (dx, dy, (a, b)) }
        })
        .collect();
    let near = |a: &(f32, f32, Pair), b: &(f32, f32, Pair)| {
        (a.0 - b.0).abs() <= SHIFT_BIN_PX && (a.1 - b.1).abs() <= SHIFT_BIN_PX
    };
    let mut best: Vec<Pair> = Vec::new();
    for centre in &shifts {
        let mut group: Vec<Pair> =
            shifts.iter().filter(|other| near(centre, other)).map(|s| s.2).collect();
        group.sort_by(|a, b| {
            a.0.0.total_cmp(&b.0.0).then(a.0.1.total_cmp(&b.0.1)).then(a.1.0.total_cmp(&b.1.0))
        });
        group.dedup();
        if group.len() > best.len() {
            best = group;
        }
    }
    if best.len() < 4 {
        return (best.len(), None);
    }
    let bounds = |ends: &mut dyn Iterator<Item = (f32, f32)>| {
        let (mut x0, mut y0, mut x1, mut y1) = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
        for (x, y) in ends {
            (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x), y1.max(y));
        }
        ImageBox { x: x0, y: y0, width: x1 - x0 + 1.0, height: y1 - y0 + 1.0 }
    };
    let from = bounds(&mut best.iter().map(|p| p.0));
    let to = bounds(&mut best.iter().map(|p| p.1));
    (best.len(), Some((from, to)))
}
