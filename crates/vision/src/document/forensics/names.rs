//! Names of programs that change or invent images, as they sign in the fields made for it.

use verax_domain::document_findings::DocumentEvidence;

use super::segments::readable;

/// Programs that change images. A name that is also an everyday word has its maker's before it.
const EDITORS: [&str; 36] = [
    "photoshop",
    "lightroom",
    "camera raw",
    "gimp",
    "snapseed",
    "picsart",
    "canva",
    "pixelmator",
    "facetune",
    "affinity photo",
    "affinity designer",
    "affinity publisher",
    "paint.net",
    "photopea",
    "krita",
    "coreldraw",
    "paint shop pro",
    "paintshop pro",
    "photoscape",
    "pixlr",
    "fotor",
    "befunky",
    "vsco",
    "airbrush",
    "remini",
    "meitu",
    "beautyplus",
    "faceapp",
    "youcam",
    "inkscape",
    "capture one",
    "darktable",
    "rawtherapee",
    "skylum",
    "luminar",
    "polarr",
];

/// Programs that invent images. "Imagen" alone is Spanish for image.
const GENERATORS: [&str; 18] = [
    "midjourney",
    "dall-e",
    "dall·e",
    "stable diffusion",
    "stable-diffusion",
    "stability ai",
    "novelai",
    "adobe firefly",
    "comfyui",
    "automatic1111",
    "invokeai",
    "google imagen",
    "openai",
    "chatgpt",
    "flux.1",
    "ideogram",
    "leonardo.ai",
    "made with google ai",
];

/// Adds what `value` names, once per field: a history repeats its program with every step.
/// Only fields in which programs sign may be asked: what people write there is their own.
pub(super) fn name_evidence(field: &str, value: &str, evidence: &mut Vec<DocumentEvidence>) {
    // Claims write `Adobe_Photoshop/25.0`.
    let folded = value.to_lowercase().replace('_', " ");
    let names = |list: &[&str]| list.iter().any(|name| holds_word(&folded, name));
    let generator = names(&GENERATORS);
    if generator || names(&EDITORS) {
        tag_evidence(field, &shortened(value), generator, evidence);
    }
}

/// Adds a tag unless the field has one.
pub(super) fn tag_evidence(
    field: &str,
    value: &str,
    generator: bool,
    evidence: &mut Vec<DocumentEvidence>,
) {
    let present = |found: &DocumentEvidence| {
        matches!(found, DocumentEvidence::EditorTag { field: f, generator: g, .. }
            if f == field && *g == generator)
    };
    if !evidence.iter().any(present) {
        evidence.push(DocumentEvidence::EditorTag {
            field: field.to_owned(),
            value: value.to_owned(),
            generator,
        });
    }
}

pub(super) fn shortened(text: &str) -> String {
    readable(text.as_bytes()).chars().take(80).collect()
}

/// `name` with no letter around it and no digit before it: "Facetune2" has it, "canvas" has no
/// "canva".
pub(super) fn holds_word(folded: &str, name: &str) -> bool {
    folded.match_indices(name).any(|(at, _)| {
        let before = folded[..at].chars().next_back();
        let after = folded[at + name.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphabetic)
    })
}
