//! What the file of a check says: how it measures, and what it may look at.

use verax_domain::document_findings::{CheckLimit, DocumentEvidence};

use super::forensics::FileForensics;
use super::measured::MeasuredDocument;
use super::request::DocumentRequest;

/// One check, as far as it is measurement; its names and words are in its row of the domain's table.
pub(super) struct CheckMethod {
    /// What scores it where there is no head for it; none for a check that rests on rules.
    pub trees: Option<TreeMethod>,
    /// The score without head and trees, before its evidence caps it; none where nothing was measured.
    pub rule_score: fn(&CheckInput<'_>) -> Option<f64>,
    /// Most telling first.
    pub evidence: fn(&CheckInput<'_>) -> Vec<DocumentEvidence>,
    /// Why its answer is worth less than usual, besides a lack of colour.
    pub limits: fn(&CheckInput<'_>) -> Vec<CheckLimit>,
    pub heat: Heat,
}

/// Features of its own, and trees trained on them.
pub(super) struct TreeMethod {
    /// Version of the features' definition: the same name may mean something else in another.
    pub features_version: u32,
    pub feature_names: fn() -> Vec<String>,
    /// In the order of their names; none when the image offers nothing to measure.
    pub features: fn(&MeasuredDocument<'_>) -> Option<Vec<f32>>,
    /// The weights that this version was released with.
    pub weights: &'static str,
    /// What its features say without colour.
    pub without_colour: WithoutColour,
}

/// What a check's features are worth on an image without colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutColour {
    /// Those that depend on colour say nothing: each counts as its usual value.
    UsualValues,
    Same,
}

/// What a map for reviewers shows of a check.
#[derive(Clone, Copy)]
pub(super) enum Heat {
    /// The strongest spectral peak of each tile.
    Tiles,
    /// The departures of these maps of blocks.
    Blocks(&'static [usize]),
}

/// What a score comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ScoredBy {
    Head,
    Trees,
    Rules,
}

/// What a check may look at, besides its features.
pub(super) struct CheckInput<'a> {
    pub measured: &'a MeasuredDocument<'a>,
    pub file: &'a FileForensics,
    pub request: &'a DocumentRequest,
    pub scored_by: ScoredBy,
    /// What the head or the trees say; none where there are none, or nothing to measure.
    pub score: Option<f64>,
    /// The image was made small or compressed again, which hides what editing leaves behind.
    pub traces_lost: bool,
}
