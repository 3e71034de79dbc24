//! What documents are checked with: the weights of this version, the installed backbone, and heads of the operator's
//! own.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_vision::backbone::Backbone;
use verax_vision::document::{DocumentEngine, DocumentModels};

use crate::config::Config;
use crate::installed_models::{read_backbone, source_sha256};

/// The engine of these settings.
///
/// # Errors
/// A file that the settings name cannot be read, or does not fit: the error names the setting.
pub fn load_document_engine(models_dir: &Path, config: &Config) -> Result<DocumentEngine> {
    let backbone = load_backbone(models_dir, config)?;
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

/// The backbone, where one is installed.
///
/// # Errors
/// The settings name one that cannot be used.
pub fn load_backbone(models_dir: &Path, config: &Config) -> Result<Option<Backbone>> {
    let Some(model) = read_backbone(models_dir, &config.models)? else { return Ok(None) };
    let setting = &config.models.backbone;
    let digest = match setting.path.is_empty() {
        true => source_sha256("backbone").unwrap_or_default().to_owned(),
        false => setting.sha256.to_ascii_lowercase(),
    };
    Ok(Some(Backbone::load(model, &digest)?))
}
