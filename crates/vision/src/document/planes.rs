//! Grey planes of floats: channels, area averaging, Gaussian smoothing.

use std::ops::Range;

use crate::image::Image;

/// One channel: `width * height` values, rows from the top, in the units of the source
/// (0..=255 for colours, signed for differences).
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    pub fn from_fn(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                values.push(value(x, y));
            }
        }
        Self { width, height, values }
    }

    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.values[y * self.width + x]
    }

    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    pub fn map2(&self, other: &Plane, value: impl Fn(f32, f32) -> f32) -> Plane {
        let values = self.values.iter().zip(&other.values).map(|(&a, &b)| value(a, b)).collect();
        Plane { width: self.width, height: self.height, values }
    }

    pub fn sub(&self, other: &Plane) -> Plane {
        self.map2(other, |a, b| a - b)
    }

    /// A window, padded by reflection where it reaches over the edge.
    pub fn window(&self, x0: isize, y0: isize, width: usize, height: usize) -> Plane {
        Plane::from_fn(width, height, |x, y| {
            let sx = reflected(x0 + x as isize, self.width);
            let sy = reflected(y0 + y as isize, self.height);
            self.at(sx, sy)
        })
    }

    /// Smoothed with a Gaussian of `sigma` pixels, cut at three sigmas, reflected at the edges.
    pub fn smoothed(&self, sigma: f32) -> Plane {
        let kernel = gaussian_kernel(sigma);
        let radius = kernel.len() / 2;
        let (w, h) = (self.width, self.height);
        let mut rows = Plane::new(w, h);
        let mut padded = vec![0.0f32; w + 2 * radius];
        for y in 0..h {
            let row = self.row(y);
            padded[radius..radius + w].copy_from_slice(row);
            for i in 0..radius {
                padded[i] = row[reflected(i as isize - radius as isize, w)];
                padded[radius + w + i] = row[reflected((w + i) as isize, w)];
            }
            let taps: Vec<&[f32]> = (0..kernel.len()).map(|k| &padded[k..k + w]).collect();
            weighted_sum(&kernel, &taps, &mut rows.values[y * w..(y + 1) * w]);
        }
        let mut out = Plane::new(w, h);
        for y in 0..h {
            let taps: Vec<&[f32]> = (0..kernel.len())
                .map(|k| rows.row(reflected(y as isize + k as isize - radius as isize, h)))
                .collect();
            weighted_sum(&kernel, &taps, &mut out.values[y * w..(y + 1) * w]);
        }
        out
    }

    pub fn mean(&self) -> f32 {
        mean(&self.values)
    }

    pub fn std_dev(&self) -> f32 {
        std_dev(&self.values)
    }
}

/// The three colour planes of an image or of a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Colours {
    pub r: Plane,
    pub g: Plane,
    pub b: Plane,
}

impl Colours {
    pub fn of(image: &Image) -> Self {
        Self::region(image, 1.0, (0, 0), (image.width as usize, image.height as usize))
    }

    /// The image with its longest side brought to at most `side_px` by area averaging.
    pub fn reduced(image: &Image, side_px: u32) -> Self {
        let factor = reduction(image, side_px);
        Self::region(image, factor, (0, 0), reduced_size(image.width, image.height, factor))
    }

    /// The image averaged to exactly this size (never more pixels than it has, else repeated).
    pub fn exactly(image: &Image, width: usize, height: usize) -> Self {
        let fx = f64::from(image.width) / width as f64;
        let fy = f64::from(image.height) / height as f64;
        Self::of_part(image, (fx, fy), (0, 0), (width, height))
    }

    /// These planes averaged to exactly this size.
    pub fn resize_to(&self, width: usize, height: usize) -> Self {
        let (w, h) = (self.width(), self.height());
        let factors = (w as f64 / width as f64, h as f64 / height as f64);
        let add = |row: usize, columns: Range<usize>, weight: f32, line: &mut [f32]| {
            let at = row * w;
            let span = at + columns.start..at + columns.end;
            let channels =
                [&self.r, &self.g, &self.b].map(|plane| &plane.values[span.start..span.end]);
            for (x, slot) in line.chunks_exact_mut(3).enumerate() {
                for (cell, channel) in slot.iter_mut().zip(channels) {
                    *cell += weight * channel[x];
                }
            }
        };
        averaged((w, h), add, factors, (0, 0), (width, height))
    }

