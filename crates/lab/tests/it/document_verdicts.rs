//! From an image to a verdict: the same bytes, the same answer; nothing is invented.

use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::{DocumentEvidence, DocumentFindings, ImageBox};
use verax_domain::document_verdict::{
    Calibration, ColourlessRule, ConfidenceLimit, CroppedRule, DocumentPolicy, DocumentVerdict,
    is_colourless, judge_document,
};
use verax_lab::simulator::press::photocopy;
use verax_lab::simulator::{camera, cards::card, edits, jpeg};
use verax_vision::document::seeded::Seeded;
use verax_vision::document::{
    DocumentEngine, DocumentModels, DocumentRequest, GhostPortrait, evidence,
};
use verax_vision::image::{DecodeLimits, Image};

fn engine() -> DocumentEngine {
    DocumentEngine::load(DocumentModels::shipped(None)).unwrap()
}

fn find(image: &Image, request: &DocumentRequest) -> DocumentFindings {
    engine().check(&jpeg(image, 92), request, &DecodeLimits::default()).unwrap()
}

fn judge(findings: &DocumentFindings) -> DocumentVerdict {
    let points = engine().operating_points();
    let level = Calibration::Regular;
    judge_document(
        findings,
        &DocumentPolicy {
            checks: points.map(|points| (points, level)),
            cropped: CroppedRule::Fails,
            colourless: ColourlessRule::Fails,
        },
    )
}

#[test]
fn the_same_bytes_get_the_same_answer() {
    let drawn = card(&mut Seeded::new(1), None).image;
    let photo = camera::genuine(&mut Seeded::new(2), &drawn);
    assert_eq!(find(&photo, &DocumentRequest::ALL), find(&photo, &DocumentRequest::ALL));
}

#[test]
fn a_check_that_was_not_asked_for_is_absent() {
    let drawn = card(&mut Seeded::new(1), None).image;
    let asked = [DocumentCheck::ScreenReplay, DocumentCheck::DigitalManipulation];
    let checks = PerCheck::from_fn(|check| asked.contains(&check));
    let findings = find(&drawn, &DocumentRequest { checks, ..DocumentRequest::ALL });
    let verdict = judge(&findings);
    let json = serde_json::to_value(&verdict.results).unwrap();
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["screenReplay", "digitalManipulation"]);
}

#[test]
fn an_image_with_nothing_on_it_is_not_checked_and_never_passes() {
    let flat = Image { width: 400, height: 300, rgb: vec![128; 400 * 300 * 3] };
    let verdict = judge(&find(&flat, &DocumentRequest::ALL));
    let screen = verdict.results[DocumentCheck::ScreenReplay].as_ref().unwrap();
    assert!(screen.details.starts_with("Not checked"));
    assert_eq!(screen.judgement, None);
    assert!(!verdict.has_passed());
    assert!(verdict.confidence_limits.contains(&ConfidenceLimit::NotChecked));
    let json = serde_json::to_value(screen).unwrap();
    assert!(json["passed"].is_null() && json["score"].is_null());
    let mut nothing = find(&flat, &DocumentRequest::ALL);
    nothing.colour.grey_share = 0.0;
    nothing.colour.chroma_p95 = 40.0;
    nothing.checks.values_mut().flatten().for_each(|finding| finding.score = None);
    let verdict = judge(&nothing);
    assert_eq!((verdict.risk_score, verdict.confidence), (None, 0.0));
}

#[test]
fn a_grey_copy_has_no_colour_and_a_genuine_card_has() {
    let mut checked = [0, 0];
    for seed in 0..6 {
        let mut random = Seeded::new(seed);
        let drawn = card(&mut random, None).image;
        let copy = photocopy(&mut random, &drawn);
        let genuine = camera::genuine(&mut random, &drawn);
        for (image, grey) in [(copy, true), (genuine, false)] {
            let colour = find(&image, &DocumentRequest::ALL).colour;
            // Where the card is not found, the rule says nothing.
            if colour.chroma_residual_p90.is_some() {
                assert_eq!(is_colourless(&colour), grey, "{seed}: {colour:?}");
                checked[usize::from(grey)] += 1;
            }
        }
    }
    assert!(checked.iter().all(|count| *count >= 3), "{checked:?}");
}

