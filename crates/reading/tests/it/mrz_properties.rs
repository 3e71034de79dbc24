//! Machine-readable zones: what is seen of changes, what is repaired, and what a reader of text may do.

use proptest::prelude::*;
use verax_domain::document_reading::{
    CheckDigit, DocumentField, DocumentSide, MrzFormat, TextLine,
};
use verax_reading::mrz::{FoundMrz, find, sees_replacement, sees_transposition};

use crate::zones::{TODAY_YEAR, find_in, passport, told, value, zones};

/// Characters of the class of one: digits, or letters and digits.
fn of_its_class(field: DocumentField, is_digit: bool) -> &'static str {
    match field {
        DocumentField::DocumentNumber | DocumentField::PersonalNumber if !is_digit => {
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
        }
        _ => "0123456789",
    }
}

fn is_alike(a: u8, b: u8) -> bool {
    ["0O", "0D", "1I", "2Z", "5S", "6G", "8B"]
        .iter()
        .any(|pair| a != b && pair.as_bytes().contains(&a) && pair.as_bytes().contains(&b))
}

fn with_byte(line: &str, at: usize, byte: u8) -> String {
    let mut bytes = line.as_bytes().to_vec();
    bytes[at] = byte;
    String::from_utf8(bytes).expect("ASCII")
}

