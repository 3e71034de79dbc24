//! The barcode of driver's licences and identity cards of the US and Canada, by AAMVA's card design
//! standards, version 01 (2000) to 10 (2020). Later versions are read as 10.
//!
//! # What such a text proves
//!
//! There are no check digits. The barcode's error correction (Reed-Solomon) protects it as a whole: what was
//! read is what was printed. Whether it was printed by the issuer, or altered before, is not in the text.
//! `Evidence` names for each element what an altered character can meet: an impossible date, dates out of
//! order, or a code that is none. An altered number, name or address is undetectable here; so is another
//! possible date.

mod elements;
mod issuers;
mod records;

use verax_domain::document_reading::{DocumentField, DocumentSide, ReadValue, ValueSource};

use crate::mrz::days_of;

pub use elements::{ELEMENTS, ElementRow, Evidence, Meaning};
pub use issuers::{Issuer, issuer};
pub use records::Element;

use elements::element;
use records::{Record, record};

/// What a barcode of the standard holds.
#[derive(Debug, Clone, PartialEq)]
pub struct AamvaReading {
    /// Of the card design standard: 1 to 10, or a later one.
    pub version: u8,
    /// Six digits.
    pub issuer_number: String,
    /// None where the number is not one of those that AAMVA publishes.
    pub issuer: Option<Issuer>,
    /// None where the card does not say whether it is a licence or an identity card.
    pub is_licence: Option<bool>,
    /// As on the card, in its order; those of jurisdictions (`Z…`) too.
    pub elements: Vec<Element>,
    /// At most one of each field, without corners.
    pub values: Vec<ReadValue>,
    /// Whether names were cut to fit, where the card says so.
    pub surname_is_cut: Option<bool>,
    pub given_names_are_cut: Option<bool>,
    pub problems: Vec<AamvaProblem>,
}

/// What of a text cannot be as it was printed, or cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AamvaProblem {
    /// An element that must be a date is none; it has no value.
    NoDate(String),
    /// An element that must be one of a few codes is none of them; it has no value.
    NoCode(String),
    /// Birth, issue and expiry do not follow each other.
    DatesOutOfOrder,
    /// The card's country is not that of its issuer.
    CountriesDiffer,
    /// An element is there twice with different texts; it has no value.
    Twice(String),
    /// A terminator is missing inside of this element, which has no value.
    NoTerminator(String),
}

impl AamvaReading {
    /// The dates of eight digits that are no days in any order.
    pub fn impossible_dates(&self) -> Vec<DocumentField> {
        let field = |problem: &AamvaProblem| {
            let AamvaProblem::NoDate(id) = problem else { return None };
            let text = &self.elements.iter().find(|it| it.id == *id)?.text;
            let field = date_field(element(id)?.meaning)?;
            day_digits(text).map(|_| field)
        };
        self.problems.iter().filter_map(field).collect()
    }
}

/// The text of a barcode, as AAMVA's standards have it. None where it has no header of theirs.
pub fn parse(text: &str, side: DocumentSide) -> Option<AamvaReading> {
    let record = record(text)?;
    let mut reader = Reader { problems: problems_of_form(&record), record: &record, side };
    let issuer = issuer(&record.issuer_number);
    let dates = reader.dates();
    let mut values = Vec::new();
    values.extend(reader.number());
    values.extend(reader.names());
    values.extend(dates);
    values.extend(reader.sex());
    values.extend(reader.country(issuer));
    values.extend(reader.address());
    let surname_is_cut = reader.is_cut(Meaning::SurnameCut);
    let first = reader.is_cut(Meaning::FirstNameCut);
    let middle = reader.is_cut(Meaning::MiddleNamesCut);
    let given_names_are_cut = match (first, middle) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    let problems = reader.problems;
    Some(AamvaReading {
        version: record.version,
        issuer,
        is_licence: is_licence(&record),
        surname_is_cut,
        given_names_are_cut,
        values,
        problems,
        issuer_number: record.issuer_number,
        elements: record.elements,
    })
}

