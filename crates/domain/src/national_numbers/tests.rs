//! National numbers: published examples, and what a changed digit does.

use super::*;

fn is_right(country: &str, number: &str) -> Option<bool> {
    check(country, number).map(|check| check.is_right)
}

/// Numbers of documentation, of specimens, and of companies and persons whose number is public.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("ARG", "20-05536168-2", "CUIL"),
    ("BRA", "390.533.447-05", "CPF"),
    ("BRA", "529.982.247-25", "CPF"),
    ("CHL", "12.531.909-2", "RUT"),
    ("CHL", "76086428-5", "RUT"),
    ("CHL", "10.000.013-K", "RUT"),
    ("ECU", "171430710-3", "Cédula"),
    ("ESP", "12345678Z", "DNI"),
    ("ESP", "99999999R", "DNI"),
    ("ESP", "X-2482300W", "NIE"),
    ("ESP", "Z8078221M", "NIE"),
    ("MEX", "BOXW310820HNERXN09", "CURP"),
    ("PER", "10117410-2", "DNI"),
    ("PER", "10117410-G", "DNI"),
    ("PRT", "123456789", "NIF"),
    ("PRT", "501 964 843", "NIF"),
    ("PRT", "00000000 0 ZZ4", "Cartão de Cidadão"),
    ("SLV", "00016297-5", "DUI"),
    ("URY", "1.234.567-2", "CI"),
    ("VEN", "V-11470283-4", "RIF"),
];

#[test]
fn published_numbers_are_right() {
    for (country, number, name) in EXAMPLES {
        let expected = NationalCheck { name, is_right: true };
        assert_eq!(check(country, number), Some(expected), "{country} {number}");
        assert_eq!(check(country, &number.to_lowercase()), Some(expected), "{country} {number}");
    }
}

#[test]
fn published_wrong_numbers_are_wrong_and_other_forms_are_none() {
    for (country, number) in [
        ("ARG", "20267565392"),
        ("BRA", "231.002.999-00"),
        ("BRA", "111.111.111-11"),
        ("CHL", "12531909-3"),
        ("ECU", "1714307104"),
        ("ESP", "12345678A"),
        ("MEX", "BOXW310820HNERXN08"),
        ("PER", "10117410-3"),
        ("URY", "12345678"),
    ] {
        assert_eq!(is_right(country, number), Some(false), "{country} {number}");
    }
    for (country, number) in [
        ("COL", "1020304050"),
        ("ARG", "12345678"),
        ("PER", "10117410"),
        ("ESP", "1234"),
        ("MEX", ""),
        ("CHL", "12.531.909-é"),
        ("", "12345678Z"),
    ] {
        assert_eq!(check(country, number), None, "{country} {number}");
    }
    assert_eq!(check("ESP", &"1".repeat(10_000)), None);
}

/// Each single digit of each example becomes any other: seen, or of the kind that its row names.
#[test]
fn every_changed_digit_is_seen_or_named() {
    for (country, number, name) in EXAMPLES {
        let row = NUMBERS.iter().find(|row| row.country == *country && row.name == *name).unwrap();
        let bare = row.whole(&bare(number).unwrap()).unwrap();
        for at in 0..bare.len() {
            for digit in ('0'..='9').filter(|it| bare[at].is_ascii_digit() && *it != bare[at]) {
                let mut changed = bare.clone();
                changed[at] = digit;
                if !row.is_right(&changed) {
                    continue;
                }
                let context = format!("{country} {number} at {at}: {digit}");
                match row.unseen {
                    Unseen::Nothing => panic!("{context}"),
                    Unseen::SameSum => {
                        let Rule::Weighted { weights, modulus, .. } = row.rules[0] else {
                            panic!("{context}")
                        };
                        let difference =
                            bare[at].to_digit(10).unwrap().abs_diff(digit.to_digit(10).unwrap());
                        assert_eq!(weights[at] * difference % modulus, 0, "{context}");
                    }
                    Unseen::SharedDigit => assert!(shares_digit(row), "{context}"),
                }
            }
        }
    }
}

/// Whether every rule of a row has one check digit for two remainders.
fn shares_digit(row: &NationalNumber) -> bool {
    row.rules.iter().all(|rule| match rule {
        Rule::Weighted { digits, .. } => {
            digits.iter().any(|digits| digits.chars().any(|it| digits.matches(it).count() > 1))
        }
        _ => false,
    })
}

/// Rows that claim to see everything do so by their weights: each has an inverse modulo the modulus, and no
/// two remainders share a digit.
#[test]
fn what_rows_claim_to_see_follows_from_their_weights() {
    let greatest_common = |mut a: u32, mut b: u32| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    for row in NUMBERS {
        let context = format!("{} {}", row.country, row.name);
        let width = row.form.chars().count();
        let mut counted = vec![false; width];
        for rule in row.rules {
            let Rule::Weighted { weights, modulus, digits, at } = rule else {
                counted.fill(true);
                continue;
            };
            let length = u32::try_from(digits[0].chars().count()).unwrap();
            assert_eq!(length, *modulus, "{context}");
            assert!(*at < width && weights.len() <= *at, "{context}");
            counted[*at] = true;
            for (place, weight) in weights.iter().enumerate() {
                counted[place] |= greatest_common(*weight, *modulus) == 1;
            }
        }
        let misses = counted.contains(&false);
        assert_eq!(misses, row.unseen == Unseen::SameSum, "{context}");
        assert_eq!(shares_digit(row), row.unseen == Unseen::SharedDigit, "{context}");
        assert_eq!(row.first_letters.is_empty(), !row.form.starts_with('#'), "{context}");
    }
}
