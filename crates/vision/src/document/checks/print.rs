//! Printed copies: the structure of dots in the portrait and elsewhere, gamut, black point.

use verax_domain::document_findings::DocumentEvidence;

use crate::document::check_method::{CheckInput, CheckMethod, Heat, WithoutColour};
use crate::document::colour::ColourNumbers;
use crate::document::measured::{DotStructure, ScreenMeasurement};
use crate::document::texture::{TILE_FEATURES, tile_feature_names};

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
