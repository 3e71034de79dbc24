//! How well documents are read: what was read beside what stands there.

use std::collections::BTreeMap;

use verax_domain::document_reading::{MrzReading, SideReading};
use verax_vision::document::weights::MeasuredRate;

use crate::rates::measured_share;

/// What stands on one side of a document. What is not known of it is not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideTruth {
    /// Images of one source err together: a document, or who photographed it.
    pub source: String,
    /// Its machine-readable zone, from the top; empty where it has none.
    pub zone: Vec<String>,
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

    fn zone_lines(&self) -> &[String] {
        self.reading.mrz.as_ref().map_or(&[], |zone| &zone.lines)
    }

    fn is_called_valid(&self) -> bool {
        self.reading.mrz.as_ref().is_some_and(MrzReading::is_valid)
    }

    /// For each character of the zone whether it was read wrongly: as many as must be changed.
    fn zone_characters(&self) -> impl Iterator<Item = bool> {
        let (wrong, all) = character_errors(&self.truth.zone, self.zone_lines());
        (0..all).map(move |index| index < wrong)
    }

    fn barcode_texts(&self) -> impl Iterator<Item = &str> {
        self.reading.barcodes.iter().map(|barcode| barcode.text.as_str())
    }
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
    ];
    rates.into_iter().flatten().collect()
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

/// V. I. Levenshtein (1966), by rows.
pub fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (deleted, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = deleted + 1;
        for (index, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[index + 1];
            row[index + 1] = replaced.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
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
