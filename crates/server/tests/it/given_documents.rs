//! Documents without models: an image says by its pixels what stands on it. It is decoded, bounded and admitted
//! like any other; only what the models would read is given.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::document_reading::{
    CheckDigit, Corners, DocumentField, DocumentSide, MrzCheckDigit, MrzFormat, MrzReading,
    ReadValue, SideReading, TextLine, TextState, ValueSource,
};
use verax_server::app::App;
use verax_server::app::document_validations::reading::{DocumentReader, ReadDocuments};
use verax_vision::image::Image;

use crate::given_faces::{Face, blank, png};

/// The pixel that says what is on the image; those before it are faces'.
const PIXEL: usize = 10;

/// What is on an image of a document.
#[derive(Clone, Copy, PartialEq)]
pub enum Shows {
    Nothing = 0,
    /// A passport with its zone: all is on one side.
    Passport = 1,
    /// The front of a card whose zone is on its back.
    CardFront = 2,
    CardBack = 3,
    /// A passport whose zone has a wrong check digit.
    Forged = 4,
    /// A passport that has expired.
    Expired = 5,
    /// The back of a card of somebody else.
    OtherBack = 6,
}

/// A PNG in base64 of a document with this number, and the portrait of this person (0: none).
pub fn document(shows: Shows, number: u8, portrait: u8) -> String {
    let mut rgb = blank();
    if portrait != 0 {
        let Face { of, shot, live } = crate::given_faces::face(portrait);
        rgb[..3].copy_from_slice(&[of, shot, live]);
        rgb[3..6].copy_from_slice(&[0; 3]);
    } else {
        rgb[..6].copy_from_slice(&[0; 6]);
    }
    rgb[PIXEL * 3..PIXEL * 3 + 3].copy_from_slice(&[shows as u8, number, 0]);
    png(&rgb, image::codecs::png::CompressionType::Fast)
}

/// The bytes of such an image.
pub fn bytes_of(document: &str) -> Vec<u8> {
    STANDARD.decode(document).expect("base64")
}

/// The number that such a document has.
pub fn number_of(number: u8) -> String {
    format!("ZQ{number:07}")
}

/// The app, reading given documents.
pub fn with_given_documents(app: App) -> App {
    app.with_document_reader(DocumentReader::with(Arc::new(GivenDocuments)))
}

struct GivenDocuments;

impl ReadDocuments for GivenDocuments {
    fn read_side(&self, image: &Image, side: DocumentSide, _: u16) -> SideReading {
        let pixel = image.rgb.as_chunks::<3>().0[PIXEL];
        let [shows, number, _] = pixel;
        let number = number_of(number);
        let nothing = SideReading {
            side,
            text_state: TextState::Read,
            document: None,
            mrz: None,
            barcodes: Vec::new(),
            lines: Vec::new(),
            values: Vec::new(),
        };
        let is = |what: Shows| shows == what as u8;
        let value = |field, source, value: &str| {
            let is_name = matches!(field, DocumentField::GivenNames | DocumentField::Surname);
            let digit =
                (source == ValueSource::Mrz && !is_name).then_some(match is(Shows::Forged) {
                    true => CheckDigit::Wrong,
                    false => CheckDigit::Right,
                });
            ReadValue {
                field,
                source,
                side,
                text: value.to_owned(),
                value: value.to_owned(),
                corners: Some(CORNERS),
                confidence: 0.875,
                check_digit: digit,
            }
        };
        let all = |source, number: &str, expires: &str| {
            vec![
                value(DocumentField::DocumentNumber, source, number),
                value(DocumentField::GivenNames, source, "JO"),
                value(DocumentField::Surname, source, "DOE"),
                value(DocumentField::BirthDate, source, "1990-05-01"),
                value(DocumentField::ExpirationDate, source, expires),
                value(DocumentField::Sex, source, "F"),
                value(DocumentField::Nationality, source, "PER"),
                value(DocumentField::IssuingCountry, source, "PER"),
            ]
        };
        let zone = |format, code: &str| {
            let result = if is(Shows::Forged) { CheckDigit::Wrong } else { CheckDigit::Right };
            Some(MrzReading {
                format,
                document_code: code.to_owned(),
                lines: vec!["P<PERDOE<<JO".to_owned(), format!("{number}<0PER")],
                check_digits: vec![MrzCheckDigit {
                    field: Some(DocumentField::DocumentNumber),
                    result,
                }],
            })
        };
        let line =
            |text: &str| TextLine { text: text.to_owned(), corners: CORNERS, confidence: 0.9 };
        if is(Shows::Passport) || is(Shows::Forged) || is(Shows::Expired) {
            let expires = if is(Shows::Expired) { "2020-01-01" } else { "2030-01-01" };
            let mut values = all(ValueSource::Mrz, &number, expires);
            values.extend(all(ValueSource::Print, &number, expires));
            let mrz = zone(MrzFormat::Td3, "P");
            return SideReading { mrz, lines: vec![line("PASAPORTE")], values, ..nothing };
        }
        if is(Shows::CardFront) {
            let values = all(ValueSource::Print, &number, "2030-01-01");
            let lines = vec![line("REPUBLICA DEL PERU"), line(&number)];
            return SideReading { lines, values, ..nothing };
        }
        if is(Shows::CardBack) || is(Shows::OtherBack) {
            let other = number_of(255);
            let number = if is(Shows::OtherBack) { &other } else { &number };
            let values = all(ValueSource::Mrz, number, "2030-01-01");
            return SideReading { mrz: zone(MrzFormat::Td1, "I"), values, ..nothing };
        }
        nothing
    }
}

const CORNERS: Corners = [(1.0, 2.0), (90.0, 2.0), (90.0, 12.0), (1.0, 12.0)];