fn result_of(found: &FoundMrz, field: DocumentField) -> CheckDigit {
    found
        .reading
        .check_digits
        .iter()
        .find(|it| it.field == Some(field))
        .map_or(CheckDigit::Wrong, |it| it.result)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_clean_zone_is_read_as_it_is(fields in zones()) {
        let lines = fields.lines();
        let found = find_in(&lines).unwrap();
        prop_assert_eq!(found.reading.format, fields.format);
        prop_assert_eq!(&found.reading.lines, &lines);
        prop_assert!(found.reading.check_digits.iter().all(|it| it.result == CheckDigit::Right));
        prop_assert_eq!(value(&found, DocumentField::DocumentNumber), Some(fields.number.as_str()));
        let surname = fields.surname.replace('<', " ");
        prop_assert_eq!(value(&found, DocumentField::Surname), Some(surname.as_str()));
        let given = fields.given.replace('<', " ");
        let given = Some(given.as_str()).filter(|it| !it.is_empty());
        prop_assert_eq!(value(&found, DocumentField::GivenNames), given);
    }

    /// Another implementation says the same of every zone.
    #[test]
    fn another_reader_agrees(fields in zones()) {
        let lines = fields.lines();
        let other = match fields.format {
            MrzFormat::Td1 => ::mrz::parse_td1(&lines[0], &lines[1], &lines[2]),
            MrzFormat::Td2 => ::mrz::parse_td2(&lines[0], &lines[1]),
            MrzFormat::Td3 => ::mrz::parse_td3(&lines[0], &lines[1]),
            MrzFormat::MrvA => ::mrz::parse_mrv_a(&lines[0], &lines[1]),
            MrzFormat::MrvB => ::mrz::parse_mrv_b(&lines[0], &lines[1]),
            MrzFormat::IdFra => return Ok(()),
        };
        let other = other.unwrap();
        let found = find_in(&lines).unwrap();
        prop_assert!(other.valid() && found.reading.is_valid());
        let ours = |field| value(&found, field).unwrap_or_default().to_owned();
        prop_assert_eq!(ours(DocumentField::DocumentNumber), other.document_number.clone());
        // Without given names it takes the last word of the surname for one.
        if !fields.given.is_empty() {
            prop_assert_eq!(ours(DocumentField::Surname), other.surname.clone());
            prop_assert_eq!(ours(DocumentField::GivenNames), other.given_names.clone());
        }
        prop_assert_eq!(ours(DocumentField::BirthDate), other.date_of_birth.to_string());
    }

    /// One character of a field with a check digit, or the digit itself, becomes any other of its class. It
    /// is wrong, or repaired to what it was; or the weights cannot see it. A number can be repaired to
    /// something else by chance alone, and only where the change is none between look-alikes; a zone with a
    /// repair is never valid.
    #[test]
    fn every_changed_character_is_seen_or_named(fields in zones()) {
        let lines = fields.lines();
        for (field, line, from, digit_at) in fields.checked() {
            for at in from..=digit_at {
                let was = lines[line].as_bytes()[at];
                if was == b'<' && at == digit_at {
                    continue;
                }
                for &byte in of_its_class(field, at == digit_at).as_bytes() {
                    if byte == was || (was == b'<' && field == DocumentField::PersonalNumber) {
                        continue;
                    }
                    let mut changed = lines.clone();
                    changed[line] = with_byte(&lines[line], at, byte);
                    let Some(found) = find_in(&changed) else { continue };
                    let result = result_of(&found, field);
                    let context = format!("{} -> {}", lines[line], changed[line]);
                    let is_number = matches!(
                        field, DocumentField::DocumentNumber | DocumentField::PersonalNumber);
                    if result == CheckDigit::Repaired {
                        prop_assert!(is_number && !found.reading.is_valid(), "{}", context);
                        if is_alike(was, byte) {
                            prop_assert_eq!(&found.reading.lines[line], &lines[line]);
                        }
                    } else if sees_replacement(was, byte) {
                        prop_assert_eq!(result, CheckDigit::Wrong, "{}", context);
                        prop_assert!(!found.reading.is_valid());
                    } else {
                        prop_assert!(is_number, "{}", context);
                    }
                }
            }
        }
    }

    /// The composite digit alone covers the optional data of TD1 and TD2, and the names and sex of a French card.
    #[test]
    fn a_changed_composite_digit_or_optional_character_is_wrong(fields in zones()) {
        let lines = fields.lines();
        let (optional, digit_at) = match fields.format {
            MrzFormat::Td1 => (vec![(0, 15..30), (1, 18..29)], 29),
            MrzFormat::Td2 => (vec![(1, 28..35)], 35),
            MrzFormat::Td3 => (vec![(1, 28..42)], 43),
            MrzFormat::IdFra => (vec![(0, 5..36), (1, 13..27), (1, 34..35)], 35),
            MrzFormat::MrvA | MrzFormat::MrvB => return Ok(()),
        };
        let mut changes = Vec::new();
        for (line, places) in optional {
            for at in places {
                changes.extend(of_its_class(DocumentField::PersonalNumber, false).bytes().map(|it| (line, at, it)));
            }
        }
        changes.extend((b'0'..=b'9').map(|it| (1, digit_at, it)));
        for (line, at, byte) in changes {
            let was = lines[line].as_bytes()[at];
            // A digit among names is the letter that it looks like.
            let is_letters = fields.format == MrzFormat::IdFra
                && !matches!((line, at), (0, 30..) | (1, 35));
            if was == byte || !sees_replacement(was, byte) || is_letters && byte.is_ascii_digit() {
                continue;
            }
            let mut changed = lines.clone();
            changed[line] = with_byte(&lines[line], at, byte);
            let is_valid = find_in(&changed).is_some_and(|found| found.reading.is_valid());
            prop_assert!(!is_valid, "{}", &changed[line]);
        }
    }

    #[test]
    fn neighbours_that_change_places_are_seen_or_named(fields in zones()) {
        let lines = fields.lines();
        for (field, line, from, digit_at) in fields.checked() {
            for at in from..digit_at - 1 {
                let (a, b) = (lines[line].as_bytes()[at], lines[line].as_bytes()[at + 1]);
                if a == b || a == b'<' || b == b'<' {
                    continue;
                }
                let mut changed = lines.clone();
                changed[line] = with_byte(&with_byte(&lines[line], at, b), at + 1, a);
                let Some(found) = find_in(&changed) else { continue };
                let result = result_of(&found, field);
                if sees_transposition(a, b) {
                    prop_assert_ne!(result, CheckDigit::Right, "{}", &changed[line]);
                }
            }
        }
    }

    /// A character of a line with digits is lost, or is there twice: the zone is not valid, or each value with a
    /// check digit is what it was, and so is the nationality where there is one.
    #[test]
    fn lost_and_doubled_characters_are_never_valid(fields in zones()) {
        let lines = fields.lines();
        let clean = find_in(&lines).unwrap();
        let names = if fields.format == MrzFormat::Td1 { 2 } else { 0 };
        for line in (0..lines.len()).filter(|line| *line != names) {
            for at in 0..lines[line].len() {
                let mut lost = lines.clone();
                lost[line].remove(at);
                let mut doubled = lines.clone();
                doubled[line].insert(at, lines[line].as_bytes()[at] as char);
                for changed in [lost, doubled] {
                    let Some(found) = find_in(&changed) else { continue };
                    if !found.reading.is_valid() {
                        continue;
                    }
                    for it in &found.values {
                        if it.check_digit.is_some() || it.field == DocumentField::Nationality {
                            let was = value(&clean, it.field);
                            prop_assert_eq!(Some(it.value.as_str()), was, "{}", &changed[line]);
                        }
                    }
                }
            }
        }
    }

    /// Fillers in a row that were lost or doubled come back where nothing else stands among them.
    #[test]
    fn lost_fillers_come_back(mut fields in zones(), lost in 1..5usize, more in 0..4usize) {
        fields.optional = String::new();
        fields.second_optional = String::new();
        if fields.format == MrzFormat::IdFra {
            // Without a given name nothing tells where those of its second line were lost.
            fields.given = "ANNA".to_owned();
        }
        let lines = fields.lines();
        let mut changed = lines.clone();
        for (at, line) in changed.iter_mut().enumerate() {
            let run = line.rfind("<<<<<").unwrap_or(0);
            if run == 0 {
                continue;
            }
            if at == 0 { line.insert_str(run, &"<".repeat(more)) } else {
                *line = format!("{}{}", &line[..run], &line[run + lost..]);
            }
        }
        let found = find_in(&changed).unwrap();
        prop_assert!(found.reading.is_valid(), "{:?} {}", changed, told(&found));
        let ours = |field| value(&found, field).unwrap_or_default().to_owned();
        prop_assert_eq!(ours(DocumentField::DocumentNumber), fields.number.clone());
        prop_assert_eq!(ours(DocumentField::Surname), fields.surname.replace('<', " "));
    }

    /// Small letters, spaces, `«`, and letters for digits where digits must be.
    #[test]
    fn what_a_reader_does_to_a_zone_is_undone(fields in zones(), space in 1..28usize, small in any::<bool>()) {
        let lines = fields.lines();
        let mut changed = lines.clone();
        for (_, line, from, digit_at) in fields.checked().into_iter().skip(1).take(2) {
            let dates = changed[line][from..=digit_at].replace('0', "O").replace('1', "I");
            let dates = dates.replace('5', "S").replace('2', "Z").replace('8', "B");
            changed[line].replace_range(from..=digit_at, &dates);
        }
        for line in &mut changed {
            line.insert(space, ' ');
            *line = line.replacen("<<", "«", 1);
            if small {
                *line = line.to_lowercase();
            }
        }
        let found = find_in(&changed).unwrap();
        prop_assert!(found.reading.is_valid(), "{:?} {}", changed, told(&found));
        prop_assert_eq!(&found.reading.lines, &lines);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_read_without_a_panic(
        lines in prop::collection::vec(("[A-Z0-9<OI ]{0,50}|\\PC{0,40}", any::<(f32, f32, f32, f32)>()), 0..60)
    ) {
        let lines: Vec<TextLine> = lines
            .into_iter()
            .map(|(text, (left, top, right, bottom))| TextLine {
                text,
                corners: [(left, top), (right, top), (right, bottom), (left, bottom)],
                confidence: left,
            })
            .collect();
        let found = find(&lines, DocumentSide::Back, TODAY_YEAR);
        prop_assert_eq!(found.is_some(), find(&lines, DocumentSide::Back, TODAY_YEAR).is_some());
    }
}

/// Of numbers of these forms, each with one character replaced: (changes within letters or within digits that the
/// digit sees, those of them that a look-alike elsewhere makes right, changes between look-alikes, those undone).
fn repairs_of(forms: &[&str]) -> [usize; 4] {
    let mut random = 88_172_645_463_325_252_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).expect("below a small number")
    };
    let [mut changes, mut repaired, mut alike, mut undone] = [0; 4];
    for form in forms {
        for _ in 0..30 {
            // `B` is a letter that a digit looks like.
            let of_form = |it| match it {
                'A' => char::from(b"ABCDEFGHIJLMNOPQRSTUVWXYZ"[next(25)]),
                'B' => char::from(b"BDGIOSZ"[next(7)]),
                _ => char::from(b"0123456789"[next(10)]),
            };
            let number: String = form.chars().map(of_form).collect();
            let lines = passport(&number, "").lines();
            for at in 0..9 {
                let was = lines[1].as_bytes()[at];
                for byte in (b'0'..=b'9').chain(b'A'..=b'Z') {
                    let is_alike = is_alike(was, byte);
                    let is_of_class = was.is_ascii_digit() == byte.is_ascii_digit();
                    if !sees_replacement(was, byte) || byte == was || !(is_alike || is_of_class) {
                        continue;
                    }
                    let changed = [lines[0].clone(), with_byte(&lines[1], at, byte)];
                    let found = find_in(&changed).expect("a zone with a wrong number");
                    let is_repaired = found.reading.check_digits[0].result == CheckDigit::Repaired;
                    assert!(!found.reading.is_valid(), "{number}: a repair proves nothing");
                    if is_alike {
                        (alike, undone) = (alike + 1, undone + usize::from(is_repaired));
                    } else {
                        (changes, repaired) = (changes + 1, repaired + usize::from(is_repaired));
                    }
                }
            }
        }
    }
    println!("{forms:?}: {repaired} of {changes} repaired by chance; {undone} of {alike} undone");
    [changes, repaired, alike, undone]
}

/// Numbers of the forms that most issuers use: none is repaired to another number, and look-alikes are undone.
#[test]
fn in_the_common_form_nothing_is_repaired_by_chance() {
    let forms = ["999999999", "A99999999", "AA9999999", "AAA999999"];
    let [changes, repaired, alike, undone] = repairs_of(&forms);
    assert!(changes > 1000 && repaired == 0, "{repaired} of {changes}");
    assert!(undone * 3 >= alike, "{undone} of {alike}");
}

/// With a letter behind a digit a repair is often chance: why it is not proof.
#[test]
fn repairs_outside_the_common_form_are_often_chance() {
    for form in ["99AA99999", "A9B999999", "9A9999999", "99999999A"] {
        let [changes, repaired, ..] = repairs_of(&[form]);
        assert!(repaired * 20 <= changes * 3, "{form}: more than 15 of 100, which the docs say");
    }
    assert!(repairs_of(&["A9B999999"])[1] > 0);
}
