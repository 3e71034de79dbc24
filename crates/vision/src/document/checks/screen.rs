//! Recapture from a display, and the evidence of it.

use verax_domain::document_findings::{CheckLimit, DocumentEvidence};

use crate::document::check_method::{CheckMethod, Heat, ScoredBy, TreeMethod, WithoutColour};
use crate::document::measured::{ScreenMeasurement, same_wave, screen_feature_names};
use crate::document::texture::TileTexture;

pub(super) const METHOD: CheckMethod = CheckMethod {
    trees: Some(TreeMethod {
        features_version: 2,
        feature_names: screen_feature_names,
        features: |measured| Some(measured.tiles()?.features.clone()),
        weights: include_str!("../../../../../models/docliveness/screen.json"),
        without_colour: WithoutColour::UsualValues,
    }),
    rule_score: |_| None,
    evidence: |input| input.measured.tiles().map(evidence).unwrap_or_default(),
    limits: |input| match input.scored_by {
        ScoredBy::Trees => vec![CheckLimit::WithoutBackbone],
        _ => Vec::new(),
    },
    heat: Heat::Tiles,
};

/// The head of the screen check that this version was released with, as JSON: trained on the backbone that
/// `verax models install` makes.
pub const SHIPPED_SCREEN_HEAD: &str =
    include_str!("../../../../../models/docliveness/screen-head.json");

/// What a reviewer can look at: peaks that several tiles share, fall-off, channels that disagree.
fn evidence(measured: &ScreenMeasurement) -> Vec<DocumentEvidence> {
    let mut evidence = Vec::new();
    let strongest = measured
        .tiles
        .iter()
        .filter_map(|(place, tile)| Some((place, tile.peaks.first()?)))
        .max_by(|a, b| a.1.z.total_cmp(&b.1.z));
    if let Some((place, peak)) = strongest
        && peak.z > 6.0
    {
        let shares =
            |tile: &TileTexture| tile.peaks.iter().any(|p| p.z > 5.0 && same_wave(p, peak));
        evidence.push(DocumentEvidence::MoirePeak {
            frequency: peak.frequency,
            z: peak.z,
            tiles: measured.tiles.iter().filter(|(_, tile)| shares(tile)).count(),
            tiles_tried: measured.tiles_tried,
            region: (*place).into(),
        });
    }
    let loosest = measured
        .tiles
        .iter()
        .min_by(|a, b| a.1.channel_correlation.total_cmp(&b.1.channel_correlation));
    if let Some((place, tile)) = loosest
        && tile.channel_correlation < 0.6
    {
        evidence.push(DocumentEvidence::ChannelDecorrelation {
            correlation: tile.channel_correlation,
            region: (*place).into(),
        });
    }
    if measured.edge_falloff < -0.3 {
        evidence.push(DocumentEvidence::EdgeFalloff { correlation: measured.edge_falloff });
    }
    evidence
}
