//! Where what stands in a zone: one table, by ICAO 9303 parts 4 to 7, and of the French card that it does not
//! have.

use verax_domain::document_reading::{DocumentField, MrzFormat};

/// A part of a line: its number from 0, its first position from 0, and the position after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub line: usize,
    pub from: usize,
    pub to: usize,
}

/// What may stand at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characters {
    /// Letters and fillers.
    Letters,
    /// Digits and fillers.
    Digits,
    /// Letters, digits and fillers.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Code,
    Issuer,
    /// Surname and given names; the surname alone where `GivenNames` have a place of their own.
    Names,
    GivenNames,
    Number,
    Nationality,
    Birth,
    Sex,
    Expiry,
    /// With a check digit of its own: TD3 alone.
    Personal,
    Optional,
}

impl Content {
    /// What a check digit of it is for.
    pub fn field(self) -> Option<DocumentField> {
        match self {
            Content::Number => Some(DocumentField::DocumentNumber),
            Content::Birth => Some(DocumentField::BirthDate),
            Content::Expiry => Some(DocumentField::ExpirationDate),
            Content::Personal => Some(DocumentField::PersonalNumber),
            _ => None,
        }
    }

    pub fn characters(self) -> Characters {
        match self {
            Content::Code
            | Content::Issuer
            | Content::Names
            | Content::GivenNames
            | Content::Nationality
            | Content::Sex => Characters::Letters,
            Content::Birth | Content::Expiry => Characters::Digits,
            Content::Number | Content::Personal | Content::Optional => Characters::Any,
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub content: Content,
    pub span: Span,
    /// Where its check digit stands in its line.
    pub check_at: Option<usize>,
}

#[derive(Debug)]
pub struct Layout {
    pub format: MrzFormat,
    pub line_count: usize,
    pub width: usize,
    pub fields: &'static [Field],
    /// The part of each line where fillers stand in a row, and so where a reader loses or doubles some.
    pub runs: &'static [Span],
    /// What the composite check digit is over, in order; none where the format has no such digit.
    pub composite: &'static [Span],
    /// The line and position of the composite check digit.
    pub composite_at: Option<(usize, usize)>,
    /// Where a document number goes on that is longer than its nine positions.
    pub number_goes_on: Option<Span>,
}

impl Layout {
    pub fn field(&self, content: Content) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.content == content)
    }

    /// The line of the date of birth: what it holds is told apart best from other print.
    pub fn dates_line(&self) -> usize {
        self.field(Content::Birth).map_or(0, |field| field.span.line)
    }
}

const fn span(line: usize, from: usize, to: usize) -> Span {
    Span { line, from, to }
}

const fn plain(content: Content, line: usize, from: usize, to: usize) -> Field {
    Field { content, span: span(line, from, to), check_at: None }
}

/// With its check digit right behind it.
const fn checked(content: Content, line: usize, from: usize, to: usize) -> Field {
    Field { content, span: span(line, from, to), check_at: Some(to) }
}