    /// A window of `size` pixels at `origin`, both counted on the image reduced by `factor`.
    pub fn region(
        image: &Image,
        factor: f64,
        origin: (usize, usize),
        size: (usize, usize),
    ) -> Self {
        if factor == 1.0 {
            return Self::copied(image, origin, size);
        }
        Self::of_part(image, (factor, factor), origin, size)
    }

    fn copied(image: &Image, origin: (usize, usize), (width, height): (usize, usize)) -> Self {
        let mut planes = [0, 1, 2].map(|_| Vec::with_capacity(width * height));
        for y in 0..height {
            let sy = (origin.1 + y).min(image.height as usize - 1);
            let start = sy * image.width as usize;
            for x in 0..width {
                let at = (start + (origin.0 + x).min(image.width as usize - 1)) * 3;
                for (channel, plane) in planes.iter_mut().enumerate() {
                    plane.push(f32::from(image.rgb[at + channel]));
                }
            }
        }
        let [r, g, b] = planes.map(|values| Plane { width, height, values });
        Self { r, g, b }
    }

    fn of_part(
        image: &Image,
        factors: (f64, f64),
        origin: (usize, usize),
        size: (usize, usize),
    ) -> Self {
        let (w, h) = (image.width as usize, image.height as usize);
        let add = |row: usize, columns: Range<usize>, weight: f32, line: &mut [f32]| {
            let source = &image.rgb[(row * w + columns.start) * 3..(row * w + columns.end) * 3];
            for (slot, &v) in line.iter_mut().zip(source) {
                *slot += weight * f32::from(v);
            }
        };
        averaged((w, h), add, factors, origin, size)
    }

    fn from_planes([r, g, b]: [Plane; 3]) -> Self {
        Self { r, g, b }
    }

    pub fn width(&self) -> usize {
        self.r.width
    }

    pub fn height(&self) -> usize {
        self.r.height
    }

    pub fn map(&self, value: impl Fn(f32, f32, f32) -> f32) -> Plane {
        let values = (self.r.values.iter().zip(&self.g.values).zip(&self.b.values))
            .map(|((&r, &g), &b)| value(r, g, b))
            .collect();
        Plane { width: self.width(), height: self.height(), values }
    }

    pub fn luma(&self) -> Plane {
        self.map(|r, g, b| 0.299 * r + 0.587 * g + 0.114 * b)
    }

    pub fn window(&self, x0: isize, y0: isize, width: usize, height: usize) -> Colours {
        let cut = |plane: &Plane| plane.window(x0, y0, width, height);
        Colours { r: cut(&self.r), g: cut(&self.g), b: cut(&self.b) }
    }

    /// Rounded to 8 bits.
    pub fn to_image(&self) -> Image {
        let mut rgb = Vec::with_capacity(self.r.values.len() * 3);
        for ((&r, &g), &b) in self.r.values.iter().zip(&self.g.values).zip(&self.b.values) {
            for v in [r, g, b] {
                rgb.push((v + 0.5).clamp(0.0, 255.0) as u8);
            }
        }
        Image { width: self.width() as u32, height: self.height() as u32, rgb }
    }
}

/// Averages areas. `add` adds a part of a source row, times a weight, to interleaved sums.
fn averaged(
    source: (usize, usize),
    add: impl Fn(usize, Range<usize>, f32, &mut [f32]),
    (fx, fy): (f64, f64),
    origin: (usize, usize),
    (width, height): (usize, usize),
) -> Colours {
    let columns = spans(fx, origin.0, width, source.0);
    let rows = spans(fy, origin.1, height, source.1);
    let mut out = [0, 1, 2].map(|_| Plane::new(width, height));
    let (Some(leftmost), Some(rightmost)) = (columns.first(), columns.last()) else {
        return Colours::from_planes(out);
    };
    let x_from = leftmost.start;
    let x_to = rightmost.start + rightmost.weights.len();
    let mut line = vec![0.0f32; (x_to - x_from) * 3];
    for (y, span) in rows.iter().enumerate() {
        line.fill(0.0);
        for (k, &weight) in span.weights.iter().enumerate() {
            add(span.start + k, x_from..x_to, weight, &mut line);
        }
        for (x, span) in columns.iter().enumerate() {
            let mut sum = [0.0f32; 3];
            let from = (span.start - x_from) * 3;
            for (k, &weight) in span.weights.iter().enumerate() {
                for (c, slot) in sum.iter_mut().enumerate() {
                    *slot += weight * line[from + k * 3 + c];
                }
            }
            for (plane, &v) in out.iter_mut().zip(&sum) {
                plane.values[y * width + x] = v;
            }
        }
    }
    Colours::from_planes(out)
}

