//! One card and what differs on it: each check by itself.

mod places;

use super::*;
use crate::document_reading::{
    CheckDigit, DocumentSide, MrzCheckDigit, MrzFormat, MrzReading, TextState,
};
use CheckOutcome::{Failed, NotChecked, Passed};
use DocumentField::{
    BirthDate, DocumentNumber, ExpirationDate, GivenNames, IssueDate, Sex, Surname,
};
use ValueSource::{Barcode, Mrz, Print};

const TODAY: &str = "2026-11-30";
const FIELDS: [(DocumentField, &str); 6] = [
    (DocumentNumber, "AB1234567"),
    (Surname, "ERIKSSON"),
    (GivenNames, "ANNA MARIA"),
    (BirthDate, "1990-05-01"),
    (ExpirationDate, "2030-04-15"),
    (Sex, "F"),
];

fn value(field: DocumentField, source: ValueSource, text: &str) -> ReadValue {
    let has_digit = matches!(field, DocumentNumber | BirthDate | ExpirationDate);
    ReadValue {
        field,
        source,
        side: DocumentSide::Front,
        text: text.to_owned(),
        value: text.to_owned(),
        corners: None,
        confidence: 0.95,
        check_digit: (source == Mrz && has_digit).then_some(CheckDigit::Right),
    }
}

/// A card whose zone, barcode and print say the same.
fn card() -> SideReading {
    let all = [Mrz, Barcode, Print].into_iter();
    let digit = |field| MrzCheckDigit { field, result: CheckDigit::Right };
    SideReading {
        side: DocumentSide::Front,
        text_state: TextState::Read,
        document: None,
        mrz: Some(MrzReading {
            format: MrzFormat::Td1,
            document_code: "ID".to_owned(),
            lines: Vec::new(),
            check_digits: vec![digit(Some(DocumentNumber)), digit(None)],
        }),
        barcodes: Vec::new(),
        lines: Vec::new(),
        values: all.flat_map(|it| FIELDS.map(|(field, text)| value(field, it, text))).collect(),
    }
}

fn judged(card: SideReading) -> ReadingVerdict {
    let nothing = (ReadingPolicy::default(), StatedData::default(), DocumentFacts::default());
    judge(&[card], &nothing.0, &nothing.1, &nothing.2, None, TODAY)
}

fn result(verdict: &ReadingVerdict, check: CrossCheck) -> &CrossCheckResult {
    verdict.checks.iter().find(|it| it.check == check).expect("every check has a result")
}

fn failures(verdict: &ReadingVerdict) -> Vec<CrossCheck> {
    let failed = verdict.checks.iter().filter(|it| it.outcome == Failed);
    failed.map(|it| it.check).collect()
}

#[test]
fn a_card_that_agrees_with_itself_is_active_and_says_what_was_not_checked() {
    let verdict = judged(card());
    assert_eq!(verdict.outcome, ReadingOutcome::Active);
    for (check, outcome) in [
        (CrossCheck::CheckDigits, Passed),
        (CrossCheck::Names, Passed),
        (CrossCheck::Sex, Passed),
        (CrossCheck::Expiry, Passed),
        (CrossCheck::Country, NotChecked),
        (CrossCheck::MinimumAge, NotChecked),
        (CrossCheck::StatedNames, NotChecked),
        (CrossCheck::PortraitAgainstFace, NotChecked),
    ] {
        assert_eq!(result(&verdict, check).outcome, outcome, "{check:?}");
    }
}

#[test]
fn whatever_place_says_otherwise_fails_the_check_of_that_field_alone_and_shows_both_values() {
    let others = [
        (DocumentNumber, "AB1234667", CrossCheck::DocumentNumber),
        (Surname, "LINDQVIST", CrossCheck::Names),
        (GivenNames, "KATARINA", CrossCheck::Names),
        (BirthDate, "1990-05-02", CrossCheck::BirthDate),
        (ExpirationDate, "2031-04-15", CrossCheck::ExpirationDate),
        (Sex, "M", CrossCheck::Sex),
    ];
    for (field, other, check) in others {
        for place in [Mrz, Barcode, Print] {
            let mut card = card();
            let told = card.values.iter_mut().find(|it| it.field == field && it.source == place);
            other.clone_into(&mut told.expect("it stands there").value);
            let verdict = judged(card);
            assert_eq!(failures(&verdict), [check], "{field:?} in {place:?}");
            assert_eq!(verdict.outcome, ReadingOutcome::Failed);
            let detail = validation_results(&verdict.checks, true);
            let shown = detail[check.entry().wire_name]["values"].to_string();
            let kept = FIELDS.iter().find(|(it, _)| *it == field).expect("a field").1;
            assert!(shown.contains(other) && shown.contains(kept), "{shown}");
            let list = validation_results(&verdict.checks, false);
            assert!(list.values().all(|it| it.get("values").is_none()), "a list shows no values");
        }
    }
}

