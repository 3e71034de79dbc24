//! Numbers of documents: the card's and the holder's.

use super::comparing::Comparison;
use crate::document_layouts::DocumentLayout;
use crate::document_reading::{DocumentField, ReadValue};
use crate::national_numbers;

impl Comparison<'_> {
    /// Whether two document numbers are one: the print may show the holder's, which the zone has beside the
    /// card's, or the zone's with its national check digit.
    pub fn are_one_number(&self, one: &ReadValue, other: &ReadValue) -> bool {
        let has_beside = |shown: &ReadValue, place: &ReadValue| {
            let mut beside = self.all().filter(|it| it.field == DocumentField::PersonalNumber);
            shown.source != place.source
                && beside.any(|it| it.source == place.source && it.value == shown.value)
        };
        let is_longer = |long: &str, short: &str| {
            let digit = long.strip_prefix(short).filter(|digit| digit.len() == 1);
            digit.is_some() && self.has_right_check_digit(long)
        };
        has_beside(one, other)
            || has_beside(other, one)
            || is_longer(&one.value, &other.value)
            || is_longer(&other.value, &one.value)
    }

    /// Whether a number is that of the holder, on a card whose own is another.
    pub fn is_holders_number(&self, number: &str) -> bool {
        let layout = DocumentLayout::recognise(self.sides);
        let field = layout.and_then(|layout| layout.national_number);
        field == Some(DocumentField::PersonalNumber) && self.has_right_check_digit(number)
    }

    fn has_right_check_digit(&self, number: &str) -> bool {
        let country = self.facts.country.as_deref().unwrap_or_default();
        national_numbers::check(country, number).is_some_and(|it| it.is_right)
    }
}
