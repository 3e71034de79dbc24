//! Documents of a demo that look as if they were read: specimens of Utopia, the country of nobody's passports.

use verax_domain::document_cross_checks::ReadingPolicy;
use verax_domain::document_reading::{
    CheckDigit, Corners, DocumentField, DocumentSide, MrzCheckDigit, MrzFormat, MrzReading,
    ReadValue, SideReading, TextLine, TextState, ValueSource,
};
use verax_domain::records::document_validation::{
    DocumentValidation, InputMethod, ReadDocument, ReadingOrder, ReadingPurpose,
};
use verax_domain::stored_reading::{NameMatch, StatedNames, StoredReading};
use verax_domain::{Record, Timestamp, id};

use crate::clock::Random;

const DAY_MS: i64 = 24 * 60 * 60_000;
/// How long reading took.
const READ_MS: i64 = 2_000;
/// The code that ICAO 9303 has for specimens.
const UTOPIA: &str = "UTO";
const GIVEN_NAMES: [&str; 6] = ["ANNA MARIA", "BRUNO", "CLARA", "DAVID", "ELENA", "FELIX"];
const SURNAMES: [&str; 5] = ["SPECIMEN", "SAMPLE", "MUSTER", "EJEMPLO", "EXEMPLE"];

/// What is the matter with a specimen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Nothing,
    /// The print has another date of birth than the zone.
    OtherBirthDate,
    /// Its last day is over.
    Expired,
    /// The person has stated another name.
    OtherName,
    /// Its zone was not read: nothing proves what is printed.
    NoZone,
    /// Nothing was read.
    Unreadable,
}

/// In turn, so that a demo has some of each.
const FLAWS: [Flaw; 9] = [
    Flaw::Nothing,
    Flaw::Nothing,
    Flaw::OtherBirthDate,
    Flaw::Nothing,
    Flaw::Expired,
    Flaw::Nothing,
    Flaw::OtherName,
    Flaw::NoZone,
    Flaw::Unreadable,
];

/// The record of one that was begun then, and what judging it changes, as one that was read is judged.
pub fn read_document(
    number: u64,
    created: Timestamp,
    (client, stores_image): (&str, bool),
    random: &Random,
) -> Option<(Record, Record)> {
    let pick = |below: u64| (random.number() % below) as usize;
    let flaw = FLAWS[(number % FLAWS.len() as u64) as usize];
    let (given, surname) = (GIVEN_NAMES[pick(6)], SURNAMES[pick(5)]);
    let side = specimen(number, (given, surname), created, (flaw, random));
    let reading = StoredReading { sides: vec![side], ..StoredReading::default() };
    let stated = match flaw {
        Flaw::OtherName => "GRETA OTHER".to_owned(),
        _ => format!("{given} {surname}"),
    };
    let stated = StatedNames { full: Some(stated), ..StatedNames::default() };
    let today = created.day_text();
    let verdict = reading.judge(&ReadingPolicy::default(), &stated, &today);
    let read = ReadDocument {
        reading: &reading,
        verdict: &verdict,
        names: NameMatch::of(&stated, &verdict.values),
        today: &today,
        stores_front: stores_image,
        stores_back: false,
    };
    let order = ReadingOrder {
        purpose: ReadingPurpose::Registration,
        input: [InputMethod::Camera, InputMethod::FileUpload][pick(2)],
        project: None,
        flow: None,
        registration: None,
        document_type: None,
    };
    let own = id::new_id(created, random.number());
    let validation = DocumentValidation::open(own, client.to_owned(), &order);
    let step = validation.judge(&read, Timestamp(created.0 + READ_MS)).ok()?;
    Some((validation.to_record(&order, created), step.changes))
}

/// A passport of Utopia.
fn specimen(
    number: u64,
    (given, surname): (&str, &str),
    created: Timestamp,
    (flaw, random): (Flaw, &Random),
) -> SideReading {
    let below = |most: i64| (random.number() >> 1) as i64 % most;
    let day = |days: i64| Timestamp(created.0 + days * DAY_MS).day_text();
    let born = -(18 * 366 + below(50 * 365));
    let issued = match flaw {
        Flaw::Expired => -(10 * 365 + 30),
        _ => -below(9 * 365),
    };
    let expires = issued + 10 * 365;
    let values = |source: ValueSource, born: i64| {
        [
            (DocumentField::DocumentNumber, format!("X{number:08}")),
            (DocumentField::Surname, surname.to_owned()),
            (DocumentField::GivenNames, given.to_owned()),
            (DocumentField::BirthDate, day(born)),
            (DocumentField::ExpirationDate, day(expires)),
            (DocumentField::Sex, "X".to_owned()),
            (DocumentField::Nationality, UTOPIA.to_owned()),
            (DocumentField::IssuingCountry, UTOPIA.to_owned()),
        ]
        .map(|(field, value)| read_value(field, source, value))
    };
    let mut side = SideReading {
        side: DocumentSide::Front,
        text_state: TextState::Read,
        document: None,
        mrz: None,
        barcodes: Vec::new(),
        lines: Vec::new(),
        values: Vec::new(),
    };
    if flaw == Flaw::Unreadable {
        return side;
    }
    side.lines = ["UTOPIA", "PASSPORT", "SPECIMEN"].map(line).into();
    let printed = if flaw == Flaw::OtherBirthDate { born + 1 } else { born };
    side.values.extend(values(ValueSource::Print, printed));
    if flaw != Flaw::NoZone {
        side.values.extend(values(ValueSource::Mrz, born));
        side.mrz = Some(zone());
    }
    side
}

/// Its lines are not shown by a record: what counts is that its digits are right.
fn zone() -> MrzReading {
    let fields = [
        Some(DocumentField::DocumentNumber),
        Some(DocumentField::BirthDate),
        Some(DocumentField::ExpirationDate),
        None,
    ];
    MrzReading {
        format: MrzFormat::Td3,
        document_code: "P".to_owned(),
        lines: Vec::new(),
        check_digits: fields.map(|field| MrzCheckDigit { field, result: CheckDigit::Right }).into(),
    }
}

fn line(text: &str) -> TextLine {
    const NOWHERE: Corners = [(0.0, 0.0); 4];
    TextLine { text: text.to_owned(), corners: NOWHERE, confidence: 0.97 }
}

fn read_value(field: DocumentField, source: ValueSource, value: String) -> ReadValue {
    let has_digit = matches!(
        field,
        DocumentField::DocumentNumber | DocumentField::BirthDate | DocumentField::ExpirationDate
    );
    ReadValue {
        field,
        source,
        side: DocumentSide::Front,
        text: value.clone(),
        value,
        corners: None,
        confidence: 0.97,
        check_digit: (source == ValueSource::Mrz && has_digit).then_some(CheckDigit::Right),
    }
}
