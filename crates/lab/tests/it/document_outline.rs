//! Cards on tables: whole ones are not called cropped.

use verax_domain::document_check::PerCheck;
use verax_domain::document_verdict::is_cropped;
use verax_lab::captures::{GenuineCapture, genuine_captures};
use verax_vision::document::{DocumentEngine, DocumentRequest, shipped_weights};
use verax_vision::image::DecodeLimits;

#[test]
fn a_card_that_is_whole_is_not_called_cropped() {
    let engine = DocumentEngine::load(&shipped_weights()).unwrap();
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
