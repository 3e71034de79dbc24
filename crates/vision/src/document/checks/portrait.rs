//! Portrait substitution: does the portrait's box differ from other boxes of the same size?

use verax_domain::document_findings::{CheckLimit, DocumentEvidence};

use crate::document::check_method::{CheckInput, CheckMethod, Heat, TreeMethod, WithoutColour};
use crate::document::measured::portrait_feature_names;

pub(super) const METHOD: CheckMethod = CheckMethod {
    trees: Some(TreeMethod {
        features_version: 1,
        feature_names: portrait_feature_names,
        features: |measured| Some(measured.portrait()?.features.clone()),
        weights: include_str!("../../../../../models/docliveness/portrait.json"),
        without_colour: WithoutColour::Same,
    }),
    rule_score: |_| None,
    evidence,
    limits,
    heat: Heat::Blocks(&[0, 3]),
};

fn evidence(input: &CheckInput<'_>) -> Vec<DocumentEvidence> {
    let mut evidence = Vec::new();
    // Of an image that was made small or compressed, the template of a small pale face says nothing: two of three
    // false alarms on 158 unaltered documents were of such images.
    if !input.traces_lost
        && let Some(ghost) = input.request.ghost
        && ghost.similarity < ghost.required
    {
        evidence.push(DocumentEvidence::GhostPortraitDiffers {
            similarity: ghost.similarity,
            required: ghost.required,
        });
    }
    if let Some(portrait) = input.measured.portrait()
        && portrait.strongest.1 > 3.0
        && let Some(region) = input.measured.portrait_box
    {
        evidence.push(DocumentEvidence::InconsistentRegion {
            measure: portrait.strongest.0.replace('_', " "),
            z: portrait.strongest.1,
            region,
        });
    }
    evidence
}

fn limits(input: &CheckInput<'_>) -> Vec<CheckLimit> {
    let mut limits = Vec::new();
    if input.request.face.is_none() {
        limits.push(CheckLimit::PortraitPlaceAssumed);
    }
    if input.traces_lost {
        limits.push(CheckLimit::TracesLost);
    }
    limits
}
