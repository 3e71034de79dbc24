//! Machine-readable zones: examples.

use verax_domain::document_reading::{
    CheckDigit, DocumentField, DocumentSide, MrzFormat, TextLine,
};
use verax_reading::mrz::find;

use crate::zones::{TODAY_YEAR, find_in, passport, text_lines, told, value};

// The examples of ICAO 9303 parts 4 to 7.

#[test]
fn the_passport_of_the_standard_is_read() {
    let found = find_in(&[
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ]);
    assert_eq!(
        told(&found.unwrap()),
        "Td3 P\nSome(DocumentNumber): Right\nSome(BirthDate): Right\nSome(ExpirationDate): Right\n\
         Some(PersonalNumber): Right\nNone: Right\n\
         DocumentNumber L898902C3 = L898902C3\nPersonalNumber ZE184226B = ZE184226B\n\
         Surname ERIKSSON = ERIKSSON\nGivenNames ANNA<MARIA = ANNA MARIA\n\
         BirthDate 740812 = 1974-08-12\nExpirationDate 120415 = 2012-04-15\nSex F = F\n\
         Nationality UTO = UTO\nIssuingCountry UTO = UTO"
    );
}

#[test]
fn the_card_of_the_standard_is_read() {
    let found = find_in(&[
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ]);
    assert_eq!(
        told(&found.unwrap()),
        "Td1 I\nSome(DocumentNumber): Right\nSome(BirthDate): Right\nSome(ExpirationDate): Right\n\
         None: Right\nDocumentNumber D23145890 = D23145890\n\
         Surname ERIKSSON = ERIKSSON\nGivenNames ANNA<MARIA = ANNA MARIA\n\
         BirthDate 740812 = 1974-08-12\nExpirationDate 120415 = 2012-04-15\nSex F = F\n\
         Nationality UTO = UTO\nIssuingCountry UTO = UTO"
    );
}

#[test]
fn the_other_formats_of_the_standard_are_read() {
    for (lines, format, number) in [
        (
            ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"],
            MrzFormat::Td2,
            "D23145890",
        ),
        (
            [
                "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
                "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
            ],
            MrzFormat::MrvA,
            "L8988901C",
        ),
        (
            ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"],
            MrzFormat::MrvB,
            "L8988901C",
        ),
    ] {
        let found = find_in(&lines).unwrap();
        assert_eq!(found.reading.format, format);
        assert!(found.reading.is_valid(), "{}", told(&found));
        assert_eq!(value(&found, DocumentField::DocumentNumber), Some(number));
        assert_eq!(found.reading.lines, lines);
    }
}

#[test]
fn a_number_that_goes_on_in_optional_data_is_whole() {
    let found = find_in(&[
        "I<UTOD23145890<7349<<<<<<<<<<<",
        "3407127M9507122UTO<<<<<<<<<<<2",
        "STEVENSON<<PETER<JOHN<<<<<<<<<",
    ])
    .unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    assert_eq!(value(&found, DocumentField::DocumentNumber), Some("D23145890734"));
    let number = &found.values[0];
    assert_eq!(number.check_digit, Some(CheckDigit::Right));
    assert!(number.corners.is_some());
}

#[test]
fn germany_has_one_letter_and_an_issuer_s_personal_number_is_read() {
    let found = find_in(&[
        "IDD<<T220001293<<<<<<<<<<<<<<<",
        "6408125<2010315D<<<<<<<<<<<<<4",
        "MUSTERMANN<<ERIKA<<<<<<<<<<<<<",
    ])
    .unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    assert_eq!(value(&found, DocumentField::Nationality), Some("DEU"));
    assert_eq!(value(&found, DocumentField::IssuingCountry), Some("DEU"));
    assert_eq!(value(&found, DocumentField::Sex), Some("X"));
    assert_eq!(value(&found, DocumentField::PersonalNumber), None);

    let found = find_in(&[
        "IDESPBAA000589599999999R<<<<<<",
        "8001014F2501017ESP<<<<<<<<<<<7",
        "ESPANOLA<ESPANOLA<<CARMEN<<<<<",
    ])
    .unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    assert_eq!(value(&found, DocumentField::PersonalNumber), Some("99999999R"));
}

// Specimens that Belgium (PRADO BEL-BO-11005) and Estonia publish.
#[test]
fn personal_numbers_stand_where_the_specimens_of_their_issuers_have_them() {
    for (lines, number, personal) in [
        (
            [
                "IDBEL600001795<0152<<<<<<<<<<<",
                "1301014F2311207BEL130101987398",
                "SPECIMEN<<SPECIMEN<<<<<<<<<<<<",
            ],
            "600001795015",
            "13010198739",
        ),
        (
            [
                "IDESTAS0002262038001085718<<<<",
                "8001081M2606288EST<<<<<<<<<<<9",
                "JOEORG<<JAAK<KRISTJAN<<<<<<<<<",
            ],
            "AS0002262",
            "38001085718",
        ),
    ] {
        let found = find_in(&lines).unwrap();
        assert!(found.reading.is_valid(), "{}", told(&found));
        assert_eq!(value(&found, DocumentField::DocumentNumber), Some(number));
        assert_eq!(value(&found, DocumentField::PersonalNumber), Some(personal));
    }
}

