//! Digital manipulation: what the file states. Pixels decide nothing, because what was tried on them does not tell real
//! edits; a region that occurs twice is shown to reviewers.

use verax_domain::document_findings::{CheckLimit, DocumentEvidence};

use crate::document::check_method::{CheckInput, CheckMethod, Heat};

pub(super) const METHOD: CheckMethod = CheckMethod {
    trees: None,
    // Its evidence says what is left of it.
    rule_score: |_| Some(1.0),
    evidence,
    limits,
    heat: Heat::Blocks(&[0, 2, 3, 6]),
};

fn evidence(input: &CheckInput<'_>) -> Vec<DocumentEvidence> {
    let mut evidence = input.file.evidence.clone();
    let copies = input.measured.copies();
    if copies.agreeing >= 14
        && copies.area_share > 0.015
        && let Some((from, to)) = copies.regions
    {
        evidence.push(DocumentEvidence::CopiedRegion { matches: copies.agreeing, from, to });
    }
    evidence
}

fn limits(input: &CheckInput<'_>) -> Vec<CheckLimit> {
    let mut limits = vec![CheckLimit::EditedPixelsNotChecked];
    if input.file.manifest_unread {
        limits.push(CheckLimit::ManifestNotRead);
    }
    limits
}
