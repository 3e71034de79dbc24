//! The documents that are recognised, in one table. Whoever adds one adds a row.

mod labels;

pub use self::labels::labelled_field;
use crate::document_cross_checks::DocumentKind;
use crate::document_reading::{BarcodeFormat, DocumentField, MrzFormat, SideReading, ValueSource};

/// One kind of document of one country.
#[derive(Debug, PartialEq)]
pub struct DocumentLayout {
    /// Its code in the protocol's `documentType`.
    pub code: &'static str,
    /// Its name in English.
    pub name: &'static str,
    pub kind: DocumentKind,
    /// ISO 3166 alpha-3; none: of every country.
    pub country: Option<&'static str>,
    /// What tells it; the first row with all that is given here is taken.
    pub marks: Marks,
    /// The zone or barcode is on the back: both sides are needed.
    pub has_back: bool,
    /// Where the number with the national check digit stands.
    pub national_number: Option<DocumentField>,
}

/// What tells a document.
#[derive(Debug, PartialEq)]
pub enum Marks {
    /// A machine-readable zone of this format whose document code begins so.
    Zone(MrzFormat, &'static str),
    /// A driving licence's barcode by AAMVA.
    Aamva,
    /// All these words in the print, folded.
    Words(&'static [&'static str]),
}

const fn card(
    code: &'static str,
    name: &'static str,
    country: &'static str,
    zone_code: &'static str,
    national_number: Option<DocumentField>,
) -> DocumentLayout {
    DocumentLayout {
        code,
        name,
        kind: DocumentKind::IdentityCard,
        country: Some(country),
        marks: Marks::Zone(MrzFormat::Td1, zone_code),
        has_back: true,
        national_number,
    }
}

const fn printed(
    code: &'static str,
    name: &'static str,
    country: &'static str,
    words: &'static [&'static str],
    national_number: Option<DocumentField>,
) -> DocumentLayout {
    DocumentLayout {
        code,
        name,
        kind: DocumentKind::IdentityCard,
        country: Some(country),
        marks: Marks::Words(words),
        has_back: true,
        national_number,
    }
}

const fn of_all_countries(
    code: &'static str,
    name: &'static str,
    kind: DocumentKind,
    marks: Marks,
    has_back: bool,
) -> DocumentLayout {
    DocumentLayout { code, name, kind, country: None, marks, has_back, national_number: None }
}

const NUMBER: Option<DocumentField> = Some(DocumentField::DocumentNumber);
const PERSONAL: Option<DocumentField> = Some(DocumentField::PersonalNumber);

/// The rows of a country before those of all countries, zones before words.
pub const LAYOUTS: &[DocumentLayout] = &[
    card("CC", "Cédula de ciudadanía", "COL", "IC", None),
    card("INE", "Credencial para votar", "MEX", "ID", PERSONAL),
    card("DNI", "Documento nacional de identidad", "PER", "I", None),
    card("DNI", "Documento nacional de identidad", "ARG", "ID", None),
    card("RUN", "Cédula de identidad", "CHL", "IN", PERSONAL),
    card("DNI", "Documento nacional de identidad", "ESP", "ID", PERSONAL),
    card("CC", "Cartão de cidadão", "PRT", "I", None),
    card("CIN", "Carteira de identidade nacional", "BRA", "ID", PERSONAL),
    card("CI", "Cédula de identidad", "ECU", "I", PERSONAL),
    card("CI", "Cédula de identidad", "URY", "ID", PERSONAL),
    DocumentLayout {
        code: "PASSPORT_CARD",
        name: "Passport card",
        kind: DocumentKind::Passport,
        country: Some("USA"),
        marks: Marks::Zone(MrzFormat::Td1, "IP"),
        has_back: true,
        national_number: None,
    },
    DocumentLayout {
        code: "PERMANENT_RESIDENT_CARD",
        name: "Permanent resident card",
        kind: DocumentKind::ResidencePermit,
        country: Some("USA"),
        marks: Marks::Zone(MrzFormat::Td1, "C"),
        has_back: true,
        national_number: None,
    },
    DocumentLayout {
        code: "CNH",
        name: "Carteira nacional de habilitação",
        kind: DocumentKind::DrivingLicence,
        country: Some("BRA"),
        marks: Marks::Zone(MrzFormat::Td1, "D"),
        has_back: true,
        national_number: PERSONAL,
    },
    DocumentLayout {
        code: "CNI",
        name: "Carte nationale d'identité",
        kind: DocumentKind::IdentityCard,
        country: Some("FRA"),
        marks: Marks::Zone(MrzFormat::IdFra, "ID"),
        has_back: false,
        national_number: None,
    },
    of_all_countries(
        "PA",
        "Passport",
        DocumentKind::Passport,
        Marks::Zone(MrzFormat::Td3, "P"),
        false,
    ),
    of_all_countries("VISA", "Visa", DocumentKind::Visa, Marks::Zone(MrzFormat::MrvA, "V"), false),
    of_all_countries("VISA", "Visa", DocumentKind::Visa, Marks::Zone(MrzFormat::MrvB, "V"), false),
    of_all_countries(
        "RESIDENCE_PERMIT",
        "Residence permit",
        DocumentKind::ResidencePermit,
        Marks::Zone(MrzFormat::Td1, "IR"),
        true,
    ),
    of_all_countries(
        "RESIDENCE_PERMIT",
        "Residence permit",
        DocumentKind::ResidencePermit,
        Marks::Zone(MrzFormat::Td1, "A"),
        true,
    ),
    of_all_countries(
        "RESIDENCE_PERMIT",
        "Residence permit",
        DocumentKind::ResidencePermit,
        Marks::Zone(MrzFormat::Td1, "C"),
        true,
    ),
    of_all_countries(
        "ID",
        "Identity card",
        DocumentKind::IdentityCard,
        Marks::Zone(MrzFormat::Td1, "I"),
        true,
    ),
    of_all_countries(
        "ID",
        "Identity card",
        DocumentKind::IdentityCard,
        Marks::Zone(MrzFormat::Td2, "I"),
        false,
    ),
    of_all_countries(
        "DRIVER_LICENSE",
        "Driving licence",
        DocumentKind::DrivingLicence,
        Marks::Aamva,
        true,
    ),
    printed("CC", "Cédula de ciudadanía", "COL", &["republica de colombia", "ciudadania"], None),
    printed("INE", "Credencial para votar", "MEX", &["credencial para votar"], PERSONAL),
    printed("DNI", "Documento nacional de identidad", "PER", &["republica del peru"], None),
    printed("DNI", "Documento nacional de identidad", "ARG", &["republica argentina"], None),
    printed("RUN", "Cédula de identidad", "CHL", &["republica de chile"], NUMBER),
    printed("DNI", "Documento nacional de identidad", "ESP", &["espana", "identidad"], NUMBER),
    printed("CC", "Cartão de cidadão", "PRT", &["cartao de cidadao"], None),
];

