//! Barcodes of licences and national cards: what is read of them, and what is seen of changes.

use proptest::prelude::*;
use verax_domain::document_reading::{DocumentField, DocumentSide, ReadValue};
use verax_reading::aamva::{AamvaProblem, AamvaReading, ELEMENTS, Evidence, Meaning, parse};
use verax_reading::barcode_texts::{self, BarcodeLayout};

/// The sample of the standard of 2020, annex D.
const VIRGINIA: &str = "@\n\x1e\rANSI 636000100102DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\n\
    DDEN\nDACMICHAEL\nDDFN\nDADJOHN\nDDGN\nDCUJR\nDCAD\nDCBK\nDCDPH\nDBD06062019\nDBB06061986\n\
    DBA12102024\nDBC1\nDAU068 in\nDAYBRO\nDAG2300 WEST BROAD STREET\nDAIRICHMOND\nDAJVA\n\
    DAK232690000  \nDCF2424244747474786102204\nDCGUSA\nDCK123456789\nDDAF\nDDB06062018\n\
    DDC06062020\nDDD1\rZVZVA01\r";

fn read(text: &str) -> AamvaReading {
    parse(text, DocumentSide::Back).expect("a record")
}

fn of(values: &[ReadValue], field: DocumentField) -> Option<&str> {
    values.iter().find(|it| it.field == field).map(|it| it.value.as_str())
}

#[test]
fn the_sample_of_the_standard_is_read() {
    let read = read(VIRGINIA);
    let told: Vec<String> =
        read.values.iter().map(|it| format!("{:?} {} = {}", it.field, it.text, it.value)).collect();
    assert_eq!(
        told,
        [
            "DocumentNumber T64235789 = T64235789",
            "Surname SAMPLE = SAMPLE",
            "GivenNames MICHAEL JOHN = MICHAEL JOHN",
            "BirthDate 06061986 = 1986-06-06",
            "ExpirationDate 12102024 = 2024-12-10",
            "IssueDate 06062019 = 2019-06-06",
            "Sex 1 = M",
            "IssuingCountry USA = USA",
            "Address 2300 WEST BROAD STREET, RICHMOND, VA, 23269 = \
             2300 WEST BROAD STREET, RICHMOND, VA, 23269",
        ]
    );
    assert_eq!((read.version, read.is_licence), (10, Some(true)));
    assert_eq!(read.issuer.map(|it| it.jurisdiction), Some("VA"));
    assert_eq!((read.surname_is_cut, read.given_names_are_cut), (Some(false), Some(false)));
    assert_eq!(read.problems, []);
    assert!(read.values.iter().all(|it| it.check_digit.is_none() && it.corners.is_none()));
    assert_eq!(read.elements.last().map(|it| it.id.as_str()), Some("ZVA"));
}

#[test]
fn terminators_and_offsets_may_be_wrong() {
    let expected = read(VIRGINIA);
    for (from, to) in [
        ("DL00410278ZV03190008", "DL99990001ZV00000000"),
        ("0102DL00410278ZV03190008", "0101DL00410278"),
        ("\n", "\r\n"),
        ("@\n\x1e\r", "@\r\n\r\n"),
        ("@\n\x1e\r", "@"),
        ("DBC1\nDAU", "DBC1DAU"),
        ("DBB06061986\nDBA12102024\n", "DBB06061986DBA12102024"),
        ("\rZVZVA01\r", "\nZVA01"),
    ] {
        let text = VIRGINIA.replace(from, to);
        assert_ne!(text, VIRGINIA);
        assert_eq!(read(&text).values, expected.values, "{from:?}");
        assert_eq!(read(&text).problems, []);
    }
    // Behind a name nothing tells where it ends.
    let text = VIRGINIA.replace("DCSSAMPLE\nDDEN\nDAC", "DCSSAMPLEDAC");
    let read = read(&text);
    assert_eq!(read.problems, [AamvaProblem::NoTerminator("DCS".to_owned())]);
    assert_eq!(of(&read.values, DocumentField::Surname), None);
}