#[test]
fn a_print_that_is_hardly_read_contradicts_nothing_and_look_alikes_are_one() {
    let mut unclear = card();
    for print in unclear.values.iter_mut().filter(|it| it.source == Print) {
        "1234".clone_into(&mut print.value);
        print.confidence = 0.5;
    }
    assert_eq!(failures(&judged(unclear)), []);
    let mut print = card();
    print.values.retain(|it| it.source != Barcode);
    let number =
        print.values.iter_mut().find(|it| it.field == DocumentNumber && it.source == Print);
    "A81Z34S67".clone_into(&mut number.expect("a number").value);
    let number = print.values.iter_mut().find(|it| it.field == DocumentNumber);
    "AB1234567".clone_into(&mut number.expect("a number").value);
    assert_eq!(result(&judged(print), CrossCheck::DocumentNumber).outcome, Passed);
}

#[test]
fn one_place_alone_proves_nothing() {
    let mut print = card();
    print.mrz = None;
    print.values.retain(|it| it.source == Print);
    let verdict = judged(print);
    assert_eq!(verdict.outcome, ReadingOutcome::ActiveButUnverified);
    assert_eq!(result(&verdict, CrossCheck::CheckDigits).outcome, NotChecked);
    assert_eq!(result(&verdict, CrossCheck::BirthDate).outcome, NotChecked);
    let mut nothing = card();
    nothing.values.clear();
    assert_eq!(judged(nothing.clone()).outcome, ReadingOutcome::NotFound);
    nothing.text_state = TextState::NotChecked;
    assert_eq!(judged(nothing).outcome, ReadingOutcome::NeedsManualVerification);
}

fn with(field: DocumentField, text: &str) -> SideReading {
    let mut card = card();
    card.values.retain(|it| it.field != field);
    card.values.push(value(field, Mrz, text));
    card
}

#[test]
fn dates_are_days_in_their_order_and_expiry_is_a_day_of_use() {
    let dates = |card| result(&judged(card), CrossCheck::Dates).outcome;
    assert_eq!(dates(with(IssueDate, "2020-04-15")), Passed);
    assert_eq!(dates(with(IssueDate, "2031-04-15")), Failed, "after its expiry, and to come");
    assert_eq!(dates(with(IssueDate, "1980-04-15")), Failed, "before the birth");
    assert_eq!(dates(with(BirthDate, "1990-02-30")), Failed);
    assert_eq!(dates(with(BirthDate, "2026-12-01")), Failed);
    assert_eq!(dates(with(BirthDate, "1890-01-01")), Failed, "136 years");
    assert_eq!(dates(with(BirthDate, "1990")), Passed, "the others are in order");
    assert_eq!(judged(with(ExpirationDate, TODAY)).outcome, ReadingOutcome::Active);
    assert_eq!(judged(with(ExpirationDate, "2026-11-29")).outcome, ReadingOutcome::Expired);
}

#[test]
fn ages_count_birthdays() {
    assert_eq!(age_on("2026-11-30", "2008-11-30"), Some(18));
    assert_eq!(age_on("2026-11-30", "2008-12-01"), Some(17));
    assert_eq!(age_on("2025-02-28", "2004-02-29"), Some(20));
    assert_eq!(age_on("2026-11-30", "2026-12-01"), None);
    assert_eq!(age_on("2026-11-30", "1990-05"), None);
}

