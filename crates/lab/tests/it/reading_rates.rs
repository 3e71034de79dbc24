//! Rates of reading, on readings that are made up.

use std::collections::BTreeMap;

use verax_domain::document_reading::{
    BarcodeFormat, BarcodeReading, CheckDigit, DocumentField, DocumentSide, MrzCheckDigit,
    MrzFormat, MrzReading, ReadValue, SideReading, TextLine, TextState, ValueSource,
};
use verax_lab::confusions::{Confusion, confusions, edit_distance};
use verax_lab::reading_rates::{
    MeasuredSide, SideTruth, reading_confusions, reading_rates, values_of_zone,
};

const CORNERS: [(f32, f32); 4] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
const LINES: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

fn side(source: &str, zone: Option<(&[&str], CheckDigit)>) -> MeasuredSide {
    let zone = zone.map(|(lines, result)| MrzReading {
        format: MrzFormat::Td3,
        document_code: "P".to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        check_digits: vec![MrzCheckDigit { field: None, result }],
    });
    MeasuredSide {
        truth: SideTruth {
            source: source.to_owned(),
            zone: LINES.map(str::to_owned).to_vec(),
            values: BTreeMap::new(),
            barcode: None,
            text: None,
        },
        reading: SideReading {
            side: DocumentSide::Front,
            text_state: TextState::Read,
            document: None,
            mrz: zone,
            barcodes: Vec::new(),
            lines: Vec::new(),
            values: Vec::new(),
        },
    }
}

fn value(sides: &[MeasuredSide], name: &str) -> Option<f64> {
    let rates = reading_rates(sides);
    let rate = rates.into_iter().find(|rate| rate.name == name)?;
    assert!((rate.low..=rate.high).contains(&rate.value), "{rate:?}");
    Some(rate.value)
}

#[test]
fn zones_are_right_wrong_or_wrong_and_called_valid() {
    let mut altered = LINES.map(str::to_owned);
    altered[0].replace_range(5..6, "X");
    let altered = altered.each_ref().map(String::as_str);
    let sides = [
        side("a", Some((&LINES, CheckDigit::Right))),
        side("b", Some((&altered, CheckDigit::Right))),
        side("c", Some((&altered, CheckDigit::Wrong))),
        side("d", None),
    ];
    assert_eq!(value(&sides, "zone fully valid"), Some(0.5));
    assert_eq!(value(&sides, "zone wrong and called valid"), Some(0.25));
    assert_eq!(value(&sides, "zone with a line wrong"), Some(0.75));
    assert_eq!(value(&sides, "zone not found"), Some(0.25));
    // One character in two readings, and all 88 of the one that is not there.
    assert_eq!(value(&sides, "zone characters wrong"), Some(0.2557));
}

#[test]
fn a_valid_zone_where_none_stands_is_wrong_and_called_valid() {
    let mut side = side("a", Some((&LINES, CheckDigit::Right)));
    side.truth.zone = Vec::new();
    assert_eq!(value(&[side.clone()], "zone wrong and called valid"), Some(1.0));
    assert_eq!(value(&[side], "zone fully valid"), None);
}

#[test]
fn barcodes_are_right_wrong_or_not_read_and_words_are_there_or_not() {
    let with = |read: Option<&str>| {
        let mut side = side("a", None);
        side.truth.barcode = Some("right".to_owned());
        side.reading.barcodes = read
            .map(|text| BarcodeReading {
                format: BarcodeFormat::Pdf417,
                text: text.to_owned(),
                corners: CORNERS,
                aamva_version: None,
                impossible_dates: Vec::new(),
            })
            .into_iter()
            .collect();
        side
    };
    let mut sides = [with(Some("right")), with(Some("other")), with(None), with(None)];
    assert_eq!(value(&sides, "barcode not read"), Some(0.5));
    assert_eq!(value(&sides, "barcode wrong"), Some(0.25));
    assert_eq!(value(&sides, "words not read"), None);
    sides[0].truth.text = Some("NAME NAME PLACE".to_owned());
    let text = "NAME PLACE".to_owned();
    sides[0].reading.lines = vec![TextLine { text, corners: CORNERS, confidence: 0.9 }];
    assert_eq!(value(&sides, "words not read"), Some(0.3333));
}

