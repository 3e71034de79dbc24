//! Maps on the 8 x 8 grid of the file: noise, recompression error, sharpness, colour filter
//! traces. What differs between regions of one image came from elsewhere.

use super::forensics::ijg_table;
use super::planes::Plane;
use crate::image::Image;

/// Maps per block.
pub const MAPS: usize = 9;
pub const MAP_NAMES: [&str; MAPS] = [
    "noise",
    "error_70",
    "error_80",
    "error_90",
    "red_detail",
    "blue_detail",
    "sharpness",
    "filter_array",
    "grid",
];
/// The JPEG qualities at which the error of recompression is measured.
const QUALITIES: [u8; 3] = [70, 80, 90];

const CORE: usize = 64;
const MARGIN: usize = 8;
const WINDOW: usize = CORE + 2 * MARGIN;
/// Images above this are measured on every second window in both directions.
const DENSE_PIXELS_MAX: usize = 4_000_000;

/// One measured block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// Column and row in blocks.
    pub column: u32,
    pub row: u32,
    pub luma: f32,
    /// `ln(mean |detail| + 0.5)`.
    pub texture: f32,
    pub maps: [f32; MAPS],
}

/// The blocks of an image.
#[derive(Debug, Clone)]
pub struct BlockMaps {
    pub columns: usize,
    pub rows: usize,
    pub blocks: Vec<Block>,
}

pub fn block_maps(image: &Image) -> BlockMaps {
    let (width, height) = (image.width as usize, image.height as usize);
    let (columns, rows) = (width / 8, height / 8);
    let step = if width * height > DENSE_PIXELS_MAX { 2 * CORE } else { CORE };
    let tables = QUALITIES.map(|quality| ijg_table(false, quality).map(f32::from));
    let basis = cosine_basis();
    let mut maps = BlockMaps { columns, rows, blocks: Vec::new() };
    for top in (0..rows * 8).step_by(step) {
        for left in (0..columns * 8).step_by(step) {
            let window = Window::of(image, left, top);
            for by in 0..CORE / 8 {
                for bx in 0..CORE / 8 {
                    let (column, row) = (left / 8 + bx, top / 8 + by);
                    if column < columns && row < rows {
                        maps.blocks.push(window.block(bx, by, (column, row), &tables, &basis));
                    }
                }
            }
        }
    }
    maps
}

impl BlockMaps {
    /// Removes from a map what texture explains: the residual of a quadratic fit.
    pub fn without_texture(&self, map: usize) -> Vec<f32> {
        let values: Vec<f32> = self.blocks.iter().map(|block| block.maps[map]).collect();
        let rows: Vec<[f64; 3]> = self
            .blocks
            .iter()
            .map(|block| {
                let t = f64::from(block.texture);
                [1.0, t, t * t]
            })
            .collect();
        residual(&rows, &values)
    }

    /// The map as a plane of blocks; what was not measured is filled.
    pub fn laid_out(&self, values: &[f32], filling: f32) -> Plane {
        let mut plane = Plane::new(self.columns, self.rows);
        plane.values.fill(filling);
        for (block, &value) in self.blocks.iter().zip(values) {
            plane.values[block.row as usize * self.columns + block.column as usize] = value;
        }
        plane
    }
}

/// `values` minus their least-squares fit on three regressors.
pub fn residual(rows: &[[f64; 3]], values: &[f32]) -> Vec<f32> {
    let mut m = [[0.0f64; 4]; 3];
    for (row, &value) in rows.iter().zip(values) {
        for i in 0..3 {
            for j in 0..3 {
                m[i][j] += row[i] * row[j];
            }
            m[i][3] += row[i] * f64::from(value);
        }
    }
    for (i, line) in m.iter_mut().enumerate() {
        line[i] += 1e-6 + 1e-9 * rows.len() as f64;
    }
    for pivot in 0..3 {
        let head = m[pivot];
        for (i, line) in m.iter_mut().enumerate() {
            if i != pivot {
                let factor = line[pivot] / head[pivot];
                for (cell, h) in line.iter_mut().zip(head) {
                    *cell -= factor * h;
                }
            }
        }
    }
    let fit = [m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]];
    rows.iter()
        .zip(values)
        .map(|(row, &v)| v - (row[0] * fit[0] + row[1] * fit[1] + row[2] * fit[2]) as f32)
        .collect()
}

/// A piece of the image with a margin, and what filters make of it.
struct Window {
    luma: Plane,
    noise: Plane,
    detail: Plane,
    red_detail: Plane,
    blue_detail: Plane,
    sharpness: Plane,
    green_error: Plane,
}

impl Window {
    fn of(image: &Image, left: usize, top: usize) -> Self {
        let (width, height) = (image.width as isize, image.height as isize);
        let mut planes = [0, 1, 2].map(|_| Vec::with_capacity(WINDOW * WINDOW));
        let columns: [usize; WINDOW] = std::array::from_fn(|x| {
            (left as isize + x as isize - MARGIN as isize).clamp(0, width - 1) as usize * 3
        });
        for y in 0..WINDOW as isize {
            let sy = (top as isize + y - MARGIN as isize).clamp(0, height - 1);
            let row = &image.rgb[(sy * width) as usize * 3..(sy * width + width) as usize * 3];
            for (channel, plane) in planes.iter_mut().enumerate() {
                plane.extend(columns.iter().map(|&at| f32::from(row[at + channel])));
            }
        }
        let [r, g, b] = planes.map(|values| Plane { width: WINDOW, height: WINDOW, values });
        let luma = r.map2(&g, |r, g| 0.299 * r + 0.587 * g).map2(&b, |rg, b| rg + 0.114 * b);
        let red = r.map2(&luma, |r, y| 0.713 * (r - y));
        let blue = b.map2(&luma, |b, y| 0.564 * (b - y));
        let soft = luma.smoothed(1.2);
        let broad = soft.smoothed(1.6);
        Self {
            noise: stencil(&luma, |[u, m, d]| {
                u[0] - 2.0 * u[1] + u[2] - 2.0 * m[0] + 4.0 * m[1] - 2.0 * m[2] + d[0] - 2.0 * d[1]
                    + d[2]
            }),
            detail: luma.map2(&broad, |v, b| (v - b).abs()),
            red_detail: stencil(&red, laplacian),
            blue_detail: stencil(&blue, laplacian),
            sharpness: stencil(&soft, laplacian),
            green_error: stencil(&g, |around| 0.25 * laplacian(around)),
            luma,
        }
    }