#[test]
fn old_versions_and_canada_are_read() {
    let old = "@\n\x1e\rANSI 6360150101DL00290179DLDAQ12345678\nDAASAMPLE,JOHN,QUINCY\n\
        DAG123 MAIN ST\nDAIAUSTIN\nDAJTX\nDAK78701\nDARC\nDBA20081231\nDBB19700131\nDBCM\nDBD20021231\r";
    let old = read(old);
    assert_eq!(old.version, 1);
    assert_eq!(of(&old.values, DocumentField::Surname), Some("SAMPLE"));
    assert_eq!(of(&old.values, DocumentField::GivenNames), Some("JOHN QUINCY"));
    assert_eq!(of(&old.values, DocumentField::BirthDate), Some("1970-01-31"));
    assert_eq!(of(&old.values, DocumentField::Sex), Some("M"));
    assert_eq!(of(&old.values, DocumentField::IssuingCountry), Some("USA"));

    let parts = "@\n\x1e\rANSI 6360260101DLDABSAMPLE\nDACJOHN\nDADNONE\nDBB19700131\n";
    assert_eq!(of(&read(parts).values, DocumentField::Surname), Some("SAMPLE"));
    assert_eq!(of(&read(parts).values, DocumentField::GivenNames), Some("JOHN"));

    let ontario = "@\n\x1e\rANSI 636012030002DL00410278ON03190008DLDAQS1234-56789-01234\n\
        DCSSAMPLE\nDDET\nDCTJEAN,MARIE\nDBA20251231\nDBB19700131\nDBC2\nDBD20201231\nDCGCAN\r";
    let ontario = read(ontario);
    assert_eq!(of(&ontario.values, DocumentField::DocumentNumber), Some("S12345678901234"));
    assert_eq!(of(&ontario.values, DocumentField::GivenNames), Some("JEAN MARIE"));
    assert_eq!(of(&ontario.values, DocumentField::ExpirationDate), Some("2025-12-31"));
    assert_eq!(of(&ontario.values, DocumentField::IssuingCountry), Some("CAN"));
    assert_eq!(ontario.surname_is_cut, Some(true));
    assert_eq!(ontario.given_names_are_cut, None);
}

#[test]
fn what_cannot_be_is_a_problem() {
    for (from, to, problem) in [
        ("DBB06061986", "DBB06311986", AamvaProblem::NoDate("DBB".to_owned())),
        ("DBB06061986", "DBB06062020", AamvaProblem::DatesOutOfOrder),
        ("DBC1", "DBC7", AamvaProblem::NoCode("DBC".to_owned())),
        ("DCGUSA", "DCGUSB", AamvaProblem::NoCode("DCG".to_owned())),
        ("DCGUSA", "DCGCAN", AamvaProblem::CountriesDiffer),
        ("DDD1\r", "DDD1\nDCSOTHER\r", AamvaProblem::Twice("DCS".to_owned())),
    ] {
        assert_eq!(read(&VIRGINIA.replace(from, to)).problems, [problem], "{to}");
    }
}

#[test]
fn other_texts_are_none() {
    for text in ["", "@", "@\n\x1e\rANSI ", "ANSI 636000100102DLDAQ1", "@ANSI 636000000002DLDAQ1"] {
        assert_eq!(parse(text, DocumentSide::Back), None, "{text}");
    }
}

/// A record of the standard's version 10 from its values, in this order of elements.
fn record(values: &[(&str, String)]) -> String {
    let body: Vec<String> = values.iter().map(|(id, value)| format!("{id}{value}")).collect();
    format!("@\n\x1e\rANSI 636000100001DL00310000DL{}\r", body.join("\n"))
}

