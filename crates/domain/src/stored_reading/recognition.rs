//! What a document is, by what its zone and its barcode say of it.

use crate::document_cross_checks::DocumentKind;
use crate::document_reading::{
    BarcodeReading, DocumentField, DocumentSide, MrzFormat, MrzReading, SideReading, ValueSource,
};

/// The kind of the document; `None`: nothing on it says so.
pub fn kind_of(sides: &[SideReading]) -> Option<DocumentKind> {
    let zones = sides.iter().filter_map(|side| side.mrz.as_ref());
    let barcodes = sides.iter().flat_map(|side| &side.barcodes);
    zones.map(kind_of_zone).next().or_else(|| barcodes.filter_map(kind_of_card).next())
}

/// The state that has issued the document, ISO 3166 alpha-3: what the zone says comes first.
pub fn country_of(sides: &[SideReading]) -> Option<String> {
    let values = || sides.iter().flat_map(|side| &side.values);
    [ValueSource::Mrz, ValueSource::Barcode, ValueSource::Print].into_iter().find_map(|source| {
        let mut of_source = values().filter(|it| it.source == source);
        let country = of_source.find(|it| it.field == DocumentField::IssuingCountry)?;
        Some(country.value.clone()).filter(|it| !it.is_empty())
    })
}

/// Whether the front alone says too little: text was read on it, and neither a zone nor a barcode of a driving
/// licence, which then stand on the back.
pub fn lacks_back(sides: &[SideReading]) -> bool {
    let [front] = sides else { return false };
    let has_card = front.barcodes.iter().any(|it| it.aamva_version.is_some());
    front.side == DocumentSide::Front && front.mrz.is_none() && !has_card && !front.lines.is_empty()
}

/// ICAO 9303 parts 4 to 7: the first letter says what it is; the second, where it has one, is the issuer's to
/// choose, but `R` stands for residence on cards by custom.
fn kind_of_zone(zone: &MrzReading) -> DocumentKind {
    match (zone.format, zone.document_code.as_str()) {
        (MrzFormat::MrvA | MrzFormat::MrvB, _) => DocumentKind::Visa,
        (MrzFormat::Td3, _) => DocumentKind::Passport,
        (_, "AR" | "IR" | "CR") => DocumentKind::ResidencePermit,
        (_, code) if code.starts_with('P') => DocumentKind::Passport,
        (_, code) if code.starts_with('V') => DocumentKind::Visa,
        (_, code) if code.starts_with(['I', 'A', 'C']) => DocumentKind::IdentityCard,
        // ISO 18013 writes `D` on the short zone of driving licences.
        (_, code) if code.starts_with('D') => DocumentKind::DrivingLicence,
        _ => DocumentKind::Other,
    }
}

/// AAMVA's header: `ANSI `, six digits of the issuer, two of the version, two of the issuer's version, two of
/// how many parts there are; then the type of the first part.
fn kind_of_card(barcode: &BarcodeReading) -> Option<DocumentKind> {
    const BEFORE_TYPE: usize = 12;
    barcode.aamva_version?;
    let (_, rest) = barcode.text.split_once("ANSI ")?;
    match rest.get(BEFORE_TYPE..BEFORE_TYPE + 2) {
        Some("ID") => Some(DocumentKind::IdentityCard),
        _ => Some(DocumentKind::DrivingLicence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document_reading::{BarcodeFormat, TextLine, TextState};

    fn side(mrz: Option<(MrzFormat, &str)>, barcode: Option<&str>) -> SideReading {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        SideReading {
            side: DocumentSide::Front,
            text_state: TextState::Read,
            document: None,
            mrz: mrz.map(|(format, code)| MrzReading {
                format,
                document_code: code.to_owned(),
                lines: Vec::new(),
                check_digits: Vec::new(),
            }),
            barcodes: barcode
                .map(|text| BarcodeReading {
                    format: BarcodeFormat::Pdf417,
                    text: text.to_owned(),
                    corners,
                    aamva_version: Some(8),
                })
                .into_iter()
                .collect(),
            lines: vec![TextLine { text: "REPUBLIC".to_owned(), corners, confidence: 0.9 }],
            values: Vec::new(),
        }
    }

    #[test]
    fn the_zone_says_what_a_document_is() {
        for (format, code, kind) in [
            (MrzFormat::Td3, "P", DocumentKind::Passport),
            (MrzFormat::Td3, "PD", DocumentKind::Passport),
            (MrzFormat::MrvA, "V", DocumentKind::Visa),
            (MrzFormat::Td1, "I", DocumentKind::IdentityCard),
            (MrzFormat::Td1, "ID", DocumentKind::IdentityCard),
            (MrzFormat::Td1, "AR", DocumentKind::ResidencePermit),
            (MrzFormat::Td2, "D", DocumentKind::DrivingLicence),
            (MrzFormat::Td1, "X", DocumentKind::Other),
        ] {
            assert_eq!(kind_of(&[side(Some((format, code)), None)]), Some(kind), "{code}");
        }
        assert_eq!(kind_of(&[side(None, None)]), None);
    }

    #[test]
    fn a_barcode_says_whether_it_is_a_licence_or_a_card() {
        let of = |kind| format!("@\n\u{1e}\rANSI 636000080002{kind}00410278");
        let kind = |text: &str| kind_of(&[side(None, Some(text))]);
        assert_eq!(kind(&of("DL")), Some(DocumentKind::DrivingLicence));
        assert_eq!(kind(&of("ID")), Some(DocumentKind::IdentityCard));
        assert_eq!(kind("ANSI ü"), Some(DocumentKind::DrivingLicence));
        assert_eq!(kind("something"), None);
    }

    #[test]
    fn a_front_without_zone_and_barcode_lacks_its_back() {
        let front = side(None, None);
        assert!(lacks_back(std::slice::from_ref(&front)));
        assert!(!lacks_back(&[side(Some((MrzFormat::Td3, "P")), None)]));
        assert!(!lacks_back(&[side(None, Some("ANSI "))]));
        assert!(!lacks_back(&[front.clone(), front.clone()]));
        assert!(
            !lacks_back(&[SideReading { lines: Vec::new(), ..front.clone() }]),
            "nothing is there"
        );
        assert!(!lacks_back(&[SideReading { side: DocumentSide::Back, ..front }]));
    }
}
