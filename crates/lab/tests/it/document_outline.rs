//! Cards on tables: they are found where they lie, and whole ones are not called cropped.

use verax_domain::document_check::PerCheck;
use verax_domain::document_verdict::is_cropped;
use verax_lab::captures::{GenuineCapture, genuine_captures};
use verax_vision::document::{DocumentEngine, DocumentModels, DocumentRequest, Locator, Quad};
use verax_vision::image::{DecodeLimits, Image};

#[test]
fn a_card_that_is_whole_is_not_called_cropped() {
    let engine = DocumentEngine::load(DocumentModels::shipped(None)).unwrap();
    let request = DocumentRequest { checks: PerCheck::all(false), ..DocumentRequest::ALL };
    let judge = |capture: &GenuineCapture| {
        let findings = engine.check(&capture.bytes, &request, &DecodeLimits::default()).unwrap();
        (capture.cut, is_cropped(&findings.placement))
    };
    let judged = genuine_captures(&[], 4, 1, 2, judge);
    assert_eq!(judged.len(), 12, "each of four cards saved in three ways");
    assert!(judged.iter().any(|(cut, _)| !cut));
    for (cut, cropped) in judged {
        assert!(cut || !cropped);
    }
}

#[test]
fn a_drawn_card_is_found_where_it_lies() {
    let judge = |capture: &GenuineCapture| {
        let image = Image::decode(&capture.bytes, &DecodeLimits::default()).unwrap();
        let found = Locator::shipped().locate(&image);
        let overlap = found.map_or(0.0, |it| it.quad.overlap(&Quad { corners: capture.corners }));
        (!capture.cut).then_some(overlap)
    };
    let overlaps: Vec<f32> = genuine_captures(&[], 12, 9, 2, judge).into_iter().flatten().collect();
    assert!(overlaps.len() >= 12, "{} whole cards", overlaps.len());
    let near = overlaps.iter().filter(|overlap| **overlap >= 0.8).count();
    assert!(near * 10 >= overlaps.len() * 8, "{near} of {}: {overlaps:.2?}", overlaps.len());
}

#[test]
fn a_table_without_a_document_has_none() {
    let flat = Image { width: 640, height: 480, rgb: vec![120; 640 * 480 * 3] };
    assert_eq!(Locator::shipped().locate(&flat), None);
}
