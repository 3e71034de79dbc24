//! What a verdict says never speaks against its outcome, whatever was found.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::{
    CheckFinding, CheckLimit, ColourFindings, DocumentEvidence, DocumentFindings, ImageBox,
    ImageQuality, PlacementFindings,
};
use verax_domain::document_verdict::{
    Calibration, ColourlessRule, CroppedRule, DocumentPolicy, OperatingPoints, ValidationResults,
    judge_document,
};
use verax_vision::document::seeded::Seeded;

/// Words that say: this is rejected.
const ACCUSING: [&str; 21] = [
    "Looks ",
    "differs",
    "does not belong",
    "stands out",
    "moiré",
    "disagree",
    "falls off",
    "occurs twice",
    "another person",
    "another image",
    "names the editor",
    "names the generator",
    "saved with",
    "unknown",
    "contradict",
    "manifest states",
    "does not fit the file",
    "A grey copy",
    "has no colour",
    "required",
    "Not checked",
];

/// Words that say: nothing was found.
const CLEARING: [&str; 8] = [
    "No sign",
    "agrees",
    "signed by the camera",
    "measured:",
    "hides most traces",
    "Not a grey copy",
    "states nothing",
    "Nothing that the file states",
];

fn region() -> ImageBox {
    ImageBox { x: 0.0, y: 0.0, width: 72.0, height: 72.0 }
}

/// Every kind of evidence, over the range that its measurement has.
fn any_evidence(random: &mut Seeded) -> DocumentEvidence {
    let low = random.between(0.0, 0.9);
    let text = || "x".to_owned();
    match random.below(19) {
        0 => DocumentEvidence::MoirePeak {
            frequency: random.between(0.0, 0.5),
            z: random.between(6.0, 60.0),
            tiles: 1 + random.below(9),
            tiles_tried: 9,
            region: region(),
        },
        1 => DocumentEvidence::EdgeFalloff { correlation: -random.between(0.3, 1.0) },
        2 => DocumentEvidence::ChannelDecorrelation {
            correlation: random.between(-1.0, 0.6),
            region: region(),
        },
        3..=6 => DocumentEvidence::InconsistentRegion {
            measure: "noise".to_owned(),
            z: random.between(3.0, 90.0),
            region: region(),
        },
        7 => DocumentEvidence::CopiedRegion {
            matches: 14 + random.below(200),
            from: region(),
            to: region(),
        },
        8 => DocumentEvidence::GhostPortraitDiffers {
            similarity: low,
            required: low + random.between(1e-6, 0.1),
        },
        9 => DocumentEvidence::EditorTables { editor: text() },
        10 => DocumentEvidence::EditorTag { field: text(), value: text(), generator: false },
        11 => DocumentEvidence::EditorTag { field: text(), value: text(), generator: true },
        12 => DocumentEvidence::ModifiedAfterCapture { seconds: 61 + random.below(9999) as i64 },
        13 => DocumentEvidence::SizeDisagrees { stated: (1, 2), actual: (3, 4) },
        14 => DocumentEvidence::ThumbnailDiffers { correlation: random.between(-1.0, 0.9) },
        15 => DocumentEvidence::UnknownTables,
        16 => DocumentEvidence::ProvenanceEdited { action: text() },
        17 => match random.below(2) {
            0 => DocumentEvidence::ProvenanceGenerated { source_type: text() },
            _ => DocumentEvidence::ProvenanceBroken { status: text() },
        },
        _ => DocumentEvidence::ProvenanceCamera { claim_generator: text() },
    }
}

fn any_finding(random: &mut Seeded) -> CheckFinding {
    let limits = [
        CheckLimit::PortraitPlaceAssumed,
        CheckLimit::NoColour,
        CheckLimit::TracesLost,
        CheckLimit::ManifestNotRead,
        CheckLimit::EditedPixelsNotChecked,
    ];
    CheckFinding {
        score: (random.below(20) > 0).then(|| f64::from(random.between(0.0, 1.0))),
        evidence: (0..random.below(6)).map(|_| any_evidence(random)).collect(),
        limits: limits.into_iter().filter(|_| random.below(3) == 0).collect(),
    }
}

fn findings(check: &CheckFinding, colour: ColourFindings) -> DocumentFindings {
    DocumentFindings {
        quality: ImageQuality {
            width: 2000,
            height: 1500,
            document_width_px: 1200.0,
            sharpness: 200.0,
            glare_share: 0.0,
            jpeg_quality: Some(90),
        },
        colour,
        placement: PlacementFindings { corners: None, corners_inside: 0, visible_share: 0.0 },
        checks: PerCheck::from_fn(|_| Some(check.clone())),
    }
}

fn colourful() -> ColourFindings {
    ColourFindings {
        grey_share: 0.0,
        chroma_p50: 20.0,
        chroma_p95: 40.0,
        chroma_residual_p90: Some(12.0),
    }
}

