//! How well documents are read: what was read beside what stands there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use verax_domain::document_reading::{
    CheckDigit, DocumentField, DocumentSide, MrzReading, ReadValue, SideReading, TextLine,
};
use verax_reading::mrz;
use verax_vision::document::weights::MeasuredRate;

use crate::confusions::{Confusion, confusions, edit_distance};
use crate::rates::measured_share;

/// What stands on one side of a document. What is not known of it is not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideTruth {
    /// Images of one source err together: a document, or who photographed it.
    pub source: String,
    /// Its machine-readable zone, from the top; empty where it has none.
    pub zone: Vec<String>,
    /// Values as they are compared (`ReadValue::value`).
    pub values: BTreeMap<DocumentField, String>,
    pub barcode: Option<String>,
    /// What people read on it, in any order.
    pub text: Option<String>,
}

/// One image with what was read of it.
#[derive(Debug, Clone)]
pub struct MeasuredSide {
    pub truth: SideTruth,
    pub reading: SideReading,
}

impl MeasuredSide {
    fn source(&self) -> &str {
        &self.truth.source
    }

    /// The zone as it was read; empty where none was found.
    pub fn zone_lines(&self) -> &[String] {
        self.reading.mrz.as_ref().map_or(&[], |zone| &zone.lines)
    }

    pub fn is_called_valid(&self) -> bool {
        self.reading.mrz.as_ref().is_some_and(MrzReading::is_valid)
    }

    /// For each character of the zone whether it was read wrongly: as many as must be changed.
    fn zone_characters(&self) -> impl Iterator<Item = bool> {
        let (wrong, all) = character_errors(&self.truth.zone, self.zone_lines());
        (0..all).map(move |index| index < wrong)
    }

    /// What was read of a field; where several places have it, of the first that reading lists.
    fn value(&self, field: DocumentField) -> Option<&ReadValue> {
        self.reading.values.iter().find(|it| it.field == field)
    }

    /// (truth, read) of each line of a zone that was found.
    fn lines_of_zone(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.truth.zone.iter().zip(self.zone_lines());
        lines.map(|(truth, read)| (truth.as_str(), read.as_str()))
    }

    /// (truth, read) of each value that was read.
    fn values_read(&self) -> impl Iterator<Item = (&str, &str)> {
        self.truth
            .values
            .iter()
            .filter_map(|(field, truth)| Some((truth.as_str(), self.value(*field)?.value.as_str())))
    }

    fn barcode_texts(&self) -> impl Iterator<Item = &str> {
        self.reading.barcodes.iter().map(|barcode| barcode.text.as_str())
    }
}

/// Which characters of zones that were found are misread, and which of values that were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadingConfusions {
    pub zones: Vec<Confusion>,
    pub values: Vec<Confusion>,
}

pub fn reading_confusions(sides: &[MeasuredSide]) -> ReadingConfusions {
    ReadingConfusions {
        zones: confusions(sides.iter().flat_map(MeasuredSide::lines_of_zone)),
        values: confusions(sides.iter().flat_map(MeasuredSide::values_read)),
    }
}

/// The values that a zone has where every character of it is read; none where it is no zone that is known.
/// `today_year` decides centuries.
pub fn values_of_zone(
    zone: &[String],
    side: DocumentSide,
    today_year: u16,
) -> BTreeMap<DocumentField, String> {
    let lines: Vec<TextLine> = zone
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let (top, right) = (40.0 * at as f32, 10.0 * text.chars().count() as f32);
            let corners = [(0.0, top), (right, top), (right, top + 20.0), (0.0, top + 20.0)];
            TextLine { text: text.clone(), corners, confidence: 1.0 }
        })
        .collect();
    let found = mrz::find(&lines, side, today_year).filter(|found| found.reading.lines == zone);
    let values = found.into_iter().flat_map(|found| found.values);
    values.map(|value| (value.field, value.value)).collect()
}

