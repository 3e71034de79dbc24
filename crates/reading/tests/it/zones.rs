//! Zones made from fields, and as a reader of text gives them.

use proptest::prelude::*;
use verax_domain::document_reading::{DocumentField, DocumentSide, MrzFormat, TextLine};
use verax_reading::mrz::{FoundMrz, find};

pub const TODAY_YEAR: u16 = 2026;

/// What a zone is made from. Fields are as they stand in the zone, without fillers at their ends.
#[derive(Debug, Clone)]
pub struct ZoneFields {
    pub format: MrzFormat,
    pub code: String,
    pub issuer: String,
    pub number: String,
    pub nationality: String,
    pub birth: String,
    pub sex: String,
    pub expiry: String,
    /// The personal number of TD3; of TD1 that of its first line.
    pub optional: String,
    /// That of TD1's second line.
    pub second_optional: String,
    pub surname: String,
    pub given: String,
}

/// The sum of ICAO 9303, written once more.
pub fn digit(text: &str) -> char {
    let value = |it: char| if it == '<' { 0 } else { it.to_digit(36).expect("a letter or digit") };
    let sum: u32 = text.chars().zip([7, 3, 1].iter().cycle()).map(|(it, by)| value(it) * by).sum();
    char::from_digit(sum % 10, 10).expect("below 10")
}

fn pad(text: &str, width: usize) -> String {
    assert!(text.len() <= width, "{text} is longer than {width}");
    format!("{text:<<width$}")
}

impl ZoneFields {
    pub fn lines(&self) -> Vec<String> {
        let names = if self.given.is_empty() {
            self.surname.clone()
        } else {
            format!("{}<<{}", self.surname, self.given)
        };
        let head = format!("{}{}", pad(&self.code, 2), pad(&self.issuer, 3));
        let nationality = pad(&self.nationality, 3);
        let birth = format!("{}{}", self.birth, digit(&self.birth));
        let expiry = format!("{}{}", self.expiry, digit(&self.expiry));
        let number = pad(&self.number[..self.number.len().min(9)], 9);
        let (number, goes_on) = if self.number.len() > 9 {
            let rest = format!("{}{}", &self.number[9..], digit(&self.number));
            (format!("{number}<"), format!("{rest}<"))
        } else {
            (format!("{number}{}", digit(&number)), String::new())
        };
        let optional = format!("{goes_on}{}", self.optional);
        let sex = pad(&self.sex, 1);
        match self.format {
            MrzFormat::Td1 => {
                let first = format!("{head}{number}{}", pad(&optional, 15));
                let second = pad(&self.second_optional, 11);
                let composite = digit(&format!("{}{birth}{expiry}{second}", &first[5..]));
                let second = format!("{birth}{sex}{expiry}{nationality}{second}{composite}");
                vec![first, second, pad(&names, 30)]
            }
            MrzFormat::Td2 => {
                let optional = pad(&optional, 7);
                let composite = digit(&format!("{number}{birth}{expiry}{optional}"));
                let second =
                    format!("{number}{nationality}{birth}{sex}{expiry}{optional}{composite}");
                vec![format!("{head}{}", pad(&names, 31)), second]
            }
            MrzFormat::Td3 => {
                let personal = pad(&optional, 14);
                let personal = format!("{personal}{}", digit(&personal));
                let composite = digit(&format!("{number}{birth}{expiry}{personal}"));
                let second =
                    format!("{number}{nationality}{birth}{sex}{expiry}{personal}{composite}");
                vec![format!("{head}{}", pad(&names, 39)), second]
            }
            MrzFormat::IdFra => {
                let first = format!("{head}{}{}", pad(&self.surname, 25), pad(&self.optional, 6));
                let number = pad(&self.number, 12);
                let given = pad(&self.given, 14);
                let second = format!("{number}{}{given}{birth}{sex}", digit(&number));
                let composite = digit(&format!("{first}{second}"));
                vec![first, format!("{second}{composite}")]
            }
            MrzFormat::MrvA | MrzFormat::MrvB => {
                let width = if self.format == MrzFormat::MrvA { 44 } else { 36 };
                let start = format!("{number}{nationality}{birth}{sex}{expiry}");
                let second = format!("{start}{}", pad(&optional, width - start.len()));
                vec![format!("{head}{}", pad(&names, width - 5)), second]
            }
        }
    }

    /// Where each field with a check digit stands: line, first position, the position of its digit.
    pub fn checked(&self) -> Vec<(DocumentField, usize, usize, usize)> {
        if self.format == MrzFormat::IdFra {
            return vec![
                (DocumentField::DocumentNumber, 1, 0, 12),
                (DocumentField::BirthDate, 1, 27, 33),
            ];
        }
        let (number, birth, expiry) = match self.format {
            MrzFormat::Td1 => ((0, 5), (1, 0), (1, 8)),
            _ => ((1, 0), (1, 13), (1, 21)),
        };
        let mut fields = vec![
            (DocumentField::DocumentNumber, number.0, number.1, number.1 + 9),
            (DocumentField::BirthDate, birth.0, birth.1, birth.1 + 6),
            (DocumentField::ExpirationDate, expiry.0, expiry.1, expiry.1 + 6),
        ];
        if self.format == MrzFormat::Td3 {
            fields.push((DocumentField::PersonalNumber, 1, 28, 42));
        }
        fields
    }
}

