//! Signed provenance (C2PA): what a manifest in the file says was done, and whether it fits the
//! bytes. Nothing is fetched. Who signed is not asked: there is no list of trusted signers, so a
//! good manifest explains and never raises a score.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use c2pa::{Context, Error, Manifest, Reader};
use verax_domain::document_findings::DocumentEvidence;

use super::names::name_evidence;
use super::segments::readable;

const SETTINGS: &str = r#"{"verify": {
    "remote_manifest_fetch": false, "ocsp_fetch": false, "verify_trust": false
}}"#;

/// Actions that change what an image shows. Turning, cropping and saving again do not.
const EDITS: [&str; 6] = [
    "c2pa.edited",
    "c2pa.placed",
    "c2pa.drawing",
    "c2pa.composited",
    "c2pa.removed",
    "c2pa.deleted",
];

/// `bytes` hold a manifest, by their markers.
pub(super) fn provenance_evidence(bytes: &[u8], media_type: &str) -> Vec<DocumentEvidence> {
    // The reader parses what anybody may have written: should it panic, the manifest is broken.
    match catch_unwind(AssertUnwindSafe(|| read(bytes, media_type))) {
        Ok(Ok(reader)) => evidence(&reader),
        Ok(Err(Error::JumbfNotFound)) => Vec::new(),
        Ok(Err(_)) | Err(_) => vec![broken("manifest cannot be read")],
    }
}

fn read(bytes: &[u8], media_type: &str) -> c2pa::Result<Reader> {
    let context = Context::new().with_settings(SETTINGS)?;
    Reader::from_context(context).with_stream(media_type, Cursor::new(bytes))
}

fn evidence(reader: &Reader) -> Vec<DocumentEvidence> {
    let mut evidence = Vec::new();
    let failures = reader.validation_status().unwrap_or_default();
    // Certificates run out and are not on a list of ours: neither says anything about the image.
    let about_signer = |code: &str| {
        let code = code.to_ascii_lowercase();
        ["signingcredential.", "timestamp."].iter().any(|family| code.starts_with(family))
    };
    if let Some(failure) = failures.iter().find(|s| !s.passed() && !about_signer(s.code())) {
        evidence.push(broken(failure.code()));
    }
    // What was done to an ingredient was done to this image.
    for action in reader.iter_manifests().flat_map(actions) {
        if action.is_generated() {
            evidence.push(DocumentEvidence::ProvenanceGenerated {
                source_type: readable(action.source_type().as_bytes()),
            });
        } else if EDITS.contains(&action.name.as_str()) {
            evidence.push(DocumentEvidence::ProvenanceEdited { action: action.name });
        }
    }
    evidence.dedup();
    for manifest in reader.iter_manifests() {
        let named = manifest.claim_generator_info.iter().flatten().map(|info| info.name.as_str());
        for name in named.chain(manifest.claim_generator()) {
            name_evidence("C2PA claim generator", name, &mut evidence);
        }
    }
    if evidence.is_empty()
        && let Some(manifest) = reader.active_manifest()
        && actions(manifest).iter().any(Action::is_capture)
    {
        let generator = manifest.claim_generator().unwrap_or("camera");
        evidence.push(DocumentEvidence::ProvenanceCamera {
            claim_generator: readable(generator.as_bytes()),
        });
    }
    evidence
}

fn broken(status: &str) -> DocumentEvidence {
    DocumentEvidence::ProvenanceBroken { status: readable(status.as_bytes()) }
}

struct Action {
    name: String,
    digital_source_type: String,
}

impl Action {
    /// The last part of the source type's address.
    fn source_type(&self) -> &str {
        self.digital_source_type.rsplit('/').next().unwrap_or_default()
    }

    fn is_generated(&self) -> bool {
        self.source_type().to_ascii_lowercase().contains("algorithmicmedia")
    }

    fn is_capture(&self) -> bool {
        self.name == "c2pa.created"
            && matches!(self.source_type(), "digitalCapture" | "computationalCapture")
    }
}

fn actions(manifest: &Manifest) -> Vec<Action> {
    let lists = manifest
        .assertions()
        .iter()
        .filter(|assertion| assertion.label().starts_with("c2pa.actions"))
        .filter_map(|assertion| assertion.value().ok());
    lists
        .flat_map(|value| value["actions"].as_array().cloned().unwrap_or_default())
        .map(|action| {
            let text = |field: &str| action[field].as_str().unwrap_or_default().to_owned();
            Action { name: text("action"), digital_source_type: text("digitalSourceType") }
        })
        .collect()
}
