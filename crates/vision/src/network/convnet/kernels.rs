//! The inner loops of the networks, for processors with AVX2 and FMA. Pixels are rows of channels.

use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_blendv_ps, _mm256_div_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_storeu_ps,
};

use super::layers::{Activation, Depthwise, Matrix, PANEL};

const TILE_ROWS: usize = 6;
// 256 inputs of a panel are 16 KiB, and of the block of pixels 96 KiB.
const BLOCK_INPUTS: usize = 256;
const BLOCK_PIXELS: usize = 96;

/// Says whether [`multiply`] and [`depthwise_row`] may be called.
pub(super) fn supported() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// `out[pixel][n] = activation(sum over k of input[pixel][k] * matrix[n][k] + bias[n])`.
///
/// In blocks, so that what is read again and again stays near: a panel of the matrix in the first
/// cache, the block of pixels in the second (K. Goto and R. van de Geijn, ACM TOMS 34, 2008).
#[target_feature(enable = "avx2,fma")]
pub(super) fn multiply(input: &[f32], matrix: &Matrix, activation: &Activation, out: &mut [f32]) {
    let (k, n) = (matrix.inputs, matrix.outputs);
    let pixels = out.len() / n;
    let panels = matrix.packed.as_chunks::<8>().0.as_chunks::<2>().0;
    for pixel_start in (0..pixels).step_by(BLOCK_PIXELS) {
        let pixel_end = (pixel_start + BLOCK_PIXELS).min(pixels);
        for k_start in (0..k).step_by(BLOCK_INPUTS) {
            let k_end = (k_start + BLOCK_INPUTS).min(k);
            for (number, panel) in panels.chunks_exact(k).enumerate() {
                let epilogue = Epilogue::of(&matrix.bias, activation, number * PANEL);
                let mut block = Block {
                    input,
                    k,
                    k_start,
                    panel: &panel[k_start..k_end],
                    epilogue: &epilogue,
                    is_last: k_end == k,
                    out,
                    n,
                    first: number * PANEL,
                };
                let mut pixel = pixel_start;
                while pixel + TILE_ROWS <= pixel_end {
                    tile::<TILE_ROWS>(&mut block, pixel);
                    pixel += TILE_ROWS;
                }
                match pixel_end - pixel {
                    1 => tile::<1>(&mut block, pixel),
                    2 => tile::<2>(&mut block, pixel),
                    3 => tile::<3>(&mut block, pixel),
                    4 => tile::<4>(&mut block, pixel),
                    5 => tile::<5>(&mut block, pixel),
                    _ => {}
                }
            }
        }
    }
}

// Some inputs of sixteen outputs.
struct Block<'a> {
    input: &'a [f32],
    k: usize,
    k_start: usize,
    panel: &'a [[[f32; 8]; 2]],
    epilogue: &'a Epilogue,
    is_last: bool,
    out: &'a mut [f32],
    n: usize,
    first: usize,
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn tile<const ROWS: usize>(block: &mut Block<'_>, pixel: usize) {
    // Four inputs at once: their addresses are one register away from each other then.
    let (panel_fours, panel_rest) = block.panel.as_chunks::<4>();
    let mut fours: [&[[f32; 4]]; ROWS] = [&[]; ROWS];
    let mut rests: [&[f32]; ROWS] = [&[]; ROWS];
    for (index, (four, rest)) in fours.iter_mut().zip(&mut rests).enumerate() {
        let start = (pixel + index) * block.k + block.k_start;
        (*four, *rest) = block.input[start..start + block.panel.len()].as_chunks();
    }
    let width = (block.n - block.first).min(PANEL);
    let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
    if block.k_start > 0 {
        for (index, sum) in sums.iter_mut().enumerate() {
            let start = (pixel + index) * block.n + block.first;
            *sum = load_pair(&block.out[start..start + width]);
        }
    }
    for (at, four) in panel_fours.iter().enumerate() {
        for (offset, weights) in four.iter().enumerate() {
            add_products(weights, fours.map(|row| row[at][offset]), &mut sums);
        }
    }
    for (at, weights) in panel_rest.iter().enumerate() {
        add_products(weights, rests.map(|row| row[at]), &mut sums);
    }
    for (index, sum) in sums.into_iter().enumerate() {
        let made = if block.is_last { block.epilogue.apply(sum) } else { sum };
        let start = (pixel + index) * block.n + block.first;
        store_pair(made, &mut block.out[start..start + width]);
    }
}