    fn block(
        &self,
        bx: usize,
        by: usize,
        (column, row): (usize, usize),
        tables: &[[f32; 64]; QUALITIES.len()],
        basis: &[[f32; 8]; 8],
    ) -> Block {
        let (x0, y0) = (MARGIN + bx * 8, MARGIN + by * 8);
        let mean = |plane: &Plane| {
            let mut sum = 0.0;
            for y in y0..y0 + 8 {
                sum += plane.row(y)[x0..x0 + 8].iter().sum::<f32>();
            }
            sum / 64.0
        };
        let mut samples = [0.0f32; 64];
        for y in 0..8 {
            samples[y * 8..y * 8 + 8].copy_from_slice(&self.luma.row(y0 + y)[x0..x0 + 8]);
        }
        let coefficients = transform(&samples, basis);
        let errors = tables.each_ref().map(|table| {
            let mut sum = 0.0f32;
            for (c, q) in coefficients.iter().zip(table) {
                let steps = c / q;
                // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
                let error = c - q * ((steps + 12_582_912.0) - 12_582_912.0);
                sum += error * error;
            }
            (sum / 64.0).sqrt()
        });
        let (mut even, mut odd) = (0.0f32, 0.0f32);
        let (mut inner, mut border) = (0.0f32, 0.0f32);
        for y in y0..y0 + 8 {
            let green = self.green_error.row(y);
            let luma = self.luma.row(y);
            for x in x0..x0 + 8 {
                if (x + y) & 1 == 0 {
                    even += green[x]
                } else {
                    odd += green[x]
                }
                let step = (luma[x + 1] - luma[x]).abs();
                if x == x0 + 7 { border += step / 8.0 } else { inner += step / 56.0 }
            }
        }
        let log = |v: f32| (v + 0.02).ln();
        Block {
            column: column as u32,
            row: row as u32,
            luma: mean(&self.luma),
            texture: (mean(&self.detail) + 0.5).ln(),
            maps: [
                log(mean(&self.noise)),
                log(errors[0]),
                log(errors[1]),
                log(errors[2]),
                log(mean(&self.red_detail)),
                log(mean(&self.blue_detail)),
                log(mean(&self.sharpness)),
                ((even / 32.0 + 0.05) / (odd / 32.0 + 0.05)).ln(),
                ((border + 0.1) / (inner + 0.1)).ln(),
            ],
        }
    }
}

/// Three rows of three pixels.
type Around<'a> = [&'a [f32]; 3];

fn laplacian([up, row, down]: Around<'_>) -> f32 {
    row[0] + row[2] + up[1] + down[1] - 4.0 * row[1]
}

/// The magnitude of a 3 x 3 filter; the outermost pixels stay zero.
fn stencil(plane: &Plane, value: impl Fn(Around<'_>) -> f32) -> Plane {
    let mut out = Plane::new(plane.width, plane.height);
    for y in 1..plane.height - 1 {
        let target = &mut out.values[y * plane.width + 1..(y + 1) * plane.width - 1];
        let rows = [y - 1, y, y + 1].map(|y| plane.row(y).windows(3));
        let [up, row, down] = rows;
        for (((slot, up), row), down) in target.iter_mut().zip(up).zip(row).zip(down) {
            *slot = value([up, row, down]).abs();
        }
    }
    out
}

/// By place, then by frequency.
fn cosine_basis() -> [[f32; 8]; 8] {
    let mut basis = [[0.0; 8]; 8];
    for (x, line) in basis.iter_mut().enumerate() {
        for (u, cell) in line.iter_mut().enumerate() {
            let scale = if u == 0 { (1.0f64 / 8.0).sqrt() } else { 0.5 };
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0;
            *cell = (scale * angle.cos()) as f32;
        }
    }
    basis
}

/// The orthonormal DCT-II of a block, so that squared errors are the same in both domains. Eight
/// sums lie side by side in both passes, which the compiler keeps in registers.
fn transform(samples: &[f32; 64], basis: &[[f32; 8]; 8]) -> [f32; 64] {
    let mut rows = [0.0f32; 64];
    for (row, line) in rows.chunks_exact_mut(8).zip(samples.chunks_exact(8)) {
        let mut sums = [0.0f32; 8];
        for (sample, by_frequency) in line.iter().zip(basis) {
            let level = sample - 128.0;
            for (sum, weight) in sums.iter_mut().zip(by_frequency) {
                *sum += weight * level;
            }
        }
        row.copy_from_slice(&sums);
    }
    let mut out = [0.0f32; 64];
    for (v, line) in out.chunks_exact_mut(8).enumerate() {
        let mut sums = [0.0f32; 8];
        for (row, by_frequency) in rows.chunks_exact(8).zip(basis) {
            let weight = by_frequency[v];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        line.copy_from_slice(&sums);
    }
    out
}
