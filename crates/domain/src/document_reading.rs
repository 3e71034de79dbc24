//! What was read on the images of a document: values, each with where it stands. No opinions.

use serde::{Deserialize, Serialize, Serializer};

/// Something that a document says of its holder or of itself. One entry is one edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DocumentField {
    DocumentNumber,
    /// A number of the person, where the document has one beside its own (CURP, RUT, NUIP …).
    PersonalNumber,
    Surname,
    GivenNames,
    /// Where names are not told apart.
    FullName,
    BirthDate,
    ExpirationDate,
    IssueDate,
    /// `M`, `F` or `X`.
    Sex,
    /// ISO 3166 alpha-3, or a code of ICAO 9303 part 3 that is no country (`UNO`, `XXA`, …).
    Nationality,
    IssuingCountry,
    Address,
}

/// Where on a document a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// The machine-readable zone.
    Mrz,
    Barcode,
    /// What people read: the visual inspection zone.
    Print,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentSide {
    Front,
    Back,
}

/// What the check digit of a value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckDigit {
    Right,
    /// It is right for one other reading of letters that look alike, and for no second one. Every tenth digit is
    /// right by chance, so the repaired value is likely and not proven.
    Repaired,
    /// It is wrong, or does not prove what it is over: a day that is none, a `K` that may be a filler, a stroke
    /// that may be `1` or `L`, characters that may have moved because fillers of the line were lost.
    Wrong,
}

/// A place on an image: corners in pixels of the upright image of the side, clockwise from where its
/// text begins, top first.
pub type Corners = [(f32, f32); 4];

/// A place in tenths of a pixel: what is finer is noise.
pub fn tenths(pixels: f32) -> f64 {
    (f64::from(pixels) * 10.0).round() / 10.0
}

/// A confidence in thousandths.
pub fn thousandths(confidence: f32) -> f64 {
    (f64::from(confidence) * 1000.0).round() / 1000.0
}

fn write_corners<S: Serializer>(corners: &Corners, to: S) -> Result<S::Ok, S::Error> {
    corners.map(|(x, y)| (tenths(x), tenths(y))).serialize(to)
}

fn write_some_corners<S: Serializer>(corners: &Option<Corners>, to: S) -> Result<S::Ok, S::Error> {
    corners.map(|corners| corners.map(|(x, y)| (tenths(x), tenths(y)))).serialize(to)
}

fn write_confidence<S: Serializer>(confidence: &f32, to: S) -> Result<S::Ok, S::Error> {
    thousandths(*confidence).serialize(to)
}

/// One value as one place of the document gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadValue {
    pub field: DocumentField,
    pub source: ValueSource,
    pub side: DocumentSide,
    /// As it stands there.
    pub text: String,
    /// As values are compared: dates `YYYY-MM-DD` (`YYYY-MM` or `YYYY` where the document does not know the
    /// rest), numbers without separators, names in capitals with
    /// single spaces (letters that the zone knows alone where the source is one), countries alpha-3.
    pub value: String,
    /// None where it is one part of what a barcode holds.
    #[serde(serialize_with = "write_some_corners")]
    pub corners: Option<Corners>,
    /// How sure the reader is of the letters, 0..=1.
    #[serde(serialize_with = "write_confidence")]
    pub confidence: f32,
    /// None where the source has no check digit for it: names never have one.
    pub check_digit: Option<CheckDigit>,
}

/// The formats of a machine-readable zone: those of ICAO 9303 parts 4 to 7, and one of a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MrzFormat {
    /// Cards: three lines of 30.
    #[serde(rename = "TD1")]
    Td1,
    /// Two lines of 36.
    #[serde(rename = "TD2")]
    Td2,
    /// The French identity card before 2021, which ICAO 9303 does not have: two lines of 36.
    #[serde(rename = "IDFRA")]
    IdFra,
    /// Passports: two lines of 44.
    #[serde(rename = "TD3")]
    Td3,
    /// Visas: two lines of 44.
    #[serde(rename = "MRV-A")]
    MrvA,
    /// Visas: two lines of 36.
    #[serde(rename = "MRV-B")]
    MrvB,
}

/// A machine-readable zone that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MrzReading {
    pub format: MrzFormat,
    /// `P`, `ID`, `V` …: its first letters, without fillers.
    pub document_code: String,
    /// Of the format's length, with letters where only letters may be, digits where only digits may be, and
    /// what check digits repaired. `?` is what was no character of a zone.
    pub lines: Vec<String>,
    /// Each check digit by what it is for: a field's, or the composite one.
    pub check_digits: Vec<MrzCheckDigit>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MrzCheckDigit {
    /// None: the composite one, over several fields.
    pub field: Option<DocumentField>,
    pub result: CheckDigit,
}

impl MrzReading {
    /// Whether every check digit is right for what was read. What had to be repaired proves nothing.
    pub fn is_valid(&self) -> bool {
        self.check_digits.iter().all(|digit| digit.result == CheckDigit::Right)
    }

    pub fn is_wrong(&self) -> bool {
        self.check_digits.iter().any(|digit| digit.result == CheckDigit::Wrong)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BarcodeFormat {
    #[serde(rename = "PDF417")]
    Pdf417,
    #[serde(rename = "QR_CODE")]
    QrCode,
}

/// A barcode that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BarcodeReading {
    pub format: BarcodeFormat,
    /// What it holds, as text; bytes that are no text of its encoding are U+FFFD.
    pub text: String,
    #[serde(serialize_with = "write_corners")]
    pub corners: Corners,
    /// The version of AAMVA's card design specification that its contents follow.
    pub aamva_version: Option<u8>,
    /// Dates of it that are no days, and so have no value. The error correction covers the whole barcode: they
    /// were printed so.
    #[serde(default)]
    pub impossible_dates: Vec<DocumentField>,
}

/// A line of text as people read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextLine {
    pub text: String,
    #[serde(serialize_with = "write_corners")]
    pub corners: Corners,
    /// 0..=1, the mean over its letters.
    #[serde(serialize_with = "write_confidence")]
    pub confidence: f32,
}

/// Whether text was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextState {
    Read,
    /// The models for text are not installed.
    NotChecked,
}

/// What one image of one side holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SideReading {
    pub side: DocumentSide,
    pub text_state: TextState,
    /// Where the document lies; none where it was not found and the whole image was read.
    #[serde(serialize_with = "write_some_corners")]
    pub document: Option<Corners>,
    pub mrz: Option<MrzReading>,
    pub barcodes: Vec<BarcodeReading>,
    /// From top to bottom.
    pub lines: Vec<TextLine>,
    /// From the zone and the barcodes; those of the print need a layout.
    pub values: Vec<ReadValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_finer_than_it_was_measured_is_not_written() {
        let line = TextLine {
            text: "x".to_owned(),
            corners: [(1.04, 2.0), (90.149_99, 2.0), (90.1, 12.0), (1.0, 12.0)],
            confidence: 0.93,
        };
        let expected = r#"{"text":"x","corners":[[1.0,2.0],[90.1,2.0],[90.1,12.0],[1.0,12.0]],"confidence":0.93}"#;
        assert_eq!(serde_json::to_string(&line).expect("JSON"), expected);
        let value = ReadValue {
            field: DocumentField::Surname,
            source: ValueSource::Print,
            side: DocumentSide::Front,
            text: "X".to_owned(),
            value: "X".to_owned(),
            corners: None,
            confidence: 0.912_3,
            check_digit: None,
        };
        let written = serde_json::json!(value);
        assert_eq!(
            (&written["confidence"], &written["corners"]),
            (&0.912.into(), &serde_json::Value::Null)
        );
    }
}
