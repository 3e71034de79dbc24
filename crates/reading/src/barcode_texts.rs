//! What national identity cards hold in their PDF417 that follow no standard: the yellow cédula of Colombia
//! and the DNI of Argentina. Their issuers publish no layout; these are as several independent readers of
//! such cards have them, and as texts of such cards in public are.
//!
//! Nothing here has a check digit: an altered number or name is undetectable, and so is another possible
//! date. What is no date, sex or number is no such text at all.

use verax_domain::document_reading::{DocumentField, DocumentSide, ReadValue};

use crate::aamva::barcode_value;
use crate::mrz::days_of;

/// Which card a text is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarcodeLayout {
    ColombianCedula,
    ArgentineDni,
}

/// The values of a card.
#[derive(Debug, Clone, PartialEq)]
pub struct BarcodeText {
    pub layout: BarcodeLayout,
    /// At most one of each field, without corners. A name with a letter that is not of the text's encoding
    /// (U+FFFD) has none.
    pub values: Vec<ReadValue>,
}

/// None where a text is of neither card.
pub fn parse(text: &str, side: DocumentSide) -> Option<BarcodeText> {
    colombian_cedula(text, side).or_else(|| argentine_dni(text, side))
}

/// Where the fields of the cédula stand behind the `P` of `PubDSK_`, in characters; each is filled with NUL.
const CEDULA_MARK: &str = "PubDSK_";
const CEDULA_NUMBER: std::ops::Range<usize> = 24..34;
const CEDULA_SURNAMES: [std::ops::Range<usize>; 2] = [34..57, 57..80];
const CEDULA_GIVEN_NAMES: [std::ops::Range<usize>; 2] = [80..103, 103..126];
/// A `0`, the sex, and the date of birth as `YYYYMMDD`.
const CEDULA_SEX: usize = 127;
const CEDULA_BIRTH: std::ops::Range<usize> = 128..136;

fn colombian_cedula(text: &str, side: DocumentSide) -> Option<BarcodeText> {
    let start = text.find(CEDULA_MARK)?;
    let fields: Vec<char> = text.get(start..)?.chars().take(CEDULA_BIRTH.end).collect();
    let field = |range: std::ops::Range<usize>| -> Option<String> {
        let text: String = fields.get(range)?.iter().collect();
        Some(text.trim_matches(|it| it == '\0' || it == ' ').to_owned())
    };
    let number = field(CEDULA_NUMBER).filter(|it| is_digits(it))?;
    let sex = fields.get(CEDULA_SEX).filter(|it| matches!(it, 'M' | 'F'))?.to_string();
    let birth = field(CEDULA_BIRTH).filter(|it| it.len() == 8)?;
    let birth_date = date(birth.get(..4)?, birth.get(4..6)?, birth.get(6..)?)?;
    let names = |parts: [std::ops::Range<usize>; 2]| -> Option<String> {
        let parts: Option<Vec<String>> = parts.into_iter().map(field).collect();
        Some(parts?.join(" ").trim().to_owned())
    };
    let (surname, given) = (names(CEDULA_SURNAMES)?, names(CEDULA_GIVEN_NAMES)?);
    let value = |field, text: &str, value: String| barcode_value(field, side, text, value);
    let number_value = number.trim_start_matches('0').to_owned();
    let values = [
        value(DocumentField::DocumentNumber, &number, number_value),
        name(DocumentField::Surname, side, &surname),
        name(DocumentField::GivenNames, side, &given),
        value(DocumentField::BirthDate, &birth, birth_date),
        value(DocumentField::Sex, &sex, sex.clone()),
    ];
    let values = values.into_iter().flatten().collect();
    Some(BarcodeText { layout: BarcodeLayout::ColombianCedula, values })
}

/// Where the fields of a DNI stand among those between `@`.
struct DniFields {
    number: usize,
    surname: usize,
    given: usize,
    sex: usize,
    birth: usize,
    issue: usize,
    expiry: Option<usize>,
}

/// The card since 2012: `NUMBER OF THE REQUEST@SURNAME@NAMES@SEX@DNI@COPY@BIRTH@ISSUE`, and since about 2015
/// one field more.
const DNI: DniFields =
    DniFields { number: 4, surname: 1, given: 2, sex: 3, birth: 6, issue: 7, expiry: None };

/// Before: `@DNI@COPY@1@SURNAME@NAMES@NATIONALITY@BIRTH@SEX@ISSUE@NUMBER OF THE REQUEST@OFFICE@EXPIRY@…`.
const DNI_OF_2009: DniFields =
    DniFields { number: 1, surname: 4, given: 5, sex: 8, birth: 7, issue: 9, expiry: Some(12) };

fn argentine_dni(text: &str, side: DocumentSide) -> Option<BarcodeText> {
    let parts: Vec<&str> = text.split('@').map(str::trim).take(20).collect();
    let fields = match parts.len() {
        8 | 9 if is_digits(parts[0]) => DNI,
        13.. if parts[0].is_empty() => DNI_OF_2009,
        _ => return None,
    };
    let part = |at: usize| parts.get(at).copied().filter(|it| !it.is_empty());
    let number = part(fields.number).filter(|it| is_digits(it) && (6..=8).contains(&it.len()))?;
    let sex = part(fields.sex).filter(|it| matches!(*it, "M" | "F" | "X"))?;
    let value = |field, text: &str, value: String| barcode_value(field, side, text, value);
    let day = |field, at: usize| value(field, part(at)?, slashed_date(part(at)?)?);
    let birth = day(DocumentField::BirthDate, fields.birth)?;
    let number_value = number.trim_start_matches('0').to_owned();
    let values = [
        value(DocumentField::DocumentNumber, number, number_value),
        part(fields.surname).and_then(|it| name(DocumentField::Surname, side, it)),
        part(fields.given).and_then(|it| name(DocumentField::GivenNames, side, it)),
        Some(birth),
        fields.expiry.and_then(|at| day(DocumentField::ExpirationDate, at)),
        day(DocumentField::IssueDate, fields.issue),
        value(DocumentField::Sex, sex, sex.to_owned()),
    ];
    let values = values.into_iter().flatten().collect();
    Some(BarcodeText { layout: BarcodeLayout::ArgentineDni, values })
}

fn name(field: DocumentField, side: DocumentSide, text: &str) -> Option<ReadValue> {
    let words: Vec<&str> = text.split_whitespace().collect();
    barcode_value(field, side, text, words.join(" ").to_uppercase())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// `DD/MM/YYYY`.
fn slashed_date(text: &str) -> Option<String> {
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    date(year, month, day)
}

fn date(year: &str, month: &str, day: &str) -> Option<String> {
    let is_form = year.len() == 4 && month.len() == 2 && day.len() == 2;
    if !is_form || ![year, month, day].into_iter().all(is_digits) {
        return None;
    }
    let days = days_of(year.parse().ok()?, month.parse().ok()?);
    let is_day = (1..=days).contains(&day.parse().ok()?) && ("1850".."2101").contains(&year);
    is_day.then(|| format!("{year}-{month}-{day}"))
}