pub static LAYOUTS: &[Layout] = &[
    Layout {
        format: MrzFormat::Td1,
        line_count: 3,
        width: 30,
        fields: &[
            plain(Content::Code, 0, 0, 2),
            plain(Content::Issuer, 0, 2, 5),
            checked(Content::Number, 0, 5, 14),
            plain(Content::Optional, 0, 15, 30),
            checked(Content::Birth, 1, 0, 6),
            plain(Content::Sex, 1, 7, 8),
            checked(Content::Expiry, 1, 8, 14),
            plain(Content::Nationality, 1, 15, 18),
            plain(Content::Optional, 1, 18, 29),
            plain(Content::Names, 2, 0, 30),
        ],
        runs: &[span(0, 15, 30), span(1, 18, 29), span(2, 0, 30)],
        composite: &[span(0, 5, 30), span(1, 0, 7), span(1, 8, 15), span(1, 18, 29)],
        composite_at: Some((1, 29)),
        number_goes_on: Some(span(0, 15, 30)),
    },
    Layout {
        format: MrzFormat::Td2,
        line_count: 2,
        width: 36,
        fields: &[
            plain(Content::Code, 0, 0, 2),
            plain(Content::Issuer, 0, 2, 5),
            plain(Content::Names, 0, 5, 36),
            checked(Content::Number, 1, 0, 9),
            plain(Content::Nationality, 1, 10, 13),
            checked(Content::Birth, 1, 13, 19),
            plain(Content::Sex, 1, 20, 21),
            checked(Content::Expiry, 1, 21, 27),
            plain(Content::Optional, 1, 28, 35),
        ],
        runs: &[span(0, 5, 36), span(1, 28, 35)],
        composite: &[span(1, 0, 10), span(1, 13, 20), span(1, 21, 35)],
        composite_at: Some((1, 35)),
        number_goes_on: Some(span(1, 28, 35)),
    },
    Layout {
        format: MrzFormat::Td3,
        line_count: 2,
        width: 44,
        fields: &[
            plain(Content::Code, 0, 0, 2),
            plain(Content::Issuer, 0, 2, 5),
            plain(Content::Names, 0, 5, 44),
            checked(Content::Number, 1, 0, 9),
            plain(Content::Nationality, 1, 10, 13),
            checked(Content::Birth, 1, 13, 19),
            plain(Content::Sex, 1, 20, 21),
            checked(Content::Expiry, 1, 21, 27),
            checked(Content::Personal, 1, 28, 42),
        ],
        runs: &[span(0, 5, 44), span(1, 28, 42)],
        composite: &[span(1, 0, 10), span(1, 13, 20), span(1, 21, 43)],
        composite_at: Some((1, 43)),
        number_goes_on: None,
    },
    Layout {
        format: MrzFormat::MrvA,
        line_count: 2,
        width: 44,
        fields: &[
            plain(Content::Code, 0, 0, 2),
            plain(Content::Issuer, 0, 2, 5),
            plain(Content::Names, 0, 5, 44),
            checked(Content::Number, 1, 0, 9),
            plain(Content::Nationality, 1, 10, 13),
            checked(Content::Birth, 1, 13, 19),
            plain(Content::Sex, 1, 20, 21),
            checked(Content::Expiry, 1, 21, 27),
            plain(Content::Optional, 1, 28, 44),
        ],
        runs: &[span(0, 5, 44), span(1, 28, 44)],
        composite: &[],
        composite_at: None,
        number_goes_on: None,
    },
    Layout {
        format: MrzFormat::MrvB,
        line_count: 2,
        width: 36,
        fields: &[
            plain(Content::Code, 0, 0, 2),
            plain(Content::Issuer, 0, 2, 5),
            plain(Content::Names, 0, 5, 36),
            checked(Content::Number, 1, 0, 9),
            plain(Content::Nationality, 1, 10, 13),
            checked(Content::Birth, 1, 13, 19),
            plain(Content::Sex, 1, 20, 21),
            checked(Content::Expiry, 1, 21, 27),
            plain(Content::Optional, 1, 28, 36),
        ],
        runs: &[span(0, 5, 36), span(1, 28, 36)],
        composite: &[],
        composite_at: None,
        number_goes_on: None,
    },
    // Its composite digit is over all that stands before it, names too. Behind the surname some cards have the
    // department and the office, others fillers.
    Layout {
        format: MrzFormat::IdFra,
        line_count: 2,
        width: 36,
        fields: &[
            plain(Content::Code, 0, 0, 2),
            plain(Content::Issuer, 0, 2, 5),
            plain(Content::Names, 0, 5, 30),
            plain(Content::Optional, 0, 30, 36),
            checked(Content::Number, 1, 0, 12),
            plain(Content::GivenNames, 1, 13, 27),
            checked(Content::Birth, 1, 27, 33),
            plain(Content::Sex, 1, 34, 35),
        ],
        runs: &[span(0, 5, 30), span(1, 13, 27)],
        composite: &[span(0, 0, 36), span(1, 0, 35)],
        composite_at: Some((1, 35)),
        number_goes_on: None,
    },
];

/// Where an issuer prints a number of the person into optional data: the issuer, the format and the part.
/// Only issuers whose layout is public; the optional data of others have no value.
///
/// Not here, although their cards have a national number with a check digit:
/// - Mexico's credential for voting: its zone has the numbers of the credential and of the register of voters; the
///   CURP is printed alone.
/// - Brazil, Chile, Ecuador, Uruguay: no publication of the issuer that says where it stands, or whether it does. A
///   wrong place would call the numbers of genuine cards wrong. The printed number is checked.
pub const PERSONAL_NUMBERS: &[(&str, MrzFormat, Span)] = &[
    // The national number (11 digits) of Belgium.
    ("BEL", MrzFormat::Td1, span(1, 18, 29)),
    // The NUIP of Colombia's card of 2020.
    ("COL", MrzFormat::Td1, span(1, 18, 29)),
    // The DNI of Spain; the document number is that of the card.
    ("ESP", MrzFormat::Td1, span(0, 15, 30)),
    // The isikukood of Estonia.
    ("EST", MrzFormat::Td1, span(0, 15, 30)),
];