// One input of each pixel, times the weights of sixteen outputs.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn add_products<const ROWS: usize>(
    [left, right]: &[[f32; 8]; 2],
    values: [f32; ROWS],
    sums: &mut [[__m256; 2]; ROWS],
) {
    let (left, right) = (load(left), load(right));
    for (value, sum) in values.into_iter().zip(sums) {
        let value = _mm256_set1_ps(value);
        sum[0] = _mm256_fmadd_ps(value, left, sum[0]);
        sum[1] = _mm256_fmadd_ps(value, right, sum[1]);
    }
}

// Bias and activation of sixteen channels.
struct Epilogue {
    bias: [__m256; 2],
    kind: Kind,
    slope: [__m256; 2],
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Straight,
    Relu,
    Relu6,
    PRelu,
    Gelu,
}

impl Epilogue {
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn of(bias: &[f32], activation: &Activation, first: usize) -> Epilogue {
        let bias = load_pair(&bias[first..first + PANEL]);
        let (kind, slope) = match activation {
            Activation::None => (Kind::Straight, bias),
            Activation::Relu => (Kind::Relu, bias),
            Activation::Relu6 => (Kind::Relu6, bias),
            Activation::Gelu => (Kind::Gelu, bias),
            Activation::PRelu(slopes) => (Kind::PRelu, load_pair(&slopes[first..first + PANEL])),
        };
        Epilogue { bias, kind, slope }
    }

    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn apply(&self, sums: [__m256; 2]) -> [__m256; 2] {
        [self.apply_half(sums[0], 0), self.apply_half(sums[1], 1)]
    }

    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn apply_half(&self, sum: __m256, half: usize) -> __m256 {
        let sum = _mm256_add_ps(sum, self.bias[half]);
        match self.kind {
            Kind::Straight => sum,
            Kind::Relu => _mm256_max_ps(sum, _mm256_setzero_ps()),
            Kind::Relu6 => {
                _mm256_min_ps(_mm256_max_ps(sum, _mm256_setzero_ps()), _mm256_set1_ps(6.0))
            }
            // The sign bit chooses the slope.
            Kind::PRelu => _mm256_blendv_ps(sum, _mm256_mul_ps(sum, self.slope[half]), sum),
            Kind::Gelu => gelu(sum),
        }
    }
}

// The error function on 0..=3.9 as x P(x^2) / Q(x^2), fitted by least squares at the nodes of a Chebyshev
// polynomial: it differs by less than 1e-6. The coefficients begin with the lowest power.
const ERF_ENDS_AT: f32 = 3.9;
const ERF_P: [f32; 6] =
    [1.128_381_5, 0.371_277_95, 0.073_483_61, 0.010_523_36, 2.649_416e-4, -1.505_749_5e-6];
const ERF_Q: [f32; 5] = [1.0, 0.662_376_9, 0.185_929_39, 0.028_810_98, 2.469_938_7e-3];

