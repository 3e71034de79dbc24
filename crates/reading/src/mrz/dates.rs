//! The dates of a zone: two digits of a year, month, day; unknown parts are fillers.

/// Which century the two digits of a year belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Century {
    /// The latest that is not after this year.
    UpTo(u16),
    /// That of the hundred years from 49 before this year to 50 after it.
    Around(u16),
}

/// What six characters are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZoneDate {
    /// `YYYY-MM-DD`, or `YYYY-MM` or `YYYY` where the document does not know the rest.
    Date(String),
    /// A document that does not know the year has no date that can be compared.
    Unknown,
    /// No day of the calendar, or no date at all.
    Impossible,
}

/// Fillers, and `00` of a month or day, are parts that the document does not know.
pub fn read(characters: &[u8], century: Century) -> ZoneDate {
    let [y1, y2, m1, m2, d1, d2] = characters else { return ZoneDate::Impossible };
    let (Some(year), Some(month), Some(day)) = (pair(*y1, *y2), pair(*m1, *m2), pair(*d1, *d2))
    else {
        return ZoneDate::Impossible;
    };
    let month = month.filter(|month| *month > 0);
    let day = day.filter(|day| *day > 0);
    if month.is_some_and(|month| month > 12) || day.is_some_and(|day| day > 31) {
        return ZoneDate::Impossible;
    }
    let Some(year) = year.map(|year| whole_year(year, century)) else { return ZoneDate::Unknown };
    match (month, day) {
        (Some(month), Some(day)) if day > days_of(year, month) => ZoneDate::Impossible,
        (Some(month), Some(day)) => ZoneDate::Date(format!("{year:04}-{month:02}-{day:02}")),
        (Some(month), None) => ZoneDate::Date(format!("{year:04}-{month:02}")),
        (None, _) => ZoneDate::Date(format!("{year:04}")),
    }
}

/// Two digits; `Some(None)` where both are fillers.
fn pair(tens: u8, ones: u8) -> Option<Option<u16>> {
    match (tens, ones) {
        (b'<', b'<') => Some(None),
        (b'0'..=b'9', b'0'..=b'9') => {
            Some(Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0')))
        }
        _ => None,
    }
}

/// The year with these last two digits.
pub fn whole_year(two_digits: u16, century: Century) -> u16 {
    let last = match century {
        Century::UpTo(year) => year,
        Century::Around(year) => year.saturating_add(50),
    };
    let back = (last % 100 + 100 - two_digits) % 100;
    last.saturating_sub(back)
}

/// The days of a month, 1..=12; 0 for any other.
pub fn days_of(year: u16, month: u16) -> u16 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u16::from(is_leap),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth(text: &str) -> ZoneDate {
        read(text.as_bytes(), Century::UpTo(2026))
    }

    #[test]
    fn nobody_is_born_in_the_future_and_documents_expire_around_today() {
        assert_eq!(birth("740812"), ZoneDate::Date("1974-08-12".into()));
        assert_eq!(birth("260101"), ZoneDate::Date("2026-01-01".into()));
        assert_eq!(birth("270101"), ZoneDate::Date("1927-01-01".into()));
        let expiry = |text: &str| read(text.as_bytes(), Century::Around(2026));
        assert_eq!(expiry("760101"), ZoneDate::Date("2076-01-01".into()));
        assert_eq!(expiry("770101"), ZoneDate::Date("1977-01-01".into()));
        assert_eq!(expiry("991231"), ZoneDate::Date("1999-12-31".into()));
    }

    #[test]
    fn unknown_parts_are_left_out_and_impossible_days_are_no_dates() {
        assert_eq!(birth("7408<<"), ZoneDate::Date("1974-08".into()));
        assert_eq!(birth("740000"), ZoneDate::Date("1974".into()));
        assert_eq!(birth("74<<<<"), ZoneDate::Date("1974".into()));
        assert_eq!(birth("<<<<<<"), ZoneDate::Unknown);
        for text in ["741312", "740230", "230229", "7408<2", "74081", "7408A2", "740832"] {
            assert_eq!(birth(text), ZoneDate::Impossible, "{text}");
        }
        assert_eq!(birth("240229"), ZoneDate::Date("2024-02-29".into()));
    }
}
