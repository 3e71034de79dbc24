//! Lines of text as anybody may hold them into a camera: a zone is found or not, and no value is empty.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verax_domain::document_reading::{CheckDigit, DocumentSide, TextLine};
use verax_reading::mrz::find;

fuzz_target!(|text: &str| {
    // Boxes in columns of three, so that some stand side by side.
    let lines: Vec<TextLine> = text
        .lines()
        .enumerate()
        .map(|(at, text)| {
            let (left, top) = ((at % 3) as f32 * 300.0, (at / 3 * 2 + at % 2) as f32 * 20.0);
            let right = left + 280.0;
            TextLine {
                text: text.to_owned(),
                corners: [(left, top), (right, top), (right, top + 18.0), (left, top + 18.0)],
                confidence: 0.5,
            }
        })
        .collect();
    let found = find(&lines, DocumentSide::Front, 2026);
    assert_eq!(found, find(&lines, DocumentSide::Front, 2026));
    let Some(found) = found else { return };
    let width = found.reading.lines[0].len();
    assert!(found.reading.lines.iter().all(|line| line.len() == width));
    assert!(found.lines.iter().all(|line| *line < lines.len()));
    for value in &found.values {
        assert!(!value.value.is_empty());
        if found.reading.is_valid() {
            assert_ne!(value.check_digit, Some(CheckDigit::Wrong));
        }
    }
});