/// Error rates with intervals; those without an image that they could be measured on are left out.
pub fn reading_rates(sides: &[MeasuredSide]) -> Vec<MeasuredRate> {
    let with_zone = || sides.iter().filter(|side| !side.truth.zone.is_empty());
    let with_barcode =
        || sides.iter().filter_map(|side| Some((side, side.truth.barcode.as_ref()?)));
    let of_zones = |name: &str, counts: &dyn Fn(&MeasuredSide) -> bool| {
        measured_share(name, with_zone().map(|side| (side.source(), counts(side))))
    };
    let characters = with_zone()
        .flat_map(|side| side.zone_characters().map(|is_wrong| (side.source(), is_wrong)));
    let words = sides.iter().flat_map(|side| {
        missing_words(side).into_iter().map(|is_missing| (side.source(), is_missing))
    });
    let rates = [
        of_zones("zone not found", &|side| side.reading.mrz.is_none()),
        measured_share("zone characters wrong", characters),
        of_zones("zone with a line wrong", &|side| side.zone_lines() != side.truth.zone),
        of_zones("zone fully valid", &MeasuredSide::is_called_valid),
        // Of all images: one without a zone must have none that is called valid either.
        measured_share(
            "zone wrong and called valid",
            sides.iter().map(|side| {
                let is_wrong = side.zone_lines() != side.truth.zone;
                (side.source(), side.is_called_valid() && is_wrong)
            }),
        ),
        measured_share(
            "barcode not read",
            with_barcode().map(|(side, _)| (side.source(), side.reading.barcodes.is_empty())),
        ),
        measured_share(
            "barcode wrong",
            with_barcode().map(|(side, truth)| {
                let is_right = side.barcode_texts().any(|text| text == truth);
                (side.source(), !is_right && !side.reading.barcodes.is_empty())
            }),
        ),
        measured_share("words not read", words),
        measured_share("value proved by a check digit and wrong", proved_values(sides)),
    ];
    let fields: BTreeSet<DocumentField> =
        sides.iter().flat_map(|side| side.truth.values.keys().copied()).collect();
    rates
        .into_iter()
        .flatten()
        .chain(fields.into_iter().flat_map(|it| of_field(it, sides)))
        .collect()
}

/// Of each value whose check digit is right as it was read, whether it is not what stands there.
fn proved_values(sides: &[MeasuredSide]) -> impl Iterator<Item = (&str, bool)> {
    sides.iter().flat_map(|side| {
        let proved = |it: &&ReadValue| it.check_digit == Some(CheckDigit::Right);
        side.reading.values.iter().filter(proved).filter_map(|value| {
            Some((side.source(), *side.truth.values.get(&value.field)? != value.value))
        })
    })
}

/// The error rates of one field: values that are not what stands there (one that was not read is none), and
/// characters.
fn of_field(field: DocumentField, sides: &[MeasuredSide]) -> impl Iterator<Item = MeasuredRate> {
    let name = serde_json::to_value(field).unwrap_or_default();
    let name = name.as_str().unwrap_or_default().to_owned();
    let known = || sides.iter().filter_map(|side| Some((side, side.truth.values.get(&field)?)));
    let read = |side: &MeasuredSide| side.value(field).map_or(String::new(), |it| it.value.clone());
    let values = known().map(|(side, truth)| (side.source(), read(side) != *truth));
    let characters = known().flat_map(|(side, truth)| {
        let all = truth.chars().count();
        let wrong = edit_distance(truth, &read(side)).min(all);
        (0..all).map(move |index| (side.source(), index < wrong))
    });
    let values = measured_share(&format!("{name} wrong or not read"), values);
    let characters = measured_share(&format!("{name} characters wrong"), characters);
    values.into_iter().chain(characters)
}

/// The least number of characters to change, to add and to take away, at most as many as there are.
fn character_errors(truth: &[String], read: &[String]) -> (usize, usize) {
    let (mut wrong, mut all) = (0, 0);
    for (index, line) in truth.iter().enumerate() {
        let length = line.chars().count();
        let read = read.get(index).map_or("", String::as_str);
        wrong += edit_distance(line, read).min(length);
        all += length;
    }
    (wrong, all)
}

/// For each word of the truth whether it is missing from what was read.
fn missing_words(side: &MeasuredSide) -> Vec<bool> {
    let mut read: BTreeMap<&str, usize> = BTreeMap::new();
    for word in side.reading.lines.iter().flat_map(|line| line.text.split_whitespace()) {
        *read.entry(word).or_default() += 1;
    }
    let words = side.truth.text.iter().flat_map(|text| text.split_whitespace());
    words
        .map(|word| match read.get_mut(word) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        })
        .collect()
}
