//! What documents are checked with: the weights of this version, the installed backbone, and heads of the operator's
//! own.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_vision::document::{DocumentEngine, DocumentModels};

use crate::config::Config;
use crate::installed_models::load_backbone;

/// The engine of these settings.
///
/// # Errors
/// A file that the settings name cannot be read, or does not fit: the error names the setting.
pub fn load_document_engine(models_dir: &Path, config: &Config) -> Result<DocumentEngine> {
    let backbone = load_backbone(models_dir, &config.models)?;
    let settings = [
        (DocumentCheck::ScreenReplay, "documents.screen_head", &config.documents.screen_head),
        (DocumentCheck::PrintedCopy, "documents.print_head", &config.documents.print_head),
    ];
    let mut own: PerCheck<Option<String>> = PerCheck::default();
    for (check, setting, path) in settings.into_iter().filter(|(_, _, path)| !path.is_empty()) {
        ensure!(
            backbone.is_some(),
            "the setting {setting} needs the backbone, which is not installed: `verax models install`"
        );
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the setting {setting}: {path} cannot be read"))?;
        own[check] = Some(text);
    }
    let mut models = DocumentModels::shipped(backbone);
    models.heads = PerCheck::from_fn(|check| own[check].as_deref().or(models.heads[check]));
    DocumentEngine::load(models).context("the weights of the document checks do not fit")
}