#[test]
fn a_distance_counts_what_must_be_changed_added_and_taken_away() {
    for (from, to, distance) in
        [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("<<<", "<<", 1)]
    {
        assert_eq!(edit_distance(from, to), distance, "{from} {to}");
    }
}

fn read(field: DocumentField, value: &str, check_digit: Option<CheckDigit>) -> ReadValue {
    ReadValue {
        field,
        source: ValueSource::Mrz,
        side: DocumentSide::Front,
        text: value.to_owned(),
        value: value.to_owned(),
        corners: None,
        confidence: 0.9,
        check_digit,
    }
}

#[test]
fn each_field_has_its_rates_and_what_check_digits_prove_is_told_apart() {
    let number = DocumentField::DocumentNumber;
    let mut sides: Vec<MeasuredSide> = ["a", "b", "c", "d"].map(|name| side(name, None)).into();
    for side in &mut sides {
        side.truth.zone = Vec::new();
        side.truth.values = BTreeMap::from([(number, "AB12".to_owned())]);
    }
    sides[0].truth.values.insert(DocumentField::Surname, "DOE".to_owned());
    sides[0].reading.values = vec![
        read(number, "AB12", Some(CheckDigit::Right)),
        read(DocumentField::Surname, "D0E", None),
    ];
    sides[1].reading.values = vec![read(number, "A812", Some(CheckDigit::Right))];
    sides[2].reading.values = vec![read(number, "A81Z", Some(CheckDigit::Wrong))];
    // One character of the second, two of the third, all four of the last, which was not read.
    assert_eq!(value(&sides, "documentNumber wrong or not read"), Some(0.75));
    assert_eq!(value(&sides, "documentNumber characters wrong"), Some(0.4375));
    assert_eq!(value(&sides, "surname wrong or not read"), Some(1.0));
    assert_eq!(value(&sides, "surname characters wrong"), Some(0.3333));
    assert_eq!(value(&sides, "birthDate wrong or not read"), None);
    // Of the two that their digits call right, one is not.
    assert_eq!(value(&sides, "value proved by a check digit and wrong"), Some(0.5));
    let confusions = reading_confusions(&sides).values;
    assert_eq!(confusions, [confused("B", "8", 2), confused("2", "Z", 1), confused("O", "0", 1)]);
}

fn confused(truth: &str, read: &str, count: usize) -> Confusion {
    Confusion { truth: truth.chars().next(), read: read.chars().next(), count }
}

#[test]
fn a_confusion_names_what_stands_there_and_what_was_read() {
    let of = |truth, read| confusions([(truth, read)].into_iter());
    assert_eq!(of("L898902C3", "L898902C3"), []);
    assert_eq!(of("0O0", "OO0"), [confused("0", "O", 1)]);
    // A lost filler moves nothing behind it.
    assert_eq!(of("AB<<<12", "AB<<12"), [confused("<", "", 1)]);
    assert_eq!(of("AB12", "ABK12"), [confused("", "K", 1)]);
    assert_eq!(of("", "A"), [confused("", "A", 1)]);
    let several = [("1111", "1I1I"), ("5", "S"), ("1", "I")];
    assert_eq!(confusions(several.into_iter()), [confused("1", "I", 3), confused("5", "S", 1)]);
}

#[test]
fn zones_that_were_not_found_are_no_confusions() {
    let mut altered = LINES.map(str::to_owned);
    altered[1].replace_range(4..5, "O");
    let altered = altered.each_ref().map(String::as_str);
    let sides = [side("a", Some((&altered, CheckDigit::Wrong))), side("b", None)];
    assert_eq!(reading_confusions(&sides).zones, [confused("9", "O", 1)]);
}

#[test]
fn the_values_of_a_zone_are_known_from_its_lines() {
    let lines = LINES.map(str::to_owned);
    let values = values_of_zone(&lines, DocumentSide::Front, 2026);
    let of = |field| values.get(&field).map(String::as_str);
    assert_eq!(of(DocumentField::DocumentNumber), Some("L898902C3"));
    assert_eq!(of(DocumentField::BirthDate), Some("1974-08-12"));
    assert_eq!(of(DocumentField::GivenNames), Some("ANNA MARIA"));
    assert_eq!(of(DocumentField::Address), None);
    // Of a zone that is cut nothing is known.
    assert!(values_of_zone(&lines[..1], DocumentSide::Front, 2026).is_empty());
}