#[test]
fn dates_with_unknown_parts_have_what_is_there() {
    let mut fields = passport("L898902C3", "");
    fields.birth = "7408<<".to_owned();
    let found = find_in(&fields.lines()).unwrap();
    assert!(found.reading.is_valid());
    assert_eq!(value(&found, DocumentField::BirthDate), Some("1974-08"));
    fields.birth = "<<<<<<".to_owned();
    let found = find_in(&fields.lines()).unwrap();
    assert!(found.reading.is_valid());
    assert_eq!(value(&found, DocumentField::BirthDate), None);
    // Right digits of a day that is none.
    fields.birth = "740231".to_owned();
    let found = find_in(&fields.lines()).unwrap();
    assert!(!found.reading.is_valid());
    assert_eq!(value(&found, DocumentField::BirthDate), None);
}

#[test]
fn other_print_and_lines_in_pieces_are_no_trouble() {
    let passport =
        ["P<UTOERIKSSON<<ANNA<MARIA<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];
    let mut lines = text_lines(&["PASSPORT / PASSEPORT", "ERIKSSON", "12 AUG/AOUT 74"]);
    lines.extend(text_lines(&["", "", "", passport[0], passport[1]]).drain(3..));
    // The second line in two boxes, of which the right one comes first.
    let second = lines.pop().unwrap();
    let [(left, top), (right, _), (_, bottom), _] = second.corners;
    let split = left + (right - left) * 14.0 / 44.0;
    for (text, from, to) in
        [(&second.text[14..], split + 4.0, right), (&second.text[..14], left, split)]
    {
        lines.push(TextLine {
            text: text.to_owned(),
            corners: [(from, top), (to, top), (to, bottom), (from, bottom)],
            confidence: 0.8,
        });
    }
    let found = find(&lines, DocumentSide::Front, TODAY_YEAR).unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    assert_eq!(found.lines, [3, 5, 4]);
    assert_eq!(found.reading.lines[1], passport[1]);
    let birth = found.values.iter().find(|it| it.field == DocumentField::BirthDate).unwrap();
    assert_eq!(birth.confidence, 0.8);
    let [start, end, ..] = birth.corners.unwrap();
    // From the 14th to the 19th of 44 characters, which lie in two boxes.
    assert!((start.0 - (left + 130.0)).abs() < 1.0 && (end.0 - (left + 190.0)).abs() < 6.0);
}

#[test]
fn no_zone_is_found_where_there_is_none() {
    assert_eq!(find_in::<&str>(&[]), None);
    assert_eq!(find_in(&["L898902C36UTO7408122F1204159ZE184226B<<<<<10"]), None);
    assert_eq!(
        find_in(&["DRIVER LICENSE", "4d DLN 123456789", "9 CLASS NONE <<<", "3 DOB 08/31/1977"]),
        None
    );
}

// Two published specimens of the card before 2021.
#[test]
fn the_french_card_of_two_lines_is_read() {
    let found =
        find_in(&["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "9409923102854CORINNE<<<<<<<6512068F4"]);
    assert_eq!(
        told(&found.unwrap()),
        "IdFra ID\nSome(DocumentNumber): Right\nSome(BirthDate): Right\nNone: Right\n\
         DocumentNumber 940992310285 = 940992310285\nSurname BERTHIER = BERTHIER\n\
         GivenNames CORINNE = CORINNE\nBirthDate 651206 = 1965-12-06\nSex F = F\n\
         IssuingCountry FRA = FRA"
    );
    let lines = ["IDFRALOISEAU<<<<<<<<<<<<<<<<<<<<<<<<", "970675K002774HERVE<<DJAMEL<7303216M4"];
    let found = find_in(&lines).unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    assert_eq!(value(&found, DocumentField::DocumentNumber), Some("970675K00277"));
    assert_eq!(value(&found, DocumentField::GivenNames), Some("HERVE DJAMEL"));
    // Lost fillers come back behind the given names; a lost digit does not.
    let lost = [&lines[0][..30], "970675K002774HERVE<DJAMEL<7303216M4"];
    assert!(!find_in(&lost).unwrap().reading.is_valid());
    let corinne = "9409923102854CORINNE<<<<<6512068F4";
    let found = find_in(&["IDFRABERTHIER<<<<<<<<<<<<<<<", corinne]).unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    let found = find_in(&["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", &corinne[1..]]);
    assert!(found.is_none_or(|found| !found.reading.is_valid()));
    // The layout is France's alone.
    let other = lines.map(|line| line.replace("IDFRA", "IDITA"));
    assert!(find_in(&other).is_none_or(|found| !found.reading.is_valid()));
}

#[test]
fn names_with_digits_for_letters_are_names() {
    let lines = [
        "IDUTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "V01D<<V0ID<<<<<<<<<<<<<<<<<<<<",
    ];
    let found = find_in(&lines).unwrap();
    assert_eq!(value(&found, DocumentField::Surname), Some("VOID"));
    assert_eq!(value(&found, DocumentField::GivenNames), Some("VOID"));
    // A line of digits is none.
    assert_eq!(find_in(&[lines[0], lines[1], "0012841002812<0012841AB<<<<<<<"]), None);
}

#[test]
fn what_no_check_digit_sees_is_told_as_doubtful() {
    let lines = passport("L898902C3", "").lines();
    assert!(!find_in(&lines).unwrap().is_doubtful);
    for (from, to) in [("P<UTO", "P<UTQ"), ("UTO7408", "UTQ7408"), ("ANNA", "ANN.")] {
        let misread: Vec<String> = lines.iter().map(|line| line.replace(from, to)).collect();
        let found = find_in(&misread).unwrap();
        assert!(found.reading.is_valid() && found.is_doubtful, "{}", told(&found));
    }
}

#[test]
fn fillers_read_as_k_are_never_part_of_a_valid_number() {
    let mut fields = passport("L898902", "");
    let lines = fields.lines();
    let misread = lines[1].replacen("L898902<<", "L898902KK", 1);
    let found = find_in(&[&lines[0], &misread]).unwrap();
    assert!(!found.reading.is_valid());
    // One alone is a letter, unless the reader confuses them elsewhere.
    fields.number = "L89890223".to_owned();
    let misread = fields.lines()[1].replacen("<<<<<", "<<K<<", 1);
    let found = find_in(&[&fields.lines()[0], &misread]).unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
    assert_eq!(value(&found, DocumentField::PersonalNumber), None);
    fields.number = "L898902K".to_owned();
    assert!(find_in(&fields.lines()).unwrap().reading.is_valid());
    let misread = fields.lines()[1].replacen("<<<<<", "<<K<<", 1);
    assert!(!find_in(&[&fields.lines()[0], &misread]).unwrap().reading.is_valid());
}

#[test]
fn a_stroke_that_may_be_one_or_l_is_wrong_in_a_number_and_one_in_a_date() {
    let fields = passport("L898912C3", "");
    let lines = fields.lines();
    let found = find_in(&[&lines[0], &lines[1].replacen("L89891", "L8989l", 1)]).unwrap();
    assert!(!found.reading.is_valid());
    let found = find_in(&[&lines[0], &lines[1].replacen("740812", "7408|2", 1)]).unwrap();
    assert!(found.reading.is_valid(), "{}", told(&found));
}

#[test]
fn a_look_alike_out_of_place_is_repaired_where_nothing_else_is_right() {
    let fields = passport("X34709743", "");
    let lines = fields.lines();
    let found = find_in(&[&lines[0], &lines[1].replacen("X3470", "X347O", 1)]).unwrap();
    assert!(!found.reading.is_valid() && !found.reading.is_wrong(), "{}", told(&found));
    assert_eq!(found.reading.check_digits[0].result, CheckDigit::Repaired);
    assert_eq!(value(&found, DocumentField::DocumentNumber), Some("X34709743"));
    // Both zeros read as `O` give one sum, as their weights 7 and 3 do: nothing is changed.
    let fields = passport("371003437", "");
    let lines = fields.lines();
    let found = find_in(&[&lines[0], &lines[1].replacen("371003437", "371O03437", 1)]).unwrap();
    assert_eq!(found.reading.check_digits[0].result, CheckDigit::Wrong);
    assert_eq!(value(&found, DocumentField::DocumentNumber), Some("371O03437"));
}

#[test]
fn only_the_united_states_have_digits_in_a_code() {
    let code = |code: &str, state: &str| {
        let mut fields = passport("L898902C3", "");
        fields.format = MrzFormat::Td1;
        fields.code = code.to_owned();
        (fields.issuer, fields.nationality) = (state.to_owned(), state.to_owned());
        fields.optional = String::new();
        let lines = fields.lines();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        find_in(&lines).expect("a zone").reading.document_code
    };
    for (printed, state, read) in [
        ("C1", "USA", "C1"),
        ("C2", "USA", "C2"),
        // What a reader takes for a letter there is the digit.
        ("CI", "USA", "C1"),
        ("CZ", "USA", "C2"),
        ("CA", "USA", "CA"),
        ("I1", "USA", "II"),
        ("C1", "UTO", "CI"),
        ("I<", "UTO", "I"),
    ] {
        assert_eq!(code(printed, state), read, "{printed} {state}");
    }
}
