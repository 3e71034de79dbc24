//! Printed copies: the structure of dots in the portrait and elsewhere, gamut, black point.

use verax_domain::document_findings::{DocumentEvidence, ImageBox};

use super::screen::ScreenMeasurement;
use super::{CheckInput, CheckMethod, Heat, WithoutColour};
use crate::document::colour::ColourNumbers;
use crate::document::planes::{Colours, correlation};
use crate::document::spectrum::{Peak, Spectra, TILE_PX};
use crate::document::texture::{TILE_FEATURES, tile_feature_names};
use crate::image::Image;

pub(super) const METHOD: CheckMethod = CheckMethod {
    features_version: 2,
    feature_names,
    features: |measured| Some(features(measured.tiles()?, &measured.colour, measured.dots())),
    weights: include_str!("../../../../../models/docliveness/print.json"),
    without_colour: WithoutColour::UsualValues,
    evidence,
    limits: |_| Vec::new(),
    heat: Heat::Tiles,
};

fn feature_names() -> Vec<String> {
    let tile = tile_feature_names();
    let native = tile.iter().map(|name| format!("native_{name}"));
    let coarse = tile.iter().map(|name| format!("coarse_{name}"));
    let own = [
        "hue_roundness",
        "chroma_p50",
        "chroma_p95",
        "black_point",
        "specular_share",
        "saturation_p50",
        "saturation_p95",
        "dots_similarity",
        "dots_peak_gap",
        "dots_peak",
    ];
    native.chain(coarse).chain(own.map(str::to_owned)).collect()
}

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

/// Uses the tiles that the screen check has measured.
fn features(tiles: &ScreenMeasurement, colour: &ColourNumbers, dots: &DotStructure) -> Vec<f32> {
    let mut features = tiles.features[..2 * TILE_FEATURES].to_vec();
    features.extend([
        colour.hue_roundness,
        colour.findings.chroma_p50,
        colour.findings.chroma_p95,
        colour.black_point,
        colour.specular_share,
        colour.saturation_p50,
        colour.saturation_p95,
        dots.similarity,
        dots.peak_gap,
        dots.peak,
    ]);
    features
}

fn evidence(input: &CheckInput<'_>) -> Vec<DocumentEvidence> {
    let dots = input.measured.dots();
    if dots.similarity > 0.6 && dots.peak > 6.0 && dots.peak_gap < 0.02 {
        return vec![DocumentEvidence::UniformDots { similarity: dots.similarity }];
    }
    Vec::new()
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
