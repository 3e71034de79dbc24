//! Values of two sides, of two barcodes, of two numbers; and what a flow demands of them.

use super::*;
use crate::document_reading::{BarcodeFormat, BarcodeReading};

#[test]
fn what_a_flow_demands_and_nothing_shows_is_not_met() {
    let allowed = DocumentFacts {
        kind: Some(DocumentKind::IdentityCard),
        country: Some("SWE".to_owned()),
        ..DocumentFacts::default()
    };
    let kinds = ReadingPolicy { kinds: vec![DocumentKind::IdentityCard], ..Default::default() };
    let countries = ReadingPolicy { countries: vec!["SWE".to_owned()], ..Default::default() };
    let age = ReadingPolicy { minimum_age: Some(18), ..Default::default() };
    let outcome = |card: &SideReading, policy: &ReadingPolicy, facts: &DocumentFacts| {
        let cards = std::slice::from_ref(card);
        judge(cards, policy, &StatedData::default(), facts, None, TODAY).outcome
    };
    for policy in [&kinds, &countries, &age] {
        assert_eq!(outcome(&card(), policy, &allowed), ReadingOutcome::Active);
    }
    let unknown = DocumentFacts::default();
    let mut without_birth = card();
    without_birth.values.retain(|it| it.field != BirthDate);
    for (card, policy, facts) in [
        (&card(), &kinds, &unknown),
        (&card(), &countries, &unknown),
        (&without_birth, &age, &allowed),
        (&with(BirthDate, "1990"), &age, &allowed),
    ] {
        assert_eq!(outcome(card, policy, facts), ReadingOutcome::ActiveButUnverified, "{policy:?}");
    }
}

fn on_the_back(card: SideReading) -> SideReading {
    let values = card.values.into_iter().map(|it| ReadValue { side: DocumentSide::Back, ..it });
    SideReading { side: DocumentSide::Back, values: values.collect(), ..card }
}

#[test]
fn a_second_zone_or_barcode_may_contradict_the_first_and_never_proves_it() {
    let nothing = (ReadingPolicy::default(), StatedData::default(), DocumentFacts::default());
    let judged =
        |sides: &[SideReading]| judge(sides, &nothing.0, &nothing.1, &nothing.2, None, TODAY);
    for place in [Mrz, Barcode] {
        let mut alone = card();
        alone.mrz = None;
        alone.values.retain(|it| it.source == place);
        for (field, other, check) in [
            (DocumentNumber, "XY7654321", CrossCheck::DocumentNumber),
            (Surname, "LINDQVIST", CrossCheck::Names),
            (BirthDate, "1970-01-02", CrossCheck::BirthDate),
            (ExpirationDate, "2031-04-15", CrossCheck::ExpirationDate),
            (Sex, "M", CrossCheck::Sex),
        ] {
            let mut back = on_the_back(alone.clone());
            let value = back.values.iter_mut().find(|it| it.field == field).expect("a value");
            other.clone_into(&mut value.value);
            assert_eq!(failures(&judged(&[alone.clone(), back])), [check], "{place:?}");
        }
        // One image that is sent twice.
        let twice = judged(&[alone.clone(), on_the_back(alone)]);
        assert_eq!(twice.outcome, ReadingOutcome::ActiveButUnverified);
        assert_eq!(result(&twice, CrossCheck::DocumentNumber).outcome, NotChecked);
        assert_eq!(result(&twice, CrossCheck::Names).outcome, NotChecked);
    }
    let mut two = card();
    two.values.push(value(DocumentNumber, Barcode, "XY7654321"));
    assert_eq!(failures(&judged(&[two])), [CrossCheck::DocumentNumber]);
}

/// A card of a country whose zone and print give these numbers.
fn numbers(
    country: &str,
    code: &str,
    values: &[(DocumentField, ValueSource, &str)],
) -> CheckOutcome {
    let mut card = card();
    card.mrz.as_mut().expect("a zone").document_code = code.to_owned();
    card.values.retain(|it| it.field != DocumentNumber && it.source != Barcode);
    card.values.push(value(DocumentField::IssuingCountry, Mrz, country));
    card.values.extend(values.iter().map(|(field, source, text)| value(*field, *source, text)));
    let facts = DocumentFacts { country: Some(country.to_owned()), ..DocumentFacts::default() };
    let (policy, stated) = (ReadingPolicy::default(), StatedData::default());
    let verdict = judge(&[card], &policy, &stated, &facts, None, TODAY);
    result(&verdict, CrossCheck::DocumentNumber).outcome
}

