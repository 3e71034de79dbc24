//! Printed copies. Grey ones are told by the rule of the verdict, from the colour of the document; for prints in
//! colour there are no weights but those that an operator has trained.

use verax_domain::document_findings::CheckLimit;

use crate::document::check_method::{CheckMethod, Heat, ScoredBy};

pub(super) const METHOD: CheckMethod = CheckMethod {
    trees: None,
    rule_score: |_| None,
    evidence: |_| Vec::new(),
    limits: |input| match input.scored_by {
        ScoredBy::Rules => vec![CheckLimit::ColourPrintsNotChecked],
        ScoredBy::Head | ScoredBy::Trees => Vec::new(),
    },
    heat: Heat::Tiles,
};