fn is_licence(record: &Record) -> Option<bool> {
    let has = |kind: &str| record.subfiles.iter().any(|it| it == kind);
    match (has("DL"), has("ID")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Elements that are there twice, or that hold another one.
fn problems_of_form(record: &Record) -> Vec<AamvaProblem> {
    let mut problems = Vec::new();
    let is_there = |id: &str| record.elements.iter().any(|it| it.id == id);
    let missing: Vec<&str> = ELEMENTS
        .iter()
        .filter(|row| row.is_mandatory && !is_there(row.id))
        .map(|row| row.id)
        .collect();
    for (at, it) in record.elements.iter().enumerate() {
        let Some(row) = element(&it.id) else { continue };
        let earlier = record.elements[..at].iter().find(|earlier| earlier.id == it.id);
        if earlier.is_some_and(|earlier| earlier.text != it.text) {
            problems.push(AamvaProblem::Twice(it.id.clone()));
        }
        let inside = |id: &&&str| it.text.find(**id).is_some_and(|at| at > 0);
        if row.width.is_none() && missing.iter().find(inside).is_some() {
            problems.push(AamvaProblem::NoTerminator(it.id.clone()));
        }
    }
    problems
}

struct Reader<'a> {
    record: &'a Record,
    side: DocumentSide,
    problems: Vec<AamvaProblem>,
}

impl Reader<'_> {
    /// The first element of a meaning that says something, in the order of the table.
    fn element(&self, meaning: Meaning) -> Option<&Element> {
        let rows = ELEMENTS.iter().filter(|row| row.meaning == meaning);
        rows.filter_map(|row| self.record.elements.iter().find(|it| it.id == row.id))
            .find(|it| says_something(&it.text) && !self.is_in_doubt(&it.id))
    }

    fn is_in_doubt(&self, id: &str) -> bool {
        self.problems.iter().any(|problem| match problem {
            AamvaProblem::Twice(it) | AamvaProblem::NoTerminator(it) => it == id,
            _ => false,
        })
    }

    fn number(&self) -> Option<ReadValue> {
        let text = &self.element(Meaning::Number)?.text;
        let value: String = text.chars().filter(|it| it.is_alphanumeric()).collect();
        self.value(DocumentField::DocumentNumber, text, value.to_uppercase())
    }

    fn names(&self) -> Vec<ReadValue> {
        let text = |meaning| self.element(meaning).map(|it| it.text.as_str());
        let joined = |parts: [Option<&str>; 2]| -> Option<String> {
            let parts: Vec<&str> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        };
        let first = text(Meaning::FirstName);
        let given = match first {
            Some(_) => joined([first, text(Meaning::MiddleNames)]),
            None => text(Meaning::GivenNames).map(str::to_owned),
        };
        let surname = text(Meaning::Surname).map(str::to_owned);
        let mut values = Vec::new();
        if surname.is_some() || given.is_some() {
            values.extend(surname.and_then(|text| self.name(DocumentField::Surname, &text)));
            values.extend(given.and_then(|text| self.name(DocumentField::GivenNames, &text)));
            return values;
        }
        // Only commas tell which part is the surname.
        let Some(whole) = text(Meaning::FullName) else { return values };
        match whole.split_once(',') {
            Some((surname, given)) => {
                values.extend(self.name(DocumentField::Surname, surname));
                values.extend(self.name(DocumentField::GivenNames, given));
            }
            None => values.extend(self.name(DocumentField::FullName, whole)),
        }
        values
    }

    fn name(&self, field: DocumentField, text: &str) -> Option<ReadValue> {
        let words: Vec<&str> = text.split([' ', ',']).filter(|it| !it.is_empty()).collect();
        self.value(field, text, words.join(" ").to_uppercase())
    }

    fn dates(&mut self) -> Vec<ReadValue> {
        let mut values = Vec::new();
        for meaning in [Meaning::BirthDate, Meaning::ExpirationDate, Meaning::IssueDate] {
            let Some(field) = date_field(meaning) else { continue };
            let Some(element) = self.element(meaning) else { continue };
            match day(&element.text) {
                Some(value) => values.extend(self.value(field, &element.text, value)),
                // Cards that never expire.
                None if is_repeated(&element.text) => {}
                None => {
                    let problem = AamvaProblem::NoDate(element.id.clone());
                    self.problems.push(problem);
                }
            }
        }
        let of = |field| values.iter().find(|it| it.field == field).map(|it| it.value.as_str());
        let birth = of(DocumentField::BirthDate);
        let expiry = of(DocumentField::ExpirationDate);
        let issue = of(DocumentField::IssueDate);
        let is_after = |first: Option<&str>, second: Option<&str>| {
            first.zip(second).is_some_and(|(first, second)| first > second)
        };
        if is_after(birth, issue) || is_after(issue, expiry) || is_after(birth, expiry) {
            self.problems.push(AamvaProblem::DatesOutOfOrder);
        }
        values
    }

    fn sex(&mut self) -> Option<ReadValue> {
        let element = self.element(Meaning::Sex)?;
        let value = match element.text.as_str() {
            "1" | "M" | "m" => "M",
            "2" | "F" | "f" => "F",
            "9" | "X" | "x" => "X",
            _ => {
                let problem = AamvaProblem::NoCode(element.id.clone());
                self.problems.push(problem);
                return None;
            }
        };
        self.value(DocumentField::Sex, &element.text, value.to_owned())
    }

    /// The card's own country, or that of its issuer.
    fn country(&mut self, issuer: Option<Issuer>) -> Option<ReadValue> {
        let Some(element) = self.element(Meaning::Country) else {
            let country = issuer?.country.to_owned();
            let number = &self.record.issuer_number;
            return self.value(DocumentField::IssuingCountry, number, country);
        };
        let country = match element.text.to_uppercase().as_str() {
            "USA" | "US" => "USA",
            "CAN" | "CDN" => "CAN",
            "MEX" => "MEX",
            _ => {
                let problem = AamvaProblem::NoCode(element.id.clone());
                self.problems.push(problem);
                return None;
            }
        };
        let value = self.value(DocumentField::IssuingCountry, &element.text, country.to_owned());
        if issuer.is_some_and(|issuer| issuer.country != country) {
            self.problems.push(AamvaProblem::CountriesDiffer);
        }
        value
    }

    fn address(&self) -> Option<ReadValue> {
        let text = |meaning| self.element(meaning).map(|it| it.text.as_str());
        text(Meaning::Street)?;
        // Nine digits of a ZIP code, of which the last four are often filled with zeros.
        let postal = text(Meaning::PostalCode).map(|it| {
            let is_filled = it.len() == 9 && it.bytes().all(|it| it.is_ascii_digit());
            it.strip_suffix("0000").filter(|_| is_filled).unwrap_or(it)
        });
        let parts = [
            text(Meaning::Street),
            text(Meaning::SecondStreet),
            text(Meaning::City),
            text(Meaning::Jurisdiction),
            postal,
        ];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let text = parts.join(", ");
        let words: Vec<&str> = text.split_whitespace().collect();
        self.value(DocumentField::Address, &text, words.join(" ").to_uppercase())
    }

    fn is_cut(&self, meaning: Meaning) -> Option<bool> {
        match self.element(meaning)?.text.as_str() {
            "T" | "t" => Some(true),
            "N" | "n" => Some(false),
            _ => None,
        }
    }

    fn value(&self, field: DocumentField, text: &str, value: String) -> Option<ReadValue> {
        barcode_value(field, self.side, text, value)
    }
}