#[test]
fn a_grey_file_is_colourless_and_its_print_score_is_kept_low() {
    let mut grey = card(&mut Seeded::new(1), None).image;
    for pixel in grey.rgb.chunks_exact_mut(3) {
        let v = ((u32::from(pixel[0]) + u32::from(pixel[1]) + u32::from(pixel[2])) / 3) as u8;
        pixel.fill(v);
    }
    let verdict = judge(&find(&grey, &DocumentRequest::ALL));
    assert!(verdict.colourless && verdict.risk_score >= Some(0.9));
    assert!(!verdict.results[DocumentCheck::PrintedCopy].as_ref().unwrap().has_passed());
}

#[test]
fn a_copied_region_is_found_where_it_is() {
    let mut random = Seeded::new(5);
    let drawn = card(&mut random, None).image;
    let photo = camera::genuine(&mut random, &drawn);
    let found = |image: &Image| {
        let findings = find(image, &DocumentRequest::ALL);
        let digital = findings.checks[DocumentCheck::DigitalManipulation].as_ref();
        let evidence = &digital.unwrap().evidence;
        evidence.iter().any(|e| matches!(e, DocumentEvidence::CopiedRegion { .. }))
    };
    let hits = (0..6).filter(|_| found(&edits::copy_move(&mut random, &photo))).count();
    assert!(hits >= 1, "{hits} of 6");
    assert!(!found(&photo));
}

#[test]
fn another_person_in_the_second_portrait_fails_at_every_calibration() {
    let drawn = card(&mut Seeded::new(1), None).image;
    let ghost = Some(GhostPortrait { similarity: 0.1, required: 0.4 });
    let verdict = judge(&find(&drawn, &DocumentRequest { ghost, ..DocumentRequest::ALL }));
    let portrait = verdict.results[DocumentCheck::PortraitSubstitution].as_ref().unwrap();
    assert!(
        portrait.judgement.is_some_and(|it| !it.passed && it.score <= 0.05)
            && verdict.risk_score >= Some(0.9)
    );
    assert!(portrait.details.contains("another person"), "{}", portrait.details);
    // Compressed hard, the second portrait says nothing.
    let bytes = jpeg(&drawn, 40);
    let request = DocumentRequest { ghost, ..DocumentRequest::ALL };
    let findings = engine().check(&bytes, &request, &DecodeLimits::default()).unwrap();
    let evidence = &findings.checks[DocumentCheck::PortraitSubstitution].as_ref().unwrap().evidence;
    assert!(!evidence.iter().any(|e| matches!(e, DocumentEvidence::GhostPortraitDiffers { .. })));
}

#[test]
fn evidence_is_an_image_with_regions_for_each_check_that_was_made() {
    let mut random = Seeded::new(5);
    let drawn = card(&mut random, None).image;
    let asked = [
        DocumentCheck::ScreenReplay,
        DocumentCheck::PortraitSubstitution,
        DocumentCheck::DigitalManipulation,
    ];
    let checks = PerCheck::from_fn(|check| asked.contains(&check));
    let mut findings = find(&drawn, &DocumentRequest { checks, ..DocumentRequest::ALL });
    let from = ImageBox { x: 100.0, y: 50.0, width: 200.0, height: 100.0 };
    let to = ImageBox { x: 900.0, y: 600.0, width: 200.0, height: 100.0 };
    let digital = &mut findings.checks[DocumentCheck::DigitalManipulation];
    digital.as_mut().unwrap().evidence =
        vec![DocumentEvidence::CopiedRegion { matches: 20, from, to }];
    let maps = evidence(&findings, &drawn);
    let made: Vec<DocumentCheck> = maps.iter().map(|map| map.check).collect();
    assert_eq!(made, asked);
    assert_eq!(maps[2].regions, [from, to]);
    for map in &maps {
        let read = Image::decode(&map.png, &DecodeLimits::default()).unwrap();
        assert_eq!((read.width, read.height), (640, 403));
    }
    // The frame around the first region, which ends at the image's edge for the second.
    let read = Image::decode(&maps[2].png, &DecodeLimits::default()).unwrap();
    let pixel = |x: usize, y: usize| &read.rgb[(y * 640 + x) * 3..(y * 640 + x) * 3 + 3];
    assert_eq!(pixel(64, 40), [255, 220, 0]);
}
