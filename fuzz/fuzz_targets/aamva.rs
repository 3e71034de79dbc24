//! The text of a barcode as anybody may print it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verax_domain::document_reading::DocumentSide;
use verax_domain::national_numbers;
use verax_reading::{aamva, barcode_texts};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let read = aamva::parse(&text, DocumentSide::Back);
    assert_eq!(read, aamva::parse(&text, DocumentSide::Back));
    let values = read.into_iter().flat_map(|it| it.values);
    let other = barcode_texts::parse(&text, DocumentSide::Back);
    for value in values.chain(other.into_iter().flat_map(|it| it.values)) {
        assert!(!value.value.is_empty());
    }
    for country in ["ARG", "BRA", "CHL", "ECU", "ESP", "MEX", "PER", "PRT", "SLV", "URY", "VEN"] {
        let _ = national_numbers::check(country, &text);
    }
});
