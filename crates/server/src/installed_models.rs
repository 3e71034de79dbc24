//! The models' folder: which weights are there, and whether they are what was installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use verax_reading::reader::{Reader, ReadingModels};
use verax_vision::backbone::Backbone;
use verax_vision::faces::{AttackHead, ModelBytes, TemplateViews};
use verax_vision::model_catalogue::{MODELS, ModelEntry};

use crate::config;

/// The list of what was installed, beside the weights.
pub const MANIFEST_FILE: &str = "models.json";

/// What `verax models install` wrote about one model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InstalledModel {
    /// The digest of the converted file.
    pub sha256: String,
    /// The digest of the member that it was made from.
    pub source_sha256: String,
}

/// Model name to what was installed.
pub type Manifest = BTreeMap<String, InstalledModel>;

/// Whether a model of the catalogue can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelState {
    Installed,
    Missing,
    /// The file is not what was installed, or was made from other weights than this version wants.
    Changed,
}

impl ModelState {
    pub fn as_str(self) -> &'static str {
        match self {
            ModelState::Installed => "installed",
            ModelState::Missing => "missing",
            ModelState::Changed => "changed",
        }
    }
}

/// The file of a model.
pub fn model_path(models_dir: &Path, name: &str) -> PathBuf {
    models_dir.join(format!("{name}.onnx"))
}

/// The list of what was installed; empty when nothing was.
pub fn read_manifest(models_dir: &Path) -> Manifest {
    std::fs::read(models_dir.join(MANIFEST_FILE))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// The state of every model of the catalogue, with the bytes of those that can be used.
pub fn read_models(models_dir: &Path) -> Vec<(&'static str, ModelState, Option<Vec<u8>>)> {
    let manifest = read_manifest(models_dir);
    let state = |entry| {
        let (state, bytes) = read_model(models_dir, &manifest, entry);
        (entry.name, state, bytes)
    };
    MODELS.iter().map(state).collect()
}

fn read_model(
    models_dir: &Path,
    manifest: &Manifest,
    entry: &ModelEntry,
) -> (ModelState, Option<Vec<u8>>) {
    let Ok(bytes) = std::fs::read(model_path(models_dir, entry.name)) else {
        return (ModelState::Missing, None);
    };
    let as_installed = manifest.get(entry.name).is_some_and(|installed| {
        installed.source_sha256 == entry.member_sha256 && installed.sha256 == sha256_hex(&bytes)
    });
    match as_installed {
        true => (ModelState::Installed, Some(bytes)),
        false => (ModelState::Changed, None),
    }
}

/// The bytes for `FaceEngine::load`: of the settings, where they name a file, and of the folder.
/// What is missing from the folder, or changed there, stays out.
///
/// # Errors
/// A file of the settings cannot be read, or is not what they say: the error names the setting.
pub fn read_face_models(models_dir: &Path, settings: &config::Models) -> Result<ModelBytes> {
    Ok(ModelBytes {
        face_detector: usable(models_dir, "face-detector", &settings.face_detector)?,
        face_template: usable(models_dir, "face-template", &settings.face_template)?,
        template_views: match settings.mirror_faces {
            true => TemplateViews::FaceAndMirrorImage,
            false => TemplateViews::Face,
        },
        face_attack: usable(models_dir, "face-attack", &settings.face_attack)?,
        attack_head: read_attack_head(models_dir, settings)?,
    })
}

/// The operator's own head for presentation attacks, where the settings name one.
fn read_attack_head(models_dir: &Path, settings: &config::Models) -> Result<Option<AttackHead>> {
    let path = &settings.face_attack_head;
    if path.is_empty() {
        return Ok(None);
    }
    let backbone = load_backbone(models_dir, settings)?.context(
        "the setting models.face_attack_head needs the backbone, which is not installed: `verax models install`",
    )?;
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("the setting models.face_attack_head: {path} cannot be read: name another")
    })?;
    let version = format!("attack-head:{}", &sha256_hex(text.as_bytes())[..12]);
    let head = AttackHead::read(Arc::new(backbone), &text, version);
    head.map(Some).with_context(|| format!("the setting models.face_attack_head: {path}"))
}

/// The backbone, where one is installed or the settings name one.
///
/// # Errors
/// The settings name one that cannot be used.
pub fn load_backbone(models_dir: &Path, settings: &config::Models) -> Result<Option<Backbone>> {
    let Some(model) = read_backbone(models_dir, settings)? else { return Ok(None) };
    let setting = &settings.backbone;
    let digest = match setting.path.is_empty() {
        true => catalogued("backbone").map(|it| it.member_sha256).unwrap_or_default().to_owned(),
        false => setting.sha256.to_ascii_lowercase(),
    };
    Ok(Some(Backbone::load(model, &digest)?))
}

/// The bytes of the backbone, from where those of the face models come.
///
/// # Errors
/// As for the face models.
pub fn read_backbone(models_dir: &Path, settings: &config::Models) -> Result<Option<Vec<u8>>> {
    usable(models_dir, "backbone", &settings.backbone)
}

/// The models of text, from where those of the face models come. What is missing stays out.
///
/// # Errors
/// As for the face models.
pub fn read_reading_models(models_dir: &Path, settings: &config::Models) -> Result<ReadingModels> {
    Ok(ReadingModels {
        text_boxes: usable(models_dir, "text-boxes", &settings.text_boxes)?,
        text_lines: usable(models_dir, "text-lines", &settings.text_lines)?,
    })
}

/// What reads documents; without the models of text it reads barcodes alone.
///
/// # Errors
/// As for the face models.
pub fn load_reader(models_dir: &Path, settings: &config::Models) -> Result<Reader> {
    Ok(Reader::load(read_reading_models(models_dir, settings)?)?)
}

fn catalogued(name: &str) -> Option<&'static ModelEntry> {
    MODELS.iter().find(|entry| entry.name == name)
}

fn usable(models_dir: &Path, name: &str, setting: &config::Model) -> Result<Option<Vec<u8>>> {
    let entry =
        catalogued(name).with_context(|| format!("the catalogue of models has no {name}"))?;
    if setting.path.is_empty() {
        return Ok(read_model(models_dir, &read_manifest(models_dir), entry).1);
    }
    replacement(entry, setting).map(Some)
}

/// Weights of the operator's own, converted like those that are installed.
fn replacement(entry: &ModelEntry, setting: &config::Model) -> Result<Vec<u8>> {
    let name = format!("models.{}", entry.name.replace('-', "_"));
    let path = &setting.path;
    ensure!(
        setting.kind == entry.kind,
        "the setting {name}.kind must be {}: of no other kind is it known how its numbers are made \
         and read",
        entry.kind
    );
    let bytes = std::fs::read(path)
        .with_context(|| format!("the setting {name}.path: {path} cannot be read: name another"))?;
    let found = sha256_hex(&bytes);
    ensure!(
        setting.sha256.eq_ignore_ascii_case(&found),
        "the setting {name}.sha256 is not the SHA-256 of {path}, which is {found}"
    );
    let converted = entry.conversion.convert_replacement(&bytes);
    converted.with_context(|| format!("the setting {name}.path: {path} cannot be converted"))
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
