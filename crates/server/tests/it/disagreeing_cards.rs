//! A card whose zone, barcode and print are read from their texts, and of which one says otherwise in one field:
//! the check of that field fails, and the record shows both values.

use std::sync::Arc;

use serde_json::{Value, json};
use verax_domain::document_reading::{
    BarcodeFormat, BarcodeReading, Corners, DocumentSide, SideReading, TextLine, TextState,
};
use verax_reading::{aamva, mrz};
use verax_server::app::document_validations::reading::{DocumentReader, ReadDocuments};
use verax_server::app::settings::Settings;
use verax_vision::image::Image;

use crate::bank::{Bank, text};
use crate::document_validations::{DOCUMENTS, record};
use crate::given_faces::{blank, png};
use crate::world::settings;

/// The pixel that says which place of the card says what of which field.
const PIXEL: usize = 10;
const PLACES: [&str; 3] = ["mrz", "barcode", "print"];

/// The values of a card, as its zone has them.
#[derive(Clone)]
struct Card {
    number: &'static str,
    surname: &'static str,
    given: &'static str,
    /// Year, month, day.
    birth: (u16, u16, u16),
    expiry: (u16, u16, u16),
    sex: &'static str,
    country: &'static str,
}

const CARD: Card = Card {
    number: "AB1234567",
    surname: "ERIKSSON",
    given: "ANNA MARIA",
    birth: (1990, 5, 1),
    expiry: (2030, 4, 15),
    sex: "F",
    country: "USA",
};

/// A card that differs in one field; the check that compares the field, and both values in it.
fn differing() -> Vec<(Card, &'static str, [&'static str; 2])> {
    vec![
        (Card { number: "AB1239567", ..CARD }, "documentNumberAgrees", ["AB1234567", "AB1239567"]),
        (
            Card { surname: "LINDQVIST", ..CARD },
            "namesAgree",
            ["ANNA MARIA ERIKSSON", "ANNA MARIA LINDQVIST"],
        ),
        (
            Card { given: "KATARINA", ..CARD },
            "namesAgree",
            ["ANNA MARIA ERIKSSON", "KATARINA ERIKSSON"],
        ),
        (Card { birth: (1990, 5, 2), ..CARD }, "birthDateAgrees", ["1990-05-01", "1990-05-02"]),
        (
            Card { expiry: (2031, 4, 15), ..CARD },
            "expirationDateAgrees",
            ["2030-04-15", "2031-04-15"],
        ),
        (Card { sex: "M", ..CARD }, "sexAgrees", ["F", "M"]),
        (Card { country: "CAN", ..CARD }, "countryAgrees", ["USA", "CAN"]),
    ]
}

impl Card {
    /// The lines of a TD1 zone, all check digits right.
    fn zone(&self) -> [String; 3] {
        let digit = |text: &str| {
            let value = |it: char| it.to_digit(36).unwrap_or(0);
            let weighted = text.chars().map(value).zip([7, 3, 1].into_iter().cycle());
            weighted.map(|(value, weight)| value * weight).sum::<u32>() % 10
        };
        let with_digit = |text: &str| format!("{text}{}", digit(text));
        let day = |(year, month, day): (u16, u16, u16)| {
            with_digit(&format!("{:02}{month:02}{day:02}", year % 100))
        };
        let number = with_digit(self.number);
        let first = format!("{:<<30}", format!("ID{}{number}", self.country));
        let (birth, expiry) = (day(self.birth), day(self.expiry));
        let composite = digit(&format!("{}{birth}{expiry}<<<<<<<<<<<", &first[5..]));
        let second = format!("{birth}{}{expiry}{}<<<<<<<<<<<{composite}", self.sex, self.country);
        let third = format!("{}<<{}", self.surname, self.given.replace(' ', "<"));
        [first, second, format!("{third:<<30}")]
    }

    fn barcode(&self) -> String {
        let day = |(year, month, day): (u16, u16, u16)| format!("{month:02}{day:02}{year:04}");
        let issuer = if self.country == "USA" { "636000" } else { "636012" };
        let sex = if self.sex == "F" { 2 } else { 1 };
        let (number, surname, given) = (self.number, self.surname, self.given);
        let (birth, expiry, country) = (day(self.birth), day(self.expiry), self.country);
        format!(
            "@\n\u{1e}\rANSI {issuer}100001DL00310000DLDAQ{number}\nDCS{surname}\nDAC{given}\n\
             DBB{birth}\nDBA{expiry}\nDBC{sex}\nDCG{country}\r"
        )
    }

    /// Labels and what stands below them.
    fn print(&self) -> Vec<(&'static str, String)> {
        let months = ["APR", "MAY"];
        let day = |(year, month, day): (u16, u16, u16)| {
            format!("{day:02} {} {year}", months[usize::from(month) - 4])
        };
        vec![
            ("Document number", self.number.to_owned()),
            ("Surname", self.surname.to_owned()),
            ("Given names", self.given.to_owned()),
            ("Date of birth", day(self.birth)),
            ("Date of expiry", day(self.expiry)),
            ("Sex", self.sex.to_owned()),
        ]
    }
}

