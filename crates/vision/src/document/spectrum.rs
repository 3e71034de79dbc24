//! The ring-normalised spectrum of a 256-pixel tile: how far single frequencies stand out of
//! their surroundings. Grids of displays and printing screens stand out far.

use std::sync::Arc;

use rustfft::{Fft, FftPlanner, num_complex::Complex};

use super::planes::{Plane, median};

/// Side of a tile in pixels.
pub const TILE_PX: usize = 256;
const HALF: isize = (TILE_PX / 2) as isize;
const RADIUS_MIN: f32 = 8.0;
const RADIUS_MAX: f32 = 121.0;
const RING_BINS: f32 = 3.0;
const RINGS: usize = 38;

/// Prepared transforms and the place of every used frequency; made once per thread.
pub struct Spectra {
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    /// Per ring the indices (into the 256 x 256 spectrum, zero frequency at 0) it holds.
    rings: Vec<Vec<u32>>,
    axes: Vec<u32>,
    bands: [Vec<u32>; 4],
}

/// One frequency that stands out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Robust standard deviations above its ring's median.
    pub z: f32,
    /// Distance from zero frequency, in cycles per pixel (0..=0.5).
    pub frequency: f32,
    /// Angle in degrees, 0 = horizontal waves, 0..180.
    pub angle: f32,
}

/// Ten numbers of one channel, and its highest peaks.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectrumFeatures {
    pub values: [f32; 10],
    /// At most eight, highest first. The window spreads a frequency over several bins: only the
    /// highest of them is here.
    pub peaks: Vec<Peak>,
}

/// Bins within which two peaks are one frequency.
const SPREAD_BINS: f32 = 4.0;
const PEAKS_MAX: usize = 8;

impl Default for Spectra {
    fn default() -> Self {
        Self::new()
    }
}

impl Spectra {
    pub fn new() -> Self {
        let mut planner = FftPlanner::new();
        let forward = planner.plan_fft_forward(TILE_PX);
        let inverse = planner.plan_fft_inverse(TILE_PX);
        let window = (0..TILE_PX)
            .map(|i| {
                let phase = std::f32::consts::TAU * i as f32 / (TILE_PX - 1) as f32;
                0.5 - 0.5 * phase.cos()
            })
            .collect();
        let mut rings = vec![Vec::new(); RINGS];
        let mut axes = Vec::new();
        let mut bands: [Vec<u32>; 4] = Default::default();
        for v in -HALF..=0 {
            for u in -HALF..HALF {
                let radius = ((u * u + v * v) as f32).sqrt();
                let index = frequency_index(u, v);
                let on_axis = u.abs() <= 2 || v.abs() <= 2;
                if on_axis {
                    if (24.0..90.0).contains(&radius) {
                        axes.push(index);
                    }
                    continue;
                }
                let band = match radius {
                    r if r < 8.0 => continue,
                    r if r < 24.0 => 0,
                    r if r < 56.0 => 1,
                    r if r < 90.0 => 2,
                    r if r < 128.0 => 3,
                    _ => continue,
                };
                bands[band].push(index);
                if (RADIUS_MIN..RADIUS_MAX).contains(&radius) {
                    let ring = ((radius - RADIUS_MIN) / RING_BINS) as usize;
                    rings[ring.min(RINGS - 1)].push(index);
                }
            }
        }
        Self { forward, inverse, window, rings, axes, bands }
    }

    /// `ln(|F|^2 + 0.001)` of the windowed tile without its mean; zero frequency at index 0.
    pub fn log_power(&self, tile: &Plane) -> Vec<f32> {
        self.power(tile).iter().map(|p| (p + 0.001).ln()).collect()
    }

    fn power(&self, tile: &Plane) -> Vec<f32> {
        let mean = tile.mean();
        let mut cells: Vec<Complex<f32>> = Vec::with_capacity(TILE_PX * TILE_PX);
        for y in 0..TILE_PX {
            let wy = self.window[y];
            for (x, &v) in tile.row(y).iter().enumerate() {
                cells.push(Complex::new((v - mean) * wy * self.window[x], 0.0));
            }
        }
        transform(&self.forward, &mut cells);
        cells.iter().map(|c| c.norm_sqr()).collect()
    }

    /// Autocorrelation of a residual over lags of radius 4..48: largest, smallest, deviation.
    pub fn autocorrelation(&self, residual: &Plane) -> [f32; 3] {
        let power = self.power(residual);
        let mut cells: Vec<Complex<f32>> = power.iter().map(|&p| Complex::new(p, 0.0)).collect();
        transform(&self.inverse, &mut cells);
        let zero = cells[0].re.max(1e-6);
        let (mut high, mut low, mut sum, mut squares, mut count) =
            (f32::MIN, f32::MAX, 0.0f64, 0.0f64, 0u32);
        for v in -48isize..=0 {
            for u in -48isize..=48 {
                let square = u * u + v * v;
                if !(16..=48 * 48).contains(&square) || (v == 0 && u < 0) {
                    continue;
                }
                let value = cells[frequency_index(u, v) as usize].re / zero;
                high = high.max(value);
                low = low.min(value);
                sum += f64::from(value);
                squares += f64::from(value) * f64::from(value);
                count += 1;
            }
        }
        let mean = sum / f64::from(count);
        let deviation = (squares / f64::from(count) - mean * mean).max(0.0).sqrt();
        [high, low, deviation as f32]
    }