/// `threshold` is the score under which a check fails.
fn judged(findings: &DocumentFindings, threshold: f64) -> ValidationResults {
    let points = OperatingPoints { soft: threshold, regular: threshold, hard: threshold };
    let check = (points, Calibration::Regular);
    let policy = DocumentPolicy {
        checks: PerCheck::all(check),
        cropped: CroppedRule::Ignored,
        colourless: ColourlessRule::Fails,
    };
    judge_document(findings, &policy).results
}

#[test]
fn no_sentence_speaks_against_its_outcome() {
    let mut random = Seeded::new(3);
    let (mut passes, mut rejections) = (0, 0);
    for _ in 0..20_000 {
        let finding = any_finding(&mut random);
        let threshold = f64::from(random.between(0.0, 1.0));
        let results = judged(&findings(&finding, colourful()), threshold);
        for check in results.values().flatten() {
            let wrong: &[&str] = if check.has_passed() { &ACCUSING } else { &CLEARING };
            let spoken = wrong.iter().find(|words| check.details.contains(**words));
            assert_eq!(
                spoken,
                None,
                "passed {}: {} {finding:?}",
                check.has_passed(),
                check.details
            );
            let right: &[&str] = if check.has_passed() { &CLEARING } else { &ACCUSING };
            assert!(right.iter().any(|words| check.details.contains(words)), "{}", check.details);
            assert!(check.details.ends_with('.') && !check.details.contains(": ."));
            if check.has_passed() { passes += 1 } else { rejections += 1 }
        }
    }
    assert!(passes > 5_000 && rejections > 5_000, "{passes} {rejections}");
}

#[test]
fn a_region_that_differs_is_no_agreement() {
    let region = DocumentEvidence::InconsistentRegion {
        measure: "noise".to_owned(),
        z: 15.0,
        region: region(),
    };
    let finding = CheckFinding { score: Some(0.9), evidence: vec![region], limits: Vec::new() };
    let portrait = |threshold: f64| {
        let results = judged(&findings(&finding, colourful()), threshold);
        results[DocumentCheck::PortraitSubstitution].clone().unwrap().details
    };
    assert_eq!(
        portrait(0.5),
        "No sign of another portrait strong enough to reject; measured: noise of one region 15.0 deviations from the rest."
    );
    assert_eq!(
        portrait(0.95),
        "The portrait differs from its surroundings: noise of a region stands out by 15.0 deviations."
    );
}

#[test]
fn the_reason_that_rejects_is_named_first() {
    let later = DocumentEvidence::ModifiedAfterCapture { seconds: 99 };
    let camera = DocumentEvidence::ProvenanceCamera { claim_generator: "Phone".to_owned() };
    let preview = DocumentEvidence::ThumbnailDiffers { correlation: 0.31 };
    let evidence = vec![camera, later, preview];
    let finding = CheckFinding { score: Some(0.9), evidence, limits: Vec::new() };
    let digital = judged(&findings(&finding, colourful()), 0.1);
    let digital = digital[DocumentCheck::DigitalManipulation].as_ref().unwrap();
    assert_eq!(
        digital.details,
        "Looks edited: the embedded preview shows another image (correlation 0.31), modified 99 s after it was taken."
    );
}

#[test]
fn a_number_that_rejects_reads_as_one_that_does() {
    let ghost = DocumentEvidence::GhostPortraitDiffers { similarity: 0.1999, required: 0.2 };
    let finding = CheckFinding { score: Some(0.9), evidence: vec![ghost], limits: Vec::new() };
    let colour = ColourFindings { chroma_residual_p90: Some(2.97), ..colourful() };
    let results = judged(&findings(&finding, colour), 0.5);
    assert_eq!(
        results[DocumentCheck::PortraitSubstitution].clone().unwrap().details,
        "The portrait does not belong to this document: the second portrait shows another person (0.1999, 0.2 required)."
    );
    let print = results[DocumentCheck::PrintedCopy].clone().unwrap().details;
    assert!(print.contains("reaches 2.9 Lab units") && print.contains("3 at least"), "{print}");
}

#[test]
fn a_manifest_that_nobody_read_is_named_whatever_the_outcome() {
    let finding = |score| CheckFinding {
        score: Some(score),
        evidence: Vec::new(),
        limits: vec![CheckLimit::ManifestNotRead],
    };
    for (score, passed) in [(0.9, true), (0.1, false)] {
        let found = judged(&findings(&finding(score), colourful()), 0.5);
        let verdict = found[DocumentCheck::DigitalManipulation].as_ref().unwrap();
        assert_eq!(verdict.has_passed(), passed);
        let told = "Its signed manifest (C2PA) was not checked: this server was built without their reader.";
        assert!(verdict.details.ends_with(told), "{}", verdict.details);
    }
}