fn date_field(meaning: Meaning) -> Option<DocumentField> {
    match meaning {
        Meaning::BirthDate => Some(DocumentField::BirthDate),
        Meaning::ExpirationDate => Some(DocumentField::ExpirationDate),
        Meaning::IssueDate => Some(DocumentField::IssueDate),
        _ => None,
    }
}

/// A value of a barcode: without corners, and sure of its letters. None where it has characters that print
/// nothing or turn the direction of what is printed: no name is spelled so.
pub(crate) fn barcode_value(
    field: DocumentField,
    side: DocumentSide,
    text: &str,
    value: String,
) -> Option<ReadValue> {
    let prints = |it: char| {
        let is_mark = matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        !it.is_control() && !is_mark && it != char::REPLACEMENT_CHARACTER
    };
    (!value.is_empty() && value.chars().all(prints)).then(|| ReadValue {
        field,
        source: ValueSource::Barcode,
        side,
        text: text.to_owned(),
        value,
        corners: None,
        confidence: 1.0,
        check_digit: None,
    })
}

/// The standard's words for what a card does not hold.
fn says_something(text: &str) -> bool {
    let is_word = |word: &str| text.eq_ignore_ascii_case(word);
    !text.is_empty() && !["NONE", "UNAVL", "UNAVAIL", "UNK"].into_iter().any(is_word)
}

/// `00000000`, `99999999`.
fn is_repeated(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.first(), Some(b'0' | b'9')) && bytes.iter().all(|it| *it == bytes[0])
}

/// A date as `YYYY-MM-DD`: `MMDDCCYY` (the US since version 02) or `CCYYMMDD` (Canada, and version 01).
/// No text is a day from 1900 to 2100 in both orders: the one begins with a month, the other with 19 to 21.
/// So the order is taken from the text, as not every card has that of its version.
fn day(text: &str) -> Option<String> {
    let digits = day_digits(text)?;
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u16>().ok();
    let orders = [(part(0, 4)?, part(4, 6)?, part(6, 8)?), (part(4, 8)?, part(0, 2)?, part(2, 4)?)];
    let is_day = |&(year, month, day): &(u16, u16, u16)| {
        (1900..=2100).contains(&year) && day > 0 && day <= days_of(year, month)
    };
    let (year, month, day) = orders.into_iter().find(is_day)?;
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// The eight digits of a date, without what separates its parts.
fn day_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|it| !matches!(it, '/' | '-' | ' ')).collect();
    (digits.len() == 8 && digits.bytes().all(|it| it.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_day_in_both_orders() {
        assert_eq!(day("06062019").as_deref(), Some("2019-06-06"));
        assert_eq!(day("20190606").as_deref(), Some("2019-06-06"));
        assert_eq!(day("2019/06/06").as_deref(), Some("2019-06-06"));
        for text in ["13012019", "20191301", "02302019", "0606201", "06061819", "é6062019", ""] {
            assert_eq!(day(text), None, "{text}");
        }
        // A month is 1 to 12, and a century 19 to 21.
        for year in 1900..=2100 {
            assert_eq!(days_of(2000, year / 100), 0);
        }
    }
}