#[test]
fn a_flow_names_what_it_allows() {
    let policy = ReadingPolicy {
        kinds: vec![DocumentKind::Passport],
        countries: vec!["COL".to_owned()],
        minimum_age: Some(37),
    };
    let facts = DocumentFacts {
        kind: Some(DocumentKind::IdentityCard),
        country: Some("SWE".to_owned()),
        ..DocumentFacts::default()
    };
    let verdict = judge(&[card()], &policy, &StatedData::default(), &facts, None, TODAY);
    let wanted = [CrossCheck::MinimumAge, CrossCheck::DocumentType, CrossCheck::AllowedCountry];
    assert_eq!(failures(&verdict), wanted);
    let unrecognised =
        judge(&[card()], &policy, &StatedData::default(), &DocumentFacts::default(), None, TODAY);
    assert_eq!(result(&unrecognised, CrossCheck::DocumentType).outcome, NotChecked);
}

#[test]
fn stated_data_that_differ_ask_for_a_review() {
    let stated = |name: &str| StatedData {
        full_name: Some(name.to_owned()),
        birth_date: Some("1990-05-01".to_owned()),
        document_number: Some("ab 1234-567".to_owned()),
    };
    let facts = DocumentFacts::default();
    let judged = |stated| judge(&[card()], &ReadingPolicy::default(), &stated, &facts, None, TODAY);
    let same = judged(stated("Eriksson, Anna María"));
    assert_eq!((same.outcome, same.stated_name_similarity), (ReadingOutcome::Active, Some(1.0)));
    let other = judged(stated("Luis López"));
    assert_eq!(other.outcome, ReadingOutcome::NeedsManualVerification);
    assert_eq!(failures(&other), [CrossCheck::StatedNames]);
}

#[test]
fn an_image_that_was_rejected_is_no_proof() {
    let mut images: ImageChecks = PerCheck::from_fn(|_| Some(true));
    let verdict = |images: &ImageChecks| {
        let nothing = (ReadingPolicy::default(), StatedData::default(), DocumentFacts::default());
        judge(&[card()], &nothing.0, &nothing.1, &nothing.2, Some(images), TODAY).outcome
    };
    assert_eq!(verdict(&images), ReadingOutcome::Active);
    images[DocumentCheck::ScreenReplay] = Some(false);
    assert_eq!(verdict(&images), ReadingOutcome::Failed);
}

#[test]
fn a_repaired_number_is_neither_proven_nor_wrong_and_the_barcodes_is_taken() {
    let mut card = card();
    card.mrz.as_mut().expect("a zone").check_digits[0].result = CheckDigit::Repaired;
    let number = card.values.iter_mut().find(|it| it.field == DocumentNumber).expect("a number");
    number.check_digit = Some(CheckDigit::Repaired);
    "AB1234560".clone_into(&mut number.value);
    number.confidence = 0.6;
    card.values.retain(|it| it.field == DocumentNumber);
    let verdict = judged(card.clone());
    assert_eq!(result(&verdict, CrossCheck::CheckDigits).outcome, NotChecked);
    assert_eq!(failures(&verdict), []);
    assert_eq!(verdict.values[0].value, "AB1234567");
    // Alone it leaves the document unverified.
    card.values.retain(|it| it.source == Mrz);
    assert_eq!(judged(card).outcome, ReadingOutcome::ActiveButUnverified);
}

#[test]
fn a_wrong_check_digit_fails_and_its_value_is_the_last_to_be_taken() {
    let mut card = card();
    card.mrz.as_mut().expect("a zone").check_digits[0].result = CheckDigit::Wrong;
    let number = card.values.iter_mut().find(|it| it.field == DocumentNumber).expect("a number");
    number.check_digit = Some(CheckDigit::Wrong);
    "AB1234560".clone_into(&mut number.value);
    number.confidence = 0.6;
    let verdict = judged(card);
    assert_eq!(failures(&verdict), [CrossCheck::CheckDigits]);
    let taken = verdict.values.iter().find(|it| it.field == DocumentNumber).expect("a number");
    assert_eq!(taken.value, "AB1234567");
}

#[test]
fn names_are_taken_from_the_print_where_it_says_the_same() {
    let mut card = card();
    let printed = card.values.iter_mut().find(|it| it.field == GivenNames && it.source == Print);
    "Anna María".clone_into(&mut printed.expect("a name").value);
    let verdict = judged(card);
    let taken = |field| verdict.values.iter().find(|it| it.field == field).expect("a name");
    assert_eq!(taken(GivenNames).value, "Anna María");
    assert_eq!(taken(Surname).source, Print);
}