fn values() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let date = |years: std::ops::Range<u32>| {
        (years, 1..=12u32, 1..=28u32).prop_map(|(y, m, d)| format!("{m:02}{d:02}{y:04}"))
    };
    (
        ("[A-Z][0-9]{8}", "[A-CE-Z]{2,12}", "[A-CE-Z]{2,12}"),
        (date(1930..2000), date(2016..2020), date(2021..2030)),
        ("[129]", "[0-9]{1,4} [A-CE-Z]{3,9} ST", "[A-CE-Z]{4,10}", "[0-9]{5}"),
    )
        .prop_map(
            |((number, surname, first), (birth, issue, expiry), (sex, street, city, zip))| {
                vec![
                    ("DAQ", number),
                    ("DCS", surname),
                    ("DAC", first),
                    ("DBD", issue),
                    ("DBB", birth),
                    ("DBA", expiry),
                    ("DBC", sex),
                    ("DAG", street),
                    ("DAI", city),
                    ("DAJ", "VA".to_owned()),
                    ("DAK", zip),
                    ("DCG", "USA".to_owned()),
                ]
            },
        )
}

/// `MMDDCCYY` as `CCYYMMDD`, where it is a day from 1900 to 2100; by another way than the product's.
fn sorted_day(text: &str) -> Option<String> {
    let sorted = format!("{}{}", &text[4..], &text[..4]);
    let of = |from: usize, to: usize| sorted[from..to].parse::<u32>().expect("digits");
    let (year, month, day) = (of(0, 4), of(4, 6), of(6, 8));
    let leap = u32::from(year % 4 == 0 && year % 100 != 0 || year % 400 == 0);
    let days = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_month = (1..=12).contains(&month) && (1900..=2100).contains(&year);
    (is_month && day >= 1 && day <= days[month as usize - 1]).then_some(sorted)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_record_is_read_as_it_was_made(values in values()) {
        let read = read(&record(&values));
        prop_assert_eq!(&read.problems, &[]);
        prop_assert_eq!(read.values.len(), 9);
        for (id, value) in &values {
            let element = read.elements.iter().find(|it| it.id == *id).unwrap();
            prop_assert_eq!(&element.text, value);
        }
    }

    /// Each digit of a record becomes each other one. A date that is none or out of order is seen, and so is
    /// a code that is none; what the table calls undetectable is read as it stands, and nothing else changes.
    #[test]
    fn every_changed_digit_is_seen_or_named(values in values()) {
        let clean = read(&record(&values));
        let text = |values: &[(&str, String)], id: &str| {
            values.iter().find(|it| it.0 == id).unwrap().1.clone()
        };
        for (at, (id, value)) in values.iter().enumerate() {
            let row = ELEMENTS.iter().find(|row| row.id == *id).unwrap();
            let digits = value.char_indices().filter(|it| it.1.is_ascii_digit());
            for (place, was) in digits {
                for digit in ('0'..='9').filter(|it| *it != was) {
                    let mut changed = values.clone();
                    changed[at].1.replace_range(place..=place, &digit.to_string());
                    let read = read(&record(&changed));
                    let is_seen = !read.problems.is_empty();
                    match row.evidence {
                        Evidence::None => {
                            prop_assert!(!is_seen);
                            prop_assert_ne!(&read.values, &clean.values);
                        }
                        Evidence::Code => {
                            let is_code = ["1", "2", "9"].contains(&changed[at].1.as_str());
                            prop_assert_eq!(is_seen, !is_code);
                        }
                        Evidence::Date => {
                            let [birth, issue, expiry] =
                                ["DBB", "DBD", "DBA"].map(|id| sorted_day(&text(&changed, id)));
                            let are_days = birth.is_some() && issue.is_some() && expiry.is_some();
                            let is_order = birth <= issue && issue <= expiry;
                            prop_assert_eq!(is_seen, !(are_days && is_order), "{}", changed[at].1);
                            if !is_seen {
                                prop_assert_ne!(&read.values, &clean.values);
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(
        pieces in prop::collection::vec(prop_oneof![
            Just("@\n\x1e\rANSI 636000100102DL00410278".to_owned()),
            "D[A-D][A-Z][0-9A-Z]{0,9}",
            "[\\n\\r@\\x00\\x1e]{1,2}",
            Just("PubDSK_1".to_owned()),
            "[0-9]{2}/[0-9]{2}/[0-9]{4}@",
            "\\PC{0,8}",
        ], 0..400)
    ) {
        let text = pieces.concat();
        if let Some(read) = parse(&text, DocumentSide::Back) {
            prop_assert!(read.values.iter().all(|it| !it.value.is_empty()));
        }
        let _ = barcode_texts::parse(&text, DocumentSide::Back);
    }
}

#[test]
fn evidence_is_of_what_has_a_value() {
    for row in ELEMENTS {
        let is_date = matches!(
            row.meaning,
            Meaning::BirthDate | Meaning::ExpirationDate | Meaning::IssueDate
        );
        assert_eq!(is_date, row.evidence == Evidence::Date, "{}", row.id);
        assert_eq!(ELEMENTS.iter().filter(|it| it.id == row.id).count(), 1, "{}", row.id);
    }
}

fn cedula(number: &str, names: [&str; 4], rest: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:\0<23}")).collect();
    let head = format!("01{:\0<22}PubDSK_1{:\0<8}00531445", "99998888", "");
    format!("{head}{number:0>10}{}{rest:\0<381}", names.concat())
}

#[test]
fn a_colombian_cedula_is_read() {
    let text = cedula("9999123456", ["GARCIA", "LOPEZ", "ANA", "MARIA"], "0F19800213160010O+");
    let read = barcode_texts::parse(&text, DocumentSide::Back).unwrap();
    assert_eq!(read.layout, BarcodeLayout::ColombianCedula);
    assert_eq!(of(&read.values, DocumentField::DocumentNumber), Some("9999123456"));
    assert_eq!(of(&read.values, DocumentField::Surname), Some("GARCIA LOPEZ"));
    assert_eq!(of(&read.values, DocumentField::GivenNames), Some("ANA MARIA"));
    assert_eq!(of(&read.values, DocumentField::BirthDate), Some("1980-02-13"));
    assert_eq!(of(&read.values, DocumentField::Sex), Some("F"));

    let text = cedula("51234567", ["NU\u{fffd}EZ", "", "ANA", ""], "0F19800213160010O+");
    let read = barcode_texts::parse(&text, DocumentSide::Back).unwrap();
    assert_eq!(of(&read.values, DocumentField::DocumentNumber), Some("51234567"));
    assert_eq!(of(&read.values, DocumentField::Surname), None);
    assert_eq!(of(&read.values, DocumentField::GivenNames), Some("ANA"));

    let text = cedula("51234567", ["PEREZ", "", "ANA", ""], "0F19801313160010O+");
    assert_eq!(barcode_texts::parse(&text, DocumentSide::Back), None);
}

#[test]
fn an_argentine_dni_is_read() {
    let of_2012 = "00123456789@GOMEZ@ANA MARIA@F@99123456@B@12/11/1979@02/12/2013@274";
    let of_2009 = "@99123456    @A@1@GOMEZ@ANA MARIA@ARGENTINA@12/11/1979@F@02/12/2011@00123456789@7006 \
        @02/12/2026@261@0@ILR:2.01 C:110613.02@UNIDAD #20 || S/N: 0040>2008>>0010";
    for (text, expiry, issue) in
        [(of_2012, None, "2013-12-02"), (of_2009, Some("2026-12-02"), "2011-12-02")]
    {
        let read = barcode_texts::parse(text, DocumentSide::Front).unwrap();
        assert_eq!(read.layout, BarcodeLayout::ArgentineDni);
        assert_eq!(of(&read.values, DocumentField::DocumentNumber), Some("99123456"));
        assert_eq!(of(&read.values, DocumentField::Surname), Some("GOMEZ"));
        assert_eq!(of(&read.values, DocumentField::GivenNames), Some("ANA MARIA"));
        assert_eq!(of(&read.values, DocumentField::BirthDate), Some("1979-11-12"));
        assert_eq!(of(&read.values, DocumentField::IssueDate), Some(issue));
        assert_eq!(of(&read.values, DocumentField::ExpirationDate), expiry);
        assert_eq!(of(&read.values, DocumentField::Sex), Some("F"));
    }
    for text in
        ["a@b@c@d@e@f@g@h", "mail@example.com", "00123456789@GOMEZ@ANA@F@99123456@B@31/02/1979@x"]
    {
        assert_eq!(barcode_texts::parse(text, DocumentSide::Front), None);
    }
}
