//! The portrait's box beside other boxes of the same size: noise, compression and sharpness, once
//! texture is accounted for.

use verax_domain::document_findings::ImageBox;

use crate::document::blocks::{BlockMaps, MAP_NAMES, MAPS};
use crate::document::planes::{mean, median_and_mad, std_dev};
use crate::document::seeded::Seeded;
use crate::image::Image;

/// z, |z| and |difference| of mean and deviation per map, and the frame's edge.
const PORTRAIT_FEATURES: usize = 3 * 2 * MAPS + 1;
const BOXES: usize = 40;
const Z_MAX: f32 = 15.0;

#[derive(Debug, Clone)]
pub struct PortraitMeasurement {
    pub features: Vec<f32>,
    /// The map on which the portrait stands out most, and by how many robust deviations.
    pub strongest: (&'static str, f32),
}

pub fn portrait_feature_names() -> Vec<String> {
    let mut names = Vec::new();
    for kind in ["z", "abs_z", "abs_difference"] {
        for statistic in ["median", "deviation"] {
            names.extend(MAP_NAMES.iter().map(|map| format!("{kind}_{statistic}_{map}")));
        }
    }
    names.push("frame_edge".to_owned());
    names
}

/// None when the image has no room for other boxes of the portrait's size.
pub fn measure_portrait(
    image: &Image,
    maps: &BlockMaps,
    portrait: ImageBox,
) -> Option<PortraitMeasurement> {
    let own = BlockBox::of(portrait, maps)?;
    let residuals: Vec<Grid> =
        (0..MAPS).map(|map| Grid::of(maps, &maps.without_texture(map))).collect();
    let others = other_boxes(maps, own);
    if others.len() < 8 {
        return None;
    }
    let mut z = [[0.0f32; MAPS]; 2];
    let mut difference = [[0.0f32; MAPS]; 2];
    for (map, grid) in residuals.iter().enumerate() {
        let (centre, spread) = grid.statistics(own)?;
        let mut centres = Vec::with_capacity(others.len());
        let mut spreads = Vec::with_capacity(others.len());
        for other in &others {
            if let Some((c, s)) = grid.statistics(*other) {
                centres.push(c);
                spreads.push(s);
            }
        }
        for (kind, (value, all)) in
            [(centre, &mut centres), (spread, &mut spreads)].into_iter().enumerate()
        {
            let (middle, scale) = median_and_mad(all);
            difference[kind][map] = (value - middle).abs();
            z[kind][map] = ((value - middle) / (scale + 0.03)).clamp(-Z_MAX, Z_MAX);
        }
    }
    let mut features = Vec::with_capacity(PORTRAIT_FEATURES);
    features.extend(z.iter().flatten());
    features.extend(z.iter().flatten().map(|v| v.abs()));
    features.extend(difference.iter().flatten());
    features.push(frame_edge(image, portrait));
    let strongest = (0..MAPS)
        .map(|map| (MAP_NAMES[map], z[0][map].abs()))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or(("noise", 0.0));
    Some(PortraitMeasurement { features, strongest })
}

/// The portrait around a face box: 0.9 heights up and down of its centre, 0.75 to each side.
pub fn portrait_around(face: ImageBox, image: &Image) -> ImageBox {
    let (cx, cy) = (face.x + face.width / 2.0, face.y + face.height / 2.0);
    let (half_width, half_height) = (0.75 * face.width, 0.9 * face.height);
    let x0 = (cx - half_width).max(0.0);
    let y0 = (cy - half_height).max(0.0);
    let x1 = (cx + half_width).min(image.width as f32);
    let y1 = (cy + half_height).min(image.height as f32);
    ImageBox { x: x0, y: y0, width: (x1 - x0).max(1.0), height: (y1 - y0).max(1.0) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BlockBox {
    column: usize,
    row: usize,
    columns: usize,
    rows: usize,
}

impl BlockBox {
    fn of(place: ImageBox, maps: &BlockMaps) -> Option<Self> {
        // Blocks that lie wholly inside.
        let column = (place.x.max(0.0) / 8.0).ceil() as usize;
        let row = (place.y.max(0.0) / 8.0).ceil() as usize;
        let end_column = (((place.x + place.width) / 8.0) as usize).min(maps.columns);
        let end_row = (((place.y + place.height) / 8.0) as usize).min(maps.rows);
        let columns = end_column.checked_sub(column)?;
        let rows = end_row.checked_sub(row)?;
        (columns >= 3 && rows >= 3).then_some(Self { column, row, columns, rows })
    }

    fn overlap(self, other: Self) -> f32 {
        let along = |a: usize, an: usize, b: usize, bn: usize| {
            (a + an).min(b + bn).saturating_sub(a.max(b))
        };
        let shared = along(self.column, self.columns, other.column, other.columns)
            * along(self.row, self.rows, other.row, other.rows);
        shared as f32 / (self.columns * self.rows) as f32
    }
}

fn other_boxes(maps: &BlockMaps, own: BlockBox) -> Vec<BlockBox> {
    // The same boxes for the same image size: the answer must not change between calls.
    let mut random = Seeded::new((maps.columns * 31 + maps.rows) as u64);
    let mut found = Vec::new();
    // A portrait that fills its card leaves no room for boxes of its size: smaller ones will do.
    for shrink in [1.0f32, 0.7, 0.5] {
        let columns = ((own.columns as f32 * shrink) as usize).max(3);
        let rows = ((own.rows as f32 * shrink) as usize).max(3);
        if columns > maps.columns || rows > maps.rows {
            continue;
        }
        for _ in 0..400 {
            if found.len() >= BOXES {
                return found;
            }
            let candidate = BlockBox {
                column: random.below(maps.columns - columns + 1),
                row: random.below(maps.rows - rows + 1),
                columns,
                rows,
            };
            if candidate.overlap(own) < 0.25 {
                found.push(candidate);
            }
        }
        if found.len() >= BOXES / 2 {
            return found;
        }
    }
    found
}

/// A map laid out by block; blocks that were not measured are NaN.
struct Grid {
    columns: usize,
    values: Vec<f32>,
}

impl Grid {
    fn of(maps: &BlockMaps, values: &[f32]) -> Self {
        let mut grid = vec![f32::NAN; maps.columns * maps.rows];
        for (block, &value) in maps.blocks.iter().zip(values) {
            grid[block.row as usize * maps.columns + block.column as usize] = value;
        }
        Self { columns: maps.columns, values: grid }
    }

    fn statistics(&self, place: BlockBox) -> Option<(f32, f32)> {
        let mut inside = Vec::with_capacity(place.columns * place.rows);
        for row in place.row..place.row + place.rows {
            let from = row * self.columns + place.column;
            let line = &self.values[from..from + place.columns];
            inside.extend(line.iter().filter(|v| !v.is_nan()));
        }
        if inside.len() < 6 {
            return None;
        }
        let spread = std_dev(&inside);
        let (middle, _) = median_and_mad(&mut inside);
        Some((middle, spread))
    }
}

/// `ln(1 + mean step across the four sides)` minus the median of the same for shifted boxes.
fn frame_edge(image: &Image, place: ImageBox) -> f32 {
    let own = edge_step(image, place, 0.0, 0.0);
    let mut shifted = Vec::with_capacity(16);
    for distance in [10.0f32, 16.0] {
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)] {
            shifted.push(edge_step(image, place, dx as f32 * distance, dy as f32 * distance));
        }
    }
    own - median_and_mad(&mut shifted).0
}

fn edge_step(image: &Image, place: ImageBox, dx: f32, dy: f32) -> f32 {
    let (w, h) = (image.width as isize, image.height as isize);
    let luma = |x: isize, y: isize| {
        let at = ((y.clamp(0, h - 1) * w + x.clamp(0, w - 1)) * 3) as usize;
        let p = &image.rgb[at..at + 3];
        0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2])
    };
    let (x0, y0) = ((place.x + dx) as isize, (place.y + dy) as isize);
    let (x1, y1) = (x0 + place.width as isize, y0 + place.height as isize);
    let mut steps = Vec::new();
    for y in (y0..y1).step_by(2) {
        for x in [x0, x1] {
            steps.push((luma(x - 2, y) - luma(x + 2, y)).abs());
        }
    }
    for x in (x0..x1).step_by(2) {
        for y in [y0, y1] {
            steps.push((luma(x, y - 2) - luma(x, y + 2)).abs());
        }
    }
    (1.0 + mean(&steps)).ln()
}
