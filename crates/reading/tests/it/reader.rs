//! A reader without models, and what it says of what it did not read.

use verax_domain::document_reading::{DocumentSide, TextState};
use verax_reading::reader::{Reader, ReadingModels, ReadingRequest};
use verax_reading::text::lines::decoded;

use crate::barcodes::{card, modules};

#[test]
fn without_models_barcodes_are_read_and_text_is_not_checked() {
    let reader = Reader::load(ReadingModels::default()).expect("nothing to load");
    let modules = modules(rxing::BarcodeFormat::QR_CODE, "A0123456789");
    let image = card((900, 560), &modules, (600, 200), 5);
    let reading = reader.read(&image, DocumentSide::Back, ReadingRequest::all(2026));
    assert_eq!(reading.text_state, TextState::NotChecked);
    assert_eq!(reading.barcodes.len(), 1);
    assert!(reading.lines.is_empty() && reading.mrz.is_none() && reading.values.is_empty());
    let nothing = ReadingRequest { text: false, barcodes: false, today_year: 2026 };
    assert!(reader.read(&image, DocumentSide::Back, nothing).barcodes.is_empty());
}

#[test]
fn one_model_of_two_reads_no_text_and_bytes_that_are_no_model_are_an_error() {
    let one = ReadingModels { text_boxes: Some(vec![1, 2, 3]), text_lines: None };
    assert!(!Reader::load(one).expect("no text").reads_text());
    let both = ReadingModels { text_boxes: Some(vec![1, 2, 3]), text_lines: Some(vec![1, 2, 3]) };
    assert!(Reader::load(both).is_err());
}

#[test]
fn a_letter_is_read_once_for_its_columns_and_again_after_a_gap() {
    let letters: Vec<String> = ["", "A", "<", " "].map(str::to_owned).to_vec();
    // None, A, A, none, <, none, <, <, space.
    let columns = [0, 1, 1, 0, 2, 0, 2, 2, 3].map(|class| (class, 0.7));
    let line = decoded(&columns, &letters);
    assert_eq!(line.text, "A<< ");
    assert_eq!(line.confidences, [0.7; 4]);
    assert!((line.confidence() - 0.7).abs() < 1e-6);
    assert_eq!(decoded(&[], &letters).confidence(), 0.0);
    // A class without a letter is none.
    assert_eq!(decoded(&[(9, 0.9)], &letters).text, "");
}