#[test]
fn a_card_with_two_numbers_does_not_contradict_itself() {
    use DocumentField::PersonalNumber;
    let spain = |printed: &str| {
        let personal = (PersonalNumber, Mrz, "12345678Z");
        numbers(
            "ESP",
            "ID",
            &[(DocumentNumber, Mrz, "BAA000589"), personal, (DocumentNumber, Print, printed)],
        )
    };
    assert_eq!(spain("12345678Z"), Passed, "the holder's, which the zone has beside the card's");
    assert_eq!(spain("BAA000589"), Passed);
    assert_eq!(spain("BAA000580"), Failed);
    assert_eq!(spain("12345678A"), Failed, "neither, and its letter is wrong");
    let chile = |printed: &str| {
        numbers(
            "CHL",
            "IN",
            &[(DocumentNumber, Mrz, "601234567"), (DocumentNumber, Print, printed)],
        )
    };
    assert_eq!(chile("123456785"), NotChecked, "the holder's, which the zone may not have");
    assert_eq!(chile("601234567"), Passed);
    assert_eq!(chile("701234567"), Failed);
    let peru = |printed: &str| {
        numbers("PER", "I", &[(DocumentNumber, Mrz, "17801146"), (DocumentNumber, Print, printed)])
    };
    assert_eq!(peru("178011460"), Passed, "with its national check digit");
    assert_eq!(peru("178011461"), Failed);
    assert_eq!(peru("278011460"), Failed);
}

#[test]
fn a_day_that_a_barcode_has_and_that_is_none_was_printed_so() {
    let mut card = card();
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    card.barcodes.push(BarcodeReading {
        format: BarcodeFormat::Pdf417,
        text: String::new(),
        corners,
        aamva_version: Some(10),
        impossible_dates: vec![BirthDate],
    });
    assert_eq!(failures(&judged(card)), [CrossCheck::Dates]);
}

#[test]
fn a_portrait_on_one_side_and_a_zone_on_the_other_are_of_one_card_where_they_agree() {
    let zone = |side: SideReading| {
        let issuer = value(DocumentField::IssuingCountry, Mrz, "PER");
        let mut zone =
            on_the_back(SideReading { values: [side.values, vec![issuer]].concat(), ..side });
        zone.values.retain(|it| it.source == Mrz);
        zone
    };
    let front = |fields: &[DocumentField]| {
        let mut front = card();
        front.mrz = None;
        front.values.retain(|it| it.source == Print && fields.contains(&it.field));
        front
    };
    let outcome = |front: SideReading| {
        let facts = DocumentFacts::default();
        let (policy, stated) = (ReadingPolicy::default(), StatedData::default());
        judge(&[front, zone(card())], &policy, &stated, &facts, None, TODAY).outcome
    };
    for fields in [&[DocumentNumber][..], &[BirthDate], &[ExpirationDate], &[Surname, GivenNames]] {
        assert_eq!(outcome(front(fields)), ReadingOutcome::Active, "{fields:?}");
    }
    for fields in [&[][..], &[Sex]] {
        assert_eq!(outcome(front(fields)), ReadingOutcome::ActiveButUnverified, "{fields:?}");
    }
    // The back twice.
    let twice = zone(card()).values.into_iter();
    let twice = twice.map(|it| ReadValue { side: DocumentSide::Front, ..it }).collect();
    let twice = SideReading { values: twice, ..card() };
    assert_eq!(outcome(twice), ReadingOutcome::ActiveButUnverified);
}

#[test]
fn a_part_of_a_name_is_compared_with_that_part() {
    let names = |kept: DocumentField, text: &str| {
        let mut card = card();
        card.values.retain(|it| {
            it.source != Barcode
                && (it.source != Print || ![Surname, GivenNames].contains(&it.field))
        });
        card.values.push(value(kept, Print, text));
        result(&judged(card), CrossCheck::Names).outcome
    };
    assert_eq!(names(Surname, "ERIKSSON"), Passed);
    assert_eq!(names(GivenNames, "ANNA MARIA"), Passed);
    assert_eq!(names(Surname, "LINDQVIST"), Failed);
    assert_eq!(names(GivenNames, "KATARINA"), Failed);
}