// x (1 + erf(x / sqrt 2)) / 2.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn gelu(x: __m256) -> __m256 {
    let half = _mm256_set1_ps(0.5);
    let scaled = _mm256_mul_ps(x, _mm256_set1_ps(std::f32::consts::FRAC_1_SQRT_2));
    let end = _mm256_set1_ps(ERF_ENDS_AT);
    let least = _mm256_set1_ps(-ERF_ENDS_AT);
    let scaled = _mm256_min_ps(_mm256_max_ps(scaled, least), end);
    let square = _mm256_mul_ps(scaled, scaled);
    let numerator = _mm256_mul_ps(scaled, polynomial(&ERF_P, square));
    let erf = _mm256_div_ps(numerator, polynomial(&ERF_Q, square));
    _mm256_mul_ps(x, _mm256_fmadd_ps(half, erf, half))
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn polynomial<const N: usize>(coefficients: &[f32; N], x: __m256) -> __m256 {
    let zero = _mm256_setzero_ps();
    let horner = |sum, coefficient: &f32| _mm256_fmadd_ps(sum, x, _mm256_set1_ps(*coefficient));
    coefficients.iter().rev().fold(zero, horner)
}

/// One row of a convolution that treats each channel by itself.
#[target_feature(enable = "avx2,fma")]
pub(super) fn depthwise_row(
    input: &[f32],
    (height, width): (usize, usize),
    layer: &Depthwise,
    activation: &Activation,
    y: usize,
    out: &mut [f32],
) {
    let (channels, before) = (layer.channels, layer.padding.before);
    let wide = channels.next_multiple_of(PANEL);
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
        // The taps that lie inside the image.
        let (top, left) = (y * layer.stride.0, x * layer.stride.1);
        let rows =
            before.saturating_sub(top)..layer.kernel.0.min((height + before).saturating_sub(top));
        let columns =
            before.saturating_sub(left)..layer.kernel.1.min((width + before).saturating_sub(left));
        for first in (0..channels).step_by(PANEL) {
            let count = (channels - first).min(PANEL);
            let mut sums = [_mm256_setzero_ps(); 2];
            for row in rows.clone() {
                let line = (top + row - before) * width;
                for column in columns.clone() {
                    let from = (line + left + column - before) * channels + first;
                    let tap = (row * layer.kernel.1 + column) * wide + first;
                    let weights = load_pair(&layer.weights[tap..tap + PANEL]);
                    let levels = load_pair(&input[from..from + count]);
                    sums[0] = _mm256_fmadd_ps(levels[0], weights[0], sums[0]);
                    sums[1] = _mm256_fmadd_ps(levels[1], weights[1], sums[1]);
                }
            }
            let made = Epilogue::of(&layer.bias, activation, first).apply(sums);
            store_pair(made, &mut pixel[first..first + count]);
        }
    }
}

// Sixteen numbers, or fewer with zeros after them.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn load_pair(values: &[f32]) -> [__m256; 2] {
    if let ([left, right], []) = values.as_chunks::<8>() {
        return [load(left), load(right)];
    }
    let mut whole = [0.0_f32; PANEL];
    whole[..values.len()].copy_from_slice(values);
    let (halves, _) = whole.as_chunks::<8>();
    [load(&halves[0]), load(&halves[1])]
}

// The first sixteen numbers, or as many as there is place for.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn store_pair(made: [__m256; 2], place: &mut [f32]) {
    if let ([left, right], []) = place.as_chunks_mut::<8>() {
        store(made[0], left);
        store(made[1], right);
        return;
    }
    let mut whole = [[0.0_f32; 8]; 2];
    let [left, right] = &mut whole;
    store(made[0], left);
    store(made[1], right);
    place.copy_from_slice(&whole.as_flattened()[..place.len()]);
}

#[target_feature(enable = "avx2,fma")]
#[inline]
#[expect(unsafe_code, reason = "a load without alignment; the array is as long as the load")]
fn load(values: &[f32; 8]) -> __m256 {
    // SAFETY: `values` is 32 readable bytes, and the load asks for no alignment.
    unsafe { _mm256_loadu_ps(values.as_ptr()) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
#[expect(unsafe_code, reason = "a store without alignment; the array is as long as the store")]
fn store(value: __m256, place: &mut [f32; 8]) {
    // SAFETY: `place` is 32 writable bytes, and the store asks for no alignment.
    unsafe { _mm256_storeu_ps(place.as_mut_ptr(), value) }
}
