//! Rates of reading, on readings that are made up.

use verax_domain::document_reading::{
    BarcodeFormat, BarcodeReading, CheckDigit, DocumentSide, MrzCheckDigit, MrzFormat, MrzReading,
    SideReading, TextLine, TextState,
};
use verax_lab::reading_rates::{MeasuredSide, SideTruth, edit_distance, reading_rates};

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
