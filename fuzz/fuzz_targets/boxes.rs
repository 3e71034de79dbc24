//! Boxes of text on any map: corners are numbers, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use verax_reading::text::boxes::find_boxes;

fuzz_target!(|data: &[u8]| {
    let Some((width, levels)) = data.split_first() else { return };
    // 255 is no number; the others go from below nothing to above certain.
    let value = |level: &u8| match level {
        255 => f32::NAN,
        level => f32::from(*level) / 200.0 - 0.1,
    };
    let map: Vec<f32> = levels.iter().map(value).collect();
    let width = usize::from(*width);
    let whole = map.len() - map.len() % width.max(1);
    for found in find_boxes(&map[..whole], width) {
        assert!(found.corners.iter().all(|corner| corner.0.is_finite() && corner.1.is_finite()));
        assert!(found.score >= 0.5);
    }
});
