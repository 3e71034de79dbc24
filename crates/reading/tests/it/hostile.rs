//! What was made to do harm: images of odd shapes, outlines that are none, and barcodes that steer who reads them.

use verax_domain::document_reading::{DocumentField, DocumentSide, ReadValue};
use verax_reading::aamva::parse;
use verax_reading::barcode_texts;
use verax_reading::barcodes::read_barcodes;
use verax_reading::reader::{Reader, ReadingModels, ReadingRequest};
use verax_vision::document::Quad;
use verax_vision::image::Image;

use crate::barcodes::{card, modules};

fn striped(width: u32, height: u32) -> Image {
    let rgb = (0..width * height * 3).map(|at| if at / 7 % 2 == 0 { 20 } else { 230 }).collect();
    Image { width, height, rgb }
}

#[test]
fn an_image_of_an_odd_shape_holds_nothing() {
    let reader = Reader::load(ReadingModels::default()).expect("nothing to load");
    for (width, height) in
        [(0, 0), (0, 9), (1, 1), (1, 6000), (6000, 1), (2, 3), (31, 33), (9000, 4)]
    {
        for side in [DocumentSide::Front, DocumentSide::Back] {
            let read = reader.read(&striped(width, height), side, ReadingRequest::all(2026));
            assert!(read.barcodes.is_empty() && read.values.is_empty(), "{width} x {height}");
        }
    }
}

#[test]
fn an_outline_that_is_none_hides_no_barcode_on_the_back() {
    let image = card((900, 560), &modules(rxing::BarcodeFormat::QR_CODE, "A1"), (600, 200), 5);
    let (nan, inf, far) = (f32::NAN, f32::INFINITY, 1e30);
    for corners in [
        [(nan, nan); 4],
        [(inf, 0.0), (0.0, inf), (-inf, 0.0), (0.0, -inf)],
        [(100.0, 100.0); 4],
        [(0.0, 0.0), (900.0, 560.0), (900.0, 0.0), (0.0, 560.0)],
        [(0.0, 0.0), (900.0, 0.0), (900.0, 0.0), (0.0, 0.0)],
        [(-far, -far), (far, -far), (far, far), (-far, far)],
    ] {
        let found = read_barcodes(&image, Some(&Quad { corners }), DocumentSide::Back);
        assert_eq!(found.len(), 1, "{corners:?}");
        assert_eq!(found[0].text, "A1");
        let corners = found[0].corners.iter().flat_map(|it| [it.0, it.1]);
        assert!(corners.into_iter().all(f32::is_finite), "{found:?}");
    }
}

/// A licence with these elements.
fn licence(elements: &str) -> String {
    format!("@\n\u{1e}\rANSI 636000100001DL00310000DL{elements}\r")
}

fn of(values: &[ReadValue], field: DocumentField) -> Option<&str> {
    values.iter().find(|it| it.field == field).map(|it| it.value.as_str())
}

#[test]
fn what_prints_nothing_or_turns_a_line_is_no_name() {
    for mark in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{fffd}'] {
        let text = licence(&format!("DAQA1234567\nDCSDO{mark}E\nDACJO\nDAG1 MA{mark}IN ST"));
        let read = parse(&text, DocumentSide::Back).expect("a record");
        assert_eq!(of(&read.values, DocumentField::Surname), None, "{mark:?}");
        assert_eq!(of(&read.values, DocumentField::Address), None, "{mark:?}");
        assert_eq!(of(&read.values, DocumentField::GivenNames), Some("JO"));
        let dni = format!("00123456789@DO{mark}E@JO@F@12345678@A@01/05/1990@01/05/2020");
        let read = barcode_texts::parse(&dni, DocumentSide::Back).expect("a card");
        assert_eq!(of(&read.values, DocumentField::Surname), None, "{mark:?}");
        assert_eq!(of(&read.values, DocumentField::GivenNames), Some("JO"));
    }
}

#[test]
fn a_day_that_is_none_is_noted_with_the_barcode() {
    let reader = Reader::load(ReadingModels::default()).expect("nothing to load");
    for (birth, impossible) in [
        ("05011990", vec![]),
        ("02301990", vec![DocumentField::BirthDate]),
        ("13131990", vec![DocumentField::BirthDate]),
        // A date of another form is not read; one that is filled up is not there.
        ("050190", vec![]),
        ("00000000", vec![]),
    ] {
        let text = licence(&format!("DAQA1234567\nDCSDOE\nDACJO\nDBB{birth}\nDBA05012030"));
        let modules = modules(rxing::BarcodeFormat::PDF_417, &text);
        let image = card((1500, 900), &modules, (60, 300), 4);
        let read = reader.read(&image, DocumentSide::Back, ReadingRequest::all(2026));
        assert_eq!(read.barcodes.len(), 1, "{birth}");
        assert_eq!(read.barcodes[0].impossible_dates, impossible, "{birth}");
        assert_eq!(of(&read.values, DocumentField::ExpirationDate), Some("2030-05-01"));
    }
}

#[test]
fn a_huge_or_endless_element_is_read_as_far_as_there_are_elements() {
    let long = "A".repeat(200_000);
    let read = parse(&licence(&format!("DAQA1\nDCS{long}")), DocumentSide::Back).expect("a record");
    assert_eq!(of(&read.values, DocumentField::Surname).map(str::len), Some(200_000));
    let many: String = (0..100_000).map(|_| "DDFN\n").collect();
    let read = parse(&licence(&many), DocumentSide::Back).expect("a record");
    assert!(read.elements.len() <= 400, "{}", read.elements.len());
}
