//! Colour of an image and of a document: grey files, chroma, glare.

use verax_domain::document_findings::ColourFindings;

use super::planes::{Colours, quantile};

/// Chroma after white balance, and glare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourNumbers {
    pub findings: ColourFindings,
    /// Share of pixels where every channel is above 245.
    pub specular_share: f32,
}

/// `grey_share` was counted on the full image, `small` is the document (or the image).
pub fn colour_numbers(small: &Colours, grey_share: f32) -> ColourNumbers {
    let luma = small.luma();
    let count = luma.values.len();
    let mut sorted = luma.values.clone();
    let bright = quantile(&mut sorted, 0.95);
    let mut white = [0.0f64; 3];
    let mut used = 0u32;
    for i in 0..count {
        let rgb = [small.r.values[i], small.g.values[i], small.b.values[i]];
        // Clipped pixels have lost the colour of the light.
        if luma.values[i] >= bright && rgb.iter().all(|&v| v < 252.0) {
            rgb.iter().zip(&mut white).for_each(|(&v, w)| *w += f64::from(v));
            used += 1;
        }
    }
    let gains = if used == 0 {
        [1.0f32; 3]
    } else {
        let mean = white.iter().sum::<f64>() / 3.0;
        white.map(|w| (mean / w.max(1.0)).clamp(0.5, 2.0) as f32)
    };
    let mut chroma = Vec::with_capacity(count);
    let mut specular = 0u32;
    for i in 0..count {
        let rgb = [small.r.values[i], small.g.values[i], small.b.values[i]];
        let low = rgb[0].min(rgb[1]).min(rgb[2]);
        specular += u32::from(low > 245.0);
        let balanced = [0, 1, 2].map(|c| (rgb[c] * gains[c]).min(255.0));
        let [l, a, b] = lab(balanced);
        if (20.0..95.0).contains(&l) {
            chroma.push((a * a + b * b).sqrt());
        }
    }
    ColourNumbers {
        findings: ColourFindings {
            grey_share,
            chroma_p50: quantile(&mut chroma, 0.5),
            chroma_p95: quantile(&mut chroma, 0.95),
            chroma_residual_p90: None,
        },
        specular_share: specular as f32 / count.max(1) as f32,
    }
}

/// Share of pixels whose channels differ by at most 2 levels (every seventh pixel is asked).
pub fn grey_share(rgb: &[u8]) -> f32 {
    let (mut grey, mut asked) = (0u32, 0u32);
    for pixel in rgb.chunks_exact(3).step_by(7) {
        let high = pixel[0].max(pixel[1]).max(pixel[2]);
        let low = pixel[0].min(pixel[1]).min(pixel[2]);
        grey += u32::from(high - low <= 2);
        asked += 1;
    }
    grey as f32 / asked.max(1) as f32
}

/// CIE L*a*b* (D65) of coded sRGB values in 0..=255.
pub(super) fn lab(rgb: [f32; 3]) -> [f32; 3] {
    let [r, g, b] = rgb.map(|v| {
        let v = v / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    let f = |t: f32| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}
