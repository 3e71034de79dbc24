//! What a document is, by the table of layouts.

use crate::document_cross_checks::DocumentKind;
use crate::document_layouts::DocumentLayout;
use crate::document_reading::{DocumentField, SideReading, ValueSource};
use crate::national_numbers;

/// The kind of the document; `None`: nothing on it says so.
pub fn kind_of(sides: &[SideReading]) -> Option<DocumentKind> {
    DocumentLayout::recognise(sides).map(|layout| layout.kind)
}

/// The state that has issued the document, ISO 3166 alpha-3: what the zone says comes first.
pub fn country_of(sides: &[SideReading]) -> Option<String> {
    let values = || sides.iter().flat_map(|side| &side.values);
    let read = |source| {
        let mut of_source = values().filter(|it| it.source == source);
        let country = of_source.find(|it| it.field == DocumentField::IssuingCountry)?;
        Some(country.value.clone()).filter(|it| !it.is_empty())
    };
    let of_layout = || DocumentLayout::recognise(sides)?.country.map(str::to_owned);
    read(ValueSource::Mrz)
        .or_else(|| read(ValueSource::Barcode))
        .or_else(of_layout)
        .or_else(|| read(ValueSource::Print))
}

/// Whether the check digit is right that the state gives its numbers; `None`: it gives none, or no number was
/// read.
pub fn national_number_is_right(sides: &[SideReading]) -> Option<bool> {
    let field = DocumentLayout::recognise(sides)?.national_number?;
    let country = country_of(sides)?;
    let checked = |field| {
        let values = sides.iter().flat_map(|side| &side.values).filter(move |it| it.field == field);
        values.filter_map(|it| national_numbers::check(&country, &it.value)).map(|it| it.is_right)
    };
    // The print of a card with two numbers may call either the document's: one that has the form of the holder's
    // by chance is not wrong.
    checked(field)
        .next()
        .or_else(|| checked(DocumentField::DocumentNumber).find(|is_right| *is_right))
}

/// Whether the one side that came says too little: the document has two, or it is not recognised and text
/// alone was read, so that a zone or a barcode may be on the other.
pub fn lacks_other_side(sides: &[SideReading]) -> bool {
    let [only] = sides else { return false };
    match DocumentLayout::recognise(sides) {
        Some(layout) => layout.has_back,
        None => only.mrz.is_none() && only.barcodes.is_empty() && !only.lines.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document_reading::{
        DocumentSide, MrzFormat, MrzReading, ReadValue, TextLine, TextState,
    };

    fn side(zone: Option<(MrzFormat, &str)>, text: &str) -> SideReading {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let line = TextLine { text: text.to_owned(), corners, confidence: 0.9 };
        SideReading {
            side: DocumentSide::Front,
            text_state: TextState::Read,
            document: None,
            mrz: zone.map(|(format, code)| MrzReading {
                format,
                document_code: code.to_owned(),
                lines: Vec::new(),
                check_digits: Vec::new(),
            }),
            barcodes: Vec::new(),
            lines: if text.is_empty() { Vec::new() } else { vec![line] },
            values: Vec::new(),
        }
    }

    #[test]
    fn a_card_has_two_sides_and_a_passport_one() {
        let lacks = |side| lacks_other_side(&[side]);
        assert!(!lacks(side(Some((MrzFormat::Td3, "P")), "PASSPORT")));
        assert!(lacks(side(Some((MrzFormat::Td1, "I")), "IDENTITY CARD")));
        assert!(lacks(side(None, "REPUBLICA DEL PERU")));
        assert!(lacks(side(None, "something that nobody knows")));
        assert!(!lacks(side(None, "")), "nothing is there");
        let both = [side(None, "REPUBLICA DEL PERU"), side(Some((MrzFormat::Td1, "I")), "")];
        assert!(!lacks_other_side(&both));
    }

    #[test]
    fn a_national_number_has_its_own_check_digit() {
        let chile = |number: &str| {
            let value = ReadValue {
                field: DocumentField::DocumentNumber,
                source: ValueSource::Print,
                side: DocumentSide::Front,
                text: number.to_owned(),
                value: number.to_owned(),
                corners: None,
                confidence: 1.0,
                check_digit: None,
            };
            let front = side(None, "REPUBLICA DE CHILE");
            national_number_is_right(&[SideReading { values: vec![value], ..front }])
        };
        assert_eq!(chile("12345678-5"), Some(true));
        assert_eq!(chile("12345678-6"), Some(false));
        assert_eq!(chile("x"), None);
        assert_eq!(national_number_is_right(&[side(None, "REPUBLICA DEL PERU")]), None);
    }

    #[test]
    fn the_holders_number_is_checked_where_the_print_calls_it_the_documents() {
        let chile = |numbers: &[(DocumentField, &str)]| {
            let value = |&(field, number): &(DocumentField, &str)| ReadValue {
                field,
                source: ValueSource::Print,
                side: DocumentSide::Front,
                text: number.to_owned(),
                value: number.to_owned(),
                corners: None,
                confidence: 1.0,
                check_digit: None,
            };
            let issuer = value(&(DocumentField::IssuingCountry, "CHL"));
            let issuer = ReadValue { source: ValueSource::Mrz, ..issuer };
            let mut card = side(Some((MrzFormat::Td1, "IN")), "");
            card.values = numbers.iter().map(value).chain([issuer]).collect();
            national_number_is_right(&[card])
        };
        let (document, personal) = (DocumentField::DocumentNumber, DocumentField::PersonalNumber);
        assert_eq!(chile(&[(document, "123456785")]), Some(true));
        assert_eq!(
            chile(&[(document, "123456786")]),
            None,
            "a number of the card has this form too"
        );
        assert_eq!(chile(&[(document, "123456785"), (personal, "123456786")]), Some(false));
    }

    #[test]
    fn the_zone_says_whose_document_it_is_before_the_print() {
        let value = |source, country: &str| ReadValue {
            field: DocumentField::IssuingCountry,
            source,
            side: DocumentSide::Front,
            text: country.to_owned(),
            value: country.to_owned(),
            corners: None,
            confidence: 1.0,
            check_digit: None,
        };
        let printed = side(None, "REPUBLICA DEL PERU");
        assert_eq!(country_of(std::slice::from_ref(&printed)).as_deref(), Some("PER"));
        let values = vec![value(ValueSource::Print, "COL"), value(ValueSource::Mrz, "CHL")];
        let read = SideReading { values, ..printed };
        assert_eq!(country_of(&[read]).as_deref(), Some("CHL"));
        assert_eq!(country_of(&[side(None, "x")]), None);
        assert_eq!(kind_of(&[side(None, "x")]), None);
    }
}
