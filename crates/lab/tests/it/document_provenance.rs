//! Signed provenance: manifests that tell of edits and generators, and one that fits no longer.

use std::io::Cursor;

use c2pa::{Builder, Context, EphemeralSigner};
use verax_domain::document_findings::DocumentEvidence;
use verax_lab::simulator::{cards::card, jpeg};
use verax_vision::document::file_forensics;
use verax_vision::document::seeded::Seeded;
use verax_vision::image::{DecodeLimits, Image};

const SOURCE_TYPE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/// A JPEG with a manifest of these actions (name, digital source type), signed by nobody known.
fn signed(actions: &[(&str, Option<&str>)]) -> Vec<u8> {
    signed_by("Test camera", actions)
}

fn signed_by(program: &str, actions: &[(&str, Option<&str>)]) -> Vec<u8> {
    let actions: Vec<serde_json::Value> = actions
        .iter()
        .map(|(action, source_type)| match source_type {
            Some(kind) => serde_json::json!({
                "action": action, "digitalSourceType": format!("{SOURCE_TYPE}{kind}"),
            }),
            None => serde_json::json!({ "action": action }),
        })
        .collect();
    let definition = serde_json::json!({
        "claim_generator_info": [{ "name": program, "version": "1" }],
        "assertions": [{ "label": "c2pa.actions", "data": { "actions": actions } }],
    });
    let builder = Builder::from_context(Context::new());
    let mut builder = builder.with_definition(definition.to_string()).unwrap();
    let signer = EphemeralSigner::new("test.local").unwrap();
    let mut source = Cursor::new(jpeg(&card(&mut Seeded::new(1), None).image, 90));
    let mut target = Cursor::new(Vec::new());
    builder.sign(&signer, "image/jpeg", &mut source, &mut target).unwrap();
    target.into_inner()
}

fn evidence(bytes: &[u8]) -> Vec<DocumentEvidence> {
    let image = Image::decode(bytes, &DecodeLimits::default()).unwrap();
    file_forensics(bytes, &image).evidence
}

const CAPTURE: (&str, Option<&str>) = ("c2pa.created", Some("digitalCapture"));

#[test]
fn a_cameras_manifest_explains_and_caps_nothing() {
    let found = evidence(&signed(&[CAPTURE]));
    assert!(matches!(&found[..], [DocumentEvidence::ProvenanceCamera { .. }]), "{found:?}");
    assert_eq!(found[0].score_cap(), 1.0);
}

#[test]
fn a_claim_names_its_program_by_whole_words() {
    for (program, generator) in [("Adobe_Photoshop", false), ("OpenAI API", true)] {
        let found = evidence(&signed_by(program, &[CAPTURE]));
        let named = |e: &DocumentEvidence| {
            matches!(e, DocumentEvidence::EditorTag { field, generator: g, .. }
                if field == "C2PA claim generator" && *g == generator)
        };
        assert!(found.iter().any(named), "{program}: {found:?}");
    }
    let found = evidence(&signed_by("Canvas camera", &[CAPTURE]));
    assert!(matches!(&found[..], [DocumentEvidence::ProvenanceCamera { .. }]), "{found:?}");
}

#[test]
fn edits_that_a_manifest_tells_of_are_found() {
    for edit in ["c2pa.edited", "c2pa.placed", "c2pa.drawing", "c2pa.composited"] {
        let found = evidence(&signed(&[CAPTURE, (edit, None)]));
        let expected = DocumentEvidence::ProvenanceEdited { action: edit.to_owned() };
        // An action without the ingredient that it needs is named beside it.
        assert!(found.contains(&expected), "{edit}: {found:?}");
        assert!(found[0].score_cap() <= 0.05);
    }
}

#[test]
fn generators_that_a_manifest_tells_of_are_found() {
    for kind in ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"] {
        let found = evidence(&signed(&[("c2pa.created", Some(kind))]));
        let expected = DocumentEvidence::ProvenanceGenerated { source_type: kind.to_owned() };
        assert_eq!(found, [expected]);
        assert!(found[0].score_cap() <= 0.05);
    }
}

#[test]
fn a_manifest_that_no_longer_fits_the_bytes_is_broken() {
    let mut bytes = signed(&[CAPTURE]);
    // One step of a quantisation table: the image still opens, and is another one.
    let table = bytes.windows(2).position(|w| w == [0xFF, 0xDB]).unwrap() + 10;
    bytes[table] += 1;
    let found = evidence(&bytes);
    assert!(
        matches!(&found[..], [DocumentEvidence::ProvenanceBroken { status }]
            if status == "assertion.dataHash.mismatch"),
        "{found:?}"
    );
    assert!(found[0].score_cap() <= 0.05);
}

#[test]
fn a_damaged_manifest_is_broken_or_none_at_all_and_nothing_panics() {
    let whole = signed(&[CAPTURE]);
    let image = card(&mut Seeded::new(1), None).image;
    let manifest = whole.windows(4).position(|w| w == b"jumb").unwrap();
    let mut random = Seeded::new(7);
    let broken = (0..100).filter(|_| {
        let mut bytes = whole.clone();
        for _ in 0..10 {
            bytes[manifest + 4 + random.below(4000)] = random.bits() as u8;
        }
        let found = file_forensics(&bytes, &image).evidence;
        found.iter().any(|e| matches!(e, DocumentEvidence::ProvenanceBroken { .. }))
    });
    // The rest has lost the name by which a manifest is known.
    assert!(broken.count() > 60);
}
