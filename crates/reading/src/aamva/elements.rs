//! The data elements of AAMVA's standards, version 01 (2000) to 10 (2020): one table.

/// What an element is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Number,
    Surname,
    /// The first of the given names.
    FirstName,
    MiddleNames,
    /// All given names in one.
    GivenNames,
    /// `SURNAME,FIRST,MIDDLE`.
    FullName,
    BirthDate,
    ExpirationDate,
    IssueDate,
    Sex,
    Country,
    Street,
    SecondStreet,
    City,
    Jurisdiction,
    PostalCode,
    SurnameCut,
    FirstNameCut,
    MiddleNamesCut,
    /// It has a name, and no value is made of it.
    Other,
}

/// What shows that an element is not as it was printed. Nothing else does: the standard has no check digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Any other text is as good.
    None,
    /// It must be a day of the calendar from 1900 to 2100, and birth, issue and expiry must follow each
    /// other. Another such day is as good.
    Date,
    /// It must be one of a few codes. Another one is as good.
    Code,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct ElementRow {
    pub id: &'static str,
    pub meaning: Meaning,
    pub evidence: Evidence,
    /// How long it always is: where it is longer, a terminator is missing behind it.
    pub width: Option<usize>,
    /// Whether every card of version 04 and later has it.
    pub is_mandatory: bool,
}

pub fn element(id: &str) -> Option<&'static ElementRow> {
    ELEMENTS.iter().find(|row| row.id == id)
}

const fn text(id: &'static str, meaning: Meaning) -> ElementRow {
    ElementRow { id, meaning, evidence: Evidence::None, width: None, is_mandatory: false }
}

const fn mandatory(row: ElementRow) -> ElementRow {
    ElementRow { is_mandatory: true, ..row }
}

const fn date(id: &'static str, meaning: Meaning) -> ElementRow {
    ElementRow { id, meaning, evidence: Evidence::Date, width: Some(8), is_mandatory: false }
}

const fn code(id: &'static str, meaning: Meaning, width: usize) -> ElementRow {
    ElementRow { id, meaning, evidence: Evidence::Code, width: Some(width), is_mandatory: false }
}

const fn fixed(id: &'static str, meaning: Meaning, width: usize) -> ElementRow {
    ElementRow { id, meaning, evidence: Evidence::None, width: Some(width), is_mandatory: false }
}

const fn other(id: &'static str) -> ElementRow {
    text(id, Meaning::Other)
}

pub const ELEMENTS: &[ElementRow] = &[
    mandatory(text("DAQ", Meaning::Number)),
    // Names. Version 01: DAA, or DAB, DAC and DAD; 02 and 03: DCS and DCT; since 04: DCS, DAC and DAD.
    mandatory(text("DCS", Meaning::Surname)),
    text("DAB", Meaning::Surname),
    mandatory(text("DAC", Meaning::FirstName)),
    text("DAD", Meaning::MiddleNames),
    text("DCT", Meaning::GivenNames),
    text("DAA", Meaning::FullName),
    code("DDE", Meaning::SurnameCut, 1),
    code("DDF", Meaning::FirstNameCut, 1),
    code("DDG", Meaning::MiddleNamesCut, 1),
    mandatory(date("DBB", Meaning::BirthDate)),
    mandatory(date("DBA", Meaning::ExpirationDate)),
    mandatory(date("DBD", Meaning::IssueDate)),
    mandatory(code("DBC", Meaning::Sex, 1)),
    mandatory(code("DCG", Meaning::Country, 3)),
    // The address. Version 01 has that of the residence as well.
    mandatory(text("DAG", Meaning::Street)),
    text("DAH", Meaning::SecondStreet),
    mandatory(text("DAI", Meaning::City)),
    mandatory(fixed("DAJ", Meaning::Jurisdiction, 2)),
    mandatory(text("DAK", Meaning::PostalCode)),
    text("DAL", Meaning::Street),
    text("DAM", Meaning::SecondStreet),
    text("DAN", Meaning::City),
    fixed("DAO", Meaning::Jurisdiction, 2),
    text("DAP", Meaning::PostalCode),
    // Suffixes and prefixes of names, other names.
    other("DAE"),
    other("DAF"),
    other("DBN"),
    other("DBG"),
    other("DBS"),
    other("DCU"),
    // The holder's body.
    other("DAU"),
    other("DAV"),
    other("DAW"),
    other("DAX"),
    fixed("DAY", Meaning::Other, 3),
    fixed("DAZ", Meaning::Other, 3),
    other("DCE"),
    other("DCI"),
    other("DCL"),
    // What may be driven. Version 01: DAR, DAS and DAT.
    other("DAR"),
    other("DAS"),
    other("DAT"),
    other("DCA"),
    other("DCB"),
    other("DCD"),
    other("DCM"),
    other("DCN"),
    other("DCO"),
    other("DCP"),
    other("DCQ"),
    other("DCR"),
    // The card.
    other("DCF"),
    other("DCH"),
    other("DCJ"),
    other("DCK"),
    fixed("DDA", Meaning::Other, 1),
    fixed("DDB", Meaning::Other, 8),
    fixed("DDC", Meaning::Other, 8),
    fixed("DDD", Meaning::Other, 1),
    fixed("DDH", Meaning::Other, 8),
    fixed("DDI", Meaning::Other, 8),
    fixed("DDJ", Meaning::Other, 8),
    fixed("DDK", Meaning::Other, 1),
    fixed("DDL", Meaning::Other, 1),
];
