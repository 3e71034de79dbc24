//! The checks that are evaluated: with the shipped weights, or others.

use std::path::Path;

use verax_domain::document_check::PerCheck;
use verax_domain::document_verdict::{Calibration, DocumentPolicy, OperatingPoints};
use verax_vision::document::{DocumentEngine, shipped_weights};

use crate::app::documents;

/// One calibration for all checks that have one; the cropped and colourless rules are judged apart.
pub fn policy(points: &PerCheck<OperatingPoints>, level: Calibration) -> DocumentPolicy {
    documents::policy(points, &documents::calibrations(|_| level))
}

pub fn load_engine(folder: Option<&Path>) -> Result<DocumentEngine, String> {
    let Some(folder) = folder else {
        return DocumentEngine::load(&shipped_weights()).map_err(|e| e.to_string());
    };
    let texts = PerCheck::try_from_fn(|check| {
        let path = folder.join(format!("{}.json", check.entry().short_name));
        std::fs::read_to_string(&path).map_err(|e| {
            format!("cannot read {}: {e}: name its folder by --weights", path.display())
        })
    })?;
    DocumentEngine::load(&texts.each_ref().map(String::as_str)).map_err(|e| e.to_string())
}