    /// Ten numbers: largest z, mean of the 8 and the 16 largest, count of z above 4.5, mean
    /// radius of the 16 largest, three differences between band means, axes against the middle,
    /// the strongest right angle (a printing screen or a grid of pixels).
    pub fn features(&self, tile: &Plane) -> SpectrumFeatures {
        let power = self.log_power(tile);
        let mut tops: Vec<(f32, u32)> = Vec::with_capacity(256);
        let mut count = 0u32;
        let mut buffer = Vec::new();
        let mut deviations = Vec::new();
        for ring in &self.rings {
            buffer.clear();
            buffer.extend(ring.iter().map(|&i| power[i as usize]));
            let middle = median(&mut buffer);
            deviations.clear();
            deviations.extend(buffer.iter().map(|p| (p - middle).abs()));
            let scale = 1.4826 * median(&mut deviations) + 0.15;
            for &index in ring {
                let z = (power[index as usize] - middle) / scale;
                if z > 4.5 {
                    count += 1;
                }
                if z > 1.5 {
                    tops.push((z, index));
                }
            }
        }
        tops.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let peaks = distinct(&tops);
        tops.truncate(16);
        let mean_of = |n: usize| {
            let n = n.min(tops.len());
            if n == 0 { 0.0 } else { tops[..n].iter().map(|t| t.0).sum::<f32>() / n as f32 }
        };
        let radius = tops.iter().map(|&(z, index)| peak(z, index).frequency).sum::<f32>()
            / tops.len().max(1) as f32;
        let over = |indices: &[u32]| {
            indices.iter().map(|&i| power[i as usize]).sum::<f32>() / indices.len() as f32
        };
        let bands = [0, 1, 2, 3].map(|band| over(&self.bands[band]));
        let values = [
            mean_of(1),
            mean_of(8),
            mean_of(16),
            count as f32,
            radius,
            bands[1] - bands[0],
            bands[2] - bands[1],
            bands[3] - bands[2],
            over(&self.axes) - 0.5 * (bands[1] + bands[2]),
            right_angles(&peaks).iter().map(|pair| pair.0).fold(0.0, f32::max),
        ];
        SpectrumFeatures { values, peaks }
    }
}

/// The highest of each group of neighbouring bins; `sorted` has the highest first.
fn distinct(sorted: &[(f32, u32)]) -> Vec<Peak> {
    let mut kept: Vec<(f32, u32)> = Vec::with_capacity(PEAKS_MAX);
    for &(z, index) in sorted {
        let (u, v) = place(index);
        let near = |&(_, other): &(f32, u32)| {
            let (ou, ov) = place(other);
            // The other half of the plane is the same wave.
            (u - ou).hypot(v - ov) < SPREAD_BINS || (u + ou).hypot(v + ov) < SPREAD_BINS
        };
        if !kept.iter().any(near) {
            kept.push((z, index));
            if kept.len() == PEAKS_MAX {
                break;
            }
        }
    }
    kept.into_iter().map(|(z, index)| peak(z, index)).collect()
}

/// Pairs of peaks of one frequency at right angles, as (height of the lower one, frequency, angle
/// modulo 90): what a printing screen and a grid of square pixels show.
pub fn right_angles(peaks: &[Peak]) -> Vec<(f32, f32, f32)> {
    let mut pairs = Vec::new();
    for (index, a) in peaks.iter().enumerate() {
        for b in &peaks[index + 1..] {
            let alike = (a.frequency / b.frequency - 1.0).abs() < 0.06;
            if alike && ((a.angle - b.angle).abs() - 90.0).abs() < 8.0 {
                pairs.push((a.z.min(b.z), 0.5 * (a.frequency + b.frequency), a.angle % 90.0));
            }
        }
    }
    pairs
}

/// Horizontal and vertical frequency of an index, in bins.
fn place(index: u32) -> (f32, f32) {
    let signed = |i: usize| if i >= TILE_PX / 2 { i as f32 - TILE_PX as f32 } else { i as f32 };
    (signed(index as usize % TILE_PX), signed(index as usize / TILE_PX))
}

fn peak(z: f32, index: u32) -> Peak {
    let (u, v) = place(index);
    let angle = (-v).atan2(u).to_degrees().rem_euclid(180.0);
    Peak { z, frequency: (u * u + v * v).sqrt() / TILE_PX as f32, angle }
}

fn frequency_index(u: isize, v: isize) -> u32 {
    let side = TILE_PX as isize;
    (v.rem_euclid(side) * side + u.rem_euclid(side)) as u32
}

/// Rows, transpose, rows: the result is transposed twice, so it lies as it came.
fn transform(fft: &Arc<dyn Fft<f32>>, cells: &mut [Complex<f32>]) {
    fft.process(cells);
    transpose(cells);
    fft.process(cells);
    transpose(cells);
}

fn transpose(cells: &mut [Complex<f32>]) {
    const BLOCK: usize = 16;
    for by in (0..TILE_PX).step_by(BLOCK) {
        for bx in (by..TILE_PX).step_by(BLOCK) {
            for y in by..by + BLOCK {
                let from = if bx == by { y + 1 } else { bx };
                for x in from..bx + BLOCK {
                    cells.swap(y * TILE_PX + x, x * TILE_PX + y);
                }
            }
        }
    }
}
