//! Days as documents print them.

use crate::mrz::{Century as ZoneCentury, whole_year};

/// Whether `05/06` is the fifth of June or the sixth of May.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    /// The United States.
    MonthFirst,
}

/// Whether a year of two digits lies behind or ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Century {
    Past,
    Coming,
}

/// The beginnings of the months' names in English, Spanish, Portuguese and French.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene"],
    &["feb", "fev"],
    &["mar"],
    &["apr", "abr", "avr"],
    &["may", "mai"],
    &["jun", "juin"],
    &["jul", "juil"],
    &["aug", "ago", "aou"],
    &["sep", "set"],
    &["oct", "out"],
    &["nov"],
    &["dec", "dic", "dez"],
];

/// Reads a day that stands alone: `YYYY-MM-DD`. None where it is none, or more than one. A year of two digits is
/// told by `this_year`.
pub fn read_day(text: &str, order: DateOrder, century: Century, this_year: u16) -> Option<String> {
    let folded = verax_domain::fold(text);
    let mut numbers: Vec<&str> = Vec::new();
    let mut month = None;
    for part in parts(&folded) {
        if part.bytes().all(|it| it.is_ascii_digit()) {
            numbers.push(part);
        } else if let Some(named) = month_named(part) {
            // `MAY/MAI` names one month twice.
            if month.is_some_and(|it| it != named) {
                return None;
            }
            month = Some(named);
        } else if !matches!(part, "de" | "of") {
            return None;
        }
    }
    let (day, month, year) = match (numbers.as_slice(), month) {
        ([day, year], Some(month)) => (number(day, 2)?, month, year),
        ([year, month, day], None) if year.len() == 4 => {
            return whole(number(year, 4)?, number(month, 2)?, number(day, 2)?);
        }
        ([first, second, year], None) => {
            let (first, second) = (number(first, 2)?, number(second, 2)?);
            match order {
                DateOrder::DayFirst => (first, second, year),
                DateOrder::MonthFirst => (second, first, year),
            }
        }
        _ => return None,
    };
    let year = match year.len() {
        4 => number(year, 4)?,
        2 => with_century(number(year, 2)?, century, this_year),
        _ => return None,
    };
    whole(year, month, day)
}

/// Runs of digits and runs of letters: `01MAY1990` has three.
fn parts(text: &str) -> Vec<&str> {
    let kind = |it: char| (it.is_alphanumeric(), it.is_ascii_digit());
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|it| kind(it) != kind(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if first.is_alphanumeric() {
            parts.push(part);
        }
        rest = after;
    }
    parts
}

fn month_named(word: &str) -> Option<u16> {
    let position = MONTHS.iter().position(|names| names.iter().any(|name| word.starts_with(name)));
    // A name that only begins like a month is none.
    position.filter(|_| word.len() <= 10).and_then(|it| u16::try_from(it + 1).ok())
}

fn number(digits: &str, length_max: usize) -> Option<u16> {
    (digits.len() <= length_max).then(|| digits.parse().ok()).flatten()
}

fn with_century(year: u16, century: Century, this_year: u16) -> u16 {
    // As in a zone, so that both say the same of one document.
    let century = match century {
        Century::Past => ZoneCentury::UpTo(this_year),
        Century::Coming => ZoneCentury::Around(this_year),
    };
    whole_year(year, century)
}

fn whole(year: u16, month: u16, day: u16) -> Option<String> {
    let text = format!("{year:04}-{month:02}-{day:02}");
    (year >= 1800 && verax_domain::Timestamp::parse_day(&text).is_some()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<String> {
        read_day(text, DateOrder::DayFirst, Century::Past, 2026)
    }

    #[test]
    fn days_are_read_as_documents_print_them() {
        for text in [
            "01 MAY 1990",
            "01MAY1990",
            "1 mayo 1990",
            "01-MAY-1990",
            "01/05/1990",
            "01.05.1990",
            "1990-05-01",
            "01 MAY/MAI 90",
            "01 05 1990",
            "1 de mayo de 1990",
        ] {
            assert_eq!(day(text).as_deref(), Some("1990-05-01"), "{text}");
        }
        assert_eq!(day("12 ABR 2001").as_deref(), Some("2001-04-12"));
        let american = read_day("05/01/1990", DateOrder::MonthFirst, Century::Past, 2026);
        assert_eq!(american.as_deref(), Some("1990-05-01"));
    }

    #[test]
    fn a_year_of_two_digits_lies_where_its_field_lies() {
        assert_eq!(day("01/05/27").as_deref(), Some("1927-05-01"));
        assert_eq!(day("01/05/26").as_deref(), Some("2026-05-01"));
        let expiry = read_day("01/05/31", DateOrder::DayFirst, Century::Coming, 2026);
        assert_eq!(expiry.as_deref(), Some("2031-05-01"));
        // What has expired long ago is no document of the next generation.
        let expired = read_day("01/05/99", DateOrder::DayFirst, Century::Coming, 2026);
        assert_eq!(expired.as_deref(), Some("1999-05-01"));
    }

    #[test]
    fn what_is_no_single_day_is_not_read() {
        for text in [
            "",
            "MAY 1990",
            "31/02/1990",
            "13/13/1990",
            "01/05/1990 01/05/2000",
            "BOGOTA 1 MAY 1990",
            "010/5/1990",
            "99999999999999999999",
            "0/0/0",
            "MAY JUN 1990",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