/// Lines of print, 20 pixels high, one below the other, as wide as their text is long.
pub fn text_lines<T: AsRef<str>>(lines: &[T]) -> Vec<TextLine> {
    let mut text_lines = Vec::new();
    for (at, text) in lines.iter().enumerate() {
        let top = 100.0 + 40.0 * at as f32;
        let right = 50.0 + 10.0 * text.as_ref().chars().count() as f32;
        text_lines.push(TextLine {
            text: text.as_ref().to_owned(),
            corners: [(50.0, top), (right, top), (right, top + 20.0), (50.0, top + 20.0)],
            confidence: 0.9,
        });
    }
    text_lines
}

pub fn find_in<T: AsRef<str>>(lines: &[T]) -> Option<FoundMrz> {
    find(&text_lines(lines), DocumentSide::Front, TODAY_YEAR)
}

/// A passport of nobody.
pub fn passport(number: &str, personal: &str) -> ZoneFields {
    ZoneFields {
        format: MrzFormat::Td3,
        code: "P".to_owned(),
        issuer: "UTO".to_owned(),
        number: number.to_owned(),
        nationality: "UTO".to_owned(),
        birth: "740812".to_owned(),
        sex: "F".to_owned(),
        expiry: "300415".to_owned(),
        optional: personal.to_owned(),
        second_optional: String::new(),
        surname: "ERIKSSON".to_owned(),
        given: "ANNA<MARIA".to_owned(),
    }
}

/// All that a zone says, a line each.
pub fn told(found: &FoundMrz) -> String {
    let mut told = format!("{:?} {}", found.reading.format, found.reading.document_code);
    for digit in &found.reading.check_digits {
        told += &format!("\n{:?}: {:?}", digit.field, digit.result);
    }
    for value in &found.values {
        told += &format!("\n{:?} {} = {}", value.field, value.text, value.value);
    }
    told
}

pub fn value(found: &FoundMrz, field: DocumentField) -> Option<&str> {
    found.values.iter().find(|it| it.field == field).map(|it| it.value.as_str())
}

fn date(years: std::ops::Range<u32>) -> impl Strategy<Value = String> {
    (years, 1..=12u32, 1..=28u32).prop_map(|(y, m, d)| format!("{:02}{m:02}{d:02}", y % 100))
}

fn names() -> impl Strategy<Value = String> {
    prop::collection::vec("[A-Z]{2,6}", 1..3).prop_map(|words| words.join("<"))
}

pub fn formats() -> impl Strategy<Value = MrzFormat> {
    prop::sample::select(vec![
        MrzFormat::Td1,
        MrzFormat::Td2,
        MrzFormat::Td3,
        MrzFormat::MrvA,
        MrzFormat::MrvB,
        MrzFormat::IdFra,
    ])
}

/// Valid zones of all formats. No number ends in `K`, which may be a filler that was misread.
pub fn zones() -> impl Strategy<Value = ZoneFields> {
    let states = || prop::sample::select(vec!["UTO", "D", "ESP", "COL", "PER", "USA", "FRA"]);
    let number = "[A-Z0-9]{0,8}[A-JL-Z0-9]";
    let optional = prop_oneof![2 => Just(String::new()), 1 => "[A-Z0-9]{1,5}[A-JL-Z0-9]"];
    let people = (names(), prop_oneof![4 => names(), 1 => Just(String::new())]);
    (
        (formats(), states(), states(), number, optional.clone(), optional),
        (date(1927..2026), prop::sample::select(vec!["M", "F", "<"]), date(1980..2070)),
        people,
    )
        .prop_map(|(document, (birth, sex, expiry), (surname, given))| {
            let (format, issuer, nationality, number, optional, second_optional) = document;
            let is_french = format == MrzFormat::IdFra;
            let issuer = if is_french { "FRA" } else { issuer };
            let code = match format {
                MrzFormat::IdFra => "ID",
                MrzFormat::Td1 | MrzFormat::Td2 => "I",
                MrzFormat::Td3 => "P",
                MrzFormat::MrvA | MrzFormat::MrvB => "V",
            };
            ZoneFields {
                format,
                code: code.to_owned(),
                issuer: issuer.to_owned(),
                // Digits and letters alike, and twelve of them.
                number: if is_french { format!("{number:0>12}") } else { number },
                nationality: nationality.to_owned(),
                birth,
                sex: sex.to_owned(),
                expiry,
                optional,
                second_optional: if format == MrzFormat::Td1 {
                    second_optional
                } else {
                    String::new()
                },
                surname,
                given,
            }
        })
}
