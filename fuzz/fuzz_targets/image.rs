//! Image bytes: nothing panics, what is rejected by its header is rejected whole, and a face anywhere
//! in what was decoded can be measured and cut out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verax_domain::face_findings::{DetectedFace, PointPx};
use verax_vision::document::file_forensics;
use verax_vision::faces::{measure_quality, thumbnail};
use verax_vision::image::{DecodeLimits, Image};

// A decoder may panic where that is caught; libFuzzer's own hook would end the process there. What is
// not caught still does.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}

fuzz_target!(init: report_panics(), |bytes: &[u8]| {
    // Few pixels, so that many inputs are tried.
    let limits = DecodeLimits { pixels_max: 250_000, ..DecodeLimits::default() };
    let inspected = Image::inspect(bytes, &limits);
    let Ok(image) = Image::decode(bytes, &limits) else { return };
    assert_eq!(inspected, Ok(()));
    assert_eq!(image.rgb.len(), image.pixels() * 3);
    assert!(image.pixels() as u64 <= limits.pixels_max);
    file_forensics(bytes, &image);
    let face = face(bytes);
    thumbnail(&image, &face);
    measure_quality(&image, &face, &image);
});

// Somewhere, perhaps outside the image or without any size; the file's end says where.
fn face(bytes: &[u8]) -> DetectedFace {
    let mut last = bytes.iter().rev();
    let mut px = || last.next().map_or(0.0, |byte| (f64::from(*byte) - 64.0) * 4.0);
    let mut point = || PointPx { x: px(), y: px() };
    let (origin, size) = (point(), point());
    DetectedFace {
        origin,
        width_px: size.x,
        height_px: size.y,
        confidence: 0.9,
        points: std::array::from_fn(|_| point()),
    }
}
