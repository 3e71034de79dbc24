//! The file around an image's pixels, as anybody may have written it: segments, EXIF, packets,
//! previews.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use verax_vision::document::file_forensics;
use verax_vision::image::Image;

static IMAGE: LazyLock<Image> = LazyLock::new(|| Image {
    width: 64,
    height: 48,
    rgb: (0..64 * 48 * 3).map(|i| i as u8).collect(),
});

fuzz_target!(|bytes: &[u8]| {
    let found = file_forensics(bytes, &IMAGE);
    for evidence in &found.evidence {
        assert!((0.0..=1.0).contains(&evidence.score_cap()));
    }
    // The same bytes say the same.
    assert_eq!(found, file_forensics(bytes, &IMAGE));
});
