//! The structure of dots in the portrait and elsewhere: one press prints both the same way.

use verax_domain::document_findings::ImageBox;

use crate::document::planes::{Colours, correlation};
use crate::document::spectrum::{Peak, Spectra, TILE_PX};
use crate::image::Image;

/// How alike the fine structures of portrait and background are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DotStructure {
    /// Correlation of the two log spectra above 0.1 cycles per pixel, -1..=1.
    pub similarity: f32,
    /// Difference of their strongest frequencies, cycles per pixel.
    pub peak_gap: f32,
    /// The weaker of the two strongest peaks, in robust deviations.
    pub peak: f32,
}

/// Compares the middle of the portrait with the place farthest from it.
pub fn dot_structure(spectra: &Spectra, image: &Image, portrait: ImageBox) -> DotStructure {
    let (w, h) = (image.width as usize, image.height as usize);
    if w < TILE_PX || h < TILE_PX {
        return DotStructure::default();
    }
    let clamp = |v: f32, side: usize| (v.max(0.0) as usize).min(side - TILE_PX);
    let half = TILE_PX as f32 / 2.0;
    let x = portrait.x + portrait.width / 2.0 - half;
    let y = portrait.y + portrait.height / 2.0 - half;
    let inside = (clamp(x, w), clamp(y, h));
    let far_x = if inside.0 + TILE_PX / 2 > w / 2 { 0.1 } else { 0.9 };
    let outside = (clamp(far_x * w as f32 - half, w), clamp(0.5 * h as f32 - half, h));
    let measure = |at: (usize, usize)| {
        let tile = Colours::region(image, 1.0, at, (TILE_PX, TILE_PX)).luma();
        (spectra.log_power(&tile), spectra.features(&tile))
    };
    let (power_a, features_a) = measure(inside);
    let (power_b, features_b) = measure(outside);
    let mut a = Vec::new();
    let mut b = Vec::new();
    for v in 0..TILE_PX / 2 {
        for u in 3..TILE_PX / 2 {
            if v > 2 && u * u + v * v > 26 * 26 {
                a.push(power_a[v * TILE_PX + u]);
                b.push(power_b[v * TILE_PX + u]);
            }
        }
    }
    let frequency = |peaks: &[Peak]| peaks.first().map_or(0.0, |p| p.frequency);
    DotStructure {
        similarity: correlation(&a, &b),
        peak_gap: (frequency(&features_a.peaks) - frequency(&features_b.peaks)).abs(),
        peak: features_a.values[0].min(features_b.values[0]),
    }
}
