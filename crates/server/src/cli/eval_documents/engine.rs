//! The checks that are evaluated: with the shipped weights, or others.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_verdict::{Calibration, DocumentPolicy, OperatingPoints};
use verax_vision::backbone::Backbone;
use verax_vision::document::{DocumentEngine, DocumentModels};

use crate::app::documents;

/// One calibration for all checks that have one; the cropped rule is judged apart.
pub fn policy(points: &PerCheck<OperatingPoints>, level: Calibration) -> DocumentPolicy {
    documents::policy(points, &documents::calibrations(|_| level))
}

/// The shipped checks, or those of `--weights`.
pub fn engine(weights: Option<&Path>, backbone: Option<Backbone>) -> Result<DocumentEngine> {
    match weights {
        Some(folder) => load_engine(folder, backbone),
        None => Ok(DocumentEngine::load(DocumentModels::shipped(backbone))?),
    }
}

/// Files of a folder (`screen.json`, `portrait.json`, `screen-head.json`, `print-head.json`) stand in the place of the
/// shipped ones; those that it lacks stay.
pub fn load_engine(folder: &Path, backbone: Option<Backbone>) -> Result<DocumentEngine> {
    let read = |name: String| {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
        }
    };
    let file = |check: DocumentCheck, end: &str| read(format!("{}{end}", check.entry().short_name));
    let trees = PerCheck::try_from_fn(|check| file(check, ".json"))?;
    let heads = PerCheck::try_from_fn(|check| file(check, "-head.json"))?;
    ensure!(
        trees.values().chain(heads.values()).any(Option::is_some),
        "{} holds no weights: name the folder of screen.json by --weights",
        folder.display()
    );
    let shipped = DocumentModels::shipped(backbone);
    Ok(DocumentEngine::load(DocumentModels {
        trees: PerCheck::from_fn(|check| {
            shipped.trees[check].map(|shipped| trees[check].as_deref().unwrap_or(shipped))
        }),
        heads: PerCheck::from_fn(|check| heads[check].as_deref().or(shipped.heads[check])),
        backbone: shipped.backbone,
    })?)
}