/// The size of an image whose pixels are averaged by `factor` in both directions.
pub fn reduced_size(width: u32, height: u32, factor: f64) -> (usize, usize) {
    let side = |v: u32| ((f64::from(v) / factor).round() as usize).max(1);
    (side(width), side(height))
}

/// How many source pixels go into one when the longest side is brought to `side_px`; at least 1.
pub fn reduction(image: &Image, side_px: u32) -> f64 {
    (f64::from(image.width.max(image.height)) / f64::from(side_px)).max(1.0)
}

/// An index reflected into `0..length` (the edge pixel is not repeated).
pub fn reflected(index: isize, length: usize) -> usize {
    let length = length as isize;
    if (0..length).contains(&index) {
        return index as usize;
    }
    if length <= 1 {
        return 0;
    }
    let period = 2 * (length - 1);
    let folded = index.rem_euclid(period);
    folded.min(period - folded) as usize
}

pub fn mean(values: &[f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    (values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64) as f32
}

pub fn std_dev(values: &[f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let mean = f64::from(mean(values));
    let sum: f64 = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum();
    (sum / values.len() as f64).sqrt() as f32
}

/// The value below which `share` of the values lie (nearest rank); reorders `values`.
pub fn quantile(values: &mut [f32], share: f64) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let rank = ((values.len() - 1) as f64 * share).round() as usize;
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}

pub fn median(values: &mut [f32]) -> f32 {
    quantile(values, 0.5)
}

/// Median and median absolute deviation (times 1.4826: a robust standard deviation).
pub fn median_and_mad(values: &mut [f32]) -> (f32, f32) {
    let middle = median(values);
    let mut away: Vec<f32> = values.iter().map(|v| (v - middle).abs()).collect();
    (middle, 1.4826 * median(&mut away))
}

/// Pearson's correlation; 0 where one side is constant.
pub fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (ma, mb) = (f64::from(mean(a)), f64::from(mean(b)));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&x, &y) in a.iter().zip(b) {
        let (dx, dy) = (f64::from(x) - ma, f64::from(y) - mb);
        ab += dx * dy;
        aa += dx * dx;
        bb += dy * dy;
    }
    if aa <= 1e-9 || bb <= 1e-9 { 0.0 } else { (ab / (aa * bb).sqrt()) as f32 }
}

/// Sums rows by weight. A few sums at a time stay in registers while all rows pass.
fn weighted_sum(weights: &[f32], rows: &[&[f32]], out: &mut [f32]) {
    const LANES: usize = 16;
    let whole = out.len() / LANES * LANES;
    let (blocks, rest) = out.split_at_mut(whole);
    for (block, target) in blocks.chunks_exact_mut(LANES).enumerate() {
        let from = block * LANES;
        let mut sums = [0.0f32; LANES];
        for (row, weight) in rows.iter().zip(weights) {
            for (sum, v) in sums.iter_mut().zip(&row[from..from + LANES]) {
                *sum += weight * v;
            }
        }
        target.copy_from_slice(&sums);
    }
    for (at, slot) in rest.iter_mut().enumerate() {
        *slot = rows.iter().zip(weights).map(|(row, weight)| weight * row[whole + at]).sum();
    }
}

fn gaussian_kernel(sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil().max(1.0) as isize;
    let mut kernel: Vec<f32> =
        (-radius..=radius).map(|i| (-((i * i) as f32) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    kernel
}

struct Span {
    start: usize,
    weights: Vec<f32>,
}

/// For each target pixel the source pixels it covers, and by how much; the weights sum to one.
fn spans(factor: f64, origin: usize, count: usize, length: usize) -> Vec<Span> {
    (0..count)
        .map(|i| {
            let from = ((origin + i) as f64 * factor).min(length as f64 - 1e-6);
            let to = ((origin + i + 1) as f64 * factor).min(length as f64).max(from + 1e-6);
            let start = from as usize;
            let end = (to.ceil() as usize).min(length).max(start + 1);
            let mut weights: Vec<f32> = (start..end)
                .map(|s| ((to.min((s + 1) as f64)) - from.max(s as f64)).max(0.0) as f32)
                .collect();
            let sum: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
            Span { start, weights }
        })
        .collect()
}