/// Reads the card that a pixel of the image names: its zone and its barcode by their grammars; the server reads
/// the print from the lines.
struct DrawnCards;

impl ReadDocuments for DrawnCards {
    fn read_side(&self, image: &Image, side: DocumentSide, this_year: u16) -> SideReading {
        let [field, place, _] = image.rgb.as_chunks::<3>().0[PIXEL];
        let other = differing().into_iter().nth(usize::from(field));
        let shown = |name: &str| match &other {
            Some((card, _, _)) if PLACES[usize::from(place)] == name => card.clone(),
            _ => CARD,
        };
        let line = |text: String, row: usize| {
            let (top, right) = (row as f32 * 30.0, text.len() as f32 * 12.0);
            let corners = [(0.0, top), (right, top), (right, top + 20.0), (0.0, top + 20.0)];
            TextLine { text, corners, confidence: 0.95 }
        };
        let print = shown("print").print();
        let print = print.into_iter().flat_map(|(label, value)| [label.to_owned(), value]);
        let lines: Vec<TextLine> =
            print.chain(shown("mrz").zone()).enumerate().map(|(row, it)| line(it, row)).collect();
        let zone = mrz::find(&lines, side, this_year).expect("a zone");
        let text = shown("barcode").barcode();
        let licence = aamva::parse(&text, side).expect("a record");
        let corners: Corners = [(0.0, 900.0), (300.0, 900.0), (300.0, 990.0), (0.0, 990.0)];
        let barcode = BarcodeReading {
            format: BarcodeFormat::Pdf417,
            text,
            corners,
            aamva_version: Some(licence.version),
            impossible_dates: licence.impossible_dates(),
        };
        SideReading {
            side,
            text_state: TextState::Read,
            document: None,
            mrz: Some(zone.reading),
            barcodes: vec![barcode],
            lines,
            values: zone.values.into_iter().chain(licence.values).collect(),
        }
    }
}

fn image(field: usize, place: usize) -> String {
    let mut rgb = blank();
    rgb[PIXEL * 3] = u8::try_from(field).expect("few fields");
    rgb[PIXEL * 3 + 1] = u8::try_from(place).expect("few places");
    png(&rgb, image::codecs::png::CompressionType::Fast)
}

/// Reads the image of a card; its record, and the names of the checks that failed.
async fn read_card(bank: &Bank, image: String) -> (Value, Vec<String>) {
    let answer = bank.post(&bank.token, "/v2/ocr/scan-prompt", json!({ "image": image })).await;
    let record = record(bank, &text(&answer.json()["data"]["_id"])).await;
    let results = record["validationResults"].as_object().expect("checks").clone();
    let failed = results.into_iter().filter(|(_, it)| it["result"] == "failed");
    let failed = failed.map(|(name, _)| name).collect();
    (record, failed)
}

on_both_databases! {
    async fn a_field_that_one_place_gives_otherwise_fails_its_check_and_shows_both_values(world) {
        let mut config = settings();
        config.documents.check_images = false;
        let mut app = world.app.clone().with_document_reader(DocumentReader::with(Arc::new(DrawnCards)));
        app.config = Settings::new(config);
        let bank = Bank::with(world, app).await;
        let (same, failed) = read_card(&bank, image(usize::from(u8::MAX), 0)).await;
        assert_eq!((&same["status"], failed), (&json!("ACTIVE"), Vec::new()), "{same}");
        for (field, (_, check, values)) in differing().into_iter().enumerate() {
            for (place, source) in PLACES.into_iter().enumerate() {
                // No label of the print names the issuing country.
                if (check, source) == ("countryAgrees", "print") {
                    continue;
                }
                let (read, failed) = read_card(&bank, image(field, place)).await;
                assert_eq!(failed, [check], "{source}: {read}");
                assert_eq!(read["status"], "FAILED");
                let compared = &read["validationResults"][check]["values"];
                let given = |source: &str| {
                    let mut all = compared.as_array().expect("values").iter();
                    let found = all.find(|it| it["source"] == source).cloned().unwrap_or_default();
                    found["value"].as_str().map(str::to_owned)
                };
                assert_eq!(given(source).as_deref(), Some(values[1]), "{compared}");
                let others = PLACES.into_iter().filter(|it| *it != source).filter_map(given);
                assert!(others.clone().count() > 0 && others.into_iter().all(|it| it == values[0]), "{compared}");
            }
        }
        let listed = bank.get(&bank.token, DOCUMENTS).await.json();
        for row in listed["data"].as_array().expect("rows") {
            let shown = row["validationResults"].to_string();
            assert!(!shown.contains("values"), "a list shows no values: {shown}");
        }
    }
}