impl DocumentLayout {
    /// The first layout whose marks are there; a zone or a barcode before words.
    pub fn recognise(sides: &[SideReading]) -> Option<&'static DocumentLayout> {
        LAYOUTS.iter().find(|layout| layout.is_marked_on(sides))
    }

    /// What tells it.
    pub fn source(&self) -> ValueSource {
        match self.marks {
            Marks::Zone(..) => ValueSource::Mrz,
            Marks::Aamva => ValueSource::Barcode,
            Marks::Words(_) => ValueSource::Print,
        }
    }

    fn is_marked_on(&self, sides: &[SideReading]) -> bool {
        match &self.marks {
            Marks::Zone(format, code) => sides.iter().any(|side| {
                let zone = side.mrz.as_ref();
                let is_of_format = zone
                    .is_some_and(|it| it.format == *format && it.document_code.starts_with(code));
                is_of_format && self.country.is_none_or(|country| issuer(side) == Some(country))
            }),
            Marks::Aamva => sides
                .iter()
                .flat_map(|side| &side.barcodes)
                .any(|it| it.format == BarcodeFormat::Pdf417 && it.aamva_version.is_some()),
            Marks::Words(words) => {
                let lines = sides.iter().flat_map(|side| &side.lines);
                let text: Vec<String> = lines.map(|it| verax_query::fold(&it.text)).collect();
                words.iter().all(|word| text.iter().any(|line| line.contains(word)))
            }
        }
    }
}

/// The issuing country in the zone of a side.
fn issuer(side: &SideReading) -> Option<&str> {
    let of_zone = |it: &&crate::document_reading::ReadValue| {
        it.field == DocumentField::IssuingCountry && it.source == ValueSource::Mrz
    };
    side.values.iter().find(of_zone).map(|it| it.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document_reading::{DocumentSide, MrzReading, ReadValue, TextState, ValueSource};

    fn side(format: MrzFormat, code: &str, issuer: &str) -> SideReading {
        SideReading {
            side: DocumentSide::Front,
            text_state: TextState::Read,
            document: None,
            mrz: Some(MrzReading {
                format,
                document_code: code.to_owned(),
                lines: Vec::new(),
                check_digits: Vec::new(),
            }),
            barcodes: Vec::new(),
            lines: Vec::new(),
            values: vec![ReadValue {
                field: DocumentField::IssuingCountry,
                source: ValueSource::Mrz,
                side: DocumentSide::Front,
                text: issuer.to_owned(),
                value: issuer.to_owned(),
                corners: None,
                confidence: 1.0,
                check_digit: None,
            }],
        }
    }

    #[test]
    fn a_countrys_own_card_is_told_before_that_of_any_country() {
        let code = |side| DocumentLayout::recognise(&[side]).map(|it| (it.code, it.country));
        assert_eq!(code(side(MrzFormat::Td1, "IC", "COL")), Some(("CC", Some("COL"))));
        assert_eq!(code(side(MrzFormat::Td1, "ID", "MEX")), Some(("INE", Some("MEX"))));
        assert_eq!(code(side(MrzFormat::Td1, "ID", "BEL")), Some(("ID", None)));
        assert_eq!(
            code(side(MrzFormat::Td1, "C1", "USA")),
            Some(("PERMANENT_RESIDENT_CARD", Some("USA")))
        );
        assert_eq!(code(side(MrzFormat::Td1, "AR", "DEU")), Some(("RESIDENCE_PERMIT", None)));
        assert_eq!(code(side(MrzFormat::IdFra, "ID", "FRA")), Some(("CNI", Some("FRA"))));
        assert_eq!(code(side(MrzFormat::Td3, "P", "UTO")), Some(("PA", None)));
        assert_eq!(code(side(MrzFormat::Td3, "X", "UTO")), None);
    }
}
